"""What to look at: each rule on both sides of its boundary."""

from typing import Any

import pytest

from pipelines.comparison.spc import FALLEN, NO_CLEAR_CHANGE, RISEN
from pipelines.reporting.figures.comparing import wilson
from pipelines.reporting.figures.figures import Measure
from pipelines.reporting.figures.windows import Window
from pipelines.reporting.model import Card, Trend
from pipelines.reporting.sections.in_short import is_signal
from pipelines.reporting.sections.look_at import look_at
from pipelines.reporting.sections.signals import MOST_ITEMS, signal_items
from pipelines.reporting.sentences import Share
from tests.unit.reporting.shown_figures import END_ON, Shown, context, texts, trend


def rules(figures: Shown, *cards: Card, **changes: Any) -> list[str]:
    return [item.rule for item in look_at(context(figures, **changes), cards)]


def recovery(upper: float, standard: float | None, *, n_measured: int = 90) -> Shown:
    row = {
        "n_measured": n_measured,
        "n_recovered": 40, "n_case_or_unknown": 100, "n_recovery_known": 90, "recovered_rate": 0.4,
        "recovered_rate_lower": 0.3, "recovered_rate_upper": upper, "recovered_rate_best": 0.5,
        "recovery_known_rate": 0.9, "withheld_figures": None, "recovered_of_known_rate": 0.44,
        "recovered_of_known_rate_lower": 0.3, "recovered_of_known_rate_upper": 0.5,
    }  # fmt: skip
    detail = {
        "recovered_standard_share": standard, "n_recovery_unknown": 10, "recovered_rate_best": 0.5,
    }  # fmt: skip
    return Shown(recovered=row, tables={"pub_recovery_detail": [detail]})


@pytest.mark.parametrize(
    ("upper", "standard", "is_said"),
    [(0.499999, 0.5, True), (0.5, 0.5, False), (0.499999, None, False)],
)
def test_a_standard_above_the_whole_interval_is_looked_at(
    upper: float, standard: float | None, is_said: bool
) -> None:
    found = look_at(context(recovery(upper, standard)), ())
    assert ("under_standard" in {item.rule for item in found}) == is_said
    if is_said:
        assert "England's published standard is 50 %" in texts(found)[0]
        assert "the share is 50 % if all of them did recover" in texts(found)[0]


@pytest.mark.parametrize(("n_measured", "is_said"), [(0, False), (1, True)])
def test_where_nobody_was_measured_no_standard_is_missed(n_measured: int, is_said: bool) -> None:
    figures = recovery(0.49, 0.5, n_measured=n_measured)
    assert ("under_standard" in rules(figures)) == is_said


@pytest.mark.parametrize(("rate", "is_said"), [(0.25, True), (0.249999, False), (None, False)])
def test_one_in_four_not_on_track_is_looked_at(rate: float | None, is_said: bool) -> None:
    row = {
        "instrument_id": "phq-9",
        "n_judged": 80,
        "n_not_on_track": 20,
        "not_on_track_rate": rate,
    }
    figures = Shown(tables={"pub_on_track": [row]})
    assert ("not_on_track" in rules(figures)) == is_said


@pytest.mark.parametrize(
    ("subject", "audience", "link", "told"),
    [
        (("clinic", "clinic"), "director", "path", "of October 2026 (30 %). Whoever treats them"),
        (("programme", "p"), "director", "path", "of October 2026 (30 %). Whoever treats them"),
        (("therapist", "t"), "director", "", "of October 2026 (30 %). Whoever treats them"),
        (("therapist", "t"), "therapist", "", "of October 2026 (30 %). Ask for the list of yours"),
    ],
)
def test_open_courses_are_those_of_a_day_and_their_therapist_is_told_where_to_find_them(
    subject: tuple[str, str], audience: str, link: str, told: str
) -> None:
    row = {"instrument_id": "phq-9", "n_judged": 80, "n_not_on_track": 24, "not_on_track_rate": 0.3}
    figures = Shown(tables={"pub_on_track": [row]}, audience=audience)
    year = Window("rolling_12m", END_ON, "the twelve months to October 2026")
    changes = {"period": year} if subject[0] == "therapist" else {}
    found = look_at(context(figures, subject=subject, **changes), ())
    [item] = [one for one in found if one.rule == "not_on_track"]
    assert told in texts([item])[0]
    assert item.link == link


def measured(level: str, *counts: tuple[int, int]) -> Shown:
    """Subjects of a level with so many measured of so many finished courses."""
    names = [f"{level.title()} {letter}" for letter in "ABCDEFGH"[: len(counts)]]
    completed = {}
    for name, (x, n) in zip(names, counts, strict=True):
        lower, upper = wilson(x, n, 1.959964)
        completed[name] = {
            "n_paired_any": x, "n_finished": n, "withheld_figures": None,
            "paired_any_rate": x / n, "paired_any_rate_lower": lower,
            "paired_any_rate_upper": upper,
        }  # fmt: skip
    return Shown(names={level: names}, completed=completed)


@pytest.mark.parametrize(("behind", "is_named"), [(1, True), (3, True), (4, False)])
def test_one_to_three_therapists_are_named(behind: int, is_named: bool) -> None:
    counts = [(20, 40)] * behind + [(40, 40)] * (8 - behind)
    (item,) = look_at(context(measured("therapist", *counts)), ())
    assert f"with {behind} of 8 therapists" in item.text
    said = "Therapist A (20 of 40 finished courses, between 35 % and 65 %)"
    assert (said in texts([item])[0]) == is_named


@pytest.mark.parametrize(("level", "rule"), [
    ("therapist", "therapists_missing"), ("programme", "programme_missing"),
])  # fmt: skip
@pytest.mark.parametrize(
    ("x", "n", "is_said"),
    # 35 of 51 are 69 %, and could be 80 %; the interval of 30 ends at 71 %, that of 29 at 69 %.
    [(36, 51, False), (35, 51, False), (30, 51, False), (29, 51, True), (4, 13, True)],
)
def test_nobody_is_named_for_what_chance_explains(
    level: str, rule: str, x: int, n: int, is_said: bool
) -> None:
    found = look_at(context(measured(level, (x, n), (50, 51))), ())
    assert (rule in {item.rule for item in found}) == is_said
    if is_said:
        assert f"{level.title()} A ({x} of {n} finished courses, between" in texts(found)[0]
        assert f"{level.title()} B" not in texts(found)[0]


def test_the_programmes_with_most_courses_missing_are_named_first() -> None:
    figures = measured("programme", (10, 40), (100, 200), (20, 80), (80, 80))
    (item,) = look_at(context(figures), ())
    (text,) = texts([item])
    assert text.index("Programme B (100 of 200") < text.index("Programme C (20 of 80")
    assert text.endswith("and 1 more.")


def card(card_id: str, verdict: str) -> Card:
    return Card(card_id, card_id, "9 %", 0.09, "", "", "", "", "", trend(verdict), ())


def test_signals_come_first_bad_before_good_and_the_data_last() -> None:
    figures = recovery(0.45, 0.5)
    figures.as_of_on = END_ON
    figures.deliveries = (
        {"delivered_on": END_ON, "n_quarantined": 3, "n_delivered": 90, "n_accepted": 87,
         "n_superseded": 0, "n_withdrawn": 0, "table_name": "clients"},
    )  # fmt: skip
    found = rules(
        figures, card("attended", RISEN), card("better", FALLEN), card("worse", NO_CLEAR_CHANGE)
    )
    assert found == [
        "signal.better.fallen",
        "signal.attended.risen",
        "under_standard",
        "turned_away",
    ]


def test_more_than_three_signals_share_the_last_item() -> None:
    names = ("better", "recovered", "measured", "attended")
    three = signal_items(context(Shown()), tuple(card(name, FALLEN) for name in names[:3]))
    four = signal_items(context(Shown()), tuple(card(name, FALLEN) for name in names))
    assert len(three) == len(four) == MOST_ITEMS
    assert [item.rule for item in three][-1] == "signal.measured.fallen"
    assert four[-1].text.startswith(
        "Outside noise too: measured has fallen to 9 % and attended has"
    )


def test_a_signal_of_a_routine_measure_is_said_and_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pipelines.reporting.sections import signals

    asked: list[str] = []

    def series(_figures: object, found: Measure, **_: object) -> Trend:
        asked.append(found.instrument.name)
        return trend(FALLEN)

    monkeypatch.setattr(signals, "better_trend", series)
    monkeypatch.setattr(signals, "worse_trend", lambda *_, **__: trend(NO_CLEAR_CHANGE))
    share = Share(x=4, n=61, rate=0.0656, lower=0.03, upper=0.16)
    monkeypatch.setattr(signals, "better_share", lambda _: share)
    (item,) = look_at(context(Shown()), ())
    assert item.rule == "signal.better.wsas.fallen"
    assert (
        "Reliably better on the WSAS has fallen: 7 % (4 of 61) in October 2026" in texts([item])[0]
    )
    assert "usual range 21 % to 52 %" in texts([item])[0]
    (said,) = signals.signals_in_short(context(Shown()))
    assert is_signal(said)
    # The first measure has a card and sentences of its own.
    assert set(asked) == {"WSAS"}
    monkeypatch.setattr(signals, "better_trend", lambda *_, **__: trend(NO_CLEAR_CHANGE))
    assert signals.signals_in_short(context(Shown())) == []


@pytest.mark.parametrize(("without", "is_said"), [(50, True), (49, False), (0, False)])
def test_one_in_twenty_questionnaires_without_a_course_is_looked_at(
    without: int, is_said: bool
) -> None:
    row = {"n_responses": 1000, "n_without_episode": without}
    found = look_at(context(Shown(completed={"clinic": row})), ())
    assert ("without_course" in {item.rule for item in found}) == is_said
    if is_said:
        assert "50 of 1,000 questionnaires" in texts(found)[0]
        assert "time zone (America/New_York)" in texts(found)[0]


@pytest.mark.parametrize(("lower", "is_said"), [(0.100001, True), (0.1, False), (None, False)])
def test_more_than_one_child_in_ten_worse_is_looked_at(lower: float | None, is_said: bool) -> None:
    row = {
        "rater": "parent", "n_measured": 48, "n_deteriorated": 10, "deteriorated_rate": 10 / 48,
        "deteriorated_rate_lower": lower, "deteriorated_rate_upper": 0.34,
    }  # fmt: skip
    found = look_at(context(Shown(tables={"pub_child_outcomes": [row]})), ())
    assert ("children_worse" in {item.rule for item in found}) == is_said
    if is_said:
        assert "rated by a parent: 10 of 48 measured courses" in texts(found)[0]
        assert found[0].link == "course-children"


def many(*, n_turned_away: int) -> Shown:
    """Six things to look at that are no data, and rows turned away or none."""
    figures = recovery(0.45, 0.5)
    missing = measured("programme", (10, 40))
    figures.names, figures.completed = missing.names, missing.completed
    figures.as_of_on = END_ON
    figures.deliveries = (
        {"delivered_on": END_ON, "n_quarantined": n_turned_away, "n_delivered": 90,
         "n_accepted": 90 - n_turned_away, "n_superseded": 0, "n_withdrawn": 0,
         "table_name": "clients"},
    )  # fmt: skip
    row = {"instrument_id": "phq-9", "n_judged": 80, "n_not_on_track": 20, "not_on_track_rate": 0.3}
    figures.tables["pub_on_track"] = [row]
    return figures


@pytest.mark.parametrize(
    ("lost", "told"),
    [
        (
            {"groups": (5, 5), "clients": (8, 90)},
            " Tables that lost most: groups (5 of 5). What earlier deliveries brought of them, if anything, stays in use.",
        ),
        (
            {"clients": (9, 90)},
            " Tables that lost most: clients (9 of 90). What earlier deliveries brought of them, if anything, stays in use.",
        ),
        ({"clients": (8, 90)}, ""),
        (
            {"groups": (5, 5), "licences": (3, 8), "clients": (9, 90), "goal_ratings": (4, 7)},
            " Tables that lost most: groups (5 of 5), goal ratings (4 of 7), licences (3 of 8) and"
            " 1 table more. What earlier deliveries brought of them, if anything, stays in use.",
        ),
    ],
)
def test_a_small_table_that_lost_much_is_named(lost: dict[str, tuple[int, int]], told: str) -> None:
    figures = many(n_turned_away=0)
    figures.deliveries = tuple(
        {"delivered_on": END_ON, "n_quarantined": n, "n_delivered": total,
         "n_accepted": total - n, "n_superseded": 0, "n_withdrawn": 0, "table_name": table}
        for table, (n, total) in lost.items()
    )  # fmt: skip
    (item,) = [each for each in look_at(context(figures), ()) if each.rule == "turned_away"]
    assert item.text.endswith(f"and are in no figure.{told}")


def test_rows_turned_away_are_never_left_out_and_the_rest_is_named() -> None:
    cards = tuple(card(name, FALLEN) for name in ("better", "recovered", "measured"))
    without = look_at(context(many(n_turned_away=0)), cards)
    assert [item.rule for item in without] == [
        "signal.better.fallen",
        "signal.recovered.fallen",
        "signal.measured.fallen",
        "under_standard",
        "not_on_track",
        "more",
    ]
    assert texts(without)[-1] == (
        "1 more, of less weight, in its own section: programmes with many scores missing."
    )
    found = look_at(context(many(n_turned_away=3)), cards)
    assert [item.rule for item in found][-3:] == ["under_standard", "turned_away", "more"]
    assert len(found) == len(without)
    assert texts(found)[-1] == (
        "2 more, of less weight, each in its own section: open courses that are not on track and "
        "programmes with many scores missing."
    )
    jumps = [(jump.words, jump.link) for jump in found[-1].jumps]
    assert jumps == [
        ("open courses that are not on track", "path"),
        ("programmes with many scores missing", "completeness"),
    ]
    assert found[-1].link == "path"
