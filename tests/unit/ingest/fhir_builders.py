"""Small made-up FHIR deliveries, and what a conversion made of them."""

import hashlib
import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from pipelines.engine import Engine
from pipelines.ingest.fhir import (
    ConvertedTable,
    FhirConversion,
    FhirFile,
    FhirOptions,
    LoincMeaning,
    convert,
)

PHQ9_ITEMS = (
    "44250-9",
    "44255-8",
    "44259-0",
    "44254-1",
    "44251-7",
    "44258-2",
    "44252-5",
    "44253-3",
    "44260-8",
)
LOINC: dict[str, LoincMeaning] = {
    **{code: LoincMeaning("phq9", item, "item") for item, code in enumerate(PHQ9_ITEMS, 1)},
    "44261-6": LoincMeaning("phq9", None, "total"),
    "44249-1": LoincMeaning("phq9", None, "panel"),
    "70274-6": LoincMeaning("gad7", None, "total"),
    "69737-5": LoincMeaning("gad7", None, "panel"),
    "55758-7": LoincMeaning("phq2", None, "total"),
    "55757-9": LoincMeaning("phq2", None, "panel"),
    "89204-2": LoincMeaning("phq9m", None, "total"),
    "75626-2": LoincMeaning("audit_c", None, "total"),
    "82667-7": LoincMeaning("dast10", None, "total"),
}
ANSWERS = {
    "LA6568-5": Decimal(0),
    "LA6569-3": Decimal(1),
    "LA6570-1": Decimal(2),
    "LA6571-9": Decimal(3),
}
ANSWER_CODES = tuple(ANSWERS)

Resource = dict[str, Any]
Row = dict[str, Any]


@dataclass(frozen=True)
class Converted:
    """A conversion, read back from `folder`."""

    conversion: FhirConversion
    folder: Path

    def rows(self, table: str) -> list[Row]:
        """All rows of a canonical table, with `line` and `file_name`, in file and line order."""
        found: list[Row] = []
        for part in self.conversion.tables:
            if part.table == table:
                path = _written(self.folder, part)
                found += [{**row, "file_name": part.file_name} for row in read_rows(path)]
        return found

    def one(self, table: str) -> Row:
        """The only row of a table."""
        (row,) = self.rows(table)
        return row

    def reasons(self) -> Counter[str]:
        """How many lines are out of scope for which reason."""
        return Counter(
            row["reason"] for part in self.conversion.out_of_scope for row in read_rows(part.path)
        )

    def findings(self) -> dict[str, int]:
        """Findings by code."""
        found: Counter[str] = Counter()
        for finding in self.conversion.findings:
            found[finding.code] += finding.n_lines
        return dict(found)

    def accounted(self) -> set[tuple[str, int]]:
        """Every (file name, line) with a row or a reason."""
        parts = [(part, part.path) for part in self.conversion.out_of_scope]
        parts += [(part, _written(self.folder, part)) for part in self.conversion.tables]
        return {(part.file_name, row["line"]) for part, path in parts for row in read_rows(path)}

    def contents(self) -> dict[str, bytes]:
        """All that was written, by file name."""
        return {path.name: path.read_bytes() for path in self.folder.glob("*.parquet")}

    def answers(self, response_id: str) -> list[str | None]:
        """The values of a response in item order."""
        items = [r for r in self.rows("response_items") if r["response_id"] == response_id]
        return [r["value"] for r in sorted(items, key=lambda r: int(r["item"]))]


def write_to(folder: Path) -> Callable[[Engine, ConvertedTable], int]:
    """What writes a conversion's tables as Parquet."""
    return lambda engine, table: engine.write_parquet(
        f"select * from {table.sql}", _written(folder, table)
    )


def _written(folder: Path, table: ConvertedTable) -> Path:
    return folder / f"{table.table}-{table.file_id}.parquet"


def read_rows(path: Path) -> list[Row]:
    """Rows of a Parquet file as dicts."""
    found = duckdb.read_parquet(str(path))
    return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def landed(path: Path) -> FhirFile:
    """A file as landing names it."""
    return FhirFile(path, hashlib.sha256(path.read_bytes()).hexdigest(), path.name)


def convert_files(folder: Path, files: list[Path], **options: Any) -> Converted:
    """Convert files that are there."""
    out = folder / "out"
    conversion = convert(
        [landed(path) for path in files],
        options=FhirOptions(**options),
        out_dir=out,
        loinc=LOINC,
        answers=ANSWERS,
        run=write_to(out),
    )
    return Converted(conversion, out)


def convert_resources(folder: Path, *resources: Resource, **options: Any) -> Converted:
    """Convert resources, each type in its NDJSON file."""
    by_type: dict[str, list[str]] = {}
    for resource in resources:
        by_type.setdefault(resource["resourceType"], []).append(json.dumps(resource))
    files = []
    for name, lines in by_type.items():
        path = folder / f"{name}.ndjson"
        path.write_text("\n".join(lines) + "\n", encoding="utf-8")
        files.append(path)
    return convert_files(folder, files, **options)


def reference(text: str) -> Resource:
    return {"reference": text}


def patient(client_id: str = "client-1", **parts: Any) -> Resource:
    return {"resourceType": "Patient", "id": client_id, "birthDate": "1980-02-29", **parts}


def practitioner(therapist_id: str = "therapist-1", **parts: Any) -> Resource:
    name = [{"family": "Testperson", "given": ["Ada"]}]
    return {"resourceType": "Practitioner", "id": therapist_id, "name": name, **parts}


def encounter(
    session_id: str,
    start: str | None = "2024-03-04T10:00:00Z",
    *,
    client: str | None = "client-1",
    seen_by: str | None = "Practitioner/therapist-1",
    status: str = "finished",
    **parts: Any,
) -> Resource:
    found: Resource = {"resourceType": "Encounter", "id": session_id, "status": status}
    if start:
        found["period"] = {"start": start}
    if client:
        found["subject"] = reference(f"Patient/{client}")
    if seen_by:
        found["participant"] = [{"individual": reference(seen_by)}]
    return {**found, **parts}


def observation(
    observation_id: str,
    code: str,
    *,
    at: str | None = "2024-03-04T10:05:00Z",
    client: str = "client-1",
    **parts: Any,
) -> Resource:
    return {
        "resourceType": "Observation",
        "id": observation_id,
        "status": "final",
        "code": {"coding": [{"system": "http://loinc.org", "code": code}]},
        "subject": reference(f"Patient/{client}"),
        **({"effectiveDateTime": at} if at else {}),
        **parts,
    }


def coded(answer: str) -> Resource:
    """An Observation's value that is a LOINC answer."""
    return {"valueCodeableConcept": {"coding": [{"system": "http://loinc.org", "code": answer}]}}


def form(
    form_id: str,
    items: list[Resource],
    *,
    client: str = "client-1",
    authored: str = "2024-03-04T10:05:00Z",
    **parts: Any,
) -> Resource:
    return {
        "resourceType": "QuestionnaireResponse",
        "id": form_id,
        "status": "completed",
        "subject": reference(f"Patient/{client}"),
        "authored": authored,
        "item": items,
        **parts,
    }


def answered(link_id: str, **value: Any) -> Resource:
    return {"linkId": link_id, "answer": [value]}


def phq9_answers(*points: int) -> list[Resource]:
    """PHQ-9 answers as LOINC answer codes under `/<code>` link ids."""
    return [
        answered(f"/{code}", valueCoding={"code": ANSWER_CODES[point]})
        for code, point in zip(PHQ9_ITEMS, points, strict=False)
    ]
