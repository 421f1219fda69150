"""Which column a name that nobody knows most likely means."""

import re
from collections.abc import Sequence
from difflib import get_close_matches


def did_you_mean(unknown: Sequence[str], absent: Sequence[str]) -> dict[str, str]:
    """For unknown columns the absent one that each resembles, however it is spelt."""
    by_letters = {_letters(name): name for name in absent}
    found = {}
    for name in unknown:
        close = get_close_matches(_letters(name), by_letters, n=1, cutoff=0.75)
        if close:
            found[name] = by_letters[close[0]]
    return found


def _letters(column: str) -> str:
    return re.sub(r"[\W_]+", "", column).casefold()
