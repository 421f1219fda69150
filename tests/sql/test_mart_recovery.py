"""Recovery by the NHS rule per subject and period, and the published figures of England."""

import csv
import gzip
from datetime import date
from pathlib import Path

import pytest

from tests.sql.text_tables import TextBench

ENGLAND = (
    Path(__file__).parents[3] / "shared/data/nhs-talking-therapies-annual/measures_annual.csv.gz"
)
JUNE = {"level": "clinic", "period_kind": "month", "period_start_on": date(2025, 6, 1)}
FLAGS = (
    "episode_key | client_key | ended_on | was_case | is_recovered | is_reliably_improved"
    " | is_reliably_deteriorated | is_reliably_recovered | has_no_reliable_change"
    " | is_paired_both | own_instrument_id | second_instrument_id | is_appropriate_pair"
    " | is_functioning_paired"
)


def fill_courses(clinic: TextBench, text: str) -> None:
    """Rows of mart_episode_recovery, with the subjects and months that they count for."""
    clinic.given(mart_episode_recovery=f"{FLAGS}\n{text}")
    clinic.connection.execute("update mart_episode_recovery set is_in_population = true")
    episodes = clinic.connection.execute(
        "select episode_key from mart_episode_recovery order by episode_key"
    ).fetchall()
    clinic.fill(
        "int_episode_subjects",
        [{"episode_key": key, "level": "clinic", "subject_id": "clinic"} for (key,) in episodes],
    )
    clinic.fill(
        "int_period_months",
        [
            {
                "period_kind": "month",
                "period_start_on": date(2025, month, 1),
                "period_end_on": date(2025, month, 30),
                "month_start_on": date(2025, month, 1),
            }
            for month in (4, 6)
        ],
    )


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_recovery") == []


def test_what_is_not_known_stays_in_the_denominators_and_has_its_bounds(clinic: TextBench) -> None:
    # Recovered; a case still; no case; a case without a last score; nothing known at all.
    fill_courses(
        clinic,
        """
        e1 | c1 | 2025-06-30 | true  | true  | true  | false | true  | false | true  |     | gad7 | | false
        e2 | c1 | 2025-06-29 | true  | false | false | false | false | true  | true  | ors | ors  | true | true
        e3 | c2 | 2025-06-01 | false |       | true  | false |       | false | false | ors | gad7 | false | false
        e4 | c3 | 2025-06-01 | true  |       |       |       |       |       | false |     | gad7 | | false
        e5 | c4 | 2025-06-01 |       |       |       |       |       |       | false |     | gad7 | | false
        e6 | c4 | 2025-07-01 | true  | true  | true  | false | true  | false | true  |     | gad7 | | false
        """,
    )
    clinic.expect(
        "mart_recovery",
        """
        n_clients | n_finished | n_measured | n_case | n_not_case | n_case_or_unknown
        4         | 5          | 3          | 3      | 1          | 4
        """,
        **JUNE,
    )
    clinic.expect(
        "mart_recovery",
        """
        n_recovered | n_recovery_unknown | recovered_rate | recovered_rate_best | n_reliably_recovered
        1           | 2                  | 0.25           | 0.75                | 1
        """,
        **JUNE,
    )
    clinic.expect(
        "mart_recovery",
        "n_recovery_known | recovery_known_rate | recovered_of_known_rate\n 2 | 0.5 | 0.5",
        **JUNE,
    )
    clinic.expect(
        "mart_recovery",
        """
        n_improved | improved_rate | improved_rate_best | n_deteriorated | n_no_reliable_change | no_reliable_change_rate
        2          | 0.4           | 0.8                | 0              | 1                    | 0.2
        """,
        **JUNE,
    )
    clinic.expect(
        "mart_recovery",
        """
        n_paired_both | paired_both_rate | n_own_measure | n_own_measure_used | n_appropriate_due | n_appropriate_pair | appropriate_pair_rate | n_functioning_paired
        2             | 0.4              | 2             | 1                  | 2                 | 1                  | 0.5                   | 1
        """,
        **JUNE,
    )


def test_whom_the_rule_is_not_about_is_in_no_rate_and_told_beside_it(clinic: TextBench) -> None:
    # A person with a course of each kind in one month is one of the people counted.
    fill_courses(
        clinic,
        """
        e1 | c1 | 2025-06-02 | true | true  | true  | false | true  | false | true  | | gad7 | | false
        e2 | c2 | 2025-06-03 | true | false | false | true  | false | false | true  | | gad7 | | false
        e3 | c2 | 2025-06-30 | true | false | true  | false | false | false | true  | | gad7 | | false
        e4 | c3 | 2025-04-01 |      |       |       |       |       |       | false | | gad7 | | false
        """,
    )
    clinic.connection.execute(
        "update mart_episode_recovery set is_in_population = false where episode_key in ('e2', 'e4')"
    )
    clinic.expect(
        "mart_recovery",
        """
        n_clients | n_finished | n_outside_population | n_recovered | recovered_rate | improved_rate | deteriorated_rate
        2         | 2          | 1                    | 1           | 0.5            | 1             | 0
        """,
        **JUNE,
    )
    clinic.expect(
        "mart_recovery",
        "n_clients | n_finished | n_outside_population | recovered_rate | improved_rate_best\n"
        " 0 | 0 | 1 | |",
        **{**JUNE, "period_start_on": date(2025, 4, 1)},
    )


def test_without_anybody_above_the_threshold_there_is_no_recovery_rate(clinic: TextBench) -> None:
    fill_courses(
        clinic,
        "e1 | c1 | 2025-06-30 | false | | true | false | | false | true | | gad7 | | false",
    )
    clinic.expect(
        "mart_recovery",
        "n_case_or_unknown | n_recovered | recovered_rate | recovered_rate_best | appropriate_pair_rate | improved_rate\n"
        " 0 | 0 | | | | 1",
        **JUNE,
    )


def percents(clinic: TextBench, counts: dict[str, int]) -> dict[str, float]:
    """Per cent of a month whose finished courses have these counts, as the table has them."""
    fill_courses(clinic, "e0 | c0 | 2025-04-01 | | | | | | | | | | |")
    # Who recovered is the last of the cases, who did not the first; the flags of change fill up
    # from the same end, so that each count is met at once.
    clinic.connection.execute(
        """
        insert into mart_episode_recovery by name
        select
            'e' || n as episode_key,
            'c' || n as client_key,
            date '2025-06-15' as ended_on,
            true as is_in_population,
            case when n <= $not_case then false when n > $finished - $case then true end
                as was_case,
            case when n > $finished - $case then n > $finished - $recovery end as is_recovered,
            case when n > $finished - $case then n > $finished - $reliable_recovery end
                as is_reliably_recovered,
            case when n > $finished - $judged then n > $finished - $improvement end
                as is_reliably_improved,
            case when n > $finished - $judged
                then n <= $finished - $judged + $deterioration end as is_reliably_deteriorated,
            case
                when n > $finished - $judged
                    then n > $finished - $judged + $deterioration
                    and n <= $finished - $improvement
            end as has_no_reliable_change
        from range(1, $finished + 1) as courses (n)
        """,
        {
            **{name: counts[name] for name in ("finished", "case", "not_case", "recovery")},
            **{name: counts[name] for name in ("reliable_recovery", "improvement")},
            "deterioration": counts["deterioration"],
            "judged": counts["improvement"] + counts["deterioration"] + counts["unchanged"],
        },
    )
    clinic.connection.execute(
        "insert into int_episode_subjects select 'e' || n, 'clinic', 'clinic', 1"
        " from range(1, ?) as courses (n)",
        [counts["finished"] + 1],
    )
    (row,) = [
        one
        for one in clinic.rows("mart_recovery")
        if all(one[name] == value for name, value in JUNE.items())
    ]
    assert row["n_finished"] == counts["finished"]
    assert row["n_no_reliable_change"] == counts["unchanged"]
    names = {
        "recovery": "recovered_rate",
        "reliable_recovery": "reliably_recovered_rate",
        "improvement": "improved_rate",
        "deterioration": "deteriorated_rate",
        "unchanged": "no_reliable_change_rate",
    }
    return {name: 100 * row[column] for name, column in names.items()}


def test_england_2024_25_follows_from_its_counts(clinic: TextBench) -> None:
    """NHS England: recovered 321,061 of (670,419 - 35,234), 50.5 %; 937 with neither flag."""
    found = percents(
        clinic,
        {
            "finished": 670_419, "case": 634_248, "not_case": 35_234, "recovery": 321_061,
            # The published shares of the three kinds of change and of reliable recovery, as counts.
            "reliable_recovery": 301_713, "improvement": 452_533, "deterioration": 38_884,
            "unchanged": 170_286,
        },
    )  # fmt: skip
    assert round(found["recovery"], 1) == 50.5
    assert round(100 * 321_061 / 634_248, 1) == 50.6, "without the 937 it would be another figure"
    assert [round(found[name], 1) for name in ("reliable_recovery", "improvement")] == [47.5, 67.5]
    assert [round(found[name], 1) for name in ("deterioration", "unchanged")] == [5.8, 25.4]


def england(year: str) -> dict[tuple[str, str], str]:
    """England's total of a year: counts as numbers, per cent as printed."""
    wanted: dict[tuple[str, str], str] = {}
    with gzip.open(ENGLAND, "rt", encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            place = (row["reporting_period"], row["org_type"], row["variable_type"])
            if place == (year, "England", "Total"):
                wanted[row["measure_name"], row["measure_statistic"]] = row["value"]
    return wanted


@pytest.mark.skipif(not ENGLAND.exists(), reason="England's published counts are not at hand")
@pytest.mark.parametrize("year", ["2022-23", "2023-24"])
def test_england_s_published_rates_follow_from_its_published_counts(
    clinic: TextBench, year: str
) -> None:
    published = england(year)
    names = {
        "finished": "finished_course_treatment",
        "case": "at_caseness",
        "not_case": "not_at_caseness",
        "recovery": "recovery",
        "reliable_recovery": "reliable_recovery",
        "improvement": "improvement",
        "deterioration": "deterioration",
        "unchanged": "no_reliable_change",
    }
    found = percents(
        clinic, {name: int(published[measure, "count"]) for name, measure in names.items()}
    )
    for name, value in found.items():
        assert round(value, 1) == float(published[names[name], "percentage"]), name
