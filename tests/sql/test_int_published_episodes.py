"""Which courses may count on a public page: both sides of each day, and of each consent."""

from datetime import date

import pytest

from tests.sql.text_tables import TextBench

# What the benches judge by: the last delivery.
AS_OF_ON = date(2025, 12, 31)
PUBLIC, DISCLOSURE = "public_reporting", "substance_use_disclosure"


def is_published(clinic: TextBench, *consents: str, track: str = "depression") -> bool:
    """Whether the course of a client counts who said this: `scope given_on withdrawn_on`."""
    rows = [f"c1 | {' | '.join((*one.split(), '')[:3])}" for one in consents]
    clinic.given(
        stg_programmes=f"programme_id | track\n p1 | {track}",
        stg_episodes="episode_id\n e1",
        stg_consents="\n".join(["client_id | scope | given_on | withdrawn_on", *rows]),
    )
    return [row["episode_key"] for row in clinic.rows("int_published_episodes")] == ["e1"]


def test_no_episodes(clinic: TextBench) -> None:
    assert clinic.rows("int_published_episodes") == []


@pytest.mark.parametrize("scope", ["treatment", "research", DISCLOSURE])
def test_other_consents_do_not_count(clinic: TextBench, scope: str) -> None:
    assert not is_published(clinic, f"{scope} 2025-01-01")


def test_without_consents_nobody_is_published(clinic: TextBench) -> None:
    assert not is_published(clinic)


def test_another_clients_consent_is_not_theirs(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id\n p1",
        stg_episodes="episode_id | client_id\n e1 | c1\n e2 | c2\n e3 | c2",
        stg_consents="client_id\n c2",
    )
    clinic.expect("int_published_episodes", "episode_key\n e2\n e3")


@pytest.mark.parametrize(
    ("given_on", "expected"),
    [("2025-12-30", True), ("2025-12-31", True), ("2026-01-01", False)],
)
def test_a_consent_counts_from_the_day_on_which_it_was_given(
    clinic: TextBench, given_on: str, expected: bool
) -> None:
    assert clinic.parameters["as_of_on"] == AS_OF_ON
    assert is_published(clinic, f"{PUBLIC} {given_on}") == expected


@pytest.mark.parametrize(
    ("withdrawn_on", "expected"),
    [("2025-12-30", False), ("2025-12-31", False), ("2026-01-01", True)],
)
def test_a_consent_no_longer_counts_on_the_day_of_its_withdrawal(
    clinic: TextBench, withdrawn_on: str, expected: bool
) -> None:
    assert is_published(clinic, f"{PUBLIC} 2025-01-01 {withdrawn_on}") == expected


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        # Given anew after the withdrawal, on its day, and before it.
        ("2025-01-01 2025-03-01", "2025-03-02", True),
        ("2025-01-01 2025-03-01", "2025-03-01", True),
        ("2025-01-01 2025-03-01", "2025-02-28", False),
        # The newer one was withdrawn: so was what stood before it.
        ("2025-01-01", "2025-03-01 2025-04-01", False),
        # Withdrawn on the day on which it was given.
        ("2025-01-01 2025-03-01", "2025-04-01 2025-04-01", False),
        ("2025-01-01 2025-03-01", "2025-12-31 2025-12-31", False),
        # Given anew only after the last delivery.
        ("2025-01-01 2025-03-01", "2026-01-01", False),
        # Withdrawn only after the last delivery.
        ("2025-01-01 2026-01-01", "2025-03-01", True),
        ("2025-01-01", "2025-03-01", True),
    ],
)
def test_of_two_consents_the_last_word_counts(
    clinic: TextBench, one: str, other: str, expected: bool
) -> None:
    assert is_published(clinic, f"{PUBLIC} {one}", f"{PUBLIC} {other}") == expected


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        ([f"{PUBLIC} 2025-01-01"], False),
        ([f"{DISCLOSURE} 2025-01-01"], False),
        ([f"{PUBLIC} 2025-01-01", f"{DISCLOSURE} 2025-12-31"], True),
        ([f"{PUBLIC} 2025-01-01", f"{DISCLOSURE} 2026-01-01"], False),
        ([f"{PUBLIC} 2025-01-01", f"{DISCLOSURE} 2025-01-01 2025-12-31"], False),
        ([f"{PUBLIC} 2025-01-01", f"{DISCLOSURE} 2025-01-01 2026-01-01"], True),
        ([f"{PUBLIC} 2025-01-01 2025-12-31", f"{DISCLOSURE} 2025-01-01"], False),
    ],
)
def test_substance_use_needs_the_disclosure_too(
    clinic: TextBench, consents: list[str], expected: bool
) -> None:
    assert is_published(clinic, *consents, track="substance_use") == expected


def test_a_course_without_a_programme_needs_no_disclosure(clinic: TextBench) -> None:
    clinic.given(stg_episodes="episode_id\n e1", stg_consents="client_id\n c1")
    clinic.expect("int_published_episodes", "episode_key\n e1")


def test_substance_use_leaves_the_clients_other_courses_alone(clinic: TextBench) -> None:
    clinic.given(
        stg_programmes="programme_id | track\n p1 | substance_use\n p2 | grief",
        stg_episodes="episode_id | programme_id\n e1 | p1\n e2 | p2",
        stg_consents="client_id\n c1",
    )
    clinic.expect("int_published_episodes", "episode_key\n e2")
