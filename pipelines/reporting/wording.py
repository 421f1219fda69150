"""The catalogue of words: every text of a report, and how a number is written in its language.

`reports/wording/<language>/` holds the texts, a file for each part of the report; another language
is another folder. What belongs here is looking a text up and writing numbers and dates. Which text
follows from which figures is decided in `sentences.py`.
"""

import string
from collections.abc import Iterator, Mapping
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

from pipelines.errors import ModelError
from pipelines.yaml_files import load_yaml

WORDING_FOLDER = Path(__file__).parents[2] / "reports" / "wording"
# From this denominator on a percentage carries one decimal.
DECIMALS_FROM_N = 1000


class Wording:
    """One language's texts.

    Raises: ModelError when a text is missing, or needs a value that it was not given.
    """

    def __init__(
        self, language: str, texts: Mapping[str, str], *, most_percent_places: int = 1
    ) -> None:
        self.language = language
        self.texts = texts
        self.most_percent_places = most_percent_places

    def for_shares(self, decimals: int | None) -> "Wording":
        """The same words for shares that are known to so many decimals only (None: to all)."""
        places = 1 if decimals is None else min(1, max(0, decimals - 2))
        return Wording(self.language, self.texts, most_percent_places=places)

    def say(self, key: str, **values: object) -> str:
        """The text of this key with its values filled in.

        With `n`, a key that ends in `.one` is used for exactly 1, and `.other` for the rest.
        """
        if key not in self.texts and "n" in values:
            key = f"{key}.{'one' if values['n'] in (1, '1') else 'other'}"
        try:
            text = self.texts[key]
        except KeyError:
            raise ModelError(
                "A text is missing from the catalogue of words.",
                where=f"reports/wording/{self.language}/",
                expected=key,
                found="no such key",
                todo="add the text",
            ) from None
        try:
            return text.format(**values)
        except (KeyError, IndexError) as error:
            raise ModelError(
                "A text of the catalogue asks for a value that it is not given.",
                where=f"reports/wording/{self.language}/, {key}",
                expected=", ".join(sorted(values)) or "no value",
                found=str(error),
                todo="use only these names between braces",
            ) from None

    def translated(self, text: str) -> str:
        """A sentence of a contract or a policy, in this language where its catalogue has it.

        Such sentences are written where their rule is; a catalogue may hold them under `said`,
        each under the sentence itself.
        """
        return self.texts.get(f"said.{text}", text)

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in self.texts

    def count(self, n: int) -> str:
        """A whole number with its thousands apart."""
        return f"{n:,}".replace(",", self.texts["number.thousands"])

    def decimal(self, value: float | Decimal, places: int = 1) -> str:
        """A number with so many decimals, halves away from zero."""
        step = Decimal(1).scaleb(-places)
        rounded = Decimal(str(value)).quantize(step, rounding=ROUND_HALF_UP)
        text = f"{abs(rounded):,.{places}f}"
        whole, _, part = text.partition(".")
        whole = whole.replace(",", self.texts["number.thousands"])
        sign = self.texts["number.minus"] if rounded < 0 else ""
        return sign + whole + (self.texts["number.decimal"] + part if part else "")

    def exactly(self, value: float | Decimal) -> str:
        """A number with all its decimals: of a threshold none may be rounded away."""
        exponent = Decimal(str(value)).normalize().as_tuple().exponent
        return self.decimal(value, max(0, -exponent) if isinstance(exponent, int) else 0)

    def percent_number(self, rate: float | Decimal, *, n: int | None) -> str:
        """A share as per cent without its sign: whole, from 1,000 on with one decimal."""
        places = 1 if n is not None and n >= DECIMALS_FROM_N else 0
        return self.decimal(Decimal(str(rate)) * 100, min(places, self.most_percent_places))

    def percent(self, rate: float | Decimal, *, n: int | None) -> str:
        """A share as per cent: whole, from 1,000 on with one decimal."""
        return self.say("number.percent", value=self.percent_number(rate, n=n))

    def percent_range(
        self, lower: float | Decimal, upper: float | Decimal, *, n: int | None
    ) -> str:
        """An interval of shares, such as 49–67 %."""
        return self.say(
            "number.percent_range",
            lower=self.percent_number(lower, n=n),
            upper=self.percent_number(upper, n=n),
        )

    def month(self, day: date) -> str:
        """The month's name and year."""
        return self.say("date.month", month=self.texts[f"date.months.{day.month}"], year=day.year)

    def short_month(self, day: date) -> str:
        """The month's short name and two digits of the year, for axes."""
        return self.say(
            "date.short_month",
            month=self.texts[f"date.short_months.{day.month}"],
            year=f"{day.year % 100:02}",
        )

    def quarter(self, day: date) -> str:
        """The quarter that a day is in."""
        return self.say("date.quarter", quarter=(day.month + 2) // 3, year=day.year)

    def short_quarter(self, day: date) -> str:
        """The quarter in a few signs, for axes."""
        return self.say(
            "date.short_quarter", quarter=(day.month + 2) // 3, year=f"{day.year % 100:02}"
        )

    def day(self, day: date) -> str:
        """A day in words."""
        month = self.texts[f"date.months.{day.month}"]
        return self.say("date.day", day=day.day, month=month, year=day.year)

    def listed(self, names: list[str]) -> str:
        """Names in a row, with the language's word before the last."""
        if len(names) < 2:
            return "".join(names)
        return self.say("list.last", first=", ".join(names[:-1]), last=names[-1])


@cache
def load_wording(language: str = "en") -> Wording:
    """The texts of one language.

    Raises: ModelError when there is no such file or a text of it cannot be filled in.
    """
    folder = WORDING_FOLDER / language
    if not folder.is_dir():
        raise ModelError(
            "There are no words for this language.",
            where="reports/wording/",
            expected=", ".join(sorted(path.name for path in WORDING_FOLDER.iterdir())),
            found=language,
            todo="name one of these, or add a folder",
        )
    texts: dict[str, str] = {}
    for path in sorted(folder.glob("*.yaml")):
        found = dict(_flat(load_yaml(path), ""))
        twice = [f"{key} is in another file too" for key in sorted(set(found) & set(texts))]
        broken = [f"{key} is not well formed" for key in found if not _is_well_formed(found[key])]
        if twice or broken:
            raise ModelError(
                "A text of the catalogue of words cannot be used.",
                where=f"reports/wording/{language}/{path.name}",
                found=", ".join(twice + broken),
                todo="keep one of two; close every brace, and write {{ for one that is meant",
            )
        texts |= found
    return Wording(language, texts)


def _is_well_formed(text: str) -> bool:
    try:
        list(string.Formatter().parse(text))
    except ValueError:
        return False
    return True


def _flat(content: Any, prefix: str) -> Iterator[tuple[str, str]]:
    if isinstance(content, Mapping):
        for key, value in content.items():
            yield from _flat(value, f"{prefix}.{key}" if prefix else str(key))
    else:
        yield prefix, str(content)
