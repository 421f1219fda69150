"""What is told of a file that no delivery takes: what it is, and never what is in it."""

import gzip
from pathlib import Path

import pytest

from pipelines.ingest.byte_streams import packing_of
from pipelines.ingest.fhir.model import CANONICAL_COLUMNS
from pipelines.ingest.foreign import describe
from pipelines.ingest.recognition import recognise

UNNAMED = "its name is no table of"
MAP = "`outcomes map export.csv` drafts how to read it"


def told(folder: Path, content: bytes, name: str = "export.csv") -> str:
    path = folder / name
    path.write_bytes(content)
    return describe(path, packing_of(path), name, CANONICAL_COLUMNS)


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (
            b"Pat ID;PHQ 1;Datum\nAMBER-1;2;01.02.2026\nAMBER-2;;02.02.2026\n",
            "a table of 3 columns and 2 rows, with semicolons between (Pat ID, PHQ 1, Datum);"
            " neither its name nor its columns are those of a table of the canonical export;"
            f" {MAP}",
        ),
        (
            b'id\tscore\n1\t"two\nlines"\n2\t3\n',
            "a table of 2 columns and 2 rows, with tabs between (id, score); neither its name nor"
            f" its columns are those of a table of the canonical export; {MAP}",
        ),
        (
            b"client_id,birth_date,state\nAMBER,1990-01-01,NY\n",
            "a table of 3 columns and 1 rows, with commas between: the columns are those of"
            " clients; name it clients.csv to deliver it",
        ),
        (
            b"Amber Testcase,1990-01-01,NY\nBo Testcase,1991-01-01,NY\n",
            "a table of 3 columns and 1 rows, with commas between, whose first row may be no"
            f" header; {UNNAMED} ours",
        ),
        (
            b"Amber,Testcase\nBo,Testcase\n",
            "a table of 2 columns and 1 rows, with commas between, whose first row may be no"
            f" header; {UNNAMED} ours",
        ),
        (b"", f"an empty file, and {UNNAMED} the canonical export"),
        (b"Amber was here", f"{UNNAMED} the canonical export, and its content no table or FHIR"),
        (b"\x01\0\x02", "neither text nor a format that is known"),
        (b"%PDF-1.7", "a PDF file is for reading; export the data itself"),
        # What a workbook with a password is kept in too, whatever its name.
        (
            b"\xd0\xcf\x11\xe0\0\0",
            "an old Office file, or one with a password; save it without, as .xlsx or its sheets as"
            " CSV",
        ),
        (b'{"eventId":"kickoff"}\n{"eventId":"end"}\n', "2 JSON lines without FHIR resources"),
        (b"[1,", "JSON that is no FHIR resource"),
        (
            b'{"case":"AMBER","resources":[{"resourceType":"Patient","id":"1"}]}\n',
            "1 JSON lines that each hold FHIR resources under `resources`, such as the test cases"
            " of a measure, and no export: ids may repeat from one line to the next; write each"
            " line's resources, one a line, to a folder of its own",
        ),
    ],
)
def test_a_foreign_file_is_named_in_plain_words(
    tmp_path: Path, content: bytes, expected: str
) -> None:
    assert told(tmp_path, content) == expected
    assert told(tmp_path, gzip.compress(content), "packed.csv.gz") == expected.replace(
        "map export.csv", "map packed.csv.gz"
    )


def test_lines_that_only_hold_resources_are_no_export(tmp_path: Path) -> None:
    path = tmp_path / "cases.ndjson"
    path.write_bytes(b'{"case":"1","resources":[{"resourceType":"Patient","id":"1"}]}\n' * 2)
    found = recognise(path, path.name, scratch=tmp_path / "scratch")
    assert isinstance(found, str)
    assert found.startswith("2 JSON lines that each hold FHIR resources")
