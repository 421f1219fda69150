"""All wording comes from one catalogue: in a made-up language no English is left on a page."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import pytest

from pipelines.engine import identifier
from pipelines.home import Home
from pipelines.reporting import wording
from pipelines.reporting.output.html import render_month
from pipelines.reporting.pages.view_model import build_report
from tests.pseudo_language import PSEUDO, dressed, english, write_pseudo_language
from tests.unit.reporting.conftest import PROVENANCE

MONTH = date(2026, 10, 1)


@pytest.fixture
def pseudo(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """The catalogue of words with the made-up language in it."""
    write_pseudo_language(tmp_path)
    wording.load_wording.cache_clear()
    monkeypatch.setattr(wording, "WORDING_FOLDER", tmp_path)
    yield
    wording.load_wording.cache_clear()


def _texts(connection: duckdb.DuckDBPyConnection) -> str:
    """Every text of the tables that a report is made from: names, sources, versions."""
    found: set[str] = set()
    views = connection.execute(
        "select view_name from duckdb_views() where not internal"
        " and (starts_with(view_name, 'pub_') or starts_with(view_name, 'ref_'))"
    ).fetchall()
    for (view,) in views:
        for name, kind, *_ in connection.execute(f"describe {view}").fetchall():
            if kind in ("VARCHAR", "VARCHAR[]"):
                value = identifier(name) if kind == "VARCHAR" else f"unnest({identifier(name)})"
                rows = connection.execute(f"select distinct {value} from {view}")
                found |= {text for (text,) in rows.fetchall() if text}
    return "\n".join(sorted(found))


@pytest.mark.parametrize("audience", ["director", "public"])
@pytest.mark.usefixtures("pseudo")
def test_no_english_is_left_but_names_and_sources_that_the_data_hold(
    demo: Home, audience: str
) -> None:
    settings = demo.settings
    with duckdb.connect(str(demo.warehouse_catalogue), read_only=True) as connection:
        report = build_report(
            connection,
            month=MONTH,
            audience=audience,
            settings=settings,
            provenance=PROVENANCE,
            language=PSEUDO,
        )
        data = _texts(connection)
    page = render_month(report)
    assert dressed("In short") in page
    provenance = (settings.clinic_name, settings.time_zone, str(PROVENANCE))
    left = {
        text for text in english(page) if text not in data and text not in "\n".join(provenance)
    }
    assert left == set()


def test_english_would_be_seen() -> None:
    assert english(f"<p title='A tip'>{dressed('Words')} and so on</p>") == {"A tip", "and so on"}
