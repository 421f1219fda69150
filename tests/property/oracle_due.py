"""Which measures were due at the sessions of a course, and which of them were done, form by form."""

from datetime import date, datetime, timedelta

from tests.property.oracle import Clinic, Course, Row


def sessions_due(clinic: Clinic, course: Course) -> list[tuple[date, list[bool]]]:
    """The days of sessions at which measures were due, each with whether each of them was done.

    A usable form that names a session of the course was filled in for that session, whether or not
    anything was due at it. Any other serves the one session at which it was due that is nearest in
    time, the earlier of two as near, of those whose day lies at most the window's days from its own.
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
        for answered_on, answered_at, named in usable_forms(clinic, course, instrument_id):
            if named is not None:
                served |= {
                    place for place, session in enumerate(due) if session["session_key"] == named
                }
                continue
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


def usable_forms(
    clinic: Clinic, course: Course, instrument_id: str
) -> set[tuple[date, datetime, str | None]]:
    """Day, time and named session of the usable forms of an instrument in a course.

    Those of the therapist are none. Goals have no forms: each rating by the client is one, and
    names no session.
    """
    rated: set[tuple[date, datetime, str | None]] = {
        (rating["rated_on"], rating["rated_at"], None)
        for rating in goal_ratings(clinic, course, instrument_id)
    }
    return rated | {
        (
            response["administered_on"],
            response["administered_at"],
            (named_session(clinic, course, response) or {}).get("session_key"),
        )
        for response in clinic.responses
        if response["episode_key"] == course.row["episode_key"]
        and response["instrument_id"] == instrument_id
        and response["respondent"] != "therapist"
        and (
            any(points is not None for points in response["points"].values())
            or not clinic.instruments[instrument_id]["is_scored"]
        )
    }


def goal_ratings(clinic: Clinic, course: Course, kind: str) -> list[Row]:
    """The client's ratings of the goals of a kind in a course."""
    goals = {
        goal["goal_key"]
        for goal in clinic.tables.get("stg_goals", [])
        if (goal["episode_key"], goal["kind"]) == (course.row["episode_key"], kind)
    }
    return [
        rating
        for rating in clinic.tables.get("stg_goal_ratings", [])
        if rating["goal_key"] in goals and rating["rated_by"] == "client"
    ]


def named_session(clinic: Clinic, course: Course, response: Row) -> Row | None:
    """The session that a form names: attended, of its course, and near enough to its day."""
    window = timedelta(days=clinic.parameters["session_window_days"])
    for one in course.attended:
        if one["session_key"] == response["session_key"]:
            near = abs(one["session_on"] - response["administered_on"]) <= window
            return clinic.sessions[one["session_key"]] if near else None
    return None
