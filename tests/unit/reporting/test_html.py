"""The page prints the report and nothing else: self-contained, escaped, accessible in its bones."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import pytest

from pipelines.errors import ModelError
from pipelines.reporting.model import (
    Cell,
    Chart,
    Column,
    Definition,
    Page,
    Report,
    Row,
    Section,
    Table,
)
from pipelines.reporting.output import html as html_module
from pipelines.reporting.output.charts import svg
from pipelines.reporting.output.drawings.marks import NARROW, SIZES, WIDE
from pipelines.reporting.output.drawings.trend import placed
from pipelines.reporting.output.html import FOLD_FROM, render_index, render_month, render_page
from pipelines.reporting.write import IndexEntry, index_entries, write_index, write_report
from tests.unit.reporting.conftest import CLINICS

ReportOf = Callable[[str, str], Report]
HOSTILE = "<script>alert(1)</script>{{ 7 * 7 }}\"'&\u202e=cmd()" + "x" * 500


class Elements(HTMLParser):
    """Every element of a page with its attributes, and its text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.found if name == tag]


@pytest.mark.parametrize("audience", ["director", "public"])
@pytest.mark.parametrize("name", list(CLINICS))
def test_a_page_is_whole_by_itself(report_of: ReportOf, name: str, audience: str) -> None:
    page = render_month(report_of(name, audience))
    elements = Elements(page)
    assert not re.findall(r"(?:src|href)=\"(?!#)[^\"]*\"", page), (
        "nothing is fetched, links stay on the page"
    )
    assert "url(http" not in page
    assert not {"link", "img", "iframe", "object"} & {tag for tag, _ in elements.found}
    assert len(elements.all("script")) == 1
    ids = [attributes["id"] for _, attributes in elements.found if attributes.get("id")]
    assert len(ids) == len(set(ids))
    targets = {str(attributes["href"]).removeprefix("#") for attributes in elements.all("a")}
    assert targets <= set(ids)


def test_tables_have_captions_and_heads_and_drawings_have_words(report_of: ReportOf) -> None:
    page = render_month(report_of("usual", "director"))
    elements = Elements(page)
    assert len(elements.all("table")) == len(elements.all("caption"))
    assert {head.get("scope") for head in elements.all("th")} == {"col", "row"}
    drawings = [each for each in elements.all("svg") if each.get("aria-hidden") != "true"]
    assert len(drawings) >= 8
    assert all(each.get("role") == "img" and each.get("aria-label") for each in drawings)
    assert [tag for tag, _ in elements.found].count("h1") == 1


@pytest.mark.parametrize(
    ("n_rows", "always", "is_folded"),
    [(FOLD_FROM, False, False), (FOLD_FROM + 1, False, True), (2, True, True)],
)
def test_a_long_table_is_folded_and_keeps_its_caption(
    report_of: ReportOf, n_rows: int, always: bool, is_folded: bool
) -> None:
    report = report_of("activity only", "director")
    row = Row((Cell("a"), Cell("1", 1)))
    columns = (Column("name", "Name", is_number=False), Column("n", "n"))
    table = Table("long", "A long table", columns, (row,) * n_rows, is_folded=always)
    section = Section(section_id="one", title="One", tables=(table,))
    page = render_month(replace(report, sections=(section,), in_short=(), look_at=()))
    folds = [each for each in Elements(page).all("details") if each.get("class") == "fold"]
    assert len(folds) == int(is_folded)
    assert page.count("<caption><span>A long table</span></caption>") == 1
    assert (f"{n_rows} rows" in page) == is_folded


@pytest.mark.parametrize("folded_as", ["", "The rules in full"])
def test_a_part_that_is_folded_keeps_its_title_outside_and_all_of_it_inside(
    report_of: ReportOf, folded_as: str
) -> None:
    report = report_of("activity only", "director")
    rule = Definition("A term of the part", "What it means.")
    section = Section(
        section_id="one", title="One", folded_as=folded_as, parts=(
            Section(section_id="two", title="Two", definitions=(rule,)),
        ),
    )  # fmt: skip
    page = render_month(replace(report, sections=(section,), in_short=(), look_at=()))
    body = page[page.index('<section id="one"') :]
    before, _, inside = body.partition('<details class="fold">')
    assert ("A term of the part" in inside) == bool(folded_as)
    assert ("A term of the part" in before) != bool(folded_as)
    assert '<h2 id="one-title">One</h2>' in before
    if folded_as:
        assert inside.split("</details>")[0].count(folded_as) == 1
        assert "A term of the part" in inside.split("</details>")[0]


def test_bars_that_carry_their_numbers_do_not_say_them_twice(report_of: ReportOf) -> None:
    report = report_of("usual", "director")
    charts = {chart.drawing: chart for section in report.sections for chart in section.charts}
    page = render_month(report)
    for drawing, is_inside in (("profile", True), ("flow", False)):
        figure = page[page.index(f'<figure id="{charts[drawing].chart_id}"') :]
        figure = figure[: figure.index("</figure>")]
        before, _, inside = figure.partition("<details>")
        assert ('<p class="summary">' in inside) == is_inside
        assert ('<p class="summary">' in before) != is_inside


def test_every_sentence_and_cell_of_the_report_is_on_the_page(report_of: ReportOf) -> None:
    report = report_of("usual", "director")
    text = " ".join("".join(Elements(render_month(report)).text).split())
    for item in (*report.in_short, *report.look_at):
        assert " ".join(item.text.split()) in text
    for card in report.key_figures:
        assert card.figure.replace("\u00a0", " ") in text.replace("\u00a0", " ")


def test_hostile_names_come_out_as_text(report_of: ReportOf) -> None:
    report = report_of("activity only", "director")
    head = replace(report.head, clinic=HOSTILE, title=HOSTILE)
    page = render_month(replace(report, head=head))
    assert "<script>" not in page, "the page's own script has attributes"
    assert "{{ 7 * 7 }}" in "".join(Elements(page).text)
    style = page.split("<style>")[1].split("</style>")[0]
    assert "<" not in style
    assert "\\00003c" in style


def test_hostile_texts_in_a_drawing_are_escaped(report_of: ReportOf) -> None:
    flow = _charts(report_of("activity only", "director"))["flow"]
    bars = tuple({**bar, "stage": HOSTILE} for bar in flow.data["bars"])
    drawn = svg(replace(flow, title=HOSTILE, data={"bars": bars}), WIDE)
    assert "<script>" not in drawn


def test_drawings_are_the_same_each_time_and_take_colours_from_the_tokens(
    report_of: ReportOf,
) -> None:
    for chart in _charts(report_of("usual", "director")).values():
        for size in SIZES:
            drawn = svg(chart, size)
            assert drawn == svg(chart, size)
            assert not re.findall(r"(?:fill|stroke)=\"#", drawn), chart.chart_id


def test_the_narrow_trend_keeps_a_year_and_the_month_before_it(report_of: ReportOf) -> None:
    trend = _charts(report_of("usual", "director"))["trend-phq9"]
    points = placed(trend.data["points"], NARROW)
    assert len(points) == 13
    assert points[-1]["is_last"]
    assert points[-1]["is_labelled"]
    assert len(placed(trend.data["points"], WIDE)) == 24


def _charts(report: Report) -> dict[str, Chart]:
    parts = [part for section in report.sections for part in (section, *section.parts)]
    return {chart.chart_id: chart for part in parts for chart in part.charts}


def test_a_broken_template_names_itself_and_its_line(
    report_of: ReportOf, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "month.html.j2").write_text("fine\n{% for %}\n", encoding="utf-8")
    monkeypatch.setattr(html_module, "TEMPLATE_FOLDER", tmp_path)
    html_module._environment.cache_clear()
    try:
        with pytest.raises(ModelError, match=r"reports/templates/month.html.j2, line 2"):
            render_month(report_of("activity only", "director"))
        (tmp_path / "month.html.j2").write_text("{{ report.nothing }}", encoding="utf-8")
        html_module._environment.cache_clear()
        with pytest.raises(ModelError, match="nothing"):
            render_month(report_of("activity only", "director"))
    finally:
        html_module._environment.cache_clear()


def test_a_report_lies_in_its_audiences_folder(report_of: ReportOf, tmp_path: Path) -> None:
    report = report_of("activity only", "director")
    written = write_report(tmp_path, report, "first")
    assert written.page == tmp_path / "director" / "index.html"
    assert written.page.read_text(encoding="utf-8") == "first"
    assert written.data.read_text(encoding="utf-8") == report.to_json()
    assert [path.name for path in tmp_path.rglob("*.tmp")] == []


def test_a_draft_says_so_above_the_page_and_in_print(report_of: ReportOf) -> None:
    report = report_of("activity only", "director")
    page = render_month(report)
    assert ">Version 1, draft: not released</aside>" in page
    assert "draft" in page.split("@bottom-left", 1)[1].split("}", 1)[0]
    head = replace(
        report.head, state="released", state_words="Version 1, released by A", release_note="Read."
    )
    released = render_month(replace(report, head=head))
    assert '<aside class="draft-band"' not in released
    assert "Read." in released
    beside = Page(
        "Rules", "Clinic", "Lead", "en", (), state="draft", state_words="Version 1, draft"
    )
    assert ">Version 1, draft</aside>" in render_page(beside)


def test_the_index_lists_every_report_newest_first(report_of: ReportOf, tmp_path: Path) -> None:
    report = report_of("activity only", "director")
    older = replace(report, head=replace(report.head, month="2026-09", month_name="September 2026"))
    for each in (older, report, report_of("activity only", "public")):
        write_report(tmp_path / each.head.month / "v1", each, "page")
    # What a process is writing, or had begun to replace when it was killed, is no report.
    for name in ("v2.0123.tmp", "v1.replaced"):
        write_report(tmp_path / "2026-10" / name, report, "page")
    entries = index_entries(tmp_path)
    assert [(entry.month, entry.audience) for entry in entries] == [
        ("2026-10", "director"),
        ("2026-10", "public"),
        ("2026-09", "director"),
    ]
    path = write_index(tmp_path, render_index(entries))
    links = [str(each["href"]) for each in Elements(path.read_text(encoding="utf-8")).all("a")]
    assert all((tmp_path / link).is_file() for link in links)
    assert len(links) == 3


@pytest.mark.parametrize(
    ("kinds", "told"),
    [
        ((), None),
        (("turned_away",), "1 thing to look at: rows turned away."),
        # A kind of an earlier version of the program has no words any more.
        (("signal", "signal", "of_old"), "3 things to look at: a signal in a chart."),
        (("of_old", "of_old"), "2 things to look at."),
        (("signal", "rules_not_kept"), "a signal in a chart and licences and consents."),
    ],
)
def test_the_index_names_what_asks_for_a_look(kinds: tuple[str, ...], told: str | None) -> None:
    entry = IndexEntry("C", "2026-10", "October", "director", 1, "draft", ("A.",), kinds, "x.html")
    page = render_index((entry,))
    assert ("to look at" in page) == bool(kinds)
    assert told is None or told in page


def test_an_index_without_reports_says_so() -> None:
    assert "There is no report yet." in render_index(())


def test_a_page_may_run_its_one_script_and_no_other(report_of: ReportOf) -> None:
    page = render_month(report_of("activity only", "director"))
    (script,) = re.findall(r"<script[^>]*>(.*?)</script>", page, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in page
    assert "default-src 'none'" in page


def test_no_table_of_people_can_be_ordered_into_a_ranking(report_of: ReportOf) -> None:
    page = render_month(report_of("usual", "director"))
    tables = {str(each["id"]): each for each in Elements(page).all("table")}
    people = [name for name in tables if name.endswith(("therapists", "groups"))]
    assert {"therapists", "groups", "completeness-therapists"} <= set(people)
    assert not [name for name in people if "data-sort" in tables[name]]
    assert any("data-sort" in each for each in tables.values())
