"""Texts as they can be printed: what no font has is written by its number, such as `[U+1F642]`.

PDF/UA-1 asks that every character on paper is one that a reader's software can name, so that an
empty box may not stand for it. Nothing is left out: the number says which character it is. What
turns the order of the text around it is written by its number too, as paper has no other way to
show that it is there.
"""

import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from pipelines.reporting.output.typesetting import can_be_drawn

# What the first font surely draws: Latin letters, and the signs of our own words.
PLAIN = r"\x20-\x7e\u00a0-\u017f\u2010-\u2027\u2030-\u203a\u2190-\u2193\u2212\u2260\u2264\u2265"
_UNUSUAL = re.compile(f"[^{PLAIN}]")
_TURNS_ORDER = "\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
_BLANKS = "\t\n\r\x0b\x0c\u2028\u2029"
# A word that no line of a table has room for may break anywhere; an address breaks by itself.
_LONG = re.compile(r"[^\s/<>]{30,}")
_BREAK_EVERY = 12
_NOT_IN_LINES = ("svg", "alt")
# A letter and the marks on it need one font, so that words are looked at and not characters.
_WORD = re.compile(rf"[^\s<>\"]*[^{PLAIN}\s][^\s<>\"]*|(?![{PLAIN}])\s")


def printable(content: Any, *, is_in_lines: bool = True) -> Any:
    """The content of a page, mappings and lists of texts, with each text as it can be printed."""
    if isinstance(content, str):
        # Most texts have nothing unusual, which one character at a time tells soonest.
        is_plain = _UNUSUAL.search(content) is None
        shown = content if is_plain else _WORD.sub(lambda found: _written(found[0]), content)
        return _LONG.sub(_with_breaks, shown) if is_in_lines else shown
    if isinstance(content, Mapping):
        return {
            key: printable(value, is_in_lines=key not in _NOT_IN_LINES)
            for key, value in content.items()
        }
    if isinstance(content, list | tuple):
        return [printable(each) for each in content]
    return content


def _with_breaks(found: re.Match[str]) -> str:
    word = found[0]
    parts = (word[at : at + _BREAK_EVERY] for at in range(0, len(word), _BREAK_EVERY))
    return "\u200b".join(parts)


@lru_cache(maxsize=10_000)
def _written(word: str) -> str:
    if word.isspace():
        return " " if word in _BLANKS or not can_be_drawn(word) else word
    characters = [_shown(character) for character in word]
    written = "".join(characters)
    if can_be_drawn(written):
        return written
    # Each can be drawn alone and they cannot together, such as a letter and a mark of two fonts.
    return "".join(each if each.isascii() else _number(each) for each in written)


@lru_cache(maxsize=10_000)
def _shown(character: str) -> str:
    if character.isascii() and character.isprintable():
        return character
    is_shown = character not in _TURNS_ORDER and can_be_drawn(character)
    return character if is_shown else _number(character)


def _number(character: str) -> str:
    return f"[U+{ord(character):04X}]"
