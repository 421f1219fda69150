"""The `outcomes` command: exit codes, help, JSON, errors."""

import json

import pytest
from click.testing import CliRunner

from pipelines.audit import status as status_module
from pipelines.cli import main
from pipelines.errors import (
    BusyError,
    CheckFailedError,
    ContractError,
    DeliveryError,
    InstrumentError,
    JudgesDisagreeError,
    LostRowsError,
    ModelError,
    OutcomesError,
    SettingsError,
    UsageError,
)
from pipelines.home import SETTINGS_FILE, Home
from tests.unit.warehouse.small_home import keep, publish_tables

CLIENTS = "client_id,registered_on\nC-EXAMPLE-1,2024-01-05\n"
COMMANDS = sorted(main.commands)


def outcomes(*arguments, **options):
    return CliRunner().invoke(main, [str(argument) for argument in arguments], **options)


@pytest.fixture
def home(tmp_path):
    return Home.create(tmp_path / "home", salt="test")


@pytest.fixture
def delivery(tmp_path):
    folder = tmp_path / "2024-03-01"
    folder.mkdir()
    (folder / "clients.csv").write_text(CLIENTS, encoding="utf-8")
    return folder


def test_the_commands_of_the_architecture_are_there():
    assert {"demo", "check", "land", "pull", "run", "status", "quarantine", "export"} <= set(
        COMMANDS
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_shows_an_example_that_it_can_read(command):
    found = outcomes(command, "--help")
    assert found.exit_code == 0
    (line,) = [line for line in found.output.splitlines() if "Example: outcomes" in line]
    words = line.split("Example: outcomes ")[1].split()
    assert words[0] == command
    each = main.commands[command]
    known = {option for parameter in each.params for option in parameter.opts}
    assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("flag", ["-h", "--help"])
def test_help_lists_all_commands(flag):
    found = outcomes(flag)
    assert found.exit_code == 0
    assert all(command in found.output for command in COMMANDS)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (SettingsError, 1),
        (DeliveryError, 1),
        (ContractError, 1),
        (InstrumentError, 1),
        (LostRowsError, 1),
        (CheckFailedError, 1),
        (UsageError, 2),
        (OutcomesError, 3),
        (JudgesDisagreeError, 3),
        (ModelError, 3),
        (BusyError, 3),
    ],
)
def test_an_error_says_everything_and_ends_with_its_code(home, monkeypatch, error, code):
    def fail(_):
        raise error("It failed.", where="here", expected="this", found="that", todo="mend it")

    monkeypatch.setattr(status_module, "home_status", fail)
    found = outcomes("status", "--home", home.root)
    assert found.exit_code == code
    assert found.stderr == (
        "It failed.\n  where: here\n  expected: this\n  found: that\n  what to do: mend it\n"
    )
    assert found.stdout == ""


@pytest.fixture
def broken(home, monkeypatch):
    def fail(_):
        raise RuntimeError("SECRET-7")

    monkeypatch.setattr(status_module, "home_status", fail)
    return home


def test_a_foreign_error_is_told_by_its_kind_alone(broken):
    found = outcomes("status", "--home", broken.root)
    assert found.exit_code == 3
    assert "Something broke: RuntimeError." in found.stderr
    assert "--debug" in found.stderr
    assert "SECRET" not in found.output
    assert "Traceback" not in found.output


def test_only_debug_raises_it(broken):
    found = outcomes("--debug", "status", "--home", broken.root)
    assert isinstance(found.exception, RuntimeError)


@pytest.mark.parametrize(
    "arguments",
    [
        ("shoes",),
        ("status", "--shoes"),
        ("land",),
        ("land", "/nowhere/at/all"),
        ("demo", "--clients", "0"),
        ("demo", "--reports", "0"),
        ("demo", "--as-of", "March"),
        ("export", "mart_outcomes", "--format", "pdf"),
        ("check", ".", "--delivered-on", "yesterday"),
    ],
)
def test_wrong_use_ends_with_two(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert outcomes(*arguments).exit_code == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ["status", "run", "pull", "quarantine"])
def test_a_folder_that_is_no_home_is_wrong_use(command, tmp_path):
    found = outcomes(command, "--home", tmp_path)
    assert found.exit_code == 2
    assert "This folder is not a clinic's home." in found.stderr
    assert "what to do: " in found.stderr


def test_settings_that_are_wrong_need_attention(home):
    (home.root / SETTINGS_FILE).write_text("[clinic]\n", encoding="utf-8")
    assert outcomes("status", "--home", home.root).exit_code == 1


def test_the_home_may_come_from_the_environment(home):
    found = outcomes("status", "--json", env={"OUTCOMES_HOME": str(home.root)})
    assert json.loads(found.stdout)["home"] == str(home.root)


def test_landing_and_status_speak_json(home, delivery):
    landed = outcomes("land", delivery, "--home", home.root, "--json")
    assert landed.exit_code == 0
    content = json.loads(landed.stdout)
    assert (content["delivered_on"], content["mode"], content["is_new"]) == (
        "2024-03-01",
        "full",
        True,
    )
    assert content["files"] == [{"name": "clients.csv", "holds": "clients"}]
    again = json.loads(outcomes("land", delivery, "--home", home.root, "--json").stdout)
    assert again["is_new"] is False
    part = outcomes(
        "land", delivery, "--home", home.root, "--incremental", "--delivered-on", "2024-03-02"
    )
    assert "Landed incremental delivery" in part.output
    assert "of 2024-03-02" in part.output
    assert json.loads(outcomes("status", "--home", home.root, "--json").stdout)["n_deliveries"] == 2


def test_a_refused_delivery_does_not_hold_up_the_others(home, delivery):
    delivery.rename(home.inbox / delivery.name)
    bad = home.inbox / "2024-04-01"
    bad.mkdir()
    (bad / "shoes.csv").write_text("a\n", encoding="utf-8")
    found = outcomes("pull", "--home", home.root, "--json")
    assert found.exit_code == 1
    content = json.loads(found.stdout)
    assert len(content["landed"]) == 1
    assert len(content["refused"]) == 1
    assert "Nothing in the delivery is data" in found.stderr


def test_pulling_nothing_says_so(home):
    found = outcomes("pull", "--home", home.root)
    assert (found.exit_code, found.output) == (0, "Nothing new.\n")


def test_the_quarantine_speaks_json(home):
    before = outcomes("quarantine", "--home", home.root)
    assert before.exit_code == 2
    assert "outcomes run" in before.stderr
    quarantine = keep(
        home,
        "quarantine",
        table_name=["clients"],
        file_name=["clients.csv"],
        delivered_on=["2024-03-01"],
        line=[2],
        reasons=[["clients.registered_on.type"]],
    )
    publish_tables(home, quarantine)
    (row,) = json.loads(outcomes("quarantine", "--home", home.root, "--json").stdout)
    assert (row["reason"], row["n_rows"]) == ("clients.registered_on.type", 1)
    assert row["first_files"] == [{"file": "clients.csv", "delivered_on": "2024-03-01"}]
    spoken = outcomes("quarantine", "--home", home.root).output
    assert "what to do: Export the day of registration as YYYY-MM-DD." in spoken
    assert "in clients.csv of 2024-03-01" in spoken
    listed = outcomes("quarantine", "--home", home.root, "--list").output
    assert listed == "clients  clients.csv  2024-03-01  2  clients.registered_on.type\n"
    nothing = outcomes("quarantine", "--home", home.root, "--table", "goals").output
    assert nothing == "Nothing is in quarantine.\n"


def test_an_export_says_what_it_wrote(home, tmp_path):
    publish_tables(home, keep(home, "mart_x", n=[1]), keep(home, "stg_clients", n=[1]))
    output = tmp_path / "x.csv"
    found = outcomes("export", "mart_x", "--home", home.root, "--output", output)
    assert (found.exit_code, found.output) == (0, f"1 row in {output}\n")
    refused = outcomes("export", "stg_clients", "--home", home.root, "--output", output)
    assert refused.exit_code == 2
    assert "--purpose" in refused.stderr


def test_an_export_into_a_folder_that_is_not_there_is_wrong_use(home, tmp_path):
    publish_tables(home, keep(home, "mart_x", n=[1]))
    output = tmp_path / "nowhere" / "x.csv"
    assert outcomes("export", "mart_x", "--home", home.root, "--output", output).exit_code == 2
    assert not output.parent.exists()
    words = " ".join(outcomes("export", "--help").output.split())
    assert (
        "any table to a file; those with rows about single people need --purpose" in words.lower()
    )


def test_a_month_that_is_none_is_wrong_use(home):
    found = outcomes("run", "--home", home.root, "--month", "March")
    assert found.exit_code == 2
    assert "YYYY-MM" in found.stderr


def test_a_run_without_any_delivery_says_what_to_do(home):
    found = outcomes("run", "--home", home.root)
    assert found.exit_code == 2
    assert "no delivery has been landed yet" in found.stderr
    assert "outcomes land" in found.stderr


@pytest.mark.parametrize("command", ["check", "land"])
def test_a_source_that_the_settings_do_not_have_is_named_before_a_home_is_made(
    command, delivery, tmp_path
):
    home = tmp_path / "new"
    found = outcomes(command, delivery, "--home", home, "--source", "nosuch")
    assert found.exit_code == 2
    assert "There is no source of this name." in found.stderr
    assert "expected: inbox" in found.stderr
    assert not home.exists()
