"""The items whose answers may show a risk, as rows of `ref_safety_items`."""

from typing import Any

from pipelines.instruments.instrument import Instrument


def safety_rows(instrument: Instrument) -> list[dict[str, Any]]:
    """One row per item that a safety rule reads; only active rules are applied."""
    rule = instrument.safety
    if rule is None:
        return []
    return [
        {
            "instrument_id": instrument.instrument_id,
            "item": item,
            "from_points": rule.from_points,
            "is_active": rule.is_active,
            "rule": rule.rule,
            "status": rule.status,
            "source": "; ".join(rule.source),
        }
        for item in rule.items
    ]
