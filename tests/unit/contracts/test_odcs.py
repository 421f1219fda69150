"""The contracts as files: valid by the standard, complete, and read with messages that help."""

import json
import os
import re
import shutil
from pathlib import Path

import pytest
import yaml
from jsonschema.validators import validator_for

from pipelines.contracts.cross_rules import cross_rules
from pipelines.contracts.odcs import (
    CONTRACT_FOLDER,
    load_contracts,
)
from pipelines.contracts.table_order import table_order
from pipelines.errors import ContractError
from pipelines.ingest.free_text import looks_like_notes

CONTRACTS = load_contracts()
VERSION = f"version: {CONTRACTS['clients'].version}"
SHARED = Path(os.environ.get("OUTCOMES_SHARED") or Path(__file__).parents[4] / "shared")
STANDARD = SHARED / "data" / "odcs" / "schema" / "odcs-json-schema-v3.1.0.json"
EXPORT_TABLES = (
    "clients therapists licences programmes groups episodes memberships sessions attendances"
    " responses response_items goals goal_ratings diagnoses safety_actions milestones consents"
)

# The rules that need other rows, with their severity; each is judged when a table is settled.
LATER_RULES = {
    "attendances.client_id.reference": "error",
    "attendances.member_on_day": "warning",
    "attendances.session_id.reference": "error",
    "consents.client_id.reference": "error",
    "deletions.known": "error",
    "diagnoses.episode_id.reference": "error",
    "episodes.client_id.reference": "error",
    "episodes.overlap": "warning",
    "episodes.programme_id.reference": "error",
    "episodes.therapist_id.reference": "error",
    "goal_ratings.goal_id.reference": "error",
    "goal_ratings.value.on_scale": "error",
    "goals.episode_id.reference": "error",
    "groups.co_therapist_id.reference": "warning",
    "groups.lead_therapist_id.reference": "error",
    "groups.programme_id.reference": "error",
    "licences.therapist_id.reference": "error",
    "memberships.client_id.reference": "error",
    "memberships.episode_id.reference": "error",
    "memberships.group_id.reference": "error",
    "milestones.episode_id.reference": "error",
    "response_items.item.in_count": "error",
    "response_items.response_id.reference": "error",
    "response_items.value.in_range": "error",
    "response_items.value.on_scale": "warning",
    "responses.answers_suffice": "warning",
    "responses.client_id.reference": "error",
    "responses.client_matches_episode": "error",
    "responses.duplicate": "error",
    "responses.episode_id.reference": "warning",
    "responses.instrument_id.known": "error",
    "responses.near_session": "warning",
    "responses.session_id.reference": "warning",
    "responses.total_agrees": "warning",
    "responses.total_score.on_steps": "warning",
    "responses.total_score.in_range": "error",
    "safety_actions.response_id.reference": "error",
    "safety_actions.therapist_id.reference": "error",
    "sessions.episode_id.reference": "error",
    "sessions.group_id.reference": "error",
    "sessions.therapist_id.reference": "error",
    "therapists.supervisor_id.reference": "warning",
}
KEYS = {
    "clients": "client_id",
    "therapists": "therapist_id",
    "licences": "therapist_id state valid_from",
    "programmes": "programme_id",
    "groups": "group_id",
    "episodes": "episode_id",
    "memberships": "group_id client_id joined_on",
    "sessions": "session_id",
    "attendances": "session_id client_id",
    "responses": "response_id",
    "response_items": "response_id item",
    "goals": "goal_id",
    "goal_ratings": "goal_id rated_at",
    "diagnoses": "episode_id code",
    "safety_actions": "response_id acted_at",
    "milestones": "milestone_id",
    "consents": "client_id scope given_on",
    "deletions": "table key",
}


def paths():
    return sorted(CONTRACT_FOLDER.glob("*.odcs.yaml"))


def test_every_table_of_the_export_has_a_contract_and_nothing_else_has():
    assert set(CONTRACTS) == {*EXPORT_TABLES.split(), "deletions"}


@pytest.mark.skipif(
    not STANDARD.is_file(),
    reason="the published ODCS schema is not here; OUTCOMES_SHARED names the folder it is in",
)
@pytest.mark.parametrize("path", paths(), ids=lambda path: path.name)
def test_a_contract_is_valid_by_the_published_standard(path):
    schema = json.loads(STANDARD.read_text(encoding="utf-8"))
    validator = validator_for(schema)(schema)
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert [error.message for error in validator.iter_errors(content)] == []


def test_keys_are_those_of_the_export():
    assert {table: " ".join(contract.key) for table, contract in CONTRACTS.items()} == KEYS


def test_rules_that_need_other_rows_are_declared_with_their_severity():
    declared = {
        rule.rule_id: rule.severity
        for contract in CONTRACTS.values()
        for rule in contract.rules
        if rule.kind in {"reference", "table_sql"}
    }
    assert declared == LATER_RULES


def test_a_key_that_comes_twice_in_a_file_is_neither_an_error_nor_a_warning():
    unique = [
        (rule.rule_id, rule.columns, rule.severity)
        for contract in CONTRACTS.values()
        for rule in contract.rules
        if rule.kind == "unique"
    ]
    assert sorted(unique) == sorted(
        (f"{table}.unique", tuple(key.split()), "info") for table, key in KEYS.items()
    )


def test_rule_ids_are_unique_and_begin_with_their_table():
    rule_ids = [rule.rule_id for contract in CONTRACTS.values() for rule in contract.rules]
    assert len(set(rule_ids)) == len(rule_ids)
    for table, contract in CONTRACTS.items():
        assert all(rule.rule_id.startswith(f"{table}.") for rule in contract.rules)


def test_every_rule_says_in_one_sentence_what_it_means_and_what_to_do():
    for contract in CONTRACTS.values():
        for rule in contract.rules:
            assert re.fullmatch(r"[A-Z][^.?!]*(\d\.\d[^.?!]*)*\.", rule.sentence), rule.rule_id
            assert rule.what_to_do.endswith("."), rule.rule_id
            assert rule.expected, rule.rule_id
            assert rule.dimension, rule.rule_id


def test_a_sessions_owner_is_required_though_its_column_is_not():
    sessions = CONTRACTS["sessions"]
    for name in ("group_id", "episode_id"):
        assert not sessions.column(name).required
        assert sessions.column(name).reference_required
    assert not CONTRACTS["responses"].column("session_id").reference_required


def test_tables_come_after_those_that_their_keys_point_to():
    order = table_order(CONTRACTS)
    assert sorted(order) == sorted(CONTRACTS)
    assert order[0] == "clients"
    assert order[-1] == "deletions"
    for contract in CONTRACTS.values():
        for column in contract.columns:
            if column.references and column.references[0] != contract.table:
                assert order.index(column.references[0]) < order.index(contract.table)
    assert table_order(dict(reversed(CONTRACTS.items()))) == order


def test_no_column_of_a_contract_looks_like_notes():
    for contract in CONTRACTS.values():
        assert not [column.name for column in contract.columns if looks_like_notes(column.name)]


# What follows edits copies of the files.


@pytest.fixture
def folder(tmp_path):
    for path in paths():
        shutil.copy(path, tmp_path)
    return tmp_path


def edit(folder, table, old, new):
    path = folder / f"{table}.odcs.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


def test_comments_and_the_order_of_names_do_not_change_a_digest(folder):
    path = folder / "consents.odcs.yaml"
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    backwards = dict(reversed(content.items()))
    path.write_text("# A remark.\n" + yaml.safe_dump(backwards, sort_keys=False), encoding="utf-8")
    assert load_contracts(folder) == CONTRACTS


def test_anything_that_a_contract_says_changes_its_digest_and_no_other(folder):
    edit(folder, "consents", "What was agreed to.", "What they agreed to.")
    changed = load_contracts(folder)
    assert [table for table in CONTRACTS if changed[table].digest != CONTRACTS[table].digest] == [
        "consents"
    ]


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("apiVersion: v3.1.0", "apiVersion: v9", "apiVersion.*expected: v3.1.0.*found: v9"),
        (VERSION, "version: 1", "version.*expected: a text.*found: 1"),
        (VERSION, "version: 1.0", "version.*expected: a text.*found: 1.0"),
        (VERSION, "version: first", "expected: three numbers such as 1.0.0.*found: first"),
        ("name: clients", "name: persons", "name.*expected: clients.*found: persons"),
        ("logicalType: date", "logicalType: day", "birth_date, logicalType.*one of string, date"),
        ("physicalType: DATE", "physicalType: TEXT", "birth_date, physicalType.*expected: DATE"),
        ("severity: error", "severity: bad", "rule required, severity.*expected: one of error, warning"),
        ("dimension: conformity", "dimension: beauty", "rule type, dimension.*one of completeness"),
        ("classification: clinical", "classification: secret", "one of identifying, clinical"),
        ("metric: nullValues", "metric: nulls", "metric.*one of nullValues"),
        ("mustBe: 0", "mustBe: 1", "mustBe.*expected: 0.*found: 1"),
        ("mustBeLessOrEqualTo: 1\n", "mustBeLessOrEqualTo: 101\n", "from 0 to 100.*found: 101"),
        ("mustBeLessOrEqualTo: 1\n", "mustBeLessThan: 1\n", "mustBeLessOrEqualTo.*found nothing"),
        ("unit: percent", "unit: rows", "unit.*expected: percent.*found: rows"),
        ("engine: outcomes", "engine: soda", "engine.*expected: outcomes.*found: soda"),
        ("kind: type", "kind: tipe", "kind.*one of type, minimum"),
        ("- property: whatToDo", "- property: advice", "a custom property whatToDo"),
        ("required: true", "required: false", "required: true and a rule of kind required"),
        ("logicalType: date", "logicalType: string", "physicalType"),
        ("primaryKeyPosition: 1", "primaryKeyPosition: 2", "1, 2, ... over the columns"),
        ("    - id: allowed", "    - id: words", "id.*expected: allowed.*found: words"),
        ("      columns: [birth_date, registered_on]", "      columns: [birthday]", "columns"),
        ("        sql: regis", "        sequel: regis", "sql.*a text"),
        ("classification: identifying", "classification: identifying\n    classification: clinical",
         "line .*classification twice"),
        ("schema:", "schema: [", "line .*"),
    ],
)  # fmt: skip
def test_a_mistake_in_a_contract_is_told_with_place_expectation_and_finding(
    folder, old, new, message
):
    edit(folder, "clients", old, new)
    with pytest.raises(ContractError, match=f"(?s)clients.odcs.yaml.*{message}"):
        load_contracts(folder)


def test_a_key_that_points_to_no_table_is_told(folder):
    edit(folder, "consents", "- to: clients.client_id", "- to: persons.person_id")
    with pytest.raises(ContractError, match=r"(?s)consents.*client_id.*found: persons\.person_id"):
        load_contracts(folder)


def test_the_days_of_a_rule_about_lateness_are_a_whole_number(folder):
    edit(folder, "sessions", "days: 31", "days: 0")
    with pytest.raises(ContractError, match=r"(?s)sessions.*newest, days.*whole number.*found: 0"):
        load_contracts(folder)


def test_an_optional_key_may_not_lose_its_rule(folder):
    edit(folder, "responses", "    relationships:\n    - to: sessions.session_id\n      type: foreignKey\n", "")  # fmt: skip
    with pytest.raises(ContractError, match="relationships and a rule of kind reference"):
        load_contracts(folder)


NEW_RULE = """\
  - id: in_the_clients_time
    description: An episode's referral is not before its client's registration.
    dimension: consistency
    severity: warning
    type: custom
    engine: outcomes
    implementation:
      kind: table_sql
      columns: [client_id, referred_on]
      needs: [clients]
      join: left join stg_groups as g on g.group_id = r.episode_id
      sql: r.referred_on < parent_client_id.registered_on
      mustBeLessOrEqualTo: 5
      unit: percent
    customProperties:
    - property: expected
      value: a referral on or after the client's registration
    - property: whatToDo
      value: Correct one of the two days at the source.
  - id: quarantined
"""


def test_a_rule_that_needs_another_table_is_one_edit_of_its_contract(folder):
    edit(folder, "episodes", "  - id: quarantined\n", NEW_RULE)
    (rule,) = cross_rules(load_contracts(folder)["episodes"])
    assert rule.rule_id == "episodes.in_the_clients_time"
    assert rule.breaks == "coalesce(r.referred_on < parent_client_id.registered_on, false)"
    assert (rule.needs, rule.reads) == ({"clients"}, {"clients", "groups"})


def test_a_rule_that_nothing_judges_is_told(folder):
    sql = "      sql: r.referred_on < parent_client_id.registered_on\n"
    edit(folder, "episodes", "  - id: quarantined\n", NEW_RULE.replace(sql, ""))
    with pytest.raises(ContractError, match=r"(?s)nothing judges.*episodes.in_the_clients_time"):
        cross_rules(load_contracts(folder)["episodes"])


def test_all_mistakes_of_all_files_are_told_at_once(folder):
    edit(folder, "clients", VERSION, "version: first")
    edit(folder, "goals", "severity: error", "severity: bad")
    (folder / "groups.odcs.yaml").write_text("- a list\n", encoding="utf-8")
    with pytest.raises(ContractError) as raised:
        load_contracts(folder)
    message = str(raised.value)
    assert "The contracts have 3 problems." in message
    for place in (
        "clients.odcs.yaml, version",
        "goals.odcs.yaml, goal_id, rule required, severity",
        "groups.odcs.yaml",
    ):
        assert place in message


def test_a_folder_without_contracts_is_told(tmp_path):
    with pytest.raises(ContractError, match=r"files named <table>\.odcs\.yaml"):
        load_contracts(tmp_path)
