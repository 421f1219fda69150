"""The comparison on made-up clinics whose truth is known: a short run, and what is printed of a long.

The long run is `make bench BENCH=comparison`; its results stand on the methods page.
"""

import json

import numpy as np
import pytest

from pipelines.comparison.funnel import TAIL_998
from pipelines.reporting.evidence_part import evidence_section
from pipelines.reporting.wording import load_wording
from tests.bench.comparison import EVIDENCE, coverage, equals, hard_cases, power
from tests.bench.known_truth import World, effect_of, make, true_points, true_rates, usual_rate

SHORT = 30
# So many of the short run's therapists may be called below (or above) at 0.1 %: the chance of more
# is under 1 in 1,000, and a limit of 95 % would call twenty.
MOST_FALSE_ALARMS = 5


def test_the_truth_is_what_the_clinics_come_to_without_chance() -> None:
    world = World(n_units=200, has_own_mix=True, icc=0.2)
    made = make(world, np.random.default_rng(5))
    effects = made.effects[made.unit]
    n = made.unit.size
    rates, points = true_rates(made.cell, effects), true_points(made.cell, effects)
    improved = made.points >= 6
    assert abs(improved.mean() - rates.mean()) < 4 * np.sqrt(np.mean(rates * (1 - rates)) / n)
    assert abs(made.points.mean() - points.mean()) < 4 * 5.5 / np.sqrt(n)
    # And for the best and the worst therapists apart.
    good = effects > 2
    assert abs(improved[good].mean() - rates[good].mean()) < 4 * 0.5 / np.sqrt(good.sum())


def test_an_effect_moves_the_rate_of_an_average_caseload_by_as_much_as_it_says() -> None:
    made = make(World(n_units=400, marked=(effect_of(-0.2),) * 400), np.random.default_rng(6))
    assert np.mean(made.points >= 6) == pytest.approx(usual_rate() - 0.2, abs=0.015)


def test_equals_are_hardly_ever_called_below_or_above() -> None:
    for row in equals(SHORT):
        assert row["n_judged"] > 700
        assert row["n_below"] <= MOST_FALSE_ALARMS
        assert row["n_above"] <= MOST_FALSE_ALARMS


def test_the_hardest_cases_accuse_nobody_once_case_mix_is_taken_into_account() -> None:
    for row in hard_cases(15, caseloads=(200,)):
        assert row["n_below"] <= 1
        assert row["n_unadjusted_below"] > 7


def test_intervals_of_shrunken_figures_hold_the_truth() -> None:
    for row in coverage(SHORT, iccs=(0.05,), sizes=(40,), mixes=(True,)):
        assert row["n_held"] == pytest.approx(0.95 * SHORT * 40, abs=0.03 * SHORT * 40)


def test_large_true_differences_are_found_and_small_ones_are_not() -> None:
    found = power(8, spreads=(0.0,), caseloads=(30, 200), rate_changes=(-0.1, -0.3))
    rates = {
        (row["outcome"], row["n_pairs"], row["rate_change"]): row["below_rate"] for row in found
    }
    for outcome in ("improved", "points"):
        assert rates[outcome, 200, -0.3] >= 0.95
        assert rates[outcome, 30, -0.1] < 0.5
        assert rates[outcome, 30, -0.3] < rates[outcome, 200, -0.3] + 1e-9


def test_what_the_methods_page_prints_keeps_what_is_promised() -> None:
    found = json.loads(EVIDENCE.read_text(encoding="utf-8"))
    assert found["n_clinics"] >= 1000
    for row in found["equals"]:
        # Not above 0.1 % by more than the number of clinics leaves open.
        assert row["below_lower"] <= TAIL_998
        assert row["above_lower"] <= TAIL_998
        assert row["any_lower"] <= row["any_stated"]
        assert row["n_clinics"] == found["n_clinics"]
    for row in found["hard_cases"]:
        assert row["below_lower"] <= TAIL_998
    for row in found["coverage"]:
        # 95 % within two points, but for what the number of clinics leaves open; more where nobody
        # differs, which no interval can know.
        assert row["held_upper"] >= 0.93
        assert row["held_lower"] <= (0.97 if row["icc"] else 1.0)
    page = evidence_section(load_wording())
    assert found["command"] in page.paragraphs[1]
    assert [len(part.tables[0].rows) for part in page.parts] == [
        len(found[name]) for name in ("equals", "hard_cases", "coverage", "power")
    ]
