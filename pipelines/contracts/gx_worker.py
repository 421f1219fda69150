"""The second judge: Great Expectations, in a process of its own, answering with counts alone.

What belongs here: everything that imports Great Expectations. Run as
`python -m pipelines.contracts.gx_worker FOLDER` by `expectations.py`, which says what to expect:
one JSON line in is one request, one JSON line out its answer. The process ends when its standard
input closes, so it cannot outlive a parent that was killed, and takes its files in FOLDER with it.

Great Expectations' results carry clients' values (offending cells, exception texts). What leaves
this process is an allow-list: numbers, a word for the outcome, and the name of an exception class.
"""

import gc
import importlib.abc
import importlib.machinery
import importlib.util
import json
import os
import queue
import re
import shutil
import socket
import sys
import tempfile
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

_DATABASE = "rows.duckdb"
# Of the 5 seconds that the import costs, 2 are these two, for charts and distributions that no
# expectation of ours uses.
_LATE_MODULES = frozenset({"altair", "scipy.stats"})
# BASIC counts what broke; without the zero it would also list the first offenders.
_COUNTS_ONLY = {"result_format": "BASIC", "partial_unexpected_count": 0}
_SEVERITIES = {"error": "critical", "warning": "warning", "info": "info"}
_CLASS_NAME = re.compile(r"^(?:[A-Za-z_]\w*\.)*([A-Za-z_]\w*)(?::|$)")


class _LateModules(importlib.abc.MetaPathFinder):
    """Finds a few heavy modules lazily: they load when something first touches them, if ever."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if fullname not in _LATE_MODULES:
            return None
        spec = importlib.machinery.PathFinder.find_spec(fullname, path)
        if spec is not None and spec.loader is not None:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


def refuse_network(event: str, _arguments: object) -> None:
    if event in {"socket.connect", "socket.getaddrinfo", "socket.bind"}:
        raise PermissionError("the second judge does not use the network")


def import_great_expectations() -> ModuleType:
    """Great Expectations, imported without garbage collection and without what is never used."""
    sys.meta_path.insert(0, _LateModules())
    # urllib3, which comes along, otherwise opens a socket to find out whether this is true.
    socket.has_ipv6 = False
    gc.disable()
    try:
        import great_expectations
    finally:
        gc.enable()
        gc.freeze()
    return great_expectations


class _Judge:
    """Great Expectations on a private, read-only DuckDB file with one view per table."""

    def __init__(self) -> None:
        self._gx = import_great_expectations()
        self._context = self._gx.get_context(mode="ephemeral")
        self._context.enable_analytics(False)
        self._requests = 0

    def counts(self, request: Mapping[str, Any]) -> list[dict[str, Any]]:
        """One entry per table and expectation, in the order of the request."""
        from pipelines.contracts.gx_dialect import connection_url

        self._requests += 1
        database = f"{self._requests}-{_DATABASE}"
        unreadable = _make_views(Path(database), request["tables"])
        source = self._context.data_sources.add_sql(
            f"checked-{self._requests}",
            connection_string=connection_url(
                database, threads=request["threads"], memory_limit=request["memory_limit"]
            ),
            create_temp_table=False,
        )
        answers = []
        for table in request["tables"]:
            name, wanted = table["table"], table["expectations"]
            try:
                if not table["paths"]:
                    answers += [_answer(name, entry, "not_applicable") for entry in wanted]
                elif name in unreadable:
                    answers += [
                        _answer(name, entry, "error", error=unreadable[name]) for entry in wanted
                    ]
                else:
                    answers += self._judge(source, name, wanted)
            # One table that cannot be judged must not silence the others.
            except Exception as error:
                found = type(error).__name__
                answers += [_answer(name, entry, "error", error=found) for entry in wanted]
        return answers

    def _judge(
        self, source: Any, table: str, wanted: Sequence[Mapping[str, Any]]
    ) -> list[dict[str, Any]]:
        if not wanted:
            return []
        batch = (
            source.add_table_asset(table, table_name=table)
            .add_batch_definition_whole_table("all rows")
            .get_batch()
        )
        suite = self._gx.ExpectationSuite(
            name=table,
            expectations=[self._expectation(place, entry) for place, entry in enumerate(wanted)],
        )
        results = batch.validate(suite, result_format=_COUNTS_ONLY).results
        # Results come in an order of their own; `place` was put into each expectation's meta.
        by_place = {result.expectation_config.meta["place"]: result for result in results}
        return [_counted(table, entry, by_place[place]) for place, entry in enumerate(wanted)]

    def _expectation(self, place: int, entry: Mapping[str, Any]) -> Any:
        expectations = self._gx.expectations
        column = entry["columns"][0]
        shared = {
            "meta": {"place": place, "rule_id": entry["rule_id"]},
            "severity": _SEVERITIES[entry["severity"]],
        }
        match entry["kind"]:
            case "not_null":
                return expectations.ExpectColumnValuesToNotBeNull(column=column, **shared)
            case "in_set":
                return expectations.ExpectColumnValuesToBeInSet(
                    column=column, value_set=entry["allowed"], **shared
                )
            case "between":
                return expectations.ExpectColumnValuesToBeBetween(
                    column=column,
                    min_value=entry["minimum"],
                    max_value=entry["maximum"],
                    **shared,
                )
            case _:
                return expectations.ExpectCompoundColumnsToBeUnique(
                    column_list=entry["columns"], ignore_row_if="any_value_is_missing", **shared
                )


def _make_views(database: Path, tables: Sequence[Mapping[str, Any]]) -> dict[str, str]:
    """Make one view per table; the tables whose files cannot be read, with the exception's class.

    `file_id` numbers the files of a table: a key has to be unique inside one file, not between
    deliveries, and a number groups faster than a path.
    """
    import duckdb

    unreadable = {}
    with duckdb.connect(database) as connection:
        for table in tables:
            judged = {column for entry in table["expectations"] for column in entry["columns"]}
            columns = "|".join(sorted(judged - {"file_id"}))
            files = " union all by name ".join(
                f"select columns('^({columns})$'), {place} as file_id"
                f" from read_parquet({_quoted(path)})"
                for place, path in enumerate(table["paths"])
            )
            try:
                if files and judged:
                    connection.execute(f'create view "{table["table"]}" as {files}')
            except duckdb.Error as error:
                unreadable[table["table"]] = type(error).__name__
    return unreadable


def _quoted(path: str) -> str:
    escaped = path.replace("'", "''")
    return f"'{escaped}'"


def _counted(table: str, entry: Mapping[str, Any], result: Any) -> dict[str, Any]:
    """The allow-listed part of one result, with its outcome.

    Great Expectations passes a range check on rows that have no value at all, and reports a
    missing column as a failure: these are `not_applicable` and `error` here.
    """
    error = _exception_class(result.exception_info)
    if error:
        return _answer(table, entry, "error", error=error)
    found = result.result
    n_rows = int(found["element_count"])
    n_judged = n_rows - int(found.get("missing_count") or 0)
    n_broken = int(found["unexpected_count"] or 0)
    if n_judged == 0:
        return _answer(table, entry, "not_applicable", n_rows=n_rows)
    outcome = "passed" if result.success else "failed"
    return _answer(table, entry, outcome, n_rows=n_rows, n_broken=n_broken)


def _answer(
    table: str,
    entry: Mapping[str, Any],
    outcome: str,
    *,
    n_rows: int = 0,
    n_broken: int = 0,
    error: str = "",
) -> dict[str, Any]:
    return {
        "table": table,
        "rule_id": entry["rule_id"],
        "n_rows": n_rows,
        "n_broken": n_broken,
        "outcome": outcome,
        "error_class": error,
    }


def _exception_class(info: Mapping[str, Any] | None) -> str:
    """The class of the exception that a result carries, "" for none; never its text."""
    if not info:
        return ""
    # Either one entry, or one per metric that failed.
    entries = [info] if "raised_exception" in info else list(info.values())
    for entry in entries:
        if isinstance(entry, Mapping) and entry.get("raised_exception"):
            lines = str(entry.get("exception_traceback", "")).strip().splitlines()
            match = _CLASS_NAME.match(lines[-1]) if lines else None
            return match[1] if match else "Exception"
    return ""


def _read_requests(stream: BinaryIO, requests: queue.SimpleQueue[bytes], folder: Path) -> None:
    """Queue each line; at the end of the stream remove the private folder and end the process."""
    for line in stream:
        requests.put(line)
    shutil.rmtree(folder, ignore_errors=True)
    # No clean-up of the interpreter: DuckDB's binding reports leaks there that are none.
    os._exit(0)


def main() -> None:
    """Answer requests until standard input closes."""
    # Whatever a library prints must not end up between two answers.
    channel = os.fdopen(os.dup(sys.stdout.fileno()), "w", encoding="utf-8")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    sys.addaudithook(refuse_network)
    # Its parent knows it by the process id, should this process be killed.
    prefix = f"expectations-{os.getpid()}-"
    private = Path(tempfile.mkdtemp(prefix=prefix, dir=sys.argv[1])).absolute()
    os.chdir(private)
    requests: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    threading.Thread(
        target=_read_requests, args=(sys.stdin.buffer, requests, private), daemon=True
    ).start()
    try:
        judge = _Judge()
        while True:
            answer = {"counts": judge.counts(json.loads(requests.get()))}
            print(json.dumps(answer), file=channel, flush=True)
    except BaseException as error:
        shutil.rmtree(private, ignore_errors=True)
        print(json.dumps({"failed": type(error).__name__}), file=channel, flush=True)
        os._exit(3)


if __name__ == "__main__":
    main()
