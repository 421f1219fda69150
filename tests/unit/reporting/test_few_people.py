"""Of a handful of people counts stand where a large percentage would say too much."""

from typing import Any

import pytest

from pipelines.reporting.sections.cards import key_figures
from pipelines.reporting.sections.work_groups import RATINGS_FOR_PERCENT, cohesion_cells
from tests.unit.reporting.shown_figures import Shown, context
from tests.unit.reporting.test_programme_changes import row

MISSED = ("n_no_show", "n_late_cancelled", "n_cancelled")


class Measured(Shown):
    """Somebody with so many measured courses, half of them better."""

    n = 0

    def outcome(self, *_: object) -> Any:
        return row(self.n, self.n // 2)

    def activity(self, *_: object) -> None:
        return None


@pytest.mark.parametrize(
    ("level", "n", "figure", "value"),
    [
        ("therapist", 28, "14 of 28", None),
        ("therapist", 30, "50\u00a0%", 0.5),
        ("group", 28, "14 of 28", None),
        ("programme", 28, "50\u00a0%", 0.5),
    ],
)
def test_one_therapist_or_group_has_a_large_percentage_from_the_minimum_on(
    level: str, n: int, figure: str, value: float | None
) -> None:
    figures = Measured()
    figures.n = n
    card = key_figures(context(figures, subject=(level, "T-EXAMPLE-1")))[0]
    assert (card.card_id, card.figure, card.value) == ("better", figure, value)
    assert card.interval.startswith("between")


class Began(Measured):
    """A subject with so many starts in the month, and no wait that may be given."""

    n_started: int | None = None

    def activity(self, *_: object) -> Any:
        if self.n_started is None:
            return None
        empty = dict.fromkeys(("n_attended", "wait_median_days", "wait_p90_days"))
        return {**empty, **dict.fromkeys(MISSED, 0), "n_started": self.n_started}


@pytest.mark.parametrize(
    ("n", "note"),
    [
        (4, "too few for a figure (4 started)"),
        (0, "nothing to count in October 2026"),
        (None, "nothing to count in October 2026"),
    ],
)
def test_a_wait_of_few_is_not_nothing_to_count(n: int | None, note: str) -> None:
    figures = Began()
    figures.n, figures.n_started = 30, n
    (wait,) = [card for card in key_figures(context(figures)) if card.card_id == "wait"]
    assert (wait.figure, wait.note) == ("no figure", note)


class Rated(Shown):
    """A clinic whose instruments have no names here."""

    instruments: dict[str, Any] = {}  # noqa: RUF012


@pytest.mark.parametrize(
    ("n", "text", "small"),
    [
        (RATINGS_FOR_PERCENT, "100\u00a0%", "10 of 10"),
        (RATINGS_FOR_PERCENT - 1, "9 of 9", "no rate under 10 ratings"),
    ],
)
def test_a_share_of_few_ratings_is_no_percentage(n: int, text: str, small: str) -> None:
    rated = {
        "instrument_id": "gsrs", "scale": "total", "respondent": "client", "n_sessions_rated": 3,
        "n_ratings": n, "mean_points": None, "within_sd_points": None,
        "below_baseline_share": 1.0, "n_with_baseline": n, "n_below_baseline": n,
    }  # fmt: skip
    cell = cohesion_cells(context(Rated()), rated)[-1]
    assert (cell.text, cell.small) == (text, small)
