"""Drawings: where values lie, what axes name, and how marks are written."""

from itertools import pairwise
from typing import Any
from xml.etree import ElementTree

import pytest

from pipelines.errors import ModelError
from pipelines.reporting.model import Chart
from pipelines.reporting.output.charts import drawn
from pipelines.reporting.output.drawings import flow, funnel, profile, trend
from pipelines.reporting.output.drawings.marks import (
    NARROW,
    SIZES,
    WIDE,
    Drawing,
    Frame,
    area,
    element,
    group,
    lines,
    px,
    shortened,
    text,
)
from pipelines.reporting.output.drawings.scales import (
    across,
    heights,
    linear,
    named,
    rounded_up,
    ticks,
)


@pytest.mark.parametrize(
    ("low", "high", "about", "expected"),
    [
        (0, 27, 5, [0, 5, 10, 15, 20, 25]),
        (-21.5, 23.5, 9, [-20, -15, -10, -5, 0, 5, 10, 15, 20]),
        (0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]),
        (0.05, 0.35, 3, [0.1, 0.2, 0.3]),
        (0, 110, 4, [0, 20, 40, 60, 80, 100]),
        (0, 3, 4, [0, 1, 2, 3]),
        (7, 7, 5, [7]),
    ],
)
def test_an_axis_names_round_values_within_its_ends(
    low: float, high: float, about: int, expected: list[float]
) -> None:
    assert ticks(low, high, about) == expected


@pytest.mark.parametrize("exponent", range(-3, 7))
@pytest.mark.parametrize("factor", [1, 1.4, 1.5, 2, 3.1, 3.2, 4.9, 7, 7.2, 9.9])
def test_an_axis_names_about_as_many_values_as_asked_for(factor: float, exponent: int) -> None:
    high = factor * 10.0**exponent
    found = ticks(0, high, 5)
    assert 3 <= len(found) <= 9
    assert found[0] == 0
    assert found[-1] <= high * (1 + 1e-9)
    steps = {f"{after - before:.6e}"[0] for before, after in pairwise(found)}
    assert len(steps) == 1
    assert steps <= {"1", "2", "5"}


@pytest.mark.parametrize(
    ("high", "end"), [(108, 110), (153, 160), (1, 1), (110, 110), (3, 3), (0, 0), (0.95, 1)]
)
def test_an_axis_ends_at_the_first_round_value_that_is_not_below_the_highest(
    high: float, end: float
) -> None:
    assert rounded_up(high) == pytest.approx(end)


def test_values_lie_in_proportion_and_a_single_one_at_the_beginning() -> None:
    y = linear(0, 1, 230, 0)
    assert (y(0), y(0.5), y(1)) == (230, 115, 0)
    assert linear(4, 4, 10, 90)(4) == 10
    x = across([-0.5, 3.5], 240)
    assert (x(-0.5), x(3.5)) == (12, 228)


def test_numbers_are_written_shortly_and_without_a_negative_zero() -> None:
    assert [px(value) for value in (1 / 3, -0.001, 640, 1234.567)] == [
        "0.33",
        "0",
        "640",
        "1234.57",
    ]
    assert [named(value) for value in (-5, 0.5, 20.0)] == ["−5", "0.5", "20"]


def test_a_line_breaks_where_a_value_is_missing_and_a_lone_point_has_none() -> None:
    drawn = lines([(0, 1.0), (1, 2.0), (2, None), (3, 1.0), (4, None), (5, 1.0), (6, 3.0)])
    assert drawn == '<path d="M0,1L1,2"/><path d="M5,1L6,3"/>'
    assert area([(0, 0), (1, 0)], [(0, 5), (1, 5)]) == '<path d="M0,0L1,0L1,5L0,5Z"/>'


def test_texts_and_attributes_are_escaped_and_empty_ones_left_out() -> None:
    assert text(0, 0, "<b>&") == '<text x="0" y="0">&lt;b&gt;&amp;</text>'
    assert text(0, 0, "") == text(0, 0, None) == group() == ""
    assert element("g", aria_label='a "b" <c>') == '<g aria-label="a &quot;b&quot; &lt;c&gt;"/>'


def test_a_drawing_is_as_large_as_its_plot_and_the_room_around_it() -> None:
    frame = Frame.within(WIDE, height=100, top=10, bottom=20)
    assert (
        Drawing(frame, "")
        .svg(role="img")
        .startswith('<svg role="img" width="640" height="130" viewBox="0 0 640 130"')
    )


@pytest.mark.parametrize(
    ("name", "shown"),
    [("Trauma", "Trauma"), ("Traumata", "Traumata"), ("Trauma group", "Trauma…"), ("悲しみの会合", "悲しみ…")],
)  # fmt: skip
def test_a_long_name_ends_where_its_room_does(name: str, shown: str) -> None:
    assert shortened(name, 8) == shown


def numbers(drawing: str, tag: str, *names: str) -> list[tuple[float, ...]]:
    """The attributes of each mark of a kind, read as the PDF does, by a strict parser."""
    found = ElementTree.fromstring(drawing).iter(tag)
    return [tuple(float(each.attrib[name]) for name in names) for each in found]


def test_the_length_of_a_bar_is_its_number() -> None:
    bars = [
        {"order": order, "stage": "s", "n": n, "text": str(n), "is_part": n < 20}
        for order, n in enumerate((40, 20, 10))
    ]
    for size in SIZES:
        widths = numbers(flow.draw({"bars": bars}, size).svg(), "rect", "width")
        longest = size.width - 62
        assert widths == [(longest,), (longest / 2,), (longest / 4,)]


def test_the_parts_of_a_bar_join_and_fill_it() -> None:
    ends = (0, 0.5, 0.75, 0.8, 1)
    parts = [
        {
            "order": 0, "measure": "PHQ-9", "part": part, "n": 10, "text": f"is {part}",
            "start": start, "end": end, "middle": (start + end) / 2,
            "is_first": part == "better", "is_wide": end - start > 0.06,
        }
        for part, (start, end) in zip(("better", "same", "worse", "missing"), pairwise(ends), strict=True)
    ]  # fmt: skip
    drawing = profile.draw({"parts": parts}, WIDE).svg()
    rects = numbers(drawing, "rect", "x", "width")
    assert [x + width for x, width in rects] == pytest.approx([318, 477, 508.8, 636])
    assert [x for x, _ in rects] == pytest.approx([0, 318, 477, 508.8])
    assert all(drawing.count(f">is {part['part']}<") == 1 for part in parts)
    assert "url(#hatch)" in drawing


def point(order: int, value: float | None, n: int = 20, signal: int = 0) -> dict[str, Any]:
    return {
        "order": order, "label": f"month {order}", "value": value, "n": n, "signal": signal,
        "text": "so much",
    }  # fmt: skip


def test_a_signal_is_a_diamond_and_every_other_point_a_disc() -> None:
    points = [point(0, 0.5), point(1, None), point(2, 0.25), point(3, 0.9, signal=1)]
    drawing = trend.draw({"points": points, "limits": []}, WIDE).svg()
    discs = numbers(drawing, "circle", "cy")
    assert discs == [(115,), (172.5,)]
    assert drawing.count('Z"/>') == 1
    assert drawing.count("so much") == 1


@pytest.mark.parametrize(("n", "shown"), [(99, 13), (100, 5)])
def test_numbers_stand_where_a_narrow_drawing_has_room(n: int, shown: int) -> None:
    points = [point(order, 0.5, n=n) for order in range(24)]
    drawing = trend.draw({"points": points, "limits": []}, NARROW).svg()
    assert drawing.count(f">{n}<") == shown
    assert trend.draw({"points": points, "limits": []}, WIDE).svg().count(f">{n}<") == 24


def test_who_is_outside_the_limits_of_chance_has_a_mark_of_its_own() -> None:
    limits = {"lower_95": 0.4, "upper_95": 0.6, "lower_998": 0.3, "upper_998": 0.7}
    units = [
        {"n": n, "value": value, "is_outside": is_outside, **limits}
        for n, value, is_outside in ((40, 0.5, False), (80, 0.1, True))
    ]
    axes = [{"share": "Share", "courses": "Courses"}]
    drawing = funnel.draw({"units": units, "overall": [{"value": 0.5}], "axes": axes}, WIDE).svg()
    assert numbers(drawing, "circle", "cx", "cy") == [(267, 130)]
    assert drawing.count('Z"/>') == 1


def test_heights_are_named_beside_the_lines_that_stand_for_them() -> None:
    drawing = group(heights([0, 10], linear(0, 10, 100, 0), 200))
    assert numbers(drawing, "line", "y1") == [(100.5,), (0.5,)]
    assert numbers(drawing, "text", "y") == [(104,), (4,)]


def test_a_drawing_of_another_name_is_an_error_that_lists_those_there_are() -> None:
    chart = Chart("c", "pie", "Title", "Subtitle", "Summary", data={})
    with pytest.raises(ModelError, match="There is no such drawing") as told:
        drawn(chart, WIDE)
    assert "change, curve, flow, funnel, heat, profile, ranges, trend" in str(told.value)
