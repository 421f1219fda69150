"""Tables that lost much of a delivery: small beside the answers, so that no sum shows it."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from typing import Any

from pipelines.reporting.wording import Wording

Record = Mapping[str, Any]
# Tables that lost such a share of their rows are named, however small they are beside the answers.
# A convention of the pages; what stops a run is in the contracts.
MUCH_OF_A_TABLE = Decimal("0.1")
MOST_TABLES = 3


def much_lost(rows: Iterable[Record]) -> list[tuple[str, int, int]]:
    """Table, rows turned away and rows delivered, of those that lost much; largest share first."""
    delivered, lost = Counter[str](), Counter[str]()
    for row in rows:
        delivered[row["table_name"]] += row["n_delivered"]
        lost[row["table_name"]] += row["n_quarantined"]
    hit = sorted(
        (Decimal(-n) / delivered[table], table)
        for table, n in lost.items()
        if n and Decimal(n) / delivered[table] >= MUCH_OF_A_TABLE
    )
    return [(table, lost[table], delivered[table]) for _, table in hit]


def much_lost_words(rows: Iterable[Record], words: Wording, *, day: str = "") -> str:
    """These tables in a sentence, those beyond the first few by their number; empty without one.

    `day`: of the delivery, where no sentence before it says which one is meant.
    """
    hit = much_lost(rows)
    if not hit:
        return ""
    tables = lost_tables(hit, words, at_most=MOST_TABLES)
    if day:
        return words.say("trust.hard_hit", tables=tables, day=day)
    return words.say("look.hard_hit", tables=tables)


def lost_tables(
    hit: Sequence[tuple[str, int, int]], words: Wording, *, at_most: int | None = None
) -> str:
    """Tables with what they lost, listed; those beyond `at_most` by their number."""
    named = [
        words.say(
            "look.of_table",
            table=table.replace("_", " "),
            n=words.count(n),
            total=words.count(total),
        )
        for table, n, total in hit[:at_most]
    ]
    if rest := len(hit) - len(named):
        named.append(words.say("look.more_tables", n=rest))
    return words.listed(named)


def turned_away_words(rows: Iterable[Record], table: str, words: Wording) -> str:
    """That rows of a table are turned away, and what may hide among them; empty where none is."""
    found = [row for row in rows if row["table_name"] == table]
    n = sum(row["n_quarantined"] for row in found)
    if not n:
        return ""
    total = words.count(sum(row["n_delivered"] for row in found))
    return words.say(f"compliance.turned_away.{table}", n=words.count(n), total=total)
