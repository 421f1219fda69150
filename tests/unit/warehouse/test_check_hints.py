"""What `outcomes check` tells that turns no row away: repeated keys, zones, groups without members."""

from pathlib import Path

import pytest

from pipelines.contracts.odcs import load_contracts
from pipelines.errors import SettingsError
from pipelines.home import SETTINGS_FILE, Home
from pipelines.ingest.landing import land
from pipelines.ingest.mapped.mapping_file import load_mapping
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.check_hints import other_zone, todos_left, words_of_no_list
from pipelines.warehouse.rehearsal import Findings, RuleFinding, check_delivery

FILES = {
    "clients": "client_id,registered_on\nC1,2024-01-01\nC1,2024-01-02\nC2,2024-01-01\n",
    "therapists": "therapist_id,display_name,employed_from\nT1,Example,2020-01-01\n",
    "programmes": "programme_id,name,track,modality,licence_required,instruments\n"
    "P1,Example,general,group,no,phq9\n",
    "groups": "group_id,programme_id,name,lead_therapist_id,capacity,enrolment,starts_on\n"
    "G1,P1,Example,T1,8,open,2024-01-01\n",
    "episodes": "episode_id,client_id,programme_id,therapist_id,referred_on\n"
    "E1,C1,P1,T1,2024-01-03\n",
    "sessions": "session_id,group_id,therapist_id,scheduled_at,duration_minutes,setting\n"
    "S1,G1,T1,2024-02-01T10:00,90,video\n",
    "attendances": "session_id,client_id,status\nS1,C1,attended\nS1,C2,no_show\n",
    "responses": "response_id,client_id,instrument_id,administered_at,respondent,total_score\n"
    "R1,C1,phq9,2024-02-01T10:00,client,2\n",
    "response_items": "response_id,item,value\nR1,1,1\nR1,2,1\nR1,2,1\n"
    + "".join(f"R1,{item},1\n" for item in range(3, 10)),
}
MEMBERSHIPS = "group_id,client_id,episode_id,joined_on\nG1,C1,E1,2024-01-10\n"


def checked(folder: Path, **more: str) -> Findings:
    delivery = folder / "2024-03-01"
    delivery.mkdir()
    for table, text in {**FILES, **more}.items():
        (delivery / f"{table}.csv").write_text(text, encoding="utf-8")
    return check_delivery(delivery, home=None, mode=None, delivered_on=None)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Findings:
    return checked(tmp_path_factory.mktemp("hints"))


def rules(found: Findings, severity: str) -> dict[str, RuleFinding]:
    return {rule.rule_id: rule for rule in found.rules if rule.severity == severity}


def test_keys_that_come_twice_are_told_with_their_lines_and_turn_nothing_away(
    found: Findings,
) -> None:
    info = rules(found, "info")
    assert set(info) == {"clients.unique", "response_items.unique"}
    clients, answers = info["clients.unique"], info["response_items.unique"]
    assert (clients.n_rows, clients.first_lines) == (
        2,
        ["clients.csv line 2", "clients.csv line 3"],
    )
    assert "1 key comes more than once" in clients.expected
    assert "the rows of 1 differ" in clients.expected
    assert answers.first_lines == ["response_items.csv line 3", "response_items.csv line 4"]
    assert "the rows of 0 differ" in answers.expected
    assert found.is_clean


def test_a_warning_names_its_lines(found: Findings) -> None:
    warning = rules(found, "warning")["responses.total_agrees"]
    assert (warning.n_rows, warning.first_lines) == (1, ["responses.csv line 2"])


def test_who_came_to_a_group_without_members_is_counted(found: Findings, tmp_path: Path) -> None:
    told = rules(found, "warning")["attendances.member_on_day"]
    assert (told.n_rows, told.first_lines) == (1, ["attendances.csv line 2"])
    assert "counts for none of the client's courses" in told.what_to_do
    with_members = checked(tmp_path, memberships=MEMBERSHIPS)
    assert "attendances.member_on_day" not in rules(with_members, "warning")


@pytest.mark.parametrize(("clinics", "n_told"), [("UTC", 1), ("Europe/Berlin", 0)])
def test_a_mapping_of_another_zone_and_what_is_left_of_its_draft_are_told(
    tmp_path: Path, clinics: str, n_told: int
) -> None:
    home = Home.create(tmp_path / "home", salt="s", time_zone=clinics)
    (tmp_path / "far.yaml").write_text(
        "name: far\nversion: 1.0.0\ntitle: Far\ntime_zone: Europe/Berlin\nfiles:\n- file: x.csv\n"
        "  tables:\n  - table: clients\n    columns: {client_id: A, registered_on: B}\n",
        encoding="utf-8",
    )
    with (home.root / SETTINGS_FILE).open("a", encoding="utf-8") as settings:
        settings.write(f'\n[sources.far]\nmapping = "{tmp_path / "far.yaml"}"\n')
    (tmp_path / "x.csv").write_text("A,B\nC1,2024-01-01\n", encoding="utf-8")
    home = Home(home.root)
    delivery = land(home, [tmp_path / "x.csv"], source="far")
    run = BuildRun(home)
    try:
        told = other_zone(run, [delivery])
        assert todos_left(run, delivery) == []
        with (tmp_path / "far.yaml").open("a", encoding="utf-8") as mapping:
            mapping.write("  # TODO: sure?\n")
        (left,) = todos_left(run, delivery)
    finally:
        run.close()
    assert "TODO in line 10\n" in left
    assert len(told) == n_told
    assert all('time_zone = "Europe/Berlin"' in each for each in told)


ATTENDANCES = """
name: own
version: 1.0.0
title: Own
files:
- file: visits.csv
  tables:
  - table: attendances
    columns:
      session_id: Visit
      client_id: Client
      status: {from: Result, codes: {Kept: attended, Late: WORD, Odd: null}, default: no_show}
"""


@pytest.mark.parametrize(
    ("word", "told"),
    [("late_cancelled", []), ("late_canceled", ["late_canceled (is it late_cancelled?)"])],
)
def test_a_word_that_a_mapping_writes_and_no_column_may_hold_is_told(
    tmp_path: Path, word: str, told: list[str]
) -> None:
    (tmp_path / "own.yaml").write_text(ATTENDANCES.replace("WORD", word), encoding="utf-8")
    messages = words_of_no_list(load_mapping(tmp_path / "own.yaml"), load_contracts())
    assert len(messages) == len(told)
    for message, expected in zip(messages, told, strict=True):
        assert "own writes words into attendances.status" in message
        assert f"found: {expected}\n" in message
        assert "one of attended, late_cancelled" in message


def test_a_mapping_that_cannot_be_used_is_named_by_its_own_place(tmp_path: Path) -> None:
    home = Home.create(tmp_path / "home", salt="s")
    home.mappings.mkdir()
    broken = home.mappings / "own.yaml"
    broken.write_text(ATTENDANCES.replace("file:", "fle:"), encoding="utf-8")
    with (home.root / SETTINGS_FILE).open("a", encoding="utf-8") as settings:
        settings.write('\n[sources.own]\nmapping = "own.yaml"\n')
    (tmp_path / "visits.csv").write_text("Visit,Client,Result\n1,2,Kept\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="mapping cannot be used") as caught:
        check_delivery(
            tmp_path / "visits.csv",
            home=Home(home.root),
            mode=None,
            delivered_on=None,
            source="own",
        )
    assert caught.value.where == str(broken)
