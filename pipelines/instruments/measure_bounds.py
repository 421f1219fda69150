"""Which values a figure of a quality measure can have, and which go together.

A clinic may decide on a figure; what no measure could mean is refused before it is computed.
"""

from collections.abc import Iterator, Mapping
from decimal import Decimal

MONTHS_OF_A_YEAR = 12
# Least and most, both allowed; days reach a year each way, months two.
_RANGES: Mapping[str, tuple[int, int]] = {
    "minimum_age_years": (0, 120),
    "maximum_age_years": (0, 120),
    "session_lookback_days": (0, 366),
    "identification_start_months": (-24, 12),
    "identification_end_months": (-24, 12),
    "window_months": (0, 24),
    "window_from_days": (-366, 366),
    "window_to_days": (-366, 366),
    "follow_up_days": (0, 366),
    "screen_from_months": (0, 11),
    "screen_to_months": (0, 11),
    "screen_to_days": (1, 31),
}
_ORDERED: tuple[tuple[str, str], ...] = (
    ("minimum_age_years", "maximum_age_years"),
    ("window_from_days", "window_to_days"),
    ("identification_start_months", "identification_end_months"),
    ("screen_from_months", "screen_to_months"),
)
# The second is the first day after: equal ends leave no day between them.
_WITHOUT_ITS_END = {"identification_end_months"}


def expected_of(figure: str, value: Decimal, *, most_points: Decimal | None) -> str | None:
    """What a figure must be; None when the value is that.

    `most_points`: the highest total of the questionnaire that the figure is about, where known.
    """
    if figure == "response_share":
        return None if 0 < value <= 1 else "a share above 0 and up to 1, such as 0.5"
    if figure == "assessment_months":
        parts = [n for n in range(1, MONTHS_OF_A_YEAR + 1) if MONTHS_OF_A_YEAR % n == 0]
        named = ", ".join(map(str, parts))
        return None if value in parts else f"months that divide the year: {named}"
    if figure in _RANGES:
        least, most = _RANGES[figure]
        if value == value.to_integral_value() and least <= value <= most:
            return None
        return f"a whole number from {least} to {most}"
    if value >= 0 and (most_points is None or value <= most_points):
        return None
    ends = "0 or more" if most_points is None else f"from 0 to {most_points.normalize():f}"
    return f"points {ends}"


def out_of_order(values: Mapping[str, Decimal | None]) -> Iterator[tuple[str, str]]:
    """Pairs of figures of one measure between which there is no day."""
    for first, second in _ORDERED:
        low, high = values.get(first), values.get(second)
        if low is None or high is None:
            continue
        if low > high or (low == high and second in _WITHOUT_ITS_END):
            yield first, second
