"""Where a value lies on an axis, which values an axis names, and how it names them."""

import math
from collections.abc import Callable, Iterable

from pipelines.reporting.output.drawings.marks import group, rule, text

Scale = Callable[[float], float]
# Room at both ends of an axis of periods or sessions, so that marks and labels are not cut.
END_ROOM = 12
SHARES = (0, 0.25, 0.5, 0.75, 1)
# A step and where the next longer one begins: halfway between the two as a ratio.
_STEPS = ((1, math.sqrt(2)), (2, math.sqrt(10)), (5, math.sqrt(50)), (10, math.inf))


def linear(low: float, high: float, begin: float, end: float) -> Scale:
    """Puts `low` at the pixel `begin` and `high` at `end`; both at `begin` if they are one."""
    span = (high - low) or 1
    return lambda value: begin + (value - low) / span * (end - begin)


def across(values: Iterable[float], width: float) -> Scale:
    """Puts places in a row from left to right, with room at both ends."""
    found = list(values)
    return linear(min(found), max(found), END_ROOM, width - END_ROOM)


def ticks(low: float, high: float, about: int) -> list[float]:
    """Round values from `low` to `high`, roughly `about` of them: steps of 1, 2 or 5 times 10^k."""
    if high <= low:
        return [low]
    rough = (high - low) / about
    unit = 10.0 ** math.floor(math.log10(rough))
    step = unit * next(factor for factor, border in _STEPS if rough / unit < border)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    # Divided and not multiplied where the step is a fraction: 3 / 10 is 0.3, and 3 * 0.1 is not.
    return [
        place * step if step >= 1 else place / round(1 / step) for place in range(first, last + 1)
    ]


def rounded_up(high: float) -> float:
    """The end of an axis from 0: the first round value that is not below `high`."""
    found = ticks(0, high, 10)
    return high if found[-1] >= high else 2 * found[-1] - found[-2]


def named(value: float) -> str:
    """A value as an axis writes it."""
    # A minus sign is as wide as a digit; a hyphen is not.
    return f"{value:g}".replace("-", "−")


def percent(value: float) -> str:
    """A share as an axis writes it."""
    return f"{value * 100:g} %"


def heights(
    values: Iterable[float], y: Scale, width: float, name: Callable[[float], str] = named
) -> str:
    """The axis at the left: a quiet line across the plot at each value, and its name beside it."""
    found = list(values)
    # A line of one pixel lies in the middle of a pixel.
    levels = [round(y(value)) + 0.5 for value in found]
    return group(
        *(rule(0, level, width, level) for level in levels), stroke="var(--line)"
    ) + group(
        *(text(-6, y(value) + 4, name(value)) for value in found),
        text_anchor="end", font_size=11, fill="var(--grey)",
    )  # fmt: skip
