"""Special ways of scoring: prorating, subscales, highest answers, tables, items that differ."""

from collections.abc import Iterator, Sequence
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from pipelines.instruments.catalogue import load_catalogue
from pipelines.instruments.reference_tables import reference_tables
from tests.builders import Bench
from tests.sql.test_int_response_scores import response, scores
from tests.table_rows import Row

NAMED = {
    "audit", "core10", "core_om", "csi4", "oq45", "ors", "pgi_c", "phq9", "psc17", "qids_sr16",
    "ras30", "sdq", "swemwbs", "wsas",
}  # fmt: skip
TABLES = ("ref_instruments", "ref_instrument_scales", "ref_instrument_items", "ref_score_tables")


@cache
def published(table: str) -> list[Row]:
    """The catalogue's own rows of the instruments that the tests name."""
    rows = reference_tables(load_catalogue())[table].to_dicts()
    return [row for row in rows if row["instrument_id"] in NAMED]


@pytest.fixture
def bench() -> Iterator[Bench]:
    bench = Bench()
    for table in TABLES:
        bench.fill(table, published(table))
    bench.fill("stg_episodes", [{"episode_id": "e1"}])
    yield bench
    bench.close()


def points(bench: Bench, instrument_id: str, answers: Sequence[float | None]) -> dict[str, Any]:
    """Points of each scale; without those that have none."""
    bench.restart()
    return {
        scale: found
        for scale, found, _ in scores(bench, response(instrument_id, answers))
        if found is not None
    }


def test_core10_is_prorated_for_one_missing_answer(bench: Bench) -> None:
    # Items 2 and 3 are reversed: (1 + 3 + 3 + 6 * 1) * 10 / 9 = 14.4444.
    answers: list[float | None] = [1, 1, 1, 1, 1, 1, 1, 1, 1, None]
    assert points(bench, "core10", answers) == {"total": Decimal("14.4444")}
    answers[8] = None
    assert points(bench, "core10", answers) == {}


def test_nine_ones_and_one_missing_are_a_mean_of_one_and_two_missing_are_none(
    bench: Bench,
) -> None:
    """R package CECPfuns, tests/testthat: of ten items as a mean, with one allowed to be missing."""
    # Items 2 and 3 are reversed, and the total is ten times the mean.
    ones: list[float | None] = [1, 3, 3, 1, 1, 1, 1, 1, 1, 1]
    for missing in range(10):
        answers = [None if item == missing else one for item, one in enumerate(ones)]
        assert points(bench, "core10", answers) == {"total": Decimal(10)}
    assert points(bench, "core10", [*ones[:8], None, None]) == {}


def test_an_answer_between_two_steps_is_a_missing_answer(bench: Bench) -> None:
    assert points(bench, "phq9", [1.5] * 9) == {}
    assert points(bench, "phq9", [1, 1, 1, 1, 1, 1, 1, 1, 1.5]) == {}
    assert points(bench, "pgi_c", [1.5]) == {}
    # The form of CORE-10 may lack one answer: (1 + 3 + 3 + 6 * 1) * 10 / 9.
    assert points(bench, "core10", [1] * 9 + [1.5]) == {"total": Decimal("14.4444")}
    assert points(bench, "core10", [1] * 8 + [1.5] * 2) == {}
    # Marks of the ORS lie a tenth apart.
    assert points(bench, "ors", [3.7, 0.1, 10, 0]) == {"total": Decimal("13.8")}
    assert points(bench, "ors", [3.75, 0.1, 10, 0]) == {}


@pytest.mark.parametrize(
    ("instrument_id", "total", "is_possible"),
    [
        ("phq9", "13", True),
        ("phq9", "13.5", False),
        ("pgi_c", "1", True),
        ("pgi_c", "1.5", False),
        ("swemwbs", "24", True),
        # A metric score where the raw one belongs.
        ("swemwbs", "21.54", False),
        # 34 items: 63 * 10 / 34 = 18.529..., as it may have been rounded.
        ("core_om", "18.5", True),
        ("core_om", "18.53", True),
        ("core_om", "18.5294", True),
        # A mean from 0 to 4 that nobody has multiplied.
        ("core_om", "1.85", False),
        # Four of five answers, prorated: 14 * 5 / 4.
        ("wsas", "17.5", True),
        ("wsas", "17.6", False),
        ("ors", "13.8", True),
        ("ors", "13.85", False),
    ],
)
def test_a_total_counts_as_delivered_and_is_known_to_be_one_that_the_form_can_give(
    bench: Bench, instrument_id: str, total: str, is_possible: bool
) -> None:
    row = {**response(instrument_id, None), "total_score": Decimal(total), "has_answers": False}
    found = {scale: value for scale, value, _ in scores(bench, row)}
    assert found["total"] == Decimal(total)
    # What the contract of responses warns of.
    steps = load_catalogue().instruments[instrument_id]
    assert steps.total is not None
    (lies,) = bench.connection.execute(
        "select lies_on_steps(cast(? as decimal(9, 4)), cast(? as double[]))",
        [total, [float(step) for step in steps.steps_of(steps.total)]],
    ).fetchall()[0]
    assert lies is is_possible


def test_core_om_has_a_limit_for_each_scale(bench: Bench) -> None:
    answers: list[float | None] = [2] * 34
    assert set(points(bench, "core_om", answers).values()) == {Decimal(20)}
    # Item 2 is of the problems, 1 of the functioning, 6 of the risk scale.
    answers[0] = answers[1] = answers[5] = None
    assert points(bench, "core_om", answers) == {
        "total": Decimal(20),
        "problems": Decimal(20),
        "functioning": Decimal(20),
        "wellbeing": Decimal(20),
    }
    answers[4] = None
    assert set(points(bench, "core_om", answers)) == {"functioning", "wellbeing"}


def test_qids_is_the_sum_of_the_highest_answers(bench: Bench) -> None:
    # max(1, 3, 0, 2) + 1 + max(2, 1) + 0 + 1 + 2 + 3 + 1 + max(0, 2); items 6 and 9 are blank.
    answers: list[float | None] = [1, 3, 0, 2, 1, None, 2, 1, None, 0, 1, 2, 3, 1, 0, 2]
    assert scores(bench, response("qids_sr16", answers)) == [("total", Decimal(15), "answers")]


@pytest.mark.parametrize("blank", [[6, 7], [8, 9], [1], [16]])
def test_qids_needs_one_of_each_pair_and_every_other_answer(bench: Bench, blank: list[int]) -> None:
    answers: list[float | None] = [1] * 16
    assert points(bench, "qids_sr16", answers) == {"total": Decimal(9)}
    for item in blank:
        answers[item - 1] = None
    assert points(bench, "qids_sr16", answers) == {}


def test_sdq_leaves_prosocial_out_of_the_total(bench: Bench) -> None:
    # All answers 2: reversed items give 0. Emotional 10, conduct 8, hyperactivity 6, peer 6.
    assert points(bench, "sdq", [2] * 25) == {
        "emotional": Decimal(10),
        "conduct": Decimal(8),
        "hyperactivity": Decimal(6),
        "peer": Decimal(6),
        "prosocial": Decimal(10),
        "total": Decimal(30),
    }


def test_sdq_is_prorated_in_each_subscale_from_three_answers_on(bench: Bench) -> None:
    # Emotional (3, 8, 13, 16, 24) has 1 + 2 + 2 of three answers: 25 / 3 = 8.33, rounded 8.
    answers: list[float | None] = [0] * 25
    answers[2], answers[7], answers[12], answers[15], answers[23] = 1, 2, 2, None, None
    found = points(bench, "sdq", answers)
    # Answers of 0 leave 2 for each reversed item: conduct 2, hyperactivity 4, peer 4.
    assert (found["emotional"], found["total"]) == (Decimal(8), Decimal(18))
    # Four of five with 1 + 2 + 2 + 1 make 7.5, which is rounded up.
    answers[15] = 1
    assert points(bench, "sdq", answers)["emotional"] == Decimal(8)
    answers[15] = answers[12] = None
    assert set(points(bench, "sdq", answers)) == {
        "conduct", "hyperactivity", "peer", "prosocial",
    }  # fmt: skip


def test_oq45_takes_the_rounded_mean_of_the_subscale(bench: Bench) -> None:
    # Social role (4, 12, 14, 21, 28, 32, 38, 39, 44; 12 and 21 reversed): the seven others 2, the
    # two reversed 4 - 2 = 2; with item 4 missing its mean 2 takes its place.
    answers: list[float | None] = [2] * 45
    answers[3] = None
    found = points(bench, "oq45", answers)
    assert (found["social_role"], found["total"]) == (Decimal(18), Decimal(90))
    # Means of 1.5 are rounded up: interpersonal (1, 7, 16, 17, 18, 19, 20, 26, 30, 37, 43).
    for item, answer in ((7, 1), (16, 1), (17, 1), (18, 1), (19, 1), (26, None)):
        answers[item - 1] = answer
    assert points(bench, "oq45", answers)["interpersonal"] == Decimal(5 + 2 * 5 + 2)


@pytest.mark.parametrize(("n_missing", "is_scored"), [(4, True), (5, False)])
def test_oq45_counts_missing_answers_over_the_form(
    bench: Bench, n_missing: int, is_scored: bool
) -> None:
    answers: list[float | None] = [1] * 45
    answers[:n_missing] = [None] * n_missing
    assert bool(points(bench, "oq45", answers)) is is_scored


@pytest.mark.parametrize(("n_blank", "total"), [(0, 34), (3, 28), (4, None)])
def test_a_blank_of_psc17_is_zero_up_to_three(
    bench: Bench, n_blank: int, total: int | None
) -> None:
    answers: list[float | None] = [2] * 17
    answers[:n_blank] = [None] * n_blank
    assert points(bench, "psc17", answers).get("total") == total


@pytest.mark.parametrize(
    ("answers", "raw", "metric"),
    [([1] * 7, 7, "7"), ([3] * 7, 21, "19.25"), ([4] * 6 + [3], 27, "24.11"), ([5] * 7, 35, "35")],
)
def test_swemwbs_has_its_raw_and_its_metric_score(
    bench: Bench, answers: list[float], raw: int, metric: str
) -> None:
    assert scores(bench, response("swemwbs", answers)) == [
        ("metric", Decimal(metric), "answers"),
        ("total", Decimal(raw), "answers"),
    ]


def test_a_delivered_raw_total_is_converted_too(bench: Bench) -> None:
    assert scores(bench, response("swemwbs", total=8)) == [
        ("metric", Decimal("9.51"), "total"),
        ("total", Decimal(8), "total"),
    ]


def test_the_sign_of_a_reversed_item_of_ras30_turns(bench: Bench) -> None:
    # 17 items are reversed, 13 are not.
    assert points(bench, "ras30", [3] * 30) == {"total": Decimal(3 * 13 - 3 * 17)}


@pytest.mark.parametrize(
    ("instrument_id", "n_items", "item", "answer"),
    [("ras30", 30, 1, 0), ("audit", 10, 9, 1), ("audit", 10, 9, 3), ("csi4", 4, 2, 6)],
)
def test_an_answer_that_its_item_cannot_have_is_a_missing_one(
    bench: Bench, instrument_id: str, n_items: int, item: int, answer: float
) -> None:
    answers: list[float | None] = [2] * n_items
    assert points(bench, instrument_id, answers)
    answers[item - 1] = answer
    assert points(bench, instrument_id, answers) == {}


def test_the_first_item_of_csi4_goes_to_six(bench: Bench) -> None:
    assert points(bench, "csi4", [6, 5, 5, 5]) == {"total": Decimal(21)}
