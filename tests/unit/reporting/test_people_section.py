"""Therapists and groups by name: each verdict in words, never one without what belongs to it."""

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from pipelines.comparison.verdicts import CANNOT_TELL_REASONS, EXPLANATIONS
from pipelines.comparison_settings import ComparisonSettings
from pipelines.reporting.model import Cell, Column, Section, Table
from pipelines.reporting.model import Row as TableRow
from pipelines.reporting.output.charts import svg
from pipelines.reporting.output.drawings.marks import SIZES
from pipelines.reporting.sections.comparison_chart import funnel
from pipelines.reporting.sections.comparison_words import ComparedCounts, compared_counts
from pipelines.reporting.sections.evidence_part import usually_found
from pipelines.reporting.sections.look_at import look_at
from pipelines.reporting.sections.people_section import people_section, without_empty_comparisons
from tests.unit.reporting.compared_people import (
    MEASURE,
    PHQ9,
    WORDS,
    People,
    Row,
    compared,
    context,
    model,
    spread,
)
from tests.unit.reporting.shown_figures import Shown
from tests.unit.reporting.shown_figures import context as month_context

UNRULED = replace(PHQ9, rule=None)


class Finished(People):
    """Figures in which everybody has finished courses."""

    def completeness(self, *_: object) -> dict[str, Any]:
        rates = dict.fromkeys(("paired_any_rate", "paired_any_rate_lower"), 0.8)
        more = {"paired_any_rate_upper": 0.9, "n_paired_any": 36, "withheld_figures": None}
        return {"n_finished": 45, **rates, **more}


def people(*rows: Row, level: str = "therapist", **tables: list[Row]) -> People:
    """Figures of the subjects of some rows of the comparison."""
    return People(
        names={level: [row["subject"][1] for row in rows]},
        tables={"pub_comparison": list(rows), **tables},
    )


def section(figures: People, **changes: Any) -> Section:
    return people_section(context(figures, **changes))


def cells(found: Section, name: str) -> dict[str, Cell]:
    (table,) = found.parts[0].tables
    (row,) = [row for row in table.rows if row.cells[0].text == name]
    return dict(zip((column.key for column in table.columns), row.cells, strict=True))


def said(found: Section) -> str:
    return " ".join(found.parts[0].paragraphs).replace("\u00a0", " ")


def test_without_anybody_it_says_so() -> None:
    (text,) = section(People()).paragraphs
    assert text.startswith("No therapist or group has an ended course")


def test_what_it_cannot_tell_comes_first() -> None:
    found = section(people(compared("Ada")))
    assert found.paragraphs[0].startswith("These figures cannot say who is the better therapist")
    assert "no ranking" in found.paragraphs[2]


@pytest.mark.parametrize(
    ("verdict", "text"),
    [
        ("within", "within what chance brings"),
        ("above", "higher than chance alone would bring"),
        ("below", "lower than chance alone would bring"),
    ],
)
def test_a_verdict_stands_in_words(verdict: str, text: str) -> None:
    cell = cells(section(people(compared("Ada", verdict))), "Ada")["words"]
    assert (cell.text, cell.reason) == (text, "")
    assert cell.small


@pytest.mark.parametrize(
    ("limits", "expected", "text"),
    [
        # On the scale of the same clients: 0.5 expected of them, where all get to 0.4.
        (
            (0.18, 0.63),
            0.5,
            "with 40 courses only about 28 points less, or 29 more, than expected would stand out",
        ),
        ((0.0, 0.63), 0.5, "more than expected would stand out, and no lower share could"),
        ((0.18, 0.8), 0.5, "less than expected would stand out, and no higher share could"),
        ((0.18, 0.79), 0.5, "only about 28 points less, or 49 more"),
        ((0.0, 0.8), 0.5, "with 40 courses no share could stand out"),
    ],
)
def test_within_says_what_so_many_courses_could_have_shown(
    limits: tuple[float, float], expected: float, text: str
) -> None:
    lower, upper = limits
    row = compared("Ada", lower_998=lower, upper_998=upper, expected=expected)
    assert text in cells(section(people(row)), "Ada")["words"].small


def test_without_limits_nothing_is_said_to_stand_out() -> None:
    row = compared("Ada", lower_998=None, upper_998=None)
    assert cells(section(people(row)), "Ada")["words"].small == ""


@pytest.mark.parametrize("reason", CANNOT_TELL_REASONS)
def test_why_nobody_can_tell_stands_in_words(reason: str) -> None:
    row = compared("Ada", "cannot_tell", reason=reason, n_pairs=29)
    cell = cells(section(people(row)), "Ada")["words"]
    assert cell.text == WORDS.say(f"people.reason.{reason}", share="70\u00a0%")
    missing = "for a verdict: at least 1 more measured course" if reason == "too_few_pairs" else ""
    assert (cell.reason, cell.small) == (reason, missing)


@pytest.mark.parametrize(("paired_rate", "is_said"), [(0.6999, True), (0.7, False)])
def test_every_condition_that_is_known_to_be_missing_is_said(
    paired_rate: float, is_said: bool
) -> None:
    row = compared("Ada", "cannot_tell", reason="too_few_pairs", n_pairs=20)
    cell = cells(section(people({**row, "paired_rate": paired_rate})), "Ada")["words"]
    assert "at least 10 more measured courses" in cell.small
    assert ("and 70\u00a0% of the finished ones measured" in cell.small) == is_said


def test_the_share_measured_of_a_row_is_the_one_that_its_verdict_asks_for() -> None:
    # On any measure 36 of 45; on this one, which the verdict is about, 40 of 45.
    figures = Finished(
        names={"therapist": ["Ada"]},
        tables={"pub_comparison": [compared("Ada", "cannot_tell", reason="pair_rate_too_low")]},
    )
    found = section(figures)
    labels = {column.key: column.label for column in found.parts[0].tables[0].columns}
    assert labels["measured"] == "Measured on the PHQ-9, of finished"
    row = cells(found, "Ada")
    assert row["measured"].small == "40 of 45"
    assert "of the finished courses measured on this measure" in row["words"].text
    # Without a measure with a rule nobody is compared, and any measure will do.
    found = section(figures, measures=(UNRULED,), routine=(UNRULED,))
    assert cells(found, "Ada")["measured"].small == "36 of 45"


@pytest.mark.parametrize(
    ("kept", "said"),
    [
        (("expected", "adjusted"), "Expected and adjusted shares are"),
        (("expected",), "An expected share is"),
        ((), ""),
    ],
)
def test_the_note_names_the_columns_that_are_there(kept: tuple[str, ...], said: str) -> None:
    columns = tuple(Column(name, name) for name in ("name", *kept))
    row = TableRow((Cell(text="Ada"), *(Cell(text="50 %", value=0.5) for _ in kept)))
    found = without_empty_comparisons(Table("t", "", columns, (row,)), WORDS)
    assert found.note.startswith(said)
    assert bool(found.note) == bool(said)


def test_who_lies_below_has_the_caseload_the_plain_figure_and_what_could_explain_it() -> None:
    row = compared("Ada", "below", explanations=", ".join(EXPLANATIONS))
    found = cells(section(people(row)), "Ada")
    assert found["ended"].value == 40
    assert (found["better"].value, found["better"].small.endswith("16 of 40")) == (0.4, True)
    assert (found["expected"].value, found["adjusted"].value) == (0.5, 0.32)
    for explanation in EXPLANATIONS:
        assert WORDS.say(f"people.explanation.{explanation}") in found["words"].small


def test_what_nothing_explains_may_still_have_a_reason() -> None:
    cell = cells(section(people(compared("Ada", "below"))), "Ada")["words"]
    assert cell.small == WORDS.say("people.no_explanation")


@pytest.mark.parametrize("reason", CANNOT_TELL_REASONS)
def test_no_figure_is_adjusted_beside_no_verdict(reason: str) -> None:
    rows = (compared("Ada", "cannot_tell", reason=reason), compared("Bo"))
    found = cells(section(people(*rows)), "Ada")
    for key in ("expected", "adjusted"):
        assert (found[key].text, found[key].value) == ("–", None)
        assert found[key].reason == "not_compared"
    # What happened stays, with how far chance alone could have moved it, and drawn towards the
    # average, so that nobody takes a few courses' own share for more than it is.
    assert found["better"].value == 0.4
    assert found["shrunken"].value is not None


def test_without_any_verdict_there_is_no_column_for_what_only_verdicts_have() -> None:
    found = cells(section(people(compared("Ada", "cannot_tell", reason="too_few_units"))), "Ada")
    assert {"better", "shrunken", "words"} <= found.keys()
    assert found.keys().isdisjoint({"expected", "adjusted"})


def test_without_a_pair_or_a_row_there_is_nothing_to_say() -> None:
    for figures in (people(compared("Ada", n_pairs=0)), People(names={"therapist": ["Ada"]})):
        assert cells(section(figures), "Ada")["words"].text == "nothing to compare"


def test_within_is_not_alike_and_how_often_a_true_difference_is_found_stands_beside() -> None:
    found = said(section(people(compared("Ada"), pub_comparison_spread=[spread()])))
    known = usually_found()
    assert "To lie within does not mean to be alike." in found
    assert f"20 points worse over 50 courses was found in {known['below_rate']:.0%}" in (
        found.replace(" %", "%")
    )


def test_names_stand_in_their_own_order_and_nobody_has_a_rank() -> None:
    figures = people(
        compared("Cem", "above", adjusted=0.9), compared("Ada", adjusted=0.5), compared("Bo")
    )
    (table,) = section(figures).parts[0].tables
    assert [row.cells[0].text for row in table.rows] == ["Ada", "Bo", "Cem"]
    assert not any(row.is_total for row in table.rows)
    assert {column.key for column in table.columns}.isdisjoint({"rank", "place"})


def test_a_group_has_its_programme_and_seats_and_is_judged_alike() -> None:
    row = compared("Grove", "cannot_tell", "group", reason="too_few_units")
    found = section(people(row, level="group", pub_comparison_spread=[spread("group", n_within=0)]))
    assert found.parts[0].section_id == "people-groups"
    assert cells(found, "Grove")["seats"].text == "8 of 10"
    assert cells(found, "Grove")["words"].text.startswith("not compared")
    assert said(found).startswith(
        "Of 1 group with a finished course, not one could be compared. Too few measured courses: 0."
    )


def test_units_without_a_model_are_no_number_too_few() -> None:
    row = compared("Ada", "cannot_tell", reason="too_few_pairs")
    none = spread(n_compared=None, n_within=0, icc=None, chance_of_a_false_alarm=None)
    text = said(section(people(row, pub_comparison_spread=[none])))
    assert (
        "1 therapist with a finished course, not one could be compared. Too few measured courses: 1."
        in text
    )


def test_who_was_judged_and_what_would_happen_among_equals() -> None:
    rows = [compared(f"T{place}") for place in range(12)]
    rows += [compared(f"Few{place}", "cannot_tell", reason="too_few_pairs") for place in range(2)]
    figures = people(*rows, pub_comparison_spread=[spread(n_below=1, n_within=11)])
    text = said(section(figures))
    assert "Of 14 therapists with a finished course, 12 could be compared. Too few measured" in text
    assert "11 lie within what chance brings, 0 above and 1 below." in text
    assert "at least one of 12 therapists would still lie outside is at most 2 %" in text
    assert "About 2.8 % of the variation" in text
    assert "takes 80 measured courses" in text


@pytest.mark.parametrize(
    ("icc", "n_needed", "is_said"),
    [(0, None, True), (None, None, False)],
)
def test_no_spread_is_said_and_an_unknown_one_is_not(
    icc: float | None, n_needed: int | None, is_said: bool
) -> None:
    rows = [spread(icc=icc, n_needed=n_needed)]
    found = said(section(people(compared("Ada"), pub_comparison_spread=rows)))
    assert ("No difference between therapists was found" in found) == is_said
    assert "variation" not in found


@pytest.mark.parametrize(
    ("n_changed", "n_lost", "text"),
    [
        (0, 0, "No verdict turns into another"),
        (2, 2, "by the therapist’s part in them. Up to 2 can then no longer be judged."),
        (3, 0, "Verdicts that turn into another: 3 without courses shared"),
        (3, 2, "another: 1 without courses shared with another therapist. Up to 2 can then"),
    ],
)
def test_whether_verdicts_hang_on_whose_courses_count(
    n_changed: int, n_lost: int, text: str
) -> None:
    change = {
        **MEASURE,
        "outcome": "improved",
        "compared_level": "therapist",
        "variant": "without_shared",
        "n_changed": n_changed,
        "n_no_longer_judged": n_lost,
    }
    tables = {"pub_comparison_spread": [spread()], "pub_comparison_changes": [change]}
    found = said(section(people(compared("Ada"), **tables)))
    assert text in found
    assert ("no longer be judged" in found) == (n_lost > 0)


@pytest.mark.parametrize("level", ["therapist", "group"])
def test_what_was_left_out_is_said_as_it_was(level: str) -> None:
    change = {
        **MEASURE,
        "outcome": "improved",
        "compared_level": level,
        "variant": "without_shared",
        "n_changed": 0,
        "n_no_longer_judged": 0,
    }
    tables = {"pub_comparison_spread": [spread(level)], "pub_comparison_changes": [change]}
    found = said(section(people(compared("Ada", level=level), level=level, **tables)))
    assert "No verdict turns into another when shared courses" in found
    # A group has no comparison without its members, nor by a therapist's part.
    assert ("members of groups" in found, "weighted" in found) == (level == "therapist",) * 2


@pytest.mark.parametrize("n", [0, 1, 2])
def test_the_drawing_marks_who_lies_outside_and_names_nobody(n: int) -> None:
    rows = [
        *(compared(f"Out {place}", ("below", "above")[place]) for place in range(n)),
        *(compared(f"In {place}") for place in range(3)),
        compared("Few", "cannot_tell", reason="too_few_pairs"),
    ]
    figures = people(*rows, pub_comparison_spread=[spread()])
    chart = funnel(context(figures), PHQ9, "therapist", figures.subjects_at("therapist"))
    assert chart is not None
    # Who is not judged is not drawn: a place among the others would be a verdict.
    marks = [unit["is_outside"] for unit in chart.data["units"]]
    assert (marks.count(True), marks.count(False)) == (n, 3)
    for size in SIZES:
        drawn = svg(chart, size)
        assert not any(row["subject"][1] in drawn for row in rows)
        assert "Measured courses" in drawn
        assert "Reliably better, adjusted" in drawn
    start = ("None of 3", "1 of 4 therapists lies", "2 of 5 therapists lie")[n]
    assert chart.title.startswith(start)


@pytest.mark.parametrize(
    ("raw", "shown"), [(-0.02, 0), (0.0, 0), (0.42, 0.42), (1.0, 1), (1.0001, 1), (1.08, 1)]
)
def test_no_share_on_the_page_lies_below_0_or_above_1(raw: float, shown: float) -> None:
    limits = dict.fromkeys(("lower_95", "upper_95", "lower_998", "upper_998"), raw)
    row = compared("Ada", adjusted=raw, adjusted_lower=raw, adjusted_upper=raw, **limits)
    figures = people(row, pub_comparison_spread=[spread()])
    cell = cells(section(figures), "Ada")["adjusted"]
    assert cell.value == shown
    assert cell.text.replace("\u00a0", " ") == f"{100 * shown:.0f} %"
    assert f"{100 * shown:.0f}–{100 * shown:.0f}" in cell.small
    chart = funnel(context(figures), PHQ9, "therapist", figures.subjects_at("therapist"))
    assert chart is not None
    (unit,) = chart.data["units"]
    assert {unit[name] for name in ("value", *limits)} == {shown}


def test_the_numbers_in_the_rules_are_those_of_the_settings() -> None:
    asked = ComparisonSettings(minimum_pairs=45, minimum_pair_rate=0.6, minimum_units=12)
    settings = SimpleNamespace(comparison=asked, first_score_days=21)
    figures = people(
        compared("Ada"), pub_case_mix=[model("improved")], pub_comparison_spread=[spread()]
    )
    found = section(figures, settings=settings)
    assert "fewer than 45 measured courses" in found.paragraphs[1]
    assert "(45 or more)" in found.parts[0].charts[0].subtitle
    rule = found.parts[1].definitions[-1].text.replace("\u00a0", " ")
    assert "at least 45 measured courses, 60 % of the finished ones measured, and 12 or" in rule
    expected = found.parts[1].definitions[0].text.replace("\u00a0", " ")
    assert "at the start counts, up to 21 days after the first session" in expected


def test_who_was_compared_and_who_was_not_add_up() -> None:
    rows = [
        compared("Ada"),
        compared("Few", "cannot_tell", reason="too_few_pairs"),
        compared("Alone", "cannot_tell", reason="own_case_mix"),
    ]
    figures = Finished(
        names={"therapist": ["Ada", "Few", "Alone", "Nothing measured"]},
        tables={"pub_comparison": rows, "pub_comparison_spread": [spread()]},
    )
    counts = compared_counts(context(figures), "therapist")
    assert counts == ComparedCounts(compared=1, few=2, other=1)
    assert counts.all == 4
    assert "Of 4 therapists with a finished course" in said(section(figures))
    assert "Too few measured courses: 2. Not comparable for another reason" in said(
        section(figures)
    )


def test_nobody_judged_has_no_drawing() -> None:
    figures = people(compared("Few", "cannot_tell"), pub_comparison_spread=[spread()])
    subjects = figures.subjects_at("therapist")
    assert funnel(context(figures), PHQ9, "therapist", subjects) is None


@pytest.mark.parametrize("n", [0, 1, 2])
def test_who_lies_outside_is_a_thing_to_look_at_without_a_name_or_a_direction(n: int) -> None:
    # This month has the same rows for everybody.
    row = compared("Ada", "below" if n else "within", instrument_id="phq-9")
    names = ["Ada", "Bo"][: max(n, 1)]
    figures = Shown(names={"therapist": names}, tables={"pub_comparison": [row]})
    found = [item for item in look_at(month_context(figures), ()) if item.rule == "outside_limits"]
    assert len(found) == min(n, 1)
    for item in found:
        assert item.link == "people-therapists"
        assert not {"Ada", "lower", "higher", "below", "above"} & set(item.text.split())
        assert (f"shares of {n} therapists" if n > 1 else "share of one therapist") in item.text
