"""The spread of changes and the map of completeness: what is drawn, and what is not."""

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import Subject
from pipelines.reporting.output.charts import svg
from pipelines.reporting.output.drawings.heat import PERIODS, placed
from pipelines.reporting.output.drawings.marks import SIZES
from pipelines.reporting.sections.change_chart import TABLE, change_chart
from pipelines.reporting.sections.completeness_chart import completeness_chart
from tests.unit.reporting.shown_figures import PHQ9 as MEASURE
from tests.unit.reporting.shown_figures import Shown, context


def stretch(begin: str, step: str, n: int, better: int = 0, worse: int = 0) -> dict[str, Any]:
    return {
        "instrument_id": MEASURE.instrument.instrument_id,
        "respondent": MEASURE.respondent,
        "period_kind": "rolling_12m",
        "step_points": Decimal(step),
        "from_points": Decimal(begin),
        "n_paired": n,
        "n_improved": better,
        "n_deteriorated": worse,
    }


def drawn(*rows: dict[str, Any]) -> Any:
    return change_chart(context(Shown(tables={TABLE: list(rows)})), MEASURE)


def test_each_stretch_has_a_bar_and_every_course_is_in_one() -> None:
    chart = drawn(
        stretch("-6", "1", 2, worse=2), stretch("0", "1", 5), stretch("6", "1", 3, better=3)
    )
    bars = chart.data["stretches"]
    assert [(bar["from"], bar["to"], bar["part"]) for bar in bars] == [
        (-6.5, -5.5, "worse"),
        (-0.5, 0.5, "same"),
        (5.5, 6.5, "better"),
    ]
    assert sum(bar["high"] - bar["low"] for bar in bars) == 10
    assert "3 of 10 got better" in chart.title
    assert "The course in the middle changed by 0 points" in chart.summary


def test_a_stretch_through_the_threshold_is_drawn_in_both_colours() -> None:
    chart = drawn(stretch("5", "5", 9, better=4))
    assert [(bar["part"], bar["low"], bar["high"]) for bar in chart.data["stretches"]] == [
        ("same", 0, 5),
        ("better", 5, 9),
    ]
    assert chart.table.rows[0].cells[0].text == "5 to under 10"


def test_the_title_names_the_threshold_to_its_last_decimal() -> None:
    # Derived from a spread: whoever got better by 1.1 points did not get better by the rule.
    assert MEASURE.rule is not None
    rule = replace(MEASURE.rule, reliable_change_points=1.1272)
    shown = Shown(tables={TABLE: [stretch("1", "0.25", 5, better=2)]})
    chart = change_chart(context(shown), replace(MEASURE, rule=rule))
    assert chart is not None
    assert "2 of 5 got better by 1.1272 points or more" in chart.title


def test_without_a_rule_or_a_course_nothing_is_drawn() -> None:
    assert drawn() is None
    ruleless = replace(MEASURE, rule=None)
    shown = Shown(tables={TABLE: [stretch("0", "1", 5)]})
    assert change_chart(context(shown), ruleless) is None


class Quarters(Shown):
    """Programmes with a measured share in every quarter but the ones left out."""

    shares: dict[tuple[str, object], tuple[int, int]]

    def completeness(self, subject: tuple[str, str], *asked: object) -> dict[str, Any] | None:
        found = self.shares.get((subject[1], asked[1]))
        if found is None:
            return None
        x, n = found
        rate = x / n if n >= 5 else None
        names = ("paired_any_rate", "paired_any_rate_lower", "paired_any_rate_upper")
        return {"n_paired_any": x, "n_finished": n, "withheld_figures": None} | dict.fromkeys(
            names, rate
        )


def programmes(**shares: dict[date, tuple[int, int]]) -> Context:
    figures = Quarters(names={"programme": list(shares)})
    figures.shares = {
        (name, day): share for name, by_day in shares.items() for day, share in by_day.items()
    }
    return context(figures)


@pytest.mark.parametrize(("measured", "n_under"), [(69, 1), (70, 0)])
def test_a_programme_is_under_seventy_per_cent_or_not(measured: int, n_under: int) -> None:
    chart = completeness_chart(programmes(a={date(2026, 9, 30): (measured, 100)}))
    assert chart is not None
    assert f"{n_under} programme" in chart.title
    assert f"{n_under} had under 70" in chart.summary
    # Another part of the page counts one measure alone.
    assert "on any measure" in chart.title
    assert "on any listed measure" in chart.summary
    assert ("by name: a (69 of 100)" in chart.summary) == bool(n_under)
    # A frame says it where shades differ too little.
    assert all(svg(chart, size).count('stroke-width="2"') == n_under for size in SIZES)


def test_a_programme_without_a_rate_is_said_to_be_left_out() -> None:
    newest = date(2026, 9, 30)
    chart = completeness_chart(programmes(a={newest: (9, 10)}, b={newest: (1, 4)}, c={}))
    assert chart is not None
    assert chart.summary.endswith("no quarter has enough finished courses: b and c.")
    assert {cell["name"] for cell in chart.data["cells"]} == {"a"}


def test_programmes_of_one_name_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    newest = date(2026, 9, 30)
    shown = programmes(p1={newest: (8, 20)}, p2={newest: (1, 2)})
    alike = [Subject("programme", each, "Anxiety", "") for each in ("p1", "p2")]
    monkeypatch.setattr(shown.figures, "subjects_at", lambda _: alike)
    chart = completeness_chart(shown)
    assert chart is not None
    assert "1 had under 70" in chart.summary
    assert {cell["name"] for cell in chart.data["cells"]} == {"Anxiety"}


def test_quarters_run_to_the_newest_complete_one_and_gaps_are_hatched() -> None:
    chart = completeness_chart(programmes(a={date(2026, 9, 30): (4, 5), date(2026, 3, 31): (4, 4)}))
    assert chart is not None
    cells = chart.data["cells"]
    assert [cell["period"] for cell in cells][-4:] == ["Q4 25", "Q1 26", "Q2 26", "Q3 26"]
    assert [cell["is_empty"] for cell in cells][-4:] == [True, True, True, False]
    assert str(cells[-1]["text"]).replace("\u00a0", " ") == "80 %"
    for size in SIZES:
        n = PERIODS[size.name]
        assert [cell["column"] for cell in placed(cells, n)] == list(range(n))
        drawn = svg(chart, size)
        assert drawn.count("url(#hatch)") == sum(bool(cell["is_empty"]) for cell in cells[-n:])
        assert drawn.count(">80\u00a0%<") == 1


def test_without_a_rate_in_the_newest_quarter_there_is_no_map() -> None:
    assert completeness_chart(programmes(a={date(2026, 6, 30): (4, 5)})) is None
