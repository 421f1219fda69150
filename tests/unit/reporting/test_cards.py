"""The figure of a year before on a card: with its own doubt, and of few as counts."""

import pytest

from pipelines.reporting.figures.windows import Window
from pipelines.reporting.sections.cards import _Figure, _share_card, _year_ago
from pipelines.reporting.sentences import Share
from tests.unit.reporting.shown_figures import END_ON, PHQ9, Shown, context

BEFORE = Window("rolling_12m", END_ON, "Before")


@pytest.mark.parametrize(
    ("subject", "card_id", "n", "told"),
    [
        ("clinic", "better", 9, "Before: 78 % (7 of 9), between 45 % and 94 %"),
        ("therapist", "better", 9, "Before: 7 of 9, between 45 % and 94 %"),
        ("therapist", "better", 29, "Before: 7 of 29, between 45 % and 94 %"),
        ("therapist", "better", 30, "Before: 78 % (7 of 30), between 45 % and 94 %"),
        ("therapist", "measured", 9, "Before: 78 % (7 of 9), between 45 % and 94 %"),
    ],
)
def test_an_earlier_figure_has_its_range_and_few_have_no_percentage(
    subject: str, card_id: str, n: int, told: str
) -> None:
    about = context(Shown(), subject=(subject, subject))
    share = Share(x=7, n=n, rate=0.778, lower=0.45, upper=0.94)
    assert _year_ago(about, card_id, share, BEFORE).replace("\u00a0", " ") == told


@pytest.mark.parametrize(("upper", "has_chance"), [(0.79, False), (0.791, True)])
def test_a_narrower_range_of_the_unmeasured_is_not_the_whole_doubt(
    upper: float, has_chance: bool
) -> None:
    share = Share(
        x=4, n=9, rate=0.44, lower=0.29, upper=upper, n_all=14, measured_rate=0.64,
        worst=0.1, best=0.6,
    )  # fmt: skip
    none = Share(x=None, n=None, rate=None, lower=None, upper=None)
    card = _share_card(context(Shown()), _Figure("better", PHQ9, share, none, None, BEFORE))
    assert card.note.replace("\u00a0", " ").startswith("between 10 % and 60 % with the people")
    assert card.note.endswith("and chance comes on top") == has_chance


@pytest.mark.parametrize(
    ("worst", "best", "told"),
    [
        (0.278, 0.551, "between 30 % and 47 %; between 28 % and 55 % with the people who lack"),
        (0.379, 0.384, "between 30 % and 47 %"),
        (0.383, 0.383, "between 30 % and 47 %"),
        (None, None, "between 30 % and 47 %"),
    ],
)
def test_a_rate_of_enough_measured_has_the_bounds_of_the_others_beside_it(
    worst: float | None, best: float | None, told: str
) -> None:
    share = Share(
        x=49, n=128, rate=0.383, lower=0.303, upper=0.469, n_all=176, measured_rate=0.73,
        worst=worst, best=best,
    )  # fmt: skip
    none = Share(x=None, n=None, rate=None, lower=None, upper=None)
    card = _share_card(context(Shown()), _Figure("better", PHQ9, share, none, None, BEFORE))
    assert card.interval.replace("\u00a0", " ").removesuffix(" a second score") == told
    assert card.note == ""


def test_appointments_have_no_range_and_nothing_has_no_figure() -> None:
    about = context(Shown())
    counted = Share(x=9, n=10, rate=0.9, lower=None, upper=None)
    none = Share(x=None, n=None, rate=None, lower=None, upper=None)
    assert _year_ago(about, "attended", counted, BEFORE).replace("\u00a0", " ") == (
        "Before: 90 % (9 of 10)"
    )
    assert _year_ago(about, "better", none, BEFORE) == "Before: no figure"
