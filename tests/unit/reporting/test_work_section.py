"""The working relationship, groups and what clients said, from staged rows to the page."""

from collections.abc import Iterator
from datetime import date, timedelta

import pytest

from pipelines.reporting.figures.disclosure import policy_table
from pipelines.reporting.model import Cell, Section, Table
from pipelines.reporting.pages.view_model import build_report
from pipelines.warehouse.model_file import load_models
from tests.builders import Bench
from tests.property.process_clinics import process_references
from tests.table_rows import Row, complete_row
from tests.unit.reporting.made_up_courses import Settings

MONTH = date(2025, 6, 1)
FIRST_SESSION = date(2025, 6, 2)
OWN_TABLES = (
    *("pub_alliance", "pub_alliance_coverage", "pub_cohesion"),
    *("pub_experience", "pub_group_process", "pub_verdicts"),
)
READ_TABLES = sorted(name for name in load_models() if name.startswith("pub_"))
FILLED = (
    *("stg_groups", "stg_memberships", "stg_episodes", "stg_sessions", "stg_attendances"),
    "stg_responses",
)


@pytest.fixture(scope="module")
def engine() -> Iterator[Bench]:
    """Every table that a report reads, without a row: making them all costs more than a test."""
    made = Bench()
    made.fill("ref_disclosure_policies", policy_table().to_dicts())
    asked = {"instruments": ["csq8", "pgi_c", "srs"]}
    made.fill(
        "stg_programmes",
        [{"programme_id": "p1", "name": "Skills", "modality": "group", **asked}],
    )
    for table in READ_TABLES:
        made.build(table)
    yield made
    made.close()


@pytest.fixture
def bench(engine: Bench) -> Bench:
    """A clinic without a row that knows the instruments of the work and every policy."""
    for table, rows in process_references().items():
        engine.fill(table, rows)
    for table in FILLED:
        engine.fill(table, [])
    engine.restart()
    return engine


def fill(bench: Bench, *, courses: int, group_members: int = 0) -> None:
    """Courses of four sessions that ended in June, all rated; a closed group of some of them."""
    days = [FIRST_SESSION + timedelta(days=7 * week) for week in range(4)]
    episodes: list[Row] = []
    sessions: list[Row] = []
    attendances: list[Row] = []
    responses: list[Row] = []
    for number in range(courses):
        who = {"client_id": f"c{number}", "episode_id": f"e{number}"}
        episodes.append({**who, "ended_on": date(2025, 6, 30)})
        for week, day in enumerate(days):
            session_id = f"s{number}-{week}"
            sessions.append(
                {"session_id": session_id, "episode_id": f"e{number}", "scheduled_on": day}
            )
            attendances.append({"session_id": session_id, "client_id": f"c{number}"})
        rated = (("srs", days[2], 38), ("srs", days[3], 35 if number == 0 else 39))
        said = (("csq8", days[3], 28), ("pgi_c", days[3], 2 if number else 5))
        for instrument_id, day, points in (*rated, *said):
            responses.append(
                {
                    **who,
                    "response_id": f"r{len(responses)}",
                    "instrument_id": instrument_id,
                    "administered_on": day,
                    "total_score": points,
                }
            )
    for week, day in enumerate(days if group_members else []):
        sessions.append({"session_id": f"g-{week}", "group_id": "g1", "scheduled_on": day})
        for number in range(group_members):
            status = "no_show" if (week, number) == (0, 1) else "attended"
            row = {"session_id": f"g-{week}", "client_id": f"c{number}", "status": status}
            attendances.append(row)
            responses.append(
                {
                    "client_id": f"c{number}",
                    "session_id": f"g-{week}",
                    "response_id": f"r{len(responses)}",
                    "instrument_id": "gsrs",
                    "administered_on": day,
                    "total_score": 36 - week,
                }
            )
    if group_members:
        group = {"group_id": "g1", "name": "Quiet Meadow", "enrolment": "closed"}
        bench.fill("stg_groups", [{**group, "starts_on": FIRST_SESSION, "co_therapist_id": "t2"}])
        bench.fill(
            "stg_memberships",
            [
                {
                    "group_id": "g1",
                    "client_id": f"c{number}",
                    "episode_id": f"e{number}",
                    "joined_on": date(2025, 6, 1),
                    "left_on": date(2025, 6, 30),
                }
                for number in range(group_members)
            ],
        )
    bench.fill("stg_episodes", episodes)
    bench.fill("stg_sessions", sessions)
    bench.fill("stg_attendances", attendances)
    bench.fill("stg_responses", responses)


def add(bench: Bench, table: str, rows: list[Row]) -> None:
    """More rows of a table that has some."""
    for row in rows:
        full = complete_row(table, row)
        marks = ", ".join("?" * len(full))
        bench.connection.execute(
            f"insert into {table} ({', '.join(full)}) values ({marks})", list(full.values())
        )


def work(bench: Bench, audience: str = "director") -> Section | None:
    """The section of June's report."""
    for table in ("pub_subjects", *OWN_TABLES):
        bench.build(table)
    report = build_report(
        bench.connection, month=MONTH, audience=audience, settings=Settings(), provenance={}
    )
    return next((one for one in report.sections if one.section_id == "work"), None)


def tables(section: Section | None) -> dict[str, Table]:
    assert section is not None
    return {table.table_id: table for part in section.parts for table in part.tables}


def words(section: Section | None) -> str:
    assert section is not None
    text = " ".join(text for part in section.parts for text in part.paragraphs)
    return text.replace("\u00a0", " ")


def cells(table: Table, place: int = 0) -> dict[str, Cell]:
    names = [column.key for column in table.columns]
    return dict(zip(names, table.rows[place].cells, strict=True))


def test_nothing_recorded_has_no_section(bench: Bench) -> None:
    assert work(bench) is None


def test_the_tables_are_the_directors_alone(bench: Bench) -> None:
    fill(bench, courses=6, group_members=3)
    assert work(bench, "public") is None
    for table in OWN_TABLES:
        query = f"select distinct audience from {table} where level <> 'therapist'"
        assert ("public",) not in bench.connection.execute(query).fetchall()
        query = f"select count(*) from {table} where audience = 'director'"
        assert bench.connection.execute(query).fetchall() != [(0,)]


def test_a_therapists_figures_are_for_that_therapist_alone(bench: Bench) -> None:
    fill(bench, courses=6, group_members=3)
    work(bench)
    for table in OWN_TABLES:
        query = (
            f"select count(*) from {table} where level = 'therapist' and audience <> 'therapist'"
        )
        assert bench.connection.execute(query).fetchall() == [(0,)]


def test_five_courses_have_a_rate_and_a_mean(bench: Bench) -> None:
    fill(bench, courses=5)
    section = work(bench)
    assert "in 5 of 5 that reached session 3 the client rated the working" in words(section)
    assert "in sessions 3 to 5 (100 %)" in words(section)
    row = cells(tables(section)["work-alliance"])
    assert row["measure"] == Cell("SRS", "SRS", "from 0 to 40")
    assert (row["rated"].value, row["first"].text, row["last"].text) == (5, "38.0", "38.2")
    assert row["last"].small == "36.0 to 40.4"
    # The norm of clients has an SD of 1.5, and one of the five fell by 3.
    assert (row["fell"].value, row["with_alert"].value) == (0.2, 0.2)
    assert row["fell"].small.endswith("1 of 5; SD 1.5, published")
    assert "severe ceiling effect" in words(section)
    # What an alert is, by the cut-off of the catalogue, and that it is no result.
    assert "beyond the cut-off that the measure’s source names: SRS under 36." in words(section)
    assert "prompts therapist and client to talk about their work, and is no result" in (
        words(section)
    )


def test_four_courses_have_counts_and_the_words_too_few(bench: Bench) -> None:
    fill(bench, courses=4)
    section = work(bench)
    assert "only 4 reached session 3; in 4 of them the client rated" in words(section)
    row = cells(tables(section)["work-alliance"])
    assert row["first"].reason == row["fell"].reason == "too_few_pairs_for_rate"
    assert (row["fell"].text, row["first"].value) == ("1 of 4", None)


def test_without_a_spread_or_an_alert_the_cell_says_so(bench: Bench) -> None:
    fill(bench, courses=5)
    bench.fill("ref_norms", [])
    bench.fill("ref_thresholds", [])
    section = work(bench)
    row = cells(tables(section)["work-alliance"])
    assert (row["fell"].text, row["with_alert"].text) == ("no known spread", "no published cut-off")
    assert "beyond the cut-off" not in words(section)


@pytest.mark.parametrize(("rate", "is_said"), [(0.5, False), (0.500001, True), (None, False)])
def test_a_cut_off_that_most_courses_cross_is_told_as_a_level(
    bench: Bench, rate: float | None, is_said: bool
) -> None:
    fill(bench, courses=5)
    bench.build("pub_alliance")
    bench.connection.execute(
        "update pub_alliance set with_alert_rate = ? where with_alert_rate is not null", [rate]
    )
    said = words(work(bench))
    assert ("What most courses have is the level of ratings here, and no alarm" in said) == is_said


def test_a_group_is_shown_with_its_member_months(bench: Bench) -> None:
    fill(bench, courses=3, group_members=3)
    section = work(bench)
    assert "1 group ran in" in words(section)
    assert "11 of 12 expected places were filled (92 %)" in words(section)
    row = cells(tables(section)["work-groups"])
    assert (row["name"].text, row["kind"].text, row["kind"].small) == (
        "Quiet Meadow",
        "closed",
        "two therapists",
    )
    assert (row["members"].value, row["member_months"].value, row["held"].value) == (3, 2.9, 4)
    assert row["attended"].text == "92\u00a0%"
    # Four sessions and three stays are too few for means.
    assert row["size"].text == "–"
    assert (row["moves"].text, row["moves"].small) == ("3, 3", "")
    cohesion = cells(tables(section)["work-cohesion"])
    # Twelve ratings, but of three people.
    assert (cohesion["measure"].text, cohesion["mean"].text) == ("GSRS", "–")
    assert (cohesion["below"].text, cohesion["ratings"].value) == ("9 of 9", 12)


@pytest.mark.parametrize(
    ("names", "said"),
    [(("Ada", "Bo"), "led by Ada and Bo"), (("Ada",), "two therapists"), ((), "two therapists")],
)
def test_two_therapists_of_a_group_are_named_where_both_are_known(
    bench: Bench, names: tuple[str, ...], said: str
) -> None:
    fill(bench, courses=3, group_members=3)
    bench.connection.execute("update stg_groups set lead_therapist_id = 't1'")
    known = zip(("t1", "t2"), names, strict=False)
    bench.fill(
        "stg_therapists", [{"therapist_id": key, "display_name": name} for key, name in known]
    )
    found = work(bench)
    bench.fill("stg_therapists", [])
    assert cells(tables(found)["work-groups"])["kind"].small == said


@pytest.mark.parametrize("is_known", [True, False])
def test_who_leads_a_group_alone_is_named_too(bench: Bench, is_known: bool) -> None:
    fill(bench, courses=3, group_members=3)
    bench.connection.execute(
        "update stg_groups set lead_therapist_id = 't1', co_therapist_id = null"
    )
    names = [{"therapist_id": "t1", "display_name": "Ada"}] if is_known else []
    bench.fill("stg_therapists", names)
    found = work(bench)
    bench.fill("stg_therapists", [])
    assert cells(tables(found)["work-groups"])["kind"].small == ("led by Ada" if is_known else "")


@pytest.mark.parametrize(("members", "is_shown"), [(4, False), (5, True)])
def test_cohesion_is_of_people_and_not_of_ratings(
    bench: Bench, members: int, is_shown: bool
) -> None:
    fill(bench, courses=members, group_members=members)
    cohesion = cells(tables(work(bench))["work-cohesion"])
    n = 3 * members
    assert cohesion["mean"].text == ("34.5" if is_shown else "–")
    assert cohesion["mean"].small.startswith("spread" if is_shown else "too few")
    assert cohesion["below"].text == ("100\u00a0%" if is_shown else f"{n} of {n}")


def test_a_spread_needs_ratings_that_are_free(bench: Bench) -> None:
    # Of five people, but never two of them at one session.
    fill(bench, courses=5, group_members=5)
    bench.connection.execute(
        "delete from stg_responses where session_id is not null"
        " and client_id not in (select 'c' || right(session_id, 1))"
    )
    bench.connection.execute(
        "insert into stg_responses by name select * replace ('c4' as client_id,"
        " 'c4' as client_key, 'r999' as response_id, 'r999' as response_key)"
        " from stg_responses where session_id = 'g-3'"
    )
    cohesion = cells(tables(work(bench))["work-cohesion"])
    assert (cohesion["mean"].text, cohesion["mean"].small) == ("34.5", "")


def test_groups_stand_in_the_order_of_their_names(bench: Bench) -> None:
    fill(bench, courses=2, group_members=2)
    names = ("Warm Grove", "calm Ridge", "Open Valley")
    bench.fill(
        "stg_groups",
        [
            {"group_id": f"g{number}", "name": name, "starts_on": FIRST_SESSION}
            for number, name in enumerate(names)
        ],
    )
    met = [
        {"session_id": f"{name}-0", "group_id": name, "scheduled_on": FIRST_SESSION}
        for name in ("g0", "g2")
    ]
    add(bench, "stg_sessions", met)
    found = tables(work(bench))["work-groups"]
    assert [row.cells[0].text for row in found.rows] == [
        "calm Ridge",
        "Open Valley",
        "Warm Grove",
        "All groups",
    ]
    assert found.rows[-1].is_total


@pytest.mark.parametrize(
    ("courses", "answered", "text"),
    # 28 of 40 are 70 %; 27 are the next below. All who answered said much improved.
    [(40, 28, "100 %"), (40, 27, "68 % to 100 % of all meant to be asked")],
)
def test_under_seventy_percent_answered_the_bounds_lead(
    bench: Bench, courses: int, answered: int, text: str
) -> None:
    fill(bench, courses=courses)
    said = "delete from stg_responses where instrument_id = 'pgi_c' and client_id in "
    silent = ", ".join(f"'c{number}'" for number in range(answered, courses))
    bench.connection.execute(f"{said} ({silent})")
    bench.connection.execute(
        "update stg_responses set total_score = 2 where instrument_id = 'pgi_c'"
    )
    rows = {row.cells[0].text: row.cells for row in tables(work(bench))["work-experience"].rows}
    met = rows["PGI-C"][3]
    assert met.text.replace("\u00a0", " ") == text
    small = met.small.replace("\u00a0", " ")
    if answered == 28:
        assert small.endswith("28 of 28; 70 % to 100 % of all meant to be asked")
    else:
        assert small.startswith("100 % of those who answered: ")
        assert "27 of 27" in small


def test_where_no_programme_lists_a_measure_there_is_no_share_who_answered(bench: Bench) -> None:
    fill(bench, courses=40)
    bench.connection.execute("update stg_episodes set programme_id = 'unknown'")
    rows = {row.cells[0].text: row.cells for row in tables(work(bench))["work-experience"].rows}
    for name in ("CSQ-8", "PGI-C"):
        rated = rows[name][1]
        assert (rated.text, rated.small) == (
            "40 answered",
            "nobody knows who was meant to be asked",
        )
    met = rows["PGI-C"][3]
    assert "39 of 40" in met.small
    assert "meant to be asked" not in f"{met.text} {met.small}"


def test_who_answered_without_being_meant_to_is_in_no_share(bench: Bench) -> None:
    fill(bench, courses=40)
    bench.connection.execute("delete from stg_responses where client_id = 'c1'")
    bench.connection.execute(
        "update stg_episodes set programme_id = 'unknown' where client_id in ('c2', 'c3')"
    )
    rows = {row.cells[0].text: row.cells for row in tables(work(bench))["work-experience"].rows}
    rated, met = rows["PGI-C"][1], rows["PGI-C"][3]
    assert rated.small == "37 of 38; 2 more answered elsewhere"
    assert "38 of 39" in met.small
    # 36 of 38 met the rule, and one of them is silent.
    assert met.small.replace("\u00a0", " ").endswith("95 % to 97 % of all meant to be asked")


def test_of_others_than_the_client_only_the_number_of_answers_is_said(bench: Bench) -> None:
    fill(bench, courses=6)
    bench.connection.execute(
        "update stg_responses set respondent = 'parent' where instrument_id = 'pgi_c'"
    )
    rows = {row.cells[0].text: row.cells for row in tables(work(bench))["work-experience"].rows}
    rated, met = rows["PGI-C, by the parent"][1], rows["PGI-C, by the parent"][3]
    assert (rated.text, rated.value) == ("6 answered", 6)
    assert "of all meant to be asked" not in met.small


@pytest.mark.parametrize("has_rule", [True, False])
def test_whose_ratings_the_rule_of_a_verdict_was_published_for_is_said(
    bench: Bench, has_rule: bool
) -> None:
    fill(bench, courses=6)
    if not has_rule:
        bench.fill("ref_thresholds", [])
    note = tables(work(bench))["work-experience"].note
    assert ("clinicians’ ratings (CGI-I)" in note) is has_rule


def test_the_verdict_has_its_bounds_and_every_step(bench: Bench) -> None:
    fill(bench, courses=6)
    bench.connection.execute("delete from stg_responses where client_id = 'c5'")
    found = tables(work(bench))
    rows = {row.cells[0].text: row.cells for row in found["work-experience"].rows}
    assert rows["CSQ-8"][2].text == "28.0"
    assert rows["PGI-C"][2].text == "–"
    met = rows["PGI-C"][3]
    assert met.text == "80\u00a0%"
    assert "4 of 5" in met.small
    assert met.small.endswith("67\u00a0% to 83\u00a0% of all meant to be asked")
    steps = [cell.value for cell in found["work-verdicts"].rows[0].cells[1:]]
    assert steps == [0, 4, 0, 0, 1, 0, 0]
