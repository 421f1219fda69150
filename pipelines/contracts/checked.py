"""What one landed file became: typed rows, each with its errors and warnings.

`checked/<hash>/` is a cache, named by everything it depends on: the file's bytes, its contract, the
day it was delivered, the clinic's time zone and the code that reads. It holds `rows.parquet` (the
delivered rows in their order), `broken.parquet` (lines that are no rows), for answers
`folded.parquet`, and `summary.json`.
"""

import json
import shutil
from collections.abc import Callable, Collection, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Any

import duckdb

from pipelines.contracts import answers, cell_types, odcs, profile, row_rules
from pipelines.contracts.odcs import Contract
from pipelines.contracts.profile import Profile
from pipelines.engine import Engine, quoted
from pipelines.errors import DeliveryError
from pipelines.files import private_folder, sha256_file, sha256_text, temporary_beside
from pipelines.ingest import (
    byte_streams,
    csv_facts,
    foreign,
    parquet_text,
    plain_blocks,
    text_batches,
    text_files,
    tolerant_csv,
)
from pipelines.ingest.byte_streams import ByteStream, packing_of
from pipelines.ingest.text_files import TextRelation

HASH_LENGTH = 32
_PLACING = Lock()


@dataclass(frozen=True)
class Checked:
    """One checked file in the cache. Counts are rows; names of columns are the file's own.

    `refusal` says what is wrong with a file that cannot be used at all.
    """

    name: str
    folder: Path
    table: str
    n_rows: int
    n_broken: int
    n_with_errors: int
    unknown_columns: tuple[str, ...]
    absent_columns: tuple[str, ...]
    refusal: str = ""
    profile: Profile = field(default_factory=Profile)

    @property
    def rows(self) -> Path | None:
        """Typed rows, in the file's order; None where no line was a row."""
        return self._if_there("rows.parquet")

    @property
    def broken(self) -> Path | None:
        """Lines that could not be read as rows: line, reason."""
        return self._if_there("broken.parquet")

    @property
    def folded(self) -> Path | None:
        """Answers, one row per response."""
        return self._if_there("folded.parquet")

    def _if_there(self, name: str) -> Path | None:
        path = self.folder / name
        return path if path.exists() else None


@cache
def _code_digest() -> str:
    modules = (
        text_files, byte_streams, csv_facts, foreign, parquet_text, plain_blocks, text_batches,
        tolerant_csv, cell_types, odcs, row_rules, answers, profile,
    )  # fmt: skip
    return sha256_text(
        duckdb.__version__,
        *(sha256_file(Path(str(module.__file__))) for module in modules),
        sha256_file(Path(__file__)),
    )


def check_text_file(
    engine: Engine,
    *,
    checked: Path,
    contract: Contract,
    path: Path,
    file_id: str,
    file_name: str,
    delivered_on: date,
    time_zone: str,
) -> Checked:
    """Judge a canonical file row by row, or take what an earlier run found.

    A file that cannot be used as a whole is set aside, all its lines in quarantine: it must not
    hold up the others, nor a better copy of itself that comes later.
    """

    def fill(folder: Path) -> dict[str, Any]:
        def run(relation: TextRelation) -> int:
            line = "line" if relation.has_line else None
            return _write_rows(
                engine, contract, relation.sql, relation.present, line, folder, delivered_on
            )

        try:
            relation = text_files.read_text(
                path,
                contract.table,
                contract.columns,
                file_name,
                scratch=private_folder(folder / "reading"),
                run=run,
            )
        except DeliveryError as error:
            return _set_aside(engine, path, folder, error)
        if relation.broken is not None:
            shutil.move(relation.broken, folder / "broken.parquet")
        shutil.rmtree(folder / "reading")
        return {
            "unknown_columns": sorted(relation.unknown),
            "absent_columns": sorted(
                {column.name for column in contract.columns} - relation.present
            ),
            "profile": _profile(engine, contract, folder, delivered_on),
        }

    name = checked_name(contract, file_id, delivered_on, time_zone)
    return _take_or_fill(engine, checked, name, contract.table, fill)


def _profile(engine: Engine, contract: Contract, folder: Path, delivered_on: date) -> Any:
    rows = folder / "rows.parquet"
    found = profile.profile_rows(engine, contract, rows, delivered_on) if rows.exists() else None
    return asdict(found or Profile())


def _set_aside(engine: Engine, path: Path, folder: Path, error: DeliveryError) -> dict[str, Any]:
    for name in ("rows.parquet", "reading"):
        shutil.rmtree(folder / name, ignore_errors=True)
        (folder / name).unlink(missing_ok=True)
    try:
        n_lines = csv_facts.examine(ByteStream(path, packing_of(path))).n_newlines
    except (DeliveryError, OSError, ValueError):
        n_lines = 0
    engine.write_parquet(
        f"select range + 2 as line, {quoted(tolerant_csv.UNUSABLE)} as reason,"
        " cast(null as varchar) as text"
        f" from range({max(n_lines - 1, 0)}) order by line",
        folder / "broken.parquet",
    )
    return {"unknown_columns": [], "absent_columns": [], "refusal": str(error)}


def check_converted_file(
    engine: Engine,
    *,
    checked: Path,
    contract: Contract,
    path: Path,
    file_id: str,
    delivered_on: date,
    time_zone: str,
    filled: frozenset[str] | None = None,
    unknown: Sequence[str] = (),
) -> Checked:
    """Judge rows that an adapter has made: a Parquet file of text cells with `line`.

    `filled` are the columns that the source has at all (by default every one), `unknown` those of
    the source that nothing reads.
    """
    present = frozenset(column.name for column in contract.columns)
    absent = sorted(present - filled) if filled is not None else []
    bytes_and_columns = sha256_text(sha256_file(path), file_id, *unknown, "", *absent)
    return check_converted_rows(
        engine,
        checked=checked,
        name=checked_name(contract, bytes_and_columns, delivered_on, time_zone),
        contract=contract,
        source=f"read_parquet({quoted(str(path))})",
        delivered_on=delivered_on,
        absent=absent,
        unknown=unknown,
    )


def check_converted_rows(
    engine: Engine,
    *,
    checked: Path,
    name: str,
    contract: Contract,
    source: str,
    delivered_on: date,
    absent: Sequence[str] = (),
    unknown: Sequence[str] = (),
) -> Checked:
    """Judge the rows of `source`, a FROM item with the contract's columns as text, and `line`.

    `name` is their `checked_name`; the engine's time zone must be the one that it was made of.
    """
    present = frozenset(column.name for column in contract.columns)

    def fill(folder: Path) -> dict[str, Any]:
        _write_rows(engine, contract, source, present, "line", folder, delivered_on)
        return {
            "unknown_columns": list(unknown),
            "absent_columns": list(absent),
            "profile": _profile(engine, contract, folder, delivered_on),
        }

    return _take_or_fill(engine, checked, name, contract.table, fill)


def keep_unread(
    engine: Engine, *, checked: Path, path: Path, table: str, refusal: str = ""
) -> Checked:
    """Account for landed lines that no table takes: `path` has `line` and `reason`.

    `refusal` says why they are all the lines of a file that cannot be used.
    """
    name = sha256_text("unread", sha256_file(path), table, refusal)[:HASH_LENGTH]

    def fill(folder: Path) -> dict[str, Any]:
        shutil.copyfile(path, folder / "broken.parquet")
        return {"unknown_columns": [], "absent_columns": [], "refusal": refusal}

    return _take_or_fill(engine, checked, name, table, fill)


def checked_name(contract: Contract, content: str, delivered_on: date, time_zone: str) -> str:
    """What a checked file is called in the cache; `content` changes with what it is made from."""
    return sha256_text(
        content, contract.table, contract.digest, delivered_on.isoformat(), time_zone,
        _code_digest(),
    )[:HASH_LENGTH]  # fmt: skip


def _write_rows(
    engine: Engine,
    contract: Contract,
    source: str,
    present: frozenset[str],
    line: str | None,
    folder: Path,
    delivered_on: date,
) -> int:
    sql = row_rules.check_select(contract, source=source, present=present, line=line)
    return engine.write_parquet(
        sql, folder / "rows.parquet", {"delivered_on": delivered_on}, where=contract.table
    )


def _counts(engine: Engine, path: Path, column: str) -> tuple[int, int]:
    """Rows of a Parquet file, and those in which a column has a value; none where it is not."""
    if not path.exists():
        return 0, 0
    found = engine.one(f"select count(*), count({column}) from read_parquet({quoted(str(path))})")
    return int(found[0]), int(found[1])


def _take_or_fill(
    engine: Engine,
    checked: Path,
    name: str,
    table: str,
    fill: Callable[[Path], dict[str, Any]],
) -> Checked:
    folder = checked / name
    summary = folder / "summary.json"
    if not summary.exists():
        # The folder appears whole: a killed run leaves only a `.tmp` folder.
        temporary = private_folder(temporary_beside(folder))
        try:
            found = fill(temporary)
            rows, broken = temporary / "rows.parquet", temporary / "broken.parquet"
            if table == "response_items" and rows.exists():
                n_sharing = answers.fold_answers(engine, rows, temporary / "folded.parquet")
                found["profile"]["broken"]["response_items.unique"] = n_sharing
            n_rows, n_with_errors = _counts(engine, rows, "row_errors")
            n_broken, _ = _counts(engine, broken, "line")
            found |= {
                "table": table,
                "n_rows": n_rows,
                "n_broken": n_broken,
                "n_with_errors": n_with_errors,
            }
            (temporary / "summary.json").write_text(json.dumps(found, sort_keys=True))
            for path in temporary.iterdir():
                path.chmod(0o600)
            with _PLACING:
                # The same bytes may be in two deliveries of a day, checked side by side: whoever
                # comes second must not take away what the first has handed out.
                if not summary.exists():
                    shutil.rmtree(folder, ignore_errors=True)
                    temporary.rename(folder)
        finally:
            shutil.rmtree(temporary, ignore_errors=True)
    return read_checked(checked, name)


def is_checked(checked: Path, name: str) -> bool:
    """Whether the cache holds a checked file."""
    return (checked / name / "summary.json").exists()


def read_checked(checked: Path, name: str) -> Checked:
    """A checked file that the cache holds."""
    folder = checked / name
    found = json.loads((folder / "summary.json").read_text(encoding="utf-8"))
    return Checked(
        name=name,
        folder=folder,
        table=found["table"],
        n_rows=found["n_rows"],
        n_broken=found["n_broken"],
        n_with_errors=found["n_with_errors"],
        unknown_columns=tuple(found["unknown_columns"]),
        absent_columns=tuple(found["absent_columns"]),
        refusal=found.get("refusal", ""),
        profile=Profile(**found.get("profile", {})),
    )


def remove_stale(checked: Path, kept: Collection[str]) -> None:
    """Remove cached files that nothing names any more, and unfinished ones."""
    for path in checked.iterdir() if checked.exists() else ():
        if path.is_dir() and path.name not in kept:
            shutil.rmtree(path, ignore_errors=True)
