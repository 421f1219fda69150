"""What a clinic decides about outcome rules, and what of it is refused."""

from datetime import date
from decimal import Decimal

import pytest

from pipelines.errors import SettingsError
from pipelines.home import SETTINGS_FILE, Home
from pipelines.outcome_settings import OutcomeSettings, ReferencePeriod

CLINIC = '[clinic]\nname = "Made-up"\npseudonym_salt = "pepper"\n'
DECIDED = 'source = "Example 2024, table 2"\ndecided_on = 2026-01-31\n'
POINTS = '[[thresholds]]\ninstrument = "phq9"\nkind = "reliable_change"\npoints = 5\n' + DECIDED
TURNED = """
[sources.epic]
kind = "folder"
path = "epic"
items_already_reversed = ["core10", "rses"]
"""
PERIOD = "[reference_period]\nstarts_on = 2024-01-01\nends_on = 2024-12-31\nset_on = 2025-01-15\n"


@pytest.fixture
def settings_of(tmp_path):
    """The settings of a home with these lines after those of the clinic."""

    def read(content):
        (tmp_path / SETTINGS_FILE).write_text(CLINIC + content, encoding="utf-8")
        return Home(tmp_path).settings

    return read


def test_without_decisions_there_are_none(settings_of):
    assert settings_of("").outcomes == OutcomeSettings()


def test_a_figure_of_the_clinic_is_read(settings_of):
    (found,) = settings_of(POINTS).outcomes.thresholds
    assert (found.instrument_id, found.scale, found.kind) == ("phq9", "total", "reliable_change")
    assert (found.points, found.respondent) == (Decimal(5), None)
    assert (found.source, found.decided_on) == ("Example 2024, table 2", date(2026, 1, 31))


def test_a_change_may_come_from_a_reliability_and_an_sd(settings_of):
    content = POINTS.replace("points = 5", 'reliability = 0.84\nsd = 6.1\nrespondent = "parent"')
    (found,) = settings_of(content).outcomes.thresholds
    assert (found.points, found.reliability, found.sd) == (None, Decimal("0.84"), Decimal("6.1"))
    assert found.respondent == "parent"


def test_the_reference_period_is_read(settings_of):
    assert settings_of(PERIOD).outcomes.reference_period == ReferencePeriod(
        date(2024, 1, 1), date(2024, 12, 31), date(2025, 1, 15), 30
    )
    more = settings_of(PERIOD + "minimum_scores = 50\n").outcomes
    assert more.minimum_reference_scores == 50


def test_a_feed_that_turns_items_is_read(settings_of):
    other = '[sources.other]\nkind = "folder"\npath = "elsewhere"\n'
    assert settings_of(TURNED + other).turned_instruments == {"epic": {"core10", "rses"}}


@pytest.mark.parametrize("content", [POINTS, PERIOD, TURNED])
def test_every_decision_changes_the_digest(settings_of, content):
    assert settings_of(content).digest != settings_of("").digest
    other = content.replace("= 5", "= 4").replace("-15", "-16").replace("rses", "sdq")
    assert settings_of(other).digest != settings_of(content).digest
    assert settings_of("# another place\n" + content).digest == settings_of(content).digest


@pytest.mark.parametrize(
    ("content", "message", "where", "found"),
    [
        (POINTS.replace("points = 5\n", ""), "cannot be used", "number 1", "figures none"),
        (POINTS.replace("points", "sd"), "cannot be used", "number 1", "figures sd"),
        (POINTS + "share = 0.5\n", "cannot be used", "number 1", "figures points, share"),
        (POINTS + POINTS.replace("= 5", "= 0"), "cannot be used", "number 2", "points 0"),
        (POINTS.replace("points = 5", "reliability = 1\nsd = 2"), "cannot be", "1", "reliability 1"),
        (POINTS.replace("points = 5", "reliability = 0.9\nsd = 0"), "cannot be", "1", "sd 0"),
        # As it would be kept, to four places: 0, 1 and 0.5 of everything.
        (POINTS.replace("= 5", "= 0.00001"), "cannot be used", "number 1", "points 0.00001"),
        (POINTS.replace("= 5", "= 5.00001"), "cannot be used", "number 1", "points 5.00001"),
        (POINTS.replace("= 5", "= nan"), "cannot be used", "number 1", "points NaN"),
        (POINTS.replace("= 5", "= inf"), "cannot be used", "number 1", "points Infinity"),
        (POINTS.replace("points = 5", "reliability = 0.99999\nsd = 2"), "cannot be", "1",
         "reliability 0.99999"),
        (POINTS.replace("points = 5", "reliability = nan\nsd = -inf"), "cannot be", "1",
         "reliability NaN, sd -Infinity"),
        (POINTS.replace("Example 2024, table 2", " "), "cannot be used", "1", "an empty source"),
        (POINTS.replace("reliable_change", "response").replace("points", "share"), "cannot be",
         "1", "share 5"),
        (POINTS.replace("reliable_change", "responder"), "not known", "kind", "responder"),
        (POINTS + 'respondent = "dog"\n', "not known", "respondent", "dog"),
        (POINTS.replace("source", "citation"), "missing or has the wrong", "source", "nothing"),
        (POINTS.replace("2026-01-31", '"today"'), "wrong type", "decided_on", "str"),
        (POINTS.replace("2026-01-31", "2026-01-31T09:00:00"), "wrong type", "decided_on",
         "datetime"),
        (POINTS + "sex = 1\n", "nothing reads", "thresholds number 1", "sex"),
        ("[thresholds]\n", "list of the settings", "thresholds", "dict"),
        (PERIOD.replace("2024-12-31", "2023-12-31"), "period cannot", "reference", "2023-12-31"),
        (PERIOD.replace("2025-01-15", "2024-12-30"), "period cannot", "reference", "2024-12-30"),
        (PERIOD + "minimum_scores = 1\n", "period cannot", "reference", ", 1"),
        (PERIOD.replace("set_on = 2025-01-15\n", ""), "missing or has", "set_on", "nothing"),
        (PERIOD + "frozen = true\n", "nothing reads", "reference_period", "frozen"),
        ("[instruments.phq9]\nitems = 3\n", "nothing reads", "top level", "instruments"),
        (TURNED.replace('["core10", "rses"]', "true"), "wrong type", "items_already", "bool"),
        (TURNED.replace('"rses"', "1"), "reversed items cannot", "[sources.epic]", "int, str"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(settings_of, content, message, where, found):
    with pytest.raises(SettingsError) as caught:
        settings_of(content)
    assert message in caught.value.message
    assert where in caught.value.where
    assert found in caught.value.found
    assert caught.value.todo
