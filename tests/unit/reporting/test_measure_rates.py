"""The shares of one measure: beside each what those without a score leave open."""

from typing import Any

import pytest

from pipelines.reporting.context import bounded_cell
from pipelines.reporting.sections.measure_rates import rates_sentence
from pipelines.reporting.sentences import better_share, worse_share
from tests.unit.reporting.shown_figures import MINIMUMS, PHQ9, WORDS, Shown, context

ROW: dict[str, Any] = {
    "withheld_figures": None,
    "n_finished": 100,
    "n_paired": 80,
    "paired_rate": 0.8,
    "n_improved": 40,
    "improved_rate": 0.5,
    "improved_rate_lower": 0.45,
    "improved_rate_upper": 0.55,
    "improved_rate_worst": 0.4,
    "improved_rate_best": 0.6,
    "n_deteriorated": 8,
    "deteriorated_rate": 0.1,
    "deteriorated_rate_lower": 0.05,
    "deteriorated_rate_upper": 0.185,
}
BEGIN = "Reliably better on the PHQ-9 over the twelve months to October 2026:"
BESIDE = (
    f"{BEGIN} 50 % (40 of 80), between 45 % and 55 %;"
    " between 40 % and 60 % with the 20 who lack a second score."
    " Reliably worse: 10 % (8 of 80), between 5 % and 19 %; between 8 % and 28 % with them."
)
UNDER = (
    f"{BEGIN} between 40 % and 60 %, depending on the 20 who lack a second"
    " score; of those measured 50 % (40 of 80), between 45 % and 55 %."
    " Reliably worse: between 8 % and 28 %, depending on them; of those measured"
    " 10 % (8 of 80), between 5 % and 19 %."
)


def said(subject: str = "clinic", **changes: Any) -> str:
    about = context(Shown(), subject=(subject, subject))
    return rates_sentence(about, PHQ9, ROW | changes).replace("\u00a0", " ")


@pytest.mark.parametrize(("measured", "told"), [(0.7, BESIDE), (0.6999, UNDER)])
def test_the_extremes_lead_where_under_seventy_of_a_hundred_are_measured(
    measured: float, told: str
) -> None:
    assert said(paired_rate=measured) == told


# Ten finished and six were measured, three of them better: chance leaves 62 points open, those
# without a score 40.
FEW: dict[str, Any] = {
    "n_finished": 10,
    "n_paired": 6,
    "paired_rate": 0.6,
    "n_improved": 3,
    "improved_rate_lower": 0.188,
    "improved_rate_upper": 0.812,
    "improved_rate_worst": 0.3,
    "improved_rate_best": 0.7,
    "n_deteriorated": 0,
    "deteriorated_rate": 0.0,
    "deteriorated_rate_lower": 0.0,
    "deteriorated_rate_upper": 0.39,
}


def test_where_chance_leaves_a_wider_range_it_leads_in_sentence_and_table() -> None:
    assert said(**FEW) == (
        f"{BEGIN} 50 % (3 of 6), too few to say more than between 19 % and 81 %; between 30 % and"
        " 70 % with the 4 who lack a second score, and chance comes on top. Reliably worse:"
        " between 0 % and 40 %, depending on them; of those measured 0 % (0 of 6), too few to say"
        " more than between 0 % and 39 %."
    )
    better = bounded_cell(better_share(ROW | FEW), MINIMUMS, WORDS)
    assert (better.text, better.value) == ("50\u00a0%", 0.5)
    assert better.small.replace("\u00a0", " ") == (
        "19–81 %; 3 of 6; between 30 % and 70 %, whoever lacks a score"
    )
    worse = bounded_cell(worse_share(ROW | FEW), MINIMUMS, WORDS)
    assert worse.text.replace("\u00a0", " ") == "between 0 % and 40 %"


def test_one_who_lacks_a_score_is_told_as_one() -> None:
    text = said(n_finished=81, paired_rate=0.98, improved_rate_worst=0.494)
    assert "between 49 % and 60 % with the one who lacks a second score." in text
    assert text.endswith("between 10 % and 11 % with that one.")


def test_two_extremes_that_read_the_same_are_not_told() -> None:
    text = said(n_finished=81, paired_rate=0.98, improved_rate_worst=0.496, improved_rate_best=0.5)
    assert "with the one" not in text


def test_where_nobody_lacks_a_score_nothing_is_left_open() -> None:
    text = said(n_finished=80, paired_rate=1.0, improved_rate_worst=0.5, improved_rate_best=0.5)
    assert text == (
        f"{BEGIN} 50 % (40 of 80), between 45 % and 55 %."
        " Reliably worse: 10 % (8 of 80), between 5 % and 19 %."
    )


def test_there_is_no_rate_without_a_rule_or_with_too_few() -> None:
    assert rates_sentence(context(Shown()), PHQ9, None) == ""
    assert said(n_improved=None, improved_rate=None) == ""
    assert said(n_paired=4, n_improved=2) == ""


@pytest.mark.parametrize(("n", "is_told"), [(29, False), (30, True)])
@pytest.mark.parametrize("subject", ["therapist", "group"])
def test_a_handful_of_one_therapist_or_group_has_no_percentage(
    subject: str, n: int, is_told: bool
) -> None:
    assert bool(said(subject, n_paired=n)) == is_told
    assert said("programme", n_paired=n)


@pytest.mark.parametrize(
    ("measured", "told"),
    [
        (0.7, [("50 %", "45–55 %; 40 of 80"), ("10 %", "5–19 %; 8 of 80")]),
        (
            0.6999,
            [
                ("between 40 % and 60 %", "measured: 50 %; 45–55 %; 40 of 80"),
                ("between 8 % and 28 %", "measured: 10 %; 5–19 %; 8 of 80"),
            ],
        ),
    ],
)
def test_in_a_table_the_extremes_lead_as_in_a_sentence(
    measured: float, told: list[tuple[str, str]]
) -> None:
    row = ROW | {"paired_rate": measured}
    cells = [bounded_cell(share(row), MINIMUMS, WORDS) for share in (better_share, worse_share)]
    plain = [tuple(text.replace("\u00a0", " ") for text in (c.text, c.small)) for c in cells]
    assert plain == told
