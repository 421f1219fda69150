"""What a page says of the version that was released before it: which of its figures have moved."""

import json
from collections.abc import Mapping
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any

from pipelines.errors import ModelError
from pipelines.reporting.model import Report
from pipelines.reporting.releases.figures_moved import (
    OF_THE_RUN,
    Move,
    count_figures,
    figures_moved,
)
from pipelines.reporting.releases.made_from import Reasons, reasons
from pipelines.reporting.releases.versions import MADE_FROM, SEAL_FILE, Version
from pipelines.reporting.releases.what_changed import Published, with_changes
from pipelines.reporting.wording import Wording


class Restating:
    """A released version beside what would be written now (`made_from`).

    Pages are known by the file of their data, relative to the folder of the version.
    """

    def __init__(self, published: Version, made_from: Mapping[str, Any]) -> None:
        self._published = published
        self._now = made_from

    @cached_property
    def _reasons(self) -> Reasons:
        return reasons(self._published.made_from, self._now)

    def moves(self, data_file: str, report: Report) -> list[Move]:
        """The figures of a page that are otherwise now; none where it was not there before."""
        before = stored(self._published.folder / data_file)
        if before is None:
            return []
        is_same_code = self._published.made_from["code"] == self._now["code"]
        return figures_moved(before, json.loads(report.to_json()), is_same_code=is_same_code)

    def told(
        self, data_file: str, report: Report, words: Wording, *, is_brief: bool = False
    ) -> Report:
        """The page with what moved on it since the release, and why; `is_brief` as there."""
        version = self._published
        before = stored(version.folder / data_file)
        published = Published(
            version=version.number,
            released_by=version.release["by"],
            released_on=date.fromisoformat(version.release["on"]),
            n_figures=0 if before is None else count_figures(before),
            code=version.made_from["code"],
            has_page=before is not None,
        )
        moves = self.moves(data_file, report)
        return with_changes(
            report,
            moves,
            published,
            self._reasons,
            words,
            code=self._now["code"],
            is_brief=is_brief,
        )


def stored(path: Path) -> dict[str, Any] | None:
    """The content of a page's data; None where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None


def require_same_figures(draft: Path, released: Path) -> None:
    """Nobody releases what nobody has read: every page of the draft must say the same again.

    Raises: ModelError when a figure or a sentence of the released pages is not the draft's.
    """
    for path in sorted(draft.rglob("*.json")):
        if path.name in (MADE_FROM, SEAL_FILE):
            continue
        name = path.relative_to(draft)
        before, after = stored(path), stored(released / name)
        if before is None or after is None or _of_the_period(before) != _of_the_period(after):
            raise ModelError(
                "The draft cannot be made a second time as it is.",
                where=f"{draft.parent.name}, {draft.name}, {name.parent.as_posix()}",
                expected="the same figures and sentences",
                found="others",
                todo="nothing was released; run `outcomes run` and read the draft again",
            )


def _of_the_period(content: Mapping[str, Any]) -> dict[str, Any]:
    """A content of `report.json` without its head and what tells of the clinic up to its writing.

    That grows between a draft and its release: the ledger has a line more for each proposal.
    """
    sections = [each for each in content["sections"] if each["section_id"] not in OF_THE_RUN]
    return {**content, "head": None, "sections": sections}
