"""A clinic's folder, its settings and its one writer."""

import json
import queue
import stat
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from pipelines.errors import BusyError, SettingsError, UsageError
from pipelines.home import SETTINGS_FILE, Home
from pipelines.reporting.figures.disclosure import audience_policies

# A turn comes at once; a machine may be busy elsewhere for long.
PATIENCE_S = 600
CLINIC = '[clinic]\nname = "Made-up"\npseudonym_salt = "pepper"\n'


@pytest.fixture
def settings_of(tmp_path):
    """The settings of a home with this `clinic.toml`."""

    def read(content):
        (tmp_path / SETTINGS_FILE).write_bytes(
            content if isinstance(content, bytes) else content.encode()
        )
        return Home(tmp_path).settings

    return read


def test_what_is_left_out_has_its_default(settings_of):
    found = settings_of(CLINIC)
    assert (found.clinic_name, found.time_zone, found.pseudonym_salt) == (
        "Made-up",
        "UTC",
        "pepper",
    )
    assert (found.first_score_days, found.derived_end_days) == (14, 90)
    assert (found.max_lost_share, found.sources) == (0.2, ())


def test_every_setting_is_read(settings_of, tmp_path):
    found = settings_of(
        CLINIC + 'time_zone = "America/New_York"\n'
        "[windows]\nfirst_score_days = 7\nderived_end_days = 60\n"
        "[deliveries]\nmax_lost_share = 1\n"
        '[sources.old]\nkind = "folder"\npath = "/elsewhere"\nmode = "incremental"\n'
        '[sources.inbox]\nkind = "folder"\npath = "inbox"\noptions = { episode_gap_days = 30 }\n'
    )
    assert found.time_zone == "America/New_York"
    assert (found.first_score_days, found.derived_end_days, found.max_lost_share) == (7, 60, 1.0)
    inbox, old = found.sources
    assert (inbox.name, inbox.path, inbox.mode) == ("inbox", tmp_path / "inbox", "full")
    assert inbox.options == {"episode_gap_days": 30}
    assert (old.path, old.mode) == (Path("/elsewhere"), "incremental")


@pytest.mark.parametrize(
    ("content", "message", "where", "found"),
    [
        ("[clinic]\nname = x", "cannot be read", SETTINGS_FILE, "line 2"),
        (b"[clinic]\nname = '\xff'", "cannot be read", SETTINGS_FILE, "utf-8"),
        ("", "missing or has the wrong type", "[clinic] name", "nothing"),
        ('[clinic]\nname = "x"', "missing or has the wrong type", "pseudonym_salt", "nothing"),
        (CLINIC.replace('"pepper"', "7"), "missing or has", "pseudonym_salt", "int"),
        (CLINIC + 'time_zone = "Mars/Base"', "time zone is not known", "time_zone", "Mars/Base"),
        (CLINIC + 'colour = "red"', "nothing reads", "[clinic]", "colour"),
        (CLINIC + "[window]\nfirst_score_days = 7", "nothing reads", "top level", "window"),
        (
            CLINIC + "[windows]\nfirst_score_day = 7",
            "nothing reads",
            "[windows]",
            "first_score_day (is it first_score_days?)",
        ),
        (CLINIC + "[windows]\nfirst_score_days = -1", "out of its range", "first_score_days", "-1"),
        (CLINIC + "[windows]\nderived_end_days = 0", "out of its range", "derived_end_days", "0"),
        (CLINIC + "[deliveries]\nmax_lost_share = 20", "out of its range", "max_lost_share", "20"),
        (
            CLINIC + "[deliveries]\nmax_quarantined_share = { responces = 0.3 }",
            "nothing reads",
            "max_quarantined_share",
            "responces (is it responses?)",
        ),
        (CLINIC + "[windows]\nfirst_score_days = true", "wrong type", "first_score_days", "bool"),
        (CLINIC + "[windows]\nfirst_score_days = 7.5", "wrong type", "first_score_days", "float"),
        (CLINIC + "[deliveries]\nmax_lost_share = true", "wrong type", "max_lost_share", "bool"),
        (CLINIC + '[deliveries]\nmax_lost_share = "a"', "wrong type", "max_lost_share", "str"),
        ("windows = 3\n" + CLINIC, "not a table", "windows", "int"),
        ("sources = []\n" + CLINIC, "not a table", "sources", "list"),
        (CLINIC + "[sources]\ninbox = 3", "not a table", "sources.inbox", "int"),
        (CLINIC + '[sources.x]\npath = "x"', "missing or has", "[sources.x] kind", "nothing"),
        (CLINIC + '[sources.x]\nkind = "folder"', "missing or has", "[sources.x] path", "nothing"),
        (
            CLINIC + '[sources.x]\nkind = "folder"\npath = "x"\nmode = "half"',
            "mode is not known",
            "[sources.x] mode",
            "half",
        ),
        (
            CLINIC + '[sources.x]\nkind = "folder"\npath = "x"\nmod = "full"',
            "nothing reads",
            "[sources.x]",
            "mod",
        ),
    ],
)
def test_a_wrong_setting_is_named(settings_of, content, message, where, found):
    with pytest.raises(SettingsError, match=message) as caught:
        settings_of(content)
    assert where in caught.value.where
    assert found in caught.value.found
    assert caught.value.expected
    assert caught.value.todo


def test_a_key_that_nobody_knows_is_told_with_those_that_there_are(settings_of):
    with pytest.raises(SettingsError) as caught:
        settings_of(CLINIC + "[release]\nquickly = true\n")
    assert caught.value.expected == "one of second_person"
    assert caught.value.found == "quickly"
    with pytest.raises(SettingsError) as caught:
        settings_of(CLINIC + "[windws]\nfirst_score_days = 7\n")
    assert caught.value.found == "windws (is it windows?)"
    assert "comparison, deliveries" in caught.value.expected


def test_what_counts_as_drop_out_can_be_set_and_changes_the_digest(settings_of):
    usual = settings_of(CLINIC)
    assert (usual.dropout_return_days, usual.protocol_sessions) == (60, 0)
    other = settings_of(CLINIC + "[windows]\ndropout_return_days = 30\nprotocol_sessions = 6\n")
    assert (other.dropout_return_days, other.protocol_sessions) == (30, 6)
    assert other.digest != usual.digest


def test_how_far_from_its_session_a_form_counts_can_be_set_and_changes_the_digest(settings_of):
    usual = settings_of(CLINIC)
    assert usual.session_window_days == 7
    other = settings_of(CLINIC + "[windows]\nsession_window_days = 0\n")
    assert other.session_window_days == 0
    assert other.digest != usual.digest
    with pytest.raises(SettingsError, match="out of its range") as caught:
        settings_of(CLINIC + "[windows]\nsession_window_days = -1\n")
    assert "session_window_days" in caught.value.where


def test_settings_that_figures_depend_on_change_the_digest(settings_of):
    digests = {
        settings_of(content).digest
        for content in (
            CLINIC,
            CLINIC + 'time_zone = "Asia/Tokyo"',
            CLINIC.replace("pepper", "salt"),
            CLINIC + "[windows]\nfirst_score_days = 7",
            CLINIC + "[windows]\nderived_end_days = 7",
            CLINIC + "[deliveries]\nmax_lost_share = 0.5",
        )
    }
    assert len(digests) == 6


def test_the_public_pages_policy_can_be_set_and_changes_the_digest(settings_of):
    default = settings_of(CLINIC)
    other = settings_of(CLINIC + '[public]\npolicy = "cms"\n')
    assert default.governance.public_policy == "nhs_england"
    assert audience_policies(other.governance.public_policy)["public"].policy_id == "cms"
    assert other.digest != default.digest
    with pytest.raises(UsageError, match="No disclosure policy of that name is for the public"):
        audience_policies("internal")


def test_a_new_home_has_settings_an_inbox_and_a_salt_of_its_own(tmp_path):
    one, two = (Home.create(tmp_path / name, name='The "Example"') for name in ("one", "two"))
    assert one.settings.clinic_name == 'The "Example"'
    assert one.settings.pseudonym_salt != two.settings.pseudonym_salt
    assert one.inbox.is_dir()
    assert stat.S_IMODE(one.root.stat().st_mode) == 0o700
    assert stat.S_IMODE((one.root / SETTINGS_FILE).stat().st_mode) == 0o600


def test_a_home_that_is_there_keeps_its_settings(tmp_path):
    first = Home.create(tmp_path / "home", salt="one")
    assert Home.create(tmp_path / "home", salt="two").settings == first.settings


def test_a_folder_without_settings_is_no_home(tmp_path):
    with pytest.raises(UsageError, match="not a clinic's home") as caught:
        Home(tmp_path)
    assert SETTINGS_FILE in caught.value.expected
    assert "--home" in caught.value.todo


def test_all_files_of_a_home_lie_in_it(tmp_path, monkeypatch):
    home = Home.create(tmp_path / "home")
    monkeypatch.chdir(tmp_path)
    assert Home(Path("home")).root == home.root
    paths = [getattr(home, name) for name in dir(Home) if isinstance(getattr(Home, name), property)]
    assert len(paths) > 8
    assert all(path.is_relative_to(home.root) for path in paths)


def test_writers_take_turns_and_say_whom_they_wait_for(tmp_path):
    home = Home.create(tmp_path / "home")
    heard, done = queue.SimpleQueue(), []

    def write():
        with Home(home.root).writer_lock("the second", on_wait=heard.put):
            done.append("second")

    with home.writer_lock("the first"):
        other = threading.Thread(target=write)
        other.start()
        assert "(the first), writing since 20" in heard.get(timeout=PATIENCE_S)
        other.join(0.3)
        assert done == []
        done.append("first")
    other.join(PATIENCE_S)
    assert done == ["first", "second"]


def test_a_turn_that_does_not_come_in_time_is_an_error(tmp_path):
    home = Home.create(tmp_path / "home")
    with home.writer_lock("the first"):
        with (
            pytest.raises(BusyError, match="Another process is writing") as caught,
            Home(home.root).writer_lock("the second", timeout=0.1),
        ):
            pass
        assert "(the first)" in caught.value.found
    with home.writer_lock("the third", timeout=0.1):
        assert json.loads((home.root / ".writer.json").read_text())["purpose"] == "the third"


def test_the_turn_of_a_process_that_was_killed_is_free(tmp_path):
    home = Home.create(tmp_path / "home")
    script = (
        "import os, pathlib, sys; from pipelines.home import Home\n"
        "with Home(pathlib.Path(sys.argv[1])).writer_lock('killed'):\n"
        "    os.kill(os.getpid(), 9)\n"
    )
    root = Path(__file__).parents[2]
    ended = subprocess.run([sys.executable, "-c", script, str(home.root)], cwd=root, check=False)
    assert ended.returncode == -9
    with home.writer_lock("the next", timeout=0):
        pass
