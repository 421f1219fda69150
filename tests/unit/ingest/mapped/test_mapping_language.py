"""What a mapping can say, on files of a few lines; and what is said of a mapping that is wrong."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import polars as pl
import pytest
import xlsxwriter

from pipelines.errors import SettingsError
from pipelines.ingest.mapped.convert import LeftOut, convert, parts_of
from pipelines.ingest.mapped.mapping_file import load_mapping
from tests.unit.ingest.mapped.test_shipped_mappings import COLUMNS

HEAD = "name: made_up\nversion: 1.0.0\ntitle: Made up\n"


class Bench:
    """One file, one mapping, and what comes of them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.left: list[LeftOut] = []

    def convert(self, content: bytes | str, mapping: str, *, name: str = "x.csv") -> dict[str, Any]:
        """The rows by table of a file under the part of a mapping, which is put below `files`."""
        path = self.folder / name
        if content:
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        (self.folder / "made_up.yaml").write_text(HEAD + mapping, encoding="utf-8")
        loaded = load_mapping(self.folder / "made_up.yaml")
        files = parts_of(loaded, path, "f1", name)[0]
        tables, self.left = convert(
            loaded, files, columns=COLUMNS, time_zone="UTC", out_dir=self.folder / "out"
        )
        return {one.table: pl.read_parquet(one.path).to_dicts() for one in tables}

    def reasons(self) -> list[tuple[int, str]]:
        """Line and reason of what was left out."""
        return [row for one in self.left for row in pl.read_parquet(one.path).rows()]


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def clients(columns: str, *, more: str = "") -> str:
    """A mapping of one file to clients."""
    return (
        f"files:\n- file: x.csv\n{more}  tables:\n  - table: clients\n    columns: {{{columns}}}\n"
    )


def cells(rows: Sequence[Mapping[str, Any]], column: str) -> list[Any]:
    return [row[column] for row in rows]


@pytest.mark.parametrize(
    ("cell", "delivered", "expected"),
    [
        ("{from: A, date: '%d.%m.%Y'}", "31.12.2025", "2025-12-31"),
        ("{from: A, date: ['%d.%m.%Y', '%m/%d/%Y']}", "12/31/2025", "2025-12-31"),
        ("{from: A, date: '%d.%m.%Y'}", "31.13.2025", "31.13.2025"),
        ("{from: A, date: '%d.%m.%Y'}", "2025-12-31", "2025-12-31"),
        ("{from: A, date: excel}", "46022", "2025-12-31"),
        ("{from: A, datetime: '%d.%m.%Y %H:%M'}", "31.12.2025 09:05", "2025-12-31T09:05:00"),
        (
            "{from: A, datetime: '%Y-%m-%d %H:%M%z'}",
            "2025-12-31 09:05+0200",
            "2025-12-31T07:05:00Z",
        ),
        ("{from: A, datetime: excel}", "46022.5", "2025-12-31T12:00:00"),
        ("{from: A, codes: {Ja: yes, Nein: ~}}", "jA", "yes"),
        ("{from: A, codes: {Ja: yes, Nein: ~}}", "nein", None),
        ("{from: A, codes: {Ja: yes, Nein: ~}}", "vielleicht", "vielleicht"),
        ("{from: A, codes: {01: one}}", "01", "one"),
        ("{from: A, codes: {No: n, Y: y}}", "No", "n"),
        ("{from: A, extract: '^([A-Z][0-9.]+)'}", "F32.1 - made up", "F32.1"),
        ("{from: A, extract: '^([A-Z][0-9.]+)'}", "made up", "made up"),
        ("{from: A, number: true}", "50.0", "50"),
        ("{from: A, number: true}", "12 weeks", "12 weeks"),
        ("{from: A, default: none}", "", "none"),
        ("{from: [A, B]}", "x", "x right"),
        ("{from: [A, B], join: /}", "x", "x/right"),
        ("{constant: true}", "x", "true"),
        ("A", "  padded\u00a0", "padded"),
        ("A", "   ", None),
    ],
)
def test_a_cell_is_made_as_the_mapping_says(
    bench: Bench, cell: str, delivered: str, expected: str | None
) -> None:
    tables = bench.convert(f"A,B\n{delivered},right\n", clients(f"client_id: B, state: {cell}"))
    assert cells(tables["clients"], "state") == [expected]
    assert cells(tables["clients"], "line") == [2]


@pytest.mark.parametrize(
    ("delivered", "expected"), [("1.234,5", "1234.5"), ("-7,25", "-7.25"), ("1,2,3", "1,2,3")]
)
def test_decimals_are_read_with_the_files_marks(
    bench: Bench, delivered: str, expected: str
) -> None:
    mapping = clients(
        "client_id: A, state: {from: A, number: true}",
        more="  delimiter: ;\n  decimal: ','\n  thousands: '.'\n",
    )
    assert cells(bench.convert(f"A;B\n{delivered};\n", mapping)["clients"], "state") == [expected]


def test_a_moment_of_the_mappings_zone_is_told_in_utc(bench: Bench) -> None:
    mapping = "time_zone: America/New_York\n" + clients(
        "client_id: A, state: {from: A, datetime: '%m/%d/%Y %I:%M %p'}"
    )
    tables = bench.convert("A\n07/04/2026 01:30 PM\n12/04/2026 01:30 PM\n", mapping)
    told = ["2026-07-04T17:30:00Z", "2026-12-04T18:30:00Z"]
    assert cells(tables["clients"], "state") == told


def test_lines_are_the_vendors_below_a_title_around_line_breaks_and_broken_records(
    bench: Bench,
) -> None:
    content = 'Report of the clinic\n\nID;Town\n1;A\n2;"two\nlines"\n3;too;many\n4;D\n'
    mapping = clients("client_id: ID, state: Town", more="  delimiter: ;\n  header_row: 3\n")
    tables = bench.convert(content, mapping)
    assert list(zip(cells(tables["clients"], "client_id"), cells(tables["clients"], "line"),
                    strict=True)) == [("1", 4), ("2", 5), ("4", 8)]  # fmt: skip
    assert bench.reasons() == [(7, "file.too_many_columns")]


def test_a_byte_that_the_encoding_does_not_know_costs_its_record_alone(bench: Bench) -> None:
    content = "ID,Town\n1,Köln\n2,".encode("windows-1252") + b"\x81\n3,Graz\n"
    mapping = clients("client_id: ID, state: Town", more="  encoding: windows-1252\n")
    tables = bench.convert(content, mapping)
    assert cells(tables["clients"], "state") == ["Köln", "Graz"]
    assert bench.reasons() == [(3, "file.not_utf8")]


def test_utf_16_is_read(bench: Bench) -> None:
    mapping = clients("client_id: ID, state: Town", more="  encoding: utf-16\n")
    tables = bench.convert("ID,Town\n1,Köln\n".encode("utf-16"), mapping)
    assert cells(tables["clients"], "state") == ["Köln"]


def test_every_row_is_a_row_of_a_table_or_told_with_its_reason(bench: Bench) -> None:
    mapping = """files:
- file: x.csv
  leave_out:
  - {column: ID, matches: ^Total}
  tables:
  - table: clients
    one_per: [Client]
    where: {column: Kind, is: [visit]}
    columns: {client_id: Client, registered_on: {from: Day, take: smallest}, state: Town}
"""
    content = (
        "ID,Client,Day,Town,Kind\n1,a,2026-02-02,X,visit\n2,a,2026-01-01,Y,visit\n"
        "3,a,2026-03-03,,visit\n4,b,2026-01-01,Z,letter\nTotal 4,,,,\n"
    )
    (row,) = bench.convert(content, mapping)["clients"]
    # The smallest where asked for, else the last that is not empty; the line is the first one's.
    assert (row["registered_on"], row["state"], row["line"]) == ("2026-01-01", "Y", 2)
    assert bench.reasons() == [
        (3, "mapping.told_by_another_row"),
        (4, "mapping.told_by_another_row"),
        (5, "mapping.gives_no_row"),
        (6, "mapping.left_out"),
    ]


def test_distinct_rows_keep_what_differs_and_the_later_one_comes_last(bench: Bench) -> None:
    mapping = """files:
- file: x.csv
  tables:
  - {table: clients, rows: distinct, columns: {client_id: Client, state: Town}}
"""
    rows = bench.convert("Client,Town\na,X\na,Y\na,X\n", mapping)["clients"]
    assert [(row["state"], row["line"]) for row in rows] == [("Y", 3), ("X", 4)]
    assert bench.reasons() == [(2, "mapping.told_by_another_row")]


def test_a_derived_id_is_the_same_in_every_delivery_and_tells_nothing(bench: Bench) -> None:
    mapping = clients("client_id: {id_of: [Name, Born], prefix: C-}")
    content = "Name,Born\nMade Up,1980-01-01\nMade Up,\n,\nMade,Up\n"
    first = cells(bench.convert(content, mapping)["clients"], "client_id")
    again = cells(bench.convert("Born,Name\n1980-01-01,Made Up\n", mapping)["clients"], "client_id")
    # printf 'Made Up\x1f1980-01-01' | sha256sum
    assert first[0] == again[0] == "C-406e14f8413e603e"
    assert first[2] is None
    assert len(set(first)) == 4


def test_answers_of_a_row_without_any_are_no_form(bench: Bench) -> None:
    mapping = """files:
- file: x.csv
  questionnaires:
  - instrument: gad2
    response: {client_id: C, administered_at: At}
    items: {1: Q1, 2: Q2}
    answers: {never: 0, often: 1}
"""
    tables = bench.convert("C,At,Q1,Q2\na,2026-01-01,Never,3\nb,2026-01-01,,\nc,2026-01-01,,often\n",
                           mapping)  # fmt: skip
    assert cells(tables["responses"], "client_id") == ["a", "c"]
    assert [(r["item"], r["value"], r["line"]) for r in tables["response_items"]] == [
        ("1", "0", 2), ("2", "3", 2), ("1", None, 4), ("2", "1", 4),
    ]  # fmt: skip
    assert bench.reasons() == [(3, "mapping.gives_no_row")]


def test_a_file_without_a_column_that_is_read_is_left_out_as_a_whole(bench: Bench) -> None:
    tables = bench.convert("ID,Town\n1,A\n2,B\n", clients("client_id: ID, state: State"))
    assert tables == {}
    (refused,) = bench.left
    assert "expected: columns State" in refused.refusal
    assert "found: columns ID, Town" in refused.refusal
    assert bench.reasons() == [(2, "file.unusable"), (3, "file.unusable")]


def test_a_first_row_that_may_be_a_persons_is_not_told(bench: Bench) -> None:
    bench.convert("Made Up Person,Secret Town\n1,A\n", clients("client_id: ID, state: State"))
    assert "Secret" not in bench.left[0].refusal


def test_an_optional_column_may_be_away_and_names_differ_in_case(bench: Bench) -> None:
    mapping = clients("client_id: ID, state: State", more="  optional: [State]\n")
    assert cells(bench.convert("id,Town\n1,A\n", mapping)["clients"], "state") == [None]


def test_a_sheet_gives_numbers_days_and_truth_as_text(bench: Bench) -> None:
    book = xlsxwriter.Workbook(str(bench.folder / "x.xlsx"))
    sheet = book.add_worksheet("Data")
    sheet.write_row(0, 0, ["ID", "Line", "Score", "Yes"])
    sheet.write_row(1, 0, [1001, "x", 0.1 + 0.2, True])
    sheet.write_row(3, 0, ["007", "y"])
    sheet.write_formula(3, 2, "=1+1", None, 2)
    book.close()
    mapping = """files:
- file: '*.xlsx'
  sheet: data
  tables:
  - {table: clients, columns: {client_id: ID, state: Score, language: 'Yes', sex: Line}}
"""
    rows = bench.convert("", mapping, name="x.xlsx")["clients"]
    told = [(r["client_id"], r["state"], r["language"], r["sex"], r["line"]) for r in rows]
    assert told[0] == ("1001", "0.3", "true", "x", 2)
    # A formula gives what was last computed; a blank row is none.
    assert told[1] == ("007", "2", None, "y", 4)


@pytest.mark.parametrize(
    ("mapping", "line", "words"),
    [
        (clients("client: ID"), 8, "client"),
        (clients("client_id: {form: ID}"), 8, "form is no key"),
        (clients("client_id: {from: ID, date: dd.mm.yyyy}"), 8, "expected a format"),
        (clients("client_id: {from: ID, extract: '('}"), 8, "regular expression"),
        (clients("client_id: {from: ID, codes: {a: 1, A: 2}}"), 8, "differ in case"),
        (clients("client_id: {from: ID, constant: x}"), 8, "exclude each other"),
        (clients("client_id: ID", more="  encoding: klingon\n"), 6, "encoding"),
        (clients("client_id: ID", more="  delimiter: ';;'\n"), 6, "too long"),
        ("time_zone: Mars\n" + clients("client_id: ID"), 4, "IANA"),
        (clients("client_id: ID").replace("clients", "patients"), 7, "expected one of"),
        ("files: []\n", 4, "non-empty"),
        (clients("client_id: A, client_id: B"), 8, "client_id twice"),
        ("files: [\n", 5, ""),
    ],
)
def test_a_wrong_mapping_is_refused_with_the_line(
    bench: Bench, mapping: str, line: int, words: str
) -> None:
    with pytest.raises(SettingsError, match="mapping cannot be used") as caught:
        bench.convert("ID\n1\n", mapping)
    assert f"line {line}" in caught.value.found
    assert words in caught.value.found


def test_all_problems_are_told_at_once(bench: Bench) -> None:
    mapping = clients("client_id: {from: ID, date: day}, state: {from: ID, extract: '['}")
    with pytest.raises(SettingsError) as caught:
        bench.convert("ID\n1\n", mapping)
    assert caught.value.found.count("line 8") == 2


@pytest.mark.parametrize(
    ("cell", "delivered"),
    [
        ("{from: A, datetime: '%d.%m.%Y'}", "04.07.2026"),
        ("{from: A, datetime: '%d.%m.%Y %H:%M'}", "04.07.2026 00:00"),
        ("{from: A, datetime: excel}", "46207"),
    ],
)
def test_a_day_without_a_time_is_that_day_whatever_zone_the_times_are_of(
    bench: Bench, cell: str, delivered: str
) -> None:
    mapping = "time_zone: Europe/Berlin\n" + clients(f"client_id: A, state: {cell}")
    assert cells(bench.convert(f"A\n{delivered}\n", mapping)["clients"], "state") == [
        "2026-07-04T00:00:00"
    ]


@pytest.mark.parametrize(
    ("cell", "smallest", "largest"),
    [
        ("from: D, date: '%d.%m.%Y'", "2026-03-02", "2026-11-01"),
        ("from: N, number: true", "9", "100"),
        ("from: T", "a", "c"),
    ],
)
def test_a_cell_that_cannot_be_read_is_not_the_smallest_of_those_beside_it(
    bench: Bench, cell: str, smallest: str, largest: str
) -> None:
    # Rows of one key; as texts 01.13.2026 and ".." stand before all others, and 100 before 9.
    content = "K,D,N,T\nk,02.03.2026,9,b\nk,01.13.2026,..,a\nk,01.11.2026,100,c\n"
    for take, expected in (("smallest", smallest), ("largest", largest)):
        mapping = (
            "files:\n- file: x.csv\n  ignored: [D, N, T]\n  tables:\n  - table: clients\n"
            f"    one_per: [K]\n    columns: {{client_id: K, state: {{{cell}, take: {take}}}}}\n"
        )
        assert cells(bench.convert(content, mapping)["clients"], "state") == [expected]


def test_where_no_cell_can_be_read_one_goes_on_as_it_is(bench: Bench) -> None:
    mapping = (
        "files:\n- file: x.csv\n  tables:\n  - table: clients\n    one_per: [K]\n"
        "    columns: {client_id: K, state: {from: D, date: '%d.%m.%Y', take: smallest}}\n"
    )
    tables = bench.convert("K,D\nk,soon\nk,later\n", mapping)
    assert cells(tables["clients"], "state") == ["later"]


def test_the_mapping_of_the_readme_is_one(tmp_path: Path) -> None:
    readme = (Path(__file__).parents[4] / "README.md").read_text(encoding="utf-8")
    start = readme.index("name: ehr ")
    (tmp_path / "ehr.yaml").write_text(readme[start : readme.index("```", start)], encoding="utf-8")
    mapping = load_mapping(tmp_path / "ehr.yaml")
    tables = {table.table for part in mapping.files for table in part.tables}
    assert tables == {
        "sessions", "attendances", "therapists", "groups", "memberships", "clients", "programmes",
    }  # fmt: skip
