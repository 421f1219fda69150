"""What was turned away: counts and places for all, rows for those who say why."""

import csv
from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from pipelines.audit import ledger
from pipelines.audit.quarantine import (
    NOBODY,
    Chosen,
    quarantine_by_delivery,
    quarantine_rows,
    quarantine_summary,
    rows_as_delivered,
    rows_to_fix,
    summary_lines,
)
from pipelines.cli import main
from pipelines.errors import UsageError
from pipelines.home import Home
from pipelines.ingest import tolerant_csv
from pipelines.ingest.landing import land
from pipelines.ingest.reasons import FILE_REASONS, reading_reasons
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.rehearsal import judge
from tests.unit.warehouse.small_home import keep, publish_tables

PURPOSE = "to mend the records of May"
EXPORT = {
    "clients": "client_id,registered_on\nC1,2024-01-01\n=C2,soon\n",
    "therapists": "therapist_id,display_name,employed_from\nT1,Amber,2020-01-01\nT2,Bo,2020-01-01\n",
    "programmes": "programme_id,name,track,modality,licence_required\n"
    "P1,Example,depression,individual,false\n",
    "episodes": "episode_id,client_id,programme_id,therapist_id,referred_on\n"
    "E1,C1,P1,T1,2024-01-02\nE2,C1,P1,T2,in spring\n",
    "sessions": "session_id,episode_id,therapist_id,scheduled_at,duration_minutes,setting\n"
    "S1,E1,T2,2024-02-01T10:00,50,video\n",
    "responses": "response_id,client_id,episode_id,session_id,instrument_id,administered_at,"
    "respondent,total_score\n"
    "R1,C1,E1,,phq9,2024-02-01T10:00,client,4444\n"
    "R2,C1,E1,S1,phq9,2024-02-01T10:00,client,4444\n"
    "R3,C1,,,phq9,2024-02-01T10:00,client,4444\n"
    "R4,C1,E1\n",
}
GOOD = EXPORT["responses"].replace(
    "R1,C1,E1,,phq9,2024-02-01T10:00,client,4444", "R1,C1,E1,,phq9,2024-02-01T10:00,client,12"
)


def deliver(home: Home, folder: Path, day: date, tables: dict[str, str]) -> None:
    folder.mkdir()
    for table, content in tables.items():
        (folder / f"{table}.csv").write_text(content, encoding="utf-8")
    land(home, [folder], source="inbox", mode="incremental", delivered_on=day)


def run(home: Home) -> None:
    built = BuildRun(home)
    judge(built, [])
    built.publish(inputs="", facts={})
    built.close()


@pytest.fixture(scope="module")
def clinic(tmp_path_factory):
    """A home with good and bad rows of two therapists."""
    folder = tmp_path_factory.mktemp("clinic")
    home = Home.create(folder / "home", salt="test")
    deliver(home, folder / "one", date(2024, 3, 1), EXPORT)
    run(home)
    return home


def outcomes(*arguments):
    return CliRunner().invoke(main, [*map(str, arguments)])


def places(rows):
    return {(row["table"], row["line"]) for row in rows}


def test_rows_are_chosen_by_table_rule_source_and_delivery(clinic):
    everything = quarantine_rows(clinic)
    assert places(everything) == {
        ("clients", 3), ("episodes", 3), *(("responses", line) for line in (2, 3, 4, 5)),
    }  # fmt: skip
    assert places(quarantine_rows(clinic, Chosen(table="episodes"))) == {("episodes", 3)}
    in_range = Chosen(rule="responses.total_score.in_range")
    assert places(quarantine_rows(clinic, in_range)) == {("responses", n) for n in (2, 3, 4)}
    (summed,) = quarantine_summary(clinic, in_range)
    assert (summed["reason"], summed["n_rows"]) == ("responses.total_score.in_range", 3)
    assert quarantine_rows(clinic, Chosen(source="inbox")) == everything
    assert quarantine_rows(clinic, Chosen(source="elsewhere")) == []
    assert quarantine_rows(clinic, Chosen(delivery="2024-03-01")) == everything
    assert quarantine_rows(clinic, Chosen(delivery="2024-03-02")) == []
    by_delivery = quarantine_by_delivery(clinic)
    assert [(row["source"], row["table"], row["n_rows"]) for row in by_delivery] == [
        ("inbox", "clients", 1), ("inbox", "episodes", 1), ("inbox", "responses", 4),
    ]  # fmt: skip
    delivery_id = by_delivery[0]["delivery_id"]
    assert quarantine_rows(clinic, Chosen(delivery=delivery_id)) == everything


@pytest.mark.parametrize("view", ["--rows", "--to-fix"])
@pytest.mark.parametrize("purpose", [[], ["--purpose", " "]])
def test_rows_are_not_handed_out_without_a_purpose(clinic, view, purpose):
    before = len(ledger.events(clinic))
    found = outcomes("quarantine", "--home", clinic.root, view, *purpose)
    assert found.exit_code == 2
    assert "--purpose with the reason" in found.output
    assert "C1" not in found.output
    assert len(ledger.events(clinic)) == before


def test_a_row_is_shown_as_it_came_also_where_it_was_no_row(clinic):
    rows = rows_as_delivered(clinic, Chosen(table="responses"), purpose=PURPOSE)
    assert [row["as_delivered"] for row in rows] == EXPORT["responses"].splitlines()[1:]
    assert all(row["is_exact"] for row in rows)
    noted = ledger.events(clinic)[-1]
    assert noted["event"] == "export"
    assert noted["details"] == {
        "table": "quarantine", "what": "rows as delivered", "n_rows": 4, "purpose": PURPOSE,
    }  # fmt: skip


def test_each_clinician_gets_ids_and_reasons_and_no_answer(clinic):
    rows = rows_to_fix(clinic, Chosen(), purpose=PURPOSE)
    assert [(row["owner"], row["table"], row["ids"]) for row in rows] == [
        ("T1", "responses", "response_id=R1; client_id=C1; episode_id=E1; instrument_id=phq9"),
        ("T2", "episodes", "episode_id=E2; client_id=C1; programme_id=P1; therapist_id=T2"),
        (
            "T2",
            "responses",
            "response_id=R2; client_id=C1; episode_id=E1; session_id=S1; instrument_id=phq9",
        ),
        (NOBODY, "clients", "client_id==C2"),
        (NOBODY, "responses", "response_id=R3; client_id=C1; instrument_id=phq9"),
        (NOBODY, "responses", ""),
    ]
    assert all(row["expected"] and row["what_to_do"] for row in rows)
    for value in ("4444", "in spring", "soon", "2024-02-01"):
        assert value not in repr(rows)


def test_one_owners_list_is_a_private_file_that_runs_no_formula(clinic, tmp_path):
    target = tmp_path / "to_fix.csv"
    asked = ("quarantine", "--home", clinic.root, "--to-fix", "--purpose", PURPOSE)
    found = outcomes(*asked, "--owner", "T2", "--csv", target)
    assert (found.exit_code, found.output) == (0, f"2 rows in {target}\n")
    assert target.stat().st_mode & 0o777 == 0o600
    with target.open(encoding="utf-8", newline="") as lines:
        assert {row["owner"] for row in csv.DictReader(lines)} == {"T2"}
    assert ledger.events(clinic)[-1]["details"]["therapist"] == "T2"
    outcomes("quarantine", "--home", clinic.root, "--rows", "--table", "clients",
             "--purpose", PURPOSE, "--csv", target)  # fmt: skip
    with target.open(encoding="utf-8", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert row["as_delivered"] == "'=C2,soon"
    spoken = outcomes(*asked).output
    assert "T1\n  responses  response_id=R1; client_id=C1" in spoken
    assert "4444" not in spoken


def test_a_therapist_whom_nobody_knows_is_told_and_nothing_noted(clinic):
    before = len(ledger.events(clinic))
    found = outcomes(
        "quarantine", "--home", clinic.root, "--to-fix", "--owner", "T9", "--purpose", PURPOSE
    )
    assert found.exit_code == 2
    assert "No therapist in use has this id." in found.output
    assert len(ledger.events(clinic)) == before


def test_what_is_wrong_in_every_full_delivery_is_to_be_mended_once(tmp_path):
    home = Home.create(tmp_path / "home", salt="test")
    for month in (3, 4):
        folder = tmp_path / str(month)
        folder.mkdir()
        for table in ("clients", "therapists"):
            (folder / f"{table}.csv").write_text(EXPORT[table], encoding="utf-8")
        land(home, [folder], source="inbox", delivered_on=date(2024, month, 1))
    run(home)
    assert len(quarantine_rows(home)) == 2
    (entry,) = rows_to_fix(home, Chosen(), purpose=PURPOSE)
    assert entry["delivered_on"] == "2024-04-01"


def test_a_good_correction_takes_its_row_out_by_itself(tmp_path):
    home = Home.create(tmp_path / "home", salt="test")
    deliver(home, tmp_path / "one", date(2024, 3, 1), EXPORT)
    deliver(home, tmp_path / "two", date(2024, 4, 1), {"responses": GOOD})
    run(home)
    first = quarantine_rows(home, Chosen(table="responses", delivery="2024-03-01"))
    # R1 was corrected. R2 and R3 came as bad as before, and a line that is no row has no key.
    assert 2 not in {row["line"] for row in first}
    corrected = Chosen(table="responses", delivery="2024-04-01")
    assert 2 not in {row["line"] for row in quarantine_rows(home, corrected)}


@pytest.fixture
def home(tmp_path):
    return Home.create(tmp_path / "home", salt="test")


@pytest.fixture
def with_quarantine(home):
    quarantine = keep(
        home,
        "quarantine",
        table_name=["clients", "clients", "goals"],
        file_name=["clients.csv", "clients.csv", "goals.csv"],
        delivered_on=[date(2024, 2, 1)] * 3,
        line=[7, 3, 2],
        reasons=[
            ["clients.registered_on.type"],
            ["clients.registered_on.type", "clients.state.two_letters"],
            ["goals.episode_id.reference"],
        ],
        delivered_row=['{"client_id": "C-SECRET-1"}'] * 3,
    )
    publish_tables(home, quarantine)
    return home


def test_the_quarantine_is_summed_up_by_reason(with_quarantine):
    found = quarantine_summary(with_quarantine)
    assert [(row["table"], row["reason"], row["n_rows"]) for row in found] == [
        ("clients", "clients.registered_on.type", 2),
        ("clients", "clients.state.two_letters", 1),
        ("goals", "goals.episode_id.reference", 1),
    ]
    assert found[0]["expected"] == "clients.registered_on: expected a date as YYYY-MM-DD"
    assert found[0]["what_to_do"] == "Export the day of registration as YYYY-MM-DD."
    assert summary_lines(found)[:5] == [
        "clients  2 rows  clients.registered_on.type",
        "  clients.registered_on: expected a date as YYYY-MM-DD",
        "  what to do: Export the day of registration as YYYY-MM-DD.",
        "  in clients.csv of 2024-02-01",
        "clients  1 row  clients.state.two_letters",
    ]


def test_the_summary_names_the_first_files_and_their_deliveries(home):
    quarantine = keep(
        home,
        "quarantine",
        table_name=["clients"] * 5,
        file_name=[*["clients.csv"] * 4, "b/clients.csv"],
        delivered_on=[date(2024, month, 1) for month in (4, 2, 2, 3, 2)],
        line=[2] * 5,
        reasons=[["file.truncated"]] * 5,
    )
    publish_tables(home, quarantine)
    (row,) = quarantine_summary(home, Chosen(table="clients"))
    assert (row["n_rows"], row["n_files"]) == (5, 4)
    assert row["first_files"] == [
        {"file": "b/clients.csv", "delivered_on": "2024-02-01"},
        {"file": "clients.csv", "delivered_on": "2024-02-01"},
        {"file": "clients.csv", "delivered_on": "2024-03-01"},
    ]
    assert summary_lines([row])[-1] == (
        "  in b/clients.csv of 2024-02-01, clients.csv of 2024-02-01, clients.csv of 2024-03-01"
        " and 1 more"
    )


@pytest.mark.parametrize("reason", sorted(reading_reasons()))
def test_every_reason_of_reading_says_what_to_do(home, reason):
    quarantine = keep(
        home,
        "quarantine",
        table_name=["clients"],
        file_name=["clients.csv"],
        delivered_on=[date(2024, 2, 1)],
        line=[2],
        reasons=[[reason]],
    )
    publish_tables(home, quarantine)
    (row,) = quarantine_summary(home)
    assert row["expected"].endswith(".")
    assert row["what_to_do"].endswith(".")


def test_no_reason_of_the_reader_is_without_its_sentence():
    codes = {
        value
        for value in vars(tolerant_csv).values()
        if isinstance(value, str) and value.startswith("file.")
    }
    assert codes == set(FILE_REASONS)


def test_its_rows_are_named_by_line_and_never_shown(with_quarantine):
    found = quarantine_rows(with_quarantine, Chosen(table="clients"))
    assert [(row["file"], row["line"]) for row in found] == [("clients.csv", 3), ("clients.csv", 7)]
    assert "SECRET" not in repr(found)


def test_a_home_without_a_run_says_so(home):
    with pytest.raises(UsageError, match="Nothing has been run"):
        quarantine_summary(home)
