"""In short: each rule on both sides of its boundary."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from pipelines.comparison.spc import CANNOT_TELL, FALLEN, NO_CLEAR_CHANGE, RISEN
from pipelines.reporting.figures.comparing import ABOVE, WITHIN
from pipelines.reporting.figures.trends import usual_range
from pipelines.reporting.figures.windows import Window
from pipelines.reporting.model import Sentence
from pipelines.reporting.sections.in_short import (
    AT_MOST,
    _outcomes,
    _with_its_window,
    _without_outcomes,
    is_signal,
    without_weakest,
)
from pipelines.reporting.sections.in_short_facts import (
    behind_the_year,
    claim_sentences,
    domain_sentences,
    programme_sentences,
    who_sentences,
)
from pipelines.reporting.sentences import Share, Usual, measured_percent, worse_too
from tests.unit.reporting.shown_figures import (
    END_ON,
    MINIMUMS,
    PHQ9,
    WORDS,
    Shown,
    context,
    texts,
    trend,
)


@pytest.mark.parametrize(
    ("rate", "n", "text"),
    [
        (0.7, 66, "70 %"),
        (46 / 66, 66, "69.7 %"),
        (0.6999, 66, "just under 70 %"),
        (0.694, 66, "69 %"),
        (0.6996, 2000, "just under 70 %"),
        (0.6993, 2000, "69.9 %"),
    ],
)
def test_under_seventy_per_cent_measured_never_reads_as_seventy(
    rate: float, n: int, text: str
) -> None:
    assert measured_percent(rate, WORDS, n=n).replace("\u00a0", " ") == text


@pytest.mark.parametrize(
    ("n", "is_trial", "basis"),
    [(14, False, "12 months to December 2025"), (8, True, "provisional, from 8 months")],
)
def test_the_usual_range_says_what_it_rests_on(n: int, is_trial: bool, basis: str) -> None:
    found = usual_range(trend(NO_CLEAR_CHANGE, n=n, is_trial=is_trial), WORDS)
    assert found is not None
    assert (found.lower, found.upper) == ("21\u00a0%", "52\u00a0%")
    assert found.basis == basis
    assert usual_range(None, WORDS) is None


SHARE = Share(x=7, n=130, rate=0.05, lower=0.03, upper=0.11, n_all=176, measured_rate=0.8)
USUAL = Usual("0 %", "9 %", "12 months to October 2025")


@pytest.mark.parametrize(
    ("share", "verdict", "said"),
    [
        (SHARE, NO_CLEAR_CHANGE, "no clear change (usual range 0 % to 9 %)."),
        (SHARE, CANNOT_TELL, "between 3 % and 11 %."),
        (SHARE, RISEN, ""),
        (SHARE, FALLEN, ""),
        (Share(x=1, n=4, rate=None, lower=None, upper=None), NO_CLEAR_CHANGE, ""),
    ],
)
def test_worse_shares_the_sentence_of_better_unless_it_signals_or_has_no_figure(
    share: Share, verdict: str, said: str
) -> None:
    text = worse_too(share, verdict=verdict, minimums=MINIMUMS, words=WORDS, usual=USUAL)
    assert text.replace("\u00a0", " ").endswith(said)
    assert bool(text) == bool(said)


@pytest.mark.parametrize(
    ("upper", "told"),
    [
        (0.4, "Reliably worse: between 10 % and 40 %. Among those measured: 22 % (2 of 9)"),
        (
            0.41,
            "no clear change (usual range 0 % to 9 %). The range of 10 % to 41 % is about chance"
            " alone: with the people without a second score the share is between 10 % and 40 %",
        ),
    ],
)
def test_worse_leads_with_the_wider_range_as_better_does(upper: float, told: str) -> None:
    share = Share(
        x=2, n=9, rate=0.22, lower=0.1, upper=upper, n_all=20, measured_rate=0.45,
        worst=0.1, best=0.4,
    )  # fmt: skip
    text = worse_too(share, verdict=NO_CLEAR_CHANGE, minimums=MINIMUMS, words=WORDS, usual=USUAL)
    assert told in text.replace("\u00a0", " ")


def test_what_shows_no_signal_gives_way_where_there_are_too_many() -> None:
    first, weak = Sentence("a", "plain.no_clear_change"), Sentence("b", "plain.no_clear_change")
    strong = Sentence("c", "plain.risen")
    rest = [Sentence(str(place), "x") for place in range(AT_MOST - 2)]
    assert is_signal(strong)
    assert not is_signal(weak)
    assert without_weakest([first, weak, *rest], [weak]) == [first, weak, *rest]
    assert without_weakest([first, weak, strong, *rest], [weak, strong]) == [first, strong, *rest]


def test_who_started_stands_beside_who_ended_with_its_share() -> None:
    row = {"n_paired_any": 134, "n_finished": 176, "withheld_figures": None}
    rate = dict.fromkeys(
        ("paired_any_rate", "paired_any_rate_lower", "paired_any_rate_upper"), 0.76
    )
    figures = Shown(
        completed={"clinic": row | rate},
        begun={"n_started": 2378, "n_measured": 1490, "n_open": 423},
    )
    (text,) = texts(who_sentences(context(figures)))
    assert "Without both scores, and so in none of those figures: 42." in text
    assert "Of the 2,378 who started" in text
    assert "1,490 (62.7 %)" in text
    figures.begun = {"n_started": 2378, "n_measured": None, "n_open": 423}
    (text,) = texts(who_sentences(context(figures)))
    assert "who started" not in text


def domain(
    name: str, lower: float | None, upper: float | None, *, n_finished: int = 100, n: int = 80
) -> dict[str, Any]:
    return {
        "domain": name, "basis": "published", "respondent": "client", "n_measured": 90,
        "n_paired": n, "n_finished": n_finished, "n_improved": 40,
        "improved_rate": None if lower is None else 0.5,
        "improved_rate_lower": lower, "improved_rate_upper": upper,
    }  # fmt: skip


def said_of_domains(*rows: dict[str, Any]) -> Sentence:
    (found,) = domain_sentences(context(Shown(tables={"pub_domain_outcomes": list(rows)})))
    return Sentence(texts([found])[0], found.rule, found.link)


@pytest.mark.parametrize(
    ("lower", "upper", "rule", "said"),
    [
        (0.500001, 0.7, "domains.some", "Clearly more than half of those measured got better in"),
        (
            0.5,
            0.7,
            "domains.none",
            "Neither clearly more nor clearly fewer than half got better in",
        ),
        (
            0.3,
            0.5,
            "domains.none",
            "Neither clearly more nor clearly fewer than half got better in",
        ),
        (0.3, 0.499999, "domains.none", "Clearly fewer than half got better in"),
    ],
)
def test_more_than_half_is_said_only_where_the_interval_does(
    lower: float, upper: float, rule: str, said: str
) -> None:
    found = said_of_domains(domain("symptoms", lower, upper), domain("functioning", None, None))
    assert found.rule == rule
    assert found.text == (
        "Of 13 domains of success, 1 had 70 % or more of the finished courses measured over"
        f" twelve months. {said} symptoms (40 of 80). 12 cannot be judged at all."
    )


@pytest.mark.parametrize(("n", "is_judged"), [(70, True), (69, False)])
def test_a_domain_measured_in_under_seventy_per_cent_has_no_one_figure(
    n: int, is_judged: bool
) -> None:
    found = said_of_domains(domain("symptoms", 0.6, 0.8, n=n))
    assert ("Clearly more than half" in found.text) is is_judged
    assert ("1 was measured in too few courses for one figure." in found.text) is (not is_judged)
    assert found.rule == ("domains.some" if is_judged else "domains.bounds")


def test_without_a_judged_domain_nothing_is_said() -> None:
    assert domain_sentences(context(Shown())) == []


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        (
            ["may_not_publish"] * 4,
            "None of the 4 claims about outcomes may be published. Why not “Claim 0.”: too few were "
            "measured.",
        ),
        (
            ["cannot_tell", "may_publish"],
            "Of 2 claims about outcomes, 1 may be published. May be said: “Claim 1.”",
        ),
        (
            ["may_publish"] * 2,
            "All 2 claims about outcomes may be published. May be said: “Claim 0.” and “Claim 1.”",
        ),
        (
            ["cannot_tell"],
            "The one claim about outcomes may not be published. Why not “Claim 0.”: too few were "
            "measured.",
        ),
    ],
)
def test_claims_are_counted_by_what_may_be_published(verdicts: list[str], text: str) -> None:
    # Closed on the last day of the report's month.
    ended_on = date(2026, 7, 31)
    rows = [
        {
            "claim_id": str(place),
            "says": f"Claim {place}.",
            "verdict": verdict,
            "verdict_reasons": "too_few_pairs",
            "period_kind": "rolling_12m",
            "period_end_on": ended_on,
            "closes_on": END_ON,
            # One that the clinic has fixed is enough: then they are its claims.
            "set_on": None if place else date(2026, 1, 1),
            "n_met": 441,
            "n_measured": 1127,
            "n_due": 2290,
            "met_rate": None,
        }
        for place, verdict in enumerate(verdicts)
    ]
    (found,) = claim_sentences(context(Shown(tables={"pub_claims": rows})))
    assert (found.text, found.link) == (text, "claims")
    if "may_publish" not in verdicts:
        told = [row | {"met_rate": 0.3913} for row in rows]
        (found,) = texts(claim_sentences(context(Shown(tables={"pub_claims": told}))))
        # Rounded against the claim, as in its sentence: 49.2 % and 39.1 %.
        assert found == (
            f"{text} Of those due 49 % were measured, and 39 % of these met it (441 of 1,127)."
        )
    examples = [row | {"set_on": None} for row in rows]
    (found,) = claim_sentences(context(Shown(tables={"pub_claims": examples})))
    assert found.text.startswith("The clinic has fixed no claim about outcomes")
    for row in rows:
        row["closes_on"] = END_ON + timedelta(days=1)
    assert claim_sentences(context(Shown(tables={"pub_claims": rows}))) == []


def test_it_is_said_how_many_programmes_were_compared_and_why_not_the_rest() -> None:
    words = [WITHIN, WITHIN, "too_few_to_compare", "none", "unmeasured"]
    names = [f"p{place}" for place in range(len(words))]
    comparisons = {("phq-9", name): word for name, word in zip(names, words, strict=True)}
    figures = Shown(names={"programme": names})
    (found,) = programme_sentences(context(figures, comparisons=comparisons))
    assert found.text.startswith(
        "Programmes that could be compared with the clinic as a whole, on the PHQ-9 over twelve"
        " months: 2 of 5. None clearly differs"
    )
    assert "Not compared: 2 with too few measured courses and 1 under 70\u00a0% measured on it" in (
        found.text.replace("70 %", "70\u00a0%")
    )
    assert found.text.endswith("No allowance is made for who was treated there.")
    assert (found.link, found.jumps) == ("outcomes", ())
    (found,) = programme_sentences(
        context(figures, comparisons=comparisons | {("phq-9", "p0"): ABOVE})
    )
    assert found.rule == "programmes.better"
    assert "Better: p0 (PHQ-9)" in found.text


class YearOnly(Shown):
    """Measured courses of the twelve months, and how many of them were better."""

    n_paired = 0

    def outcome(self, *_: object) -> Any:
        n, x = self.n_paired, self.n_paired // 2
        known = {"n_finished": n, "n_paired": n, "n_improved": x, "withheld_figures": None}
        rates = dict.fromkeys(
            (f"improved_rate{end}" for end in ("", "_lower", "_upper", "_worst", "_best")),
            None if n < 5 else 0.5,
        )
        return known | rates | {"paired_rate": 1.0}


@pytest.mark.parametrize(("n", "is_told"), [(5, True), (4, False)])
def test_a_month_without_a_rate_stands_behind_the_twelve_months(n: int, is_told: bool) -> None:
    figures = YearOnly()
    figures.n_paired = n
    few = Sentence("Few in October.", "too_few", "link")
    (said,) = behind_the_year(context(figures), PHQ9, [few])
    assert said.rule == "too_few"
    assert said.text.endswith("Few in October.")
    assert ("the twelve months to October 2026" in said.text) == is_told
    alone = behind_the_year(context(figures), PHQ9, [])
    assert len(alone) == is_told


@pytest.mark.parametrize(
    ("kind", "period", "told"),
    [
        ("quarter", "month", "Told is the newest whole quarter, as a month has too few courses."),
        ("rolling_12m", "month", "Told are twelve months, as a quarter has too few courses."),
        ("month", "month", ""),
        ("quarter", "quarter", ""),
        ("rolling_12m", "rolling_12m", ""),
    ],
)
def test_a_page_of_a_month_that_leads_with_more_says_why(kind: str, period: str, told: str) -> None:
    about = context(Shown(), headline=Window(kind, END_ON, "H"), period=Window(period, END_ON, "P"))
    first, second = Sentence("Better.", "plain.none"), Sentence("Worse.", "plain.none")
    found = _with_its_window(about, [first, second])
    assert texts(found) == [f"Better. {told}".strip(), "Worse."]
    assert _with_its_window(about, []) == []


class OfKinds(Shown):
    """Finished courses, all measured, by kind of period; None where the counts are withheld."""

    n_paired: Mapping[str, int | None]

    def outcome(self, _: object, __: object, kind: str, *___: object) -> Any:
        n = self.n_paired[kind]
        rates = {
            f"{share}_rate{end}": 0.5 if n and n >= 5 else None
            for share in ("improved", "deteriorated")
            for end in ("", "_lower", "_upper", "_worst", "_best")
        }
        counts = dict.fromkeys(("n_finished", "n_paired", "n_improved", "n_deteriorated"), n)
        withheld = "paired" if n is None else None
        measured = dict.fromkeys(("paired_rate", "paired_rate_lower", "paired_rate_upper"), 1.0)
        return counts | rates | measured | {"withheld_figures": withheld}


@pytest.mark.parametrize(
    ("in_quarter", "in_year", "starts", "is_why_told"),
    [
        (5, 40, "The share reliably better on the PHQ-9 in Q3", True),
        # Twelve months lead already: nothing told is of the quarter.
        (4, 40, "The share reliably better on the PHQ-9 in the twelve months", False),
        (None, 40, "The share reliably better on the PHQ-9 in Q3 is withheld", False),
    ],
)
def test_why_a_quarter_leads_is_told_only_where_it_leads(
    in_quarter: int | None, in_year: int, starts: str, is_why_told: bool
) -> None:
    figures = OfKinds()
    figures.n_paired = {"quarter": in_quarter, "rolling_12m": in_year}
    about = context(figures, headline=Window("quarter", END_ON, "Q3"), measures=(PHQ9,))
    first, *_ = texts(_outcomes(about))
    assert first.startswith(starts)
    assert ("Told is the newest whole quarter" in first) == is_why_told


def test_of_a_measure_without_a_threshold_no_stretch_is_told() -> None:
    bare = replace(PHQ9, rule=None)
    about = context(Shown(), headline=Window("quarter", END_ON, "Q3"), measures=(bare,))
    first, *_ = texts(_outcomes(about))
    assert first.startswith("The PHQ-9 has no verified threshold")
    assert "Told is" not in first


class Ended(Shown):
    """A group with questionnaires, of whose courses so many have ended."""

    n_ended = 0

    def activity(self, *_: object) -> Any:
        counts = {f"n_{name}": 5 for name in ("referred", "started", "open")}
        missed = dict.fromkeys(("n_attended", "n_no_show", "n_late_cancelled", "n_cancelled"), 0)
        return counts | missed | {"n_ended": self.n_ended, "wait_median_days": None}


@pytest.mark.parametrize(
    ("n_ended", "told"),
    [(0, "No course has ended yet"), (1, "Questionnaires were delivered, but no finished course")],
)
def test_where_no_course_has_ended_that_is_why_there_is_no_result(n_ended: int, told: str) -> None:
    figures = Ended(completed={"G": {"n_responses": 9}})
    figures.n_ended = n_ended
    found = _without_outcomes(context(figures, subject=("group", "G")))
    assert texts(found)[0].startswith(told)
