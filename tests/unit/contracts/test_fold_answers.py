"""A file of answers as one row per response."""

import pytest

from pipelines.contracts.answers import fold_answers
from pipelines.engine import Engine, quoted


@pytest.fixture
def fold(tmp_path):
    """Folds (response, item, value, row_errors) rows."""

    def run(rows):
        listed = ", ".join(
            f"('{response}', {item}, {'null' if value is None else value},"
            f" {'null' if error is None else [error]}, null)"
            for response, item, value, error in rows
        )
        with Engine(scratch=tmp_path / "scratch") as engine:
            engine.write_parquet(
                "select cast(c0 as varchar) as response_id, cast(c1 as integer) as item,"
                " cast(c2 as decimal(9, 4)) as value, cast(c3 as varchar[]) as row_errors,"
                f" cast(c4 as bigint) as line from (values {listed}) as v (c0, c1, c2, c3, c4)",
                tmp_path / "rows.parquet",
            )
            fold_answers(engine, tmp_path / "rows.parquet", tmp_path / "folded.parquet")
            return engine.rows(
                f"select * from read_parquet({quoted(str(tmp_path / 'folded.parquet'))})"
            )

    return run


def test_items_and_answers_stand_side_by_side_in_the_order_of_the_items(fold):
    rows = [("R1", 3, 30, None), ("R1", 1, 10, None), ("R1", 12, 20, None), ("R1", 2, 0, None)]
    assert fold(rows) == [("R1", [1, 2, 3, 12], [10, 0, 30, 20], None, 4, 0, 0)]


def test_responses_keep_the_order_of_their_first_lines(fold):
    rows = [("R2", 1, 0, None), ("R1", 1, 0, None), ("R2", 2, 0, None)]
    assert [(row[0], row[-1]) for row in fold(rows)] == [("R2", 0), ("R1", 1)]


def test_a_skipped_item_is_listed_apart(fold):
    rows = [("R1", 2, None, None), ("R1", 1, 3, None), ("R2", 1, None, None)]
    assert fold(rows) == [("R1", [1], [3], [2], 2, 0, 0), ("R2", None, None, [1], 1, 0, 2)]


@pytest.mark.parametrize(
    ("values", "folded"),
    [
        ((1, 2), ([1], [2], None, 1, 1)),
        ((2, 1, 3), ([1], [3], None, 1, 2)),
        ((1, None), (None, None, [1], 1, 1)),
        ((None, 1), ([1], [1], None, 1, 1)),
        ((None, None), (None, None, [1], 1, 1)),
    ],
)
def test_of_an_item_that_stands_twice_the_later_line_counts(fold, values, folded):
    (found,) = fold([("R1", 1, value, None) for value in values])
    assert found[1:6] == folded


def test_a_repeat_in_one_response_leaves_the_others_alone(fold):
    rows = [("R1", 1, 0, None), ("R2", 1, 1, None), ("R1", 1, 2, None), ("R2", 2, 3, None)]
    found = {row[0]: row[1:6] for row in fold(rows)}
    assert found == {"R1": ([1], [2], None, 1, 1), "R2": ([1, 2], [1, 3], None, 2, 0)}


def test_a_broken_line_is_no_answer_and_replaces_none(fold):
    rows = [("R1", 1, 2, None), ("R1", 1, None, "response_items.value.type")]
    assert fold(rows) == [("R1", [1], [2], None, 1, 0, 0)]
    assert fold([("R1", 1, None, "response_items.value.type")]) == []
