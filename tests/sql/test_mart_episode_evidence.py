"""All that speaks for a domain of success in a course."""

import pytest

from tests.sql.text_tables import TextBench

OUTCOMES = (
    "episode_key | instrument_id | scale | respondent | domain | first_score | last_score"
    " | improvement_points | is_paired | reliable_change"
)
INSTRUMENT = "instrument_id | domain | purpose | subdomain | direction"
FACTS = "domain | evidence | evidence_source | respondent | basis | is_measured | is_paired"
VERDICT = "instrument_id | kind | points\n pgi_c | responder | 2"


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_episode_evidence") == []


@pytest.mark.parametrize(
    ("gain", "change", "direction"),
    [
        ("6", "improved", "better"),
        ("5", "unchanged", "better"),
        ("0", "unchanged", "same"),
        ("-1", "unchanged", "worse"),
        ("-6", "deteriorated", "worse"),
    ],
)
def test_a_questionnaire_with_a_rule_has_a_change_and_a_direction(
    clinic: TextBench, gain: str, change: str, direction: str
) -> None:
    clinic.given(
        mart_episode_outcomes=f"{OUTCOMES}\n"
        f" e1 | phq9 | total | client | symptoms | 15 | 9 | {gain} | true | {change}"
    )
    clinic.expect(
        "mart_episode_evidence",
        f"{FACTS} | change | direction | is_proxy\n"
        " symptoms | questionnaire | phq9 | client | published | true | true"
        f" | {change} | {direction} | false",
    )


def test_one_score_is_measured_and_no_pair_and_none_is_not_measured(clinic: TextBench) -> None:
    clinic.given(
        mart_episode_outcomes=f"""
            {OUTCOMES}
            e1 | phq9 | total | client | symptoms | 15 |  |  | false |
            e2 | phq9 | total | client | symptoms |    |  |  | false |
        """
    )
    clinic.expect(
        "mart_episode_evidence",
        """
        episode_key | is_measured | is_paired | change | direction
        e1          | true        | false     |        |
        e2          | false       | false     |        |
        """,
    )


@pytest.mark.parametrize("basis", ["published", "clinic", "clinic_derived"])
def test_the_basis_is_that_of_the_rule(clinic: TextBench, basis: str) -> None:
    clinic.given(
        mart_episode_outcomes=f"{OUTCOMES}\n"
        " e1 | wsas | total | client | functioning | 20 | 9 | 11 | true | improved",
        int_outcome_rules="instrument_id | scale | respondent | change_basis"
        " | reliable_change_points\n"
        f" wsas | total | client | {basis} | 8",
    )
    clinic.expect("mart_episode_evidence", f"basis | change\n {basis} | improved")


def test_a_rule_without_a_reliable_change_leaves_a_direction_alone(clinic: TextBench) -> None:
    # The WSAS of the made-up catalogue has a caseness and nothing else; a rule for a parent is
    # none for the client.
    clinic.given(
        ref_outcome_rules="instrument_id | respondent | reliable_change_points | caseness_points\n"
        " wsas | client | | 10\n wsas | parent | 8 |",
        mart_episode_outcomes=f"{OUTCOMES}\n"
        " e1 | wsas | total | client | functioning | 20 | 9 | 11 | true |",
    )
    clinic.expect("mart_episode_evidence", "basis | change | direction\n no_threshold | | better")


def test_only_whose_word_counts_is_heard(clinic: TextBench) -> None:
    clinic.given(
        ref_instruments=f"{INSTRUMENT}\n"
        " phq9 | symptoms | outcome | | higher_worse\n"
        " sdq | family_child | outcome | | higher_worse",
        mart_episode_outcomes=f"""
            {OUTCOMES}
            e1 | phq9 | total | client    | symptoms     | 15 | 9 | 6 | true | improved
            e1 | phq9 | total | parent    | symptoms     | 15 | 9 | 6 | true | improved
            e1 | sdq  | total | client    | family_child | 20 | 9 | 6 | true |
            e1 | sdq  | total | parent    | family_child | 20 | 9 | 6 | true |
            e1 | sdq  | total | teacher   | family_child | 20 | 9 | 6 | true |
            e1 | sdq  | total | therapist | family_child | 20 | 9 | 6 | true |
        """,
    )
    clinic.expect(
        "mart_episode_evidence",
        """
        domain       | respondent
        family_child | client
        family_child | parent
        family_child | teacher
        symptoms     | client
        """,
    )


def test_a_subscale_speaks_only_where_there_is_no_total(clinic: TextBench) -> None:
    clinic.given(
        ref_instruments=f"{INSTRUMENT}\n"
        " ors | quality_of_life | outcome | | higher_better\n"
        " brief_cope | behaviour_change | outcome | |",
        ref_instrument_scales="instrument_id | scale\n ors | total\n ors | social\n"
        " brief_cope | planning\n brief_cope | denial",
        mart_episode_outcomes=f"""
            {OUTCOMES}
            e1 | ors        | total    | client | quality_of_life  | 15 | 20 | 5  | true | improved
            e1 | ors        | social   | client | quality_of_life  | 5  | 4  | -1 | true |
            e1 | brief_cope | planning | client | behaviour_change | 2  | 4  | 2  | true |
            e1 | brief_cope | denial   | client | behaviour_change | 6  | 7  | -1 | true |
        """,
    )
    clinic.expect(
        "mart_episode_evidence",
        """
        evidence_source | scale | direction
        brief_cope | denial   | worse
        brief_cope | planning | better
        ors        | total    | better
        """,
    )


def test_screens_and_what_is_no_success_say_nothing(clinic: TextBench) -> None:
    clinic.given(
        ref_instruments=f"{INSTRUMENT}\n"
        " phq2 | symptoms | screen | | higher_worse\n"
        " csq8 | experience | process | | higher_better\n"
        " wai_sr | alliance | process | | higher_better\n"
        " ras30 | assertiveness | outcome | boundaries_proxy | higher_better",
        mart_episode_outcomes=f"""
            {OUTCOMES}
            e1 | phq2   | total | client | symptoms      | 6  | 0  | 6 | true |
            e1 | csq8   | total | client | experience    | 20 | 30 | 10 | true |
            e1 | wai_sr | total | client | alliance      | 40 | 44 | 4 | true |
            e1 | ras30  | total | client | assertiveness | -5 | 9  | 14 | true |
        """,
    )
    clinic.expect(
        "mart_episode_evidence",
        """
        domain | evidence_source | basis | direction | is_proxy
        alliance      | wai_sr | no_threshold | better    | false
        assertiveness | ras30  | no_threshold | better    | true
        """,
    )


@pytest.mark.parametrize(
    ("rating", "change", "direction"),
    [
        ("1", "improved", "better"),
        ("2", "improved", "better"),
        ("3", "unchanged", "better"),
        ("4", "unchanged", "same"),
        ("5", "deteriorated", "worse"),
        ("6", "deteriorated", "worse"),
        ("7", "deteriorated", "worse"),
    ],
)
def test_the_clients_verdict_goes_by_the_categories_of_its_form(
    clinic: TextBench, rating: str, change: str, direction: str
) -> None:
    clinic.given(
        ref_thresholds=VERDICT,
        mart_episode_outcomes=f"{OUTCOMES}\n"
        f" e1 | pgi_c | total | client | global_change | | {rating} | | |",
    )
    clinic.expect(
        "mart_episode_evidence",
        f"{FACTS} | change | direction\n"
        " global_change | verdict | pgi_c | client | verdict_categories | true | true"
        f" | {change} | {direction}",
    )


def test_a_verdict_that_nobody_verified_has_a_direction_alone(clinic: TextBench) -> None:
    clinic.given(
        ref_thresholds="instrument_id | kind | points | is_active\n pgi_c | responder | 2 | false",
        mart_episode_outcomes=f"{OUTCOMES}\n"
        " e1 | pgi_c | total | client | global_change | | 1 | | |",
    )
    clinic.expect("mart_episode_evidence", "basis | change | direction\n no_threshold | | better")


def test_a_goal_counts_among_the_personal_goals_and_in_its_own_domain(clinic: TextBench) -> None:
    clinic.given(
        int_goal_changes="""
            goal_key | episode_key | domain         | is_paired | has_rule | first_points \
| improvement_points | reliable_change
            g1       | e1          | assertiveness  | true      | true     | 2 | 3 | improved
            g2       | e1          | personal_goals | true      | false    | -2 | 2 |
            g3       | e1          | safety         | false     | true     |    |   |
            g4       | e1          |                | false     | true     | 2  |   |
        """
    )
    clinic.expect(
        "mart_episode_evidence",
        f"""
        {FACTS} | change | direction
        assertiveness  | goal | g1 | client | goal_rule    | true  | true  | improved | better
        personal_goals | goal | g1 | client | goal_rule    | true  | true  | improved | better
        personal_goals | goal | g2 | client | goal_no_rule | true  | true  |          | better
        personal_goals | goal | g3 | client | goal_rule    | false | false |          |
        personal_goals | goal | g4 | client | goal_rule    | true  | false |          |
        """,
    )


def test_milestones_are_counted_up_to_the_end(clinic: TextBench) -> None:
    clinic.given(
        stg_episodes="episode_id | ended_on | end_reason\n e1 | 2025-06-30 | completed",
        stg_milestones="""
            milestone_id | kind         | domain        | observed_on
            m1           | boundary_set | assertiveness | 2025-06-30
            m2           | boundary_set | assertiveness | 2025-03-01
            m3           | work_kept    | functioning   | 2025-07-01
            m4           | other        | safety        | 2025-03-01
        """,
    )
    clinic.expect(
        "mart_episode_evidence",
        f"{FACTS} | n_milestones\n"
        " assertiveness | milestone | boundary_set | any | milestone | false | false | 2",
    )


def test_a_rule_cannot_judge_a_scale_without_a_direction(clinic: TextBench) -> None:
    clinic.given(
        mart_episode_outcomes=f"{OUTCOMES}\n"
        " e1 | phq9 | total | client | symptoms | 15 | 9 | | true |"
    )
    clinic.expect("mart_episode_evidence", "basis | is_paired | direction\n no_threshold | true |")
