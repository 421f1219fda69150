"""The methods page says of every rule file which rule, version, source and status it has."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
import yaml

from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.measures import measure_tables
from pipelines.instruments.programme_rules import programme_rule_tables
from pipelines.instruments.reference_tables import reference_tables
from pipelines.instruments.scoring_rules import scoring_tables
from pipelines.reporting.model import Page, Section
from pipelines.reporting.pages.methods_page import methods_page
from pipelines.reporting.wording import load_wording
from pipelines.warehouse.claims import claims
from pipelines.warehouse.path_rules import path_rules

CONTRACTS = Path(__file__).parents[3] / "data_contracts"
RULE_FILES = sorted(
    path
    for pattern in (
        *("instruments/*.yaml", "measures/*.yaml", "programme_rules/*.yaml", "claims/*.yaml"),
        *("disclosure/*.yaml", "path_rules.yaml"),
    )
    for path in CONTRACTS.glob(pattern)
    if path.name != "answers.yaml"
)
# What is no rule: who owns a form, and what machines call it. `via` is where a citation was read.
NO_RULE = {"licence", "loinc", "via"}
# What names a rule or says what it rests on.
TOLD = {"source", "version", "id", "rule_id", "claim_id", "policy_id", "sources"}
NAMES = ("id", "rule_id", "claim_id", "policy_id")


@pytest.fixture(scope="module")
def page(tmp_path_factory: pytest.TempPathFactory) -> Page:
    """The page, made from the catalogue and the rule files of this project."""
    catalogue = load_catalogue()
    tables: dict[str, pl.DataFrame] = {
        **reference_tables(catalogue),
        **scoring_tables(catalogue),
        **programme_rule_tables(),
        **measure_tables(),
        "ref_path_rules": path_rules(),
        "ref_claims": claims(),
    }
    folder = tmp_path_factory.mktemp("rules")
    connection = duckdb.connect()
    for name, frame in tables.items():
        frame.write_parquet(folder / name)
        connection.execute(f"create table {name} as from read_parquet('{folder / name}')")
    connection.execute("create table pub_outcome_rules as from ref_outcome_rules")
    page = methods_page(connection, {}, load_wording(), clinic="C", parameters=lambda _: {})
    connection.close()
    return page


@pytest.fixture(scope="module")
def shown(page: Page) -> str:
    """All that the page says."""
    return plain(" ".join(text for section in page.sections for text in texts(section)))


@pytest.fixture(scope="module")
def rows(page: Page) -> list[set[str]]:
    """The texts of every row of a table on the page."""
    return [
        {plain(text) for cell in row.cells for text in (cell.text, cell.small)}
        for section in page.sections
        for table in (*section.tables, *(table for part in section.parts for table in part.tables))
        for row in table.rows
    ]


def plain(text: str) -> str:
    return " ".join(text.split())


def texts(section: Section) -> Iterator[str]:
    """Every text of a section and its parts."""
    yield from section.paragraphs
    for table in section.tables:
        for row in table.rows:
            for cell in row.cells:
                yield from (cell.text, cell.small)
    for part in section.parts:
        yield from texts(part)


def told(content: Any, *, inside: bool = False) -> Iterator[str]:
    """The names, versions and sources in a rule file."""
    if isinstance(content, Mapping):
        for key, value in content.items():
            if key not in NO_RULE:
                yield from told(value, inside=inside or key in TOLD)
    elif isinstance(content, list):
        for value in content:
            yield from told(value, inside=inside)
    elif inside and content is not None:
        yield plain(str(content))


@pytest.mark.parametrize("path", RULE_FILES, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_the_page_has_every_name_version_and_source_of_a_rule_file(shown: str, path: Path) -> None:
    content = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
    # Some files give a source a name, and cite it by that.
    names = content.get("sources", {}) if isinstance(content, dict) else {}
    found = {plain(names.get(text, text)) for text in told(content)}
    assert found
    assert {text for text in found if text not in shown} == set()


def test_a_name_of_a_rule_stands_beside_its_version(rows: list[set[str]]) -> None:
    """Versions are short and stand all over the page: each must stand in a row with its name."""
    apart, n_found = [], 0
    for path in RULE_FILES:
        content = yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)
        if not isinstance(content, dict) or "version" not in content:
            continue
        version = str(content["version"])
        names = {content[key] for key in NAMES if key in content}
        together = {f"{name} {version}" for name in names}
        n_found += bool(names)
        if names and not any(row & together or (row & names and version in row) for row in rows):
            apart.append(path.stem)
    assert apart == []
    assert n_found > 80


def test_a_rule_for_missing_answers_says_whether_it_is_followed() -> None:
    rules = scoring_tables(load_catalogue())["ref_scoring_rules"].rows(named=True)
    missing = {row["instrument_id"]: row for row in rules if row["part"] == "missing answers"}
    core, phq9, wsas = missing["core10"], missing["phq9"], missing["wsas"]
    assert (core["is_applied"], core["status"]) == (True, "verified")
    assert (phq9["is_applied"], phq9["status"]) == (False, "unverified")
    # A rule of this project is followed, and says that it is no published one.
    assert (wsas["is_applied"], wsas["status"]) == (True, "design")
    # Where there is no method there is nothing to follow: whole forms alone have a score.
    assert missing["pdss_sr"]["is_applied"] is None


def test_bands_are_listed_with_their_source_and_their_absence_too() -> None:
    bands = scoring_tables(load_catalogue())["ref_bands"]
    assert bands.filter(pl.col("instrument_id") == "phq9").height >= 5
    none = bands.filter(pl.col("instrument_id") == "pcl5").row(0, named=True)
    assert (none["low_points"], none["band"]) == (None, "")
    assert "do not invent bands" in none["note"]
