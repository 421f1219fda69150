"""Which figures of a released report a newer one has otherwise, figure by figure.

A figure is a key figure's card, or a cell of a table: of a section, of a part, or behind a chart.
It is known by its card, or by its table, the head of its row and its column. What is compared is
what stands on the page. Parts about deliveries and about how the page was made say something new
with every run and are no figures of the period.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

CHANGES_SECTION = "changes"
# Sections of an auditor's page that tell of the clinic up to its writing, not of the period.
OF_THE_RUN = ("gates", "approvals", "exports", "retention", "provenance")
# Sections and parts that hold no figure of the period.
_LEFT_OUT = (
    *OF_THE_RUN, CHANGES_SECTION, "method", "deliveries-part", "quarantine", "warnings", "origin",
)  # fmt: skip

# Sections that only the page of the newest month has: there is nothing to say of an older one.
_OF_THE_NEWEST = ("curves",)

Key = tuple[str, str, str]


@dataclass(frozen=True)
class Figure:
    """One figure as it stands on a page; `place` and `name` say which, `link` where.

    A key figure has no place: there is one of each.
    """

    place: str
    name: str
    text: str
    value: float | None
    link: str


@dataclass(frozen=True)
class Move:
    """One figure that differs; None where a version does not have it."""

    place: str
    name: str
    before: Figure | None
    after: Figure | None

    @property
    def difference(self) -> float | None:
        """By how much it moved, where both are numbers."""
        if self.before is None or self.after is None:
            return None
        if self.before.value is None or self.after.value is None:
            return None
        return self.after.value - self.before.value

    @property
    def link(self) -> str:
        """The section of the newer page that shows it."""
        return self.after.link if self.after else ""


def figures_moved(
    before: Mapping[str, Any], after: Mapping[str, Any], *, is_same_code: bool
) -> list[Move]:
    """The figures that differ between two contents of `report.json`, in the order of the page.

    A table or card that only one of the two has counts where the same code made both: otherwise it
    is a page that was built anew, not a figure that moved. It is none either where a section that
    only the newest month has is on one of the two pages alone.
    """
    old, new = dict(_figures(before)), dict(_figures(after))
    in_both = {key[0] for key in old} & {key[0] for key in new}
    on_one_page = {each.link for each in old.values()} ^ {each.link for each in new.values()}
    moves = []
    for key in [*new, *(key for key in old if key not in new)]:
        one, other = old.get(key), new.get(key)
        known = other or one
        assert known is not None
        is_passing = known.link in _OF_THE_NEWEST and known.link in on_one_page
        if key[0] not in in_both and (not is_same_code or is_passing):
            continue
        if one is None or other is None or one.text != other.text:
            moves.append(Move(known.place, known.name, one, other))
    return moves


def count_figures(report: Mapping[str, Any]) -> int:
    """How many figures a content of `report.json` has."""
    return sum(1 for _ in _figures(report))


def _figures(report: Mapping[str, Any]) -> Iterator[tuple[Key, Figure]]:
    for card in report["key_figures"]:
        text = " ".join(part for part in (card["figure"], card["of"], card["interval"]) if part)
        yield (
            (f"card {card['card_id']}", "", ""),
            Figure("", card["name"], text, _number(card["value"]), "key-figures"),
        )
    for section in report["sections"]:
        yield from _of_section(section, section["title"])


def _of_section(section: Mapping[str, Any], title: str) -> Iterator[tuple[Key, Figure]]:
    if section["section_id"] in _LEFT_OUT:
        return
    charts = [chart["table"] for chart in section["charts"] if chart["table"] is not None]
    for table in [*charts, *section["tables"]]:
        yield from _of_table(table, title, section["section_id"])
    for part in section["parts"]:
        yield from _of_section(part, f"{title}, {part['title']}")


def _of_table(table: Mapping[str, Any], title: str, link: str) -> Iterator[tuple[Key, Figure]]:
    seen: Counter[str] = Counter()
    for row in table["rows"]:
        head = row["cells"][0]["text"] if row["cells"] else ""
        seen[head] += 1
        # Rows of one head are told apart by their order.
        row_key = f"{head} {seen[head]}"
        for column, cell in zip(table["columns"][1:], row["cells"][1:], strict=False):
            text = " ".join(part for part in (cell["text"], cell["small"]) if part)
            name = f"{head}: {column['label']}" if head else column["label"]
            place = f"{title}: {table['caption']}"
            key = (f"table {table['table_id']}", row_key, column["key"])
            yield key, Figure(place, name, text, _number(cell["value"]), link)


def _number(value: Any) -> float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return float(value) if is_number else None
