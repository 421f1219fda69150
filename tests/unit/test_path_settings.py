"""What `[windows]` says about the path through a course."""

from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.errors import SettingsError
from pipelines.home import read_settings
from pipelines.path_settings import PathSettings

CLINIC = '[clinic]\nname = "Example Hill"\npseudonym_salt = "pepper"\n[windows]\n'
EARLY = 'early_response_share = 0.2\nearly_response_weeks = 4\nearly_response_source = "x"\n'


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """Where the settings lie."""
    return tmp_path / "clinic.toml"


def paths_of(settings_file: Path, windows: str) -> PathSettings:
    """The settings of a clinic with these lines in `[windows]`."""
    settings_file.write_text(CLINIC + windows, encoding="utf-8")
    return read_settings(settings_file).paths


def test_early_response_is_not_counted_unless_it_is_set(settings_file: Path) -> None:
    assert paths_of(settings_file, "") == PathSettings(None, None, None, 26)
    assert paths_of(settings_file, EARLY + "trajectory_positions = 12") == PathSettings(
        Decimal("0.2"), 4, "x", 12
    )


@pytest.mark.parametrize("key", ["share", "weeks", "source"])
def test_early_response_is_set_whole_or_not_at_all(settings_file: Path, key: str) -> None:
    kept = [line for line in EARLY.splitlines() if f"early_response_{key}" not in line]
    with pytest.raises(SettingsError, match="set in part") as caught:
        paths_of(settings_file, "\n".join(kept))
    assert caught.value.found == f"no early_response_{key}"


@pytest.mark.parametrize(
    ("windows", "expected"),
    [
        (EARLY.replace("0.2", "0.0"), "a part of 1, above 0"),
        (EARLY.replace("0.2", "1.1"), "a part of 1, above 0"),
        (EARLY.replace("= 4", "= 0"), "1 or more"),
        (EARLY.replace('"x"', '" "'), "names where the convention is from"),
        ("trajectory_positions = 0", "trajectory_positions is 1 or more"),
    ],
)
def test_a_value_out_of_its_range_is_named(
    settings_file: Path, windows: str, expected: str
) -> None:
    with pytest.raises(SettingsError, match="out of its range") as caught:
        paths_of(settings_file, windows)
    assert expected in caught.value.expected


def test_a_whole_share_and_one_position_are_in_range(settings_file: Path) -> None:
    found = paths_of(settings_file, EARLY.replace("0.2", "1") + "trajectory_positions = 1")
    assert (found.early_response_share, found.trajectory_positions) == (Decimal("1.0"), 1)


def test_the_settings_change_the_digest() -> None:
    digests = {
        each.digest_text
        for each in (
            PathSettings(),
            PathSettings(Decimal("0.2"), 4, "x"),
            PathSettings(None, None, None, 5),
        )
    }
    assert len(digests) == 3
