"""A clinic's home: its folder, its settings, its one writer at a time.

The only module that knows where a file of a home lies. `Home` gives paths, `Settings` what
`clinic.toml` says, `Home.writer_lock` the turn to write.
"""

import json
import os
import secrets
import time
import tomllib
import zoneinfo
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path

from filelock import FileLock, Timeout

from pipelines.comparison_settings import ComparisonSettings, read_comparison_settings
from pipelines.errors import BusyError, SettingsError, UsageError
from pipelines.files import private_folder, sha256_file, sha256_text, write_atomic
from pipelines.governance_settings import GovernanceSettings, read_governance_settings
from pipelines.measure_settings import (
    SESSION_WINDOW_DAYS,
    MeasureDecision,
    decisions_digest,
    read_measure_decisions,
    read_session_window,
)
from pipelines.outcome_settings import OutcomeSettings, read_outcome_settings
from pipelines.path_settings import PathSettings, read_path_settings
from pipelines.print_settings import PrintSettings, read_print_settings
from pipelines.quarantine_settings import QuarantineSettings, read_quarantine_settings
from pipelines.rebase_settings import Rebase, read_rebases, rebases_digest
from pipelines.report_settings import ReportSettings, read_report_settings
from pipelines.source_settings import MAPPINGS_FOLDER, SourceSettings, read_source
from pipelines.toml_sections import Sections

SETTINGS_FILE = "clinic.toml"
CLAIMS_FOLDER = "claims"

SETTINGS_TEMPLATE = """\
# Settings of one clinic. README.md explains each; what is left out has the value shown there.
[clinic]
name = {name}
time_zone = {time_zone}
# Mixed into every pseudonym. Keep it secret and never change it: keys would no longer match.
pseudonym_salt = {salt}

[sources.inbox]
kind = "folder"
path = "inbox"
"""


@dataclass(frozen=True)
class Settings:
    """What `clinic.toml` says, with defaults for what it leaves out.

    Units: `_days` are days, `_share` a part of 1, `minimum_pairs_*` courses of treatment.
    """

    clinic_name: str
    time_zone: str
    pseudonym_salt: str
    first_score_days: int = 14
    derived_end_days: int = 90
    dropout_return_days: int = 60
    protocol_sessions: int = 0
    session_window_days: int = SESSION_WINDOW_DAYS
    max_lost_share: float = 0.2
    quarantine: QuarantineSettings = field(default_factory=QuarantineSettings)
    sources: tuple[SourceSettings, ...] = ()
    outcomes: OutcomeSettings = field(default_factory=OutcomeSettings)
    measures: tuple[MeasureDecision, ...] = ()
    paths: PathSettings = field(default_factory=PathSettings)
    comparison: ComparisonSettings = field(default_factory=ComparisonSettings)
    rebases: tuple[Rebase, ...] = ()
    print: PrintSettings = field(default_factory=PrintSettings)
    report: ReportSettings = field(default_factory=ReportSettings)
    governance: GovernanceSettings = field(default_factory=GovernanceSettings)
    # Of the files in `claims/`, beside the settings file.
    claims_digest: str = ""

    @property
    def turned_instruments(self) -> dict[str, frozenset[str]]:
        """By source the instruments whose reversed items it delivers turned; only where any are."""
        return {
            source.name: source.turned_instruments
            for source in self.sources
            if source.turned_instruments
        }

    @property
    def digest(self) -> str:
        """Changes when a setting changes that figures depend on."""
        return sha256_text(
            self.clinic_name,
            self.time_zone,
            self.pseudonym_salt,
            str(self.first_score_days),
            str(self.derived_end_days),
            str(self.dropout_return_days),
            str(self.protocol_sessions),
            str(self.session_window_days),
            str(self.max_lost_share),
            self.quarantine.digest_text,
            repr([(source.name, dict(source.options)) for source in self.sources]),
            *(source.mapping_digest for source in self.sources if source.mapping is not None),
            repr([(name, sorted(turned)) for name, turned in self.turned_instruments.items()]),
            self.outcomes.digest_text,
            decisions_digest(self.measures),
            self.paths.digest_text,
            self.comparison.digest_text,
            rebases_digest(self.rebases),
            self.print.digest_text,
            self.report.digest_text,
            self.governance.digest_text,
            self.claims_digest,
        )


def read_settings(path: Path) -> Settings:
    """The settings of one `clinic.toml`.

    Raises: SettingsError naming the key, what it must be, and what to do.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(
            "The settings cannot be read.",
            where=str(path),
            expected="a TOML file in UTF-8",
            found=str(error),
            todo="correct the line, or start from a new home and copy your values over",
        ) from None
    reader = Sections(path, content)
    clinic = reader.section("clinic")
    time_zone = clinic.take("time_zone", str, "UTC")
    if time_zone not in zoneinfo.available_timezones():
        raise SettingsError(
            "The time zone is not known.",
            where=f"{path}, [clinic] time_zone",
            expected='a name of the IANA list such as "America/New_York"',
            found=time_zone,
            todo="correct the name",
        )
    windows = reader.section("windows")
    deliveries = reader.section("deliveries")
    settings = Settings(
        clinic_name=clinic.take("name", str),
        time_zone=time_zone,
        pseudonym_salt=clinic.take("pseudonym_salt", str),
        first_score_days=windows.take_number("first_score_days", int, 14, least=0),
        derived_end_days=windows.take_number("derived_end_days", int, 90, least=1),
        dropout_return_days=windows.take_number("dropout_return_days", int, 60, least=0),
        protocol_sessions=windows.take_number("protocol_sessions", int, 0, least=0),
        session_window_days=read_session_window(windows),
        max_lost_share=deliveries.take_number("max_lost_share", float, 0.2, least=0, most=1),
        quarantine=read_quarantine_settings(deliveries),
        sources=tuple(
            read_source(path, name, value)
            for name, value in sorted(reader.table("sources").items())
        ),
        outcomes=read_outcome_settings(reader),
        measures=read_measure_decisions(reader),
        paths=read_path_settings(windows),
        comparison=read_comparison_settings(reader),
        rebases=read_rebases(reader),
        print=read_print_settings(reader),
        report=read_report_settings(reader),
        governance=read_governance_settings(reader),
        claims_digest=_claims_digest(path.parent / CLAIMS_FOLDER),
    )
    for section in (clinic, windows, deliveries):
        section.refuse_leftovers()
    reader.refuse_leftovers()
    return settings


def claim_files(folder: Path) -> list[Path]:
    """The files of claims in a folder, by name; none where there is no such folder."""
    return sorted(folder.glob("*.yaml"))


def _claims_digest(folder: Path) -> str:
    return sha256_text(*(f"{path.name} {sha256_file(path)}" for path in claim_files(folder)))


class Home:
    """Paths and settings of one clinic's folder.

    Raises: UsageError when the folder is no home.
    """

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        if not (self.root / SETTINGS_FILE).is_file():
            raise UsageError(
                "This folder is not a clinic's home.",
                where=str(self.root),
                expected=f"a folder with {SETTINGS_FILE}",
                found="no such file",
                todo="name the home with --home or OUTCOMES_HOME, or make one with"
                " `outcomes demo --home FOLDER` or `outcomes land --home FOLDER ...`",
            )

    @classmethod
    def create(
        cls,
        root: Path,
        *,
        name: str = "My clinic",
        time_zone: str = "UTC",
        salt: str | None = None,
        decisions: str = "",
    ) -> "Home":
        """The home in this folder, made with default settings where there is none yet.

        `decisions` are further lines of those settings.
        """
        private_folder(root)
        settings_path = root / SETTINGS_FILE
        if not settings_path.exists():
            write_atomic(
                settings_path,
                SETTINGS_TEMPLATE.format(
                    name=json.dumps(name),
                    time_zone=json.dumps(time_zone),
                    salt=json.dumps(salt or secrets.token_hex(16)),
                )
                + decisions,
            )
        home = cls(root)
        private_folder(home.inbox)
        return home

    @cached_property
    def settings(self) -> Settings:
        """What `clinic.toml` says now."""
        return read_settings(self.root / SETTINGS_FILE)

    @property
    def inbox(self) -> Path:
        """Where a person or a job drops exports."""
        return self.root / "inbox"

    @property
    def claims(self) -> Path:
        """The clinic's own claims, one YAML file each; need not be there."""
        return self.root / CLAIMS_FOLDER

    @property
    def mappings(self) -> Path:
        """The clinic's own mappings of its sources, one YAML file each; need not be there."""
        return self.root / MAPPINGS_FOLDER

    @property
    def landed_files(self) -> Path:
        """Delivered bytes, named by their SHA-256."""
        return self.root / "landing" / "files"

    @property
    def manifests(self) -> Path:
        """One JSON file per delivery."""
        return self.root / "landing" / "manifests"

    @property
    def checked(self) -> Path:
        """Cache of what each landed file became."""
        return self.root / "checked"

    @property
    def warehouse(self) -> Path:
        """One Parquet file per table and content."""
        return self.root / "warehouse"

    @property
    def scratch(self) -> Path:
        """Space for what an engine spills; emptied by the next run."""
        return self.root / "warehouse" / "scratch"

    @property
    def vault_catalogue(self) -> Path:
        """Views over raw_, stg_ and quarantine: source ids, for few."""
        return self.root / "vault.duckdb"

    @property
    def warehouse_catalogue(self) -> Path:
        """Views over ref_, int_, mart_ and pub_: for analysts."""
        return self.root / "warehouse.duckdb"

    @property
    def reports(self) -> Path:
        """`<YYYY-MM>/v<N>/<audience>/` and the index."""
        return self.root / "reports"

    @property
    def data_docs(self) -> Path:
        """Great Expectations' pages: `outcomes docs` writes them."""
        return self.root / "data_docs"

    @property
    def ledger(self) -> Path:
        """What happened, append-only, hash-chained."""
        return self.root / "ledger.jsonl"

    @property
    def dagster(self) -> Path:
        """Dagster's instance: the history of runs."""
        return self.root / "dagster"

    def unfinished(self) -> Iterator[Path]:
        """Files and folders that somebody is writing, or was when the process was killed.

        Not those of `inbox/`, which are not ours, nor of `warehouse/`, which only the holder of the
        writer's lock writes and cleans.
        """
        yield from self.root.glob("*.tmp")
        for folder in (self.root / "landing", self.checked, self.reports):
            yield from folder.rglob("*.tmp")

    @contextmanager
    def writer_lock(
        self, purpose: str, on_wait: Callable[[str], None] | None = None, timeout: float = -1
    ) -> Iterator[None]:
        """Hold the home's one turn to write.

        The operating system frees it when the process ends, however it ends. `on_wait` hears
        whom we wait for and since when they write; `timeout` is in seconds, negative waits on.

        Raises: BusyError when the turn did not come within `timeout`.
        """
        lock_path = self.root / ".writer.lock"
        holder_path = self.root / ".writer.json"
        lock = FileLock(lock_path, mode=0o600)
        try:
            lock.acquire(timeout=0)
        except Timeout:
            holder = _describe_holder(holder_path)
            if on_wait is not None:
                on_wait(holder)
            try:
                lock.acquire(timeout=timeout, poll_interval=0.05)
            except Timeout:
                raise BusyError(
                    "Another process is writing to this home.",
                    where=str(self.root),
                    expected=f"its turn to end within {timeout:.0f} s",
                    found=_describe_holder(holder_path),
                    todo="wait for it, or end that process",
                ) from None
        try:
            started = datetime.now(UTC).isoformat(timespec="seconds")
            holder = {"pid": os.getpid(), "purpose": purpose, "since": started}
            write_atomic(holder_path, json.dumps(holder))
            yield
        finally:
            lock.release()


def _describe_holder(path: Path) -> str:
    for _ in range(20):
        try:
            holder = json.loads(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            # The other process has the lock and has not said its name yet.
            time.sleep(0.01)
            continue
        return f"process {holder['pid']} ({holder['purpose']}), writing since {holder['since']}"
    return "a process that has not said its name"


def require_source(root: Path | None, source: str | None) -> None:
    """Nothing, where the home in this folder has a source of this name; what is dropped needs none.

    Raises: UsageError with the names that there are, before a home is made.
    """
    known = ["inbox"]
    if root is not None and (root / SETTINGS_FILE).is_file():
        known += [each.name for each in Home(root).settings.sources]
    if source is not None and source not in known:
        raise UsageError(
            "There is no source of this name.",
            where=str(root / SETTINGS_FILE) if root else "no --home was given",
            expected=", ".join(dict.fromkeys(known)),
            found=source,
            todo=f"draft its mapping with `outcomes map PATH --source {source} --home ...`; or put"
            f" one that you have into the home's mappings/ and write [sources.{source}]"
            f' mapping = "{source}.yaml" into {SETTINGS_FILE}',
        )
