"""One group-by for each mart, over the bare Parquet files of the delivered tables.

Each is the least that somebody who wants such a table would ask of the raw rows that it is about:
its subject and month, or the course or person of its grain, with counts and plain sums. There is no
level or period beyond the month, no rule, no limit and, but for sessions with their attendances,
no join; what the product adds to that is what it is measured for.
"""

from pathlib import Path

import duckdb

_MONTH = "date_trunc('month', {})"
_ENDED = _MONTH.format("ended_on")
_ANSWERED = _MONTH.format("administered_at")
_MEASURE = "instrument_id, respondent"
_SCORES = "count(*), count(total_score), sum(total_score)"
_COURSES = "count(*), count(distinct client_id)"
_SESSIONS = "attendances inner join sessions as s using (session_id)"
_HELD = _MONTH.format("s.scheduled_at")


def _group(by: str, figures: str, table: str) -> str:
    return f"select {by}, {figures} from {table} group by all"


GROUP_BYS = {
    # By course, or by client and day.
    "mart_episode_child_outcomes": _group(f"episode_id, {_MEASURE}", _SCORES, "responses"),
    "mart_episode_claims": _group("episode_id", "min(administered_at), count(*)", "responses"),
    "mart_episode_course": _group(
        "s.episode_id, status", "count(*), max(s.scheduled_at)", _SESSIONS
    ),
    "mart_episode_domains": _group("episode_id, domain", "count(*)", "goals"),
    "mart_episode_evidence": _group(f"episode_id, {_MEASURE}", _SCORES, "responses"),
    "mart_episode_outcomes": _group("response_id", "count(*), sum(value)", "response_items"),
    "mart_episode_recovery": _group(
        "episode_id, instrument_id", "min(administered_at), max(administered_at)", "responses"
    ),
    "mart_on_track": _group("episode_id, instrument_id", "max(administered_at)", "responses"),
    "mart_sudden_gains": _group(
        "episode_id, instrument_id", "min(total_score), max(total_score)", "responses"
    ),
    "mart_safety": _group("action, therapist_id", "count(*), min(acted_at)", "safety_actions"),
    # By subject and month.
    "mart_activity": _group(f"status, s.therapist_id, {_HELD}", "count(*)", _SESSIONS),
    "mart_adherence": _group(f"{_MEASURE}, {_ANSWERED}", "count(*)", "responses"),
    "mart_alliance": _group(f"{_MEASURE}, {_ANSWERED}", _SCORES, "responses"),
    "mart_alliance_coverage": _group(f"{_MEASURE}, {_ANSWERED}", "count(*)", "responses"),
    "mart_attendance": _group(f"status, setting, {_HELD}", "count(*)", _SESSIONS),
    "mart_change_distribution": _group("instrument_id, total_score", "count(*)", "responses"),
    "mart_change_methods": _group(_MEASURE, _SCORES, "responses"),
    "mart_growth_changes": _group(f"episode_id, {_MEASURE}", _SCORES, "responses"),
    "mart_imputed_outcomes": _group(f"{_MEASURE}, {_ANSWERED}", _SCORES, "responses"),
    "mart_child_outcomes": _group(f"{_MEASURE}, {_ANSWERED}", _SCORES, "responses"),
    "mart_claims": _group(f"instrument_id, {_ANSWERED}", _SCORES, "responses"),
    "mart_cohesion": _group(f"instrument_id, {_ANSWERED}", _SCORES, "responses"),
    "mart_completeness": _group(f"{_MEASURE}, {_ANSWERED}", "count(*)", "responses"),
    "mart_course": _group(f"programme_id, end_reason, {_ENDED}", _COURSES, "episodes"),
    "mart_domain_outcomes": _group(f"{_MEASURE}, {_ANSWERED}", _SCORES, "responses"),
    "mart_dosage": _group(f"s.therapist_id, {_HELD}", "count(*)", _SESSIONS),
    "mart_effect_sizes": _group(
        f"{_MEASURE}, {_ANSWERED}", f"{_SCORES}, stddev_samp(total_score)", "responses"
    ),
    "mart_equity": _group("sex, ethnicity, language, state", "count(*)", "clients"),
    "mart_experience": _group(f"{_MEASURE}, {_ANSWERED}", _SCORES, "responses"),
    "mart_goals": _group("rated_by, date_trunc('month', rated_at)", "count(*)", "goal_ratings"),
    "mart_group_outcomes": _group("group_id, leave_reason", "count(*)", "memberships"),
    "mart_licences": _group(f"s.therapist_id, client_state, {_HELD}", "count(*)", _SESSIONS),
    "mart_consents": _group(f"s.episode_id, {_HELD}", "count(*)", _SESSIONS),
    "mart_group_process": _group(f"s.group_id, status, {_HELD}", "count(*)", _SESSIONS),
    "mart_group_runs": _group(f"s.group_id, {_HELD}", "count(*)", _SESSIONS),
    "mart_group_run_measures": _group(f"{_MEASURE}, {_ANSWERED}", _SCORES, "responses"),
    "mart_on_track_counts": _group(f"instrument_id, {_ANSWERED}", "count(*)", "responses"),
    "mart_outcomes": _group(f"programme_id, therapist_id, {_ENDED}", _COURSES, "episodes"),
    "mart_path": _group(f"instrument_id, {_ANSWERED}", _SCORES, "responses"),
    "mart_pooled_change": _group(f"instrument_id, {_ANSWERED}", _SCORES, "responses"),
    "mart_recovery": _group(f"programme_id, therapist_id, {_ENDED}", _COURSES, "episodes"),
    "mart_started": _group(
        "programme_id, therapist_id, date_trunc('month', started_on)", _COURSES, "episodes"
    ),
    "mart_success_profile": _group(f"{_MEASURE}, {_ANSWERED}", "count(*)", "responses"),
    "mart_trajectories": _group(f"{_MEASURE}, {_ANSWERED}", _SCORES, "responses"),
    "mart_verdicts": _group("instrument_id, total_score", "count(*)", "responses"),
    "mart_waits": _group(
        f"programme_id, {_MONTH.format('referred_on')}",
        "count(*), median(started_on - referred_on)",
        "episodes",
    ),
    # Published measures, by year.
    "mart_measure_exclusions": _group("code, role", "count(*)", "diagnoses"),
    "mart_public_counts": _group(
        "programme_id, date_trunc('year', started_on)", _COURSES, "episodes"
    ),
    "mart_quality_measures": _group(
        "instrument_id, date_trunc('year', administered_at)", _SCORES, "responses"
    ),
    # The comparison.
    "mart_case_mix": _group("programme_id, therapist_id", _COURSES, "episodes"),
    "mart_case_mix_calibration": _group("instrument_id, total_score", "count(*)", "responses"),
    "mart_case_mix_terms": _group("code, role", "count(*)", "diagnoses"),
    "mart_comparison": _group(f"therapist_id, {_ENDED}", _COURSES, "episodes"),
    "mart_comparison_sensitivity": _group(f"therapist_id, {_ENDED}", _COURSES, "episodes"),
    "mart_comparison_spread": _group("programme_id", _COURSES, "episodes"),
    # Deliveries and their rules.
    "mart_deliveries": _group("filename", "count(*)", "response_items"),
    "mart_quarantine": _group("filename", "count(*), count(value)", "response_items"),
    "mart_rule_results": _group("filename", "count(*), count(total_score)", "responses"),
    "mart_warnings": _group("filename", "count(*), count(session_id)", "responses"),
}


def run_group_bys(connection: duckdb.DuckDBPyConnection, folder: Path) -> None:
    """Run each over the delivered tables that `connection` knows, and write what it gives."""
    for mart, sql in GROUP_BYS.items():
        connection.execute(f"copy ({sql}) to '{folder / mart}.parquet'")
