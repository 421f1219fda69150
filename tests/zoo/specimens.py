"""The zoo: deliveries that are bad, or only odd, each in one way, and the rows that must survive.

Made-up people only. `SECRET` stands where a client's value would be: no message may hold it. What
each specimen's user is told is in `told/`, written by `python -m tests.zoo` and read by people.
"""

import gzip
import io
import json
import zipfile
from dataclasses import dataclass
from typing import Any

import polars as pl
import zstandard

SECRET = "SECRET"
HEADER = b"client_id,birth_date,registered_on\n"


@dataclass(frozen=True)
class Specimen:
    """One delivery: its files, and the keys of `table` that must be in use afterwards."""

    files: dict[str, bytes]
    kept: tuple[str, ...] = ()
    table: str = "clients"


def row(key: str, birth_date: str = "1980-02-29") -> bytes:
    """A sound row of a made-up client."""
    return f"{key},{birth_date},2024-01-05\n".encode()


def clients(content: bytes, *kept: str, name: str = "clients.csv") -> Specimen:
    """A delivery of one file of clients."""
    return Specimen({name: content}, kept)


def _many(prefix: str) -> bytes:
    # Ids in no order, so that packing does not make them too small to be cut.
    return b"".join(row(f"{prefix}-{number * 7919 % 10_007}") for number in range(3_000))


def _parquet(key: str) -> bytes:
    target = io.BytesIO()
    frame = pl.DataFrame({"client_id": [key], "registered_on": ["2024-01-05"]})
    frame.with_columns(pl.col("registered_on").str.to_date()).write_parquet(target)
    return target.getvalue()


def _workbook() -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w") as archive:
        archive.writestr("xl/workbook.xml", SECRET)
    return target.getvalue()


_LATIN = "Amb\u00e8r"
_PACKED = gzip.compress(HEADER + _many("A30"), mtime=0)
_WIDE = b",".join([b"client_id", b"registered_on", *(b"extra_%d" % n for n in range(998))])

# How a text file can be built wrongly; the polluted files of the Pollock benchmark are among them.
TEXT: dict[str, Specimen] = {
    "empty": clients(b""),
    "blank lines": clients(b"\n\n"),
    "header only": clients(HEADER),
    "cut inside a row": clients(HEADER + row("A1") + b"SECRET,1980", "A1"),
    "ragged rows": clients(
        HEADER + row("A2") + b"SECRET,1980-02-29\n" + row("A3")
        + b"SECRET,1980-02-29,2024-01-05,x\n" + row("A4"),
        "A2", "A3", "A4",
    ),
    "one empty cell too many": clients(HEADER + b"A5,1980-02-29,2024-01-05,\n", "A5"),
    "stray quote": clients(
        HEADER + row("A6") + b'x,"SEC"RET,2024-01-05\n' + row("A7"), "A6", "A7"
    ),
    "quote that is never closed": clients(
        HEADER + row("A8") + b'"SECRET,1980-02-29,2024-01-05\n' + row("A9"), "A8", "A9"
    ),
    "quotes escaped by backslashes": clients(
        HEADER + b'"SECRET\\"2",1980-02-29,2024-01-05\n' + row("A10"), "A10"
    ),
    "apostrophes for quotes": clients(
        (HEADER + row("SECRET")).replace(b",", b"','").replace(b"\n", b"'\n'")
    ),
    "line break in a cell": clients(
        HEADER + b'"A\n11",1980-02-29,2024-01-05\n' + row("A12"), "A\n11", "A12"
    ),
    "NUL byte": clients(HEADER + b"SECRET\0,1980-02-29,2024-01-05\n" + row("A13"), "A13"),
    "byte order mark": clients(b"\xef\xbb\xbf" + HEADER + row("A14"), "A14"),
    "UTF-16": clients((HEADER + row("SECRET")).decode().encode("utf-16")),
    "UTF-16 without a mark": clients((HEADER + row("SECRET")).decode().encode("utf-16-le")),
    "Latin-1": clients(HEADER + row("A15") + row(_LATIN).decode().encode("latin-1"), "A15"),
    "two encodings": clients(
        HEADER + row(_LATIN) + row(_LATIN).decode().encode("cp1252") + row("A16"), "A16", _LATIN
    ),
    "two kinds of line ends": clients(
        HEADER + row("A17").replace(b"\n", b"\r\n") + row("A18"), "A17", "A18"
    ),
    "line ends of old Macs": clients(
        (HEADER + row("A19") + row("A20")).replace(b"\n", b"\r"), "A19", "A20"
    ),
    "one line end of old Macs": clients(
        HEADER + row("A21").replace(b"\n", b"\r") + row("A22"), "A21", "A22"
    ),
}  # fmt: skip

# Headers, what stands above and below, and what lies between the cells.
LAYOUT: dict[str, Specimen] = {
    "column named twice": clients(b"client_id,client_id,registered_on\nSECRET,2,2024-01-05\n"),
    "column without a name": clients(b"client_id,,registered_on\nSECRET,2,2024-01-05\n"),
    "no header": clients(row("SECRET") * 2),
    "required column missing": clients(b"client_id,birth_date\nSECRET,1980-02-29\n"),
    "header in capitals": clients(HEADER.upper() + row("SECRET")),
    "header partly in capitals": clients(
        HEADER.replace(b"birth_date", b"Birth_Date") + row("A23"), "A23"
    ),
    "header twice": clients(HEADER + HEADER + row("A24"), "A24"),
    "exports joined": clients(HEADER + row("A25") + HEADER + row("A26"), "A25", "A26"),
    "title above the header": clients(b"Clients of Testville,,\n,,\n" + HEADER + row("SECRET")),
    "note below the rows": clients(HEADER + row("A27") + b"Exported by SECRET\n", "A27"),
    "totals below the rows": clients(HEADER + row("A28") + b"Total,,SECRET\n", "A28"),
    "second table below": clients(
        HEADER + row("A29") + b"\nid,name\n8,SECRET\n" + row("A31"), "A29", "A31"
    ),
    "semicolons": clients((HEADER + row("SECRET")).replace(b",", b";")),
    "tabs": clients((HEADER + row("SECRET")).replace(b",", b"\t")),
    "commas and spaces": clients((HEADER + row("SECRET")).replace(b",", b", ")),
    "one row with semicolons": clients(
        HEADER + row("SECRET").replace(b",", b";") + row("A32"), "A32"
    ),
    "a thousand columns": clients(_WIDE + b"\nA33,2024-01-05" + b"," * 998 + b"\n", "A33"),
    "row of megabytes": clients(
        HEADER + b"SECRET," + b"x" * 3_000_000 + b",2024-01-05\n" + row("A34"), "A34"
    ),
    "first line of megabytes": clients(SECRET.encode() * 500_000),
}  # fmt: skip

# Files that are not what their names say, and packed ones that break off.
PACKED: dict[str, Specimen] = {
    "gzip under another name": clients(gzip.compress(HEADER + row("B1"), mtime=0), "B1"),
    "cut inside a gzip member": clients(_PACKED[: len(_PACKED) // 2], name="clients.csv.gz"),
    "damaged gzip": clients(b"\x1f\x8b\x08\x00SECRET", name="clients.csv.gz"),
    "cut inside a zstd frame": clients(
        zstandard.compress(HEADER + row("SECRET"))[:-9], name="clients.csv.zst"
    ),
    "Parquet under another name": clients(_parquet("B2"), "B2"),
    "CSV under another name": clients(HEADER + row("B3"), "B3", name="clients.parquet"),
    "cut inside a Parquet footer": clients(_parquet(SECRET)[:-12], name="clients.parquet"),
    "workbook under another name": clients(_workbook()),
    "PDF under another name": clients(b"%PDF-1.7 SECRET"),
    "login page": clients(b"<!DOCTYPE html><html>SECRET</html>"),
    "JSON under another name": clients(b'[{"client_id": "SECRET"}]'),
}

# Cells that look right in a spreadsheet. Ids are kept byte for byte.
VALUES: dict[str, Specimen] = {
    "ids like numbers": clients(
        HEADER + row("1e5") + row("100000") + row("007") + row("7"), "1e5", "100000", "007", "7"
    ),
    "dates of spreadsheets": clients(
        HEADER + row("C1") + row("C2", "2/29/1980") + row("C3", "29280") + row("C4", "29.02.1980"),
        "C1",
    ),
    "days that there are not": clients(
        HEADER + row("C5") + row("C6", "2023-02-29") + row("C7", "1980-13-01"), "C5"
    ),
    "days of no lifetime": clients(
        HEADER + row("C8") + row("C9", "0001-01-01") + row("C10", "9999-12-31"), "C8"
    ),
    "times of day": Specimen(
        {
            "sessions.csv": b"session_id,group_id,therapist_id,scheduled_at,duration_minutes,setting"
            # A time that the change to summer left out, one that there was twice, a leap day.
            b"\nD1,G1,T1,2024-03-10T02:30:00,50,video\nD2,G1,T1,2024-11-03T01:30:00,50,video"
            b"\nD3,G1,T1,2024-02-29T23:59:59-05:00,50,video\nD4,G1,T1,2024-01-05T10:00:00Z,50,video"
            b"\nD5,G1,T1,10:00 SECRET,50,video\nD6,G1,T1,2024-01-05T25:00:00,50,video"
            b"\nD7,G1,T1,0001-01-01T00:00:00,50,video\nD8,G1,T1,9999-12-31T23:59:59,50,video\n",
        },
        ("D1", "D2", "D3", "D4", "D8"),
        "sessions",
    ),
    "answers as words": Specimen(
        {
            "responses.csv": b"response_id,client_id,instrument_id,administered_at,respondent"
            b",total_score\nE1,1e5,phq9,2024-05-01T10:00:00,client,12\n"
            b"E2,1e5,phq9,2024-05-02T10:00:00,client,SECRET\n"
            b"E3,1e5,phq9,2024-05-03T10:00:00,client,300\n"
            b'E4,1e5,phq9,2024-05-04T10:00:00,client,"12,0"\n',
        },
        ("E1",),
        "responses",
    ),
}


def _patient(key: str, **more: Any) -> dict[str, Any]:
    return {
        "resourceType": "Patient",
        "id": key,
        "birthDate": "1980-02-29",
        "meta": {"lastUpdated": "2024-01-05T00:00:00Z"},
        **more,
    }


def _total(key: str, client: str, **value: Any) -> dict[str, Any]:
    return {
        "resourceType": "Observation",
        "id": key,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": "44261-6"}]},
        "subject": {"reference": client},
        "effectiveDateTime": "2024-05-01T10:00:00Z",
        **value,
    }


def fhir(*resources: dict[str, Any] | bytes, kept: tuple[str, ...], table: str) -> Specimen:
    """A delivery of one NDJSON file."""
    lines = [each if isinstance(each, bytes) else json.dumps(each).encode() for each in resources]
    return Specimen({"export.ndjson": b"\n".join(lines) + b"\n"}, kept, table)


_CONTAINED = {"contained": [{"resourceType": "Patient", "id": "inside", "birthDate": "1980-01-01"}]}
_EXTENDED = {"extension": [{"url": "http://example.org/made-up", "valueString": SECRET}]}
FHIR: dict[str, Specimen] = {
    "lines that are no JSON": fhir(
        _patient("F1"), b'{"resourceType":"Patient","id":"SECRET"', b"SECRET", _patient("F2"),
        kept=("F1", "F2"), table="clients",
    ),
    "line of megabytes": fhir(
        _patient("F3", text={"div": "x" * 5_000_000}), _patient("F4"),
        kept=("F3", "F4"), table="clients",
    ),
    "references, contained resources, extensions": fhir(
        _patient("F5", **_EXTENDED),
        _total("F6", "Patient/F5", valueInteger=12, **_EXTENDED),
        _total("F7", "Patient/SECRET", valueInteger=12),
        _total("F8", "#inside", valueInteger=12, **_CONTAINED),
        {**_total("F9", "Patient/F5", valueInteger=12), "subject": {}},
        kept=("Observation/F6",), table="responses",
    ),
    "values": fhir(
        _patient("F10"),
        _total("F11", "Patient/F10", valueString="12"),
        _total("F12", "Patient/F10", valueQuantity={"value": 13.0},
               effectiveDateTime="2024-02-29T23:30:00-05:00"),
        _total("F13", "Patient/F10", valueString=SECRET),
        _total("F14", "Patient/F10", valueInteger=300),
        _total("F15", "Patient/F10"),
        _total("F16", "Patient/F10", valueInteger=12, effectiveDateTime="9999-12-31"),
        _total("F17", "Patient/F10", valueInteger=12, code={"coding": [{"code": "SECRET"}]}),
        _total("F18", "Patient/F10", valueInteger=11, effectiveDateTime="2024-03-10T02:30:00"),
        _total("F19", "Patient/F10", valueInteger=11, effectiveDateTime="0001-01-01"),
        kept=("Observation/F11", "Observation/F12", "Observation/F18"), table="responses",
    ),
    "people in the wrong shape": fhir(
        {"resourceType": "Patient", "id": 20, "birthDate": ["SECRET"], "meta": "SECRET"},
        _patient("F21", birthDate="1980"), _patient("F22", gender="SECRET"),
        kept=("F21",), table="clients",
    ),
}  # fmt: skip

FAMILIES: dict[str, dict[str, Specimen]] = {
    "text": TEXT,
    "layout": LAYOUT,
    "packed": PACKED,
    "values": VALUES,
    "fhir": FHIR,
}
# Others' parents, so that the specimens' own defects are all that is told.
PARENTS: dict[str, bytes] = {
    "therapists.csv": b"therapist_id,display_name,employed_from\nT1,Amber Testcase,2020-01-01\n",
    "programmes.csv": b"programme_id,name,track,modality,licence_required\n"
    b"P1,Example,depression,group,false\n",
    "groups.csv": b"group_id,programme_id,name,lead_therapist_id,capacity,enrolment,starts_on\n"
    b"G1,P1,Example,T1,8,open,2024-01-01\n",
}
