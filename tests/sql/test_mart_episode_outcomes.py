"""What became of a course on a scale: both sides of every threshold."""

import pytest

from tests.sql.text_tables import TextBench

COURSE = """
    episode_id | started_on | ended_on   | end_reason
    e1         | 2025-01-10 | 2025-06-30 | completed
"""


def pair(clinic: TextBench, instrument_id: str, first: str, last: str) -> None:
    """One course with a first and a last score."""
    clinic.given(
        stg_episodes=COURSE,
        stg_responses=f"""
            response_id | episode_id | instrument_id   | administered_on | total_score
            r1          | e1         | {instrument_id} | 2025-01-10      | {first}
            r2          | e1         | {instrument_id} | 2025-06-20      | {last}
        """,
    )


@pytest.mark.parametrize(
    ("first", "last", "improvement", "change"),
    [
        (20, 14, 6, "improved"),
        (20, 15, 5, "unchanged"),
        (15, 20, -5, "unchanged"),
        (14, 20, -6, "deteriorated"),
        (12, 12, 0, "unchanged"),
    ],
)
def test_reliable_change_at_its_threshold(
    clinic: TextBench, first: int, last: int, improvement: int, change: str
) -> None:
    pair(clinic, "phq9", str(first), str(last))
    clinic.expect(
        "mart_episode_outcomes",
        f"""
        domain   | first_score | last_score | improvement_points | is_paired | reliable_change
        symptoms | {first}     | {last}     | {improvement}      | true      | {change}
        """,
    )


@pytest.mark.parametrize(
    ("first", "last", "was_case", "is_case", "is_recovered", "is_reliably_recovered"),
    [
        (10, 9, "true", "false", "true", "false"),
        (10, 10, "true", "true", "false", "false"),
        (15, 9, "true", "false", "true", "true"),
        (16, 10, "true", "true", "false", "false"),
        (9, 3, "false", "false", "", ""),
        (9, 10, "false", "true", "", ""),
    ],
)
def test_recovery_on_both_sides_of_caseness(
    clinic: TextBench,
    first: int,
    last: int,
    was_case: str,
    is_case: str,
    is_recovered: str,
    is_reliably_recovered: str,
) -> None:
    pair(clinic, "phq9", str(first), str(last))
    clinic.expect(
        "mart_episode_outcomes",
        f"""
        was_case   | is_case   | is_recovered   | is_reliably_recovered
        {was_case} | {is_case} | {is_recovered} | {is_reliably_recovered}
        """,
    )


@pytest.mark.parametrize(
    ("first", "last", "is_responder", "is_remitted"),
    [
        (10, 5, "true", "false"),
        (10, 6, "false", "false"),
        (11, 6, "false", "false"),
        (9, 4, "", "true"),
        (5, 4, "", "true"),
        (5, 5, "", "false"),
        (4, 0, "", ""),
    ],
)
def test_response_and_remission(
    clinic: TextBench, first: int, last: int, is_responder: str, is_remitted: str
) -> None:
    pair(clinic, "phq9", str(first), str(last))
    clinic.expect(
        "mart_episode_outcomes", f"is_responder | is_remitted\n {is_responder} | {is_remitted}"
    )


@pytest.mark.parametrize(
    ("first", "last", "improvement", "was_case", "change", "is_recovered", "is_responder"),
    [
        ("24.9", "29.9", "5", "true", "improved", "true", "false"),
        ("24.9", "29.8", "4.9", "true", "unchanged", "true", "false"),
        ("20", "30", "10", "true", "improved", "true", "true"),
        # At the threshold itself nobody is a case, neither at first nor at last.
        ("20", "25", "5", "true", "improved", "true", "false"),
        ("25", "20", "-5", "false", "deteriorated", "", ""),
        ("24", "24.9", "0.9", "true", "unchanged", "false", "false"),
    ],
)
def test_a_scale_on_which_more_is_better(
    clinic: TextBench,
    first: str,
    last: str,
    improvement: str,
    was_case: str,
    change: str,
    is_recovered: str,
    is_responder: str,
) -> None:
    pair(clinic, "ors", first, last)
    clinic.expect(
        "mart_episode_outcomes",
        f"""
        improvement_points | was_case   | reliable_change | is_recovered   | is_responder
        {improvement}      | {was_case} | {change}        | {is_recovered} | {is_responder}
        """,
        scale="total",
    )


def test_without_a_threshold_only_what_needs_none_is_there(clinic: TextBench) -> None:
    pair(clinic, "wsas", "20", "9")
    clinic.expect(
        "mart_episode_outcomes",
        """
        improvement_points | was_case | reliable_change | is_recovered | is_reliably_recovered | is_responder
        11                 | true     |                 | true         |                       |
        """,
    )
    pair(clinic, "isi", "20", "9")
    clinic.restart()
    clinic.expect(
        "mart_episode_outcomes",
        """
        improvement_points | is_paired | was_case | reliable_change | is_recovered | rule_id
        11                 | true      |          |                 |              |
        """,
    )


def test_without_a_last_score_there_is_no_change(clinic: TextBench) -> None:
    pair(clinic, "phq9", "20", "")
    clinic.expect(
        "mart_episode_outcomes",
        """
        n_responses | is_paired | was_case | is_case | improvement_points | reliable_change | is_recovered
        2           | false     | true     |         |                    |                 |
        """,
    )


@pytest.mark.parametrize(("rating", "is_responder"), [(1, "true"), (2, "true"), (3, "false")])
def test_a_verdict_is_no_pair(clinic: TextBench, rating: int, is_responder: str) -> None:
    pair(clinic, "pgi_c", "4", str(rating))
    clinic.expect(
        "mart_episode_outcomes",
        f"""
        last_score | is_paired | improvement_points | reliable_change | is_responder
        {rating}   |           |                    |                 | {is_responder}
        """,
    )


@pytest.mark.parametrize(
    ("op", "points", "rating", "is_responder"),
    [("<=", 3, 3, "true"), ("<=", 3, 4, "false"), (">=", 5, 5, "true"), (">=", 5, 4, "false")],
)
def test_a_verdict_goes_by_the_threshold_of_the_catalogue(
    clinic: TextBench, op: str, points: int, rating: int, is_responder: str
) -> None:
    threshold = {"instrument_id": "pgi_c", "kind": "responder", "points": points, "op": op}
    clinic.fill("ref_thresholds", [threshold])
    pair(clinic, "pgi_c", "4", str(rating))
    clinic.expect("mart_episode_outcomes", f"is_responder\n {is_responder}")


@pytest.mark.parametrize("own", [{"is_active": False}, {"respondents": ["parent"]}])
def test_a_verdict_without_a_threshold_in_force_has_no_responder(
    clinic: TextBench, own: dict[str, object]
) -> None:
    threshold = {"instrument_id": "pgi_c", "kind": "responder", "points": 2, "op": "<="}
    clinic.fill("ref_thresholds", [{**threshold, **own}])
    pair(clinic, "pgi_c", "4", "1")
    clinic.expect("mart_episode_outcomes", "last_score | is_responder\n 1 |")


def test_an_instrument_without_a_direction_has_no_improvement(clinic: TextBench) -> None:
    pair(clinic, "phq9", "20", "5")
    clinic.connection.execute("update ref_instruments set direction = null")
    clinic.connection.execute("update ref_instrument_scales set direction = null")
    clinic.expect(
        "mart_episode_outcomes",
        """
        first_score | last_score | is_paired | improvement_points | was_case | reliable_change | rule_id
        20          | 5          | true      |                    |          |                 |
        """,
    )


@pytest.mark.parametrize(
    ("first", "last", "category", "is_crossed_unreliably"),
    [
        (15, 9, "recovered", "false"),
        (16, 10, "improved", "false"),
        (9, 3, "improved", ""),
        (10, 9, "unchanged", "true"),
        (10, 10, "unchanged", "false"),
        (9, 10, "unchanged", ""),
        (10, 16, "deteriorated", "false"),
        (3, 9, "deteriorated", ""),
        (9, 15, "harmed", ""),
        (4, 10, "harmed", ""),
    ],
)
def test_five_exclusive_categories(
    clinic: TextBench, first: int, last: int, category: str, is_crossed_unreliably: str
) -> None:
    pair(clinic, "phq9", str(first), str(last))
    clinic.expect(
        "mart_episode_outcomes",
        f"""
        change_category | is_crossed_unreliably
        {category}      | {is_crossed_unreliably}
        """,
    )


@pytest.mark.parametrize(
    ("instrument_id", "first", "can_improve"),
    [
        ("phq9", "6", "true"),
        ("phq9", "5", "false"),
        ("ors", "35", "true"),
        ("ors", "35.1", "false"),
        ("wsas", "40", ""),
        ("pgi_c", "4", ""),
    ],
)
def test_room_for_a_reliable_improvement(
    clinic: TextBench, instrument_id: str, first: str, can_improve: str
) -> None:
    pair(clinic, instrument_id, first, "7")
    clinic.expect(
        "mart_episode_outcomes", f"scale | can_improve\n total | {can_improve}", scale="total"
    )


def test_without_caseness_worse_is_deteriorated_and_better_is_improved(clinic: TextBench) -> None:
    clinic.given(
        ref_outcome_rules="instrument_id | reliable_change_points\n phq9 | 6\n",
    )
    for first, last, category in ((4, 16, "deteriorated"), (16, 4, "improved")):
        pair(clinic, "phq9", str(first), str(last))
        clinic.restart()
        clinic.expect(
            "mart_episode_outcomes",
            f"change_category | is_crossed_unreliably | basis\n {category} | | published",
        )


def test_each_respondent_goes_by_the_thresholds_for_them(clinic: TextBench) -> None:
    clinic.given(
        ref_outcome_rules="""
            instrument_id | respondent | rule_id | reliable_change_points
            phq9          | client     | own     | 6
            phq9          | parent     | parents | 5
        """,
        stg_episodes=COURSE,
        stg_responses="""
            response_id | episode_id | respondent | administered_on | total_score
            r1          | e1         | client     | 2025-01-10      | 15
            r2          | e1         | client     | 2025-06-20      | 10
            r3          | e1         | parent     | 2025-01-10      | 15
            r4          | e1         | parent     | 2025-06-20      | 10
            r5          | e1         | teacher    | 2025-01-10      | 15
            r6          | e1         | teacher    | 2025-06-20      | 10
        """,
    )
    clinic.expect(
        "mart_episode_outcomes",
        """
        respondent | improvement_points | reliable_change | rule_id
        client     | 5                  | unchanged       | own
        parent     | 5                  | improved        | parents
        teacher    | 5                  |                 |
        """,
    )


def test_a_scale_may_run_another_way_than_its_instrument(clinic: TextBench) -> None:
    pair(clinic, "phq9", "5", "20")
    clinic.connection.execute(
        "update ref_instrument_scales set direction = 'higher_better' where instrument_id = 'phq9'"
    )
    clinic.expect(
        "mart_episode_outcomes",
        """
        improvement_points | was_case | is_case | change_category | is_remitted
        15                 | true     | false   | recovered       |
        """,
    )


def test_no_responses(clinic: TextBench) -> None:
    clinic.given(stg_episodes=COURSE)
    assert clinic.rows("mart_episode_outcomes") == []
