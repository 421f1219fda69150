"""The wording follows from the figures: each rule on both sides of its boundary."""

from dataclasses import replace

import pytest

from pipelines.comparison.spc import CANNOT_TELL, FALLEN, NO_CLEAR_CHANGE, RISEN
from pipelines.errors import ModelError
from pipelines.reporting.sentences import (
    BOUNDS,
    CHANCE,
    NOTHING,
    PLAIN,
    TOO_FEW,
    WIDE,
    WITHHELD,
    Minimums,
    Share,
    Usual,
    measured_sentence,
    reading,
    share_sentences,
)
from pipelines.reporting.wording import Wording, load_wording

MINIMUMS = Minimums(rate=5, comparison=30)
WORDS = load_wording()
SHARE = Share(
    x=64, n=110, rate=0.5818, lower=0.4884, upper=0.6698,
    n_all=140, measured_rate=0.7857, worst=0.4571, best=0.6714,
)  # fmt: skip


def said(
    share: Share,
    verdict: str | None = NO_CLEAR_CHANGE,
    topic: str = "better",
    usual: Usual | None = None,
) -> str:
    sentences = share_sentences(
        share,
        topic=topic,
        measure="PHQ-9",
        period="October 2026",
        verdict=verdict,
        period_kind="month",
        minimums=MINIMUMS,
        words=WORDS,
        usual=usual,
    )
    return " ".join(sentence.text for sentence in sentences).replace("\u00a0", " ")


@pytest.mark.parametrize(("n", "expected"), [(4, TOO_FEW), (5, WIDE), (29, WIDE), (30, PLAIN)])
def test_under_five_there_is_no_rate_and_under_thirty_too_few_to_say_more(
    n: int, expected: str
) -> None:
    assert reading(replace(SHARE, n=n, x=3, lower=0.5, upper=0.6), MINIMUMS) == expected


@pytest.mark.parametrize(("upper", "expected"), [(0.6, PLAIN), (0.600001, WIDE)])
def test_an_interval_of_twenty_points_is_not_wide_and_more_is(upper: float, expected: str) -> None:
    assert reading(replace(SHARE, lower=0.4, upper=upper), MINIMUMS) == expected


@pytest.mark.parametrize(("rate", "expected"), [(0.7, PLAIN), (0.699999, BOUNDS)])
def test_under_seventy_per_cent_measured_the_bounds_lead(rate: float, expected: str) -> None:
    assert reading(replace(SHARE, measured_rate=rate), MINIMUMS) == expected


def test_under_it_chance_leads_where_it_leaves_more_open() -> None:
    few = replace(SHARE, measured_rate=0.6, lower=0.3, upper=0.6, worst=0.35)
    assert reading(replace(few, best=0.65), MINIMUMS) == BOUNDS
    assert reading(replace(few, best=0.6499), MINIMUMS) == CHANCE


def test_no_signal_is_no_clear_change() -> None:
    assert said(SHARE) == (
        "The share reliably better on the PHQ-9 shows no clear change in October 2026: "
        "58 % (64 of 110), between 49 % and 67 %."
    )


@pytest.mark.parametrize(("verdict", "word"), [(RISEN, "has risen"), (FALLEN, "has fallen")])
def test_a_signal_says_more_than_noise(verdict: str, word: str) -> None:
    text = said(SHARE, verdict)
    assert word in text
    assert text.endswith("more than the month-to-month noise of this clinic.")


def test_too_short_a_history_says_so() -> None:
    assert "Too few months, or courses in them" in said(SHARE, CANNOT_TELL)


def test_without_a_chart_there_is_no_word_about_change() -> None:
    assert "change" not in said(SHARE, None)


def test_few_courses_say_the_figure_and_how_little_it_says() -> None:
    text = said(replace(SHARE, n=24, x=14, lower=0.39, upper=0.76))
    assert text.endswith("58 % (14 of 24), too few to say more than between 39 % and 76 %.")


def test_under_five_only_the_counts_are_said() -> None:
    text = said(replace(SHARE, n=4, x=2, rate=None, lower=None, upper=None, n_all=12))
    assert text.endswith(
        "is not given as a rate: 12 courses finished, and 4 were measured at start and end."
    )
    assert "%" not in text


def test_a_badly_measured_month_leads_with_its_bounds() -> None:
    text = said(replace(SHARE, measured_rate=0.5, worst=0.29, best=0.79))
    assert text.startswith(
        "Between 29 % and 79 % got reliably better on the PHQ-9 in October 2026. It depends on the "
        "people without a second score. Among those measured there is no clear change: 58 %"
    )


@pytest.mark.parametrize(("upper", "chance_leads"), [(0.79, False), (0.791, True)])
def test_where_chance_leaves_more_open_than_the_unmeasured_it_leads(
    upper: float, chance_leads: bool
) -> None:
    few = replace(
        SHARE, x=4, n=9, rate=0.44, lower=0.29, upper=upper, measured_rate=0.64,
        worst=0.1, best=0.6,
    )  # fmt: skip
    text = said(few, None)
    assert text.startswith("Between 10 % and 60 % got reliably better") != chance_leads
    assert ("too few to say more than between 29 % and 79 %. The range of 29 % to 79 % is about" in
            text) == chance_leads  # fmt: skip
    assert "between 10 % and 60 %" in text.lower()


def test_behind_the_usual_range_the_range_of_chance_is_named() -> None:
    few = replace(SHARE, x=4, n=9, lower=0.3, upper=0.9, measured_rate=0.64, worst=0.1, best=0.6)
    text = said(few, usual=Usual("22 %", "47 %", "12 months to October 2025"))
    assert text.endswith(
        "between 30 % and 90 %. Its usual range is 22 % to 47 % (12 months to October 2025). The"
        " range of 30 % to 90 % is about chance alone: with the people without a second score the"
        " share is between 10 % and 60 %, and chance comes on top."
    )


@pytest.mark.parametrize(
    ("n", "words"), [(29, "too few to say more than between"), (30, "with a wide range: between")]
)
def test_enough_courses_for_a_verdict_are_never_too_few_to_say_more(n: int, words: str) -> None:
    text = said(replace(SHARE, n=n, x=14, lower=0.39, upper=0.76))
    assert f"{words} 39 % and 76 %." in text


def test_good_and_bad_news_go_through_the_same_rules() -> None:
    better, worse = said(SHARE, RISEN), said(SHARE, RISEN, topic="worse")
    assert better.replace("better", "worse") == worse


def test_a_withheld_share_says_so_and_shows_no_number() -> None:
    text = said(replace(SHARE, is_withheld=True))
    assert "withheld" in text
    assert not any(
        character.isdigit() for character in text.replace("2026", "").replace("PHQ-9", "")
    )


def test_nothing_to_count_says_nothing() -> None:
    empty = Share(x=None, n=None, rate=None, lower=None, upper=None)
    assert reading(empty, MINIMUMS) == NOTHING
    assert said(empty) == ""


@pytest.mark.parametrize(("n", "text"), [(999, "58 %"), (1000, "58.2 %")])
def test_per_cent_are_whole_until_a_thousand(n: int, text: str) -> None:
    assert WORDS.percent(0.5818, n=n).replace("\u00a0", " ") == text


def test_shares_known_to_whole_per_cent_stay_whole_from_a_thousand_on() -> None:
    assert WORDS.for_shares(2).percent(0.58, n=5000).replace("\u00a0", " ") == "58 %"


@pytest.mark.parametrize(("rate", "text"), [(0.125, "13"), (0.005, "1"), (0.004999, "0"), (0, "0")])
def test_halves_round_up(rate: float, text: str) -> None:
    assert WORDS.percent_number(rate, n=100) == text


def test_numbers_are_written_in_the_language() -> None:
    assert WORDS.count(1234567) == "1,234,567"
    assert WORDS.decimal(-1234.55) == "−1,234.6"
    assert WORDS.listed(["a", "b", "c"]) == "a, b and c"


@pytest.mark.parametrize(
    ("figure", "text"),
    [(6.0, "6"), (11.5402, "11.5402"), (47.31, "47.31"), (10.0, "10"), (1000.5, "1,000.5")],
)
def test_a_threshold_keeps_all_its_decimals(figure: float, text: str) -> None:
    assert WORDS.exactly(figure) == text


@pytest.mark.parametrize(("x", "n", "words"), [
    (110, 140, "110 of 140 finished courses (79 %) were measured"),
    (140, 140, "All 140 finished courses were measured"),
    (2, 4, "2 of 4 finished courses were measured at start and end in"),
])  # fmt: skip
def test_who_is_measured_is_said_with_who_is_not(x: int, n: int, words: str) -> None:
    rate = x / n if n >= 5 else None
    share = Share(x=x, n=n, rate=rate, lower=rate, upper=rate)
    found = measured_sentence(share, period="October 2026", minimums=MINIMUMS, words=WORDS)
    assert found.text.replace("\u00a0", " ").startswith(words)


def test_a_withheld_number_of_measured_courses_is_said_to_be_withheld() -> None:
    share = Share(x=None, n=None, rate=None, lower=None, upper=None, is_withheld=True)
    found = measured_sentence(share, period="October 2026", minimums=MINIMUMS, words=WORDS)
    assert found.rule == f"measured.{WITHHELD}"


def test_a_missing_text_names_the_file_and_the_key() -> None:
    with pytest.raises(ModelError, match=r"reports/wording/en/.*\n.*sentence.nowhere"):
        WORDS.say("sentence.nowhere")


def test_a_text_that_asks_for_an_unknown_value_is_refused() -> None:
    words = Wording("xx", {"greeting": "Hello {nobody}"})
    with pytest.raises(ModelError, match=r"xx/, greeting"):
        words.say("greeting", somebody="Ada")


def test_one_and_many_have_their_own_texts() -> None:
    assert WORDS.say("sentence.people_of.therapist", n="1", k="1") == "1 of 1 therapist"
    assert WORDS.say("sentence.people_of.therapist", n="12", k="1") == "1 of 12 therapists"


def test_there_is_no_word_of_cause_or_praise_in_the_catalogue() -> None:
    banned = (
        "caused",
        "due to",
        "thanks to",
        "significant",
        "excellent",
        "alarming",
        "stable",
        "slightly",
    )
    texts = " ".join(
        text for key, text in WORDS.texts.items() if not key.startswith("glossary")
    ).lower()
    assert [word for word in banned if word in texts] == []
