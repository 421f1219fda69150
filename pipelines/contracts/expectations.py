"""The second judge of a contract: what Great Expectations is asked, and its counts.

What belongs here: which rules both judges can express, and the worker process that counts them.
Great Expectations itself is imported in `gx_worker.py` only: its import takes seconds, so a run
starts the worker early and asks for the counts when the row rules are done. Whether the two judges
agree is decided in `agreement.py`.
"""

import contextlib
import json
import os
import queue
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, Self

from pipelines.contracts.odcs import Column, Contract, Rule
from pipelines.contracts.profile import WITHOUT_UNIQUE
from pipelines.errors import OutcomesError
from pipelines.files import private_folder

Outcome = Literal["passed", "failed", "error", "not_applicable"]

_NUMBER_TYPES = frozenset({"integer", "decimal"})
_PACKAGE_ROOT = Path(__file__).parents[2]
_SECONDS_TO_END = 5.0


@dataclass(frozen=True)
class Expectation:
    """One rule as both judges can express it.

    `same_as` are the rules whose broken rows, added up, must be as many as Great Expectations
    finds: a cell of the wrong type is null once it is typed, so "not null" counts two rules.
    """

    rule_id: str
    kind: Literal["not_null", "in_set", "between", "unique"]
    columns: tuple[str, ...]
    severity: str
    same_as: tuple[str, ...]
    allowed: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True)
class JudgeCount:
    """How many rows one rule was put to, and how many broke it; never which.

    Of `unique`, the broken rows are all that share their key with another row of the same file.
    `error_class` names the exception behind the outcome `error`.
    """

    table: str
    rule_id: str
    n_rows: int
    n_broken: int
    outcome: Outcome
    same_as: tuple[str, ...] = ()
    error_class: str = ""


def expectations_of(contract: Contract) -> tuple[Expectation, ...]:
    """What Great Expectations is asked about one table, in the order of the contract's rules."""
    columns = {column.name: column for column in contract.columns}
    type_rules = {rule.columns[0]: rule.rule_id for rule in contract.rules if rule.kind == "type"}
    planned = []
    for rule in contract.rules:
        expectation = _expectation(rule, contract, columns, type_rules)
        if expectation is not None:
            planned.append(expectation)
    return tuple(planned)


def _expectation(
    rule: Rule,
    contract: Contract,
    columns: Mapping[str, Column],
    type_rules: Mapping[str, str],
) -> Expectation | None:
    """The rule as an expectation, None where only the row rules can judge it."""
    if rule.kind == "unique":
        if contract.table in WITHOUT_UNIQUE:
            return None
        key = rule.columns or contract.key
        return Expectation(
            rule.rule_id, "unique", (*key, "file_id"), rule.severity, same_as=(rule.rule_id,)
        )
    if rule.kind not in {"required", "allowed", "minimum", "maximum"} or len(rule.columns) != 1:
        return None
    column = columns[rule.columns[0]]
    if rule.kind == "required":
        typed = type_rules.get(column.name)
        return Expectation(
            rule.rule_id,
            "not_null",
            (column.name,),
            rule.severity,
            same_as=(rule.rule_id, *([typed] if typed else [])),
        )
    # Elsewhere a list is of texts that mean one value ("yes" and "true"), which typed rows lost.
    if rule.kind == "allowed" and column.type != "string":
        return None
    if rule.kind == "allowed":
        return Expectation(
            rule.rule_id,
            "in_set",
            (column.name,),
            rule.severity,
            same_as=(rule.rule_id,),
            allowed=column.allowed,
        )
    # Limits of dates depend on the delivery ("not after it"), which an expectation cannot say.
    if column.type not in _NUMBER_TYPES:
        return None
    lower = column.minimum if rule.kind == "minimum" else None
    upper = column.maximum if rule.kind == "maximum" else None
    if lower is None and upper is None:
        return None
    return Expectation(
        rule.rule_id,
        "between",
        (column.name,),
        rule.severity,
        same_as=(rule.rule_id,),
        minimum=None if lower is None else float(lower),
        maximum=None if upper is None else float(upper),
    )


@dataclass
class ExpectationsWorker:
    """The worker process: start it early, submit the checked files, read the counts.

    `folder` takes its temporary files, which it removes; it needs no network and writes nothing
    else. Use it as a context manager, or call `stop`: it also ends when this process does.
    """

    contracts: Mapping[str, Contract]
    folder: Path
    threads: int = 1
    memory_limit: str = "1GB"
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False, repr=False)
    _answers: queue.SimpleQueue[bytes] = field(
        default_factory=queue.SimpleQueue, init=False, repr=False
    )
    _submitted: int = field(default=0, init=False, repr=False)

    def start(self) -> Self:
        """Start the process; it imports Great Expectations while this one goes on."""
        if self._process is None:
            command = [sys.executable, "-P", "-m", "pipelines.contracts.gx_worker"]
            paths = [str(_PACKAGE_ROOT), os.environ.get("PYTHONPATH", "")]
            self._process = subprocess.Popen(
                [*command, str(private_folder(self.folder).absolute())],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                # Exception texts of the libraries hold clients' values; nothing of them is kept.
                stderr=subprocess.DEVNULL,
                env={
                    **os.environ,
                    "GX_ANALYTICS_ENABLED": "false",
                    "PYTHONPATH": os.pathsep.join(filter(None, paths)),
                },
            )
            threading.Thread(target=self._read_answers, args=(self._process,), daemon=True).start()
        return self

    def submit(self, files: Mapping[str, Sequence[Path]]) -> None:
        """Hand over the checked rows of tables: all files of each, as Parquet.

        Raises: OutcomesError when the worker has died.
        """
        self.start()
        assert self._process is not None
        assert self._process.stdin is not None
        request = {
            "threads": self.threads,
            "memory_limit": self.memory_limit,
            "tables": [
                {
                    "table": table,
                    "paths": [str(Path(path).absolute()) for path in paths],
                    "expectations": [
                        asdict(expectation)
                        for expectation in expectations_of(self.contracts[table])
                    ],
                }
                for table, paths in files.items()
            ],
        }
        try:
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
        except OSError:
            # Its last line, if any, says why.
            self._next_answer(_SECONDS_TO_END)
            raise self._died("its input was closed") from None
        self._submitted += 1

    def results(self, *, timeout_s: float | None = 1800.0) -> list[JudgeCount]:
        """The counts of everything submitted since the last call, by table and rule as asked.

        Raises: OutcomesError when the worker died or did not answer in time.
        """
        counts: list[JudgeCount] = []
        while self._submitted:
            answer = self._next_answer(timeout_s)
            counts += self._judge_counts(answer["counts"])
            self._submitted -= 1
        return counts

    def stop(self) -> None:
        """End the process; what it has not answered is lost."""
        process, self._process = self._process, None
        self._submitted = 0
        if process is None:
            return
        assert process.stdin is not None
        with contextlib.suppress(OSError):
            process.stdin.close()
        try:
            process.wait(_SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        # It removes its own files, unless it was killed.
        for left in self.folder.glob(f"expectations-{process.pid}-*"):
            shutil.rmtree(left, ignore_errors=True)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _read_answers(self, process: subprocess.Popen[bytes]) -> None:
        assert process.stdout is not None
        with process.stdout as answers:
            for line in answers:
                self._answers.put(line)
        self._answers.put(b"")

    def _next_answer(self, timeout_s: float | None) -> Any:
        try:
            line = self._answers.get(timeout=timeout_s)
        except queue.Empty:
            raise self._died(f"no answer in {timeout_s:g} seconds") from None
        if not line:
            code = self._process.wait() if self._process else None
            raise self._died(f"it ended with code {code}")
        answer = json.loads(line)
        if "failed" in answer:
            raise self._died(answer["failed"])
        return answer

    def _judge_counts(self, entries: Iterable[Mapping[str, Any]]) -> list[JudgeCount]:
        same_as = {
            expectation.rule_id: expectation.same_as
            for contract in self.contracts.values()
            for expectation in expectations_of(contract)
        }
        return [JudgeCount(**entry, same_as=same_as[entry["rule_id"]]) for entry in entries]

    def _died(self, found: str) -> OutcomesError:
        self._submitted = 0
        return OutcomesError(
            "The second judge of the contracts stopped before it had counted.",
            where="the Great Expectations worker",
            expected="a count for every rule that both judges can express",
            found=found,
            todo="run again; if it happens again, install the packages anew from requirements.lock",
        )
