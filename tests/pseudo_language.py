"""A made-up language: every word of the catalogue with its letters dressed, so that what is not
from the catalogue shows."""

import re
from html.parser import HTMLParser
from pathlib import Path

import yaml

from pipelines.contracts.odcs import load_contracts
from pipelines.ingest.fhir import REASONS
from pipelines.instruments.catalogue import load_catalogue
from pipelines.reporting.figures.disclosure import load_policies
from pipelines.reporting.wording import load_wording

PSEUDO = "pseudo"
_LETTERS = str.maketrans(
    "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "àƀçďéƒğĥíĵķĺḿńóƥɋŕšťúṽŵẋýžÀƁÇĎÉƑĞĤÍĴĶĹḾŃÓƤɊŔŠŤÚṼŴẊÝŽ",
)
# What a browser reads out or shows beside the text of an element.
_SPOKEN = ("aria-label", "title", "data-label", "data-filter", "data-found", "alt")
_LATIN = re.compile(r"[A-Za-z][A-Za-z' ]*[A-Za-z]{2,}")


def dressed(text: str) -> str:
    """The text with every letter outside braces replaced by one that English has not."""
    parts = re.split(r"(\{[^{}]*\})", text)
    return "".join(
        part if place % 2 else part.translate(_LETTERS) for place, part in enumerate(parts)
    )


def write_pseudo_language(folder: Path) -> None:
    """A folder of words with one language, `pseudo`, contracts' and policies' sentences included."""
    rules = (rule.sentence for contract in load_contracts().values() for rule in contract.rules)
    policies = (
        text
        for policy in load_policies().values()
        for text in (policy.title, policy.source, *policy.does_not_do)
    )
    notes = (note for one in load_catalogue().instruments.values() for note in one.notes)
    texts = {key: dressed(text) for key, text in load_wording("en").texts.items()}
    texts |= {
        f"said.{text}": dressed(text) for text in (*rules, *policies, *notes, *REASONS.values())
    }
    (folder / PSEUDO).mkdir()
    (folder / PSEUDO / "all.yaml").write_text(
        yaml.safe_dump(texts, allow_unicode=True), encoding="utf-8"
    )


def english(page: str) -> set[str]:
    """Every stretch of plain letters that a reader of the page would see or hear."""
    return {found.group().strip() for text in _Texts(page).found for found in _LATIN.finditer(text)}


class _Texts(HTMLParser):
    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[str] = []
        self._is_code = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._is_code = tag in ("style", "script")
        self.found += [text for name, text in attrs if name in _SPOKEN and text]

    def handle_endtag(self, tag: str) -> None:
        self._is_code = False

    def handle_data(self, data: str) -> None:
        if not self._is_code:
            self.found.append(data)
