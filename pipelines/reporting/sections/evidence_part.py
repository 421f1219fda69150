"""What the comparison of therapists says where the truth is known, for the methods page.

The figures are of made-up clinics that went through the same calculation as the clinic's own; they
are written by the benchmark into `reports/evidence/comparison.json`, with the command that makes
them again. Nothing of this clinic is in them.
"""

import json
from collections.abc import Mapping, Sequence
from decimal import Decimal
from pathlib import Path
from typing import Any

from pipelines.reporting.context import column, text_cell
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.wording import Wording

EVIDENCE = Path(__file__).parents[3] / "reports" / "evidence" / "comparison.json"
Result = Mapping[str, Any]
# What a row is about, and which of its shares are printed, table by table.
_TABLES = {
    "equals": (("outcome", "has_own_mix", "n_clinics", "n_judged"), ("below", "above", "any")),
    "hard_cases": (("outcome", "n_pairs", "n_clinics"), ("unadjusted_below", "below")),
    "coverage": (("outcome", "has_own_mix", "icc", "n_units", "n_clinics"), ("held",)),
    "power": (("outcome", "icc", "n_pairs", "rate_change", "n_clinics"), ("below",)),
}
_COUNTS = ("n_clinics", "n_judged", "n_pairs", "n_units")
# Shares of a tenth of a per cent and less need three decimals.
_PLACES = {
    "equals": {"below": 3, "above": 3},
    "hard_cases": {"below": 1},
    "coverage": {"held": 1},
}


# What the page says of a comparison that found nobody: others differ as studies usually find it.
_USUAL = {"outcome": "improved", "icc": 0.05, "n_pairs": 50, "rate_change": -0.2}


def usually_found(path: Path = EVIDENCE) -> Result:
    """How often one whose clients do 20 points worse over 50 courses is called below.

    `below_rate` is the share of made-up clinics; `n_pairs` and `rate_change` say for whom.
    """
    found = json.loads(path.read_text(encoding="utf-8"))
    return next(
        row for row in found["power"] if all(row[name] == value for name, value in _USUAL.items())
    )


def evidence_section(words: Wording, path: Path = EVIDENCE) -> Section:
    """The section; each table has a paragraph before it that says how to read it."""
    found = json.loads(path.read_text(encoding="utf-8"))
    lead = words.say("evidence.lead", rate=words.percent(found["usual_rate"], n=None))
    command = words.say(
        "evidence.command", command=found["command"], seed=found["seed"], code=found["code"]
    )
    return Section(
        section_id="evidence",
        title=words.say("evidence.title"),
        paragraphs=(lead, command),
        parts=tuple(_part(name, found[name], words) for name in _TABLES),
    )


def _part(name: str, rows: Sequence[Result], words: Wording) -> Section:
    keys, shares = _TABLES[name]
    extra = ("any_stated",) if name == "equals" else ()
    return Section(
        section_id=f"evidence-{name.replace('_', '-')}",
        title=words.say(f"evidence.{name}.title"),
        paragraphs=(words.say(f"evidence.{name}.text", **_lowest(name, rows, words)),),
        tables=(
            Table(
                table_id=f"evidence-{name.replace('_', '-')}-table",
                caption=words.say(f"evidence.{name}.caption"),
                columns=tuple(
                    column(key, words.say(f"evidence.{name}.columns.{key}"), is_number=is_number)
                    for key, is_number in (
                        *((key, key in _COUNTS) for key in keys),
                        *((key, True) for key in (*shares, *extra)),
                    )
                ),
                rows=tuple(
                    Row(
                        (
                            *(_about(key, row[key], words) for key in keys),
                            *(_share(name, key, row, words) for key in shares),
                            *(text_cell(words.percent(row[key], n=None)) for key in extra),
                        )
                    )
                    for row in rows
                ),
            ),
        ),
    )


def _lowest(table: str, rows: Sequence[Result], words: Wording) -> dict[str, str]:
    """What the text of the intervals says of the row that holds the truth least often."""
    if table != "coverage":
        return {}
    row = min(rows, key=lambda each: each["held_rate"])
    return {
        "lowest": _percent(row["held_rate"], 1, words),
        "lowest_outcome": words.say(f"evidence.outcomes.{row['outcome']}"),
        "lowest_icc": _percent(row["icc"], 0, words),
        "lowest_units": words.count(row["n_units"]),
        "lowest_mix": words.say("evidence.own_mix" if row["has_own_mix"] else "evidence.equal_mix"),
    }


def _about(key: str, value: Any, words: Wording) -> Cell:
    if key == "outcome":
        return text_cell(words.say(f"evidence.outcomes.{value}"))
    if key == "has_own_mix":
        return text_cell(words.say("evidence.own_mix" if value else "evidence.equal_mix"))
    if key in _COUNTS:
        return Cell(text=words.count(value), value=value)
    return text_cell(_percent(value, 0, words))


def _share(table: str, key: str, row: Result, words: Wording) -> Cell:
    """A share with the Monte Carlo interval beside it."""
    places = _PLACES.get(table, {}).get(key, 0)
    if row[f"{key}_rate"] is None:
        return text_cell(words.say("number.nothing"))
    ends = {end: _number(row[f"{key}_{end}"], places, words) for end in ("lower", "upper")}
    return Cell(
        text=_percent(row[f"{key}_rate"], places, words),
        value=row[f"{key}_rate"],
        small=words.say("number.percent_range", **ends),
    )


def _percent(share: float, places: int, words: Wording) -> str:
    return words.say("number.percent", value=_number(share, places, words))


def _number(share: float, places: int, words: Wording) -> str:
    return words.decimal(Decimal(str(share)) * 100, places)
