"""What may be said: the gate before a claim, and the section that tells it."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from pipelines.reporting.context import Context
from pipelines.reporting.figures.disclosure import policy_table
from pipelines.reporting.figures.figures import MONTH, ROLLING
from pipelines.reporting.figures.figures_reading import read_figures
from pipelines.reporting.figures.windows import window
from pipelines.reporting.model import Section
from pipelines.reporting.sections.claims_section import claims_section, newest_end
from pipelines.reporting.sentences import Minimums
from pipelines.reporting.wording import load_wording
from tests.builders import Bench
from tests.table_rows import Row
from tests.unit.reporting.made_up_courses import Settings
from tests.unit.reporting.mart_tables import section_tables

FIRST_SESSION = date(2025, 1, 6)
REPORT_MONTH = date(2025, 11, 1)
READ_TABLES = (
    *("pub_subjects", "pub_outcomes", "pub_activity", "pub_completeness", "pub_recovery"),
    *("pub_started", "pub_deliveries", "pub_quarantine", "pub_warnings", "pub_outcome_rules"),
)
FILLED = ("stg_episodes", "stg_sessions", "stg_attendances", "stg_responses", "stg_consents")
SENTENCE = "{n_met} of {n_measured} of {n_due}: {met_percent}"


@pytest.fixture(scope="module")
def engine() -> Iterator[Bench]:
    """Every table that a report reads, without a row: making them all costs more than a test."""
    made = Bench()
    for table in READ_TABLES:
        made.build(table)
    for table, columns in section_tables().items():
        made.connection.execute(f"create table if not exists {table} ({columns})")
    yield made
    made.close()


@pytest.fixture
def bench(engine: Bench) -> Bench:
    """A clinic without a row."""
    for table in FILLED:
        engine.fill(table, [])
    return engine


def fill(bench: Bench, *, courses: int, measured: int, better: int, worse: int = 0) -> None:
    """Courses of one day; some have a second score, which is better, worse or the same."""
    clients = [f"c{number:03}" for number in range(courses)]
    rows: dict[str, list[Row]] = {table: [] for table in FILLED}
    for number, client in enumerate(clients):
        who = {"client_id": client, "episode_id": f"e{client}"}
        rows["stg_consents"].append({"client_id": client})
        rows["stg_episodes"].append({**who, "ended_on": date(2025, 8, 31)})
        for week in (0, 1):
            session_id, day = f"s{client}-{week}", FIRST_SESSION + timedelta(days=7 * week)
            session = {"session_id": session_id, "episode_id": f"e{client}", "scheduled_on": day}
            rows["stg_sessions"].append(session)
            rows["stg_attendances"].append({"session_id": session_id, "client_id": client})
        change = 0 if number >= better + worse else -8 if number < better else 8
        scores = [(0, 15), (56, 15 + change)] if number < measured else [(0, 15)]
        for day, points in scores:
            rows["stg_responses"].append(
                {
                    **who,
                    "response_id": f"r{client}-{day}",
                    "administered_on": FIRST_SESSION + timedelta(days=day),
                    "total_score": points,
                }
            )
    for table, found in rows.items():
        bench.fill(table, found)


def publish(bench: Bench, **claim: Any) -> None:
    """Make the published claims."""
    bench.fill(
        "ref_claims",
        [{"claim_id": "half", "period_kind": "rolling_12m", "sentence": SENTENCE, **claim}],
    )
    bench.fill("ref_disclosure_policies", policy_table().to_dicts())
    bench.restart()
    bench.build("pub_claims")


def section(bench: Bench, audience: str = "director", month: date = REPORT_MONTH) -> Section | None:
    """The section of a month."""
    figures = read_figures(bench.connection, month=month, audience=audience)
    words = load_wording("en")
    return claims_section(
        Context(
            figures=figures,
            words=words,
            minimums=Minimums(rate=5, comparison=30),
            headline=window(figures, ROLLING, words),
            period=window(figures, MONTH, words),
            year=window(figures, ROLLING, words),
            measures=(),
            comparisons={},
            settings=Settings(),
            provenance={},
            routine=(),
        )
    )


def cells(found: Section) -> dict[str, str]:
    """The one row of the table by column."""
    (table,) = found.tables
    (row,) = table.rows
    keys = [column.key for column in table.columns]
    return {
        key: f"{cell.text} {cell.small}".strip().replace("\xa0", " ")
        for key, cell in zip(keys, row.cells, strict=True)
    }


def test_without_a_claim_there_is_no_section(bench: Bench) -> None:
    bench.fill("ref_claims", [])
    bench.fill("ref_disclosure_policies", policy_table().to_dicts())
    bench.restart()
    bench.build("pub_claims")
    assert section(bench) is None


def test_the_section_tells_flow_bounds_verdict_and_sentence(bench: Bench) -> None:
    fill(bench, courses=40, measured=32, better=24, worse=2)
    publish(bench)
    found = section(bench)
    assert found is not None
    shown = cells(found)
    assert shown["measured"] == "80 % 32 of 40"
    assert shown["met"].startswith("75 %")
    assert shown["bounds"] == "60 % to 80 %"
    # 2 of 32 are 6.25 %: what speaks against a claim is rounded up.
    assert shown["worse"].startswith("7 %")
    assert shown["verdict"] == "May be published"
    (definition,) = found.definitions
    assert definition.term == "May be published: “Half got better.”"
    assert definition.text == "What may be said: 24 of 32 of 40: 75"
    assert shown["worse_bound"] == "at most 25 %"


def test_without_a_sentence_the_flow_is_told(bench: Bench) -> None:
    fill(bench, courses=40, measured=32, better=24, worse=2)
    publish(bench, minimum_pairs=33)
    found = section(bench)
    assert found is not None
    assert found.definitions[0].text == (
        "Why: too few were measured."
        " 40 were referred, 40 began (some perhaps referred earlier), 40 are due and count,"
        " 32 were measured."
    )


def test_the_table_rounds_against_the_claim_as_its_sentence_does(bench: Bench) -> None:
    fill(bench, courses=41, measured=38, better=25, worse=2)
    text = "{met_percent} {lower_percent}-{upper_percent} {deteriorated_percent} {worst_percent} {best_percent} {worse_worst_percent} {pair_percent}"  # fmt: skip
    publish(bench, sentence=text)
    found = section(bench)
    assert found is not None
    shown = cells(found)
    # 25 of 38 are 65.8 %, 2 are 5.3 %; 25, 28 and 5 of 41 are 60.97, 68.3 and 12.2 %.
    met, limits, worse, worst, best, worse_worst, pairs = found.definitions[0].text.split()[-7:]
    assert (met, worse, worst, best, worse_worst) == ("65", "6", "60", "69", "13")
    lower, upper = limits.split("-")
    assert shown["met"] == f"65 % {lower}–{upper} %; 25 of 38"
    assert shown["worse"].startswith("6 %")
    assert shown["bounds"] == "60 % to 69 %"
    assert shown["worse_bound"] == "at most 13 %"
    assert shown["measured"] == f"{pairs} % 38 of 41" == "92 % 38 of 41"


def test_a_claim_that_the_worst_bound_contradicts_is_refused_with_the_reason(
    bench: Bench,
) -> None:
    fill(bench, courses=40, measured=32, better=19)
    publish(bench)
    found = section(bench)
    assert found is not None
    (definition,) = found.definitions
    assert definition.term == "May not be published: “Half got better.”"
    assert definition.text.startswith(
        "Why: the true share may be below the claim, as those without a score may not have met the rule."
    )


@pytest.mark.parametrize(("measured", "has_rate"), [(4, False), (5, True)])
def test_few_pairs_have_no_rate(bench: Bench, measured: int, has_rate: bool) -> None:
    fill(bench, courses=40, measured=measured, better=2)
    publish(bench)
    found = section(bench)
    assert found is not None
    shown = cells(found)
    assert ("too few" in shown["met"]) is not has_rate


@pytest.mark.parametrize(
    ("month", "is_closed"), [(date(2025, 3, 1), False), (date(2025, 4, 1), True)]
)
def test_a_window_counts_once_it_has_closed(bench: Bench, month: date, is_closed: bool) -> None:
    # January's last start has had day 70 on 11 April.
    fill(bench, courses=40, measured=32, better=24)
    publish(bench)
    found = section(bench, month=month)
    assert found is not None
    assert bool(found.tables) is is_closed


def test_a_public_page_has_no_claims(bench: Bench) -> None:
    fill(bench, courses=100, measured=80, better=50, worse=20)
    publish(bench)
    assert section(bench, audience="public") is None
    shown = bench.connection.execute("select distinct audience from pub_claims").fetchall()
    assert shown == [("director",)]


def test_the_newest_closed_window_counts_by_its_date_alone(bench: Bench) -> None:
    # Over a year later the newest closed window holds nobody: the older ones are not picked.
    fill(bench, courses=40, measured=32, better=24)
    publish(bench)
    found = section(bench, month=date(2026, 5, 1))
    assert found is not None
    assert not found.tables


@pytest.mark.parametrize(
    ("kind", "day", "end_on"),
    [
        ("rolling_12m", date(2025, 3, 30), date(2025, 2, 28)),
        ("rolling_12m", date(2025, 3, 31), date(2025, 3, 31)),
        ("quarter", date(2025, 6, 29), date(2025, 3, 31)),
        ("quarter", date(2025, 6, 30), date(2025, 6, 30)),
        ("year", date(2025, 12, 30), date(2024, 12, 31)),
        ("year", date(2025, 12, 31), date(2025, 12, 31)),
    ],
)
def test_the_newest_end_of_a_kind_of_window(kind: str, day: date, end_on: date) -> None:
    assert newest_end(kind, day) == end_on


def test_the_director_sees_a_row_in_which_somebody_recovered_and_got_worse(bench: Bench) -> None:
    # Below both thresholds at the end, and yet reliably worse on the second measure.
    fill(bench, courses=40, measured=40, better=40)
    anxiety = [
        {
            "client_id": f"c{number:03}",
            "episode_id": f"ec{number:03}",
            "response_id": f"a{number}-{day}",
            "instrument_id": "gad7",
            "administered_on": FIRST_SESSION + timedelta(days=day),
            "total_score": points,
        }
        for number in range(40)
        for day, points in ((0, 2), (56, 7))
    ]
    depression = [
        {
            "client_id": f"c{number:03}",
            "episode_id": f"ec{number:03}",
            "response_id": f"d{number}-{day}",
            "administered_on": FIRST_SESSION + timedelta(days=day),
            "total_score": points,
        }
        for number in range(40)
        for day, points in ((0, 10), (56, 9))
    ]
    bench.fill("stg_responses", [*anxiety, *depression])
    publish(bench, rule_kind="recovery", measured_at="end", after_days=240, tolerance_days=0)
    found = section(bench)
    assert found is not None
    shown = cells(found)
    assert shown["met"].startswith("100 %")
    assert shown["worse"].startswith("100 %")
