"""Which problem a course treats, and its pair of measures."""

import pytest

from tests.sql.text_tables import TextBench

HEAD = "descriptor | second_instrument_id"


def diagnosed(clinic: TextBench, *diagnoses: str) -> None:
    """One course with these diagnoses: code, role, day."""
    lines = "\n".join(f"e1 | {one}" for one in diagnoses)
    clinic.given(
        stg_episodes="episode_id\n e1",
        stg_diagnoses=f"episode_id | code | role | recorded_on\n{lines}",
    )


def test_nothing(clinic: TextBench) -> None:
    assert clinic.rows("int_episode_descriptors") == []


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("F32.1", "depression | gad7"),
        ("f32", "depression | gad7"),
        ("F40.1", "social_anxiety | ors"),
        ("F4010", "social_anxiety | ors"),
        ("F40.2", "phobia | wsas"),
        ("F4", "other | gad7"),
        ("F42.0", "ocd | not_here"),
        ("Z99", "other | gad7"),
    ],
)
def test_the_longest_prefix_that_fits_decides_with_or_without_points(
    clinic: TextBench, code: str, expected: str
) -> None:
    diagnosed(clinic, f"{code} | primary | 2025-01-01")
    clinic.expect("int_episode_descriptors", f"{HEAD}\n{expected}")


def test_an_unverified_pair_is_not_used(clinic: TextBench) -> None:
    diagnosed(clinic, "F42.3 | primary | 2025-01-01")
    clinic.expect("int_episode_descriptors", f"{HEAD}\n ocd | not_here")


def test_the_latest_primary_diagnosis_counts_and_of_one_day_the_smallest_code(
    clinic: TextBench,
) -> None:
    diagnosed(clinic, "F32 | primary | 2025-01-01", "F40.1 | primary | 2025-01-02")
    clinic.expect("int_episode_descriptors", f"{HEAD}\n social_anxiety | ors")
    clinic.restart()
    diagnosed(clinic, "F40.1 | primary | 2025-01-02", "F32 | primary | 2025-01-02")
    clinic.expect("int_episode_descriptors", f"{HEAD}\n depression | gad7")


def test_a_secondary_diagnosis_is_none(clinic: TextBench) -> None:
    diagnosed(clinic, "F40.1 | secondary | 2025-01-01")
    clinic.expect("int_episode_descriptors", f"{HEAD}\n none_recorded | gad7")
