"""Gaps between strata: who is put together, both limits of a gap, and what was expected."""

import random
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import pytest

from tests.builders import Bench
from tests.property.oracle_equity import KINDS, gaps, newcombe
from tests.property.test_marts_equal_oracle import is_same, keyed

START, END = date(2024, 7, 1), date(2025, 6, 30)
NEXT_START, NEXT_END = date(2024, 8, 1), date(2025, 7, 31)
KEY = ("stratum_kind", "stratum", "figure", "instrument_id", "period_start_on")
Row = dict[str, Any]


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    one = Bench()
    one.fill("int_case_mix_expected", [])
    months = [date(2024 + (6 + place) // 12, 1 + (6 + place) % 12, 1) for place in range(13)]
    one.fill(
        "int_period_months",
        [
            {
                "period_kind": "rolling_12m",
                "period_start_on": start,
                "period_end_on": end,
                "month_start_on": month,
            }
            for start, end, own in ((START, END, months[:12]), (NEXT_START, NEXT_END, months[1:]))
            for month in own
        ],
    )
    yield one
    one.close()


def course(number: int, **facts: Any) -> Row:
    """A finished and measured course of a client of its own, which did not get better."""
    return {
        "episode_key": f"e{number:04}",
        "client_key": f"c{number:04}",
        "end_reason": "completed",
        "is_finished_course": True,
        "ended_on": date(2025, 6, 15),
        "n_attended": 5,
        "is_measured": True,
        "is_improved": False,
        "cell_key": "one",
        **dict.fromkeys(KINDS, "not_recorded"),
        **facts,
    }


def built(bench: Bench, courses: Sequence[Row], cells: Sequence[Row] = ()) -> list[Row]:
    """The mart over these courses, all with the PHQ-9 of the client."""
    measure = {"instrument_id": "phq9", "scale": "total", "respondent": "client"}
    columns = ("episode_key", "client_key", "end_reason", "ended_on")
    bench.fill(
        "int_episodes",
        [{name: row[name] for name in (*columns, "n_attended")} for row in courses],
    )
    bench.fill(
        "int_episode_strata",
        [
            {name: row[name] for name in ("episode_key", *KINDS)}
            for row in courses
            if row["n_attended"]
        ],
    )
    bench.fill(
        "int_listed_pairs",
        [
            {"episode_key": row["episode_key"], "has_any": row["is_measured"]}
            for row in courses
            if row["is_finished_course"]
        ],
    )
    bench.fill(
        "int_comparison_cases",
        [
            {**measure, **{name: row[name] for name in ("episode_key", "cell_key", "is_improved")}}
            for row in courses
            if row["is_measured"]
        ],
    )
    bench.fill(
        "int_case_mix_expected",
        [
            {
                **measure,
                "period_kind": "rolling_12m",
                "period_start_on": START,
                "period_end_on": END,
                **cell,
            }
            for cell in cells
        ],
    )
    bench.forget("mart_equity")
    return bench.rows("mart_equity")


def women_and_men(women: tuple[int, int], men: tuple[int, int], **facts: Any) -> list[Row]:
    """So many courses of each, of which so many got better: (better, courses)."""
    return [
        course(place + 1000 * side, sex=sex, is_improved=place < better, **facts)
        for side, (sex, (better, n)) in enumerate((("female", women), ("male", men)))
        for place in range(n)
    ]


def row_of(rows: Sequence[Row], stratum: str, figure: str = "improved") -> Row:
    (row,) = [
        row
        for row in rows
        if (row["stratum"], row["figure"], row["period_start_on"]) == (stratum, figure, START)
    ]
    return row


def sizes(rows: Sequence[Row], figure: str = "improved") -> dict[str, int]:
    return {
        row["stratum"]: row["n_clients"]
        for row in rows
        if (row["figure"], row["period_start_on"]) == (figure, START)
    }


def test_nothing(bench: Bench) -> None:
    assert built(bench, []) == []


def test_one_stratum_has_no_gap(bench: Bench) -> None:
    assert built(bench, [course(place, sex="female") for place in range(20)]) == []


def test_newcombes_own_figures() -> None:
    # Table II (a), (b) and (h) of the paper, method 10.
    assert newcombe(56, 70, 48, 80) == pytest.approx((0.2, 0.0524, 0.3339), abs=5e-5)
    assert newcombe(9, 10, 3, 10) == pytest.approx((0.6, 0.1705, 0.8090), abs=5e-5)
    assert newcombe(10, 10, 0, 10)[1:] == pytest.approx((0.6075, 1), abs=5e-5)


def test_the_published_example(bench: Bench) -> None:
    rows = built(bench, women_and_men((56, 70), (48, 80)))
    row, other = row_of(rows, "female"), row_of(rows, "male")
    assert (row["n_met"], row["n_courses"], row["n_other_met"], row["n_other_courses"]) == (
        *(56, 70),
        *(48, 80),
    )
    limits = [row[name] for name in ("gap", "gap_lower", "gap_upper")]
    assert limits == pytest.approx([0.2, 0.0524, 0.3339], abs=5e-5)
    assert [other[name] for name in ("gap", "gap_lower", "gap_upper")] == pytest.approx(
        [-0.2, -0.3339, -0.0524], abs=5e-5
    )
    assert row["expected_share"] is row["adjusted_gap"] is row["adjusted_gap_lower"] is None


@pytest.mark.parametrize(
    ("strata", "shown"),
    [
        ({"a": 10, "b": 10}, {"a": 10, "b": 10}),
        ({"a": 9, "b": 10}, {}),
        ({"a": 9, "b": 10, "c": 11}, {"merged": 19, "c": 11}),
        ({"a": 9, "b": 1, "c": 10}, {"merged": 10, "c": 10}),
        ({"a": 5, "b": 4, "c": 10}, {}),
        ({"a": 5, "b": 4, "c": 10, "d": 30}, {"merged": 19, "d": 30}),
        ({"a": 9, "b": 10, "c": 10}, {"merged": 19, "c": 10}),
    ],
    ids=str,
)
def test_small_strata_are_put_together_until_they_are_enough(
    bench: Bench, strata: dict[str, int], shown: dict[str, int]
) -> None:
    names = [name for name, n in strata.items() for _ in range(n)]
    rows = built(bench, [course(place, state=name) for place, name in enumerate(names)])
    assert sizes(rows) == shown


def test_what_is_not_recorded_is_a_stratum(bench: Bench) -> None:
    rows = built(bench, [course(n, **({"sex": "male"} if n < 15 else {})) for n in range(30)])
    assert sizes(rows) == {"male": 15, "not_recorded": 15}


def test_a_client_counts_once_where_the_first_course_is(bench: Bench) -> None:
    courses = [course(n, age_band="under 18" if n < 20 else "18 to 29") for n in range(40)]
    again = course(99, client_key="c0000", age_band="18 to 29", ended_on=date(2025, 6, 20))
    rows = built(bench, [*courses, again])
    assert sizes(rows) == {"under 18": 20, "18 to 29": 20}
    assert row_of(rows, "18 to 29")["n_courses"] == 21
    # In a window that the first course is not in, the second is the first.
    courses[0]["ended_on"] = date(2024, 7, 31)
    later = {
        row["stratum"]: row["n_clients"]
        for row in built(bench, [*courses, again])
        if (row["figure"], row["period_start_on"]) == ("improved", NEXT_START)
    }
    assert later == {"under 18": 19, "18 to 29": 21}


def test_each_figure_is_about_its_own_courses(bench: Bench) -> None:
    courses = [course(n, sex="female" if n < 20 else "male") for n in range(40)]
    courses[0] |= {"end_reason": "dropped_out", "is_finished_course": False, "is_measured": False}
    courses[1] |= {"is_measured": False}
    courses[2] |= {"is_improved": None}
    courses[3] |= {"n_attended": 0}
    courses[4] |= {"ended_on": None}
    courses[5] |= {"is_improved": True}
    rows = built(bench, courses)
    assert {
        figure: (
            row_of(rows, "female", figure)["n_met"],
            row_of(rows, "female", figure)["n_courses"],
        )
        for figure in ("dropped_out", "measured", "improved")
    } == {"dropped_out": (1, 18), "measured": (16, 17), "improved": (1, 15)}
    assert {row["instrument_id"] for row in rows} == {"none", "phq9"}


def test_an_adjusted_gap_by_hand(bench: Bench) -> None:
    """Half of each got better; of the women 40 %, of the men 60 % were expected to.

    Observed over expected 1.25 and 0.8333, overall 0.5: a gap of 0.2083, where plainly there is
    none. Each side's standard error of O/E is sqrt(50 x 0.24) over 20, and over 30:
    0.5 x 1.959964 x sqrt(0.17321^2 + 0.11547^2) = 0.2040.
    """
    courses = women_and_men((25, 50), (25, 50))
    for one in courses:
        one["cell_key"] = one["sex"]
    cells = [
        {"cell_key": "female", "severity_rate": 0.4},
        {"cell_key": "male", "severity_rate": 0.6},
    ]
    row = row_of(built(bench, courses, cells), "female")
    assert row["gap"] == 0
    assert row["expected_share"] == pytest.approx(0.4)
    assert row["adjusted_gap"] == pytest.approx(0.20833, abs=5e-6)
    assert row["adjusted_gap_lower"] == pytest.approx(0.20833 - 0.20400, abs=5e-5)
    assert row["adjusted_gap_upper"] == pytest.approx(0.20833 + 0.20400, abs=5e-5)
    assert row_of(built(bench, courses, cells), "female", "measured")["adjusted_gap"] is None


def test_without_a_model_nothing_is_adjusted(bench: Bench) -> None:
    courses = women_and_men((25, 50), (25, 50))
    cells = [{"cell_key": "one", "severity_rate": None, "expected_rate": 0.5}]
    assert row_of(built(bench, courses, cells), "female")["adjusted_gap"] is None


def test_a_model_tells_of_all_courses_or_of_none(bench: Bench) -> None:
    courses = women_and_men((25, 50), (25, 50))
    courses[0]["cell_key"] = "unknown to the model"
    cells = [{"cell_key": "one", "severity_rate": 0.5}]
    assert row_of(built(bench, courses, cells), "female")["adjusted_gap"] is None


@pytest.mark.parametrize("seed", range(5))
def test_generated_courses_equal_the_second_calculation(bench: Bench, seed: int) -> None:
    chance = random.Random(seed)
    courses = []
    for number in range(30 + 40 * seed):
        courses.append(
            course(
                number,
                client_key=f"c{chance.randrange(20 + 30 * seed):03}",
                ended_on=date(2024, 6, 15).replace(
                    year=2024 + chance.randrange(2), month=chance.randrange(1, 13)
                ),
                end_reason=chance.choice(("completed", "dropped_out", "referred_on")),
                is_finished_course=chance.random() < 0.8,
                is_measured=chance.random() < 0.7,
                is_improved=chance.choice((True, False, False)),
                n_attended=chance.choice((0, 1, 5, 9)),
                cell_key=chance.choice(("one", "two")),
                **{kind: chance.choice("aaaaaabbbbbcccd"[: 6 + place * 3])
                   for place, kind in enumerate(KINDS)},
            )
        )  # fmt: skip
    for one in courses:
        one["is_measured"] = one["is_measured"] and one["is_finished_course"]
    rates = {"one": 0.35, "two": 0.65}
    cells = [{"cell_key": name, "severity_rate": rate} for name, rate in rates.items()]
    found = keyed(built(bench, courses, cells), KEY)

    facts: list[Row] = []
    for one in courses:
        if one["n_attended"]:
            own = {**one, "client": one["client_key"], "course": one["episode_key"]}
            none = {**own, "instrument_id": "none"}
            facts.append(
                {**none, "figure": "dropped_out", "is_met": one["end_reason"] == "dropped_out"}
            )
            if one["is_finished_course"]:
                facts.append({**none, "figure": "measured", "is_met": one["is_measured"]})
            if one["is_measured"]:
                own["instrument_id"] = "phq9"
                facts.append({**own, "figure": "improved", "is_met": one["is_improved"]})

    def expected(fact: Row, start: date) -> float | None:
        has_model = fact["figure"] == "improved" and start == START
        return rates[fact["cell_key"]] if has_model else None

    meant = gaps(facts, [(START, END), (NEXT_START, NEXT_END)], expected, minimum=10)
    assert set(found) == set(meant)
    assert seed < 2 or len(found) > 20
    for key, row in meant.items():
        for name, value in row.items():
            assert is_same(found[key][name], value), (key, name, found[key][name], value)
