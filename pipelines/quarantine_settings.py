"""How much of a delivery may be turned away before a run stops: a part of `[deliveries]`.

The contracts say what holds for every clinic; a clinic may say otherwise, table by table.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipelines.errors import SettingsError
from pipelines.toml_sections import Section, refuse_unknown

_CONTRACTS = Path(__file__).parents[1] / "data_contracts"


@dataclass(frozen=True)
class QuarantineSettings:
    """`shares` are parts of 1 by table; so few rows as `few_rows` never stop a run."""

    shares: Mapping[str, float] = field(default_factory=dict)
    few_rows: int = 20

    @property
    def digest_text(self) -> str:
        """Changes when a setting does."""
        return repr((sorted(self.shares.items()), self.few_rows))


def read_quarantine_settings(deliveries: Section) -> QuarantineSettings:
    """What `[deliveries]` says of rows that are turned away.

    Raises: SettingsError naming the key, what it must be, and what to do.
    """
    shares = deliveries.take("max_quarantined_share", dict, {})
    where = f"{deliveries.path}, [{deliveries.name}] max_quarantined_share"
    tables = [path.name.partition(".")[0] for path in _CONTRACTS.glob("*.odcs.yaml")]
    refuse_unknown(shares, tables, where=where)
    for table, share in shares.items():
        if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
            raise SettingsError(
                "A share of rows that may be turned away is no share.",
                where=f"{where}, {table}",
                expected="a number from 0 to 1",
                found=str(share) if isinstance(share, int | float) else type(share).__name__,
                todo="correct the number, such as max_quarantined_share = { responses = 0.3 }",
            )
    few_rows = deliveries.take_number(
        "few_quarantined_rows", int, QuarantineSettings.few_rows, least=0
    )
    return QuarantineSettings({name: float(share) for name, share in shares.items()}, few_rows)
