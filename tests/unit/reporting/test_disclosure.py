"""The gate: what each audience may see, why not, and that it cannot be worked back."""

from datetime import date
from typing import Any

import duckdb
import polars
import pytest

from pipelines.comparison.units import wilson
from pipelines.reporting.figures.disclosure import PUBLIC_LEVELS, policy_table
from tests.unit.reporting.mart_tables import insert
from tests.unit.reporting.mart_tables import publish as publish_by

WINDOW = {
    "period_kind": "rolling_12m",
    "period_start_on": date(2025, 11, 1),
    "period_end_on": date(2026, 10, 31),
}
CLINIC = {"level": "clinic", "subject_id": "clinic"}
HIDDEN = "open;ended_early;not_measured;measured"


def by_subject(public_policy: str) -> polars.DataFrame:
    """The policies with these tables shown to a second audience by a policy that hides and rounds.

    No public page shows them, as one person is in several of their rows; the gate over them is for
    a clinic that hides small counts from its own readers.
    """
    policies = policy_table(public_policy=public_policy)
    shown = policies.filter(
        polars.col("audience") == "public", polars.col("table_name") == "pub_counts"
    ).drop("table_name", "level", "mart_level", "period_kind")
    kinds = polars.DataFrame({"period_kind": ["quarter", "rolling_12m"]})
    levels = polars.DataFrame(
        {"level": list(PUBLIC_LEVELS.values()), "mart_level": list(PUBLIC_LEVELS)}
    )
    tables = polars.DataFrame({"table_name": ["pub_outcomes", "pub_recovery"]})
    others = shown.join(tables, how="cross").join(levels, how="cross").join(kinds, how="cross")
    return polars.concat([policies, others.select(policies.columns)])


def publish(
    connection: duckdb.DuckDBPyConnection,
    *,
    public_policy: str = "nhs_england",
    policies: polars.DataFrame | None = None,
) -> None:
    """Make the published tables; the second audience sees outcomes and recovery too."""
    publish_by(connection, policies=by_subject(public_policy) if policies is None else policies)


def programme(name: str) -> dict[str, str]:
    return {"level": "programme", "subject_id": name}


def outcome(connection: duckdb.DuckDBPyConnection, **row: Any) -> None:
    """An outcome row; what a test does not name follows from what it does.

    Unless a test says that nobody agreed to public reporting, everybody did: the public's row is
    then the same once more.
    """
    everybody_agreed = row.pop("everybody_agreed", True)
    n = row.get("n_paired", 40)
    full = {
        "instrument_id": "phq9",
        "scale": "total",
        "respondent": "client",
        "domain": "symptoms",
        **CLINIC,
        **WINDOW,
        "n_ended": n * 3,
        "n_finished": n * 2,
        "n_paired": n,
        "n_case": n // 2,
        "n_improved": n // 2,
        "n_deteriorated": n // 4,
        "n_recovered": n // 4,
        "n_reliably_recovered": n // 8,
        "first_mean_points": 14.3217,
        **row,
    }
    full.setdefault("n_clients", full["n_ended"])
    full.setdefault("n_unchanged", n - full["n_improved"] - full["n_deteriorated"])
    insert(connection, "mart_outcomes", **full)
    level = f"public_{full['level']}"
    if everybody_agreed and level in PUBLIC_LEVELS:
        insert(connection, "mart_outcomes", **{**full, "level": level})


def published(
    connection: duckdb.DuckDBPyConnection, audience: str, columns: str, where: str = "true"
) -> list[tuple]:
    return connection.execute(
        f"select {columns} from pub_outcomes where audience = '{audience}' and {where}"
        " order by level, subject_id, period_kind"
    ).fetchall()


def test_who_did_not_agree_is_in_the_directors_figures_alone(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    outcome(marts, n_paired=160, everybody_agreed=False)
    outcome(marts, **programme("a"), n_paired=160, everybody_agreed=False)
    publish(marts)
    assert published(marts, "director", "n_paired") == [(160,), (160,)]
    assert published(marts, "public", "n_paired") == []
    outcome(marts, level="public_clinic", n_paired=90)
    publish(marts)
    assert published(marts, "director", "level, n_paired", "level = 'clinic'") == [("clinic", 160)]
    assert published(marts, "public", "level, n_paired") == [("clinic", 90)]


@pytest.mark.parametrize(
    ("n_paired", "has_rate", "reason"),
    [
        (4, False, "too_few_pairs_for_rate"),
        (5, True, "too_few_to_compare"),
        (29, True, "too_few_to_compare"),
        (30, True, None),
    ],
)
def test_the_director_sees_all_counts_and_rates_from_five_pairs(
    marts: duckdb.DuckDBPyConnection, n_paired: int, has_rate: bool, reason: str | None
) -> None:
    outcome(marts, n_paired=n_paired)
    publish(marts)
    ((count, rate, reliability, privacy, mean),) = published(
        marts,
        "director",
        "n_paired, improved_rate, reliability_reason, privacy_reason, first_mean_points",
    )
    assert (count, reliability, privacy) == (n_paired, reason, None)
    assert (rate is not None) == has_rate
    assert (mean is not None) == has_rate


def test_a_rate_below_five_is_null_and_its_zero_count_stays_zero(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    outcome(marts, n_paired=4, n_improved=0)
    publish(marts)
    assert published(marts, "director", "n_improved, improved_rate") == [(0, None)]


@pytest.mark.parametrize(("level", "kind", "is_shown"), [
    ("therapist", "month", False),
    ("therapist", "rolling_12m", True),
    ("group", "quarter", False),
    ("group", "rolling_12m", True),
    ("programme", "month", True),
    ("clinic", "month", True),
])  # fmt: skip
def test_what_no_policy_lists_is_not_there(
    marts: duckdb.DuckDBPyConnection, level: str, kind: str, is_shown: bool
) -> None:
    outcome(marts, level=level, subject_id="s", period_kind=kind)
    publish(marts)
    assert len(published(marts, "director", "level")) == int(is_shown)
    expected = level in ("clinic", "programme") and kind != "month"
    assert len(published(marts, "public", "level")) == int(expected)


@pytest.mark.parametrize(
    ("policy", "n_deteriorated", "shown"),
    [
        ("nhs_england", 0, None),
        ("nhs_england", 4, None),
        ("nhs_england", 5, 5),
        ("nhs_england", 7, 5),
        ("nhs_england", 8, 10),
        ("cms", 0, 0),
        ("cms", 1, None),
        ("cms", 10, None),
        ("cms", 11, 11),
    ],
)
def test_a_small_count_is_withheld_with_its_rate_and_says_so(
    marts: duckdb.DuckDBPyConnection, policy: str, n_deteriorated: int, shown: int | None
) -> None:
    outcome(marts, n_paired=160, n_deteriorated=n_deteriorated)
    publish(marts, public_policy=policy)
    ((count, rate, withheld, reason),) = published(
        marts, "public", "n_deteriorated, deteriorated_rate, withheld_figures, privacy_reason"
    )
    assert count == shown
    assert (rate is None) == (shown is None)
    assert ("deteriorated" in (withheld or "")) == (shown is None)
    assert (reason == "small_count") == (shown is None)


def test_what_is_left_when_two_are_known_is_withheld_too(marts: duckdb.DuckDBPyConnection) -> None:
    # 160 = 80 better + 77 worse + 3: with better and worse known, the 3 are known.
    outcome(marts, n_paired=160, n_improved=80, n_deteriorated=77)
    publish(marts)
    ((improved, unchanged, deteriorated),) = published(
        marts, "public", "n_improved, n_unchanged, n_deteriorated"
    )
    assert (improved, unchanged, deteriorated) == (80, None, None)


def test_almost_everybody_is_as_telling_as_almost_nobody(marts: duckdb.DuckDBPyConnection) -> None:
    outcome(marts, n_paired=40, n_improved=37, n_deteriorated=0)
    publish(marts)
    assert published(marts, "public", "n_improved, improved_rate") == [(None, None)]


def test_shares_are_whole_per_cent_of_the_rounded_counts_beside_them(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    outcome(marts, n_paired=163, n_improved=81, n_deteriorated=12)
    publish(marts)
    ((n, x, rate, lower, upper, mean),) = published(
        marts,
        "public",
        "n_paired, n_improved, improved_rate, improved_rate_lower, improved_rate_upper,"
        " first_mean_points",
    )
    assert (n, x) == (165, 80)
    assert rate == round(80 / 165, 2)
    assert (lower, upper) == tuple(round(float(end), 2) for end in wilson(80, 165, 1.959964))
    assert mean == 14.3


def test_what_is_shown_is_the_same_for_all_counts_that_are_rounded_alike(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    # An exact share would tell them apart: 50 % beside 5 of 15 can only be 7 of 14.
    outcome(marts, **programme("a"), n_paired=93, n_improved=38, n_deteriorated=12)
    outcome(marts, **programme("b"), n_paired=97, n_improved=42, n_deteriorated=12)
    columns = "n_paired, n_improved, improved_rate, improved_rate_lower, improved_rate_upper"
    publish(marts)
    first, second = published(marts, "public", columns, "level = 'programme'")
    assert first == second
    exact = published(marts, "director", "improved_rate", "level = 'programme'")
    assert exact == [(round(38 / 93, 6),), (round(42 / 97, 6),)]


def test_one_hidden_programme_takes_the_next_smallest_with_it(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    outcome(marts, n_paired=124)
    for name, n in (("a", 80), ("b", 40), ("c", 4)):
        outcome(marts, **programme(name), n_paired=n)
    publish(marts)
    found = dict(published(marts, "public", "subject_id, n_paired", "level = 'programme'"))
    assert found == {"a": 80, "b": None, "c": None}
    assert dict(published(marts, "director", "subject_id, n_paired", "level = 'programme'")) == {
        "a": 80,
        "b": 40,
        "c": 4,
    }
    reasons = marts.execute(
        """select subject_id, privacy_reason from pub_withheld
        where figure = 'paired' and table_name = 'pub_outcomes' order by 1"""
    ).fetchall()
    assert reasons == [("b", "protects_another"), ("c", "small_count")]


def test_two_hidden_programmes_protect_each_other(marts: duckdb.DuckDBPyConnection) -> None:
    outcome(marts, n_paired=86)
    for name, n in (("a", 80), ("b", 3), ("c", 3)):
        outcome(marts, **programme(name), n_paired=n)
    publish(marts)
    found = dict(published(marts, "public", "subject_id, n_paired", "level = 'programme'"))
    assert found == {"a": 80, "b": None, "c": None}


@pytest.mark.parametrize("policy", ["nhs_england", "cms"])
def test_no_relation_of_the_clinic_and_its_programmes_has_one_unknown(
    marts: duckdb.DuckDBPyConnection, policy: str
) -> None:
    for instrument, sizes in (
        ("phq9", (80, 40, 4)),
        ("gad7", (60, 22, 22)),
        ("wsas", (12, 12, 90)),
    ):
        outcome(marts, instrument_id=instrument, n_paired=sum(sizes))
        for place, n in enumerate(sizes):
            outcome(marts, instrument_id=instrument, **programme(f"p{place}"), n_paired=n)
    publish(marts, public_policy=policy)
    for figure in ("ended", "finished", "paired", "case", "improved", "deteriorated", "recovered"):
        for instrument in ("phq9", "gad7", "wsas"):
            rows = published(
                marts, "public", f"level, n_{figure}", f"instrument_id = '{instrument}'"
            )
            if dict(rows[:1])["clinic"] is not None:
                assert sum(value is None for _, value in rows[1:]) != 1, (figure, instrument)


def test_the_other_tables_pass_the_same_gate(marts: duckdb.DuckDBPyConnection) -> None:
    # No policy has a gate over these tables for everybody yet; this one is made up.
    policies = by_subject("nhs_england")
    others = (
        policies.filter(
            polars.col("audience") == "public", polars.col("table_name") == "pub_recovery"
        )
        .drop("table_name")
        .with_columns(mart_level=polars.col("level"))
        .join(polars.DataFrame({"table_name": ["pub_activity", "pub_completeness"]}), how="cross")
        .select(policies.columns)
    )
    insert(marts, "mart_activity", **CLINIC, **WINDOW, n_referred=3, n_started=203, n_ended=150,
           n_completed=100, n_dropped_out=20, n_ended_derived=9, wait_median_days=12.25)  # fmt: skip
    insert(marts, "mart_completeness", **CLINIC, **WINDOW, n_due=100, n_done=98, n_finished=50,
           n_paired_any=20, n_paired_all=7)  # fmt: skip
    for level in ("clinic", "public_clinic"):
        insert(marts, "mart_recovery", level=level, subject_id="clinic", **WINDOW, n_clients=50,
               n_finished=50, n_measured=40, n_case_or_unknown=40, n_recovery_known=30,
               n_recovered=2, n_reliably_recovered=2, n_improved=20, n_deteriorated=6)  # fmt: skip
    publish(marts, policies=polars.concat([policies, others]))

    def row(table: str, columns: str, audience: str) -> tuple | None:
        return marts.execute(
            f"select {columns} from pub_{table} where audience = ?", [audience]
        ).fetchone()

    assert row("activity", "n_referred, n_started, wait_median_days", "public") == (None, 205, 12.3)
    assert row("activity", "n_referred, n_started", "director") == (3, 203)
    assert row("completeness", "n_due, n_done, done_rate, n_paired_any", "public") == (
        100,
        None,
        None,
        20,
    )
    assert row("recovery", "n_recovered, recovered_rate, n_improved, improved_rate", "public") == (
        None,
        None,
        20,
        0.4,
    )
    assert row("recovery", "n_recovered, recovered_rate", "director") == (2, 0.05)


@pytest.mark.parametrize(
    ("known", "recovered", "is_shown"),
    [(29, 14, True), (30, 14, False), (10, 0, False), (25, 15, False), (25, 14, True)],
    ids=["rest of 11", "rest of 10", "too few known", "10 known not recovered", "11 not recovered"],
)
def test_in_how_many_recovery_is_known_passes_the_gate_with_what_follows_from_it(
    marts: duckdb.DuckDBPyConnection, known: int, recovered: int, is_shown: bool
) -> None:
    insert(marts, "mart_recovery", level="public_clinic", subject_id="clinic", **WINDOW,
           n_clients=60, n_finished=60, n_measured=45, n_case_or_unknown=40,
           n_recovery_known=known, n_recovered=recovered, n_reliably_recovered=recovered,
           n_improved=20, n_deteriorated=12)  # fmt: skip
    publish(marts, public_policy="cms")
    (row,) = marts.execute(
        "select n_recovery_known, recovery_known_rate, recovered_of_known_rate, recovered_rate_best,"
        " withheld_figures like '%recovery_known%' from pub_recovery where audience = 'public'"
    ).fetchall()
    assert [value is not None for value in row[:4]] == [is_shown] * 4
    assert bool(row[4]) is not is_shown


@pytest.mark.parametrize(
    ("minimum", "shown"),
    [(1, (60, 4, 10, 16, 30, None)), (5, (60, None, None, None, None, HIDDEN))],
)
def test_one_small_part_of_those_who_started_hides_all_four(
    marts: duckdb.DuckDBPyConnection, minimum: int, shown: tuple
) -> None:
    insert(marts, "mart_started", **CLINIC, **WINDOW, n_started=60, n_open=4, n_ended_early=10,
           n_not_measured=16, n_measured=30)  # fmt: skip
    policies = policy_table().with_columns(minimum_count=polars.lit(minimum, polars.Int32))
    publish(marts, policies=policies)
    found = marts.execute(
        """select n_started, n_open, n_ended_early, n_not_measured, n_measured, withheld_figures
        from pub_started"""
    ).fetchall()
    assert found == [shown]


def test_names_and_deliveries_are_for_those_who_may_have_them(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    insert(marts, "mart_deliveries", delivery_id="d", source="inbox", delivered_on=date(2026, 11, 1),
           file_id="f", file_name="clients.csv", table_name="clients", n_delivered=1, n_accepted=1,
           n_superseded=0, n_withdrawn=0, n_quarantined=0)  # fmt: skip
    publish(marts)
    levels = dict(
        marts.execute(
            "select audience, count(distinct level) from pub_subjects group by 1"
        ).fetchall()
    )
    assert levels == {"auditor": 3, "director": 4, "public": 2, "therapist": 2}
    seen_by = marts.execute("select audience from pub_deliveries order by all").fetchall()
    assert seen_by == [("auditor",), ("director",)]
