"""Great Expectations beside a run: started early, asked last, compared rule by rule."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from pipelines.contracts.agreement import compare_judges
from pipelines.contracts.expectations import ExpectationsWorker, JudgeCount
from pipelines.contracts.odcs import Contract
from pipelines.contracts.row_rules import rule_counts_select
from pipelines.contracts.settle import CheckedFile
from pipelines.engine import Engine, path_list
from pipelines.errors import JudgesDisagreeError
from pipelines.files import write_note

# Beside a file's checked rows: the record of the batch that it was judged in.
RECORD = f"judged-great-expectations-{version('great-expectations')}.json"


class SecondJudge:
    """Judges the checked rows that it has not judged before; a file's rows never change."""

    def __init__(self, contracts: Mapping[str, Contract], folder: Path) -> None:
        self._contracts = contracts
        self._worker = ExpectationsWorker(contracts, folder)
        self._batch: dict[str, list[Path]] = {}
        self.is_asked = False

    def start(self) -> None:
        """Let the process import its library, which takes seconds, while others work."""
        self._worker.start()

    def stop(self) -> None:
        """End the process."""
        self._worker.stop()

    def submit(self, files: Mapping[str, Sequence[CheckedFile]], tables: Iterable[str]) -> None:
        """Hand over the checked rows of these tables, as far as they are new."""
        self.is_asked = True
        self._batch = {}
        for table in tables:
            # The same bytes in two deliveries of one day are one checked file.
            rows = dict.fromkeys(file.rows for file in files[table] if file.rows is not None)
            new = [path for path in rows if not _is_judged(path)]
            if new:
                self._batch[table] = new
        if self._batch:
            self._worker.submit(self._batch)

    def compare(self, engine: Engine) -> list[JudgeCount]:
        """The counts, once they agree with the row rules' on the same rows; and their record.

        Raises: JudgesDisagreeError naming rules and counts.
        """
        if not self._batch:
            return []
        ours: dict[str, int] = {}
        for table, paths in self._batch.items():
            relation = f"read_parquet({path_list(paths)}, filename = true)"
            sql = rule_counts_select(self._contracts[table], relation, with_unique=True)
            ours |= {rule_id: int(n_rows) for rule_id, n_rows in engine.rows(sql)}
        theirs = self._worker.results()
        disagreements = compare_judges(ours, theirs)
        if disagreements:
            raise JudgesDisagreeError(
                "The row rules and Great Expectations counted differently on the same rows.",
                where=", ".join(sorted({found.rule_id for found in disagreements})),
                expected="the same number of broken rows",
                found="; ".join(str(found) for found in disagreements),
                todo="one of the two judges is wrong: do not use the figures of this run",
            )
        for table, paths in self._batch.items():
            record = {
                "files": [path.parent.name for path in paths],
                "counts": [asdict(count) for count in theirs if count.table == table],
            }
            content = json.dumps(record, sort_keys=True)
            for path in paths:
                write_note(path.parent / RECORD, content)
        return theirs


def _is_judged(rows: Path) -> bool:
    record = rows.parent / RECORD
    # A power cut may have emptied it.
    return record.exists() and record.stat().st_size > 0
