"""The same figures once more, in plain Python: row by row, from the definitions, not from the SQL.

Nothing here is fast or clever. Points are exact fractions; a course of treatment is looked at with
all its sessions and responses in hand, and each rule is written where it is needed.
"""

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction

from tests.property.oracle_pairs import Row, first_and_last, judge

CANCELLED = {"cancelled", "late_cancelled", "clinic_cancelled"}


@dataclass
class Course:
    """An episode with what belongs to it and what follows from it."""

    row: Row
    programme: Row
    attended: list[Row] = field(default_factory=list)
    facts: Row = field(default_factory=dict)
    is_published: bool = False
    scores: dict[tuple[str, str, str], list[Row]] = field(default_factory=dict)
    outcomes: dict[tuple[str, str, str], Row] = field(default_factory=dict)

    @property
    def subjects(self) -> list[tuple[str, str]]:
        """What it counts for."""
        named = [
            ("clinic", "clinic"),
            ("programme", self.facts["programme_id"]),
            ("therapist", self.facts["therapist_id"]),
            ("group", self.facts["group_id"]),
        ]
        found = [(level, subject) for level, subject in named if subject is not None]
        if self.is_published:
            found += [("public_clinic", "clinic"), ("public_programme", self.facts["programme_id"])]
        return found


@dataclass
class Clinic:
    """A clinic's staged rows, judged."""

    tables: dict[str, list[Row]]
    parameters: Row
    attendances: list[Row] = field(default_factory=list)
    responses: list[Row] = field(default_factory=list)
    courses: dict[str, Course] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.instruments = {row["instrument_id"]: row for row in self.tables["ref_instruments"]}
        # Of published rules only: a clinic's own and derived ones have an oracle of their own.
        self.rules = {
            (row["instrument_id"], row["scale"], row["respondent"]): {**row, "basis": "published"}
            for row in self.tables["ref_outcome_rules"]
        }
        self.scales = {
            (row["instrument_id"], row["scale"]): row
            for row in self.tables["ref_instrument_scales"]
        }
        self.responders = {
            (row["instrument_id"], row["scale"], respondent): row
            for row in self.tables.get("ref_thresholds", [])
            if row["kind"] == "responder" and row["is_active"]
            for respondent in row["respondents"]
        }
        self.programmes = {row["programme_id"]: row for row in self.tables["stg_programmes"]}
        self.groups = {row["group_id"]: row for row in self.tables["stg_groups"]}
        self.sessions = {row["session_key"]: row for row in self.tables["stg_sessions"]}
        for row in self.tables["stg_episodes"]:
            programme = self.programmes.get(row["programme_id"], {})
            self.courses[row["episode_key"]] = Course(row, programme)
        self.attendances = [self._attendance(row) for row in self.tables["stg_attendances"]]
        for row in self.attendances:
            if row["episode_key"] is not None and row["status"] == "attended":
                self.courses[row["episode_key"]].attended.append(row)
        for course in self.courses.values():
            course.facts = self._facts(course)
        for course in self.courses.values():
            course.facts["has_concurrent_group"] = self._is_concurrent(course)
            course.is_published = self._is_published(course)
        self.responses = [self._response(row) for row in self.tables["stg_responses"]]
        for response in self.responses:
            if response["episode_key"] is None:
                continue
            course = self.courses[response["episode_key"]]
            for scale, points in response["points"].items():
                key = (response["instrument_id"], scale, response["respondent"])
                course.scores.setdefault(key, []).append({**response, "points": points})
        for course in self.courses.values():
            for key, scores in course.scores.items():
                course.outcomes[key] = self._outcome(course, key, scores)

    def instrument_on(self, instrument_id: str, scale: str) -> Row:
        """An instrument with the direction and the ends of one of its scales."""
        instrument, own = self.instruments[instrument_id], self.scales.get((instrument_id, scale))
        own = own or {}
        return {
            **instrument,
            "direction": own.get("direction") or instrument["direction"],
            **{
                f"total_{end}_points": instrument[f"total_{end}_points"]
                if own.get(f"{end}_points") is None
                else own[f"{end}_points"]
                for end in ("min", "max")
            },
        }

    def rules_for(self, key: tuple[str, str, str]) -> Row:
        """The thresholds for a scale and the one who answered, as far as it has a direction."""
        directed = self.instrument_on(*key[:2])["direction"] is not None
        return self.rules.get(key, {}) if directed else {}

    def scales_of(self, instrument_id: str) -> list[str]:
        """The scales on which an instrument is scored."""
        if not self.instruments[instrument_id]["is_scored"]:
            return ["total"]
        return [
            row["scale"]
            for row in self.tables["ref_instrument_scales"]
            if row["instrument_id"] == instrument_id
        ]

    def programme_of(self, session: Row) -> str | None:
        """A group session belongs to its group's programme, another to its episode's."""
        if session["group_id"] is not None:
            group = self.groups.get(session["group_id"])
            return self._known(None if group is None else group["programme_id"])
        return self._known(self.courses[session["episode_key"]].row["programme_id"])

    def _known(self, programme_id: str | None) -> str:
        """A programme is unknown only where none was delivered; then there is but one."""
        if programme_id is None or programme_id not in self.programmes:
            return "unassigned"
        return programme_id

    def _attendance(self, row: Row) -> Row:
        session = self.sessions[row["session_key"]]
        day = session["scheduled_on"]
        if session["group_id"] is None:
            candidates = [self.courses[session["episode_key"]].row]
        else:
            candidates = [
                self.courses[stay["episode_key"]].row
                for stay in self.tables["stg_memberships"]
                if stay["group_id"] == session["group_id"]
                and stay["client_key"] == row["client_key"]
                and stay["joined_on"] <= day
                and (stay["left_on"] is None or day <= stay["left_on"])
            ]
        own = [one for one in candidates if one["client_key"] == row["client_key"]]
        own.sort(key=lambda one: one["episode_id"])
        return {
            "session_key": row["session_key"],
            "client_key": row["client_key"],
            "episode_key": own[0]["episode_key"] if own else None,
            "session_on": day,
            "therapist_id": session["therapist_id"],
            "group_id": session["group_id"],
            "programme_id": self.programme_of(session),
            "status": row["status"],
        }

    def _facts(self, course: Course) -> Row:
        row, attended = course.row, course.attended
        days = sorted(one["session_on"] for one in attended)
        with_therapist = Counter(one["therapist_id"] for one in attended)
        therapist = row["therapist_id"]
        if with_therapist:
            most = max(with_therapist.values())
            leaders = sorted(one for one, n in with_therapist.items() if n == most)
            therapist = therapist if therapist in leaders else leaders[0]
        share = Fraction(with_therapist[therapist], len(attended)) if attended else None
        ended_on, reason, basis = row["ended_on"], None, None
        if ended_on is not None:
            reason, basis = row["end_reason"], "recorded"
        elif days and not self._is_booked(course):
            closing_day = days[-1] + timedelta(days=self.parameters["derived_end_days"])
            if closing_day <= self.parameters["as_of_on"]:
                ended_on, reason, basis = closing_day, "dropped_out", "derived"
        return {
            "episode_key": row["episode_key"],
            "client_key": row["client_key"],
            "programme_id": self._known(row["programme_id"]),
            "track": course.programme.get("track") or "general",
            "therapist_id": therapist,
            "assigned_therapist_id": row["therapist_id"],
            "attribution_share": four_places(share),
            "is_shared": None if share is None else share < Fraction(60, 100),
            "group_id": self._group_of(course),
            "referred_on": row["referred_on"],
            "started_on": row["started_on"],
            "session_1_on": days[0] if days else row["started_on"],
            "ended_on": ended_on,
            "end_reason": reason,
            "end_basis": basis,
            "n_attended": len(attended),
            "last_attended_on": days[-1] if days else None,
            "is_finished_course": ended_on is not None and len(attended) >= 2,
        }

    def _is_booked(self, course: Course) -> bool:
        for session in self.sessions.values():
            if session["episode_key"] != course.row["episode_key"]:
                continue
            if session["scheduled_on"] <= self.parameters["as_of_on"]:
                continue
            statuses = {
                one["status"]
                for one in self.attendances
                if one["session_key"] == session["session_key"]
                and one["client_key"] == course.row["client_key"]
            }
            if not statuses & CANCELLED:
                return True
        return False

    def _group_of(self, course: Course) -> str | None:
        in_group = Counter(one["group_id"] for one in course.attended if one["group_id"])
        if in_group:
            most = max(in_group.values())
            return min(group for group, n in in_group.items() if n == most)
        stays = [
            (stay["joined_on"], stay["group_id"])
            for stay in self.tables["stg_memberships"]
            if stay["episode_key"] == course.row["episode_key"]
            and stay["client_key"] == course.row["client_key"]
        ]
        return min(stays)[1] if stays else None

    def _is_concurrent(self, course: Course) -> bool:
        if kinds_attended(course) == {"group", "individual"}:
            return True
        begins, ends = course.facts["session_1_on"], course.facts["ended_on"]
        if begins is None:
            return False
        for other in self.courses.values():
            if other is course or other.row["client_key"] != course.row["client_key"]:
                continue
            other_begins, other_ends = other.facts["session_1_on"], other.facts["ended_on"]
            if other_begins is None:
                continue
            overlap = (ends is None or other_begins <= ends) and (
                other_ends is None or begins <= other_ends
            )
            mine, theirs = kinds_of_work(course), kinds_of_work(other)
            differ = ("group" in mine and "individual" in theirs) or (
                "individual" in mine and "group" in theirs
            )
            if overlap and differ:
                return True
        return False

    def _is_published(self, course: Course) -> bool:
        """Its client agreed to public reporting; of substance use, to disclosure as well."""
        needed = {"public_reporting"}
        if course.programme.get("track") == "substance_use":
            needed.add("substance_use_disclosure")
        return all(self._agrees(course.row["client_key"], scope) for scope in needed)

    def _agrees(self, client_key: str, scope: str) -> bool:
        """Their last word up to the last delivery; a consent outweighs another's same-day end."""
        said = []
        for row in self.tables["stg_consents"]:
            if (row["client_key"], row["scope"]) != (client_key, scope):
                continue
            given_on, withdrawn_on = row["given_on"], row["withdrawn_on"]
            if given_on > self.parameters["as_of_on"]:
                continue
            if withdrawn_on is not None and withdrawn_on <= self.parameters["as_of_on"]:
                said.append((withdrawn_on, False))
            else:
                said.append((given_on, True))
        return max(said, default=(None, False))[1]

    def _response(self, row: Row) -> Row:
        """A response with its episode and its points by scale: of answers, else of its total."""
        instrument = self.instruments[row["instrument_id"]]
        episode_key = row["episode_key"]
        if episode_key is None:
            day = row["administered_on"]
            holding = [
                one["episode_key"]
                for one in (course.facts for course in self.courses.values())
                if one["client_key"] == row["client_key"]
                and one["referred_on"] <= day
                and (one["ended_on"] is None or day <= one["ended_on"])
            ]
            episode_key = holding[0] if len(holding) == 1 else None
        total = None if row["total_score"] is None else Fraction(row["total_score"])
        if total is not None:
            lowest, highest = instrument["total_min_points"], instrument["total_max_points"]
            total = total if lowest <= total <= highest else None
        points = {
            scale: self._sum_of_answers(row, scale)
            if row["has_answers"]
            else (total if scale == "total" else None)
            for scale in self.scales_of(row["instrument_id"])
        }
        return {**row, "episode_key": episode_key, "points": points}

    def _sum_of_answers(self, row: Row, scale: str) -> Fraction | None:
        """The sum over a scale's items, none of them reversed; None where one is missing."""
        items = self.scales[row["instrument_id"], scale]["item_numbers"]
        answers = dict(zip(row["items"], row["answers"], strict=True))
        if not set(items) <= set(answers):
            return None
        return sum((Fraction(answers[item]) for item in items), Fraction(0))

    def _outcome(self, course: Course, key: tuple[str, str, str], scores: list[Row]) -> Row:
        instrument_id, scale, respondent = key
        instrument = self.instrument_on(instrument_id, scale)
        rule = self.rules_for(key)
        first, last = first_and_last(
            scores, instrument, course.facts, first_score_days=self.parameters["first_score_days"]
        )
        is_verdict = instrument["purpose"] == "verdict"
        out: Row = {
            **{name: course.facts[name] for name in FACTS_IN_OUTCOMES},
            "instrument_id": instrument_id,
            "scale": scale,
            "respondent": respondent,
            "domain": instrument["domain"],
            "n_responses": len(scores),
            "first_on": None if first is None else first["administered_on"],
            "first_score": None if first is None else first["points"],
            "last_on": None if last is None else last["administered_on"],
            "last_score": None if last is None else last["points"],
            "is_paired": None if is_verdict else first is not None and last is not None,
            "rule_id": rule.get("rule_id"),
            "rule_version": rule.get("rule_version"),
            "basis": rule.get("basis"),
        }
        if is_verdict:
            rule = {"responder": self.responders.get(key)}
        flags = judge(instrument, rule, out["first_score"], out["last_score"])
        return {**out, **flags}


FACTS_IN_OUTCOMES = (
    "episode_key",
    "client_key",
    "programme_id",
    "track",
    "therapist_id",
    "attribution_share",
    "is_shared",
    "has_concurrent_group",
    "group_id",
    "started_on",
    "ended_on",
    "end_reason",
    "end_basis",
    "n_attended",
    "is_finished_course",
)


def four_places(number: Fraction | None) -> Decimal | None:
    """Rounded half up, as a decimal."""
    if number is None:
        return None
    exact = Decimal(number.numerator) / Decimal(number.denominator)
    return exact.quantize(Decimal("0.0001"), rounding=ROUND_HALF_UP)


def kinds_attended(course: Course) -> set[str]:
    """Whether its attended sessions were in groups or individual."""
    return {"group" if one["group_id"] else "individual" for one in course.attended}


def kinds_of_work(course: Course) -> set[str]:
    """The kinds attended, and the programme's own kind."""
    kinds = kinds_attended(course)
    if course.programme.get("modality") in {"group", "skills_group"}:
        return kinds | {"group"}
    return kinds if "group" in kinds else kinds | {"individual"}


def by_subject(courses: list[Course]) -> dict[tuple[str, str], list[Course]]:
    """Courses under each subject that they count for."""
    found: dict[tuple[str, str], list[Course]] = defaultdict(list)
    for course in courses:
        for subject in course.subjects:
            found[subject].append(course)
    return found


def in_period(day: date | None, start: date, end: date) -> bool:
    """Both ends belong to the period."""
    return day is not None and start <= day <= end
