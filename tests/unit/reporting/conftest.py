"""Made-up clinics whose reports are looked at, made once for all tests."""

from collections.abc import Callable, Iterator
from functools import cache

import duckdb
import pytest

from pipelines.reporting.model import Report
from pipelines.reporting.pages.view_model import build_report
from tests.unit.reporting.made_up_courses import Clinic, Settings
from tests.unit.reporting.mart_clinic import connect, empty_marts

PROVENANCE = {
    "as_of_on": "2026-11-01",
    "code_revision": "0123abc",
    "catalogue_digest": "ab" * 20,
    "contracts": {"clients": "1.0.0", "responses": "1.2.0"},
    "sources": [{"name": "inbox"}],
}

CLINICS: dict[str, Clinic] = {
    "usual": Clinic(),
    "signal": Clinic(last_month_shift=0.3),
    "activity only": Clinic(has_questionnaires=False, months=14),
    "one therapist, no programmes": Clinic(
        per_month=14,
        months=16,
        n_therapists=1,
        n_groups=0,
        programmes={"unassigned": ("unassigned", "general")},
    ),
    "empty month": Clinic(empty_last_month=True, months=14),
    "badly measured": Clinic(measured_factor=0.7, months=14),
    "nobody agreed": Clinic(agreed_share=0, months=14),
}


@cache
def _connection(name: str) -> duckdb.DuckDBPyConnection:
    return connect(CLINICS[name])


@cache
def _report(name: str, audience: str) -> Report:
    return build_report(
        _connection(name),
        month=CLINICS[name].last_month,
        audience=audience,
        settings=Settings(),
        provenance=PROVENANCE,
    )


@pytest.fixture
def report_of() -> Callable[[str, str], Report]:
    """The report of one of the clinics above for an audience."""
    return _report


@pytest.fixture
def connection_of() -> Callable[[str], duckdb.DuckDBPyConnection]:
    """The database of one of the clinics above; not to be written to."""
    return _connection


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """A database with empty marts, for rows of a test's own."""
    with empty_marts() as connection:
        yield connection
