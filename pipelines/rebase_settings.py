"""Where the limits of a control chart start anew: `[[rebase]]` of `clinic.toml`.

Only a documented change of how the clinic works is a ground for it. Every entry needs the reason in
words and the day of the decision; both are printed beside the chart and on the methods page. Limits
that start anew because the figures moved would hide the very signal that they are for.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from pipelines.errors import SettingsError
from pipelines.toml_sections import Section, Sections

# The series that a report draws with limits. The first two are of one questionnaire each.
BY_INSTRUMENT = ("better", "worse")
FIGURES = (
    *BY_INSTRUMENT,
    "recovered",
    "measured",
    "attended",
    "wait_median_days",
    "n_referred",
    "n_started",
    "n_ended",
    "n_open",
)


@dataclass(frozen=True)
class Rebase:
    """One series whose limits start anew.

    `instrument_id` is None where the series is of no questionnaire, or of every one.
    `place` says where the entry stands, for messages.
    """

    figure: str
    instrument_id: str | None
    from_month: date
    reason: str
    decided_on: date
    place: str


def read_rebases(sections: Sections) -> tuple[Rebase, ...]:
    """The entries in a settings file, in its order.

    Raises: SettingsError naming the key, what it must be, and what to do.
    """
    found = tuple(_rebase(entry) for entry in sections.entries("rebase"))
    seen: dict[tuple[str, str | None, date], Rebase] = {}
    for one in found:
        key = (one.figure, one.instrument_id, one.from_month)
        if key in seen:
            raise SettingsError(
                "The limits of one series start anew twice in the same month.",
                where=one.place,
                expected="one entry for a series and month",
                found=f"the same as {seen[key].place}",
                todo="write both reasons into one entry",
            )
        seen[key] = one
    return found


def rebases_digest(rebases: Sequence[Rebase]) -> str:
    """The same text for the same entries, whatever their order; nothing of the file's place."""
    return repr(
        sorted(
            [str(value) for name, value in vars(one).items() if name != "place"] for one in rebases
        )
    )


def _rebase(entry: Section) -> Rebase:
    found = Rebase(
        figure=entry.take("figure", str),
        instrument_id=entry.take_if_there("instrument", str),
        from_month=entry.take("from_month", date),
        reason=entry.take("reason", str).strip(),
        decided_on=entry.take("decided_on", date),
        place=f"{entry.path}, [[rebase]] {entry.name.removeprefix('rebase ')}",
    )
    entry.refuse_leftovers()
    wrong = []
    if found.figure not in FIGURES:
        wrong.append(f"figure is one of {', '.join(FIGURES)}")
    elif found.instrument_id is not None and found.figure not in BY_INSTRUMENT:
        wrong.append(f"instrument only with {' or '.join(BY_INSTRUMENT)}")
    if found.from_month.day != 1:
        wrong.append("from_month is the first day of a month")
    if not found.reason:
        wrong.append("reason says what changed in the clinic")
    if wrong:
        raise SettingsError(
            "The limits of a chart cannot start anew like this.",
            where=found.place,
            expected="; ".join(wrong),
            found="another value",
            todo="correct the entry; its reason is printed beside the chart",
        )
    return found
