"""What a clinic decides about the path through a course: keys of `[windows]` in `clinic.toml`.

Early response is a convention of trials and no published threshold. It is counted only where the
clinic sets all three keys, the source included, and every page that uses it prints them.
"""

from dataclasses import dataclass
from decimal import Decimal

from pipelines.errors import SettingsError
from pipelines.toml_sections import Section

TRAJECTORY_POSITIONS = 26
_EARLY_KEYS = ("early_response_share", "early_response_weeks", "early_response_source")


@dataclass(frozen=True)
class PathSettings:
    """Settings of the marts about the path.

    Units: `early_response_share` a part of the first score's distance from the best end of its
    scale; `early_response_weeks` weeks since session 1; `trajectory_positions` sessions or weeks,
    the last that a curve shows.
    """

    early_response_share: Decimal | None = None
    early_response_weeks: int | None = None
    early_response_source: str | None = None
    trajectory_positions: int = TRAJECTORY_POSITIONS

    @property
    def digest_text(self) -> str:
        """Changes with every setting."""
        return repr(self)


def read_path_settings(windows: Section) -> PathSettings:
    """The settings in `[windows]`.

    Raises: SettingsError when early response is set in part, or a value is out of its range.
    """
    is_set = [key in windows.left for key in _EARLY_KEYS]
    if any(is_set) and not all(is_set):
        raise SettingsError(
            "Early response is set in part.",
            where=f"{windows.path}, [{windows.name}]",
            expected="all of " + ", ".join(_EARLY_KEYS) + ", or none",
            found="no " + ", no ".join(key for key in _EARLY_KEYS if key not in windows.left),
            todo="add what is missing, or remove the others: early response is then not counted",
        )
    share = windows.take_if_there("early_response_share", float)
    weeks = windows.take_if_there("early_response_weeks", int)
    source = windows.take_if_there("early_response_source", str)
    positions = windows.take("trajectory_positions", int, TRAJECTORY_POSITIONS)
    wrong = []
    if share is not None and not 0 < share <= 1:
        wrong.append("early_response_share is a part of 1, above 0")
    if weeks is not None and weeks < 1:
        wrong.append("early_response_weeks is 1 or more")
    if source is not None and not source.strip():
        wrong.append("early_response_source names where the convention is from")
    if positions < 1:
        wrong.append("trajectory_positions is 1 or more")
    if wrong:
        raise SettingsError(
            "A setting is out of its range.",
            where=f"{windows.path}, [{windows.name}]",
            expected="; ".join(wrong),
            found="another value",
            todo="correct the line",
        )
    return PathSettings(
        early_response_share=None if share is None else Decimal(str(share)),
        early_response_weeks=weeks,
        early_response_source=source,
        trajectory_positions=positions,
    )
