"""How each questionnaire is scored, in words: the table `ref_scoring_rules`, for the methods page.

SQL scores by `ref_instrument_scales`; here is what those figures rest on. A rule that nobody has
verified stands here too, and `is_applied` says that it is not followed.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import polars as pl

from pipelines.instruments.catalogue import Catalogue
from pipelines.instruments.instrument import Instrument

_POINTS, _TEXT = pl.Decimal(9, 4), pl.String
# Columns of each table, its key first.
_SCHEMAS: dict[str, tuple[int, dict[str, Any]]] = {
    "ref_scoring_rules": (2, {
        "instrument_id": _TEXT, "place": pl.Int32, "name": _TEXT, "instrument_version": _TEXT,
        "part": _TEXT, "says": _TEXT, "is_applied": pl.Boolean, "status": _TEXT, "source": _TEXT,
        "note": _TEXT,
    }),
    "ref_bands": (4, {
        "instrument_id": _TEXT, "scale": _TEXT, "entry": pl.Int32, "place": pl.Int32,
        "respondent": _TEXT, "band": _TEXT, "low_points": _POINTS, "high_points": _POINTS,
        "status": _TEXT, "source": _TEXT, "note": _TEXT,
    }),
}  # fmt: skip


def scoring_tables(catalogue: Catalogue) -> dict[str, pl.DataFrame]:
    """`ref_scoring_rules` and `ref_bands`, in the order of their keys.

    Shape:  ref_scoring_rules: one row per instrument and part of its scoring; ref_bands: one row
            per band of severity, and one without points where the file says that there are none.
            No figure is made by a band.
    """
    instruments = [catalogue.instruments[key] for key in sorted(catalogue.instruments)]
    rows = {
        "ref_scoring_rules": [row for one in instruments for row in _rule_rows(one)],
        "ref_bands": [row for one in instruments for row in _band_rows(one)],
    }
    return {
        name: pl.DataFrame(rows[name], schema=schema, orient="row").sort(list(schema)[:n_key])
        for name, (n_key, schema) in _SCHEMAS.items()
    }


def _rule_rows(instrument: Instrument) -> Iterator[dict[str, Any]]:
    for place, rule in enumerate(instrument.scoring_rules, start=1):
        yield {
            "instrument_id": instrument.instrument_id,
            "place": place,
            "name": instrument.name,
            "instrument_version": instrument.version,
            "part": rule.part,
            "says": rule.says,
            "is_applied": rule.is_applied,
            "status": rule.status,
            "source": "; ".join(rule.source),
            "note": rule.note,
        }


def _band_rows(instrument: Instrument) -> Iterator[dict[str, Any]]:
    bands = [figure for figure in instrument.figures if figure.kind == "bands"]
    for entry, figure in enumerate(bands, start=1):
        values = figure.details["values"] or [(None, None, "")]
        for place, (low, high, label) in enumerate(values, start=1):
            yield {
                "instrument_id": instrument.instrument_id,
                "scale": figure.details["scale"],
                "entry": entry,
                "place": place,
                "respondent": figure.details.get("respondent", "client"),
                "band": label,
                "low_points": None if low is None else Decimal(str(low)),
                "high_points": None if high is None else Decimal(str(high)),
                "status": figure.status,
                "source": "; ".join(figure.source),
                "note": figure.details.get("note", ""),
            }
