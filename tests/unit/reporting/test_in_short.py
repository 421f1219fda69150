"""In short and What to look at: each rule on both sides of its boundary."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipelines.comparison.spc import CANNOT_TELL, FALLEN, NO_CLEAR_CHANGE, RISEN
from pipelines.reporting.comparing import ABOVE, WITHIN
from pipelines.reporting.context import Context
from pipelines.reporting.figures import Instrument, Measure, OutcomeRule, Subject
from pipelines.reporting.in_short import AT_MOST, is_signal, without_weakest
from pipelines.reporting.in_short_facts import (
    claim_sentences,
    domain_sentences,
    programme_sentences,
    who_sentences,
)
from pipelines.reporting.look_at import look_at
from pipelines.reporting.model import Card, Sentence, Trend, TrendPoint
from pipelines.reporting.sentences import Minimums, Share, Usual, measured_percent, worse_too
from pipelines.reporting.signals import MOST_ITEMS, signal_items
from pipelines.reporting.trends import Window, usual_range
from pipelines.reporting.wording import load_wording

WORDS = load_wording()
END_ON = date(2026, 10, 31)
MINIMUMS = Minimums(rate=5, comparison=30)


def measure(name: str) -> Measure:
    instrument = Instrument(name.lower(), name, name, "1", "symptoms", "outcome", True, 0, 27)
    rule = OutcomeRule("r", "1", name.lower(), "total", 6, 10, "a source")
    return Measure(instrument, "total", "client", rule)


PHQ9, WSAS = measure("PHQ-9"), measure("WSAS")


@dataclass
class Shown:
    """Figures with the few rows that a test gives them."""

    month: date = date(2026, 10, 1)
    month_end_on: date = END_ON
    as_of_on: date | None = None
    deliveries: tuple[Mapping[str, Any], ...] = ()
    rebases: tuple[Mapping[str, Any], ...] = ()
    tables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    recovered: dict[str, Any] | None = None
    completed: dict[str, dict[str, Any]] = field(default_factory=dict)
    begun: dict[str, Any] | None = None
    names: dict[str, list[str]] = field(default_factory=dict)

    def published(self, table: str, _subject: object, kind: str, end_on: date) -> list[Any]:
        asked = {"period_kind": kind, "period_end_on": end_on}
        newest = {"period_end_on": END_ON}
        return [
            row
            for row in self.tables.get(table, [])
            if all({**newest, **row}.get(name, value) == value for name, value in asked.items())
        ]

    def recovery(self, *_: object) -> dict[str, Any] | None:
        return self.recovered

    def completeness(self, subject: tuple[str, str], *_: object) -> dict[str, Any] | None:
        return self.completed.get(subject[1])

    def started(self, *_: object) -> dict[str, Any] | None:
        return self.begun

    def outcome(self, *_: object) -> None:
        return None

    def period_ends(self, *_: object) -> list[date]:
        return [END_ON]

    def subjects_at(self, level: str) -> list[Subject]:
        return [Subject(level, name, name, "") for name in self.names.get(level, [])]


def context(figures: Shown, **changes: Any) -> Context:
    values: dict[str, Any] = {
        "figures": figures,
        "words": WORDS,
        "minimums": MINIMUMS,
        "headline": Window("month", END_ON, "October 2026"),
        "month": Window("month", END_ON, "October 2026"),
        "year": Window("rolling_12m", END_ON, "the twelve months to October 2026"),
        "measures": (PHQ9, WSAS),
        "routine": (PHQ9, WSAS),
        "comparisons": {},
        "is_public": False,
        "clinic": ("clinic", "clinic"),
        "first_measure": PHQ9,
    }
    return cast(Context, SimpleNamespace(**(values | changes)))


def texts(found: list[Sentence] | tuple[Sentence, ...]) -> list[str]:
    return [item.text.replace("\u00a0", " ") for item in found]


def rules(figures: Shown, *cards: Card, **changes: Any) -> list[str]:
    return [item.rule for item in look_at(context(figures, **changes), cards)]


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


def trend(verdict: str, *, n: int = 14, is_trial: bool = False) -> Trend:
    points = tuple(
        TrendPoint(
            f"2025-{month:02}" if month < 13 else f"2026-{month - 12:02}", "", 0.3, 99, 30, ""
        )
        for month in range(1, n + 1)
    )
    return Trend(points, 0.3, 0.21, 0.52, is_trial, verdict, "month", "share")


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
    assert "the other 42 are in no figure of their programme's measures" in text
    assert "Of the 2,378 who started" in text
    assert "1,490 (62.7 %)" in text
    figures.begun = {"n_started": 2378, "n_measured": None, "n_open": 423}
    (text,) = texts(who_sentences(context(figures)))
    assert "who started" not in text


def domain(name: str, lower: float | None, upper: float | None) -> dict[str, Any]:
    return {
        "domain": name, "basis": "published", "respondent": "client", "n_measured": 90,
        "n_paired": 80, "n_improved": 40, "improved_rate": None if lower is None else 0.5,
        "improved_rate_lower": lower, "improved_rate_upper": upper,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("lower", "upper", "rule", "said"),
    [
        (0.500001, 0.7, "domains.some", "fewer than half did in 0 of 13 domains; 0 are near"),
        (0.5, 0.7, "domains.none", "fewer than half did in 0 of 13 domains; 1 are near"),
        (0.3, 0.5, "domains.none", "fewer than half did in 0 of 13 domains; 1 are near"),
        (0.3, 0.499999, "domains.none", "fewer than half did in 1 of 13 domains; 0 are near"),
    ],
)
def test_more_than_half_is_said_only_where_the_interval_does(
    lower: float, upper: float, rule: str, said: str
) -> None:
    rows = [domain("symptoms", lower, upper), domain("functioning", None, None)]
    (found,) = domain_sentences(context(Shown(tables={"pub_domain_outcomes": rows})))
    assert found.rule == rule
    assert said in found.text
    assert "in 12 nothing can be judged" in found.text


def test_without_a_judged_domain_nothing_is_said() -> None:
    assert domain_sentences(context(Shown())) == []


@pytest.mark.parametrize(
    ("verdicts", "text"),
    [
        (["may_not_publish"] * 4, "None of the 4 claims about outcomes may be published."),
        (["may_publish", "cannot_tell"], "Of 2 claims about outcomes, 1 may be published."),
        (["may_publish"] * 2, "All 2 claims about outcomes may be published."),
        (["cannot_tell"], "The one claim about outcomes may not be published."),
    ],
)
def test_claims_are_counted_by_what_may_be_published(verdicts: list[str], text: str) -> None:
    # Closed on the last day of the report's month.
    ended_on = date(2026, 7, 31)
    rows = [
        {
            "claim_id": str(place),
            "verdict": verdict,
            "period_kind": "rolling_12m",
            "period_end_on": ended_on,
            "closes_on": END_ON,
        }
        for place, verdict in enumerate(verdicts)
    ]
    (found,) = claim_sentences(context(Shown(tables={"pub_claims": rows})))
    assert (found.text, found.link) == (text, "claims")
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
        "Of 5 programmes, 2 could be compared on the PHQ-9 over twelve months; none clearly differs"
    )
    assert "Not compared: 2 with too few measured courses and 1 under 70\u00a0% measured" in (
        found.text.replace("70 %", "70\u00a0%")
    )
    (found,) = programme_sentences(
        context(figures, comparisons=comparisons | {("phq-9", "p0"): ABOVE})
    )
    assert found.rule == "programmes.better"
    assert "better than the clinic as a whole: p0 (PHQ-9)" in found.text


def recovery(upper: float, standard: float | None) -> Shown:
    row = {
        "n_recovered": 40, "n_case_or_unknown": 100, "n_recovery_known": 90, "recovered_rate": 0.4,
        "recovered_rate_lower": 0.3, "recovered_rate_upper": upper, "recovered_rate_best": 0.5,
        "recovery_known_rate": 0.9, "withheld_figures": None, "recovered_of_known_rate": 0.44,
        "recovered_of_known_rate_lower": 0.3, "recovered_of_known_rate_upper": 0.5,
    }  # fmt: skip
    detail = {
        "recovered_standard_share": standard, "n_recovery_unknown": 10, "recovered_rate_best": 0.5,
    }  # fmt: skip
    return Shown(recovered=row, tables={"pub_recovery_detail": [detail]})


@pytest.mark.parametrize(
    ("upper", "standard", "is_said"),
    [(0.499999, 0.5, True), (0.5, 0.5, False), (0.499999, None, False)],
)
def test_a_standard_above_the_whole_interval_is_looked_at(
    upper: float, standard: float | None, is_said: bool
) -> None:
    found = look_at(context(recovery(upper, standard)), ())
    assert ("under_standard" in {item.rule for item in found}) == is_said
    if is_said:
        assert "England's published standard is 50 %" in texts(found)[0]
        assert "the share is 50 % if all of them did recover" in texts(found)[0]


@pytest.mark.parametrize(("rate", "is_said"), [(0.25, True), (0.249999, False), (None, False)])
def test_one_in_four_not_on_track_is_looked_at(rate: float | None, is_said: bool) -> None:
    row = {
        "instrument_id": "phq-9",
        "n_judged": 80,
        "n_not_on_track": 20,
        "not_on_track_rate": rate,
    }
    figures = Shown(tables={"pub_on_track": [row]})
    assert ("not_on_track" in rules(figures)) == is_said


def therapists(behind: int) -> Shown:
    names = [f"Therapist {letter}" for letter in "ABCDEFGH"]
    completed = {
        name: {
            "n_paired_any": 20 if place < behind else 40, "n_finished": 40, "withheld_figures": None,
            "paired_any_rate": 0.5 if place < behind else 1.0, "paired_any_rate_lower": 0.3,
            "paired_any_rate_upper": 1.0,
        }
        for place, name in enumerate(names)
    }  # fmt: skip
    return Shown(names={"therapist": names}, completed=completed)


@pytest.mark.parametrize(("behind", "is_named"), [(1, True), (3, True), (4, False)])
def test_one_to_three_therapists_are_named(behind: int, is_named: bool) -> None:
    (item,) = look_at(context(therapists(behind)), ())
    assert f"{behind} of the 8 therapists" in item.text
    assert ("Therapist A (20 of 40)" in item.text) == is_named


def card(card_id: str, verdict: str) -> Card:
    return Card(card_id, card_id, "9 %", 0.09, "", "", "", "", "", trend(verdict), ())


def test_signals_come_first_bad_before_good_and_the_data_last() -> None:
    figures = recovery(0.45, 0.5)
    figures.as_of_on = END_ON
    figures.deliveries = (
        {"delivered_on": END_ON, "n_quarantined": 3, "n_delivered": 90, "n_accepted": 87,
         "n_superseded": 0, "n_withdrawn": 0, "table_name": "clients"},
    )  # fmt: skip
    found = rules(
        figures, card("attended", RISEN), card("better", FALLEN), card("worse", NO_CLEAR_CHANGE)
    )
    assert found == [
        "signal.better.fallen",
        "signal.attended.risen",
        "under_standard",
        "turned_away",
    ]


def test_more_than_three_signals_share_the_last_item() -> None:
    names = ("better", "recovered", "measured", "attended")
    three = signal_items(context(Shown()), tuple(card(name, FALLEN) for name in names[:3]))
    four = signal_items(context(Shown()), tuple(card(name, FALLEN) for name in names))
    assert len(three) == len(four) == MOST_ITEMS
    assert [item.rule for item in three][-1] == "signal.measured.fallen"
    assert four[-1].text.startswith(
        "Outside noise too: measured has fallen to 9 % and attended has"
    )


def test_a_signal_of_a_routine_measure_is_said_and_looked_at(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from pipelines.reporting import signals

    asked: list[str] = []

    def series(_figures: object, found: Measure, **_: object) -> Trend:
        asked.append(found.instrument.name)
        return trend(FALLEN)

    monkeypatch.setattr(signals, "better_trend", series)
    monkeypatch.setattr(signals, "worse_trend", lambda *_, **__: trend(NO_CLEAR_CHANGE))
    share = Share(x=4, n=61, rate=0.0656, lower=0.03, upper=0.16)
    monkeypatch.setattr(signals, "better_share", lambda _: share)
    (item,) = look_at(context(Shown()), ())
    assert item.rule == "signal.better.wsas.fallen"
    assert (
        "Reliably better on the WSAS has fallen: 7 % (4 of 61) in October 2026" in texts([item])[0]
    )
    assert "usual range 21 % to 52 %" in texts([item])[0]
    (said,) = signals.signals_in_short(context(Shown()))
    assert is_signal(said)
    # The first measure has a card and sentences of its own.
    assert set(asked) == {"WSAS"}
    monkeypatch.setattr(signals, "better_trend", lambda *_, **__: trend(NO_CLEAR_CHANGE))
    assert signals.signals_in_short(context(Shown())) == []
