"""`[[rebase]]` of a settings file: never without a reason and a day."""

from datetime import date
from pathlib import Path

import pytest

from pipelines.errors import SettingsError
from pipelines.home import read_settings
from pipelines.rebase_settings import Rebase
from pipelines.warehouse.rebases import rebase_table

CLINIC = '[clinic]\nname = "Example Hill"\npseudonym_salt = "pepper"\n'
LINES = {
    "figure": '"better"',
    "instrument": '"phq9"',
    "from_month": "2026-03-01",
    "reason": '"Two programmes moved to another clinic."',
    "decided_on": "2026-03-20",
}


@pytest.fixture
def settings_file(tmp_path: Path) -> Path:
    """Where the settings lie."""
    return tmp_path / "clinic.toml"


def rebases_of(settings_file: Path, *entries: dict[str, str | None]) -> tuple[Rebase, ...]:
    """The rebases of a clinic with these entries, whose lines change or (None) leave out LINES."""
    text = CLINIC
    for entry in entries:
        lines = {**LINES, **entry}
        text += "[[rebase]]\n" + "".join(
            f"{key} = {value}\n" for key, value in lines.items() if value is not None
        )
    settings_file.write_text(text, encoding="utf-8")
    return read_settings(settings_file).rebases


def test_nothing_starts_anew_unless_it_is_set(settings_file: Path) -> None:
    assert rebases_of(settings_file) == ()
    (found,) = rebases_of(settings_file, {})
    assert (found.figure, found.instrument_id) == ("better", "phq9")
    assert (found.from_month, found.decided_on) == (date(2026, 3, 1), date(2026, 3, 20))
    assert found.reason == "Two programmes moved to another clinic."


@pytest.mark.parametrize("key", ["figure", "from_month", "reason", "decided_on"])
def test_an_entry_without_its_reason_or_day_is_refused(settings_file: Path, key: str) -> None:
    with pytest.raises(SettingsError, match="missing or has the wrong type") as caught:
        rebases_of(settings_file, {key: None})
    assert caught.value.where.endswith(f"] {key}")


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ({"reason": '"  "'}, "reason says what changed in the clinic"),
        ({"figure": '"best"', "instrument": None}, "figure is one of better, worse"),
        ({"figure": '"attended"'}, "instrument only with better or worse"),
        ({"from_month": "2026-03-02"}, "from_month is the first day of a month"),
    ],
)
def test_an_entry_that_cannot_be_used_says_why(
    settings_file: Path, lines: dict[str, str | None], expected: str
) -> None:
    with pytest.raises(SettingsError, match="cannot start anew") as caught:
        rebases_of(settings_file, lines)
    assert expected in caught.value.expected


def test_a_misspelt_key_and_a_second_entry_for_one_month_are_refused(settings_file: Path) -> None:
    with pytest.raises(SettingsError, match="nothing reads"):
        rebases_of(settings_file, {"becuase": '"x"'})
    with pytest.raises(SettingsError, match="twice in the same month") as caught:
        rebases_of(settings_file, {}, {"reason": '"Another."'})
    assert "number 2" in caught.value.where
    other: dict[str, str | None] = {"instrument": '"gad7"'}
    assert len(rebases_of(settings_file, {}, other)) == 2


def test_the_digest_changes_with_an_entry_and_not_with_their_order(settings_file: Path) -> None:
    def digest(*entries: dict[str, str | None]) -> str:
        rebases_of(settings_file, *entries)
        return read_settings(settings_file).digest

    other: dict[str, str | None] = {"instrument": '"gad7"'}
    assert digest({}) != digest()
    assert digest({}) != digest({"reason": '"Another."'})
    assert digest({}, other) == digest(other, {})


def test_the_table_has_the_reason_as_its_source(settings_file: Path) -> None:
    rebases = rebases_of(
        settings_file, {}, {"figure": '"attended"', "instrument": None, "decided_on": "2026-04-01"}
    )
    found = rebase_table(rebases, ["phq9", "gad7"])
    assert found.rows() == [
        ("attended", None, date(2026, 3, 1), rebases[1].reason, date(2026, 4, 1)),
        ("better", "phq9", date(2026, 3, 1), rebases[0].reason, date(2026, 3, 20)),
    ]
    assert rebase_table((), []).columns == found.columns


def test_an_instrument_that_the_catalogue_has_not_is_refused(settings_file: Path) -> None:
    with pytest.raises(SettingsError, match="no such instrument") as caught:
        rebase_table(rebases_of(settings_file, {}), ["gad7"])
    assert (caught.value.found, caught.value.expected) == ("phq9", "gad7")
