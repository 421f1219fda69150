"""When the row rules and the second judge disagree."""

from pipelines.contracts.agreement import Disagreement, compare_judges
from pipelines.contracts.expectations import JudgeCount


def judged(n_broken: int, outcome: str = "failed", **more: object) -> JudgeCount:
    facts = {"same_as": ("t.day.required", "t.day.type"), "error_class": "", **more}
    return JudgeCount("t", "t.day.required", 10, n_broken, outcome, **facts)  # pyright: ignore


def test_equal_counts_agree() -> None:
    ours = {"t.day.required": 1, "t.day.type": 2, "t.day.row_sql": 5}
    assert compare_judges(ours, [judged(3)]) == []


def test_a_rule_that_nothing_broke_agrees_with_none() -> None:
    assert compare_judges({}, [judged(0, "passed")]) == []
    assert compare_judges({}, [judged(0, "not_applicable")]) == []


def test_different_counts_are_a_disagreement() -> None:
    (found,) = compare_judges({"t.day.required": 1, "t.day.type": 1}, [judged(3)])
    assert found == Disagreement("t", "t.day.required", 2, 3, "different counts")
    assert str(found) == "t.day.required: 2 by the row rules, 3 by expectations"


def test_a_judge_that_judged_nothing_disagrees_with_one_that_found_something() -> None:
    (found,) = compare_judges({"t.day.required": 4}, [judged(0, "not_applicable")])
    assert (found.n_broken_rows, found.n_broken_expectations) == (4, 0)


def test_an_error_is_a_disagreement_even_where_nothing_is_broken() -> None:
    (found,) = compare_judges({}, [judged(0, "error", error_class="MetricResolutionError")])
    assert found.n_broken_expectations is None
    assert str(found) == (
        "t.day.required: 0 by the row rules, none, because of MetricResolutionError by expectations"
    )


def test_disagreements_come_in_the_order_of_their_rules() -> None:
    counts = [
        JudgeCount(table, f"{table}.{name}.required", 1, 1, "failed")
        for table, name in (("b", "x"), ("a", "y"), ("a", "x"))
    ]
    found = [entry.rule_id for entry in compare_judges({}, counts)]
    assert found == ["a.x.required", "a.y.required", "b.x.required"]
