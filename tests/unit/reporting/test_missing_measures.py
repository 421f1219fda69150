"""Whose measures are missing, in short: on both sides of what chance explains."""

from datetime import date
from typing import Any

import pytest

from pipelines.reporting.sections.missing_measures import lacking_words, missing_sentences
from pipelines.reporting.sections.subject_sections import missing_items
from tests.unit.reporting.shown_figures import PHQ9, WSAS, Shown, context, texts


def measured(x: int, n: int, upper: float) -> dict[str, Any]:
    return {
        "n_paired_any": x, "n_finished": n, "paired_any_rate": x / n, "withheld_figures": None,
        "paired_any_rate_lower": x / n - 0.1, "paired_any_rate_upper": upper,
    }  # fmt: skip


class Measured(Shown):
    """Figures in which the WSAS was measured in 10 of 50, with this upper limit."""

    wsas_upper = 0.3

    def outcome(self, measure: Any, *_: object) -> Any:
        if measure != WSAS:
            return None
        return {
            "n_paired": 10, "n_finished": 50, "paired_rate": 0.2, "paired_rate_lower": 0.1,
            "paired_rate_upper": self.wsas_upper, "withheld_figures": None,
        }  # fmt: skip


def said(uppers: dict[str, float], *, wsas_upper: float = 0.3, level: str = "programme") -> str:
    figures = Measured(
        names={level: list(uppers)},
        completed={name: measured(10, 20, upper) for name, upper in uppers.items()},
    )
    figures.wsas_upper = wsas_upper
    return " ".join(texts(missing_sentences(context(figures, measures=(PHQ9, WSAS)))))


@pytest.mark.parametrize(
    ("upper", "text"),
    [
        (0.7, "no programme is clearly under 70 % measured;"),
        (0.6999, "measured in A (10 of 20)."),
    ],
)
def test_a_programme_is_named_where_chance_does_not_explain_it(upper: float, text: str) -> None:
    assert text in said({"A": upper, "B": 0.9})


def test_who_is_under_it_by_chance_is_told_as_well() -> None:
    names = dict.fromkeys("ABCD", 0.9)
    assert (
        "Under 70 %, but maybe by chance: A (10 of 20), B (10 of 20) and C (10 of 20), and 1"
        in (said(names))
    )
    assert "Under 70 %, but maybe by chance: B (10 of 20)." in said({"A": 0.6, "B": 0.9})
    assert "4 of 4 are under it, but maybe by chance; the" in said(names, level="therapist")
    assert "maybe by chance" not in said({"A": 0.6, "B": 0.6})


def test_the_section_names_the_therapists_whom_in_short_counts() -> None:
    figures = Measured(
        names={"therapist": list("ABCDE")},
        completed={name: measured(10, 20, 0.9) for name in "ABCDE"},
    )
    about = context(figures, measures=(PHQ9,))
    (counted,) = texts(missing_sentences(about))
    (named,) = texts(missing_sentences(about, by_name=True))
    assert "A (" not in counted
    assert "Under 70 %, but maybe by chance: A (10 of 20), B (10 of 20), C (10 of 20)," in named
    assert "D (10 of 20) and E (10 of 20)." in named


@pytest.mark.parametrize(
    ("paired", "told"),
    [
        ({"A": (20, 20), "B": (20, 20)}, ""),
        (
            {"A": (18, 20), "B": (20, 20), "C": (0, 5)},
            "Courses without both scores are in C (5 of 5) and A (2 of 20).",
        ),
        (
            {"A": (19, 20), "B": (18, 20), "C": (17, 20), "D": (18, 30)},
            "The largest numbers of courses without both scores: D (12 of 30), C (3 of 20) and B (2"
            " of 20).",
        ),
        # One programme alone is the clinic.
        ({"A": (18, 20)}, ""),
    ],
)
def test_the_months_missing_scores_are_placed_by_how_many(
    paired: dict[str, tuple[int, int]], told: str
) -> None:
    figures = Shown(
        names={"programme": list(paired)},
        completed={name: measured(x, n, 0.9) for name, (x, n) in paired.items()},
    )
    assert lacking_words(context(figures)).replace("\u00a0", " ") == told
    assert lacking_words(context(figures, subject=("programme", "A"))) == ""


@pytest.mark.parametrize("withheld", ["A", "B", "clinic"])
def test_where_a_count_is_withheld_no_programme_is_named(withheld: str) -> None:
    completed = {name: measured(10, 20, 0.9) for name in ("A", "B", "clinic")}
    figures = Shown(names={"programme": ["A", "B"]}, completed=completed)
    assert "A (10 of 20) and B (10 of 20)" in lacking_words(context(figures)).replace("\xa0", " ")
    completed[withheld] |= {"n_paired_any": None, "withheld_figures": "paired_any"}
    assert lacking_words(context(figures)) == ""


def test_who_has_no_finished_course_is_none_of_the_whole() -> None:
    figures = Measured(
        names={"therapist": ["A", "B", "C"]},
        completed={"A": measured(10, 20, 0.9), "B": measured(10, 20, 0.6)},
    )
    (found,) = texts(missing_sentences(context(figures, measures=(PHQ9,))))
    assert "By therapist: B (10 of 20). 1 of 2 are under it, but maybe by chance;" in found


def test_many_are_counted_and_the_first_named() -> None:
    text = said(dict.fromkeys("ABCDE", 0.6))
    assert "in 5 of 5 programmes, most of all A (10 of 20), B (10 of 20) and C (10 of 20)." in text
    text = said(dict.fromkeys("ABCDE", 0.6), level="therapist")
    assert "5 of 5 therapists are clearly under 70 %." in text
    assert "A (" not in text


@pytest.mark.parametrize(("upper", "is_named"), [(0.6999, True), (0.7, False)])
def test_a_questionnaire_is_named_alike(upper: float, is_named: bool) -> None:
    text = said({"A": 0.9, "B": 0.9}, wsas_upper=upper)
    assert ("Questionnaires clearly under 70 %: WSAS (10 of 50)." in text) is is_named


def test_one_programme_alone_is_the_clinic_and_a_subjects_page_says_it_itself() -> None:
    assert said({"A": 0.6}, wsas_upper=0.9) == ""
    about = context(Measured(), subject=("therapist", "t"))
    assert missing_sentences(about) == []


@pytest.mark.parametrize(
    ("ended_on", "is_asked"),
    [(None, True), (date(2026, 9, 1), True), (date(2026, 8, 31), False)],
)
def test_of_a_group_that_is_long_over_no_last_score_is_asked_for(
    ended_on: date | None, is_asked: bool
) -> None:
    run = {"subject_id": "G", "run_ended_on": ended_on}
    figures = Shown(completed={"G": measured(10, 20, 0.6)}, tables={"pub_group_runs": [run]})
    (text,) = texts(missing_items(context(figures, subject=("group", "G"))))
    assert text.startswith("Without a score at both start and end: 10 of 20 finished courses")
    assert ("can still be asked for" in text) == is_asked
