"""No hidden count of a public page can be told or narrowed, and hardly any is hidden without need."""

from collections.abc import Callable, Iterator
from functools import partial

import polars
import pytest

from pipelines.reporting.figures.disclosure import PUBLIC, load_policies
from tests.builders import Bench, model
from tests.property.disclosed_worlds import Gate, Sql, random_worlds
from tests.property.disclosure_attack import attack

POLICIES = sorted(name for name, each in load_policies().items() if PUBLIC in each.audiences)
REPORTS = 3400
# A mutation leaks from most reports with something to hide: a few tell.
FEW_REPORTS = 16
MOST_NEEDLESS = 0.02


@pytest.fixture(scope="module")
def gate_of() -> Iterator[Callable[..., Gate]]:
    """The gate for a policy, mutated or not."""
    bench = Bench()
    yield partial(Gate, bench)
    bench.close()


def replaced(old: str, new: str) -> Sql:
    """A mutation of a model's text, which must have what is replaced."""

    def mutate(sql: str) -> str:
        assert sql.count(old) == 1, old
        return sql.replace(old, new)

    return mutate


def corrected(worlds: polars.DataFrame, most: int, *, seed: int) -> polars.DataFrame:
    """The counts after up to `most` people came to or left each of some counts."""
    step = polars.int_range(polars.len()).shuffle(seed=seed) % (2 * most + 1) - most
    return worlds.with_columns(n_clients=(polars.col("n_clients") + step).clip(lower_bound=0))


SUM_HIDDEN = "            when floor_n > ceiling_n then null\n"
SUM_SHOWN = "            when true then case when n_rounded >= minimum_count then n_rounded end\n"
UNPROTECTED = replaced(SUM_HIDDEN, SUM_SHOWN)
SHARE = "shown_figure(has_rate, about_met / nullif(about_measured, 0), share_decimals) as met_rate"
EXACT_SHARE = """(
        select sum(c.n_clients) filter (where c.part = 'met')
            / nullif(sum(c.n_clients) filter (where c.part != 'unmeasured'), 0)
        from mart_public_counts as c where c.period_start_on = judged_years.period_start_on
    ) as met_rate"""
TOTAL = """(
        select sum(c.n_clients) from mart_public_counts as c
        where c.period_start_on = all_counts.period_start_on and c.part = all_counts.part
    ) as total, is_kept\nfrom all_counts"""
MUTATIONS: dict[str, dict[str, Sql]] = {
    "no complementary suppression": {"pub_counts": UNPROTECTED},
    "a share of exact counts": {"pub_statements": replaced(SHARE, EXACT_SHARE)},
    "an exact total added": {"pub_counts": replaced("is_kept\nfrom all_counts", TOTAL)},
    "small counts rounded and shown": {
        "pub_counts": replaced("when not is_small then cast", "else cast")
    },
}


@pytest.mark.parametrize("policy", POLICIES)
def test_no_hidden_count_of_thousands_of_reports_can_be_narrowed(
    gate_of: Callable[..., Gate], policy: str
) -> None:
    gate = gate_of(policy)
    worlds = random_worlds(REPORTS, seed=1)
    published = gate.publish(worlds)
    found = attack(gate, worlds, published)
    print(f"{policy}: {REPORTS} reports, {found.n_hidden} hidden counts, none told")
    assert found.n_hidden > REPORTS
    assert found.narrowed.is_empty()


def test_at_least_ten_thousand_reports_are_attacked() -> None:
    assert len(POLICIES) * REPORTS >= 10_000


@pytest.mark.parametrize(
    ("mutation", "policy"),
    [*((name, "nhs_england") for name in MUTATIONS), ("no complementary suppression", "cms")],
)
def test_a_gate_made_worse_is_found_out(
    gate_of: Callable[..., Gate], mutation: str, policy: str
) -> None:
    gate = gate_of(policy, MUTATIONS[mutation])
    worlds = random_worlds(FEW_REPORTS, seed=2)
    assert not attack(gate, worlds, gate.publish(worlds)).narrowed.is_empty()


@pytest.mark.parametrize("policy", POLICIES)
def test_hardly_any_count_is_hidden_without_need(gate_of: Callable[..., Gate], policy: str) -> None:
    """A sum is hidden in need when showing it, rounded, would narrow a count of it.

    A programme's own count is hidden for being small alone, which is checked here as well.
    """
    worlds = random_worlds(150, seed=3)
    gate = gate_of(policy)
    shown = gate.publish(worlds).counts
    bare = gate_of(policy, MUTATIONS["no complementary suppression"])
    told = attack(bare, worlds, bare.publish(worlds)).narrowed
    hidden = shown.filter(polars.col("n_clients").is_null())
    small = worlds.filter(polars.col("n_clients").is_between(*gate.hidden_range))
    programmes = hidden.filter(polars.col("level") == "programme")
    assert programmes.height == small.height
    sums = worlds.group_by("world", "block_id", "part").agg(true_n=polars.col("n_clients").sum())
    needless = (
        hidden.filter(polars.col("level") == "block")
        .join(sums, on=["world", "block_id", "part"])
        .filter(polars.col("true_n") >= gate.policy.minimum_count)
        .join(told, on=["world", "block_id", "part"], how="anti")
    )
    share = needless.height / hidden.height
    print(f"{policy}: {needless.height} of {hidden.height} hidden without need ({share:.2%})")
    assert share <= MOST_NEEDLESS


@pytest.mark.parametrize("policy", POLICIES)
def test_a_correction_of_fewer_than_the_minimum_does_not_change_a_released_page(
    gate_of: Callable[..., Gate], policy: str
) -> None:
    gate = gate_of(policy)
    worlds = random_worlds(400, seed=4)
    first = gate.publish(worlds)
    fewer = corrected(worlds, gate.policy.minimum_count - 1, seed=5)
    figures = ["world", "level", "subject_id", "part", "n_clients"]
    own = polars.col("level") == "programme"
    assert worlds.filter(worlds["n_clients"] != fewer["n_clients"]).height > 1000
    again = gate.publish(fewer, first.released())
    assert again.counts.filter(own).select(figures).equals(first.counts.filter(own).select(figures))
    forgetful = gate.publish(fewer)
    assert not forgetful.counts.select(figures).equals(first.counts.select(figures))


@pytest.mark.parametrize("policy", POLICIES)
def test_a_later_page_tells_no_more_than_the_released_one_beside_it(
    gate_of: Callable[..., Gate], policy: str
) -> None:
    gate = gate_of(policy)
    worlds = random_worlds(100, seed=6)
    released = gate.publish(worlds).released()
    later = corrected(worlds, gate.policy.minimum_count + 6, seed=7)
    found = attack(gate, later, gate.publish(later, released), released)
    assert found.n_hidden > 200
    assert found.narrowed.is_empty()


def test_a_year_that_was_released_by_another_policy_is_not_shown_again(
    gate_of: Callable[..., Gate],
) -> None:
    worlds = random_worlds(3, seed=8)
    released = (
        gate_of("cms")
        .publish(worlds)
        .released()
        .filter(polars.col("period_start_on") == polars.col("period_start_on").min())
    )
    counts = gate_of("nhs_england").publish(worlds, released).counts
    assert set(counts["world"]) == {1, 2}


def test_the_statements_know_the_counts_as_they_are_shown_alone() -> None:
    assert model("pub_statements").inputs == {
        "pub_counts", "ref_claims", "int_claim_rules", "ref_disclosure_policies",
    }  # fmt: skip
    assert model("pub_counts").inputs == {
        "mart_public_counts", "ref_disclosure_policies", "ref_released_counts",
    }  # fmt: skip
