"""What a programme's courses could have shown beside the clinic, and what no share ever can."""

from typing import Any

import pytest

from pipelines.reporting.figures.comparing import gaps_that_stand_out
from pipelines.reporting.sections.comparison_words import programme_gap_words
from tests.unit.reporting.shown_figures import PHQ9, Shown, context


class OfOneProgramme(Shown):
    """A clinic of 1,000 courses and a programme of some, with one share."""

    def __init__(self, clinic: float, n: int) -> None:
        super().__init__(names={"programme": ["A"]})
        self.clinic, self.n = clinic, n

    def outcome(self, _: object, subject: tuple[str, str], *__: object) -> dict[str, Any]:
        n = 1000 if subject[0] == "clinic" else self.n
        shares = {
            f"improved_rate{end}": self.clinic
            for end in ("", "_lower", "_upper", "_worst", "_best")
        }
        return {
            "n_improved": round(self.clinic * n), "n_paired": n, "n_finished": n,
            "paired_rate": 1.0, "withheld_figures": None, **shares,
        }  # fmt: skip


@pytest.mark.parametrize(
    ("clinic", "n", "told"),
    [
        # One programme is compared: 1.960 times the root of p (1 - p) / n.
        (0.5, 30, "only a gap of about 18 points would stand out"),
        (0.15, 49, "only a gap of about 10 points would stand out"),
        (0.1, 30, "only about 11 points more would stand out, and no lower share could"),
        (0.9, 30, "only about 11 points less would stand out, and no higher share could"),
    ],
)
def test_a_gap_that_no_share_can_have_is_said_to_be_none(clinic: float, n: int, told: str) -> None:
    figures = OfOneProgramme(clinic, n)
    about = context(figures)
    gaps = gaps_that_stand_out(about.figures, [PHQ9], {("phq-9", "A"): "within"})
    assert told in programme_gap_words(context(figures, gaps=gaps), PHQ9, "A")


@pytest.mark.parametrize("clinic", [0.0, 1.0])
def test_beside_a_share_of_none_or_all_no_gap_is_told(clinic: float) -> None:
    figures = context(OfOneProgramme(clinic, 30)).figures
    assert gaps_that_stand_out(figures, [PHQ9], {("phq-9", "A"): "within"}) == {}
