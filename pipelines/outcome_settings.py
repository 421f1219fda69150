"""What a clinic decides about outcome rules: `clinic.toml` as it stands, not yet judged.

`[[thresholds]]` switches on a figure that nobody has verified, adds one of the clinic's own, or
has a reliable change computed from a reliability and an SD that the clinic cites.
`[reference_period]` is the frozen time whose first scores give the clinic's own SDs.

Whether an instrument or a scale exists is judged where the catalogue is known:
`pipelines/instruments/clinic_thresholds.py`.
"""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from pipelines.errors import SettingsError
from pipelines.toml_sections import Section, Sections

MINIMUM_REFERENCE_SCORES = 30
THRESHOLD_KINDS = ("reliable_change", "caseness", "remission", "response")
RESPONDENTS = ("client", "parent", "teacher", "partner", "therapist")
# Places that the ref_ tables keep. A figure with more would be judged as written and applied as
# rounded: a reliability of 0.99999 would let every change count.
_MOST_PLACES = 4


@dataclass(frozen=True)
class ClinicThreshold:
    """One figure that the clinic has decided on.

    Units: `points` of the scale; `share` of the first score; `sd` points of the scale.
    A reliable change has `points`, or `reliability` and `sd` to compute them from. `respondent` is
    None where it holds for everyone. `place` says where it stands, for messages.
    """

    instrument_id: str
    scale: str
    kind: str
    points: Decimal | None
    share: Decimal | None
    reliability: Decimal | None
    sd: Decimal | None
    respondent: str | None
    source: str
    decided_on: date
    place: str


@dataclass(frozen=True)
class ReferencePeriod:
    """The clinic's frozen reference period, both ends included."""

    starts_on: date
    ends_on: date
    set_on: date
    minimum_scores: int = MINIMUM_REFERENCE_SCORES


@dataclass(frozen=True)
class OutcomeSettings:
    """All that a clinic decides about outcome rules."""

    thresholds: tuple[ClinicThreshold, ...] = ()
    reference_period: ReferencePeriod | None = None

    @property
    def minimum_reference_scores(self) -> int:
        """First scores that the reference period must have before an SD is used."""
        period = self.reference_period
        return period.minimum_scores if period else MINIMUM_REFERENCE_SCORES

    @property
    def digest_text(self) -> str:
        """The same text for the same decisions, whatever their order and place."""
        thresholds = sorted(
            repr([str(value) for name, value in vars(one).items() if name != "place"])
            for one in self.thresholds
        )
        return repr((thresholds, self.reference_period))


def read_outcome_settings(sections: Sections) -> OutcomeSettings:
    """The decisions in a settings file.

    Raises: SettingsError naming the key, what it must be, and what to do.
    """
    return OutcomeSettings(
        thresholds=tuple(_threshold(entry) for entry in sections.entries("thresholds")),
        reference_period=_reference_period(sections),
    )


def _threshold(entry: Section) -> ClinicThreshold:
    kind = _one_of(entry, "kind", THRESHOLD_KINDS)
    found = ClinicThreshold(
        instrument_id=entry.take("instrument", str),
        scale=entry.take("scale", str, "total"),
        kind=kind,
        points=_decimal(entry.take_if_there("points", float)),
        share=_decimal(entry.take_if_there("share", float)),
        reliability=_decimal(entry.take_if_there("reliability", float)),
        sd=_decimal(entry.take_if_there("sd", float)),
        respondent=_one_of(entry, "respondent", RESPONDENTS)
        if "respondent" in entry.left
        else None,
        source=entry.take("source", str),
        decided_on=entry.take("decided_on", date),
        place=f"{entry.path}, [[thresholds]] {entry.name.removeprefix('thresholds ')}",
    )
    entry.refuse_leftovers()
    _refuse_wrong_figures(found)
    return found


def _refuse_wrong_figures(threshold: ClinicThreshold) -> None:
    given = {
        name
        for name in ("points", "share", "reliability", "sd")
        if getattr(threshold, name) is not None
    }
    allowed = {
        "reliable_change": ({"points"}, {"reliability", "sd"}),
        "caseness": ({"points"},),
        "remission": ({"points"},),
        "response": ({"share"},),
    }[threshold.kind]
    problem = ""
    if given not in allowed:
        problem = f"figures {', '.join(sorted(given)) or 'none'}"
    elif wrong := [name for name in sorted(given) if not _is_usable(threshold, name)]:
        problem = ", ".join(f"{name} {getattr(threshold, name)}" for name in wrong)
    elif not threshold.source.strip():
        problem = "an empty source"
    if problem:
        expected = " or ".join(" and ".join(sorted(names)) for names in allowed)
        raise SettingsError(
            "A threshold of the clinic's own cannot be used.",
            where=threshold.place,
            expected=f"{expected}, with a source; numbers of at most {_MOST_PLACES} places;"
            " reliability from 0 to below 1, share above 0 to 1, sd and a reliable change above 0",
            found=problem,
            todo="correct the entry; the source is printed on every page that uses the figure",
        )


def _is_usable(threshold: ClinicThreshold, name: str) -> bool:
    """Whether a figure is what its name says, as it will be kept: no rounding may change it."""
    figure = getattr(threshold, name)
    if not figure.is_finite() or figure.normalize().as_tuple().exponent < -_MOST_PLACES:
        return False
    if name == "reliability":
        return 0 <= figure < 1
    if name == "share":
        return 0 < figure <= 1
    return figure > 0 or (name == "points" and threshold.kind != "reliable_change")


def _reference_period(sections: Sections) -> ReferencePeriod | None:
    section = sections.section("reference_period")
    if not section.left:
        return None
    found = ReferencePeriod(
        starts_on=section.take("starts_on", date),
        ends_on=section.take("ends_on", date),
        set_on=section.take("set_on", date),
        minimum_scores=section.take("minimum_scores", int, MINIMUM_REFERENCE_SCORES),
    )
    section.refuse_leftovers()
    if not found.starts_on <= found.ends_on <= found.set_on or found.minimum_scores < 2:
        raise SettingsError(
            "The reference period cannot be used.",
            where=f"{section.path}, [reference_period]",
            expected="starts_on up to ends_on, ends_on up to set_on, minimum_scores of 2 or more",
            found=f"{found.starts_on}, {found.ends_on}, {found.set_on}, {found.minimum_scores}",
            todo="correct the days; the period is over before it is set, and is set once",
        )
    return found


def _one_of(entry: Section, key: str, allowed: tuple[str, ...]) -> str:
    word = entry.take(key, str)
    if word not in allowed:
        raise SettingsError(
            "A word of the settings is not known.",
            where=f"{entry.path}, [{entry.name}] {key}",
            expected=", ".join(allowed),
            found=word,
            todo="correct the word",
        )
    return word


def _decimal(number: Any) -> Decimal | None:
    return None if number is None else Decimal(str(number))
