"""Great Expectations beside a run: started early, asked last, compared rule by rule."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path

from pipelines.contracts.agreement import compare_judges
from pipelines.contracts.expectations import ExpectationsWorker, JudgeCount
from pipelines.contracts.odcs import Contract
from pipelines.contracts.settle import CheckedFile
from pipelines.errors import JudgesDisagreeError
from pipelines.files import write_note

# Beside a file's checked rows: the record of the batch that it was judged in.
RECORD = f"judged-great-expectations-{version('great-expectations')}.json"


class SecondJudge:
    """Judges the checked rows that it has not judged before; a file's rows never change."""

    def __init__(self, contracts: Mapping[str, Contract], folder: Path) -> None:
        self._contracts = contracts
        self._worker = ExpectationsWorker(contracts, folder)
        self._batch: dict[str, dict[Path, CheckedFile]] = {}
        self._counts: list[JudgeCount] | None = None
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
        self._counts = None
        self._batch = {}
        for table in tables:
            # The same bytes in two deliveries of one day are one checked file.
            rows = {file.rows: file for file in files[table] if file.rows is not None}
            new = {path: file for path, file in rows.items() if not _is_judged(path)}
            if new:
                self._batch[table] = new
        if self._batch:
            self._worker.submit({table: list(new) for table, new in self._batch.items()})

    def compare(self) -> list[JudgeCount]:
        """The counts, once they agree with the row rules' on the same rows; and their record.

        Raises: JudgesDisagreeError naming rules and counts.
        """
        if self._counts is None:
            self._counts = self._compare()
        return self._counts

    def _compare(self) -> list[JudgeCount]:
        if not self._batch:
            return []
        # The row rules' counts are those that were kept when the files were checked.
        ours: Counter[str] = Counter()
        for files in self._batch.values():
            for file in files.values():
                ours.update(file.profile.broken)
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
        for table, files in self._batch.items():
            paths = list(files)
            record = {
                "files": [path.parent.name for path in paths],
                "delivered_from": min(file.delivered_on for file in files.values()).isoformat(),
                "delivered_to": max(file.delivered_on for file in files.values()).isoformat(),
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
