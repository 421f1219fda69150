"""What a clinic changes about its reports: sections, texts, a colour, templates of its own."""

import re
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any, cast

import pytest
from pypdf import PdfReader
from pypdf.generic import IndirectObject

from pipelines.errors import ModelError, SettingsError
from pipelines.home import read_settings
from pipelines.report_settings import (
    OURS,
    PAPERS,
    SECTIONS,
    OwnText,
    ReportSettings,
    contrast,
)
from pipelines.reporting.model import Page, Report
from pipelines.reporting.output.html import render_month, render_page
from pipelines.reporting.output.pdf import render_pdf
from pipelines.reporting.pages.arrangement import arranged

ReportOf = Callable[[str, str], Report]
LOGO = b"""<svg xmlns="http://www.w3.org/2000/svg" width="30" height="10">
<rect width="30" height="10" fill="#336699"/></svg>"""
TOKENS = Path(__file__).parents[3] / "reports" / "static" / "tokens.css"


def settings_of(folder: Path, text: str) -> ReportSettings:
    file = folder / "clinic.toml"
    clinic = '[clinic]\nname = "Example"\npseudonym_salt = "x"\n'
    file.write_text(clinic + text, encoding="utf-8")
    return read_settings(file).report


def ids(report: Report) -> list[str]:
    return [section.section_id for section in report.sections]


def test_the_names_of_sections_are_those_of_a_page(report_of: ReportOf) -> None:
    found = set(ids(report_of("usual", "director")))
    assert found - set(SECTIONS) == {"method"}
    assert len(found & set(SECTIONS)) >= 7


def test_sections_move_and_are_left_out_and_texts_stand_between(report_of: ReportOf) -> None:
    report = report_of("usual", "director")
    look = ReportSettings(
        first=("trust", "outcomes"),
        hidden=("equity", "work"),
        texts=(OwnText("Our year", "One.\n\nTwo.", "outcomes"), OwnText("Last", "Bye.", "work")),
    )
    found = ids(arranged(report, look))
    assert found[:3] == ["trust", "own-1", "outcomes"]
    assert found[-2:] == ["method", "own-2"]
    assert {"equity", "work"}.isdisjoint(found)
    rest = [name for name in ids(report) if name not in {"trust", "outcomes", "equity", "work"}]
    assert found[3:-1] == rest
    assert arranged(report, look).sections[1].paragraphs == ("One.", "Two.")


def test_settings_are_read_with_texts_and_colour(tmp_path: Path) -> None:
    found = settings_of(
        tmp_path,
        '[report]\nfirst = ["trust"]\naccent = "#00437a"\n'
        '[[report.texts]]\ntitle = "Our year"\ntext = "<b>One</b>"\nbefore = "trust"\n',
    )
    assert found.first == ("trust",)
    assert found.countries == ("england", "united_states")
    assert settings_of(tmp_path, "[report]\ncountries = []\n").countries == ()
    assert found.accent == "#00437a"
    assert found.texts == (OwnText("Our year", "<b>One</b>", "trust"),)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('hidden = ["method"]', "cannot be moved or left out"),
        ('first = ["trust", "trust"]', "one of them twice"),
        ('accent = "red"', "not written as one"),
        ('accent = "#777777"', r"4.5 : 1 with #ffffff at least\n  found: 4.48 : 1"),
        ('accent_dark = "#1f4e79"', "too close to the paper"),
        ("accnt = 1", "nothing reads"),
        ('countries = ["england", "wales"]', "found: wales"),
        ('texts = [{title = "A", text = "B", before = "nowhere"}]', "found: nowhere"),
    ],
)
def test_a_wrong_setting_says_what_is_expected(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(SettingsError, match=expected):
        settings_of(tmp_path, f"[report]\n{text}\n")


def test_contrast_is_that_of_the_published_formula() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    # Both sides of 4.5 : 1 on white.
    assert contrast("#767676", "#ffffff") > 4.5 > contrast("#777777", "#ffffff")


def test_the_papers_are_those_of_the_style_sheet() -> None:
    papers = re.findall(r"--paper:\s*(#[0-9a-f]{6})", TOKENS.read_text(encoding="utf-8"))
    assert papers == [PAPERS["accent"], PAPERS["accent_dark"]]


def test_a_colour_and_hostile_texts_come_out_as_they_should(report_of: ReportOf) -> None:
    text = OwnText("<script>alert(1)</script>", "{{ report.head }} {% raw %} =cmd()", "")
    look = ReportSettings(texts=(text,), accent="#00437a", accent_dark="#8fc1ee")
    page = render_month(arranged(report_of("activity only", "director"), look), look)
    assert ":root { --accent: #00437a; }" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "{{ report.head }} {% raw %} =cmd()" in page
    assert "<script>alert" not in page


def test_a_logo_is_on_every_page_and_on_paper_with_the_colour(
    report_of: ReportOf, tmp_path: Path
) -> None:
    (tmp_path / "logo.svg").write_bytes(LOGO)
    look = settings_of(tmp_path, '[report]\nlogo = "logo.svg"\naccent = "#7a0043"\n')
    assert look.logo is not None
    report = report_of("activity only", "director")
    assert f'<img class="logo" src="{look.logo.address}" alt="">' in render_month(report, look)
    assert "<img" not in render_month(report)
    page = Page("Methods", "Made-up Clinic", "How.", "en", report.sections[:1])
    assert look.logo.address in render_page(page, look)
    assert rgb("#336699") in colours_of(render_pdf(page, look=look))
    clinics, plain = (colours_of(render_pdf(report, look=one)) for one in (look, OURS))
    # The logo's own colour, and the accent in place of ours, in drawings too.
    assert {rgb("#336699"), rgb("#7a0043")} <= clinics
    assert rgb("#1f4e79") not in clinics
    assert rgb("#1f4e79") in plain
    assert rgb("#336699") not in plain


def rgb(colour: str) -> tuple[float, ...]:
    return tuple(round(int(colour[place : place + 2], 16) / 255, 3) for place in (1, 3, 5))


def _object(reader: PdfReader, number: int) -> Any:
    return reader.get_object(IndirectObject(number, 0, reader))


def colours_of(printed: bytes) -> set[tuple[float, ...]]:
    """The colours that a PDF's pages and the drawings in them name, from all of its streams."""
    reader = PdfReader(BytesIO(printed))
    text = b"\n".join(
        found.get_data()
        for number in range(1, cast(int, reader.trailer["/Size"]))
        if hasattr(found := _object(reader, number), "get_data")
    )
    found = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:scn|SCN|rg|RG)\b", text)
    return {tuple(round(float(part), 3) for part in each) for each in found}


def test_a_clinics_template_extends_ours(report_of: ReportOf, tmp_path: Path) -> None:
    (tmp_path / "month.html.j2").write_text(
        '{% extends "ours/month.html.j2" %}\n'
        "{% block title %}Own: {{ report.head.clinic }}{% endblock %}\n",
        encoding="utf-8",
    )
    page = render_month(report_of("activity only", "director"), ReportSettings(templates=tmp_path))
    assert "<title>Own: " in page
    assert "draft: not released" in page


@pytest.mark.parametrize(
    ("template", "line", "expected"),
    [
        ("fine\n{% for %}\n", 2, "not well formed"),
        ("{{ report.head.state_words }}\n\n{{ report.nothing }}", 3, "nothing"),
        ("\n{{ ''.__class__.__mro__ }}", 2, "does not have"),
        ("\n{{ 1 / 0 }}", 2, "ZeroDivisionError"),
        ("\n{% include 'absent.html.j2' %}", 2, "absent.html.j2"),
    ],
)
def test_a_broken_template_of_a_clinic_names_its_file_and_line(
    report_of: ReportOf, tmp_path: Path, template: str, line: int, expected: str
) -> None:
    (tmp_path / "month.html.j2").write_text(template, encoding="utf-8")
    with pytest.raises(ModelError) as raised:
        render_month(report_of("activity only", "director"), ReportSettings(templates=tmp_path))
    assert raised.value.where == f"{tmp_path}/month.html.j2, line {line}"
    assert expected in str(raised.value)
    assert "last good page stays" in raised.value.todo


def test_a_template_cannot_hide_that_a_report_is_a_draft(
    report_of: ReportOf, tmp_path: Path
) -> None:
    (tmp_path / "month.html.j2").write_text("{{ report.head.title }}", encoding="utf-8")
    with pytest.raises(ModelError, match="leaves out whether the report is released"):
        render_month(report_of("activity only", "director"), ReportSettings(templates=tmp_path))
