"""Great Expectations' pages of a home: records of the second judge, drawn where they are new."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipelines.contracts.expectations import JudgeCount
from pipelines.contracts.odcs import load_contracts
from pipelines.files import private_folder, sha256_text, write_atomic
from pipelines.home import Home
from pipelines.reporting.context import column, text_cell
from pipelines.reporting.model import Cell, Page, Row, Section, Table
from pipelines.reporting.output.html import render_page
from pipelines.reporting.wording import load_wording
from pipelines.warehouse.second_judge import RECORD


@dataclass(frozen=True)
class WrittenDocs:
    """What was drawn now, of all there is."""

    index: Path
    n_new: int
    n_pages: int


def write_data_docs(home: Home) -> WrittenDocs:
    """Draw the batches that have no page yet, and the list of all; remove pages of none."""
    from pipelines.contracts.gx_docs import DocsWriter, page_path

    folder = private_folder(home.data_docs)
    contracts = load_contracts()
    batches = sorted(
        (batch for batch in _batches(home) if batch.table in contracts),
        key=lambda batch: (batch.delivered_to, batch.table, batch.name),
        reverse=True,
    )
    paths = [page_path(folder, batch) for batch in batches]
    missing = [
        (batch, path) for batch, path in zip(batches, paths, strict=True) if not path.exists()
    ]
    if missing:
        writer = DocsWriter(contracts)
        for batch, path in missing:
            private_folder(path.parent)
            write_atomic(path, writer.page(batch))
    for stale in set(folder.glob("*/*.html")) - set(paths):
        stale.unlink()
    links = [path.relative_to(folder).as_posix() for path in paths]
    index = folder / "index.html"
    page = index_page(list(zip(batches, links, strict=True)), clinic=home.settings.clinic_name)
    write_atomic(index, render_page(page))
    return WrittenDocs(index, len(missing), len(paths))


def index_page(batches: Sequence[tuple[Any, str]], *, clinic: str) -> Page:
    """The list of all batches, the latest first, each with the link to its page."""
    words = load_wording()
    rows = []
    for batch, link in batches:
        n_failed = sum(count.outcome in {"failed", "error"} for count in batch.counts)
        numbers = (batch.n_files, len(batch.counts), n_failed)
        rows.append(
            Row(
                (
                    Cell(batch.table, batch.table, link=link),
                    text_cell(batch.delivered_from),
                    text_cell(batch.delivered_to),
                    *(Cell(words.count(number), number) for number in numbers),
                )
            )
        )
    texts = ("table", "from", "to")
    table = Table(
        table_id="batches",
        caption=words.say("data_docs.caption"),
        columns=tuple(
            column(key, words.say(f"data_docs.{key}"), is_number=key not in texts)
            for key in (*texts, "files", "judged", "broken")
        ),
        rows=tuple(rows),
        is_folded_when_long=False,
    )
    return Page(
        title=words.say("data_docs.title"),
        clinic=clinic,
        lead=words.say("data_docs.lead"),
        language=words.language,
        sections=(Section("batches", words.say("data_docs.caption"), tables=(table,)),),
    )


def _batches(home: Home) -> list[Any]:
    """Every batch that has been judged, once; its record lies beside each of its files."""
    from pipelines.contracts.gx_docs import JudgedBatch

    records: dict[str, Mapping[str, Any]] = {}
    for path in sorted(home.checked.glob(f"*/{RECORD}")):
        text = path.read_text(encoding="utf-8")
        # A power cut may have emptied it; then its files are judged again.
        if text:
            records[sha256_text(text)[:12]] = json.loads(text)
    return [
        JudgedBatch(
            name=name,
            table=record["counts"][0]["table"],
            delivered_from=record["delivered_from"],
            delivered_to=record["delivered_to"],
            n_files=len(record["files"]),
            counts=tuple(
                JudgeCount(**{**count, "same_as": tuple(count["same_as"])})
                for count in record["counts"]
            ),
        )
        for name, record in records.items()
        if record["counts"] and "delivered_to" in record
    ]
