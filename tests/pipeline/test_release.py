"""A report's life: a draft, its release, and a new version when a later delivery moves figures."""

import json
import shutil
from collections.abc import Iterable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from pipelines.audit import ledger
from pipelines.cli import main
from pipelines.errors import UsageError
from pipelines.files import sha256_file
from pipelines.home import Home
from pipelines.reporting import release as release_module
from pipelines.reporting.crew import Crew, Task
from pipelines.reporting.release import release
from pipelines.reporting.releases.versions import altered_files, versions_of
from pipelines.reporting.upkeep import ReportWriter
from pipelines.warehouse.build_run import BuildRun
from tests.pipeline.homes import query, words_of

MONTH = "2026-10"
QUARTER = "2026-Q3"
AT = datetime(2026, 11, 2, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def released(never_killed: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The tiny clinic, whose month was proposed by one person and released by another."""
    root = tmp_path_factory.mktemp("release") / "home"
    shutil.copytree(never_killed.root, root)
    with (root / "clinic.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[release]\nsecond_person = true\n")
    run(root)
    home = Home(root)
    _draft_quarter(home)
    return home


def _draft_quarter(home: Home) -> None:
    """Drafts of September and of the quarter that ends with it, from the tables as they are."""
    build = BuildRun(home)
    try:
        build.keep_to_published_deliveries()
        ReportWriter(build).write(date(2026, 9, 1))
    finally:
        build.close()


def run(root: Path) -> Result:
    """Bring the month up to date; it need not end well."""
    return CliRunner().invoke(main, ["run", "--home", str(root), "--month", MONTH])


def report(
    home: Home, version: int, audience: str = "director", period: str = MONTH
) -> dict[str, Any]:
    path = home.reports / period / f"v{version}" / audience / "report.json"
    return json.loads(path.read_text(encoding="utf-8"))


def subjects(home: Home, version: int, period: str = MONTH) -> dict[str, dict[str, Any]]:
    """The data of every page of a programme, therapist or group, by its path in the version."""
    folder = home.reports / period / f"v{version}"
    paths = [*folder.glob("director/*/*.json"), *folder.glob("therapist/*/report.json")]
    return {
        path.relative_to(folder).as_posix(): json.loads(path.read_text(encoding="utf-8"))
        for path in paths
    }


def hashes(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): sha256_file(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def numbers(home: Home) -> list[int]:
    return [version.number for version in versions_of(home.reports / MONTH)]


def test_a_second_person_must_agree_and_a_release_is_never_lost(
    released: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    draft = report(released, 1)
    assert draft["head"]["state"] == "draft"
    first = release(released, MONTH, by="Dr Example  Person", note="read by the board", at=AT)
    assert first.state == "proposed"
    assert report(released, 1) == draft
    with pytest.raises(UsageError, match="cannot approve"):
        release(released, MONTH, by="dr example person", note="", at=AT)
    assert report(released, 1) == draft

    # Killed after the version was sealed and before the ledger had it: the next call ends it.
    def killed(*_: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(release_module, "_note", killed)
        with pytest.raises(KeyboardInterrupt):
            release(released, MONTH, by="Dr Made Up", note="", at=AT)
    second = release(released, MONTH, by="Dr Made Up", note="", at=AT)
    assert second.state == "released"
    head = report(released, 1)["head"]
    assert head["state_words"] == (
        "Version 1, released by Dr Example Person, approved by Dr Made Up, 2 November 2026"
    )
    assert head["release_note"] == "Note of the release: read by the board"
    assert {**report(released, 1), "head": None} == {**draft, "head": None}
    # The ledger has grown since the draft: the auditor's page says so, and stops no release.
    audited = report(released, 1, "auditor")
    (approvals,) = [each for each in audited["sections"] if each["section_id"] == "approvals"]
    assert "Dr Example Person" in json.dumps(approvals)
    folder = released.reports / MONTH / "v1"
    pages = sorted(folder.rglob("*.html"))
    assert len(pages) >= 4
    assert all(
        "released by Dr Example Person" in page.read_text(encoding="utf-8") for page in pages
    )
    assert all("draft: not released" not in page.read_text(encoding="utf-8") for page in pages)
    noted = [event for event in ledger.events(released) if event["event"] == "release"]
    assert [event["details"]["seal"] for event in noted] == [sha256_file(folder / "seal.json")]
    assert ledger.first_broken_link(released.ledger) is None
    assert altered_files(folder) == []
    with pytest.raises(UsageError, match="released already"):
        release(released, MONTH, by="Dr Made Up", note="", at=AT)


def test_a_quarter_is_released_with_the_pages_of_its_programmes(released: Home) -> None:
    draft = report(released, 1, period=QUARTER)
    assert draft["head"]["month"] == QUARTER
    assert draft["head"]["state"] == "draft"
    pages = subjects(released, 1, QUARTER)
    # Those of therapists and groups are about twelve months, and lie beside the month.
    assert {name.split("/")[1] for name in pages} == {"programmes"}
    assert {page["head"]["month"] for page in pages.values()} == {QUARTER}
    assert {page["head"]["state"] for page in pages.values()} == {"draft"}
    audited = report(released, 1, "auditor", QUARTER)
    assert "quarter 3 of 2026" in audited["head"]["month_name"].lower()
    for by in ("Dr Example Person", "Dr Made Up"):
        done = release(released, QUARTER, by=by, note="", at=AT)
    assert done.state == "released"
    folder = released.reports / QUARTER / "v1"
    assert altered_files(folder) == []
    sealed = json.loads((folder / "seal.json").read_text(encoding="utf-8"))["files"]
    assert set(pages) <= set(sealed)
    assert all(
        "released by Dr Example Person" in page.read_text(encoding="utf-8")
        for page in folder.rglob("*.html")
    )


@pytest.fixture(scope="module")
def corrected(released: Home, tmp_path_factory: pytest.TempPathFactory) -> Home:
    """The same home, after a delivery said of some kept appointments that nobody came."""
    export = tmp_path_factory.mktemp("correction") / "2026-11-03"
    export.mkdir()
    rows = query(
        released.vault_catalogue,
        "select attended.session_id, attended.client_id from stg_attendances as attended"
        " inner join stg_sessions as sessions on attended.session_id = sessions.session_id"
        " where attended.status = 'attended' and sessions.scheduled_on >= '2026-10-01'"
        " order by all limit 3",
    )
    lines = [f"{session},{client},no_show" for session, client in rows]
    text = "\n".join(["session_id,client_id,status", *lines]) + "\n"
    (export / "attendances.csv").write_text(text, encoding="utf-8")
    landed = CliRunner().invoke(
        main, ["land", str(export), "--incremental", "--home", str(released.root)]
    )
    assert landed.exit_code == 0, landed.output
    return Home(released.root)


def test_a_later_correction_makes_a_new_draft_that_says_what_moved_and_why(
    corrected: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = hashes(corrected.reports / MONTH / "v1")

    # A run that is cut off between two files of the new version leaves no half of it.
    written: list[Any] = []

    def killed_after_the_first(_: Crew, tasks: Iterable[Task]) -> None:
        first = next(iter(tasks))
        written.append(first())
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(Crew, "do", killed_after_the_first)
        assert run(corrected.root).exit_code != 0
    assert written, "it was cut off after the first report of the version"
    assert numbers(corrected) == [1]

    done = run(corrected.root)
    assert done.exit_code == 0, done.output
    assert numbers(corrected) == [1, 2]
    assert f"{MONTH}/v2/director/index.html" in done.output
    assert hashes(corrected.reports / MONTH / "v1") == published
    new = report(corrected, 2)
    words = new["head"]["change_words"]
    assert f"Moved: {MONTH}, draft of version 2: {words}" in done.output
    assert new["head"]["state"] == "draft"
    assert (
        "differ from version 1, which was released on 2 November 2026"
        in (new["head"]["change_words"])
    )
    section = new["sections"][0]
    assert section["section_id"] == "changes"
    moved = {
        row["cells"][1]["text"]: [cell["text"] for cell in row["cells"][2:]]
        for row in section["tables"][0]["rows"]
    }
    assert any(after != before for before, after, _ in moved.values())
    before, after = (
        {card["card_id"]: card["value"] for card in report(corrected, number)["key_figures"]}
        for number in (1, 2)
    )
    assert after["attended"] < before["attended"]
    assert "Planned appointments attended" in moved
    why = [
        [cell["text"] for cell in row["cells"]] for row in section["parts"][0]["tables"][0]["rows"]
    ]
    assert ["Later delivery from inbox, 3 November 2026", "3 rows in attendances"] in why
    assert ["Rows that a later delivery corrected", "3 of attendances"] in why


def test_the_page_of_whom_it_is_about_says_what_moved_on_it(corrected: Home) -> None:
    before, after = (subjects(corrected, version) for version in (1, 2))
    assert set(before) == set(after)
    moved = {name for name, page in after.items() if page["sections"][0]["section_id"] == "changes"}
    for name, page in after.items():
        same = {**page, "head": None, "sections": [
            each for each in page["sections"] if each["section_id"] != "changes"
        ]} == {**before[name], "head": None}  # fmt: skip
        # What is printed of the run may differ where no figure does, and never the other way round.
        assert name not in moved or not same
        assert page["head"]["version"] == 2
    # The appointments were of a programme, of a therapist's, and of that therapist's own folder.
    assert {name.split("/")[0] for name in moved} == {"director", "therapist"}
    assert {name.split("/")[1] for name in moved} >= {"programmes", "therapists"}
    said = {
        name in moved: page["head"]["change_words"].split(":")[0].split(". ")[0]
        for name, page in after.items()
    }
    assert "differ from version 1, which was released on 2 November 2026" in said[True]
    assert said.get(False, "") in ("", "Nothing that version 1 published has changed")
    own = next(after[name] for name in moved if name.startswith("therapist/"))
    section = own["sections"][0]
    assert section["parts"] == []
    assert "attendances" not in json.dumps(section["paragraphs"])


def test_a_change_that_moves_no_figure_makes_no_new_version(corrected: Home) -> None:
    assert numbers(corrected) == [1, 2]
    for by in ("Dr Example Person", "Dr Made Up"):
        release(corrected, MONTH, by=by, note="", at=AT)
    published = hashes(corrected.reports / MONTH / "v2")
    settings = corrected.root / "clinic.toml"
    with settings.open("a", encoding="utf-8") as file:
        file.write("\n[deliveries]\nmax_lost_share = 0.3\n")
    with pytest.raises(UsageError, match="released already"):
        release(Home(corrected.root), MONTH, by="Dr Made Up", note="", at=AT)
    done = run(corrected.root)
    assert done.exit_code == 0, done.output
    assert "Done." in done.output
    assert numbers(corrected) == [1, 2]
    assert hashes(corrected.reports / MONTH / "v2") == published
    assert "Everything is up to date." in run(corrected.root).output


def test_a_failed_gate_publishes_nothing_and_is_told_everywhere(
    corrected: Home, monkeypatch: pytest.MonkeyPatch
) -> None:
    published = {name: found for name, found in hashes(corrected.reports).items() if "/" in name}

    settings = corrected.root / "clinic.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("= 0.3", "= 0.4"), encoding="utf-8")
    with monkeypatch.context() as patch:
        patch.setattr(BuildRun, "check_invariant", lambda *_: 2)
        failed = run(corrected.root)
    assert failed.exit_code == 1
    assert "nothing was published" in failed.output
    now = {name: found for name, found in hashes(corrected.reports).items() if "/" in name}
    assert now == published
    index = words_of(corrected.reports / "index.html")
    assert "The last run stopped and published nothing: a check of a finished table failed" in index
    status = CliRunner().invoke(main, ["status", "--home", str(corrected.root)])
    assert "The last run failed." in status.output
    assert f"{MONTH} v1 (released)" in status.output
    assert "altered" not in status.output
    page = corrected.reports / MONTH / "v1" / "director" / "index.html"
    content = page.read_bytes()
    page.chmod(0o600)
    page.write_bytes(content + b" ")
    status = CliRunner().invoke(main, ["status", "--home", str(corrected.root)])
    assert f"A released report was altered: {MONTH} v1, director/index.html" in status.output
    page.write_bytes(content)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["1999-01", "--by", "A"], "There is no report to release"),
        ([MONTH, "--by", " \n "], "A release needs a name"),
        ([MONTH, "--by", "A" * 101], "too long"),
        (["October", "--by", "A"], "not written as a month, a quarter or a year"),
        (["2026-Q5", "--by", "A"], "not written as a month, a quarter or a year"),
    ],
)
def test_a_wrong_request_says_what_is_wrong(
    never_killed: Home, arguments: list[str], expected: str
) -> None:
    home = never_killed.root
    done = CliRunner().invoke(main, ["release", *arguments, "--home", str(home)])
    assert done.exit_code == 2
    assert expected in done.output


def test_a_draft_of_other_settings_is_not_released(never_killed: Home, tmp_path: Path) -> None:
    root = tmp_path / "home"
    shutil.copytree(never_killed.root, root)
    with (root / "clinic.toml").open("a", encoding="utf-8") as settings:
        settings.write("\n[deliveries]\nmax_lost_share = 0.3\n")
    with pytest.raises(UsageError, match="not what the tables"):
        release(Home(root), MONTH, by="Dr Example", note="", at=AT)
