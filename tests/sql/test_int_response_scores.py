"""Scores of responses: from answers, from totals, prorated, and in which episode."""

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.reference_tables import reference_tables
from tests.builders import Bench
from tests.table_rows import Row

DAY = date(2025, 3, 10)
# Made up: higher is better, item 2 runs against the scale, one item may be missing; a mean of the
# last two items beside the total.
MIRRORED = {
    "instrument_id": "mirrored",
    "domain": "connection",
    "direction": "higher_better",
    "n_items": 3,
    "item_min_points": 1,
    "item_max_points": 5,
    "total_min_points": 3,
    "total_max_points": 15,
}
MIRRORED_SCALES = (
    {
        "instrument_id": "mirrored",
        "n_items": 3,
        "item_numbers": [1, 2, 3],
        "weights": [1.0, -1.0, 1.0],
        "constant_points": 6,
        "prorate_max_missing": 1,
    },
    {
        "instrument_id": "mirrored",
        "scale": "later",
        "method": "mean",
        "n_items": 2,
        "item_numbers": [2, 3],
        "weights": [0.0, -0.5, 0.5],
        "constant_points": 3,
    },
)


@cache
def _published(table: str) -> list[Row]:
    """The catalogue's own rows of the instruments that the tests name."""
    rows = reference_tables(load_catalogue())[table].to_dicts()
    named = {"phq9", "gad7", "wsas", "ors", "pg13r", "cssrs_screen"}
    return [row for row in rows if row["instrument_id"] in named]


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    bench.fill("ref_instruments", [*_published("ref_instruments"), MIRRORED])
    bench.fill("ref_instrument_scales", [*_published("ref_instrument_scales"), *MIRRORED_SCALES])
    bench.fill("stg_episodes", [{"episode_id": "e1"}])
    yield bench
    bench.close()


def response(
    instrument_id: str = "phq9",
    answers: Sequence[float | None] | None = None,
    total: float | str | None = None,
    **more: Any,
) -> Row:
    """A staged response; an answer that is None was not given."""
    given = [
        (item, value) for item, value in enumerate(answers or (), start=1) if value is not None
    ]
    return {
        "response_id": "r1",
        "episode_id": "e1",
        "administered_on": DAY,
        "instrument_id": instrument_id,
        "total_score": total,
        "items": None if answers is None else [item for item, _ in given],
        "answers": None if answers is None else [float(value) for _, value in given],
        "n_answers": 0 if answers is None else len(given),
        "has_answers": answers is not None,
        **more,
    }


def scores(bench: Bench, *responses: Row) -> list[tuple[str, Decimal | None, str | None]]:
    """Scale, points and basis of each row, in the order of the key."""
    bench.fill("stg_responses", responses)
    return [
        (row["scale"], row["score_points"], row["score_basis"])
        for row in bench.rows("int_response_scores")
    ]


def test_columns_and_types_are_those_of_the_table(bench: Bench) -> None:
    bench.fill("stg_responses", [])
    bench.build("int_response_scores")
    assert bench.columns("int_response_scores") == {
        "response_key": "VARCHAR",
        "client_key": "VARCHAR",
        "episode_key": "VARCHAR",
        "instrument_id": "VARCHAR",
        "scale": "VARCHAR",
        "respondent": "VARCHAR",
        "administered_at": "TIMESTAMP",
        "administered_on": "DATE",
        "score_points": "DECIMAL(9,4)",
        "score_basis": "VARCHAR",
    }


@pytest.mark.parametrize(
    ("instrument_id", "answers", "points"),
    [
        ("phq9", [2, 2, 2, 2, 1, 1, 2, 0, 0], 12),
        ("phq9", [0] * 9, 0),
        ("phq9", [3] * 9, 27),
        ("gad7", [1, 2, 3, 0, 1, 2, 3], 12),
        ("wsas", [8, 7, 6, 5, 4], 30),
    ],
)
def test_a_complete_form_is_the_sum_of_its_answers(
    bench: Bench, instrument_id: str, answers: list[float], points: int
) -> None:
    assert scores(bench, response(instrument_id, answers)) == [
        ("total", Decimal(points), "answers")
    ]


def test_one_missing_answer_leaves_phq9_without_points(bench: Bench) -> None:
    assert scores(bench, response("phq9", [3, 3, 3, 3, None, 3, 3, 3, 3])) == [
        ("total", None, None)
    ]


def test_wsas_is_prorated_for_exactly_one_missing_answer(bench: Bench) -> None:
    # (1 + 2 + 8 + 0) * 5 / 4
    assert scores(bench, response("wsas", [None, 1, 2, 8, 0])) == [
        ("total", Decimal("13.75"), "prorated")
    ]


def test_wsas_with_two_missing_answers_has_no_points(bench: Bench) -> None:
    assert scores(bench, response("wsas", [None, 1, 2, 8, None])) == [("total", None, None)]


def test_a_total_counts_where_no_answer_was_delivered(bench: Bench) -> None:
    assert scores(bench, response("gad7", total=21)) == [("total", Decimal(21), "total")]


@pytest.mark.parametrize("total", [-1, 22])
def test_a_total_outside_the_range_is_no_score(bench: Bench, total: float) -> None:
    assert scores(bench, response("gad7", total=total)) == [("total", None, None)]


@pytest.mark.parametrize("answers", [[], [None] * 9, [3, 3, 3, 3, 3, 3, 3, 3, None]])
def test_answers_decide_even_where_they_give_no_score(
    bench: Bench, answers: list[float | None]
) -> None:
    assert scores(bench, response("phq9", answers, total=5)) == [("total", None, None)]


def test_answers_that_were_all_turned_away_still_decide(bench: Bench) -> None:
    row = response("phq9", total=5, has_answers=True)
    assert scores(bench, row) == [("total", None, None)]


def test_answers_win_over_a_total_that_disagrees(bench: Bench) -> None:
    assert scores(bench, response("phq9", [1] * 9, total=20)) == [("total", Decimal(9), "answers")]


def test_a_reversed_item_counts_lowest_and_highest_less_the_answer(bench: Bench) -> None:
    # 4 + (6 - 2) + 5 = 13; the mean of the last two: (4 + 5) / 2
    assert scores(bench, response("mirrored", [4, 2, 5])) == [
        ("later", Decimal("4.5"), "answers"),
        ("total", Decimal(13), "answers"),
    ]


def test_a_scale_is_complete_when_only_answers_of_others_are_missing(bench: Bench) -> None:
    # The total is prorated: ((6 - 2) + 5) * 3 / 2.
    assert scores(bench, response("mirrored", [None, 2, 5])) == [
        ("later", Decimal("4.5"), "answers"),
        ("total", Decimal("13.5"), "prorated"),
    ]


def test_prorating_a_form_without_its_reversed_item_adds_no_constant(bench: Bench) -> None:
    assert scores(bench, response("mirrored", [4, None, 5])) == [
        ("later", None, None),
        ("total", Decimal("13.5"), "prorated"),
    ]


def test_of_a_delivered_total_there_is_no_subscale(bench: Bench) -> None:
    assert scores(bench, response("mirrored", total=9)) == [
        ("later", None, None),
        ("total", Decimal(9), "total"),
    ]


def test_points_have_four_decimal_places(bench: Bench) -> None:
    assert scores(bench, response("ors", total="23.1")) == [("total", Decimal("23.1000"), "total")]


@pytest.mark.parametrize(
    ("instrument_id", "total", "points"),
    [
        ("pg13r", 50, Decimal(50)),
        ("pg13r", 51, None),
        ("pg13r", None, None),
        ("cssrs_screen", 1, None),
    ],
)
def test_an_instrument_that_is_not_scored_keeps_a_total_in_its_range(
    bench: Bench, instrument_id: str, total: float | None, points: Decimal | None
) -> None:
    basis = None if points is None else "total"
    assert scores(bench, response(instrument_id, [1] * 6, total=total)) == [
        ("total", points, basis)
    ]


def test_an_unknown_instrument_is_kept_without_points(bench: Bench) -> None:
    assert scores(bench, response("not_in_the_catalogue", total=3)) == [("total", None, None)]


def test_the_respondent_is_kept(bench: Bench) -> None:
    bench.fill("stg_responses", [response(total=3, respondent="parent")])
    (row,) = bench.rows("int_response_scores")
    assert row["respondent"] == "parent"


def test_rows_come_in_the_order_of_their_key(bench: Bench) -> None:
    bench.fill(
        "stg_responses",
        [response("mirrored", [1, 2, 3], response_id=key) for key in ("r3", "r1", "r2")],
    )
    keys = [(row["response_key"], row["scale"]) for row in bench.rows("int_response_scores")]
    assert keys == [(key, scale) for key in ("r1", "r2", "r3") for scale in ("later", "total")]


def episode_of(bench: Bench, episodes: Sequence[Row], **more: Any) -> str | None:
    """The episode that a response on DAY is counted in."""
    bench.fill("stg_episodes", episodes)
    bench.fill("stg_responses", [response(total=3, **{"episode_id": None, **more})])
    (row,) = bench.rows("int_response_scores")
    return row["episode_key"]


def an_episode(name: str, referred_on: date, ended_on: date | None, client: str = "c1") -> Row:
    return {
        "episode_id": name,
        "client_id": client,
        "referred_on": referred_on,
        "ended_on": ended_on,
    }


BEFORE, AFTER = date(2025, 3, 9), date(2025, 3, 11)


def test_a_named_episode_counts_whatever_its_dates(bench: Bench) -> None:
    episodes = [an_episode("e1", AFTER, None), an_episode("e2", BEFORE, None)]
    assert episode_of(bench, episodes, episode_id="e1") == "e1"


@pytest.mark.parametrize(
    ("referred_on", "ended_on", "found"),
    [
        (BEFORE, AFTER, "e1"),
        (DAY, AFTER, "e1"),
        (BEFORE, DAY, "e1"),
        (BEFORE, None, "e1"),
        (AFTER, None, None),
        (date(2025, 1, 1), BEFORE, None),
    ],
)
def test_an_unnamed_response_is_in_the_episode_that_holds_its_day(
    bench: Bench, referred_on: date, ended_on: date | None, found: str | None
) -> None:
    assert episode_of(bench, [an_episode("e1", referred_on, ended_on)]) == found


def test_an_unnamed_response_in_two_episodes_is_in_none(bench: Bench) -> None:
    episodes = [an_episode("e1", BEFORE, AFTER), an_episode("e2", DAY, None)]
    assert episode_of(bench, episodes) is None


def test_an_episode_that_does_not_hold_the_day_is_no_second_one(bench: Bench) -> None:
    episodes = [an_episode("e1", date(2024, 1, 1), BEFORE), an_episode("e2", DAY, None)]
    assert episode_of(bench, episodes) == "e2"


def test_an_episode_that_was_closed_by_rule_holds_no_later_day(bench: Bench) -> None:
    last_seen = date(2024, 6, 3)
    bench.fill(
        "stg_sessions", [{"session_id": "s1", "episode_id": "e1", "scheduled_on": last_seen}]
    )
    bench.fill("stg_attendances", [{"session_id": "s1", "client_id": "c1", "status": "attended"}])
    episodes = [an_episode("e1", date(2024, 6, 1), None), an_episode("e2", BEFORE, None)]
    assert episode_of(bench, episodes) == "e2"


def test_an_episode_of_another_client_is_not_taken(bench: Bench) -> None:
    assert episode_of(bench, [an_episode("e1", BEFORE, None, client="c2")]) is None


def test_a_client_without_any_episode_keeps_the_response(bench: Bench) -> None:
    assert episode_of(bench, []) is None
