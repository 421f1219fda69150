"""How rows are cut into files and deliveries is of no account: the staged tables are the same."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from pipelines.contracts.odcs import load_contracts
from pipelines.home import SETTINGS_FILE, Home
from pipelines.ingest.landing import land
from pipelines.warehouse.build_run import BuildRun
from pipelines.warehouse.staging import CATALOGUE_TABLES
from tests.pipeline.exports import Row, clinic_tables, write_export

MEASURED_ON = ("2025-01-06", "2025-02-03", "2025-03-03")
REFERENCES = (*CATALOGUE_TABLES, "ref_turned_items")


def with_answers() -> dict[str, list[Row]]:
    tables = clinic_tables(clients=6, measured_on=MEASURED_ON)
    tables["response_items"] = [
        {"response_id": row["response_id"], "item": str(item), "value": str(item % 4)}
        for row in tables["responses"]
        for item in range(1, 10)
    ]
    tables["responses"] = [{**row, "total_score": ""} for row in tables["responses"]]
    return tables


def staged(root: Path, parts: Sequence[dict[str, list[Row]]]) -> dict[str, str]:
    """The content of every staged table of a home to which these deliveries came on one day."""
    home = Home.create(root / "home", salt="s")
    for place, part in enumerate(parts):
        folder = write_export(root / f"part-{place}", part)
        land(home, [folder], source="inbox", mode="incremental", delivered_on=date(2025, 4, 1))
    run = BuildRun(home)
    try:
        run.reference(REFERENCES)
        names = [f"stg_{table}" for table in load_contracts() if table != "response_items"]
        return {built.table: built.content for built in run.stage(names)}
    finally:
        run.close()


def test_halves_in_two_deliveries_are_the_whole(tmp_path: Path) -> None:
    tables = with_answers()
    halves = [
        {name: rows[start::2] for name, rows in tables.items() if rows[start::2]}
        for start in (1, 0)
    ]
    # The answers of a response are one thing, and come together.
    for half in halves:
        known = {row["response_id"] for row in half["responses"]}
        half["response_items"] = [
            row for row in tables["response_items"] if row["response_id"] in known
        ]
    whole = staged(tmp_path / "whole", [tables])
    assert staged(tmp_path / "halves", halves) == whole
    assert len(whole) > 10


MAPPING = """
name: parts
version: 1.0.0
title: Answers in parts
files:
- file: part*.csv
  tables:
  - table: response_items
    columns: {response_id: Form, item: {from: Item, number: true}, value: {from: Tick, number: true}}
"""
HEADER = "Form,Item,Tick\n"
DAY = date(2025, 4, 1)
# The fifth answer is wrong in the first part, the third of the second form cannot be read there:
# both stand again, right, in the second part.
PARTS = (
    HEADER
    + "".join(f"R1,{item},1\n" for item in (4, 3, 2, 1))
    + "R1,5,7\nR2,1,1\nR2,2,1\nR2,3,?\n",
    HEADER + "R1,5,2\nR1,6,1\nR1,7,1\nR1,8,1.5\nR1,9,\nR1,10,1\nR2,3,\n",
)


def home_with_parts(root: Path, n_forms: int) -> Home:
    """A home with so many forms, R1 and on, without answers; its feed `parts` will bring these."""
    home = Home.create(root / "home", salt="s")
    (root / "parts.yaml").write_text(MAPPING, encoding="utf-8")
    with (home.root / SETTINGS_FILE).open("a", encoding="utf-8") as settings:
        settings.write(f'\n[sources.parts]\nmapping = "{root / "parts.yaml"}"\n')
    home = Home(home.root)
    tables = clinic_tables(clients=-(-n_forms // 2), measured_on=MEASURED_ON[:2])
    tables["responses"] = [
        {**row, "response_id": f"R{place}", "total_score": ""}
        for place, row in enumerate(tables["responses"], start=1)
    ]
    land(home, [write_export(root / "export", tables)], source="inbox", delivered_on=DAY)
    return home


def land_parts(home: Home, folder: Path, parts: Sequence[str], day: date) -> None:
    """Land answers that lie in several files of one full delivery."""
    folder.mkdir()
    for number, text in enumerate(parts, start=1):
        (folder / f"part{number}.csv").write_text(text, encoding="utf-8")
    land(home, [folder], source="parts", delivered_on=day)


@contextmanager
def staged_run(home: Home) -> Iterator[Callable[..., list[tuple[Any, ...]]]]:
    """All tables staged; gives the rows of a select from one of them."""
    run = BuildRun(home)
    try:
        run.reference(REFERENCES)
        run.stage([f"stg_{table}" for table in load_contracts() if table != "response_items"])

        def rows(table: str, select: str, grouped: str = "") -> list[tuple[Any, ...]]:
            path = {"path": str(run.table_path(table))}
            sql = f"select {select} from read_parquet($path) {grouped} order by all"
            return run.engine.rows(sql, path)

        yield rows
    finally:
        run.close()


def test_answers_in_several_files_of_a_delivery_are_of_one_form(tmp_path: Path) -> None:
    home = home_with_parts(tmp_path, 2)
    land_parts(home, tmp_path / "answers", PARTS, DAY)
    with staged_run(home) as rows:
        assert rows("stg_responses", "response_id, items, answers") == [
            ("R1", [1, 2, 3, 4, 5, 6, 7, 8], [1, 1, 1, 1, 2, 1, 1, 1.5]),
            ("R2", [1, 2], [1, 1]),
        ]
        assert rows("counts_response_items", "row_status, n_rows") == [
            ("accepted", 6), ("accepted", 6), ("quarantined", 1), ("superseded", 2),
        ]  # fmt: skip
        assert rows("quarantine_response_items", "file_name, line, reasons") == [
            ("part2.csv", 7, ["response_items.item.in_count"])
        ]
        assert rows("warnings_response_items", "rule_id, n_rows, first_lines") == [
            ("response_items.value.on_scale", 1, [5])
        ]


def test_what_a_delivery_in_parts_has_lost_is_a_share_of_all_its_answers(tmp_path: Path) -> None:
    """One form of ten is gone, half of the share that is refused: a third of each lies in part 2."""
    home = home_with_parts(tmp_path, 10)
    for place, forms in enumerate((range(1, 11), range(2, 11)), start=1):
        pages = [
            HEADER + "".join(f"R{form},{item},{place}\n" for form in forms for item in items)
            for items in (range(1, 7), range(7, 10))
        ]
        land_parts(home, tmp_path / f"answers-{place}", pages, DAY + timedelta(days=place))
    with staged_run(home) as rows:
        assert rows("stg_responses", "response_id, answers") == [
            ("R1", None),
            *sorted((f"R{form}", [2] * 9) for form in range(2, 11)),
        ]


# What must not depend on how answers are cut into files, of each table.
ENDS = {
    "stg_responses": ("response_id, items, answers, has_answers", ""),
    "counts_response_items": ("row_status, sum(n_rows)", "group by delivery_id, row_status"),
    "quarantine_response_items": ("delivered_on, reasons, delivered_row", ""),
    "warnings_response_items": ("rule_id, sum(n_rows)", "group by rule_id"),
    "breaks_response_items": ("rule_id, sum(n_rows)", "group by rule_id"),
}
N_LINES = 240


def random_lines(random: Random) -> list[str]:
    """Answers of twelve forms and of none, in no order: odd, bad, blank, unreadable, repeated."""
    ticks = ["0", "1", "2", "3", "1.5", "7", "?", ""]
    return [
        f"R{random.randint(1, 13)},{random.randint(1, 10)},"
        f"{random.choices(ticks, (9, 9, 9, 9, 1, 2, 2, 2))[0]}\n"
        for _ in range(N_LINES)
    ]


def test_answers_end_the_same_in_one_file_and_in_several(tmp_path: Path) -> None:
    random = Random(6)
    deliveries = [random_lines(random) for _ in range(2)]
    ends = []
    for n_files in (1, 3):
        root = tmp_path / str(n_files)
        root.mkdir()
        home = home_with_parts(root, 12)
        with (home.root / SETTINGS_FILE).open("a", encoding="utf-8") as settings:
            settings.write("\n[deliveries]\nmax_lost_share = 1.0\n")
        size = N_LINES // n_files
        for place, lines in enumerate(deliveries):
            parts = [
                HEADER + "".join(lines[start : start + size]) for start in range(0, N_LINES, size)
            ]
            land_parts(home, root / f"answers-{place}", parts, DAY + timedelta(days=place))
        with staged_run(Home(home.root)) as rows:
            ends.append({table: rows(table, *select) for table, select in ENDS.items()})
    assert ends[0] == ends[1]
    statuses = ends[0]["counts_response_items"]
    assert sum(n for _, n in statuses) == 2 * N_LINES
    assert {status for status, _ in statuses} >= {"accepted", "superseded", "quarantined"}
