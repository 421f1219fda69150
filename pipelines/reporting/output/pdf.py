"""Reports and pages as PDF/UA-1, for a printer and for readers' software.

What belongs here is what `reports/print/page.typ` is given: the texts of a report or a page in the
order of paper, its drawings, its colours. Every text reaches the template as data.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from typing import Any

from pipelines.report_settings import OURS, ReportSettings
from pipelines.reporting.model import Card, Cell, Chart, Column, Page, Report, Section, Table
from pipelines.reporting.output.drawings.marks import NARROW, WIDE, Size
from pipelines.reporting.output.glyphs import printable
from pipelines.reporting.output.print_drawings import print_drawing, print_sparkline
from pipelines.reporting.output.tokens import paper_colours
from pipelines.reporting.output.typesetting import FONTS, typeset
from pipelines.reporting.wording import Wording, load_wording

Colours = Mapping[str, str]
PAPERS = {"a4": "a4", "letter": "us-letter"}
DRAFT = "draft"
# From so many sections on, paper has a list of them.
CONTENTS_FROM = 5
# Millimetres on paper for each pixel of a drawing on the screen.
MM_PER_PIXEL = 0.26
# A column gets room by the length of its texts, in letters: no more than the last of these, which
# is less where there are many columns.
NARROWEST, BESIDE, WIDEST, WIDEST_OF_MANY = 6, 16, 48, 24
MANY_COLUMNS = 7
# Letters that a line has room for, and those that the gap between two columns takes: with many
# columns the letters are smaller.
LINE, LINE_OF_MANY, GAP = 105, 128, 3
# Of a table with more columns than a sheet has room for, each row is told in one cell.
MOST_COLUMNS = 10


def render_pdf(printed: Report | Page, *, paper: str = "a4", look: ReportSettings = OURS) -> bytes:
    """The report or page as PDF/UA-1 on `a4` or `letter`, with the clinic's colour and logo.

    Raises: ModelError naming the line of the template when it cannot be set.
    """
    words = load_wording(printed.language if isinstance(printed, Page) else printed.head.language)
    colours = {**paper_colours(), **({"accent": look.accent} if look.accent else {})}
    if isinstance(printed, Report):
        content = _report(printed, words, colours)
    else:
        content = _page(printed, colours)
    content |= {
        "paper": PAPERS[paper],
        "fonts": FONTS,
        "colours": colours,
        "logo": {"svg": look.logo.svg if look.logo else ""},
        "words": {
            "beside": words.say("page.beside"),
            "in_short": words.say("section.in_short"),
            "look_at": words.say("section.look_at"),
            "key_figures": words.say("section.key_figures"),
            "contents": words.say("print.contents"),
            "how_counted": words.say("print.how_counted"),
            "on_page": words.say("print.on_page", page="{page}"),
        },
    }
    return typeset("page.typ", printable(content))


def _report(report: Report, words: Wording, colours: Colours) -> dict[str, Any]:
    head = report.head
    return {
        "title": head.title,
        "clinic": head.clinic,
        "language": head.language,
        "heading": head.month_name,
        "state": head.state_words,
        "draft": words.say("print.draft") if head.state == DRAFT else "",
        "footer": words.say("page.printed", title=head.title, state=head.state_words),
        "leads": [head.readers, f"{head.as_of_words} {head.change_words}"],
        "beside": [asdict(each) for each in report.companions],
        "in_short": [asdict(each) for each in report.in_short],
        "look_at": [asdict(each) for each in report.look_at],
        "cards": [_card(card, colours) for card in report.key_figures],
        "counted": [asdict(card) | {"trend": None} for card in report.key_figures if card.details],
        "contents": _contents(report.sections),
        "places": _places(report.sections),
        "sections": [_section(section, words, colours) for section in report.sections],
    }


def _page(page: Page, colours: Colours) -> dict[str, Any]:
    words = load_wording(page.language)
    title = f"{page.title} · {page.clinic}"
    return {
        "title": title,
        "clinic": page.clinic,
        "language": page.language,
        "heading": page.title,
        "state": page.state_words,
        "draft": words.say("print.draft") if page.state == DRAFT else "",
        "footer": f"{title} · {page.state_words}" if page.state_words else title,
        "leads": [page.lead],
        "beside": [],
        "in_short": [],
        "look_at": [],
        "cards": [],
        "counted": [],
        "contents": _contents(page.sections),
        "places": _places(page.sections),
        "sections": [_section(section, words, colours) for section in page.sections],
    }


def _contents(sections: Sequence[Section]) -> list[dict[str, str]]:
    if len(sections) < CONTENTS_FROM:
        return []
    return [{"section_id": each.section_id, "title": each.title} for each in sections]


def _places(sections: Sequence[Section]) -> list[str]:
    """Where a sentence may lead: what has a heading."""

    def ids(section: Section) -> Iterator[str]:
        yield section.section_id
        for part in section.parts:
            yield from ids(part)

    return [each for section in sections for each in ids(section)]


def _section(section: Section, words: Wording, colours: Colours) -> dict[str, Any]:
    return {
        "section_id": section.section_id,
        "title": section.title,
        "paragraphs": section.paragraphs,
        "charts": [
            _chart(chart, words, colours, NARROW if section.has_charts_beside else WIDE)
            for chart in section.charts
        ],
        "beside": section.has_charts_beside,
        "tables": [_table(table, words) for table in section.tables],
        "definitions": [asdict(each) for each in section.definitions],
        "parts": [_section(part, words, colours) for part in section.parts],
    }


def _chart(chart: Chart, words: Wording, colours: Colours, size: Size) -> dict[str, Any]:
    keys = ("better", "same", "worse", "missing") if chart.drawing == "profile" else ()
    return {
        "title": chart.title,
        "subtitle": chart.subtitle,
        "summary": chart.summary,
        "alt": f"{chart.title}. {chart.summary}",
        "svg": print_drawing(chart, colours, size),
        "width": size.width * MM_PER_PIXEL,
        "keys": [
            {
                "label": words.say(f"outcomes.{key}"),
                "colour": "" if key == "missing" else colours[key],
            }
            for key in keys
        ],
        "table": _table(chart.table, words) if chart.table else None,
    }


def _card(card: Card, colours: Colours) -> dict[str, Any]:
    shown = {
        name: getattr(card, name)
        for name in ("name", "figure", "of", "interval", "note", "trend_words", "year_ago")
    }
    drawn = print_sparkline(card.trend, colours) if card.trend else ""
    return shown | {"svg": drawn, "alt": f"{card.name}: {card.trend_words or card.figure}"}


def _table(table: Table, words: Wording) -> dict[str, Any]:
    if len(table.columns) > MOST_COLUMNS:
        table = _told_in_rows(table, words)
    return {
        "caption": table.caption,
        "note": table.note,
        "columns": [asdict(column) for column in table.columns],
        "widths": _widths(table),
        "rows": [
            {
                "is_total": row.is_total,
                "cells": [
                    {"text": cell.text, "small": cell.small, "reason": cell.reason}
                    for cell in row.cells
                ],
            }
            for row in table.rows
        ],
    }


def _told_in_rows(table: Table, words: Wording) -> Table:
    """The same table with all columns but the first as one, each cell beside its column's name."""
    first, *others = table.columns
    rows = []
    for row in table.rows:
        head, *cells = row.cells
        told = (
            words.say("print.told", column=column.label, cell=f"{cell.text} {cell.small}".rstrip())
            for column, cell in zip(others, cells, strict=True)
            if cell.text
        )
        rows.append(replace(row, cells=(head, Cell("; ".join(told)))))
    rest = Column("rest", words.say("print.rest"), is_number=False)
    return replace(table, columns=(first, rest), rows=tuple(rows))


def _widths(table: Table) -> list[float]:
    """The share of the line that each column gets, by the texts in it.

    No word and no range is wider than its column as long as the line has room for all of them;
    what is left goes to the columns with the longest texts.
    """
    is_many = len(table.columns) >= MANY_COLUMNS
    widest = WIDEST_OF_MANY if is_many else WIDEST
    least: list[int] = []
    wanted: list[int] = []
    for place in range(len(table.columns)):
        words = max(_words_in(table, place))
        least.append(GAP + words)
        wanted.append(GAP + max(words, min(widest, max(_texts_in(table, place)))))
    spare = (LINE_OF_MANY if is_many else LINE) - sum(least)
    longer = sum(wanted) - sum(least)
    if spare <= 0 or not longer:
        return [float(width) for width in least]
    return [
        round(narrow + spare * (wide - narrow) / longer, 2)
        for narrow, wide in zip(least, wanted, strict=True)
    ]


def _texts_in(table: Table, place: int) -> Iterator[int]:
    yield NARROWEST
    for row in table.rows:
        cell = row.cells[place]
        yield len(cell.text)
        yield min(BESIDE, len(cell.small))


def _words_in(table: Table, place: int) -> Iterator[int]:
    """The letters of what stays in one piece: a line breaks at a plain blank alone."""
    yield NARROWEST
    texts = [table.columns[place].label]
    for row in table.rows:
        texts += (row.cells[place].text, row.cells[place].small)
    for text in texts:
        for word in text.split(" "):
            yield min(WIDEST_OF_MANY, len(word))
