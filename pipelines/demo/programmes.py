"""The fixed facts of the invented clinic: programmes, questionnaires, codes.

The effects are the truth that a report should find: points of PHQ-9 by which a full course in the
programme ends better (or, below zero, worse) than the clinic's average course.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Programme:
    """One treatment track in one modality.

    Units: `effect` and `severity` in points of PHQ-9; `weight` relative to the other programmes of
           the same kind (groups, or work with one client, couple or family).
    """

    name: str
    track: str
    modality: str
    planned: int
    interval_days: int
    every: int
    instruments: tuple[str, ...]
    alliance: str
    extra: str
    codes: tuple[str, ...]
    effect: float
    severity: float
    weight: float

    @property
    def is_group(self) -> bool:
        return self.modality in ("group", "skills_group")


# What a programme lists is due at every so many sessions. So the client's verdict on the change
# (PGI-C), asked once at the end, is on no list, and neither is what is given now and then.
_WEEKLY = ("phq9", "gad7")
_SPARSE = ("phq9", "gad7", "wsas")

# The extra questionnaire is given at the first and then at every so many attended sessions.
EXTRA_EVERY = 7
# Extra questionnaire, ICD-10-CM codes, severity at the start, effect; by track.
_TRACKS: dict[str, tuple[str, tuple[str, ...], float, float]] = {
    "general": ("core10", ("F43.23", "F43.22"), -0.5, 0.3),
    "depression": ("core10", ("F33.1", "F32.1"), 2.0, 0.8),
    "anxiety": ("core10", ("F41.1", "F41.0"), 0.0, 1.0),
    "trauma_ptsd": ("pcl5", ("F43.10", "F43.12"), 1.5, -0.6),
    "ocd": ("oci_r", ("F42.2", "F42.8"), 0.0, -0.4),
    "grief": ("icg", ("F43.81", "Z63.4"), -1.0, 0.2),
    "borderline": ("bsl23", ("F60.3", "F33.1"), 3.0, -1.0),
    "dbt_skills": ("ders18", ("F60.3", "F34.1"), 2.5, -0.3),
    "anger": ("dar5", ("F63.81", "R45.4"), -1.5, -0.2),
    "chronic_illness": ("isi", ("F54", "F06.31"), 0.5, -0.5),
    "relationship": ("csi4", ("Z63.0", "F43.23"), -2.5, -0.1),
    "child_family": ("sdq", ("F91.3", "F93.0"), -2.0, 0.0),
    "eating": ("rses", ("F50.2", "F50.81"), 1.0, -0.7),
    "substance_use": ("audit", ("F10.20", "F12.20"), 0.0, -0.8),
}
# Sessions of a group course and of one with a client, couple or family; the latter's weight.
_SHAPES: dict[str, tuple[int, int, float]] = {
    "general": (8, 8, 0.22),
    "depression": (10, 12, 0.19),
    "anxiety": (8, 10, 0.18),
    "trauma_ptsd": (12, 14, 0.09),
    "ocd": (10, 12, 0.05),
    "grief": (8, 8, 0.05),
    "borderline": (16, 16, 0.04),
    "dbt_skills": (16, 0, 0.0),
    "anger": (8, 8, 0.03),
    "chronic_illness": (8, 8, 0.03),
    "relationship": (8, 9, 0.05),
    "child_family": (8, 9, 0.04),
    "eating": (12, 12, 0.02),
    "substance_use": (12, 10, 0.01),
}


# A group mostly of people with social anxiety.
_GROUP_CODES = {"anxiety": ("F40.10", "F41.1")}


def _programmes() -> tuple[Programme, ...]:
    made = []
    for track, (extra, codes, severity, effect) in _TRACKS.items():
        in_group, alone, weight = _SHAPES[track]
        shared = {"track": track, "extra": extra, "codes": codes, "severity": severity}
        title = {"trauma_ptsd": "Trauma", "ocd": "OCD", "dbt_skills": "DBT skills"}.get(
            track, track.replace("_", " ").capitalize()
        )
        if alone:
            modality = {"relationship": "couple", "child_family": "family"}.get(track, "individual")
            sparse = modality != "individual"
            made.append(
                Programme(
                    name=f"{title}, {modality}",
                    modality=modality,
                    planned=alone,
                    interval_days=14 if sparse else 7,
                    every=2 if sparse else 1,
                    instruments=_SPARSE if sparse else _WEEKLY,
                    alliance="srs",
                    effect=effect,
                    weight=weight,
                    **shared,
                )
            )
        shared["codes"] = _GROUP_CODES.get(track, codes)
        modality = "skills_group" if track == "dbt_skills" else "group"
        made.append(
            Programme(
                name=f"{title} group",
                modality=modality,
                planned=in_group,
                interval_days=7,
                every=1,
                instruments=_WEEKLY,
                alliance="wai_sr",
                effect=round(effect - 0.2, 1),
                weight=1.0,
                **shared,
            )
        )
    return tuple(made)


PROGRAMMES = _programmes()
PROGRAMME_IDS = tuple(f"P{number:02d}" for number in range(1, len(PROGRAMMES) + 1))
GROUP_PROGRAMMES = np.array([i for i, one in enumerate(PROGRAMMES) if one.is_group])
SINGLE_PROGRAMMES = np.array([i for i, one in enumerate(PROGRAMMES) if not one.is_group])


@dataclass(frozen=True)
class Instrument:
    """How answers to one questionnaire are made; its form, no thresholds.

    Units: `slope`, `base` and `spread` in points of its total per point of PHQ-9, at none, and
           between clients. `reversed_items` are answered the other way round on the paper form,
           `coarse_items` in steps of two points.
           `sends_total`: the clinic's vendor sends the sum beside the answers. `has_zero`: 0 may
           be answered.
    """

    id: str
    items: int
    low: int
    high: int
    slope: float
    base: float
    spread: float
    reversed_items: tuple[int, ...] = ()
    coarse_items: tuple[int, ...] = ()
    respondent: str = "client"
    tenths: bool = False
    sends_total: bool = False
    has_zero: bool = True


def _bad(
    id: str,
    items: int,
    low: int,
    high: int,
    reversed_items: tuple[int, ...] = (),
    *,
    coarse_items: tuple[int, ...] = (),
    respondent: str = "client",
) -> Instrument:
    """A questionnaire on which more is worse, using about four fifths of its range."""
    width = (high - low) * items
    return Instrument(
        id=id,
        items=items,
        low=low,
        high=high,
        slope=0.8 * width / 27,
        base=low * items + 0.06 * width,
        spread=0.1 * width,
        reversed_items=reversed_items,
        coarse_items=coarse_items,
        respondent=respondent,
    )


def _good(
    id: str,
    items: int,
    low: int,
    high: int,
    reversed_items: tuple[int, ...] = (),
    *,
    respondent: str = "client",
) -> Instrument:
    """A questionnaire on which more is better."""
    width = (high - low) * items
    return Instrument(
        id=id,
        items=items,
        low=low,
        high=high,
        slope=-0.75 * width / 27,
        base=low * items + 0.92 * width,
        spread=0.1 * width,
        reversed_items=reversed_items,
        respondent=respondent,
    )


_RAS30_REVERSED = (1, 2, 4, 5, 9, 11, 12, 13, 14, 15, 16, 17, 19, 23, 24, 26, 30)

INSTRUMENTS = (
    Instrument("phq9", 9, 0, 3, 1.0, 0.0, 0.0, sends_total=True),
    Instrument("gad7", 7, 0, 3, 0.8, 1.4, 2.0, sends_total=True),
    Instrument("wsas", 5, 0, 8, 1.0, 4.5, 5.0, sends_total=True),
    Instrument("wai_sr", 12, 1, 5, -0.25, 50.0, 5.5, sends_total=True),
    Instrument("srs", 4, 0, 10, -0.12, 37.0, 2.6, tenths=True, sends_total=True),
    Instrument("pgi_c", 1, 1, 7, 0.0, 4.0, 0.0, sends_total=True),
    _bad("core10", 10, 0, 4, (2, 3)),
    _bad("pcl5", 20, 0, 4),
    _bad("oci_r", 18, 0, 4),
    _bad("pg13r", 10, 1, 5),
    _bad("bsl23", 23, 0, 4),
    _bad("ders18", 18, 1, 5, (1, 4, 6)),
    _bad("dar5", 5, 1, 5),
    _bad("isi", 7, 0, 4),
    _bad("audit", 10, 0, 4, coarse_items=(9, 10)),
    _good("rses", 10, 0, 3, (3, 5, 8, 9, 10)),
    _good("csi4", 4, 0, 5, respondent="partner"),
    _bad("sdq", 25, 0, 2, (7, 11, 14, 21, 25), respondent="parent"),
    Instrument("phq2", 2, 0, 3, 0.22, 0.0, 0.5),
    _good("maas", 15, 1, 6),
    _good("cd_risc10", 10, 0, 4),
    Instrument("brief_cope", 28, 1, 4, -0.3, 70.0, 6.0),
    Instrument("ras30", 30, -3, 3, -3.2, 40.0, 14.0, _RAS30_REVERSED, has_zero=False),
    _good("scs_sf", 12, 1, 5, (1, 4, 8, 9, 11, 12)),
    _bad("ucla3", 3, 1, 3),
    _good("swemwbs", 7, 1, 5),
    Instrument("ors", 4, 0, 10, -0.95, 34.0, 3.5, tenths=True, sends_total=True),
    _bad("psychlops", 4, 0, 5),
    _bad("score15", 15, 1, 5, (2, 4, 5, 7, 8, 9, 11, 12, 13, 14), respondent="parent"),
    _bad("spin", 17, 0, 4),
    _bad("pdss_sr", 7, 0, 4),
    Instrument("gsrs", 4, 0, 10, -0.15, 36.0, 3.0, tenths=True, sends_total=True),
    Instrument("csq8", 8, 1, 4, -0.3, 30.0, 2.5),
    _bad("icg", 19, 0, 4),
)
INSTRUMENT_NUMBER = {one.id: number for number, one in enumerate(INSTRUMENTS)}


def target_total(
    instrument: np.ndarray, severity: np.ndarray, own: np.ndarray, noise: np.ndarray
) -> np.ndarray:
    """The total that a client of this severity would give, before single answers scatter.

    Units: `severity` in points of PHQ-9; `own` (how much more than others the client always says)
           and `noise` (how much more today) in standard deviations.
    """
    slope = np.array([one.slope for one in INSTRUMENTS])[instrument]
    base = np.array([one.base for one in INSTRUMENTS])[instrument]
    spread = np.array([one.spread for one in INSTRUMENTS])[instrument]
    return base + slope * severity + spread * (0.85 * own + 0.4 * noise)


def programme_frame() -> pl.DataFrame:
    """The table `programmes`."""
    return pl.DataFrame(
        {
            "programme_id": PROGRAMME_IDS,
            "name": [one.name for one in PROGRAMMES],
            "track": [one.track for one in PROGRAMMES],
            "modality": [one.modality for one in PROGRAMMES],
            "licence_required": [one.modality != "skills_group" for one in PROGRAMMES],
            "planned_sessions": [one.planned for one in PROGRAMMES],
            "session_interval_days": [one.interval_days for one in PROGRAMMES],
            "instruments": [";".join(one.instruments) for one in PROGRAMMES],
            "measure_every_sessions": [one.every for one in PROGRAMMES],
        }
    )


def per_programme(attribute: str) -> np.ndarray:
    """One number of every programme, for lookups by programme number."""
    return np.array([getattr(one, attribute) for one in PROGRAMMES])
