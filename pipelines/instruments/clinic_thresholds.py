"""The clinic's own thresholds, judged against the catalogue, one row per respondent.

A figure for one respondent wins over one for all. What the settings cannot know is refused here:
an instrument or a scale that the catalogue does not have, an instrument that is no outcome, points
that the scale cannot have, a remission where none is computed, and two figures of one kind for the
same scale and respondent.
"""

from collections.abc import Iterator
from typing import Any

from pipelines.errors import SettingsError
from pipelines.instruments.catalogue import Catalogue
from pipelines.instruments.instrument import Scale
from pipelines.outcome_settings import RESPONDENTS, ClinicThreshold, OutcomeSettings


def clinic_threshold_rows(catalogue: Catalogue, settings: OutcomeSettings) -> list[dict[str, Any]]:
    """One row per instrument, scale, respondent and kind.

    Raises: SettingsError naming every entry that the catalogue does not allow.
    """
    problems = [problem for one in settings.thresholds for problem in _problems(catalogue, one)]
    seen: dict[tuple[str, str, str | None, str], str] = {}
    for one in settings.thresholds:
        key = (one.instrument_id, one.scale, one.respondent, one.kind)
        if key in seen:
            problems.append(f"{one.place}: is the second {one.kind} beside {seen[key]}")
        seen.setdefault(key, one.place)
    if problems:
        raise SettingsError(
            "The clinic's own outcome rules do not fit the instrument catalogue.",
            where="clinic.toml, [[thresholds]]",
            expected="an outcome instrument and a scale of data_contracts/instruments, points"
            " within the scale's range, each kind once per scale and respondent",
            found="; ".join(problems),
            todo="correct or remove the entries named",
        )
    rows = []
    # One for all comes first, so that one for a respondent takes its place.
    chosen: dict[tuple[str, str, str, str], ClinicThreshold] = {}
    for one in sorted(settings.thresholds, key=lambda one: one.respondent is not None):
        for respondent in RESPONDENTS if one.respondent is None else (one.respondent,):
            chosen[(one.instrument_id, one.scale, respondent, one.kind)] = one
    for (instrument_id, scale, respondent, kind), one in chosen.items():
        rows.append(
            {
                "instrument_id": instrument_id,
                "scale": scale,
                "respondent": respondent,
                "kind": kind,
                "points": one.points,
                "share": one.share,
                "reliability_value": one.reliability,
                "sd_points": one.sd,
                "source": one.source,
                "decided_on": one.decided_on,
            }
        )
    return rows


def _problems(catalogue: Catalogue, threshold: ClinicThreshold) -> list[str]:
    instrument = catalogue.instruments.get(threshold.instrument_id)
    if instrument is None:
        return [f"{threshold.place}: there is no instrument {threshold.instrument_id}"]
    if instrument.purpose != "outcome":
        return [
            f"{threshold.place}: {threshold.instrument_id} is a {instrument.purpose} instrument"
        ]
    scales = {scale.scale: scale for scale in instrument.scales}
    if threshold.scale not in scales:
        known = ", ".join(scales) or "none"
        return [f"{threshold.place}: there is no scale {threshold.scale} (there is {known})"]
    return [
        f"{threshold.place}: {problem}" for problem in _misfits(scales[threshold.scale], threshold)
    ]


def _misfits(scale: Scale, threshold: ClinicThreshold) -> Iterator[str]:
    """What a figure would need another scale for."""
    if threshold.kind == "remission" and scale.direction != "higher_worse":
        yield (
            f"a remission is computed only where higher is worse, {scale.scale} is"
            f" {scale.direction}"
        )
    lowest, highest = scale.min_points, scale.max_points
    if lowest is None or highest is None:
        yield f"{scale.scale} has no known range, so no figure in points can be judged"
        return
    # At the lowest points all would be on one side of a threshold, and none on the other.
    if threshold.kind == "reliable_change":
        spread = threshold.points if threshold.points is not None else threshold.sd
        if spread is not None and spread > highest - lowest:
            yield f"{spread} is more than {scale.scale} can change ({highest - lowest} points)"
    elif threshold.points is not None and not lowest < threshold.points <= highest:
        yield (
            f"points {threshold.points} are not above {lowest} and at most {highest}, the range"
            f" of {scale.scale}"
        )
