"""The files beside a page hold what the page shows, and no program takes a text for an order."""

import csv
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import polars as pl
import pytest
from python_calamine import CalamineWorkbook

from pipelines.reporting.model import Cell, Column, Report, Row, Section, Table, stored
from pipelines.reporting.output.data_files import as_csv, as_parquet, data_files, dictionary
from pipelines.reporting.output.flat_tables import FlatColumn, FlatTable, flat_tables, tables_of
from pipelines.reporting.output.workbook import HEAD_ROW, workbook
from pipelines.reporting.wording import load_wording

ReportOf = Callable[[str, str], Report]
AUDIENCES = pytest.mark.parametrize("audience", ["director", "public"])
WORDS = load_wording()
FORMULAS = ("=cmd()", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1")


def report_with(report: Report, *tables: Table) -> Report:
    """The report with these tables alone."""
    return replace(report, sections=(Section("s", "S", tables=tables),))


def table_of(*texts: str) -> Table:
    """A table that shows these texts as its heads of rows."""
    rows = tuple(Row((Cell(text, text), Cell("1", 1))) for text in texts)
    return Table("t", "A table", (Column("name", "Name", is_number=False), Column("n", "N")), rows)


def csv_rows(content: bytes) -> list[list[str]]:
    """The rows of a CSV file, its head included."""
    return list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))


@AUDIENCES
def test_every_table_of_the_page_has_its_files(report_of: ReportOf, audience: str) -> None:
    report = report_of("usual", audience)
    files = data_files(flat_tables(report, WORDS), WORDS)
    names = [table.table_id for table in tables_of(report)]
    if audience == "public":
        assert names == ["claim-better-years", "programmes-1", "provenance-table"]
    else:
        assert len(names) > 3
    assert len(set(names)) == len(names)
    assert set(files) == {
        f"data/{name}.{ending}" for name in (*names, "columns") for ending in ("csv", "parquet")
    }


@AUDIENCES
def test_files_say_what_report_json_says(report_of: ReportOf, audience: str) -> None:
    report = report_of("usual", audience)
    files = data_files(flat_tables(report, WORDS), WORDS)
    n_numbers = 0
    for table in tables_of(report):
        frame = pl.read_parquet(io.BytesIO(files[f"data/{table.table_id}.parquet"]))
        head, *lines = csv_rows(files[f"data/{table.table_id}.csv"])
        assert head == frame.columns
        assert frame["is_total"].to_list() == [row.is_total for row in table.rows]
        for place, column in enumerate(table.columns):
            cells = [row.cells[place] for row in table.rows]
            shown = f"{column.key}_shown" if column.is_number else column.key
            assert frame[shown].to_list() == [cell.text for cell in cells]
            assert frame[f"{column.key}_beside"].to_list() == [cell.small for cell in cells]
            assert [line[head.index(shown)] for line in lines] == [cell.text for cell in cells]
            if not column.is_number:
                continue
            for cell, number, line in zip(cells, frame[column.key], lines, strict=True):
                written = line[head.index(column.key)]
                assert written == "" if number is None else float(written) == number
                assert number is None or number == stored(cell.value)
                n_numbers += number is not None
    # The public page has few numbers, all of which are known.
    assert n_numbers == 38 if audience == "public" else n_numbers > 50


@AUDIENCES
def test_the_workbook_says_what_report_json_says(report_of: ReportOf, audience: str) -> None:
    report = report_of("usual", audience)
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook(report, WORDS)))
    tables = tables_of(report)
    contents, *sheets = book.sheet_names
    listed = book.get_sheet_by_name(contents).to_python(skip_empty_area=False)
    assert listed[0][0] == report.head.title
    assert listed[1][0] == report.head.state_words
    assert [row[:3] for row in listed[5:]] == [
        [name, table.caption, len(table.rows)] for name, table in zip(sheets, tables, strict=True)
    ]
    n_words = 0
    for name, table in zip(sheets, tables, strict=True):
        rows = book.get_sheet_by_name(name).to_python(skip_empty_area=False)
        assert rows[0][0] == table.caption
        head = rows[HEAD_ROW]
        for place, column in enumerate(table.columns):
            at = head.index(column.label)
            for row, line in zip(table.rows, rows[HEAD_ROW + 1 :], strict=False):
                cell, found = row.cells[place], line[at]
                if isinstance(found, float):
                    assert found == pytest.approx(stored(cell.value))
                else:
                    assert found == cell.text
                    n_words += bool(cell.reason)
                if cell.small:
                    assert line[at + 1] == cell.small
    assert n_words, "a figure that may not be shown has its words in the cell"


def test_a_withheld_figure_has_words_and_no_number(report_of: ReportOf) -> None:
    hidden = Table(
        "t",
        "T",
        (Column("a", "A"), Column("b", "B"), Column("c", "C")),
        (
            Row(
                (
                    Cell("withheld", None, reason="small_count"),
                    Cell("38 %", 0.3828),
                    Cell("1,480", 1480),
                )
            ),
            # A range has a number behind it that is none of what it shows.
            Row((Cell("−1.5", -1.5), Cell("19 % to 71 %", 0.19, small="too few"), Cell("–", None))),
        ),
    )
    report = report_with(report_of("usual", "public"), hidden)
    (table,) = flat_tables(report, WORDS)
    assert csv_rows(as_csv(table)) == [
        [
            "a",
            "a_shown",
            "a_beside",
            "b",
            "b_shown",
            "b_beside",
            "c",
            "c_shown",
            "c_beside",
            "is_total",
        ],
        ["", "withheld", "", "0.3828", "38 %", "", "1480", "1,480", "", "false"],
        ["-1.5", "−1.5", "", "", "19 % to 71 %", "too few", "", "–", "", "false"],
    ]
    sheet = CalamineWorkbook.from_filelike(io.BytesIO(workbook(report, WORDS))).get_sheet_by_index(
        1
    )
    assert sheet.to_python(skip_empty_area=False)[HEAD_ROW + 1 :] == [
        ["withheld", 0.3828, "", 1480],
        [-1.5, "19 % to 71 %", "too few", "–"],
    ]


def test_columns_are_the_same_whatever_is_withheld(report_of: ReportOf) -> None:
    usual = flat_tables(report_with(report_of("usual", "public"), table_of("a")), WORDS)
    shown = Table("t", "T", table_of().columns, (Row((Cell("a"), Cell("withheld", reason="x"))),))
    hidden = flat_tables(report_with(report_of("usual", "public"), shown), WORDS)
    schemas = [
        pl.read_parquet_schema(io.BytesIO(as_parquet(table))) for (table,) in (usual, hidden)
    ]
    assert schemas[0] == schemas[1]
    assert schemas[0]["n"] == pl.Float64


@pytest.mark.parametrize("formula", FORMULAS)
def test_no_text_is_a_formula(report_of: ReportOf, formula: str) -> None:
    hostile = replace(
        table_of(formula), columns=(Column("=k", formula, is_number=False), Column("n", "N"))
    )
    report = report_with(report_of("usual", "director"), hostile)
    (table,) = flat_tables(report, WORDS)
    for flat in (table, dictionary([table], WORDS)):
        for row in csv_rows(as_csv(flat)):
            for field in row:
                assert not field.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert csv_rows(as_csv(table))[1][0] == f"'{formula}"
    assert pl.read_parquet(io.BytesIO(as_parquet(table)))["=k"].to_list() == [formula]
    with zipfile.ZipFile(io.BytesIO(workbook(report, WORDS))) as parts:
        for name in parts.namelist():
            assert b"<f>" not in parts.read(name)


def test_a_negative_number_stays_a_number() -> None:
    table = FlatTable("t", "T", "", (FlatColumn("x", "X", "number", "", (-0.25, None, 3)),))
    assert as_csv(table) == b'x\r\n-0.25\r\n""\r\n3\r\n'


def test_csv_keeps_to_rfc_4180() -> None:
    texts = ('say "a", or b', "two\r\nlines", "Zoë 王", "")
    columns = (
        FlatColumn("a", "A", "text", "", texts),
        FlatColumn("b", "B", "flag", "", (True,) * 4),
    )
    content = as_csv(FlatTable("t", "T", "", columns))
    assert content.startswith(b'a,b\r\n"say ""a"", or b",true\r\n"two\r\nlines",true\r\n')
    assert [row[0] for row in csv_rows(content)[1:]] == list(texts)


@AUDIENCES
def test_every_column_is_explained(report_of: ReportOf, audience: str) -> None:
    report = report_of("usual", audience)
    tables = flat_tables(report, WORDS)
    files = data_files(tables, WORDS)
    told = pl.read_parquet(io.BytesIO(files["data/columns.parquet"]))
    assert set(zip(told["file"], told["column"], strict=True)) == {
        (table.name, column.name) for table in tables for column in table.columns
    }
    assert told.filter(pl.col("meaning") == "").is_empty()
    # Every share is a part of 1, and the dictionary says so.
    for table in tables:
        for column in table.columns:
            if column.unit:
                assert all(value is None or 0 <= float(value) <= 1 for value in column.values)


def test_the_same_report_gives_the_same_files(report_of: ReportOf) -> None:
    report = report_of("usual", "public")
    tables = flat_tables(report, WORDS)
    assert data_files(tables, WORDS) == data_files(flat_tables(report, WORDS), WORDS)
    assert workbook(report, WORDS) == workbook(report, WORDS)
    with zipfile.ZipFile(io.BytesIO(workbook(report, WORDS))) as parts:
        assert b"1980-01-01T00:00:00Z" in parts.read("docProps/core.xml")
        assert {part.date_time[0] for part in parts.infolist()} == {1980}


def test_names_that_a_sheet_may_not_have_are_mended(report_of: ReportOf) -> None:
    tables = [replace(table_of("a"), table_id=name) for name in ("a/b:c*?[d]'", "x" * 80, "x" * 80)]
    report = report_with(report_of("usual", "director"), *tables)
    book = CalamineWorkbook.from_filelike(io.BytesIO(workbook(report, WORDS)))
    assert book.sheet_names == ["Contents", "1 a-b-c-d-", f"2 {'x' * 29}", f"3 {'x' * 29}"]
