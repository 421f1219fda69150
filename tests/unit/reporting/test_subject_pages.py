"""The pages of programmes, therapists and groups: whose rows they hold, and where they lie."""

import io
import json
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from functools import cache, partial
from pathlib import Path

import duckdb
import pypdf
import pytest

from pipelines.errors import ModelError
from pipelines.report_settings import OURS, ReportSettings
from pipelines.reporting.context import Context
from pipelines.reporting.crew import Crew
from pipelines.reporting.figures.periods import periods_that_end_with
from pipelines.reporting.model import SubjectPage
from pipelines.reporting.pages.subject_pages import (
    links_to_subjects,
    own_pages,
    page_slug,
    subject_pages,
)
from pipelines.reporting.pages.view_model import clinic_report, report_context
from pipelines.reporting.subject_writing import write_page
from tests.unit.reporting.conftest import CLINICS, PROVENANCE
from tests.unit.reporting.made_up_courses import Settings

Connections = Callable[[str], duckdb.DuckDBPyConnection]
HOSTILE = [
    "../../etc/passwd",
    "T-1",
    "t-1",
    "T 1",
    "\N{PILE OF POO}",
    "\N{GRINNING FACE}",
    "a" * 500,
    "a" * 501,
    "con",
    ".",
    "",
    "<script>",
    "\u202eabc",
    "a/b\\c:d*e?",
    "\ud800",
]


@pytest.fixture(scope="module")
def context_of() -> Callable[..., Context]:
    @cache
    def made(connection: duckdb.DuckDBPyConnection, name: str, audience: str) -> Context:
        return report_context(
            connection,
            month=CLINICS[name].last_month,
            audience=audience,
            settings=Settings(),
            provenance=PROVENANCE,
        )

    return made


def test_any_id_has_a_file_name_of_its_own_that_stays_in_its_folder() -> None:
    slugs = [page_slug(one) for one in HOSTILE]
    assert len({slug.casefold() for slug in slugs}) == len(HOSTILE)
    for slug in slugs:
        assert set(slug) <= set("abcdefghijklmnopqrstuvwxyz0123456789-")
        assert 10 <= len(slug) <= 35
        assert not slug.startswith("-")


def test_a_slug_is_stable() -> None:
    assert page_slug("T-EXAMPLE-1") == "t-example-1-7ab2e2b8fa"


def test_every_audience_is_told_of_a_therapist_by_the_clinics_first_measure(
    connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    contexts = [
        context_of(connection_of("usual"), "usual", audience)
        for audience in ("director", "therapist")
    ]
    first = contexts[0].first_measure
    assert first is not None
    assert first.instrument.name == "PHQ-9"
    for context in contexts:
        for subject in context.figures.subjects_at("therapist"):
            assert context.figures.measures(subject.key)[0] == first


@pytest.mark.parametrize("name", ["usual", "one therapist, no programmes", "empty month"])
def test_a_therapist_reads_nothing_of_anybody_else(
    name: str, connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    context = context_of(connection_of(name), name, "therapist")
    pages = list(own_pages(context))
    therapists = context.figures.subjects_at("therapist")
    assert len(pages) == len(therapists) > 0
    for page, subject in zip(pages, therapists, strict=True):
        assert page.stem == f"{page_slug(subject.subject_id)}/index"
        assert page.report.companions == ()
        text = page.report.to_json()
        assert subject.name in text
        for other in therapists:
            if other != subject:
                assert other.name not in text
                assert page_slug(other.subject_id) not in text
        assert CLINICS[name].programmes.keys() & set(text.split('"')) == set()


def test_a_therapists_page_is_the_same_when_the_others_have_other_figures(
    connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    context = context_of(connection_of("usual"), "usual", "therapist")
    subject = context.figures.subjects_at("therapist")[1]
    groups = [
        one for one in context.figures.subjects_at("group") if subject.subject_id in one.led_by_ids
    ]
    assert groups
    alone = replace(context, figures=context.figures.about([subject, *groups]))
    every = {page.stem: page.report.to_json() for page in own_pages(context)}
    [only] = own_pages(alone)
    assert every[only.stem] == only.report.to_json()


def test_figures_about_one_hold_the_rows_of_nobody_else(
    connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    figures = context_of(connection_of("usual"), "usual", "director").figures
    subject = figures.subjects_at("therapist")[0]
    about = figures.about([subject])
    assert about.activity(subject.key, "rolling_12m", figures.month_end_on) is not None
    for other in figures.subjects:
        if other != subject:
            assert about.activity(other.key, "rolling_12m", figures.month_end_on) is None
            assert about.measures(other.key) == []
    assert about.subjects == (subject,)
    assert about.deliveries == ()


def test_names_lead_to_pages_and_pages_back(
    connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    context = context_of(connection_of("usual"), "usual", "director")
    links = links_to_subjects(context)
    report = clinic_report(replace(context, links=links))
    pages = list(subject_pages(context))
    assert {f"{page.stem}.html" for page in pages} == set(links.values())
    linked = {link for link in links.values() if json.dumps(link) in report.to_json()}
    assert linked == set(links.values())
    assert {page.report.companions[0].file for page in pages} == {"../index.html"}
    assert {page.stem.partition("/")[0] for page in pages} == {"programmes", "therapists", "groups"}


@pytest.mark.parametrize("name", ["usual", "activity only", "empty month", "badly measured"])
def test_every_page_says_something_true_in_short(
    name: str, connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    context = context_of(connection_of(name), name, "director")
    for page in subject_pages(context):
        report = page.report
        assert report.in_short
        assert report.sections[-1].section_id == "method"
        assert "claims" not in {section.section_id for section in report.sections}
        subject_level = page.stem.partition("/")[0]
        if subject_level != "programmes":
            assert "the twelve months to" in report.head.month_name
            assert all(card.trend is None for card in report.key_figures)


def test_what_is_missing_is_told_as_counts(
    connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    context = context_of(connection_of("badly measured"), "badly measured", "therapist")
    for page in own_pages(context):
        section = next(one for one in page.report.sections if one.section_id == "completeness")
        for row in section.tables[0].rows:
            share, missing = row.cells[1], row.cells[2]
            x, n = (int(part) for part in share.small.split("; ")[-1].split(" of "))
            assert missing.value == n - x


def test_a_therapists_page_lies_in_a_folder_of_its_own(
    tmp_path: Path, connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    context = context_of(connection_of("usual"), "usual", "therapist")
    page = next(own_pages(context))
    page_file, data = write_page(tmp_path, page)
    assert page_file.parent == data.parent == tmp_path / page.stem.partition("/")[0]
    assert (page_file.name, data.name) == ("index.html", "report.json")


def test_a_page_beside_others_keeps_its_data_under_its_own_name(
    tmp_path: Path, connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    context = context_of(connection_of("usual"), "usual", "therapist")
    page = next(own_pages(context))
    beside = SubjectPage("therapists/one", page.report)
    page_file, data = write_page(tmp_path, beside)
    assert (page_file.name, data.name) == ("one.html", "one.json")
    assert json.loads(data.read_text(encoding="utf-8"))["head"]["audience"] == "therapist"


@pytest.mark.parametrize(
    ("month", "kinds"),
    [
        (date(2026, 8, 1), ("month",)),
        (date(2026, 9, 1), ("month", "quarter")),
        (date(2026, 12, 1), ("month", "quarter", "year")),
    ],
)
def test_a_quarter_and_a_year_come_with_their_last_month(
    month: date, kinds: tuple[str, ...]
) -> None:
    assert tuple(each.kind for each in periods_that_end_with(month)) == kinds


def _written(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def written_into(
    folder: Path, pages: list[SubjectPage], look: ReportSettings = OURS
) -> Iterator[Callable[[], object]]:
    """The tasks that put pages with their PDFs into the folders of their audiences."""
    for page in pages:
        audience = folder / page.report.head.audience
        yield partial(write_page, audience, page, paper="a4", look=look)


def test_pages_have_a_pdf_and_processes_write_what_one_writes(
    tmp_path: Path, connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    director = context_of(connection_of("usual"), "usual", "director")
    therapist = context_of(connection_of("usual"), "usual", "therapist")
    pages = [*list(subject_pages(director))[-2:], *list(own_pages(therapist))[:2]]
    for folder, many in (("one", len(pages) + 1), ("two", len(pages))):
        with Crew(many=many) as crew:
            crew.do(written_into(tmp_path / folder, pages))
    one = _written(tmp_path / "one")
    assert one == _written(tmp_path / "two")
    assert len(one) == 3 * len(pages)
    for page in pages:
        stem = f"{page.report.head.audience}/{page.stem}"
        printed = pypdf.PdfReader(io.BytesIO(one[f"{stem}.pdf"]), strict=True)
        head = page.report.head
        assert printed.metadata is not None
        assert printed.metadata.title == head.title
        text = " ".join(printed.pages[-1].extract_text().split())
        assert head.state_words in text
        link = f'href="{Path(page.stem).name}.pdf"'
        assert link in one[f"{stem}.html"].decode()


def test_a_page_without_a_paper_has_no_pdf_and_names_none(
    tmp_path: Path, connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    context = context_of(connection_of("usual"), "usual", "therapist")
    write_page(tmp_path, next(own_pages(context)))
    assert not list(tmp_path.rglob("*.pdf"))
    assert ".pdf" not in next(tmp_path.rglob("*.html")).read_text(encoding="utf-8")


def test_an_error_in_a_process_is_told_as_it_is(
    tmp_path: Path, connection_of: Connections, context_of: Callable[..., Context]
) -> None:
    context = context_of(connection_of("usual"), "usual", "therapist")
    own = tmp_path / "templates"
    own.mkdir()
    (own / "month.html.j2").write_text("{{ report.no_such_name }}", encoding="utf-8")
    look = ReportSettings(templates=own)
    pages = [next(own_pages(context))]
    with Crew(many=1) as crew, pytest.raises(ModelError, match="asks for something"):
        crew.do(written_into(tmp_path, pages, look=look))
