"""The NHS Talking Therapies rule over PHQ-9 and GAD-7."""

import pytest

from tests.sql.text_tables import TextBench

FLAGS = "was_case | is_recovered | is_reliably_improved | is_reliably_deteriorated | is_reliably_recovered"


def course(clinic: TextBench, phq9: tuple[str, str], gad7: tuple[str, str]) -> None:
    """A finished course with these first and last scores."""
    clinic.given(
        stg_episodes="""
            episode_id | ended_on   | end_reason
            e1         | 2025-06-30 | completed
        """,
        stg_sessions="""
            session_id | episode_id | scheduled_on
            s1         | e1         | 2025-01-10
            s2         | e1         | 2025-06-20
        """,
        stg_attendances="session_id\n s1\n s2",
        stg_responses=f"""
            response_id | episode_id | instrument_id | administered_on | total_score
            r1          | e1         | phq9          | 2025-01-10      | {phq9[0]}
            r2          | e1         | phq9          | 2025-06-20      | {phq9[1]}
            r3          | e1         | gad7          | 2025-01-10      | {gad7[0]}
            r4          | e1         | gad7          | 2025-06-20      | {gad7[1]}
        """,
    )


@pytest.mark.parametrize(
    ("phq9", "gad7", "flags"),
    [
        (("16", "9"), ("8", "7"), "true | true | true | false | true"),
        (("16", "9"), ("8", "8"), "true | false | true | false | false"),
        (("9", "9"), ("8", "7"), "true | true | false | false | false"),
        (("9", "3"), ("7", "3"), "false | | true | false |"),
        (("16", "10"), ("7", "11"), "true | false | false | false | false"),
        (("10", "16"), ("8", "8"), "true | false | false | true | false"),
        (("16", "9"), ("", ""), "true | | true | false |"),
        (("16", "9"), ("7", ""), "true | | true | false |"),
        (("16", "10"), ("7", ""), "true | false | true | false | false"),
        (("16", ""), ("8", ""), "true | | | |"),
        (("9", "3"), ("", ""), "| | true | false |"),
        (("", ""), ("", ""), "| | | |"),
    ],
    ids=[
        "recovered reliably",
        "one still a case",
        "recovered, not reliably",
        "no case",
        "one better, one worse",
        "worse",
        "second measure never taken",
        "second measure without a last",
        "known to be a case still",
        "no last scores",
        "caseness cannot be known",
        "no scores",
    ],
)
def test_flags(clinic: TextBench, phq9: tuple[str, str], gad7: tuple[str, str], flags: str) -> None:
    course(clinic, phq9, gad7)
    clinic.expect("mart_episode_recovery", f"{FLAGS}\n{flags}")


def test_only_finished_courses_and_only_the_client_s_scores(clinic: TextBench) -> None:
    course(clinic, ("16", "9"), ("8", "7"))
    clinic.connection.execute("update stg_responses set respondent = 'parent'")
    clinic.expect("mart_episode_recovery", f"n_paired_measures | {FLAGS}\n0 | | | | |")
    clinic.connection.execute("delete from stg_attendances where session_id = 's2'")
    clinic.restart()
    assert clinic.rows("mart_episode_recovery") == []


def with_own_measure(
    clinic: TextBench, code: str, instrument: str, scores: tuple[str, str]
) -> None:
    """The course with a diagnosis and a pair on one more measure."""
    clinic.connection.execute(
        "insert into stg_diagnoses (episode_key, code, role, recorded_on)"
        " values ('e1', ?, 'primary', date '2025-01-01')",
        [code],
    )
    for place, (day, points) in enumerate(zip(("2025-01-10", "2025-06-20"), scores, strict=True)):
        clinic.connection.execute(
            "insert into stg_responses (response_id, response_key, client_key, episode_key,"
            " instrument_id, respondent, administered_at, administered_on, total_score,"
            " has_answers) values (?, ?, 'c1', 'e1', ?, 'client', cast(? as date),"
            " cast(? as date), cast(? as decimal(9, 4)), false)",
            [f"own{place}", f"own{place}", instrument, day, day, points or None],
        )


@pytest.mark.parametrize(("first", "was_case"), [("24.9", "true"), ("25", "false")])
def test_on_a_measure_on_which_more_is_better_nobody_is_a_case_at_the_threshold(
    clinic: TextBench, first: str, was_case: str
) -> None:
    course(clinic, ("9", "9"), ("7", "7"))
    with_own_measure(clinic, "F40.1", "ors", (first, "30"))
    clinic.expect("mart_episode_recovery", f"was_case\n{was_case}")


PAIR = "descriptor | second_instrument_id | own_instrument_id | is_appropriate_pair"


def test_the_problem_s_own_measure_is_the_second_of_the_pair(clinic: TextBench) -> None:
    # ORS: a case under 25, better by 5 points or more. GAD-7 alone would say: no case, no change.
    course(clinic, ("9", "9"), ("7", "7"))
    with_own_measure(clinic, "F40.1", "ors", ("20", "25"))
    clinic.expect("mart_episode_recovery", f"{PAIR}\n social_anxiety | ors | ors | true")
    clinic.expect("mart_episode_recovery", f"{FLAGS}\n true | true | true | false | true")


@pytest.mark.parametrize(
    ("code", "instrument", "scores", "expected"),
    [
        ("F40.1", "ors", ("20", ""), "social_anxiety | gad7 | ors | false"),
        ("F40.2", "wsas", ("20", "5"), "phobia | gad7 | wsas | true"),
        ("F42", "isi", ("20", "5"), "ocd | gad7 | not_here |"),
        ("F32", "ors", ("20", "5"), "depression | gad7 | |"),
    ],
    ids=[
        "no pair on its own measure",
        "own measure without a reliable change",
        "own measure in no catalogue",
        "no measure of its own",
    ],
)
def test_the_fallback_takes_its_place(
    clinic: TextBench, code: str, instrument: str, scores: tuple[str, str], expected: str
) -> None:
    course(clinic, ("16", "9"), ("8", "7"))
    with_own_measure(clinic, code, instrument, scores)
    clinic.expect("mart_episode_recovery", f"{PAIR}\n{expected}")
    clinic.expect("mart_episode_recovery", f"{FLAGS}\n true | true | true | false | true")


def test_a_threshold_that_the_clinic_decided_judges_nothing_here(clinic: TextBench) -> None:
    # By the clinic's own it would be no case of depression and no change; of anxiety, a case.
    clinic.given(
        ref_clinic_thresholds="""
            instrument_id | kind            | points
            phq9          | caseness        | 20
            phq9          | reliable_change | 10
            gad7          | caseness        | 2
            wsas          | reliable_change | 3
        """
    )
    course(clinic, ("16", "9"), ("7", "7"))
    with_own_measure(clinic, "F40.2", "wsas", ("20", "5"))
    clinic.expect("mart_episode_recovery", f"{PAIR}\n phobia | gad7 | wsas | true")
    clinic.expect("mart_episode_recovery", f"{FLAGS}\n true | true | true | false | true")
    bases = {
        (row["instrument_id"], row["respondent"]): row["basis"]
        for row in clinic.rows("int_outcome_rules")
    }
    assert bases["phq9", "client"] == "clinic", "elsewhere it does judge"


def test_a_threshold_of_another_publication_judges_nothing_here(clinic: TextBench) -> None:
    course(clinic, ("9", "9"), ("7", "7"))
    with_own_measure(clinic, "F40.1", "ors", ("20", "25"))
    clinic.connection.execute(
        "update ref_outcome_rules set rule_id = 'published' where instrument_id = 'ors'"
    )
    clinic.expect("mart_episode_recovery", f"{PAIR}\n social_anxiety | gad7 | ors | true")


@pytest.mark.parametrize(
    ("phq9", "gad7", "expected"),
    [
        (("16", "10"), ("8", "8"), "false | true"),
        (("16", "11"), ("8", "5"), "true | true"),
        (("16", "10"), ("7", "11"), "true | true"),
        (("16", "10"), ("", ""), "false | false"),
        (("16", ""), ("8", ""), "| false"),
    ],
    ids=["better", "under both thresholds", "one better, one worse", "one pair", "no pair"],
)
def test_no_reliable_change_is_neither_better_nor_worse_and_data_are_paired_on_both(
    clinic: TextBench, phq9: tuple[str, str], gad7: tuple[str, str], expected: str
) -> None:
    course(clinic, phq9, gad7)
    clinic.expect("mart_episode_recovery", f"has_no_reliable_change | is_paired_both\n{expected}")


def test_functioning_has_a_pair_of_its_own_that_changes_no_verdict(clinic: TextBench) -> None:
    course(clinic, ("16", "9"), ("8", "7"))
    clinic.expect("mart_episode_recovery", "is_functioning_paired\n false")
    clinic.restart()
    with_own_measure(clinic, "F32", "wsas", ("10", "40"))
    clinic.expect("mart_episode_recovery", "is_functioning_paired\n true")
    clinic.expect("mart_episode_recovery", f"{FLAGS}\n true | true | true | false | true")


def in_population(clinic: TextBench) -> bool:
    """Whether the rule is about the only course."""
    (row,) = clinic.rows("mart_episode_recovery")
    return row["is_in_population"]


@pytest.mark.parametrize(
    ("instruments", "expected"),
    [("phq9;gad7", True), ("", True), ("phq9", False), ("gad7;wsas", False), ("wsas;phq9", False)],
    ids=["both", "nothing listed", "the first alone", "without the first", "not the second"],
)
def test_a_course_counts_where_its_programme_works_by_the_pair(
    clinic: TextBench, instruments: str, expected: bool
) -> None:
    clinic.given(stg_programmes=f"programme_id | instruments\n p1 | {instruments}")
    course(clinic, ("16", "9"), ("8", "7"))
    clinic.connection.execute("delete from stg_responses where instrument_id = 'gad7'")
    assert in_population(clinic) is expected


def test_a_course_counts_where_both_were_answered_also_without_a_score(clinic: TextBench) -> None:
    clinic.given(stg_programmes="programme_id | instruments\n p1 | wsas")
    course(clinic, ("", ""), ("", ""))
    assert in_population(clinic) is True
    clinic.restart()
    clinic.connection.execute("update stg_responses set respondent = 'parent'")
    assert in_population(clinic) is False


def test_the_problem_s_own_measure_is_as_good_in_a_list(clinic: TextBench) -> None:
    clinic.given(stg_programmes="programme_id | instruments\n p1 | phq9;ors")
    course(clinic, ("16", "9"), ("8", "7"))
    clinic.connection.execute("delete from stg_responses where instrument_id = 'gad7'")
    assert in_population(clinic) is False
    clinic.restart()
    clinic.given(stg_diagnoses="code\n F40.1")
    assert in_population(clinic) is True


@pytest.mark.parametrize(
    ("born_on", "expected"), [("2007-01-01", True), ("2007-01-02", False), ("", True)]
)
def test_the_rule_is_for_adults_on_the_day_of_their_referral(
    clinic: TextBench, born_on: str, expected: bool
) -> None:
    clinic.given(stg_clients=f"client_id | birth_date\n c1 | {born_on}")
    course(clinic, ("16", "9"), ("8", "7"))
    assert in_population(clinic) is expected
