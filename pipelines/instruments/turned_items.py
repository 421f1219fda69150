"""Items that a feed delivers already turned, judged against the catalogue's reverse keys."""

from collections.abc import Mapping
from typing import Any

from pipelines.errors import SettingsError
from pipelines.instruments.catalogue import Catalogue
from pipelines.instruments.instrument import Instrument


def turned_item_rows(
    catalogue: Catalogue, feeds: Mapping[str, frozenset[str]]
) -> list[dict[str, Any]]:
    """One row per feed, instrument and reversed item; `feeds` are instruments by source.

    Units:  `end_points` are the lowest and highest points of the item added up: an answer x was
            delivered as `end_points` - x.
    Raises: SettingsError naming every instrument without a verified reverse key.
    """
    problems = [
        f"[sources.{feed}] {name}: {reason}"
        for feed, names in sorted(feeds.items())
        for name in sorted(names)
        if (reason := _why_not(catalogue.instruments.get(name)))
    ]
    if problems:
        raise SettingsError(
            "What a source says of its reversed items does not fit the instrument catalogue.",
            where="clinic.toml, items_already_reversed of [sources]",
            expected="instruments of data_contracts/instruments that have reversed items",
            found="; ".join(problems),
            todo="correct or remove the instruments named",
        )
    return [
        {
            "feed": feed,
            "instrument_id": name,
            "item": item,
            "end_points": span[0] + span[1],
            "source": f"clinic.toml, [sources.{feed}] items_already_reversed",
        }
        for feed, names in feeds.items()
        for name in names
        for item in catalogue.instruments[name].reversed_items or ()
        if (span := catalogue.instruments[name].span_of_item(item))
    ]


def _why_not(instrument: Instrument | None) -> str:
    if instrument is None:
        return "there is no such instrument"
    return "" if instrument.reversed_items else "it has no reversed items with a verified key"
