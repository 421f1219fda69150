"""The policies of disclosure: what each lists for whom, and which files are refused."""

from pathlib import Path

import pytest

from pipelines.errors import ContractError, UsageError
from pipelines.reporting.figures.disclosure import (
    POLICY_FOLDER,
    PUBLIC_LEVELS,
    load_policies,
    policy_table,
    read_policy,
)


def test_every_policy_says_where_it_comes_from() -> None:
    assert set(load_policies()) == {
        *("auditor", "internal", "therapist", "nhs_england", "cms", "opensafely"),
    }
    assert all(policy.source and policy.does_not_do for policy in load_policies().values())


def test_the_policy_table_shows_single_people_inside_and_over_twelve_months_only() -> None:
    rows = policy_table().rows(named=True)
    shown = {
        (row["audience"], row["period_kind"])
        for row in rows
        if row["table_name"] == "pub_outcomes" and row["level"] in ("therapist", "group")
    }
    assert shown == {("director", "rolling_12m"), ("therapist", "rolling_12m")}


def test_a_therapist_gets_no_level_that_holds_a_colleagues_clients() -> None:
    rows = [row for row in policy_table().rows(named=True) if row["audience"] == "therapist"]
    assert {row["level"] for row in rows} == {"therapist", "group"}


def test_an_auditor_gets_no_outcome() -> None:
    rows = [row for row in policy_table().rows(named=True) if row["audience"] == "auditor"]
    assert {row["table_name"] for row in rows} == {
        *("pub_licences", "pub_consents", "pub_safety", "pub_subjects"),
        *("pub_deliveries", "pub_rule_results"),
    }


def test_the_public_gets_no_month_no_person_and_no_delivery() -> None:
    rows = [row for row in policy_table().rows(named=True) if row["audience"] == "public"]
    assert {row["level"] for row in rows} == {"clinic", "programme"}
    assert "month" not in {row["period_kind"] for row in rows}
    assert {row["table_name"] for row in rows} == {"pub_counts", "pub_statements", "pub_subjects"}
    # Periods that overlap give away their ends by subtraction.
    assert {row["period_kind"] for row in rows} == {"year", "all"}


def test_the_public_gets_only_levels_of_clients_who_agreed() -> None:
    for policy in ("nhs_england", "cms", "opensafely"):
        levels = {
            (row["audience"], row["mart_level"], row["level"])
            for row in policy_table(public_policy=policy).rows(named=True)
        }
        assert {found[1:] for found in levels if found[0] == "public"} <= set(PUBLIC_LEVELS.items())
        assert all(found[1] == found[2] for found in levels if found[0] == "director")


@pytest.mark.parametrize(
    ("policy", "text", "wrong", "message"),
    [
        ("cms", "public_programme: [year", "programme: [year", "pub_counts: programme is not for"),
        ("cms", "public_programme: [year", "public_programme: [quarter, year", "quarter overlaps"),
        ("cms", "public_programme: [year", "public_programme: [rolling_12m", "rolling_12m overlaps"),
        ("cms", "public_clinic: [all]", "group: [all]", "pub_subjects: group is not for the public"),
        ("cms", "pub_statements:", "pub_activity:", "pub_activity is not for the public"),
        ("cms", "pub_statements:", "pub_claims:", "pub_claims is not for the public"),
        ("cms", "pub_statements:", "pub_deliveries:", "pub_deliveries is not for the public"),
        ("internal", "group: [all]", "public_clinic: [all]", "public_clinic is for the public alone"),
    ],
)  # fmt: skip
def test_a_policy_that_shows_the_public_everybody_is_refused(
    tmp_path: Path, policy: str, text: str, wrong: str, message: str
) -> None:
    content = (POLICY_FOLDER / f"{policy}.yaml").read_text(encoding="utf-8")
    path = tmp_path / f"{policy}.yaml"
    path.write_text(content.replace(text, wrong), encoding="utf-8")
    with pytest.raises(ContractError, match=message):
        read_policy(path)


def test_an_unknown_public_policy_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UsageError, match="cms or nhs_england or opensafely"):
        policy_table(public_policy="internal")


def test_a_wrong_policy_file_lists_everything_that_is_wrong(tmp_path: Path) -> None:
    text = (POLICY_FOLDER / "internal.yaml").read_text(encoding="utf-8")
    path = tmp_path / "other.yaml"
    path.write_text(
        text.replace("hide_zero: false", "hide_zero: perhaps").replace(
            "clinic: [all]", "ward: [all]"
        ),
        encoding="utf-8",
    )
    with pytest.raises(
        ContractError, match=r"policy_id differs.*hide_zero is not.*unknown level ward"
    ):
        read_policy(path)
