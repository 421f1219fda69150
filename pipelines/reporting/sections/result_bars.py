"""Bars of finished courses by result: better, no clear change, worse, not measured."""

from collections.abc import Mapping, Sequence
from itertools import pairwise

from pipelines.reporting.model import Value
from pipelines.reporting.wording import Wording

# A part this wide has room for its number.
WIDE_SHARE = 0.06
# The room that a number under a narrow part needs, as a share of the bar.
NUMBER_SHARE = 0.03
PARTS = ("better", "same", "worse", "missing")

Bar = Mapping[str, Value]


def result_bar(order: int, name: str, counts: Sequence[int], words: Wording) -> list[Bar]:
    """The parts of one bar of the drawing `profile`, in the order of PARTS."""
    whole = sum(counts) or 1
    bars: list[dict[str, Value]] = []
    start = 0.0
    for part, count in zip(PARTS, counts, strict=True):
        end = start + count / whole
        bars.append(
            {
                "order": order,
                "measure": name,
                "part": part,
                "label": words.say(f"outcomes.{part}"),
                "n": count,
                "text": words.count(count),
                "start": start,
                "end": end,
                "is_first": part == PARTS[0],
                "is_wide": end - start >= WIDE_SHARE,
                "is_joined": False,
                "middle": (start + end) / 2,
            }
        )
        start = end
    return _apart(bars)


def _apart(bars: list[dict[str, Value]]) -> list[Bar]:
    """Narrow parts side by side share one label, in their order, where theirs would overlap.

    Where they begin the bar, as those of rare measures do, it stands at the left edge.
    """
    narrow = [bar for bar in bars[:-1] if bar["n"] and not bar["is_wide"]]
    places = [float(bar["middle"] or 0) for bar in narrow]
    is_tight = any(after - before < NUMBER_SHARE for before, after in pairwise(places))
    if is_tight:
        narrow[0]["text"] = " · ".join(str(bar["text"]) for bar in narrow)
        narrow[0]["is_joined"] = places[0] < NUMBER_SHARE * len(narrow) / 2
        narrow[0]["middle"] = sum(places) / len(places)
        for bar in narrow[1:]:
            bar["text"] = ""
    return list(bars)
