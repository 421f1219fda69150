"""Columns of the canonical export in the order in which the demo writes them.

The types are DuckDB's and are needed for Parquet alone: a CSV file has none.
"""

_D, _T, _S, _I, _N, _B = "DATE", "TIMESTAMP", "VARCHAR", "INTEGER", "DECIMAL(9,4)", "BOOLEAN"


def _table(**columns: str) -> dict[str, str]:
    return columns


TABLES: dict[str, dict[str, str]] = {
    "clients": _table(
        client_id=_S,
        birth_date=_D,
        sex=_S,
        gender_identity=_S,
        ethnicity=_S,
        state=_S,
        language=_S,
        registered_on=_D,
    ),
    "therapists": _table(
        therapist_id=_S,
        display_name=_S,
        discipline=_S,
        supervisor_id=_S,
        employed_from=_D,
        employed_to=_D,
    ),
    "licences": _table(therapist_id=_S, state=_S, licence_number=_S, valid_from=_D, valid_to=_D),
    "programmes": _table(
        programme_id=_S,
        name=_S,
        track=_S,
        modality=_S,
        licence_required=_B,
        planned_sessions=_I,
        session_interval_days=_I,
        instruments=_S,
        measure_every_sessions=_I,
    ),
    "groups": _table(
        group_id=_S,
        programme_id=_S,
        name=_S,
        lead_therapist_id=_S,
        co_therapist_id=_S,
        capacity=_I,
        enrolment=_S,
        starts_on=_D,
        ends_on=_D,
    ),
    "episodes": _table(
        episode_id=_S,
        client_id=_S,
        programme_id=_S,
        therapist_id=_S,
        referred_on=_D,
        started_on=_D,
        ended_on=_D,
        end_reason=_S,
    ),
    "memberships": _table(
        group_id=_S, client_id=_S, episode_id=_S, joined_on=_D, left_on=_D, leave_reason=_S
    ),
    "sessions": _table(
        session_id=_S,
        group_id=_S,
        episode_id=_S,
        therapist_id=_S,
        scheduled_at=_T,
        duration_minutes=_I,
        setting=_S,
    ),
    "attendances": _table(session_id=_S, client_id=_S, status=_S, client_state=_S),
    "responses": _table(
        response_id=_S,
        client_id=_S,
        episode_id=_S,
        session_id=_S,
        instrument_id=_S,
        administered_at=_T,
        respondent=_S,
        total_score=_N,
    ),
    "response_items": _table(response_id=_S, item=_I, value=_N),
    "goals": _table(
        goal_id=_S, episode_id=_S, kind=_S, domain=_S, weight=_N, set_on=_D, closed_on=_D
    ),
    "goal_ratings": _table(goal_id=_S, rated_at=_T, rated_by=_S, value=_N),
    "diagnoses": _table(episode_id=_S, code=_S, role=_S, recorded_on=_D),
    "safety_actions": _table(response_id=_S, action=_S, acted_at=_T, therapist_id=_S),
    "milestones": _table(
        milestone_id=_S, episode_id=_S, kind=_S, domain=_S, observed_on=_D, reported_by=_S
    ),
    "consents": _table(client_id=_S, scope=_S, given_on=_D, withdrawn_on=_D),
    "deletions": _table(table=_S, key=_S, deleted_on=_D, reason=_S),
}
