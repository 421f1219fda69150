"""On rules about one column and about keys the row rules, Great Expectations and a plain count agree.

Contracts and cells are generated: the compiler of the row rules and what Great Expectations is
asked must mean the same, whatever a contract says and whatever a cell holds.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import polars
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contracts.agreement import compare_judges
from pipelines.contracts.cell_types import ColumnType
from pipelines.contracts.checked import Checked, check_converted_file
from pipelines.contracts.expectations import ExpectationsWorker
from pipelines.contracts.odcs import Column, Contract, Rule
from pipelines.engine import Engine
from tests.property.settling_export import read_cell

EXAMPLES = 15
DAY = date(2024, 6, 30)
# What cells of each type hold; the last ones cannot be read. Words of lists stand among the texts.
CELLS: dict[ColumnType, tuple[str, ...]] = {
    "string": ("open", "closed", "Open", " open", "o'clock", "é", "e\u0301", "null", "0", "a\nb"),
    "date": ("2024-02-29", "0001-01-01", "9999-12-31", "2024-02-30", "2024-2-3", "today"),
    "timestamp": ("2024-02-29T10:00", "2024-02-29 10:00:00Z", "2024-02-29", "2024-02-29T25:00"),
    "integer": ("0", "-1", "7", "2147483647", "2147483648", "1e2", " 5", "5.0"),
    "decimal": ("0", "-0.5", "26.9999", "27", "27.00004", "99999.9999", "100000", "nan", "2,5"),
    "boolean": ("true", "No", "1", "maybe"),
}
KINDS = {"date": "date", "timestamp": "moment", "integer": "integer", "decimal": "decimal"}
LARGEST = {"integer": 2**31 - 1, "decimal": Decimal("99999.9999")}
WORDS = {"true": True, "yes": True, "1": True, "false": False, "no": False, "0": False}
LIMITS = (-1, 0, 5, 7, 27)

Draw = Callable[[st.SearchStrategy[Any]], Any]
Cells = list[str]


@dataclass(frozen=True)
class Case:
    """A contract, and the files of its table: rows of text cells in the order of the columns."""

    contract: Contract
    files: list[list[Cells]]


def rule(name: str, kind: str, *columns: str) -> Rule:
    return Rule(
        f"t.{name}".replace("..", "."), columns, kind,  # pyright: ignore[reportArgumentType]
        "info" if kind == "unique" else "error", "", "completeness", "", "", None,
    )  # fmt: skip


@st.composite
def columns_with_rules(draw: Draw, name: str) -> tuple[Column, list[Rule]]:
    """A column with some of the rules that both judges can express."""
    kind: ColumnType = draw(st.sampled_from(sorted(CELLS)))
    is_number = kind in {"integer", "decimal"}
    limit = st.none() | st.sampled_from(LIMITS)
    column = Column(
        name=name, type=kind, required=draw(st.booleans()), references=None,
        reference_required=False,
        allowed=draw(st.sampled_from(((), ("open", "o'clock"), ("é",)))) if kind == "string" else (),
        minimum=draw(limit) if is_number else None,
        maximum=draw(limit) if is_number else None,
        description="", unit="", classification="operational",
    )  # fmt: skip
    stated = {
        "required": column.required,
        "type": kind != "string",
        "allowed": bool(column.allowed),
        "minimum": column.minimum is not None,
        "maximum": column.maximum is not None,
    }
    return column, [rule(f"{name}.{kind}", kind, name) for kind, there in stated.items() if there]


@st.composite
def cases(draw: Draw) -> Case:
    """A contract of up to four columns and one or two files of it."""
    names = [f"c{place}" for place in range(draw(st.integers(1, 4)))]
    drawn = [draw(columns_with_rules(name)) for name in names]
    columns = tuple(column for column, _ in drawn)
    key = tuple(names[: draw(st.integers(1, min(2, len(names))))])
    rules = [each for _, of_column in drawn for each in of_column]
    contract = Contract(
        "t", "1.0.0", "", columns, key, (*rules, rule("unique", "unique", *key)), "digest"
    )
    row = st.tuples(*(st.sampled_from(("", "", *CELLS[column.type])) for column in columns))
    files = draw(st.lists(st.lists(row.map(list), max_size=8), min_size=1, max_size=2))
    return Case(contract, files)


def value_of(text: str, kind: ColumnType) -> Any:
    """A cell's value, None where it is empty or cannot be read."""
    if kind == "string":
        return text or None
    if kind == "boolean":
        return WORDS.get(text.lower())
    value = read_cell(text, KINDS[kind])
    if value is None:
        return None
    if kind == "timestamp":
        return value if value.tzinfo else value.replace(tzinfo=UTC)
    if kind == "decimal":
        value = round(value, 4)
    return value if kind == "date" or abs(value) <= LARGEST[kind] else None


def plainly_counted(case: Case) -> Counter[str]:
    """The broken rows of every rule, one cell at a time."""
    found: Counter[str] = Counter()
    names = [column.name for column in case.contract.columns]
    for file in case.files:
        keys: Counter[tuple[Any, ...]] = Counter()
        for row in file:
            values = {}
            for column, text in zip(case.contract.columns, row, strict=True):
                values[column.name] = value = value_of(text, column.type)
                lowest, highest = column.minimum, column.maximum
                broken = {
                    "required": column.required and not text,
                    "type": bool(text) and value is None,
                    "allowed": bool(column.allowed and text) and text not in column.allowed,
                    "minimum": value is not None and lowest is not None and value < lowest,
                    "maximum": value is not None and highest is not None and value > highest,
                }
                found.update(f"t.{column.name}.{kind}" for kind, is_so in broken.items() if is_so)
            keys[tuple(values[name] for name in names if name in case.contract.key)] += 1
        found["t.unique"] += sum(n for key, n in keys.items() if n > 1 and None not in key)
    return +found


def check_rows(
    engine: Engine, folder: Path, contract: Contract, rows: Sequence[Cells], name: str
) -> Checked:
    """The verdicts of one file, as a run comes to them."""
    cells = {
        column.name: [row[place] for row in rows] for place, column in enumerate(contract.columns)
    }
    schema = {**dict.fromkeys(cells, polars.String), "line": polars.Int64}
    frame = polars.DataFrame({**cells, "line": list(range(2, len(rows) + 2))}, schema=schema)
    path = folder / f"{name}.parquet"
    frame.write_parquet(path)
    return check_converted_file(
        engine, checked=folder / "checked", contract=contract, path=path, file_id=name,
        delivered_on=DAY, time_zone="UTC",
    )  # fmt: skip


@pytest.fixture(scope="module")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExpectationsWorker]:
    """One process for all examples: its import takes seconds."""
    with ExpectationsWorker({}, tmp_path_factory.mktemp("judge")) as worker:
        yield worker


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    with Engine(scratch=tmp_path_factory.mktemp("engine")) as opened:
        yield opened


@settings(max_examples=EXAMPLES)
@given(cases())
def test_both_judges_and_a_plain_count_find_the_same_rows(
    judge: ExpectationsWorker, engine: Engine, case: Case
) -> None:
    ours: Counter[str] = Counter()
    with TemporaryDirectory() as folder:
        paths = []
        for place, rows in enumerate(case.files):
            checked = check_rows(engine, Path(folder), case.contract, rows, str(place))
            ours.update(checked.profile.broken)
            assert checked.rows is not None
            paths.append(checked.rows)
        judge.contracts = {"t": case.contract}
        judge.submit({"t": paths})
        theirs = judge.results()
    assert +ours == plainly_counted(case)
    assert compare_judges(ours, theirs) == []
