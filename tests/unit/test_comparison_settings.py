"""`[comparison]` of clinic.toml: what is adjusted for is fixed, and known before treatment."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipelines.comparison_settings import COVARIATES, ComparisonSettings
from pipelines.errors import SettingsError
from pipelines.home import Settings, read_settings

CLINIC = '[clinic]\nname = "Example"\npseudonym_salt = "x"\n'
Read = Callable[[str], Settings]


@pytest.fixture
def settings_of(tmp_path: Path) -> Read:
    def read(lines: str) -> Settings:
        path = tmp_path / "clinic.toml"
        path.write_text(f"{CLINIC}[comparison]\n{lines}\n", encoding="utf-8")
        return read_settings(path)

    return read


def test_without_a_line_everything_has_its_default(settings_of: Read) -> None:
    found = settings_of("").comparison
    assert found == ComparisonSettings()
    assert (found.minimum_pairs, found.minimum_units, found.minimum_pair_rate) == (30, 10, 0.7)


def test_every_line_counts_and_changes_the_digest(settings_of: Read) -> None:
    usual = settings_of("")
    lines = {
        "covariates": ('["sex", "age_band"]', ("age_band", "sex")),
        "minimum_pairs": ("40", 40),
        "minimum_units": ("12", 12),
        "minimum_pair_rate": ("0.8", 0.8),
        "minimum_category_cases": ("15", 15),
        "minimum_stratum_clients": ("12", 12),
        "cases_per_parameter": ("25", 25),
        "events_per_parameter": ("12", 12),
        "reliability_wanted": ("0.8", 0.8),
        "age_bands": ("[12, 18]", (12, 18)),
    }
    for name, (line, value) in lines.items():
        found = settings_of(f"{name} = {line}")
        assert getattr(found.comparison, name) == value
        assert found.digest != usual.digest, name


def test_the_order_of_covariates_is_no_difference(settings_of: Read) -> None:
    one = settings_of('covariates = ["sex", "problem"]')
    assert one.digest == settings_of('covariates = ["problem", "sex"]').digest
    assert settings_of("covariates = []").comparison.covariates == ()
    every = settings_of(f"covariates = {list(reversed(COVARIATES))}".replace("'", '"'))
    assert every.comparison.covariates == COVARIATES


@pytest.mark.parametrize("name", ["alliance", "n_attended", "sessions", "end_reason"])
def test_what_happens_in_treatment_is_refused_with_the_reason(settings_of: Read, name: str) -> None:
    with pytest.raises(SettingsError, match=f"not known before[\\s\\S]*{name}[\\s\\S]*hide it"):
        settings_of(f'covariates = ["sex", "{name}"]')


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('covariates = ["shoe_size"]', "shoe_size"),
        ('covariates = ["sex", "sex"]', "a name twice"),
        ("covariates = [1]", "1"),
        ("minimum_pairs = 29", "minimum_pairs is 30 or more"),
        ("minimum_units = 9", "minimum_units is 10 or more"),
        ("minimum_pair_rate = 1.1", "minimum_pair_rate is a part of 1"),
        ("minimum_category_cases = 0", "minimum_category_cases is 1 or more"),
        ("minimum_stratum_clients = 1", "minimum_stratum_clients is 2 or more"),
        ("cases_per_parameter = 1", "cases_per_parameter is 2 or more"),
        ("events_per_parameter = 1", "events_per_parameter is 2 or more"),
        ("reliability_wanted = 1", "reliability_wanted is between 0 and 1"),
        ("age_bands = []", "none"),
        ("age_bands = [18, 18]", "18, 18"),
        ("age_bands = [18, 30.5]", "30.5"),
        ("age_bands = [0, 18]", "0, 18"),
        ("minimum_pear = 30", "minimum_pear"),
    ],
)
def test_what_cannot_be_is_refused(settings_of: Read, line: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        settings_of(line)


@pytest.mark.parametrize(
    "line", ["minimum_pairs = 30", "minimum_units = 10", "minimum_pair_rate = 0.0"]
)
def test_the_least_that_can_be(settings_of: Read, line: str) -> None:
    settings_of(line)
