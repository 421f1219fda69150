"""The thirteen domains of success and whose word counts in each."""

from tests.sql.text_tables import TextBench


def test_there_are_thirteen_domains_and_the_client_speaks_in_every_one(clinic: TextBench) -> None:
    rows = clinic.rows("int_domain_voices")
    domains = {row["domain"] for row in rows}
    assert len(domains) == 13
    assert {row["domain"] for row in rows if row["respondent"] == "client"} == domains
    assert domains.isdisjoint({"safety", "experience"})


def test_others_speak_for_the_family_and_the_child_alone(clinic: TextBench) -> None:
    clinic.expect(
        "int_domain_voices",
        """
        respondent | precedence
        client     | 1
        parent     | 2
        partner    | 4
        teacher    | 3
        """,
        domain="family_child",
    )
    others = {row["domain"] for row in clinic.rows("int_domain_voices") if row["precedence"] > 1}
    assert others == {"family_child"}


def test_every_domain_has_a_place_of_its_own(clinic: TextBench) -> None:
    places = {(row["position"], row["domain"]) for row in clinic.rows("int_domain_voices")}
    assert sorted(position for position, _ in places) == list(range(1, 14))
