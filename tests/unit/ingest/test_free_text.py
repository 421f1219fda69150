"""Columns that look like notes about clients are refused by their name."""

import pytest

from pipelines.errors import DeliveryError
from pipelines.ingest.free_text import looks_like_notes, refuse_notes

NOTES = (
    "notes note Notes session_notes SessionNotes progressnote PROGRESS_NOTES comment"
    " client-comments free_text FreeText freetext remarks memo narrative transcript answer_text"
    " discharge_summary"
)


@pytest.mark.parametrize("name", NOTES.split())
def test_a_column_that_looks_like_notes_is_refused_by_name(name: str) -> None:
    with pytest.raises(DeliveryError, match=rf"(?s)looks like notes.*clients\.csv.*{name}"):
        refuse_notes(["client_id", name], "clients.csv")


@pytest.mark.parametrize("name", ["noted_on", "denoted", "context", "textile", "state"])
def test_a_column_that_only_sounds_like_notes_is_not_refused(name: str) -> None:
    assert not looks_like_notes(name)
