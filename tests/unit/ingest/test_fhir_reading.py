"""Every line of a FHIR file is found, numbered and accounted for, whatever it holds."""

import gzip
import json
from pathlib import Path

import pytest
import zstandard

from pipelines.errors import DataError, DeliveryError
from pipelines.ingest import byte_streams
from pipelines.ingest.byte_streams import ByteStream
from pipelines.ingest.fhir import first_resource_type, reading
from pipelines.ingest.fhir.mending import examine_lines
from pipelines.ingest.fhir.reading import USUAL_LINE_BYTES, in_fixed_order
from tests.unit.ingest.fhir_builders import (
    convert_files,
    encounter,
    landed,
    patient,
    practitioner,
)


def _patients(*ids: str) -> list[str]:
    return [json.dumps(patient(client_id)) for client_id in ids]


def _lines_of(folder: Path, content: bytes, name: str = "Patient.ndjson") -> dict[str, int]:
    """Client ids and the lines on which they were found."""
    path = folder / name
    path.write_bytes(content)
    converted = convert_files(folder, [path])
    return {row["client_id"]: row["line"] for row in converted.rows("clients")}


BAD_LINES = {
    "cut off": b'{"resourceType":"Patient","id":"x',
    "two objects": b'{"resourceType":"Patient"} {"a":1}',
    "stray comma": b'{"resourceType":"Patient","id":"x"},',
    "NUL byte": b'{"resourceType":"Patient","id":"x\x00"}',
    "not UTF-8": b'{"resourceType":"Patient","id":"\xff"}',
    "words": b"these are not the lines",
    "lone surrogate": b'{"resourceType":"Patient","id":"\\ud800"}',
}


@pytest.mark.parametrize("bad", BAD_LINES.values(), ids=BAD_LINES)
def test_a_bad_first_line_costs_no_neighbour(tmp_path: Path, bad: bytes) -> None:
    path = tmp_path / "Patient.ndjson"
    path.write_bytes(b"\n".join([bad, *(line.encode() for line in _patients("a", "b"))]))
    converted = convert_files(tmp_path, [path])
    assert [row["line"] for row in converted.rows("clients")] == [2, 3]
    assert converted.reasons() == {"fhir.invalid_json": 1}


def test_bad_lines_cost_no_neighbour(tmp_path: Path) -> None:
    lines: list[bytes] = []
    for number, bad in enumerate(BAD_LINES.values()):
        lines += [json.dumps(patient(f"client-{number}")).encode(), bad]
    path = tmp_path / "Patient.ndjson"
    path.write_bytes(b"\n".join(lines))
    converted = convert_files(tmp_path, [path])
    assert [row["line"] for row in converted.rows("clients")] == list(
        range(1, 2 * len(BAD_LINES), 2)
    )
    assert converted.reasons() == {"fhir.invalid_json": len(BAD_LINES)}
    assert converted.accounted() == {(path.name, line + 1) for line in range(len(lines))}


def test_lines_read_by_several_threads_keep_their_numbers(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTCOMES_THREADS", "4")
    monkeypatch.setattr(reading, "PIECE_BYTES", 1 << 19)
    lines = [json.dumps({**patient(str(number)), "text": "x" * 4_000}) for number in range(1, 2501)]
    lines[6] = lines[1999] = "no JSON"
    path = tmp_path / "Patient.ndjson"
    path.write_text("\n".join(lines), encoding="utf-8")
    assert path.stat().st_size > 16 << 19
    converted = convert_files(tmp_path, [path])
    rows = converted.rows("clients")
    assert len(rows) == 2498
    assert all(row["client_id"] == str(row["line"]) for row in rows)
    assert converted.reasons() == {"fhir.invalid_json": 2}
    assert converted.accounted() == {(path.name, line) for line in range(1, 2501)}


@pytest.mark.parametrize("size", [USUAL_LINE_BYTES - 100, USUAL_LINE_BYTES + 100])
def test_a_very_long_line_is_read(tmp_path: Path, size: int) -> None:
    long = json.dumps({**patient("long"), "text": "x" * size})
    path = tmp_path / "Patient.ndjson"
    path.write_text("\n".join([*_patients("a"), long, *_patients("b")]), encoding="utf-8")
    rows = convert_files(tmp_path, [path]).rows("clients")
    assert [(row["client_id"], row["line"]) for row in rows] == [("a", 1), ("long", 2), ("b", 3)]


def test_lines_that_are_json_but_no_resource_say_so(tmp_path: Path) -> None:
    path = tmp_path / "log.ndjson"
    path.write_text('{"eventId":"kickoff"}\n[1]\n5\nnull\n"text"\n', encoding="utf-8")
    converted = convert_files(tmp_path, [path])
    assert converted.conversion.tables == ()
    assert converted.reasons() == {"fhir.not_a_resource": 5}


@pytest.mark.parametrize("newline", [b"\n", b"\r\n"])
@pytest.mark.parametrize("blank", [b"", b"  ", b"\t"])
def test_empty_lines_count_as_lines_and_are_no_rows(
    tmp_path: Path, newline: bytes, blank: bytes
) -> None:
    first, second = (line.encode() for line in _patients("a", "b"))
    content = newline.join([blank, first, blank, blank, second, blank])
    assert _lines_of(tmp_path, content) == {"a": 2, "b": 5}


def test_an_empty_line_is_found_where_two_chunks_of_the_file_meet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = (line.encode() for line in _patients("a", "b"))
    for n_bytes in range(1, len(first) + 8):
        monkeypatch.setattr(byte_streams, "CHUNK_BYTES", n_bytes)
        (tmp_path / "x").write_bytes(first + b"\n \t \r\n" + second)
        stream = ByteStream(tmp_path / "x", "none")
        assert examine_lines(stream) == (True, True)
        (tmp_path / "x").write_bytes(first + b"\r\n  " + second + b"\n   ")
        assert not examine_lines(stream)[0]


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_byte_order_mark_does_not_cost_the_first_line(tmp_path: Path, encoding: str) -> None:
    content = ("\n".join(_patients("a", "ü")) + "\n").encode(encoding)
    assert _lines_of(tmp_path, content) == {"a": 1, "ü": 2}


@pytest.mark.parametrize("name", ["Patient.ndjson.gz", "no-extension", "Patient.ndjson"])
def test_packing_is_told_by_content(tmp_path: Path, name: str) -> None:
    text = ("\n".join(_patients("a", "b")) + "\n").encode()
    assert _lines_of(tmp_path, gzip.compress(text), name) == {"a": 1, "b": 2}
    assert _lines_of(tmp_path, zstandard.compress(text), name) == {"a": 1, "b": 2}


def test_a_gzip_file_that_breaks_off_keeps_its_whole_lines(tmp_path: Path) -> None:
    # Random ids, so that the compressed bytes are in step with the lines.
    ids = [
        f"{number * 7919 % 1_000_003:08x}-{number * 104_729 % 999_983:x}" for number in range(400)
    ]
    packed = gzip.compress(("\n".join(_patients(*ids)) + "\n").encode())
    path = tmp_path / "Patient.ndjson.gz"
    path.write_bytes(packed[: len(packed) * 3 // 4])
    converted = convert_files(tmp_path, [path])
    kept = [row["client_id"] for row in converted.rows("clients")]
    assert 100 < len(kept) < 400
    assert kept == ids[: len(kept)]
    assert converted.findings()["fhir.file_cut_short"] == 1


def test_a_pretty_printed_resource_is_line_one(tmp_path: Path) -> None:
    path = tmp_path / "patient.json"
    path.write_text(json.dumps(patient(), indent=2), encoding="utf-8")
    assert convert_files(tmp_path, [path]).one("clients")["line"] == 1


@pytest.mark.parametrize("indent", [None, 2])
def test_a_bundle_is_numbered_by_entry(tmp_path: Path, indent: int | None) -> None:
    entries = [
        {"fullUrl": "urn:uuid:0001", "resource": patient("a")},
        {"request": {"method": "DELETE", "url": "Patient/z"}},
        {"fullUrl": "urn:uuid:0003", "resource": practitioner("t")},
        {"resource": encounter("s", client=None, seen_by="urn:uuid:0003")},
    ]
    entries[3]["resource"]["subject"] = {"reference": "urn:uuid:0001"}
    path = tmp_path / "bundle.json"
    bundle = {"resourceType": "Bundle", "type": "transaction", "entry": entries}
    path.write_text(json.dumps(bundle, indent=indent), encoding="utf-8")
    converted = convert_files(tmp_path, [path])
    assert converted.one("clients")["line"] == 1
    assert converted.one("therapists")["line"] == 3
    assert converted.one("attendances")["client_id"] == "a"
    assert (converted.one("sessions")["therapist_id"], converted.one("sessions")["line"]) == (
        "t",
        4,
    )
    assert converted.reasons() == {"fhir.not_a_resource": 1}


def test_a_bundle_per_line_is_numbered_by_line(tmp_path: Path) -> None:
    lines = [
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": patient(name)}]})
        for name in ("a", "b")
    ]
    assert _lines_of(tmp_path, "\n".join(lines).encode()) == {"a": 1, "b": 2}


def test_types_may_be_mixed_in_one_file(tmp_path: Path) -> None:
    resources = [
        {"resourceType": "Organization", "id": "o"},
        patient(),
        practitioner(),
        encounter("s"),
        {"resourceType": "Device", "id": "d"},
    ]
    path = tmp_path / "everything.ndjson"
    path.write_text("\n".join(map(json.dumps, resources)), encoding="utf-8")
    converted = convert_files(tmp_path, [path])
    assert converted.one("sessions")["line"] == 4
    assert converted.one("clients")["line"] == 2
    assert converted.reasons() == {"fhir.resource_type_not_used": 2}
    assert {(part.resource_type, part.n_rows) for part in converted.conversion.out_of_scope} == {
        ("Organization", 1),
        ("Device", 1),
    }


def test_the_latest_version_of_a_resource_counts(tmp_path: Path) -> None:
    versions = [
        patient(gender="female", meta={"lastUpdated": "2024-02-01T00:00:00Z"}),
        patient(gender="male", meta={"lastUpdated": "2024-01-01T00:00:00Z"}),
        patient(gender="other", meta={"lastUpdated": "2024-02-01T00:00:00Z"}),
    ]
    path = tmp_path / "Patient.ndjson"
    path.write_text("\n".join(map(json.dumps, versions)), encoding="utf-8")
    converted = convert_files(tmp_path, [path])
    assert (converted.one("clients")["sex"], converted.one("clients")["line"]) == ("other", 3)
    assert converted.reasons() == {"fhir.repeated_id": 2}


def test_a_resource_of_the_wrong_shape_is_passed_on(tmp_path: Path) -> None:
    odd = {"resourceType": "Patient", "id": 7, "extension": "x", "address": {"state": 1}}
    path = tmp_path / "Patient.ndjson"
    path.write_text(json.dumps(odd), encoding="utf-8")
    row = convert_files(tmp_path, [path]).one("clients")
    assert (row["client_id"], row["state"], row["ethnicity"]) == ("7", None, None)


def test_a_resource_without_an_id_is_named_by_its_line(tmp_path: Path) -> None:
    path = tmp_path / "Patient.ndjson"
    path.write_text('{"resourceType":"Patient"}\n', encoding="utf-8")
    row = convert_files(tmp_path, [path]).one("clients")
    assert row["client_id"] == f"{landed(path).file_id[:12]}-1"


def test_a_parquet_file_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "clients.parquet"
    path.write_bytes(b"PAR1....")
    with pytest.raises(DeliveryError, match="is a Parquet file"):
        convert_files(tmp_path, [path])


def test_one_content_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "Patient.ndjson"
    path.write_text(_patients("a")[0], encoding="utf-8")
    with pytest.raises(DataError, match="twice"):
        in_fixed_order([landed(path), landed(path)])


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        (b'{"resourceType":"Patient","id":"1"}\n', "Patient"),
        (b'{\n  "resourceType" : "Bundle"\n}', "Bundle"),
        (b'\xef\xbb\xbf\n{"id":"1","resourceType":"Group"}\n', "Group"),
        (gzip.compress(b'{"resourceType":"Goal"}\n', mtime=0), "Goal"),
        (b'{"eventId":"kickoff"}\n', None),
        (b"client_id,birth_date\n", None),
        (b"", None),
        (b'{bad\n{"resourceType":"Patient"}\n', "Patient"),
    ],
)
def test_fhir_is_recognised_by_content(
    tmp_path: Path, content: bytes, expected: str | None
) -> None:
    path = tmp_path / "landed"
    path.write_bytes(content)
    assert first_resource_type(path) == expected


def test_an_error_never_shows_content(tmp_path: Path) -> None:
    path = tmp_path / "Patient.ndjson"
    path.write_bytes(b'{"resourceType":"Patient","id":"UNMISTAKABLE' + b"x" * (140 << 20) + b'"}\n')
    with pytest.raises(DeliveryError) as refused:
        convert_files(tmp_path, [path])
    assert "UNMISTAKABLE" not in str(refused.value)
    assert "Patient.ndjson" in str(refused.value)
