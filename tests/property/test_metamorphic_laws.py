"""Laws that hold for every mart, whatever it computes: they need no second calculation.

What the clients are called, in which order their rows come, what happened years before, where on
earth a clinic is and which way a scale runs must not change a figure. How rows are cut into files
is seen where files are read: `tests/unit/warehouse/test_split_files.py`.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from pipelines.comparison.estimate_tables import KEYS as ESTIMATE_KEYS
from pipelines.comparison.tables import KEYS as COMPARISON_KEYS
from pipelines.comparison_settings import ComparisonSettings
from pipelines.warehouse.model_file import load_models
from tests.builders import Bench
from tests.measure_decisions import switch_on
from tests.property.clinics import START
from tests.property.whole_clinic import whole_clinic
from tests.table_rows import complete_row, scrambled_key

Row = dict[str, Any]
Tables = dict[str, list[Row]]
# What was delivered and turned away is a matter of files, of which this clinic has none.
OF_FILES = {"mart_deliveries", "mart_quarantine", "mart_rule_results", "mart_warnings"}
KEYS = {
    name: tuple(key)
    for name, key in (
        *((name, model.key) for name, model in load_models().items()),
        *COMPARISON_KEYS.items(),
        *ESTIMATE_KEYS.items(),
    )
    if name.startswith("mart_") and name not in OF_FILES
}
MARTS = sorted(KEYS)

# As few as a model can have: with the clinic's own the laws would take twice as long.
COVARIATES = ("symptom_baseline", "age_band")
# What no course of this clinic has, and so no law can say anything about.
EMPTY: dict[str, set[str]] = {
    "mart_change_methods": {"no_cutoff_reason"},
    "mart_claims": {"n_below_threshold"},
    "mart_comparison": {"explanations"},
    "mart_comparison_spread": {"n_above", "tau2", "n_below"},
    "mart_consents": {"n_without_consent_records"},
    "mart_domain_outcomes": {"n_no_direction", "is_proxy"},
    "mart_episode_domains": {"is_proxy"},
    "mart_episode_evidence": {"is_proxy"},
    "mart_goals": {"n_goals_same", "n_goals_unchanged"},
    "mart_group_outcomes": {
        "design_effect",
        "clustered_rate_lower",
        "icc",
        "clustered_rate_upper",
        "n_effective",
    },
    "mart_group_process": {"n_unattended", "n_sessions_called_off"},
    "mart_licences": {"n_by_residence", "n_without_licence_records"},
    "mart_outcomes": {"n_crossed_unreliably"},
    "mart_path": {"n_with_several_gains"},
    "mart_quality_measures": {"reason", "n_not_yet_due"},
    "mart_recovery": {"n_not_case"},
    "mart_safety": {"n_actions_open", "n_actions_overdue", "n_without_action_records"},
}


@pytest.fixture(scope="module")
def bench() -> Iterator[Bench]:
    """One engine for all laws, for which a small clinic is large enough to be compared."""
    shared = Bench({"case_mix_covariates": list(COVARIATES)})
    shared.comparison = ComparisonSettings(
        covariates=COVARIATES,
        minimum_pairs=4,
        minimum_units=3,
        minimum_pair_rate=0.1,
        minimum_category_cases=3,
        cases_per_parameter=3,
        events_per_parameter=1,
    )
    switch_on(shared)
    yield shared
    shared.close()


def marts(bench: Bench, tables: Mapping[str, list[Row]], parameters: Row) -> dict[str, list[Row]]:
    """Every mart of a clinic, in place of the one before."""
    for table, rows in tables.items():
        bench.fill(table, rows)
    bench.parameters = {**bench.parameters, **parameters}
    bench.restart()
    return {name: bench.rows(name) for name in MARTS}


@pytest.fixture(scope="module")
def expected(bench: Bench) -> dict[str, list[Row]]:
    """The marts of the clinic as it is."""
    return marts(bench, *whole_clinic())


def sorted_rows(rows: list[Row]) -> list[tuple[str, ...]]:
    """Rows without their order, each value as it is written."""
    return sorted(tuple(repr(value) for value in row.values()) for row in rows)


def test_there_is_something_in_every_column_that_a_law_can_be_broken_in(
    expected: dict[str, list[Row]],
) -> None:
    assert all(expected.values())
    empty = {
        name: {column for column in rows[0] if not any(row[column] for row in rows)}
        for name, rows in expected.items()
    }
    assert {name: columns for name, columns in empty.items() if columns} == EMPTY


def test_the_order_of_rows_changes_nothing(bench: Bench, expected: dict[str, list[Row]]) -> None:
    tables, parameters = whole_clinic()
    backwards = {table: rows[::-1] for table, rows in tables.items()}
    found = marts(bench, backwards, parameters)
    for name in MARTS:
        assert found[name] == expected[name], name


def test_a_shifted_time_zone_changes_nothing(bench: Bench, expected: dict[str, list[Row]]) -> None:
    # Moments are in UTC, days are the clinic's own: elsewhere the same days have other moments.
    tables, parameters = whole_clinic()
    shifted = {
        table: [
            {
                name: value + timedelta(hours=9) if isinstance(value, datetime) else value
                for name, value in row.items()
            }
            for row in rows
        ]
        for table, rows in tables.items()
    }
    assert shifted != tables
    found = marts(bench, shifted, parameters)
    for name in MARTS:
        assert found[name] == expected[name], name


# By questionnaire: its highest score, how it runs when turned round, and from where on it is a case
# (from these points on, or below them).
MIRRORED: dict[str, tuple[int, str, Decimal]] = {
    "gad7": (21, "higher_better", Decimal("13.0001")),
    "ors": (40, "higher_worse", Decimal("15.0001")),
}


def test_a_mirrored_scale_changes_no_count(bench: Bench, expected: dict[str, list[Row]]) -> None:
    """GAD-7 turned round, so that more is better, and ORS, so that more is worse."""
    tables, parameters = whole_clinic()
    found = marts(bench, {**tables, **mirrored_rows(tables)}, parameters)
    claimed = {row["claim_id"]: row["instrument_id"] for row in tables["ref_claims"]}
    n_turned: Counter[str] = Counter()
    for name, key in KEYS.items():
        by_key = {tuple(row[column] for column in key): row for row in found[name]}
        assert len(by_key) == len(expected[name]), name
        for row in expected[name]:
            other = by_key[tuple(row[column] for column in key)]
            mirror = MIRRORED.get(row.get("instrument_id") or claimed.get(row.get("claim_id"), ""))
            for column in row.keys() - (BY_CHANCE.get(name, set()) if mirror else set()):
                value = row[column]
                turned = other[TURNED.get(column, column)]
                # Levels are mirrored; all else, changes and their spread too, is as it was.
                if mirror and column == "cutoff_points" and value is not None:
                    assert turned == mirror[2], (name, column)
                elif mirror and column in LEVELS and value is not None:
                    assert float(turned) == pytest.approx(mirror[0] - float(value)), (name, column)
                    n_turned[name] += 1
                elif mirror and column == "start_slope_correlation" and value is not None:
                    # Of where a course began, in points of the scale, and how fast it got better.
                    assert is_alike(name, -value, turned), (name, column)
                else:
                    assert is_alike(name, value, other[column]), (name, column)
    assert len(n_turned) > 5


# Which cases are held out to judge a model goes by a hash of their first score; and a coefficient of
# the first score turns with it.
BY_CHANCE: dict[str, set[str]] = {
    "mart_case_mix": {
        *("auc", "brier", "r_squared", "calibration_intercept", "calibration_slope"),
    },
    "mart_case_mix_calibration": {"n_cases", "observed", "expected"},
    "mart_case_mix_terms": {"estimate", "standard_error"},
}


def mirrored_rows(tables: Tables) -> Tables:
    """The scores and the catalogue of a clinic where those scales are turned round."""

    def turned(table: str, change: Callable[[Row, int, str, Decimal], Row]) -> list[Row]:
        return [
            {**row, **change(row, *MIRRORED[row["instrument_id"]])}
            if row["instrument_id"] in MIRRORED
            else row
            for row in tables[table]
        ]

    def score(row: Row, highest: int, *_: Any) -> Row:
        given = row["total_score"]
        return {} if given is None else {"total_score": highest - given}

    return {
        "stg_responses": turned("stg_responses", score),
        **{
            table: turned(table, lambda _, __, direction, ___: {"direction": direction})
            for table in ("ref_instruments", "ref_instrument_scales")
        },
        "ref_outcome_rules": turned(
            "ref_outcome_rules",
            lambda row, _, __, points: {} if row["caseness_points"] is None
            else {"caseness_points": points},
        ),
    }  # fmt: skip


# Where scores lie on their scale. The lower quartile of a mirrored scale is the upper one.
LEVELS = frozenset(
    {
        *("first_score", "last_score", "measured_score", "first_points", "last_points"),
        *(f"{who}mean_points" for who in ("", "first_", "last_", "measured_first_")),
        *(f"{who}_mean_points" for who in ("there_first", "gone_first", "gone_last")),
        "start_points",
        *("q1_points", "median_points", "q3_points"),
    }
)
TURNED = {"q1_points": "q3_points", "q3_points": "q1_points"}


def is_alike(name: str, value: Any, other: Any) -> bool:
    """The same, or two doubles but for what rounding may change, where a model was fitted too."""
    if isinstance(value, float) and isinstance(other, float):
        fitted = name in COMPARISON_KEYS or name in ESTIMATE_KEYS
        return value == pytest.approx(other, rel=1e-6 if fitted else 1e-9, abs=1e-12)
    return value == other


def test_what_clients_are_called_changes_nothing(
    bench: Bench, expected: dict[str, list[Row]]
) -> None:
    tables, parameters = whole_clinic()
    renamed: Tables = {}
    back: dict[str, str] = {}
    for table, rows in tables.items():
        renamed[table] = []
        for row in rows:
            new = dict(row)
            if row.get("client_id") is not None:
                new["client_id"] = f"renamed-{row['client_id'][::-1]}"
                new["client_key"] = scrambled_key("client", new["client_id"])
                back[new["client_key"]] = row["client_key"]
            renamed[table].append(new)
    found = marts(bench, renamed, parameters)
    for name in MARTS:
        called_as_before = [
            {column: back.get(value, value) if column == "client_key" else value
             for column, value in row.items()}
            for row in found[name]
        ]  # fmt: skip
        assert sorted_rows(called_as_before) == sorted_rows(expected[name]), name


def test_a_course_of_years_ago_changes_no_later_figure(
    bench: Bench, expected: dict[str, list[Row]]
) -> None:
    tables, parameters = whole_clinic()
    found = marts(bench, with_old_course(tables), parameters)
    for name, key in KEYS.items():
        by_key = {tuple(row[column] for column in key): row for row in found[name]}
        for row in expected[name]:
            # All the years there are, of a questionnaire or of all groups, have the old one too.
            kind = row.get("period_kind")
            if kind != "all" and (kind != "run" or row["level"] == "group"):
                assert by_key[tuple(row[column] for column in key)] == row, name


def with_old_course(tables: Tables) -> Tables:
    """The clinic with a course three years earlier, of somebody who never came back.

    It has of everything what a course can have: scores, a goal, a milestone, a diagnosis, a risk
    answer that nobody followed up, and a group that met by itself.
    """
    day = date(START.year - 3, START.month, 1)
    days = [day + timedelta(days=7 * place) for place in range(3)]
    own = {"episode_id": "old", "client_id": "old"}
    course = {"episode_id": "old", "therapist_id": "plain-t1"}
    sessions = [
        {**owner, "session_id": f"old-{kind}-{place}", "scheduled_on": on}
        for place, on in enumerate(days)
        for kind, owner in (
            ("single", course),
            ("group", {"group_id": "old", "therapist_id": "plain-t2"}),
        )
    ]
    added: Tables = {
        "stg_clients": [{"client_id": "old", "birth_date": date(2010, 1, 1)}],
        "stg_episodes": [
            {**own, **course, "programme_id": "plain-p0", "referred_on": day,
             "started_on": day, "ended_on": day + timedelta(days=30), "end_reason": "completed"}
        ],
        "stg_groups": [
            {"group_id": "old", "programme_id": "plain-p0", "lead_therapist_id": "plain-t2",
             "starts_on": day, "ends_on": day + timedelta(days=21)}
        ],
        "stg_memberships": [{**own, "group_id": "old", "joined_on": day}],
        "stg_sessions": sessions,
        "stg_attendances": [
            {"session_id": each["session_id"], "client_id": "old"} for each in sessions
        ],
        "stg_responses": [
            {**own, "response_id": f"old-{instrument_id}-{place}", "instrument_id": instrument_id,
             "administered_on": on, "total_score": first + step * place}
            for instrument_id, first, step in (
                ("phq9", 20, -5), ("gad7", 12, -4), ("srs", 40, -3), ("gsrs", 36, -4),
                ("csq8", 20, 5), ("pgi_c", 3, -1),
            )
            for place, on in enumerate(days)
        ] + [
            {**own, "response_id": "old-risk", "instrument_id": "phq9",
             "administered_on": days[1] + timedelta(days=1),
             "has_answers": True, "items": [9], "answers": [3.0], "n_answers": 1}
        ],
        "stg_goals": [{"goal_id": "old", "episode_id": "old", "kind": "gbo", "set_on": day}],
        "stg_goal_ratings": [
            {"goal_id": "old", "rated_on": on, "value_points": 2 + 3 * place}
            for place, on in enumerate(days)
        ],
        "stg_milestones": [
            {"milestone_id": "old", "episode_id": "old", "domain": "connection",
             "observed_on": days[1]}
        ],
        "stg_diagnoses": [{"episode_id": "old", "code": "F32.1", "recorded_on": day}],
        "stg_consents": [{"client_id": "old", "given_on": day}],
    }  # fmt: skip
    complete = {
        table: [complete_row(table, row, key=scrambled_key) for row in rows]
        for table, rows in added.items()
    }
    return {table: rows + complete.get(table, []) for table, rows in tables.items()}
