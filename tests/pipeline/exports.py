"""Small canonical exports written row by row, for tests that must know every cell."""

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path

Row = Mapping[str, str]
Tables = Mapping[str, Sequence[Row]]


def write_export(folder: Path, tables: Tables) -> Path:
    """One CSV file per table, with the columns that any of its rows has."""
    folder.mkdir(parents=True)
    for table, rows in tables.items():
        (folder / f"{table}.csv").write_text(as_csv(rows), encoding="utf-8")
    return folder


def as_csv(rows: Sequence[Row]) -> str:
    """A table's rows as CSV."""
    text = io.StringIO()
    columns = list(dict.fromkeys(column for row in rows for column in row))
    writer = csv.DictWriter(text, columns, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def clinic_tables(*, clients: int, measured_on: Sequence[str]) -> dict[str, list[Row]]:
    """A made-up clinic: each client has one course with a PHQ-9 total at each session's day."""
    ids = [f"c{number:02}" for number in range(1, clients + 1)]
    visits = [(client, number, day) for client in ids for number, day in enumerate(measured_on, 1)]
    return {
        "programmes": [
            {
                "programme_id": "p1", "name": "Made-up programme", "track": "general",
                "modality": "individual", "licence_required": "false", "instruments": "phq9",
                "measure_every_sessions": "1",
            }
        ],
        "therapists": [
            {"therapist_id": "t1", "display_name": "Made-up One", "employed_from": "2020-01-01"}
        ],
        "clients": [{"client_id": client, "registered_on": "2025-01-02"} for client in ids],
        "episodes": [
            {
                "episode_id": f"e-{client}", "client_id": client, "programme_id": "p1",
                "therapist_id": "t1", "referred_on": "2025-01-02",
                "started_on": measured_on[0], "ended_on": "", "end_reason": "",
            }
            for client in ids
        ],
        "sessions": [
            {
                "session_id": f"s-{client}-{number}", "episode_id": f"e-{client}",
                "therapist_id": "t1", "scheduled_at": f"{day}T10:00:00",
                "duration_minutes": "50", "setting": "video",
            }
            for client, number, day in visits
        ],
        "attendances": [
            {"session_id": f"s-{client}-{number}", "client_id": client, "status": "attended"}
            for client, number, _ in visits
        ],
        "responses": [
            {
                "response_id": f"r-{client}-{number}", "client_id": client,
                "episode_id": f"e-{client}", "session_id": f"s-{client}-{number}",
                "instrument_id": "phq9", "administered_at": f"{day}T10:00:00",
                "respondent": "client", "total_score": str(20 - 5 * number),
            }
            for client, number, day in visits
        ],
    }  # fmt: skip
