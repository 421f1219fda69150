"""Therapists with their licences, and clients with their consents."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.randomness import Stream, expand, generator, pick
from pipelines.demo.timeline import NEVER, Timeline
from pipelines.demo.versions import versions

STATES = ("OR", "WA", "CA", "ID", "NV", "AZ")
STATE_WEIGHTS = (0.5, 0.22, 0.14, 0.06, 0.05, 0.03)
# Made up so that nobody can take them for people.
FIRST_NAMES = (
    *("Amber", "Birch", "Cedar", "Dune", "Ember", "Fern", "Glade", "Hazel", "Indigo", "Juniper"),
    *("Kelp", "Linden", "Maple", "Nimbus", "Opal", "Pebble", "Quartz", "Reed", "Sage", "Thistle"),
)
LAST_NAMES = ("Testcase", "Example", "Sample", "Madeup", "Invented")
DISCIPLINES = ("psychologist", "social_worker", "counsellor", "psychiatrist", "marriage_family")
# Endings a year run from about 10 to about 250, give or take chance.
SMALLEST_ENDINGS_PER_YEAR = 14
CASELOAD_RATIO = 16
CASELOAD_SKEW = 1.6
LICENCE_DAYS = 730
# Some therapists are sent the sicker clients: spread of their severity, in points of PHQ-9.
CASE_MIX_SD = 1.5
DAYS_PER_YEAR = 365.25

SEXES = ("female", "male", "other", "unknown")
GENDERS = ("woman", "man", "non-binary", None)
ETHNICITIES = ("group A", "group B", "group C", "group D", None)
LANGUAGES = ("en", "es", "zh", None)


@dataclass(frozen=True)
class Staff:
    """The therapists.

    Units: `effect` points of PHQ-9 that a full course ends better; `severity` points of PHQ-9 by
           which the therapist's clients start worse than others.
    """

    ids: list[str]
    weight: np.ndarray
    effect: np.ndarray
    severity: np.ndarray
    states: np.ndarray
    n_states: np.ndarray

    def names_of(self, numbers: np.ndarray) -> pl.Series:
        """Ids of therapists by number; null for -1."""
        return pl.Series([*self.ids, None], dtype=pl.String).gather(numbers % (len(self.ids) + 1))


def centred(values: np.ndarray, weight: np.ndarray, sd: float) -> np.ndarray:
    """`values` with weighted mean 0 and, unweighted, the wanted spread exactly; three decimals."""
    if len(values) < 2:
        return np.zeros(len(values))
    values = values - np.average(values, weights=weight)
    return np.round(values * (sd / values.std()), 3)


def make_staff(*, seed: int, therapists: int, effect_sd: float) -> Staff:
    """Therapists whose caseloads are skewed: most see few clients, some see many."""
    rng = generator(seed, Stream.STAFF)
    place = np.linspace(0, 1, therapists)
    weight = SMALLEST_ENDINGS_PER_YEAR * CASELOAD_RATIO ** (place**CASELOAD_SKEW)
    weight = rng.permutation(weight)
    # One state for all, then neighbours in which some are licensed too.
    n_states = 1 + pick(rng, (0.45, 0.3, 0.15, 0.1), therapists)
    keys = rng.random((therapists, len(STATES))) ** (1 / np.array(STATE_WEIGHTS))
    return Staff(
        ids=[f"T{number:0{max(3, len(str(therapists)))}d}" for number in range(1, therapists + 1)],
        weight=weight,
        effect=centred(rng.standard_normal(therapists), weight, effect_sd),
        severity=centred(rng.standard_normal(therapists), weight, CASE_MIX_SD),
        states=np.argsort(-keys, axis=1)[:, :4],
        n_states=n_states,
    )


def therapist_frame(
    staff: Staff, *, seed: int, timeline: Timeline
) -> tuple[np.ndarray, pl.DataFrame]:
    """The table `therapists`, and the month in which each row is delivered.

    One therapist hands in her notice three months before the end: her row comes a second time.
    """
    rng = generator(seed, Stream.STAFF, 1)
    n = len(staff.ids)
    names = [
        f"{FIRST_NAMES[i % len(FIRST_NAMES)]} "
        f"{LAST_NAMES[i // len(FIRST_NAMES) % len(LAST_NAMES)]}"
        + (f" {i // 100 + 1}" if i >= 100 else "")
        for i in range(n)
    ]
    supervisor = [staff.ids[i % 3] if i >= 3 else None for i in range(n)]
    frame = pl.DataFrame(
        {
            "therapist_id": staff.ids,
            "display_name": [f"Therapist {name}" for name in names],
            "discipline": [DISCIPLINES[i] for i in pick(rng, (3, 3, 3, 1, 2), n)],
            "supervisor_id": pl.Series(supervisor, dtype=pl.String),
            "employed_from": timeline.dates(-rng.integers(30, 6000, n)),
            "employed_to": timeline.dates(np.full(n, NEVER)),
        }
    )
    months = np.zeros(n, dtype=np.int32)
    if timeline.months > 4:
        notice = frame[-1:].with_columns(
            timeline.dates(np.array([timeline.last_day + 60])).alias("employed_to")
        )
        frame = pl.concat([frame, notice])
        months = np.append(months, timeline.months - 4)
    return months, frame


def licence_frame(
    staff: Staff, *, seed: int, timeline: Timeline
) -> tuple[np.ndarray, pl.DataFrame]:
    """The table `licences`: renewed every two years, now and then too late."""
    rng = generator(seed, Stream.STAFF, 2)
    owner, place = expand(staff.n_states)
    first = -rng.integers(1, LICENCE_DAYS, len(owner))
    renewals = (timeline.last_day - first) // LICENCE_DAYS + 1
    licence, number = expand(renewals)
    start = first[licence] + number * LICENCE_DAYS
    start = start + np.where((rng.random(len(start)) < 0.04) & (number > 0), 45, 0)
    end = first[licence] + (number + 1) * LICENCE_DAYS - 1
    holder = owner[licence]
    states = staff.states[holder, place[licence]]
    frame = pl.DataFrame(
        {
            "therapist_id": [staff.ids[i] for i in holder],
            "state": [STATES[i] for i in states],
            "licence_number": [f"TEST-{i + 1:05d}" for i in licence],
            "valid_from": timeline.dates(start),
            "valid_to": timeline.dates(end),
        }
    )
    return np.where(start <= timeline.last_day, timeline.month_of(start), timeline.months), frame


def client_ids(first: int, stop: int, clients: int) -> pl.Series:
    """Ids of clients `first` to `stop - 1`, as wide as the largest needs."""
    width = max(6, len(str(clients)))
    return pl.Series([f"C{number + 1:0{width}d}" for number in range(first, stop)])


@dataclass(frozen=True)
class People:
    """The clients of a block: one entry each.

    Units: `birth`, `registered` and `moved` are days of the timeline (`NEVER` for who stays); the
           others are places in the lists above.
    """

    birth: np.ndarray
    registered: np.ndarray
    moved: np.ndarray
    elsewhere: np.ndarray
    sex: np.ndarray
    gender: np.ndarray
    ethnicity: np.ndarray
    language: np.ndarray


def make_people(
    *,
    seed: int,
    block: int,
    timeline: Timeline,
    first_referral: np.ndarray,
    child: np.ndarray,
    adolescent: np.ndarray,
) -> People:
    """Who the clients of a block are.

    `child` clients are 7 to 16 at their first referral, `adolescent` ones 12 to 17, the others are
    of age. One in fifty moves to another state later.
    """
    rng = generator(seed, Stream.CLIENTS, block)
    n = len(first_referral)
    years = np.where(child, rng.integers(7, 17, n), 18 + rng.gamma(2.6, 8.0, n).clip(0, 70))
    years = np.where(adolescent & ~child, 12 + years % 5, years)
    birth = first_referral - (years * DAYS_PER_YEAR + rng.integers(1, 360, n)).astype(np.int64)
    registered = np.maximum(first_referral - rng.integers(0, 4, n), 0)
    moved = np.where(rng.random(n) < 0.02, registered + 20 + rng.integers(0, 300, n), NEVER)
    moved = np.where(moved <= timeline.last_day, moved, NEVER)
    sex = pick(rng, (0.6, 0.36, 0.02, 0.02), n)
    gender = np.where(rng.random(n) < 0.05, pick(rng, (1, 1, 2, 2), n), np.where(sex < 2, sex, 3))
    return People(
        birth=birth,
        registered=registered,
        moved=moved,
        elsewhere=pick(rng, STATE_WEIGHTS, n),
        sex=sex,
        gender=gender,
        ethnicity=pick(rng, (0.55, 0.2, 0.12, 0.04, 0.09), n),
        language=pick(rng, (0.82, 0.12, 0.02, 0.04), n),
    )


def client_rows(
    who: People, *, ids: pl.Series, timeline: Timeline, home: np.ndarray
) -> tuple[np.ndarray, np.ndarray, pl.DataFrame]:
    """Month, status flag (True: superseded) and row of the table `clients`.

    Who moves is delivered again, with the new state.
    """
    rows = versions(timeline, who.registered, who.moved)
    has_moved = rows.known(1, who.moved) > NEVER
    state = np.where(has_moved, who.elsewhere[rows.row], home[rows.row])

    def named(names: tuple[str | None, ...], places: np.ndarray) -> pl.Series:
        return pl.Series(names, dtype=pl.String).gather(places[rows.row])

    frame = pl.DataFrame(
        {
            "client_id": ids.gather(rows.row),
            "birth_date": timeline.dates(who.birth[rows.row]),
            "sex": named(SEXES, who.sex),
            "gender_identity": named(GENDERS, who.gender),
            "ethnicity": named(ETHNICITIES, who.ethnicity),
            "state": pl.Series(STATES).gather(state),
            "language": named(LANGUAGES, who.language),
            "registered_on": timeline.dates(who.registered[rows.row]),
        }
    )
    return rows.month, ~rows.is_last, frame


def consent_rows(
    *,
    seed: int,
    block: int,
    ids: pl.Series,
    timeline: Timeline,
    first_referral: np.ndarray,
    substance_use: np.ndarray,
) -> tuple[np.ndarray, np.ndarray, pl.DataFrame]:
    """Month, status flag and row of the table `consents`; some are withdrawn later."""
    rng = generator(seed, Stream.CLIENTS, 1_000_000 + block)
    scopes = ("treatment", "research", "public_reporting", "substance_use_disclosure")
    share = np.array((0.98, 0.4, 0.7, 0.6))
    agreed = rng.random((len(ids), len(scopes))) < share
    agreed[:, 3] &= substance_use
    client, scope = np.nonzero(agreed)
    given = first_referral[client] + rng.integers(0, 10, len(client))
    given = np.where(given <= timeline.last_day, given, NEVER)
    back = (rng.random(len(client)) < 0.04) & (scope > 0) & (given > NEVER)
    withdrawn = np.where(back, given + 20 + rng.integers(0, 400, len(client)), NEVER)
    withdrawn = np.where(withdrawn <= timeline.last_day, withdrawn, NEVER)
    rows = versions(timeline, given, withdrawn)
    frame = pl.DataFrame(
        {
            "client_id": ids.gather(client[rows.row]),
            "scope": pl.Series(scopes).gather(scope[rows.row]),
            "given_on": timeline.dates(given[rows.row]),
            "withdrawn_on": timeline.dates(rows.known(1, withdrawn)),
        }
    )
    return rows.month, ~rows.is_last, frame
