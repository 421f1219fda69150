"""Which domains were measured in a course, and what became of each."""

import pytest

from tests.sql.text_tables import TextBench

EVIDENCE = (
    "episode_key | domain | evidence_source | basis | respondent | is_measured | is_paired | change"
    " | direction"
)


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("mart_episode_domains") == []


@pytest.mark.parametrize(
    ("changes", "combined"),
    [
        (("improved",), "improved"),
        (("improved", "unchanged"), "improved"),
        (("improved", "deteriorated"), "deteriorated"),
        (("unchanged", "unchanged"), "unchanged"),
        (("unchanged", "deteriorated"), "deteriorated"),
        (("improved", ""), "improved"),
        (("", ""), ""),
    ],
)
def test_one_better_and_none_worse_is_better(
    clinic: TextBench, changes: tuple[str, ...], combined: str
) -> None:
    rows = "".join(
        f"\n e1 | symptoms | q{n} | published | client | true | true | {change} |"
        for n, change in enumerate(changes)
    )
    clinic.given(mart_episode_evidence=EVIDENCE + rows)
    clinic.expect("mart_episode_domains", f"n_sources | change\n {len(changes)} | {combined}")


@pytest.mark.parametrize(
    ("directions", "combined"),
    [
        (("better", "better"), "better"),
        (("better", "same"), "better"),
        (("better", "worse"), "same"),
        (("same", "same"), "same"),
        (("worse", "same"), "worse"),
        (("", ""), ""),
    ],
)
def test_a_direction_is_that_of_all_that_moved(
    clinic: TextBench, directions: tuple[str, ...], combined: str
) -> None:
    rows = "".join(
        f"\n e1 | alliance | q{n} | no_threshold | client | true | true | | {direction}"
        for n, direction in enumerate(directions)
    )
    clinic.given(mart_episode_evidence=EVIDENCE + rows)
    clinic.expect("mart_episode_domains", f"change | direction\n | {combined}")


def test_bases_and_respondents_are_kept_apart(clinic: TextBench) -> None:
    clinic.given(
        mart_episode_evidence=f"""
            {EVIDENCE}
            e1 | family_child | sdq     | published | client | true  | true  | improved     | better
            e1 | family_child | sdq     | published | parent | true  | true  | deteriorated | worse
            e1 | family_child | score15 | clinic    | client | true  | true  | deteriorated | worse
            e1 | family_child | psc17   | published | parent | true  | false |              |
            e1 | family_child | g1      | goal_rule | client | false | false |              |
        """
    )
    clinic.expect(
        "mart_episode_domains",
        """
        basis     | respondent | n_sources | n_paired_sources | is_measured | is_paired | change
        clinic    | client     | 1         | 1                | true        | true  | deteriorated
        goal_rule | client     | 1         | 0                | false       | false |
        published | client     | 1         | 1                | true        | true  | improved
        published | parent     | 2         | 1                | true        | true  | deteriorated
        """,
    )


def test_milestones_add_up(clinic: TextBench) -> None:
    clinic.given(
        mart_episode_evidence="""
            episode_key | domain | evidence_source | basis     | respondent | n_milestones
            e1          | connection | social_event | milestone | any        | 2
            e1          | connection | other        | milestone | any        | 1
        """
    )
    clinic.expect(
        "mart_episode_domains", "basis | n_milestones | is_paired\n milestone | 3 | false"
    )
