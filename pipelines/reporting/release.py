"""Releasing a report: a step of its own, by somebody with a name, once and for all.

The draft that was read is written once more with the words of its release, sealed, and noted in the
ledger. With `[release] second_person = true` the first person proposes it and another one approves
it. A proposal is for the bytes of one draft: it is void once the draft has changed.
"""

import json
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from pipelines.audit import ledger
from pipelines.errors import UsageError
from pipelines.files import sha256_text
from pipelines.home import Home
from pipelines.reporting.crew import Crew
from pipelines.reporting.figures.periods import Period, period_of
from pipelines.reporting.releases.versions import (
    Version,
    content_hashes,
    finish_swaps,
    newest_version,
    seal_hash,
)
from pipelines.reporting.upkeep import ReportWriter
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.inputs import inputs_fingerprint

RELEASED, PROPOSED = "release", "release_proposed"
LONGEST_NAME, LONGEST_NOTE = 100, 500


@dataclass(frozen=True)
class Outcome:
    """What became of a request: `released`, or `proposed` until another person agrees."""

    period: str
    version: int
    state: str
    folder: Path


def release(home: Home, period: str, *, by: str, note: str, at: datetime) -> Outcome:
    """Release the draft of a period, or propose it where a second person must agree.

    `at` is the moment, with its time zone. A release that was cut off before its line in the ledger
    is ended.

    Raises: UsageError when there is no draft, it is not what the tables say now, the name is empty,
            or the person who proposed it is the one who is to approve it.
    """
    name = _one_line(by, "--by", LONGEST_NAME)
    if not name:
        raise UsageError(
            "A release needs a name.", where="--by", expected="who releases it", todo="name them"
        )
    note = _one_line(note, "--note", LONGEST_NOTE)
    asked = period_of(period)
    with home.writer_lock("releasing a report"):
        finish_swaps(home.reports / period)
        version = _draft(home, asked)
        if version.is_released:
            _note(home, period, version)
            return Outcome(period, version.number, "released", version.folder)
        _refuse_outdated(home, asked, version)
        proposal = proposal_for(home, period, version)
        on = at.astimezone(ZoneInfo(home.settings.time_zone)).date().isoformat()
        if home.settings.governance.second_person and proposal is None:
            details = {"period": period, "version": version.number, "by": name, "note": note}
            details["content"] = content_hash(version)
            ledger.append(home, PROPOSED, details)
            return Outcome(period, version.number, "proposed", version.folder)
        words = {"by": name, "approved_by": "", "note": note, "on": on}
        if home.settings.governance.second_person and proposal is not None:
            if _same_person(name, proposal["by"]):
                raise UsageError(
                    "The person who proposed a release cannot approve it.",
                    where=f"{period}, version {version.number}",
                    expected="--by with the name of another person",
                    found="the one who proposed it",
                    todo="ask a second person to read the draft and to release it",
                )
            notes = "; ".join(each for each in (proposal["note"], note) if each)
            words |= {"by": proposal["by"], "approved_by": name, "note": notes}
        _write(home, asked, words)
        _note(home, period, Version(version.number, version.folder))
    return Outcome(period, version.number, "released", version.folder)


def content_hash(version: Version) -> str:
    """Changes with every byte of a version."""
    return sha256_text(json.dumps(content_hashes(version.folder), sort_keys=True))


def proposal_for(home: Home, period: str, version: Version) -> Mapping[str, Any] | None:
    """The last proposal to release this draft as it is; None where there is none."""
    found = [
        event["details"]
        for event in ledger.events(home)
        if event["event"] == PROPOSED
        and event["details"]["period"] == period
        and event["details"]["version"] == version.number
    ]
    if not found or found[-1]["content"] != content_hash(version):
        return None
    return found[-1]


def is_noted(home: Home, period: str, version: Version) -> bool:
    """Whether the ledger knows the release of a version, with the seal that it has."""
    return any(
        event["event"] == RELEASED
        and event["details"]["period"] == period
        and event["details"]["version"] == version.number
        and event["details"]["seal"] == seal_hash(version.folder)
        for event in ledger.events(home)
    )


def _draft(home: Home, period: Period) -> Version:
    version = newest_version(home.reports / period.key)
    if version is None:
        raise UsageError(
            "There is no report to release.",
            where=period.key,
            expected="a period with a draft",
            todo=f"make it first: `{_run_of(period)}`",
        )
    if version.is_released and is_noted(home, period.key, version):
        raise UsageError(
            "The newest version is released already.",
            where=f"{period.key}, version {version.number}",
            expected="a draft",
            found=f"released by {version.release['by']} on {version.release['on']}",
            todo="nothing; when a later delivery moves a figure, `outcomes run` makes a new draft",
        )
    return version


def _refuse_outdated(home: Home, period: Period, version: Version) -> None:
    """A draft is released as it was read, so that it must be what would be written now."""
    run = BuildRun(home)
    try:
        run.keep_to_published_deliveries()
        is_current = bool(run.base.inputs) and (
            version.made_from.get("inputs")
            == run.base.inputs
            == inputs_fingerprint(home, run.deliveries)
        )
    finally:
        run.close()
    if not is_current:
        raise UsageError(
            "The draft is not what the tables, the settings and the program say now.",
            where=f"{period.key}, version {version.number}",
            expected="a draft made by the last run",
            found="one made before something changed",
            todo=f"run `{_run_of(period)}`, read the draft, and release it then",
        )


def _run_of(period: Period) -> str:
    """The command that makes the drafts of a period: a quarter comes with its last month."""
    return f"outcomes run --month {period.month:%Y-%m}"


def _write(home: Home, period: Period, words: Mapping[str, Any]) -> None:
    run = BuildRun(home)
    try:
        run.keep_to_published_deliveries()
        with Crew() as crew:
            writer = ReportWriter(run, crew)
            writer.write_period(period, words)
        writer.write_index()
    finally:
        run.close()


def _note(home: Home, period: str, version: Version) -> None:
    details = {
        "period": period,
        "version": version.number,
        **version.release,
        "seal": seal_hash(version.folder),
    }
    ledger.append(home, RELEASED, details)


def _one_line(text: str, option: str, longest: int) -> str:
    line = " ".join(
        "".join(
            " " if unicodedata.category(each).startswith("C") else each for each in text
        ).split()
    )
    if len(line) > longest:
        raise UsageError(
            "A text of the release is too long for every page.",
            where=option,
            expected=f"{longest} characters at most",
            found=str(len(line)),
            todo="shorten it",
        )
    return line


def _same_person(one: str, other: str) -> bool:
    return _folded(one) == _folded(other)


def _folded(name: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", name).casefold().split())
