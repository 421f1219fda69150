"""The path through each course once more, in plain Python: from the definitions, not the SQL.

Sudden gains after Tang & DeRubeis, setbacks, early response and who is on track. Points are
exact fractions, and roots are avoided by comparing squares.
"""

from collections.abc import Iterable
from datetime import date, timedelta
from fractions import Fraction

from tests.property.oracle import Clinic, Course, Row
from tests.property.oracle_due import named_session
from tests.property.oracle_marts import periods

WINDOW = 3
CRITICAL_T = {2: Fraction("4.303"), 3: Fraction("3.182"), 4: Fraction("2.776")}
PUBLISHED_CUTS = {"bdi": Fraction(7)}
BY_SESSION = 4


class Paths:
    """The paths of all courses of a clinic; `rules` are the rows of int_outcome_rules."""

    def __init__(self, clinic: Clinic, rules: Iterable[Row]) -> None:
        self.clinic = clinic
        self.rules = {
            row["instrument_id"]: row
            for row in rules
            if (row["scale"], row["respondent"]) == ("total", "client")
        }
        self.scores: dict[tuple[str, str], list[Row]] = {}
        for key, course in clinic.courses.items():
            for instrument_id, scale, respondent in course.scores:
                instrument = clinic.instruments[instrument_id]
                if (scale, respondent, instrument["purpose"]) != ("total", "client", "outcome"):
                    continue
                found = self._scores(course, instrument_id)
                if found:
                    self.scores[key, instrument_id] = found

    def threshold(self, instrument_id: str, name: str) -> Fraction | None:
        """A figure in force, None where there is none."""
        value = self.rules.get(instrument_id, {}).get(name)
        return None if value is None else Fraction(value)

    def cut(self, instrument_id: str) -> Fraction | None:
        """How large a sudden gain must be."""
        reliable = self.threshold(instrument_id, "reliable_change_points")
        return PUBLISHED_CUTS.get(instrument_id, reliable)

    def _scores(self, course: Course, instrument_id: str) -> list[Row]:
        facts, parameters = course.facts, self.clinic.parameters
        start, end = facts["session_1_on"], facts["ended_on"]
        kept = sorted(
            (
                one
                for one in course.scores[instrument_id, "total", "client"]
                if one["points"] is not None and (end is None or one["administered_on"] <= end)
            ),
            key=lambda one: (one["administered_at"], one["response_id"]),
        )
        has_first = bool(kept) and (
            start is None
            or kept[0]["administered_on"] <= start + timedelta(days=parameters["first_score_days"])
        )
        found = []
        for place, one in enumerate(kept, start=1):
            day, points = one["administered_on"], Fraction(one["points"])
            counted_on = self._counted_on(course, kept, place)
            distance = self._distance(instrument_id, points)
            first = found[0]["distance_points"] if found else distance
            since = None if start is None else (day - start).days
            found.append(
                {
                    "place": place,
                    "administered_on": day,
                    "since_start_days": since,
                    "session_number": sum(
                        each["session_on"] <= counted_on for each in course.attended
                    ),
                    "week": None if since is None else max(0, since) // 7,
                    "score_points": points,
                    "is_case": self._is_case(instrument_id, points),
                    "distance_points": distance,
                    "improvement_points": first - distance if has_first else None,
                }
            )
        return found

    def _counted_on(self, course: Course, kept: list[Row], place: int) -> date:
        """The day of the later session that a form names, where no other form comes before it."""
        one, others = kept[place - 1], [*kept[: place - 1], *kept[place:]]
        day, named = one["administered_on"], named_session(self.clinic, course, one)
        if named is None or named["scheduled_on"] <= day:
            return day
        is_next = all(
            each["administered_at"] < one["administered_at"]
            or each["administered_on"] >= named["scheduled_on"]
            for each in others
        )
        return named["scheduled_on"] if is_next else day

    def _runs_down(self, instrument_id: str) -> bool:
        scales = self.clinic.tables["ref_instrument_scales"]
        own = [
            row.get("direction")
            for row in scales
            if (row["instrument_id"], row["scale"]) == (instrument_id, "total")
        ]
        direction = (own[0] if own else None) or self.clinic.instruments[instrument_id]["direction"]
        return direction == "higher_worse"

    def _distance(self, instrument_id: str, points: Fraction) -> Fraction:
        instrument = self.clinic.instruments[instrument_id]
        if self._runs_down(instrument_id):
            return points - Fraction(instrument["total_min_points"])
        return Fraction(instrument["total_max_points"]) - points

    def _is_case(self, instrument_id: str, points: Fraction) -> bool | None:
        caseness = self.threshold(instrument_id, "caseness_points")
        if caseness is None:
            return None
        return points >= caseness if self._runs_down(instrument_id) else points < caseness

    # ------------------------------------------------------------------ sudden gains

    def steps(self, scores: list[Row], instrument_id: str) -> list[Row]:
        """The steps on which a gain can be looked for, and whether there was one."""
        cut = self.cut(instrument_id)
        if cut is None:
            return []
        last = {row["session_number"]: row for row in scores if row["session_number"] >= 1}
        found = []
        for session in sorted(last):
            if session + 1 not in last:
                continue
            before = [last[s] for s in range(session - WINDOW + 1, session + 1) if s in last]
            after = [last[s] for s in range(session + 1, session + WINDOW + 1) if s in last]
            if len(before) < 2 or len(after) < 2:
                continue
            one, other = last[session]["distance_points"], last[session + 1]["distance_points"]
            a = [row["distance_points"] for row in before]
            b = [row["distance_points"] for row in after]
            freedom = len(a) + len(b) - 2
            difference = mean(a) - mean(b)
            variance = (squares(a) + squares(b)) / freedom
            is_gain = (
                one - other >= cut
                and 4 * (one - other) >= one
                and difference > 0
                and difference**2 > CRITICAL_T[freedom] ** 2 * variance
            )
            later = [last[s]["distance_points"] for s in last if s > session + 1]
            lost = [2 * (each - other) >= one - other for each in later]
            found.append(
                {
                    "session_number": session,
                    "before_points": last[session]["score_points"],
                    "after_points": last[session + 1]["score_points"],
                    "n_before": len(a),
                    "n_after": len(b),
                    "improvement_points": one - other,
                    "is_gain": is_gain,
                    "is_reversed": any(lost) if is_gain else None,
                }
            )
        return found

    def path(self, episode_key: str, instrument_id: str) -> Row:
        """The row of int_episode_paths."""
        scores = self.scores[episode_key, instrument_id]
        first, last = scores[0], scores[-1]
        reliable = self.threshold(instrument_id, "reliable_change_points")
        has_first = first["improvement_points"] is not None
        steps = self.steps(scores, instrument_id)
        gains = [step for step in steps if step["is_gain"]]
        falls = [
            max(row["distance_points"] - each["distance_points"] for each in scores[: place + 1])
            for place, row in enumerate(scores)
        ]
        setback = reliable is not None and max(falls) >= reliable
        worse = None
        if reliable is not None and has_first and len(scores) > 1:
            worse = min(row["improvement_points"] for row in scores) <= -reliable
        return {
            "n_scores": len(scores),
            "first_points": first["score_points"] if has_first else None,
            "last_points": last["score_points"],
            "n_gain_steps": None if self.cut(instrument_id) is None else len(steps),
            "n_gains": len(gains) if steps else None,
            "n_reversed_gains": sum(step["is_reversed"] for step in gains) if steps else None,
            "gain_points": sum((s["improvement_points"] for s in gains), Fraction(0))
            if steps
            else None,
            "is_early_response": self._early_response(scores),
            "has_setback": setback if reliable is not None and len(scores) > 1 else None,
            "is_setback_made_good": falls[-1] < (reliable or 0) if setback else None,
            "was_worse_than_first": worse,
        }

    def _early_response(self, scores: list[Row]) -> bool | None:
        share = self.clinic.parameters["early_response_share"]
        weeks = self.clinic.parameters["early_response_weeks"]
        first = scores[0]
        if share is None or not first["is_case"] or first["improvement_points"] is None:
            return None
        if first["since_start_days"] is None:
            return None
        early = [row for row in scores if row["since_start_days"] <= 7 * weeks]
        if not early or early[-1]["administered_on"] == first["administered_on"]:
            return None
        return early[-1]["improvement_points"] >= Fraction(share) * first["distance_points"]

    # ------------------------------------------------------------------ on track

    def track(self, day: date) -> dict[tuple[str, str], Row]:
        """The state of each course that is open on a day."""
        found = {}
        for (episode_key, instrument_id), every in self.scores.items():
            course = self.clinic.courses[episode_key]
            end = course.facts["ended_on"]
            scores = [row for row in every if row["administered_on"] <= day]
            if course.facts["referred_on"] > day or (end is not None and end <= day) or not scores:
                continue
            first, last = scores[0], scores[-1]
            reliable = self.threshold(instrument_id, "reliable_change_points")
            attended = sum(each["session_on"] <= day for each in course.attended)
            has_first = first["improvement_points"] is not None
            early = [
                row["improvement_points"]
                for row in scores
                # What was attended after the day, as a named session may be, is not known on it.
                if sum(each["session_on"] <= row["administered_on"] for each in course.attended)
                <= BY_SESSION
                and row["administered_on"] > first["administered_on"]
            ]
            worse = lacks = None
            if reliable is not None and has_first:
                worse = any(row["improvement_points"] <= -reliable for row in scores)
            if attended >= BY_SESSION:
                none_yet = None
                if reliable is not None and has_first and early:
                    none_yet = 2 * max(early) < reliable
                # Told only where both halves of the rule are known.
                if none_yet is not None and last["is_case"] is not None:
                    lacks = none_yet and last["is_case"]
            status = "on_track"
            if worse or lacks:
                status = "not_on_track"
            elif reliable is None or not has_first:
                status = "cannot_tell"
            elif attended < BY_SESSION:
                status = "too_early"
            elif lacks is None:
                status = "cannot_tell"
            found[episode_key, instrument_id] = {
                "n_attended": attended,
                "n_scores": len(scores),
                "first_points": None
                if first["improvement_points"] is None
                else first["score_points"],
                "last_points": last["score_points"],
                "last_on": last["administered_on"],
                "improvement_points": last["improvement_points"],
                "is_case": last["is_case"],
                "is_reliably_worse": worse,
                "lacks_early_improvement": lacks,
                "track_status": status,
            }
        return found

    def newest_month(self) -> tuple[str, date, date] | None:
        """The last complete month."""
        months = [period for period in periods(self.clinic) if period[0] == "month"]
        return max(months, key=lambda period: period[1]) if months else None


def mean(numbers: list[Fraction]) -> Fraction:
    """Of one number at least."""
    return sum(numbers, Fraction(0)) / len(numbers)


def squares(numbers: list[Fraction]) -> Fraction:
    """The sum of squared differences from the mean."""
    centre = mean(numbers)
    return sum(((one - centre) ** 2 for one in numbers), Fraction(0))
