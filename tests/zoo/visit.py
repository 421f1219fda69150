"""All specimens through one home, as deliveries of a day, and what their user is told."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from pipelines.engine import quoted
from pipelines.home import SETTINGS_FILE, Home
from pipelines.ingest.landing import land
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.rehearsal import Findings, judge
from tests.zoo.specimens import FAMILIES, PARENTS

DAY = date(2026, 1, 31)
TOLD = Path(__file__).parent / "told"
KEYS = {"clients": "client_id", "sessions": "session_id", "responses": "response_id"}


@dataclass(frozen=True)
class Visit:
    """What was found of each specimen, and the keys that are in use over all of them.

    `accounts` are the rows of a specimen by how they ended.
    """

    findings: Mapping[str, Findings]
    in_use: Mapping[str, frozenset[str]]
    accounts: Mapping[str, Mapping[str, int]]


def visit(folder: Path) -> Visit:
    """Land every specimen and judge them in one run, in a clinic of New York."""
    home = Home.create(folder / "home", salt="zoo")
    settings = (home.root / SETTINGS_FILE).read_text(encoding="utf-8")
    (home.root / SETTINGS_FILE).write_text(
        settings.replace('time_zone = "UTC"', 'time_zone = "America/New_York"'), encoding="utf-8"
    )
    specimens = {name: each for family in FAMILIES.values() for name, each in family.items()}
    contents = {"parents": PARENTS, **{name: each.files for name, each in specimens.items()}}
    landed = {}
    for name, files in contents.items():
        (folder / name).mkdir()
        for file_name, content in files.items():
            (folder / name / file_name).write_bytes(content)
        landed[name] = land(
            home, [folder / name], source="inbox", mode="incremental", delivered_on=DAY
        )
    run = BuildRun(home)
    try:
        findings = judge(run, list(landed.values()))
        counts = quoted(str(run.table_path("stg_row_counts")))
        rows = run.engine.rows(
            f"select delivery_id, row_status, n_rows from read_parquet({counts})"
        )
        names = {delivery.delivery_id: name for name, delivery in landed.items()}
        accounts: dict[str, dict[str, int]] = {name: {} for name in landed}
        for delivery_id, status, n_rows in rows:
            account = accounts[names[delivery_id]]
            account[status] = account.get(status, 0) + n_rows
        in_use = {
            table: frozenset(
                key
                for (key,) in run.engine.rows(
                    f"select {column} from read_parquet"
                    f"({quoted(str(run.table_path(f'stg_{table}')))})"
                )
            )
            for table, column in KEYS.items()
        }
    finally:
        run.close()
    return Visit(dict(zip(landed, findings, strict=True)), in_use, accounts)


def told(found: Findings) -> list[str]:
    """The lines that say what is wrong: refusals of files, and rules that rows break."""
    # What drifted since the delivery before has tests of its own: before a specimen lies another.
    lines = replace(found, drift=[]).lines()
    start = next(
        (number for number, line in enumerate(lines) if number > 1 and not line.strip()), None
    )
    assert start is not None
    return [line.strip() for line in lines[start:-1] if line.strip()]


def page(family: str, found: Visit) -> str:
    """What the users of a family of specimens are told, as one text."""
    parts = []
    for name in FAMILIES[family]:
        account = found.accounts[name]
        ends = ", ".join(f"{account[status]} {status}" for status in sorted(account)) or "no rows"
        parts.append("\n".join([f"# {name}: {ends}", *told(found.findings[name])]))
    return "\n\n".join(parts) + "\n"
