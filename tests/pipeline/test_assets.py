"""Dagster's graph: one asset per table, joined as the SQL files and contracts say."""

import re
from collections.abc import Iterator
from pathlib import Path

import dagster as dg
import pytest

from pipelines.contracts.odcs import load_contracts
from pipelines.definitions import build_definitions
from tests.pipeline.homes import ROOT

GROUPS = (
    "deliveries",
    "raw_tables",
    "ref_tables",
    "stg_tables",
    "int_tables",
    "comparison_tables",
    "mart_tables",
    "pub_tables",
    "reports",
)
REFERENCE_TABLES = {
    "ref_bands",
    "ref_child_measures",
    "ref_claims",
    "ref_clinic_thresholds",
    "ref_conventions",
    "ref_cutoffs",
    "ref_goal_rules",
    "ref_instrument_items",
    "ref_instrument_scales",
    "ref_instruments",
    "ref_loinc_answers",
    "ref_loinc_codes",
    "ref_measure_codes",
    "ref_measure_rates",
    "ref_measure_rules",
    "ref_measure_strata",
    "ref_measure_texts",
    "ref_measure_tools",
    "ref_measures",
    "ref_norms",
    "ref_outcome_rules",
    "ref_path_rules",
    "ref_programme_standards",
    "ref_contract_rules",
    "ref_rebases",
    "ref_recovery_pairs",
    "ref_reliabilities",
    "ref_safety_items",
    "ref_score_tables",
    "ref_scoring_rules",
    "ref_thresholds",
    "ref_turned_items",
    "ref_wait_bands",
}
COMPARISON_TABLES = {
    "int_case_mix_expected",
    "mart_case_mix",
    "mart_case_mix_calibration",
    "mart_case_mix_terms",
    "mart_comparison",
    "mart_comparison_sensitivity",
    "mart_comparison_spread",
    "mart_growth_changes",
    "mart_imputed_outcomes",
}
ACCOUNTS = {
    "quarantine",
    "stg_row_counts",
    "stg_warning_counts",
    "stg_rule_breaks",
    "stg_files",
    "stg_rule_checks",
}
# What the gate reads besides marts.
GATE_TABLES = {"ref_disclosure_policies", "ref_released_counts"}
REPORTS = {"monthly_report", "report_index"}
LAYER_FOLDERS = {
    "staging": "stg_tables",
    "intermediate": "int_tables",
    "marts": "mart_tables",
    "published": "pub_tables",
}
TABLE_READ = re.compile(
    r"\b(?:from|join)\s+((?:stg|int|mart|pub|ref)_\w+|quarantine)\b", re.IGNORECASE
)
CONTRACTS = load_contracts()


def sql_files(folder: str) -> dict[str, Path]:
    return {path.stem: path for path in sorted((ROOT / "sql" / folder).glob("*.sql"))}


def tables_read(path: Path) -> set[str]:
    # A regular expression on purpose: the product parses, and this is the second opinion.
    lines = path.read_text(encoding="utf-8").splitlines()
    return set(TABLE_READ.findall("\n".join(line.partition("--")[0] for line in lines)))


@pytest.fixture(scope="module")
def definitions(tmp_path_factory: pytest.TempPathFactory) -> dg.Definitions:
    return build_definitions(tmp_path_factory.mktemp("unused"))


@pytest.fixture(scope="module")
def groups(definitions: dg.Definitions) -> dict[str, str]:
    graph = definitions.resolve_asset_graph()
    keys = graph.materializable_asset_keys
    return {key.to_user_string(): graph.get(key).group_name or "" for key in keys}


@pytest.fixture(scope="module")
def parents(definitions: dg.Definitions) -> dict[str, set[str]]:
    graph = definitions.resolve_asset_graph()
    return {
        key.to_user_string(): {parent.to_user_string() for parent in graph.get(key).parent_keys}
        for key in graph.materializable_asset_keys
    }


@pytest.fixture(scope="module")
def checks(definitions: dg.Definitions) -> set[tuple[str, str]]:
    graph = definitions.resolve_asset_graph()
    return {(key.asset_key.to_user_string(), key.name) for key in graph.asset_check_keys}


def assets_meant() -> Iterator[tuple[str, str]]:
    yield "deliveries", "deliveries"
    yield from ((f"raw_{table}", "raw_tables") for table in CONTRACTS)
    yield from ((table, "ref_tables") for table in REFERENCE_TABLES)
    yield from ((table, "stg_tables") for table in ACCOUNTS)
    yield from ((table, "comparison_tables") for table in COMPARISON_TABLES)
    yield from ((table, "pub_tables") for table in GATE_TABLES)
    for folder, group in LAYER_FOLDERS.items():
        yield from ((name, group) for name in sql_files(folder))
    yield from ((name, "reports") for name in REPORTS)


def test_there_is_one_asset_for_each_contract_sql_file_and_report_in_the_group_of_its_layer(
    groups: dict[str, str],
) -> None:
    assert groups == dict(assets_meant())
    assert set(groups.values()) == set(GROUPS)


def test_every_contract_has_a_staging_file_but_answers_which_are_folded_into_responses() -> None:
    staged = {name.removeprefix("stg_") for name in sql_files("staging")}
    assert staged == set(CONTRACTS) - {"response_items"}


@pytest.mark.parametrize("folder", ["intermediate", "marts", "published"])
def test_a_table_depends_on_exactly_the_tables_its_sql_reads(
    parents: dict[str, set[str]], folder: str
) -> None:
    found = {name: parents[name] for name in sql_files(folder)}
    meant = {name: tables_read(path) for name, path in sql_files(folder).items()}
    assert found == meant
    assert any(meant.values())


def test_a_staging_table_depends_on_its_delivered_rows_and_on_the_tables_its_keys_point_to(
    parents: dict[str, set[str]],
) -> None:
    for name in sql_files("staging"):
        table = name.removeprefix("stg_")
        pointed_to = {
            f"stg_{column.references[0]}"
            for column in CONTRACTS[table].columns
            if column.references is not None and column.references[0] != table
        }
        assert {f"raw_{table}"} | pointed_to <= parents[name], name
    assert "raw_response_items" in parents["stg_responses"]


def test_delivered_rows_depend_on_the_deliveries_and_reports_on_published_tables_alone(
    parents: dict[str, set[str]],
) -> None:
    for table in CONTRACTS:
        assert parents[f"raw_{table}"] == {"deliveries"}
    assert parents["monthly_report"] == set(sql_files("published"))
    assert parents["report_index"] == {"monthly_report"}


def test_no_table_depends_on_a_later_layer(
    groups: dict[str, str], parents: dict[str, set[str]]
) -> None:
    for name, above in parents.items():
        for parent in above - GATE_TABLES:
            assert GROUPS.index(groups[parent]) <= GROUPS.index(groups[name]), (parent, name)


def test_every_table_of_a_sql_file_has_its_key_checked(checks: set[tuple[str, str]]) -> None:
    named = {name for folder in LAYER_FOLDERS for name in sql_files(folder)}
    assert {asset for asset, check in checks if check == "key_identifies_rows"} == named


def test_both_judges_and_their_agreement_are_checks_of_every_delivered_table(
    checks: set[tuple[str, str]],
) -> None:
    for name in ("rows_fit_contract", "judges_agree"):
        assert {asset for asset, check in checks if check == name} == {
            f"raw_{table}" for table in CONTRACTS
        }


def test_every_promise_of_the_checks_folder_is_attached_to_a_table_it_reads(
    checks: set[tuple[str, str]],
) -> None:
    files = sql_files("checks")
    for name, path in files.items():
        owners = [asset for asset, check in checks if check == name]
        assert len(owners) == 1, name
        assert owners[0] in tables_read(path), name
    assert len(files) > 5


def test_the_job_its_schedule_and_its_sensor_are_there(definitions: dg.Definitions) -> None:
    assert definitions.resolve_job_def("outcomes") is not None
    assert definitions.resolve_schedule_def("monthly").job_name == "outcomes"
    assert definitions.resolve_sensor_def("new_files").job_name == "outcomes"
