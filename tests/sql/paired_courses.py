"""Courses of treatment with a first and a last score, for tests of what is made of pairs."""

from datetime import date, timedelta

from tests.sql.text_tables import TextBench
from tests.table_rows import Row


def courses(clinic: TextBench, *rows: Row) -> None:
    """Fill courses of two sessions, each with its end, client, therapist and two scores.

    A row may have `client_id`, `therapist_id`, `first_on`, `ended_on`, `scores`, `instrument_id`
    (PHQ-9) and `respondent`; a score of None was not given.
    """
    tables: dict[str, list[Row]] = {
        name: [] for name in ("stg_episodes", "stg_sessions", "stg_attendances", "stg_responses")
    }
    for number, row in enumerate(rows):
        names = {"episode_id": f"e{number}", "client_id": row.get("client_id", f"c{number}")}
        therapist_id = row.get("therapist_id", "t1")
        tables["stg_episodes"].append(
            {
                **names,
                "therapist_id": therapist_id,
                "ended_on": row.get("ended_on", date(2025, 6, 30)),
                "end_reason": "completed",
            }
        )
        first_on = row.get("first_on", date(2025, 1, 6))
        for place, day in enumerate((first_on, first_on + timedelta(days=14))):
            session_id = f"s{number}-{place}"
            tables["stg_sessions"].append(
                {
                    "session_id": session_id,
                    "episode_id": names["episode_id"],
                    "therapist_id": therapist_id,
                    "scheduled_on": day,
                }
            )
            tables["stg_attendances"].append(
                {"session_id": session_id, "client_id": names["client_id"]}
            )
            if row.get("scores", (None, None))[place] is not None:
                tables["stg_responses"].append(
                    {
                        **names,
                        "response_id": f"r{number}-{place}",
                        "instrument_id": row.get("instrument_id", "phq9"),
                        "respondent": row.get("respondent", "client"),
                        "administered_on": day,
                        "total_score": row["scores"][place],
                    }
                )
    for name, filled in tables.items():
        clinic.fill(name, filled)
    clinic.restart()
