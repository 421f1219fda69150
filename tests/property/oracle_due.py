"""Which measures were due at the sessions of a course, and which of them were done, form by form."""

from datetime import date, datetime

from tests.property.oracle import Clinic, Course


def sessions_due(clinic: Clinic, course: Course) -> list[tuple[date, list[bool]]]:
    """The days of sessions at which measures were due, each with whether each of them was done.

    A usable form serves the one session at which it was due that is nearest in time, the earlier of
    two as near, of those whose day lies at most the window's days from its own.
    """
    every = course.programme.get("measure_every_sessions") or 1
    attended = [clinic.sessions[one["session_key"]] for one in course.attended]
    attended.sort(key=lambda one: (one["scheduled_at"], one["session_id"]))
    due = attended[every - 1 :: every]
    listed = sorted(set(course.programme.get("instruments") or []) & set(clinic.instruments))
    if not listed:
        return []
    done: list[list[bool]] = [[] for _ in due]
    for instrument_id in listed:
        served = set()
        for answered_on, answered_at in usable_forms(clinic, course, instrument_id):
            near = [
                (abs(session["scheduled_at"] - answered_at), place)
                for place, session in enumerate(due)
                if abs((session["scheduled_on"] - answered_on).days)
                <= clinic.parameters["session_window_days"]
            ]
            served |= {min(near)[1]} if near else set()
        for place, flags in enumerate(done):
            flags.append(place in served)
    return [(session["scheduled_on"], flags) for session, flags in zip(due, done, strict=True)]


def usable_forms(clinic: Clinic, course: Course, instrument_id: str) -> set[tuple[date, datetime]]:
    """Day and time of the usable forms of an instrument in a course, of all but the therapist."""
    return {
        (response["administered_on"], response["administered_at"])
        for response in clinic.responses
        if response["episode_key"] == course.row["episode_key"]
        and response["instrument_id"] == instrument_id
        and response["respondent"] != "therapist"
        and (
            any(points is not None for points in response["points"].values())
            or not clinic.instruments[instrument_id]["is_scored"]
        )
    }
