"""A feed that delivers reversed items already turned, from the delivery to the score."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest

from pipelines.home import SETTINGS_FILE, Home
from pipelines.ingest.landing import land
from pipelines.warehouse.accounts import ACCOUNT_TABLES
from pipelines.warehouse.build_run import BuildRun

TURNED = '\n[sources.epic]\nkind = "folder"\npath = "epic"\nitems_already_reversed = ["core10"]\n'
CLIENTS = "client_id,registered_on\nC1,2024-01-01\n"
THERAPISTS = "therapist_id,display_name,employed_from\nT1,Amber Testcase,2020-01-01\n"
REFERENCES = (
    "ref_instruments",
    "ref_instrument_scales",
    "ref_instrument_items",
    "ref_score_tables",
    "ref_turned_items",
    "ref_conventions",
)
# CORE-10, whose items 2 and 3 run against the others: as ill as can be, as the form has it.
RAW = [4, 0, 0, 4, 4, 4, 4, 4, 4, 4]


def responses(*ids: str, instrument_id: str = "core10", total: str = "", day: int = 0) -> str:
    """Forms of one client, each of a day of its own where `day` does not say which."""
    head = "response_id,client_id,instrument_id,administered_at,respondent,total_score\n"
    return head + "".join(
        f"{name},C1,{instrument_id},2024-02-0{day or name[-1]}T10:00:00,client,{total}\n"
        for name in ids
    )


def answers(**forms: Sequence[int | None]) -> str:
    return "response_id,item,value\n" + "".join(
        f"{name},{item},{'' if value is None else value}\n"
        for name, form in forms.items()
        for item, value in enumerate(form, start=1)
    )


def deliver(home: Home, source: str, day: int, tables: Mapping[str, str]) -> None:
    folder = home.root / "made" / f"{source}-{day}"
    folder.mkdir(parents=True)
    for name, text in tables.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    land(home, [folder], source=source, mode="incremental", delivered_on=date(2024, 3, day))


def new_home(root: Path, settings: str = TURNED) -> Home:
    home = Home.create(root, salt="s")
    with (root / SETTINGS_FILE).open("a", encoding="utf-8") as handle:
        handle.write(settings)
    deliver(home, "inbox", 1, {"clients": CLIENTS, "therapists": THERAPISTS})
    return Home(root)


def staged(home: Home) -> BuildRun:
    run = BuildRun(home)
    run.reference(REFERENCES)
    run.stage([*(name for name in run.models if name.startswith("stg_")), *ACCOUNT_TABLES])
    return run


def scores(home: Home) -> dict[str, Decimal | None]:
    """Points of each response by its id."""
    run = staged(home)
    run.build(["int_sessions", "int_attendances", "int_episodes", "int_response_scores"])
    rows = run.engine.rows(
        "select r.response_id, s.score_points from read_parquet($staged) as r"
        " inner join read_parquet($scores) as s on s.response_key = r.response_key",
        {
            "staged": str(run.table_path("stg_responses")),
            "scores": str(run.table_path("int_response_scores")),
        },
    )
    run.close()
    return dict(rows)


def staged_answers(home: Home) -> dict[str, list[float]]:
    """Answers of each response as they are scored."""
    run = staged(home)
    path = {"path": str(run.table_path("stg_responses"))}
    rows = run.engine.rows("select response_id, answers from read_parquet($path)", path)
    run.close()
    return dict(rows)


def test_the_answers_of_a_turned_feed_score_as_those_of_a_raw_one(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    raw = {"responses": responses("R1"), "response_items": answers(R1=RAW)}
    turned = {"responses": responses("R2"), "response_items": answers(R2=[4] * 10)}
    # One missing answer, prorated: nine of 4 make 40.
    partly = {"responses": responses("R3"), "response_items": answers(R3=[4, 4, *[4] * 7, None])}
    deliver(home, "inbox", 2, raw)
    deliver(home, "epic", 3, turned)
    deliver(home, "epic", 4, partly)
    assert scores(home) == {"R1": 40, "R2": 40, "R3": 40}
    assert staged_answers(home) == {"R1": RAW, "R2": RAW, "R3": RAW[:9]}


def test_the_setting_is_of_one_feed_and_one_instrument(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    # The same cells from a feed that does not turn items.
    deliver(
        home, "inbox", 2, {"responses": responses("R1"), "response_items": answers(R1=[4] * 10)}
    )
    # Another instrument with reversed items of the feed that turns those of CORE-10.
    other = {
        "responses": responses("R2", instrument_id="rses"),
        "response_items": answers(R2=[3] * 10),
    }
    deliver(home, "epic", 3, other)
    assert staged_answers(home) == {"R1": [4] * 10, "R2": [3] * 10}


def test_without_the_setting_nothing_is_turned(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home", settings="")
    deliver(home, "epic", 2, {"responses": responses("R1"), "response_items": answers(R1=[4] * 10)})
    assert staged_answers(home) == {"R1": [4] * 10}


def test_the_feed_that_delivered_the_answers_counts_not_that_of_the_response(
    tmp_path: Path,
) -> None:
    home = new_home(tmp_path / "home")
    deliver(home, "inbox", 2, {"responses": responses("R1"), "response_items": answers(R1=RAW)})
    # The answers come again, turned: they replace those before, and are turned back.
    deliver(home, "epic", 3, {"response_items": answers(R1=[1] * 10)})
    assert staged_answers(home) == {"R1": [1, 3, 3, *[1] * 7]}
    # The response alone comes again, from the feed that turns: its answers stay as they are.
    deliver(home, "inbox", 4, {"response_items": answers(R1=RAW)})
    deliver(home, "epic", 5, {"responses": responses("R1")})
    assert staged_answers(home) == {"R1": RAW}


def test_a_delivered_total_agrees_with_answers_that_were_turned_back(tmp_path: Path) -> None:
    home = new_home(tmp_path / "home")
    # As they came they add up to 32.
    tables = {
        "responses": responses("R1", total="40"),
        "response_items": answers(R1=[4] * 10),
    }
    deliver(home, "epic", 2, tables)
    run = staged(home)
    path = {"path": str(run.table_path("stg_warning_counts"))}
    warned = run.engine.rows(
        "select n_rows from read_parquet($path) where rule_id = 'responses.total_agrees'", path
    )
    run.close()
    assert warned == []


@pytest.mark.parametrize(("form", "n"), [([4] * 10, 1), (RAW, 2)])
def test_a_form_that_two_feeds_deliver_is_a_duplicate_once_turned_back(
    tmp_path: Path, form: list[int], n: int
) -> None:
    home = new_home(tmp_path / "home")
    first = {"responses": responses("R1", day=1), "response_items": answers(R1=RAW)}
    deliver(home, "inbox", 2, first)
    second = {"responses": responses("R2", day=1), "response_items": answers(R2=form)}
    deliver(home, "epic", 3, second)
    assert len(staged_answers(home)) == n
