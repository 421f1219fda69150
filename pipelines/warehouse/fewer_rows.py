"""Full deliveries that hold fewer rows of a table than the one before: told, with numbers.

A few rows fewer may be right, so it is a warning; a delivery that lost more keys than the clinic
allows stops the run (`contracts/lost_rows.py`).
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence

from pipelines.contracts.settle import CheckedFile


def fewer_rows(
    files: Mapping[str, Sequence[CheckedFile]], delivery_id: str | None = None
) -> list[str]:
    """One message for each table whose latest full delivery, or that one, has fewer rows."""
    messages = []
    for table, of_table in sorted(files.items()):
        counts: dict[int, int] = defaultdict(int)
        of_delivery = {file.delivery_rank: file for file in of_table if file.is_full}
        for file in of_table:
            if file.is_full:
                counts[file.delivery_rank] += file.n_delivered
        ranks = sorted(counts)
        places = range(1, len(ranks))
        if delivery_id is None:
            places = places[-1:]
        for place in places:
            before, now = of_delivery[ranks[place - 1]], of_delivery[ranks[place]]
            if delivery_id not in {None, now.delivery_id}:
                continue
            n_before, n_now = counts[ranks[place - 1]], counts[ranks[place]]
            if n_now < n_before:
                messages.append(
                    f"The full delivery of {now.delivered_on} has fewer rows of {table} than the"
                    f" one of {before.delivered_on}.\n"
                    f"  found: {n_now:,} rows, {n_before:,} before ({n_before - n_now:,} fewer)\n"
                    "  what to do: if the export was cut short, land a whole one; what is gone from"
                    " it counts no longer"
                )
    return messages
