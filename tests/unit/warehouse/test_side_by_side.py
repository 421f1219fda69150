"""Tasks on two connections: their order, their needs, and what becomes of an error."""

import threading

import pytest

from pipelines.engine import Engine
from pipelines.errors import MemoryFullError, ModelError
from pipelines.warehouse.side_by_side import side_by_side

# What is waited for comes at once; a machine may be busy elsewhere for long.
PATIENCE_S = 600


@pytest.fixture
def engine(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_THREADS", "2")
    with Engine(scratch=tmp_path) as opened:
        yield opened


def test_two_tasks_run_at_the_same_time_and_results_keep_the_order_of_the_tasks(engine):
    second_has_ended = threading.Event()

    def first(_: Engine) -> str:
        assert second_has_ended.wait(PATIENCE_S)
        return "first"

    def second(_: Engine) -> str:
        second_has_ended.set()
        return "second"

    assert list(side_by_side(engine, {"1": first, "2": second})) == ["first", "second"]


def test_one_thread_allows_one_task_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setenv("OUTCOMES_THREADS", "1")
    alone = threading.Lock()

    def task(_: Engine) -> bool:
        with_nobody_else = alone.acquire(blocking=False)
        threading.Event().wait(0.01)
        alone.release()
        return with_nobody_else

    with Engine(scratch=tmp_path) as engine:
        assert list(side_by_side(engine, {str(n): task for n in range(4)})) == [True] * 4


def test_a_task_begins_when_those_that_it_needs_have_ended(engine):
    needs = {"a": set(), "b": {"a", "is there already"}, "c": {"a"}, "d": {"b", "c"}, "e": {"d"}}
    ended: list[str] = []

    def work(name: str) -> bool:
        has_needs = needs[name] - {"is there already"} <= set(ended)
        threading.Event().wait(0.005)
        ended.append(name)
        return has_needs

    tasks = {name: lambda _, name=name: work(name) for name in needs}
    assert list(side_by_side(engine, tasks, needs)) == [True] * 5
    assert set(ended) == set(needs)


def test_the_first_error_in_order_is_raised_and_what_needs_it_never_begins(engine):
    begun: list[str] = []

    def fail(name: str) -> None:
        begun.append(name)
        raise ModelError(f"{name} failed.")

    def late(_: Engine) -> None:
        threading.Event().wait(0.05)
        fail("a")

    tasks = {"a": late, "b": lambda _: fail("b"), "c": lambda _: fail("c")}
    with pytest.raises(ModelError, match=r"^a failed\."):
        list(side_by_side(engine, tasks, {"a": (), "b": (), "c": {"a"}}))
    assert "c" not in begun


def test_an_error_ends_the_query_that_runs_beside_it(engine):
    has_begun = threading.Event()

    def fail(_: Engine) -> None:
        assert has_begun.wait(PATIENCE_S)
        threading.Event().wait(0.1)
        raise ModelError("It failed.")

    def endless(twin: Engine) -> None:
        has_begun.set()
        twin.one("select sum(a.range % 7) from range(1000000000000) as a")

    with pytest.raises(ModelError, match=r"^It failed\."):
        list(side_by_side(engine, {"1": fail, "2": endless}))


def test_an_error_ends_a_query_that_was_only_about_to_begin(engine):
    has_begun, has_failed = threading.Event(), threading.Event()
    ended: list[str] = []

    def fail(_: Engine) -> None:
        assert has_begun.wait(PATIENCE_S)
        has_failed.set()
        raise ModelError("It failed.")

    def late(twin: Engine) -> None:
        has_begun.set()
        assert has_failed.wait(PATIENCE_S)
        threading.Event().wait(0.2)
        twin.one("select sum(a.range % 7) from range(3000000000) as a")
        ended.append("late")

    with pytest.raises(ModelError, match=r"^It failed\."):
        list(side_by_side(engine, {"1": fail, "2": late}))
    assert ended == []


def test_each_task_has_temporary_tables_of_its_own_and_the_macros_of_all(engine):
    both_made = threading.Barrier(2, timeout=PATIENCE_S)

    def make(number: int, twin: Engine) -> tuple[int, str]:
        twin.execute(f"create temp table made as select {number} as number")
        both_made.wait()
        found = twin.one("select number, as_percent_down(2, 3) from made")
        return found[0], found[1]

    tasks = {str(number): lambda twin, number=number: make(number, twin) for number in (1, 2)}
    assert list(side_by_side(engine, tasks)) == [(1, "66"), (2, "66")]


def test_who_runs_out_of_memory_beside_another_is_tried_again_alone(engine):
    n_inside = 0
    found_inside: dict[str, list[int]] = {"a": [], "b": [], "c": []}
    both = threading.Barrier(2, timeout=PATIENCE_S)

    def work(name: str) -> str:
        nonlocal n_inside
        n_inside += 1
        try:
            is_first_time = not found_inside[name]
            if name != "c" and is_first_time:
                both.wait()
            found_inside[name].append(n_inside)
            if name != "c" and is_first_time:
                # Both have counted before either ends.
                both.wait()
                raise MemoryFullError(f"{name} was full.")
            return name
        finally:
            n_inside -= 1

    tasks = {name: lambda _, name=name: work(name) for name in found_inside}
    assert list(side_by_side(engine, tasks)) == ["a", "b", "c"]
    assert found_inside["a"] == found_inside["b"] == [2, 1]
    assert found_inside["c"] == [1]


def test_who_runs_out_of_memory_alone_fails(engine):
    begun: list[str] = []

    def fill(_: Engine) -> None:
        begun.append("a")
        raise MemoryFullError("a was full.")

    with pytest.raises(MemoryFullError, match=r"^a was full\."):
        list(side_by_side(engine, {"a": fill}))
    assert begun == ["a", "a"]


def test_a_query_that_needs_more_memory_than_it_may_take_says_how_to_allow_more(
    tmp_path, monkeypatch
):
    monkeypatch.setenv("OUTCOMES_MEMORY", "16MB")
    wide = "create temp table wide as select range, md5(range::varchar) from range(3000000)"
    with Engine(scratch=tmp_path) as engine:
        engine.execute("set max_temp_directory_size = '1MB'")
        with pytest.raises(MemoryFullError) as told:
            engine.execute(wide, where="wide")
    assert told.value.where == "wide"
    assert told.value.expected == "at most 16MB"
    assert "OUTCOMES_MEMORY" in told.value.todo
