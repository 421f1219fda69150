"""Series over time: which chart each has, how its limits step, and where they start anew."""

from dataclasses import dataclass
from datetime import date
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipelines.comparison.spc import Count, p_chart, xmr
from pipelines.reporting.figures.figures import MONTH, QUARTER, Figures, month_before, month_end
from pipelines.reporting.figures.trends import COUNT, SHARE, limit_rows, trend, usual_range
from pipelines.reporting.model import Trend
from pipelines.reporting.output.drawings.sparkline import sparkline
from pipelines.reporting.output.drawings.trend import NARROW_POINTS, placed_limits
from pipelines.reporting.sections.outcomes_section import trend_chart
from pipelines.reporting.wording import load_wording

WORDS = load_wording()
LAST = date(2026, 10, 31)
COUNTS: list[Count] = [(x, n) for x, n in zip([6, 8, 9, 10] * 4, [14, 15, 22, 19] * 4, strict=True)]


@dataclass
class Series:
    """A clinic with one series, oldest first."""

    counts: list[Count | None]
    rebases: tuple[dict[str, Any], ...] = ()
    step: int = 1

    def period_ends(self, kind: str, count: int) -> list[date]:
        last = len(self.counts) - 1
        return [month_end(month_before(LAST, self.step * (last - i))) for i in range(last + 1)]

    def read(self, end: date) -> tuple[float | None, int | None, int | None]:
        count = self.counts[self.period_ends("", 0).index(end)]
        return (None, None, None) if count is None else (count[0] / count[1], *count)


def rebase(day: date, **changes: Any) -> dict[str, Any]:
    return {
        "figure": "better",
        "instrument_id": None,
        "from_month_on": day,
        "source": "Two programmes moved away.",
        "decided_on": date(2026, 5, 4),
        **changes,
    }


def trend_of(series: Series, *, kind: str = MONTH, unit: str = SHARE) -> Trend:
    found = trend(
        cast(Figures, series),
        kind=kind,
        words=WORDS,
        figure="better",
        instrument_id="phq9",
        read=series.read,
        unit=unit,
    )
    assert found is not None
    return found


def test_a_share_has_a_p_prime_chart_and_a_count_one_for_single_values() -> None:
    series = Series(list(COUNTS))
    shares, counts = p_chart(COUNTS), xmr([x / n for x, n in COUNTS], minimum=0)
    assert shares is not None
    assert counts is not None
    found = trend_of(series)
    assert [(p.lower, p.upper) for p in found.points] == [(p.lower, p.upper) for p in shares.points]
    assert len({p.upper for p in found.points}) == 4
    assert (found.lower, found.upper) == (found.points[-1].lower, found.points[-1].upper)
    single = trend_of(series, unit=COUNT)
    assert {(p.lower, p.upper) for p in single.points} == {(counts.lower, counts.upper)}


def test_the_usual_range_is_that_of_the_newest_value() -> None:
    found = trend_of(Series([*COUNTS, (40, 100), None]))
    usual = usual_range(found, WORDS)
    assert usual is not None
    newest = found.points[-2]
    assert usual.lower == WORDS.percent(newest.lower or 0, n=100)
    assert usual.basis == "12 months to April 2026"


@pytest.mark.parametrize(("n", "is_said"), [(12, True), (13, False)])
def test_a_range_that_rests_on_the_newest_value_too_says_so(n: int, is_said: bool) -> None:
    usual = usual_range(trend_of(Series([*COUNTS[:n]])), WORDS)
    assert usual is not None
    assert usual.basis.endswith(", the newest included") == is_said


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({}, 10),
        ({"instrument_id": "phq9"}, 10),
        ({"instrument_id": "gad7"}, None),
        ({"figure": "worse"}, None),
        ({"from_month_on": date(2025, 7, 1)}, None),
        ({"from_month_on": date(2025, 8, 1)}, 1),
        ({"from_month_on": date(2026, 10, 1)}, 15),
        ({"from_month_on": date(2026, 11, 1)}, None),
    ],
)
def test_limits_start_anew_in_the_month_named(changes: dict[str, Any], place: int | None) -> None:
    entry = rebase(date(2026, 5, 1), **changes)
    found = trend_of(Series(list(COUNTS), (entry,)))
    segments = [point.segment for point in found.points]
    assert segments == [int(place is not None and at >= place) for at in range(16)]
    month = WORDS.month(entry["from_month_on"])
    said = f"Limits start anew in {month}: Two programmes moved away (decided on 4 May 2026)."
    assert found.rebased == (() if place is None else (said,))


def test_a_quarter_that_holds_the_change_stays_with_those_before() -> None:
    # Quarters end in October, so that the newest begins in August.
    series = Series(list(COUNTS), (rebase(date(2026, 6, 1)),), step=3)
    assert [point.segment for point in trend_of(series, kind=QUARTER).points][-3:] == [0, 0, 1]
    series = Series(list(COUNTS), (rebase(date(2026, 5, 1)),), step=3)
    assert [point.segment for point in trend_of(series, kind=QUARTER).points][-3:] == [0, 1, 1]


def test_limits_are_drawn_as_steps_that_break_where_there_are_none() -> None:
    counts: list[Count | None] = [(6, 14), (9, 15), None, (7, 22), (12, 19), (5, 9)]
    found = trend_of(Series(counts, (rebase(date(2026, 9, 1)),)))
    rows = limit_rows(found, "usual range")
    assert [(row["from"], row["stretch"]) for row in rows] == [
        (-0.5, 0), (0.5, 0), (1.5, 0), (2.5, 1), (3.5, 1), (3.5, 2), (4.5, 2), (5.5, 2),
    ]  # fmt: skip
    assert [row["label"] for row in rows] == ["usual range"] + [""] * 7
    # A stretch ends at the height that it had.
    assert rows[2]["upper"] == rows[1]["upper"] == found.points[1].upper


def test_the_narrow_drawing_has_the_newest_limits_under_the_newest_points() -> None:
    found = trend_of(Series(list(COUNTS)))
    chart = trend_chart(
        found, chart_id="c", texts="outcomes", measure="PHQ-9", period="October",
        figure="63 %", words=WORDS,
    )  # fmt: skip
    n_left_out = len(chart.data["points"]) - NARROW_POINTS
    wide, narrow = (placed_limits(chart.data["limits"], n) for n in (0, n_left_out))
    assert [row["from"] for row in wide] == [place - 0.5 for place in range(17)]
    assert [row["from"] for row in narrow] == [place - 0.5 for place in range(14)]
    assert [row["upper"] for row in narrow] == [row["upper"] for row in wide][3:]
    assert [row["label"] for row in narrow] == ["usual range"] + [""] * 13


def test_the_reason_stands_beside_the_chart() -> None:
    found = trend_of(Series(list(COUNTS), (rebase(date(2026, 5, 1)),)))
    chart = trend_chart(
        found, chart_id="c", texts="outcomes", measure="PHQ-9", period="October",
        figure="63 %", words=WORDS,
    )  # fmt: skip
    assert found.rebased[0].removesuffix(".") in chart.subtitle
    assert "6 months" in chart.summary


def test_a_series_without_counts_falls_back_on_single_values() -> None:
    def read(end: date) -> tuple[float | None, int | None, int | None]:
        return (0.4 if end.month % 2 else 0.6, None, None)

    figures = SimpleNamespace(period_ends=Series([(1, 2)] * 14).period_ends, rebases=())
    found = trend(cast(Figures, figures), kind=MONTH, words=WORDS, figure="better", read=read)
    assert found is not None
    assert (found.lower, found.upper) == pytest.approx((0, 1))


def test_a_sparkline_has_a_piece_of_band_for_each_month_with_limits() -> None:
    counts: list[Count | None] = [*COUNTS[:12], None, (9, 15)]
    drawn = sparkline(trend_of(Series(counts)))
    assert drawn.count('class="band"') == drawn.count('class="centre"') == 13
