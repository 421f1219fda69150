"""What is printed is the report: tagged for readers' software, the same bytes each time."""

import io
import pickle
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import pypdf
import pytest
from pypdf.generic import ArrayObject, DictionaryObject

from pipelines.errors import ModelError, SettingsError
from pipelines.home import read_settings
from pipelines.reporting.model import Cell, Chart, Column, Page, Report, Row, Section, Table
from pipelines.reporting.output import typesetting
from pipelines.reporting.output.glyphs import PLAIN, printable
from pipelines.reporting.output.pdf import render_pdf
from pipelines.reporting.output.tokens import paper_colours
from pipelines.reporting.output.typesetting import can_be_drawn

ReportOf = Callable[[str, str], Report]
ROOT = Path(__file__).parents[3]
# Points, of which 72 are an inch.
A4, LETTER = (595, 842), (612, 792)
HOSTILE = (
    "<script>alert(1)</script>",
    "{{ 7 * 7 }}",
    "#let x = 7",
    "$x^2$ _a_ *b* `c` @d",
    "=cmd()",
    "\\u{41} \"quoted\" 'single'",
    "// no comment",
    "x" * 500,
)


def opened(printed: bytes) -> pypdf.PdfReader:
    """The PDF as a reader's software sees it."""
    return pypdf.PdfReader(io.BytesIO(printed), strict=True)


@pytest.fixture
def director(report_of: ReportOf) -> Report:
    """The director's report of an ordinary month."""
    return report_of("usual", "director")


@pytest.fixture
def printed(director: Report) -> pypdf.PdfReader:
    """That report, printed."""
    if not PRINTED:
        PRINTED.append(render_pdf(director))
    return opened(PRINTED[0])


PRINTED: list[bytes] = []


def text_of(reader: pypdf.PdfReader) -> str:
    """All texts in the order of paper, with single spaces."""
    return squeezed(" ".join(page.extract_text() for page in reader.pages))


def squeezed(text: str) -> str:
    """A text without what depends on where its lines break."""
    return re.sub(r"\s+", "", text).replace("\u00ad", "").replace("\u200b", "")


def tags(node: object) -> Iterator[DictionaryObject]:
    """Every element of the structure tree."""
    node = node.get_object() if hasattr(node, "get_object") else node  # pyright: ignore
    if isinstance(node, ArrayObject):
        for each in node:
            yield from tags(each)
    elif isinstance(node, DictionaryObject) and "/S" in node:
        yield node
        yield from tags(node.get("/K", ArrayObject()))


def root_of(reader: pypdf.PdfReader) -> Any:
    """The catalogue of a PDF, whose entries have no types."""
    return reader.trailer["/Root"]


def fonts_of(page: Any) -> list[Any]:
    """The fonts of one page."""
    return list(page["/Resources"]["/Font"].values())


def structure(reader: pypdf.PdfReader) -> list[DictionaryObject]:
    """The elements of a PDF's structure tree, in the order of reading."""
    return list(tags(root_of(reader)["/StructTreeRoot"]["/K"]))


def page_of(*texts: str) -> Page:
    """A page that shows each text as paragraph, title, head of a column and cell."""
    return Page(
        title=texts[0],
        clinic=texts[-1],
        lead=texts[0],
        language="en",
        sections=tuple(
            Section(
                section_id=f"part-{place}",
                title=text,
                paragraphs=(text,),
                tables=(
                    Table(
                        f"table-{place}",
                        text,
                        (Column("a", text, is_number=False), Column("b", "b")),
                        (Row((Cell(text), Cell("1", small=text))),),
                        note=text,
                    ),
                ),
            )
            for place, text in enumerate(texts)
        ),
    )


def test_a_report_is_pdf_ua_with_title_language_and_outline(
    director: Report, printed: pypdf.PdfReader
) -> None:
    root = root_of(printed)
    metadata = printed.xmp_metadata
    assert metadata is not None
    xmp = metadata.stream.get_data().decode()
    assert "<pdfuaid:part>1</pdfuaid:part>" in xmp
    assert metadata.dc_title == {"x-default": director.head.title}
    assert root["/MarkInfo"]["/Marked"] == True  # noqa: E712 - a PDF's own kind of true
    assert root["/Lang"] == "en"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"] == True  # noqa: E712
    outline = [entry.title for entry in printed.outline if not isinstance(entry, list)]
    assert [section.title for section in director.sections if section.title not in outline] == []


def test_tables_have_tagged_heads_and_drawings_have_words(
    director: Report, printed: pypdf.PdfReader
) -> None:
    elements = structure(printed)
    kinds = [str(element["/S"]) for element in elements]
    charts = [chart for section in director.sections for chart in section.charts]
    assert charts
    assert kinds.count("/Table") > len(director.sections)
    assert kinds.count("/TH") >= 2 * kinds.count("/Table")
    told = [str(element["/Alt"]) for element in elements if element["/S"] == "/Figure"]
    assert all(told)
    for chart in charts:
        assert f"{chart.title}. {chart.summary}" in told
    for card in director.key_figures:
        if card.trend:
            assert any(text.startswith(f"{card.name}: ") for text in told)


def test_headings_skip_no_level(printed: pypdf.PdfReader) -> None:
    levels = [
        int(str(each["/S"])[2:])
        for each in structure(printed)
        if re.fullmatch(r"/H\d", str(each["/S"]))
    ]
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def shown_texts(sections: tuple[Section, ...]) -> Iterator[str]:
    """What the sections of a report say, cell by cell."""
    for section in sections:
        yield from (section.title, *section.paragraphs)
        for definition in section.definitions:
            yield from (definition.term, definition.text)
        for chart in section.charts:
            yield from (chart.title, chart.subtitle, chart.summary)
        for table in (*section.tables, *(chart.table for chart in section.charts if chart.table)):
            yield from (table.caption, table.note)
            for row in table.rows:
                for cell in row.cells:
                    yield from (cell.text, cell.small)
        yield from shown_texts(section.parts)


@pytest.mark.parametrize("audience", ["director", "public"])
def test_every_sentence_and_figure_is_on_paper(report_of: ReportOf, audience: str) -> None:
    report = report_of("usual", audience)
    reader = opened(render_pdf(report))
    # A sentence may run over the foot of a page and the head of the next.
    furniture = squeezed(f"{report.head.title} · {report.head.state_words}")
    text = re.sub(rf"{re.escape(furniture)}\d+/\d+", "", text_of(reader))
    text = text.replace(squeezed("Draft: not released"), "")
    assert report.in_short
    wanted = [sentence.text for sentence in (*report.in_short, *report.look_at)]
    for card in report.key_figures:
        wanted += [card.name, card.figure, card.of, card.interval, card.note, card.year_ago]
        wanted += [part for each in card.details for part in (each.term, each.text)]
    wanted += shown_texts(report.sections)
    missing = [each for each in wanted if squeezed(each) not in text]
    assert not missing


def test_every_page_names_month_version_state_and_its_number(
    director: Report, printed: pypdf.PdfReader
) -> None:
    n_pages = len(printed.pages)
    assert n_pages > 3
    for number, page in enumerate(printed.pages, start=1):
        text = squeezed(page.extract_text())
        assert squeezed(director.head.title) in text
        assert squeezed(director.head.state_words) in text
        assert f"{number}/{n_pages}" in text
        assert squeezed("Draft: not released") in text


def test_a_released_report_is_no_draft(director: Report) -> None:
    head = replace(director.head, state="released", state_words="Version 1, released")
    report = replace(director, head=head, sections=(), look_at=(), key_figures=())
    assert "Draft" not in text_of(opened(render_pdf(report)))


@pytest.mark.parametrize(("paper", "size"), [("a4", A4), ("letter", LETTER)])
def test_paper_has_the_size_of_the_setting(
    tmp_path: Path, paper: str, size: tuple[int, int]
) -> None:
    settings = tmp_path / "clinic.toml"
    settings.write_text(
        f'[clinic]\nname = "Example"\npseudonym_salt = "p"\n[print]\npaper = "{paper}"\n'
    )
    set_paper = read_settings(settings).print.paper
    assert set_paper is not None
    printed = render_pdf(page_of("One"), paper=set_paper)
    boxes = {
        tuple(round(float(side)) for side in page.mediabox[2:]) for page in opened(printed).pages
    }
    assert boxes == {size}


def test_another_paper_is_refused_with_those_that_there_are(tmp_path: Path) -> None:
    settings = tmp_path / "clinic.toml"
    settings.write_text('[clinic]\nname = "E"\npseudonym_salt = "p"\n[print]\npaper = "a5"\n')
    with pytest.raises(SettingsError, match=r"(?s)\[print\] paper.*a4 or letter or none.*a5"):
        read_settings(settings)


def test_the_paper_is_part_of_what_a_report_is_made_from(tmp_path: Path) -> None:
    settings = tmp_path / "clinic.toml"
    lines = '[clinic]\nname = "E"\npseudonym_salt = "p"\n'
    settings.write_text(lines)
    before = read_settings(settings).digest
    settings.write_text(f'{lines}[print]\npaper = "letter"\n')
    assert read_settings(settings).digest != before


def test_markup_comes_out_as_text() -> None:
    page = page_of(*HOSTILE)
    text = text_of(opened(render_pdf(page)))
    for hostile in HOSTILE:
        # As title, paragraph, caption, head, cell, small text and note.
        assert text.count(squeezed(hostile)) >= 7, hostile[:40]


def test_a_hostile_name_in_a_drawing_comes_out_as_text() -> None:
    name = "</text><script>#let 王\u202e🙂"
    rows = ({"order": 0, "stage": name, "n": 3, "text": name, "is_part": False},)
    chart = Chart("c", "flow", name, name, name, {"bars": rows})
    page = replace(page_of("One"), sections=(Section("s", "S", charts=(chart,)),))
    text = text_of(opened(render_pdf(page)))
    assert squeezed(name.replace("王\u202e🙂", "[U+738B][U+202E][U+1F642]")) in text


@pytest.mark.parametrize(("n_curves", "are_beside"), [(2, True), (1, False)])
def test_several_curves_stand_beside_each_other(n_curves: int, are_beside: bool) -> None:
    spots = ("value", "lower", "upper", "began")
    points = [
        dict.fromkeys(spots, 5 - order)
        | {"order": order, "label": f"{order}", "n_text": "9", "text": "", "began_text": ""}
        for order in (1, 2, 3)
    ]
    data = {"points": tuple(points), "extent": ({"order": 1, "value": 27},)}
    curves = [Chart(f"c{place}", "curve", f"Curve {place}", "", "", data) for place in range(2)]
    bar = {"order": 0, "stage": "A", "n": 3, "text": "3", "is_part": False}
    flow = Chart("f", "flow", "Flow 1", "", "", {"bars": (bar,)})
    section = Section("s", "S", charts=(*curves[:n_curves], *[flow][: 2 - n_curves]))
    heights: dict[str, float] = {}

    def seen(text: str, page_at: Any, text_at: Any, *_: Any) -> None:
        if text.strip().startswith(("Curve ", "Flow ")):
            heights[text.strip()] = round(page_at[5] + page_at[3] * text_at[5])

    pages = opened(render_pdf(replace(page_of("One"), sections=(section,)))).pages
    pages[0].extract_text(visitor_text=seen)
    one, other = heights.values()
    assert one > 0
    assert (one == other) is are_beside


def test_what_no_font_has_is_written_by_its_number() -> None:
    shown = {
        "Zoë Łukasz Đorđe − – ≥ · 5 % “q”": "Zoë Łukasz Đorđe − – ≥ · 5 % “q”",
        "Ελένη Привет": "Ελένη Привет",
        "שלום": "שלום",
        "王 a": "[U+738B] a",
        "🙂": "[U+1F642]",
        "bell\x07 null\x00": "bell[U+0007] null[U+0000]",
        "tab\tline\nend": "tab line end",
        "left\u202eright": "left[U+202E]right",
    }
    assert {text: printable(text) for text in shown} == shown
    text = text_of(opened(render_pdf(page_of(*shown))))
    assert squeezed("[U+738B] a") in text
    assert squeezed("[U+1F642]") in text


def test_marks_of_another_font_than_their_letters_are_printed_by_number() -> None:
    torn = "\u279d\u25b4\u20e2"
    assert all(can_be_drawn(character) for character in torn)
    assert not can_be_drawn(torn)
    assert printable(f"a{torn}") == "a[U+279D][U+25B4][U+20E2]"


def test_letters_that_are_not_looked_up_are_in_the_fonts() -> None:
    plain = re.compile(f"[{PLAIN}]")
    letters = [chr(code) for code in range(0x20, 0x2300) if plain.match(chr(code))]
    assert len(letters) > 300
    assert can_be_drawn(" ".join(letters))


def test_the_same_report_gives_the_same_bytes(report_of: ReportOf, tmp_path: Path) -> None:
    report = report_of("usual", "public")
    here = render_pdf(report)
    assert b"CreationDate" not in here
    program = (
        "import pickle, sys; from pathlib import Path\n"
        "from pipelines.reporting.output.pdf import render_pdf\n"
        "report = pickle.loads(Path(sys.argv[1]).read_bytes())\n"
        "sys.stdout.buffer.write(render_pdf(report))\n"
    )
    (tmp_path / "report").write_bytes(pickle.dumps(report))
    # Another process, another folder of fonts, another day.
    there = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "report")],
        cwd=ROOT,
        capture_output=True,
        check=True,
        env={"PATH": "", "TZ": "Asia/Tokyo", "SOURCE_DATE_EPOCH": "86400"},
    ).stdout
    assert there == here


def test_a_table_that_no_sheet_has_room_for_is_told_row_by_row() -> None:
    columns = tuple(Column(f"c{place}", f"Column {place}") for place in range(12))
    row = Row(tuple(Cell(f"{place}00", small="small" if place == 3 else "") for place in range(12)))
    wide = Table("wide", "Wide", columns, (row, replace(row, cells=(*row.cells[:11], Cell("")))))
    page = replace(page_of("One"), sections=(Section("s", "S", tables=(wide,)),))
    text = text_of(opened(render_pdf(page)))
    assert squeezed("Column 2: 200; Column 3: 300 small; Column 4: 400") in text
    assert text.count("Column11:") == 1, "an empty cell is not told"


@pytest.mark.parametrize(
    ("n", "name", "is_number", "n_parts"),
    [(12, "Month", True, 3), (11, "Month", True, 1), (12, "Month" * 7, True, 1),
     (12, "Month", False, 1)],
)  # fmt: skip
def test_a_long_strip_of_names_and_numbers_stands_in_parts(
    n: int, name: str, is_number: bool, n_parts: int
) -> None:
    columns = (Column("a", "Name", is_number=False), Column("b", "Share", is_number=is_number))
    rows = tuple(Row((Cell(name), Cell(f"9{place:02}"))) for place in range(n))
    part = Section("part", "A part", tables=(Table("table", "Long", columns, rows),))
    page = replace(page_of("Short"), sections=(part,))
    found = text_of(opened(render_pdf(page)))
    assert found.count("Share") == n_parts
    # Each row stands once, and in its order.
    places = [found.index(f"9{place:02}") for place in range(n)]
    assert places == sorted(places)
    assert all(found.count(f"9{place:02}") == 1 for place in range(n))


def test_only_fonts_of_packages_are_used(printed: pypdf.PdfReader) -> None:
    names = {
        str(font.get_object()["/BaseFont"]).partition("+")[2]
        for page in printed.pages
        for font in fonts_of(page)
    }
    assert names
    assert all(
        name.startswith(("SourceSansPro", "DejaVu", "Libertinus", "NewCM")) for name in names
    )


def test_colours_come_from_the_one_place_for_them(tmp_path: Path) -> None:
    assert paper_colours()["better"] == "#0072b2"
    used = set(re.findall(r"colours\.([\w-]+)", (ROOT / "reports/print/page.typ").read_text()))
    assert used
    assert used <= set(paper_colours())


def test_a_broken_template_is_named_with_its_line(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken.typ").write_text("#let page = 1\n#page.nothing\n")
    monkeypatch.setattr(typesetting, "PRINT_FOLDER", tmp_path)
    with pytest.raises(ModelError, match=r"(?s)broken\.typ.*broken\.typ:2"):
        typesetting.typeset("broken.typ", {})


def test_an_error_does_not_quote_what_was_to_be_printed(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "glyph.typ").write_text(
        "#set document(title: [t])\n#json(bytes(sys.inputs.page)).name\n"
    )
    monkeypatch.setattr(typesetting, "PRINT_FOLDER", tmp_path)
    with pytest.raises(ModelError) as caught:
        typesetting.typeset("glyph.typ", {"name": "王小明"})
    assert "王" not in str(caught.value)


def pieces(reader: pypdf.PdfReader) -> list[tuple[float, str]]:
    """The texts of the first page with the place at which each begins on its line."""
    found: list[tuple[float, str]] = []

    def see(text: str, _: Any, placed: Any, *__: Any) -> None:
        found.append((placed[4], text.strip()))

    reader.pages[0].extract_text(visitor_text=see)
    return found


def test_a_narrow_column_keeps_its_words_and_ranges_in_one_piece() -> None:
    long = Cell("28\u00a0%", small="too few for a rate; 10–36\u00a0%; 10 of 55")
    row = Row(
        (
            Cell("Therapist Example"),
            *[long] * 4,
            Cell("24\u00a0%", small="14–33\u00a0%"),
            *[long] * 3,
        )
    )
    heads = ["Therapist", *["Measured on any listed measure, of finished"] * 3, "Adjusted"]
    heads += ["Drawn towards the average", *["Expected of these clients"] * 3]
    table = Table(
        table_id="wide",
        caption="Wide",
        columns=tuple(Column(f"c{place}", head, place > 0) for place, head in enumerate(heads)),
        rows=(row,),
    )
    section = Section(section_id="wide", title="Wide", tables=(table,))
    page = Page("Wide", "Made-up Clinic", "How.", "en", (section,))
    found = pieces(opened(render_pdf(page)))
    assert "14–33\u00a0%" in [text for _, text in found]
