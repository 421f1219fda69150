"""What a clinic decides about its measures: `[[measures]]` and a window of `clinic.toml`.

`session_window_days` in `[windows]` says how far from a session a form that was due at it may lie.
That is a rule of this system and no published one: seven days, as far as a delivered response may
lie from the session that it names.

An entry of `[[measures]]` switches on a figure that nobody has verified, or sets one to another
value, with the source that the clinic cites and the day on which it decided. Whether the measure
has such a figure is judged where the measures are known: `pipelines/instruments/measures.py`.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from pipelines.errors import SettingsError
from pipelines.toml_sections import Section, Sections

SESSION_WINDOW_DAYS = 7


@dataclass(frozen=True)
class MeasureDecision:
    """One figure that the clinic has decided on.

    `value` is None where the figure holds as the measure's file has it. `place` says where the
    entry stands, for messages.
    """

    measure_id: str
    figure: str
    value: Decimal | None
    source: str
    decided_on: date
    place: str


def read_session_window(windows: Section) -> int:
    """The days before and after a session within which a measure due at it counts as done.

    Raises: SettingsError when it is no whole number of days from 0 on.
    """
    days = windows.take("session_window_days", int, SESSION_WINDOW_DAYS)
    if days < 0:
        raise SettingsError(
            "A setting is out of its range.",
            where=f"{windows.path}, [{windows.name}] session_window_days",
            expected="0 or more days: 0 counts only what was filled in on the session's own day",
            found="a negative number",
            todo="correct the line",
        )
    return days


def read_measure_decisions(sections: Sections) -> tuple[MeasureDecision, ...]:
    """The decisions in a settings file, in its order.

    Raises: SettingsError naming the key, what it must be, and what to do.
    """
    return tuple(_decision(entry) for entry in sections.entries("measures"))


def decisions_digest(decisions: tuple[MeasureDecision, ...]) -> str:
    """The same text for the same decisions, whatever their order; nothing of the file's place."""
    return repr(
        sorted(
            [str(value) for name, value in vars(one).items() if name != "place"]
            for one in decisions
        )
    )


def _decision(entry: Section) -> MeasureDecision:
    value = entry.take_if_there("value", float)
    found = MeasureDecision(
        measure_id=entry.take("id", str),
        figure=entry.take("figure", str),
        value=None if value is None else Decimal(str(value)),
        source=entry.take("source", str),
        decided_on=entry.take("decided_on", date),
        place=f"{entry.path}, [[measures]] {entry.name.removeprefix('measures ')}",
    )
    entry.refuse_leftovers()
    if not found.source.strip():
        raise SettingsError(
            "A figure of a quality measure is switched on without a source.",
            where=found.place,
            expected="where the figure can be read",
            found="an empty source",
            todo="name the source; it is printed on every page that uses the figure",
        )
    return found
