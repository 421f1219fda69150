"""What a published quality measure asks, in words with the figures by which it was computed.

A clinic may decide on a figure; a sentence that had it fixed would then contradict the rate.
"""

from datetime import date, timedelta

from pipelines.reporting.figures.figures import Record
from pipelines.reporting.wording import Wording

_DAYS = ("follow_up_days", "window_from_days", "window_to_days")


def name_of(row: Record, words: Wording) -> str:
    """The rate's name, with its measure's."""
    return words.say(f"{_key(row)}.name", **_values(row, words))


def asks(row: Record, words: Wording) -> str:
    """What the rate asks; without its figures where one of them is not in force."""
    if row["status"] != "active" and words.has(f"{_key(row)}.asks_without"):
        return words.say(f"{_key(row)}.asks_without")
    return words.say(f"{_key(row)}.asks", **_values(row, words))


def _key(row: Record) -> str:
    return f"measures.rate.{row['measure_id']}_{row['rate_id']}"


def _values(row: Record, words: Wording) -> dict[str, str]:
    """The texts by which a sentence names its figures; empty where one is not in force."""
    return {
        "age": _whole(row, "minimum_age_years", words),
        "oldest": _whole(row, "maximum_age_years", words),
        "above": _whole(row, "index_above_points", words),
        "below": _whole(row, "remission_below_points", words),
        "months": _whole(row, "window_months", words),
        "share": ""
        if row["response_share"] is None
        else words.percent(row["response_share"], n=None),
        "parts": ""
        if not row["assessment_months"]
        else words.count(12 // row["assessment_months"]),
        "season_end": _season_end(row, words),
        "window": _window(row, words),
        **{name: _whole(row, name, words) for name in _DAYS},
    }


def _whole(row: Record, name: str, words: Wording) -> str:
    value = row[name]
    if value is None:
        return ""
    return words.decimal(value, 0 if float(value).is_integer() else 1)


def _season_end(row: Record, words: Wording) -> str:
    months, days = row["screen_to_months"], row["screen_to_days"]
    if months is None or days is None:
        return ""
    start: date = row["period_start_on"]
    years, month = divmod(start.month - 1 + months, 12)
    return words.day(date(start.year + years, month + 1, 1) + timedelta(days=days - 1))


def _window(row: Record, words: Wording) -> str:
    """The two ends of the window around the day that is so many months after the index."""
    ends = (row["window_from_days"], row["window_to_days"])
    if None in ends:
        return ""
    first, last = (
        words.say(f"measures.window.{'before' if days < 0 else 'after'}", n=abs(days))
        for days in ends
    )
    return words.say("measures.window.range", first=first, last=last)
