"""The demo clinic: its options, and `write_deliveries`, which invents it and writes it down.

The clinic as a whole (therapists, groups, who sits in which group) is made first and is small; the
clients follow in blocks of `BLOCK_CLIENTS`, each from its own random streams, each appended to the
months' files before the next one is made. Memory therefore does not grow with the clients.
"""

import json
import tempfile
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import polars as pl

from pipelines.demo import people, records
from pipelines.demo.answers import make_answers, write_responses
from pipelines.demo.courses import (
    Clinic,
    Courses,
    course_ids,
    episode_rows,
    make_courses,
    membership_rows,
)
from pipelines.demo.defects import (
    UNKNOWN_COLUMN,
    Host,
    Planted,
    find_hosts,
    plant_defects,
    unknown_column_file,
)
from pipelines.demo.diagnoses import write_diagnoses
from pipelines.demo.groups import group_rows, group_session_rows, make_groups, make_stays
from pipelines.demo.meetings import attendance_rows, make_meetings, session_ids, session_rows
from pipelines.demo.paths import GROUP_ICC, THERAPIST_ICC, effect_sd, make_paths
from pipelines.demo.programmes import PROGRAMMES, programme_frame
from pipelines.demo.questionnaires import make_responses, response_ids
from pipelines.demo.randomness import Stream, generator, pick
from pipelines.demo.timeline import Timeline
from pipelines.demo.truth import GENERATOR_VERSION, Truth
from pipelines.demo.writing import FORMATS, Deliveries, month_formats
from pipelines.errors import UsageError

TRUTH_FILE = "truth.json"
# Part of what the demo is: each block has its own random numbers.
BLOCK_CLIENTS = 20_000
CLIENTS_PER_THERAPIST = 150
CLIENTS_PER_GROUP = 100
FEWEST_THERAPISTS, FEWEST_GROUPS = 6, 14
CHANGE_MONTHS = 6
# Of those whose first course treats a depression.
ADOLESCENT_SHARE = 0.08

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class DemoOptions:
    """Everything that the demo depends on.

    `therapists` and `groups` follow the number of clients when they are not given (40 and 60 for
    6,000). `format` is `mixed` (CSV, with one month each of gzip, zstd and Parquet) or one of
    `csv`, `csv.gz`, `csv.zst`, `parquet`; broken rows are planted in text files only.
    `change_points` makes courses that end in the last six months gain so much more, in points of
    PHQ-9; 0 means that nothing changed.
    """

    clients: int = 6000
    months: int = 36
    seed: int = 1
    as_of_month: str = "2026-10"
    defects: bool = True
    format: str = "mixed"
    therapists: int | None = None
    groups: int | None = None
    change_points: float = 0.0


def make_clinic(options: DemoOptions) -> Clinic:
    """The clinic without its clients: staff, groups, and who will sit in them."""
    _check(options)
    timeline = Timeline.ending(options.as_of_month, options.months)
    clients = options.clients
    staff = people.make_staff(
        seed=options.seed,
        therapists=options.therapists
        or max(FEWEST_THERAPISTS, round(clients / CLIENTS_PER_THERAPIST)),
        effect_sd=effect_sd(THERAPIST_ICC),
    )
    groups = make_groups(
        seed=options.seed,
        groups=options.groups or max(FEWEST_GROUPS, round(clients / CLIENTS_PER_GROUP)),
        staff=staff,
        timeline=timeline,
        effect_sd=effect_sd(GROUP_ICC),
    )
    stays = make_stays(seed=options.seed, groups=groups, clients=clients, timeline=timeline)
    # Who leads groups sees the fewer clients alone, so that caseloads stay as skewed as meant.
    led = np.bincount(groups.lead[stays.group], minlength=len(staff.ids))
    wanted = staff.weight / staff.weight.sum() * clients * 1.1
    return Clinic(
        seed=options.seed,
        clients=clients,
        timeline=timeline,
        staff=staff,
        groups=groups,
        stays=stays,
        single_weight=np.maximum(wanted - led, 0.3 * wanted),
        change_points=options.change_points,
        change_day=int(timeline.month_starts[max(0, options.months - CHANGE_MONTHS)]),
    )


def _check(options: DemoOptions) -> None:
    """Raises: UsageError if an option is outside what makes a clinic."""
    year, _, month = options.as_of_month.partition("-")
    wrong = []
    if options.clients < 1:
        wrong.append("clients must be 1 or more")
    if options.months < 1:
        wrong.append("months must be 1 or more")
    if options.seed < 0:
        wrong.append("seed must be 0 or more")
    if not (len(year) == 4 and year.isdigit() and month.isdigit() and 1 <= int(month) <= 12):
        wrong.append("as-of month must look like 2026-10")
    if options.format not in ("mixed", *FORMATS):
        wrong.append(f"format must be one of mixed, {', '.join(FORMATS)}")
    if min(options.therapists or 2, options.groups or 1) < 1 or options.therapists == 1:
        wrong.append("therapists must be 2 or more and groups 1 or more")
    if wrong:
        raise UsageError(
            "The demo clinic cannot be made from these options.",
            where="options of the demo",
            found="; ".join(wrong),
            todo="change the options named above",
        )


def responses_per_client(months: int) -> float:
    """About how many completed forms one client yields, of 7.6 answers each: 13.4 in 36 months.

    Measured at 12, 24 and 36 months; fewer months cut off more courses.
    """
    return 14.8 - 49 / max(months, 6)


def clients_for(responses: int, *, months: int = 36) -> int:
    """How many clients give about `responses` completed forms."""
    return max(1, round(responses / responses_per_client(months)))


def write_deliveries(
    options: DemoOptions, folder: Path, progress: Progress | None = None
) -> list[Path]:
    """Writes one delivery folder per month, and `truth.json` beside them; returns the folders.

    Each folder appears whole. What of the same demo is there already stays. `progress` is called
    with clients done and clients in all.

    Raises: UsageError if the options make no clinic, or if another delivery is in the way.
    """
    clinic = make_clinic(options)
    folder.mkdir(parents=True, exist_ok=True)
    targets = [folder / f"{day:%Y-%m-%d}" for day in clinic.timeline.delivered_on]
    there = [path.name for path in targets if path.exists()]
    if there and not _is_same(folder / TRUTH_FILE, options):
        raise UsageError(
            "Other deliveries are where the demo's would go.",
            where=f"{folder}: {', '.join(there[:3])}"
            + (f" and {len(there) - 3} more" if len(there) > 3 else ""),
            expected="a folder without deliveries, or the same demo",
            todo="choose another folder, or remove these deliveries",
        )
    if len(there) == len(targets):
        return targets
    with tempfile.TemporaryDirectory(prefix=".demo-", dir=folder) as scratch:
        truth = _write(clinic, options, Path(scratch), progress)
        # The truth comes first: a run killed while the folders appear can be finished by the next.
        new_truth = Path(scratch) / TRUTH_FILE
        new_truth.write_text(truth, encoding="utf-8")
        new_truth.replace(folder / TRUTH_FILE)
        for target in targets:
            if not target.exists():
                (Path(scratch) / target.name).rename(target)
    return targets


def _is_same(truth: Path, options: DemoOptions) -> bool:
    """Whether this truth belongs to the demo that these options make."""
    if not truth.is_file():
        return False
    known = json.loads(truth.read_text(encoding="utf-8"))
    return (known["options"], known["generator_version"]) == (asdict(options), GENERATOR_VERSION)


def _write(clinic: Clinic, options: DemoOptions, folder: Path, progress: Progress | None) -> str:
    """All files of all months; returns the truth."""
    deliveries = Deliveries(
        timeline=clinic.timeline,
        folder=folder,
        formats=month_formats(options.format, options.months),
    )
    if options.defects:
        odd_file = unknown_column_file(deliveries.formats)
        if odd_file is not None:
            deliveries.extra_columns[odd_file] = UNKNOWN_COLUMN
    _write_clinic(clinic, deliveries)
    truth = Truth(clinic)
    planted = Planted()
    for block, first in enumerate(range(0, clinic.clients, BLOCK_CLIENTS)):
        stop = min(first + BLOCK_CLIENTS, clinic.clients)
        hosts = _write_block(clinic, deliveries, truth, block=block, first=first, stop=stop)
        if options.defects and block == 0:
            planted = plant_defects(deliveries, clinic, hosts)
            truth.add_figures(planted.figures)
        if progress is not None:
            progress(stop, clinic.clients)
    deliveries.finish()
    return truth.as_json(asdict(options), deliveries, planted.rows)


def _write_clinic(clinic: Clinic, deliveries: Deliveries) -> None:
    """Therapists, licences, programmes, groups and their calendar."""
    timeline, staff = clinic.timeline, clinic.staff
    months, frame = people.therapist_frame(staff, seed=clinic.seed, timeline=timeline)
    superseded = np.zeros(len(months), dtype=np.int64)
    superseded[len(staff.ids) - 1] = len(months) - len(staff.ids)
    deliveries.add("therapists", months, frame, status=superseded)
    deliveries.add("licences", *people.licence_frame(staff, seed=clinic.seed, timeline=timeline))
    deliveries.add("programmes", np.zeros(len(PROGRAMMES), dtype=np.int64), programme_frame())
    _add_versions(deliveries, "groups", group_rows(clinic.groups, staff=staff, timeline=timeline))
    deliveries.add("sessions", *group_session_rows(clinic.groups, staff=staff, timeline=timeline))


def _add_versions(
    deliveries: Deliveries, table: str, rows: tuple[np.ndarray, np.ndarray, pl.DataFrame]
) -> None:
    month, superseded, frame = rows
    deliveries.add(table, month, frame, status=superseded.astype(np.int64))


def _homes(clinic: Clinic, block: int, courses: Courses, count: int) -> np.ndarray:
    """The state that each client lives in: mostly one in which the first therapist is licensed."""
    rng = generator(clinic.seed, Stream.CLIENTS, 2_000_000 + block)
    staff = clinic.staff
    therapist = np.zeros(count, dtype=np.int64)
    first = courses.number == 1
    therapist[courses.client[first]] = courses.therapist[first]
    one = np.floor(rng.random(count) ** 2 * staff.n_states[therapist]).astype(np.int64)
    licensed = staff.states[therapist, one]
    anywhere = pick(rng, people.STATE_WEIGHTS, count)
    return np.where(rng.random(count) < 0.02, anywhere, licensed)


def _write_block(
    clinic: Clinic, deliveries: Deliveries, truth: Truth, *, block: int, first: int, stop: int
) -> list[Host]:
    """One block of clients with all that happened to them; returns hosts for planted rows."""
    seed, timeline = clinic.seed, clinic.timeline
    clients = people.client_ids(first, stop, clinic.clients)
    courses, singles = make_courses(clinic, block, np.arange(first, stop))
    meetings = make_meetings(clinic, block, courses, singles)

    opening = courses.number == 1
    first_referral = np.zeros(len(clients), dtype=np.int64)
    first_referral[courses.client[opening]] = courses.referred[opening]
    track = np.array([one.track for one in PROGRAMMES])[courses.programme]
    child = np.zeros(len(clients), dtype=bool)
    child[courses.client[opening & (track == "child_family")]] = True
    substance_use = np.zeros(len(clients), dtype=bool)
    substance_use[courses.client[track == "substance_use"]] = True
    depressed = np.zeros(len(clients), dtype=bool)
    depressed[courses.client[opening & (track == "depression")]] = True
    youth = generator(seed, Stream.CLIENTS, 3_000_000 + block)
    adolescent = depressed & ~child & (youth.random(len(clients)) < ADOLESCENT_SHARE)
    shared = {
        "seed": seed,
        "block": block,
        "timeline": timeline,
        "first_referral": first_referral,
    }
    who = people.make_people(**shared, child=child, adolescent=adolescent)
    home = _homes(clinic, block, courses, len(clients))

    paths = make_paths(clinic, block, courses, meetings, who)
    responses = make_responses(clinic, block, courses, meetings, paths)
    answers = make_answers(clinic, block, responses)
    episodes = course_ids(clients, courses)
    sessions = session_ids(clinic, courses, meetings, ids=episodes)
    ids = response_ids(clients, courses, responses)

    _add_versions(
        deliveries, "clients", people.client_rows(who, ids=clients, timeline=timeline, home=home)
    )
    _add_versions(
        deliveries,
        "consents",
        people.consent_rows(**shared, ids=clients, substance_use=substance_use),
    )
    _add_versions(
        deliveries, "episodes", episode_rows(clinic, courses, clients=clients, ids=episodes)
    )
    _add_versions(
        deliveries, "memberships", membership_rows(clinic, courses, clients=clients, ids=episodes)
    )
    deliveries.add(
        "sessions", *session_rows(clinic, courses, meetings, ids=episodes, sessions=sessions)
    )
    _add_versions(
        deliveries,
        "attendances",
        attendance_rows(
            clinic, block, courses, meetings, clients=clients, home=home, sessions=sessions
        ),
    )
    write_responses(
        deliveries,
        clinic,
        block,
        courses=courses,
        responses=responses,
        answers=answers,
        clients=clients,
        episodes=episodes,
        sessions=sessions,
        ids=ids,
    )
    records.write_goals(
        deliveries, clinic, block, courses=courses, meetings=meetings, paths=paths, ids=episodes
    )
    records.write_milestones(
        deliveries, clinic, block, meetings=meetings, paths=paths, ids=episodes
    )
    write_diagnoses(deliveries, clinic, block, courses=courses, ids=episodes)
    records.write_safety_actions(
        deliveries, clinic, block, courses=courses, responses=responses, answers=answers, ids=ids
    )
    truth.add(
        courses=courses,
        meetings=meetings,
        paths=paths,
        episodes=episodes,
        response_months=responses.month,
    )
    if block:
        return []
    return find_hosts(
        clinic,
        courses=courses,
        meetings=meetings,
        responses=responses,
        clients=clients,
        episodes=episodes,
        sessions=sessions,
        ids=ids,
    )
