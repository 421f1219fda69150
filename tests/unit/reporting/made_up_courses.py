"""A made-up clinic and its courses of treatment, in plain Python."""

import random
from dataclasses import dataclass, field
from datetime import date

from pipelines.comparison_settings import ComparisonSettings
from pipelines.governance_settings import GovernanceSettings
from pipelines.outcome_settings import OutcomeSettings
from pipelines.report_settings import OURS, ReportSettings
from pipelines.reporting.figures.figures import month_before, month_end

PROGRAMMES = {
    "p-anx": ("Anxiety course", "anxiety"),
    "p-dep": ("Depression, individual", "depression"),
    "p-dbt": ("DBT skills", "dbt_skills"),
    "p-grief": ("Grief circle", "grief"),
    "p-tra": ("Trauma, individual", "trauma_ptsd"),
}
# Chance of reliable improvement, and of being measured at both ends.
TRUTH = {
    "p-anx": (0.68, 0.86),
    "p-dep": (0.56, 0.80),
    "p-dbt": (0.55, 0.84),
    "p-grief": (0.52, 0.55),
    "p-tra": (0.38, 0.82),
}
INSTRUMENTS = {
    "phq9": ("Patient Health Questionnaire-9", "symptoms", 6, 10, 27),
    "gad7": ("Generalised Anxiety Disorder-7", "symptoms", 4, 8, 21),
    "wsas": ("Work and Social Adjustment Scale", "functioning", None, None, 40),
}
NAMES = (
    "Ada Birnbaum", "Bela Cordel", "Caro Dunster", "Dov Ekström", "Esi Farrow", "Fynn Gallo",
    "Gita Holm", "Hanno Ibsen", "Ines Jarl", "Jun Kestrel", "Kofi Lund", "Lale Merrow",
)  # fmt: skip


@dataclass(frozen=True)
class Settings:
    """The settings that a report prints."""

    clinic_name: str = "Example Hill Clinic"
    time_zone: str = "America/New_York"
    comparison: ComparisonSettings = field(default_factory=ComparisonSettings)
    governance: GovernanceSettings = field(default_factory=GovernanceSettings)
    outcomes: OutcomeSettings = field(default_factory=OutcomeSettings)
    first_score_days: int = 14
    report: ReportSettings = OURS


@dataclass
class Clinic:
    """What to make up."""

    last_month: date = date(2026, 10, 1)
    months: int = 36
    per_month: int = 120
    programmes: dict[str, tuple[str, str]] = field(default_factory=lambda: dict(PROGRAMMES))
    n_therapists: int = 12
    n_groups: int = 4
    has_questionnaires: bool = True
    # Chance of improvement in the last month, to make a signal.
    last_month_shift: float = 0.0
    empty_last_month: bool = False
    quarantined: int = 37
    measured_factor: float = 1.0
    # Share of courses whose clients agreed to public reporting.
    agreed_share: float = 0.7
    seed: int = 7


@dataclass(frozen=True)
class Course:
    """One made-up course of treatment that ended."""

    month: date
    programme: str
    therapist: str
    group: str | None
    is_finished: bool
    has_agreed: bool
    # instrument → (was a case, change: 1 better, 0, -1 worse, is below the threshold at the end)
    pairs: dict[str, tuple[bool, int, bool]]


def made_up_courses(clinic: Clinic) -> list[Course]:
    """The clinic's ended courses."""
    chance = random.Random(clinic.seed)
    agreeing = random.Random(clinic.seed + 2)
    courses = []
    names = list(clinic.programmes)
    weights = [5, 6, 4, 2, 3][: len(names)] or [1]
    for back in range(clinic.months - 1, -1, -1):
        if back == 0 and clinic.empty_last_month:
            continue
        month = month_before(clinic.last_month, back)
        for _ in range(clinic.per_month + chance.randint(-12, 12)):
            programme = chance.choices(names, weights)[0]
            better, measured = TRUTH.get(programme, (0.55, 0.8))
            better += clinic.last_month_shift if back == 0 else 0
            place = min(int(chance.expovariate(0.35)), clinic.n_therapists - 1)
            finished = chance.random() < 0.82
            pairs = {}
            if clinic.has_questionnaires and finished:
                for instrument in INSTRUMENTS:
                    if chance.random() < measured * clinic.measured_factor:
                        was_case = chance.random() < 0.8
                        draw = chance.random()
                        change = 1 if draw < better else -1 if draw > 0.94 else 0
                        pairs[instrument] = (was_case, change, change == 1 and draw < 0.8 * better)
            in_group = programme in ("p-dbt", "p-grief", "p-anx") and clinic.n_groups > 0
            group = f"g-{chance.randrange(clinic.n_groups)}" if in_group else None
            agreed = agreeing.random() < clinic.agreed_share
            therapist = f"t-{place:02}"
            courses.append(Course(month, programme, therapist, group, finished, agreed, pairs))
    return courses


def periods_of(month: date) -> list[tuple[str, date, date]]:
    """All periods that a month belongs to."""
    quarter = date(month.year, (month.month - 1) // 3 * 3 + 1, 1)
    found = [
        ("month", month, month_end(month)),
        ("quarter", quarter, month_end(month_before(quarter, -2))),
        ("year", date(month.year, 1, 1), date(month.year, 12, 31)),
    ]
    for ahead in range(12):
        last = month_before(month, -ahead)
        found.append(("rolling_12m", month_before(last, 11), month_end(last)))
    return found


def subjects_of(course: Course) -> list[tuple[str, str]]:
    """All subjects that a course counts for."""
    found = [("clinic", "clinic"), ("programme", course.programme), ("therapist", course.therapist)]
    if course.group:
        found.append(("group", course.group))
    if course.has_agreed:
        found += [("public_clinic", "clinic"), ("public_programme", course.programme)]
    return found
