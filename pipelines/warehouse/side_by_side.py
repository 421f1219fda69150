"""Two queries at a time, each on a connection of its own to one engine.

A query is planned on one core, and many end on one; small tables are hardly anything else. Memory
and threads are the engine's, so that two at a time take no more than one may. One that runs out of
memory beside another is tried again alone.
"""

import threading
from collections.abc import Callable, Collection, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from graphlib import TopologicalSorter
from typing import TypeVar

from pipelines.engine import Engine
from pipelines.errors import MemoryFullError

AT_ONCE = 2
SECONDS_BETWEEN_CALLS = 0.05
Result = TypeVar("Result")


class _Room:
    """Lets tasks in beside each other, or one alone; who wants to be alone goes before others."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._n_inside = 0
        self._n_for_alone = 0

    @contextmanager
    def beside_others(self) -> Iterator[None]:
        with self._changed:
            self._changed.wait_for(lambda: self._n_for_alone == 0)
            self._n_inside += 1
        try:
            yield
        finally:
            self._leave()

    @contextmanager
    def alone(self) -> Iterator[None]:
        with self._changed:
            self._n_for_alone += 1
            self._changed.wait_for(lambda: self._n_inside == 0)
            self._n_inside += 1
            self._n_for_alone -= 1
        try:
            yield
        finally:
            self._leave()

    def is_empty_within(self, seconds: float) -> bool:
        """Whether nobody is inside, after so long at most."""
        with self._changed:
            return self._changed.wait_for(lambda: self._n_inside == 0, seconds)

    def _leave(self) -> None:
        with self._changed:
            self._n_inside -= 1
            self._changed.notify_all()


def side_by_side(
    engine: Engine,
    tasks: Mapping[str, Callable[[Engine], Result]],
    needs: Mapping[str, Collection[str]] | None = None,
) -> Iterator[Result]:
    """What each task gave, in the order of `tasks`.

    A task begins when those that it needs have ended; `tasks` must be in an order in which each
    follows the ones it needs. A need that is no task is there already.

    Raises: what the first task in this order raised; the others are given up then, in the middle
            of a query too.
    """
    rank = {name: place for place, name in enumerate(tasks)}
    waiting = TopologicalSorter(
        {name: set(needs[name]) & set(rank) if needs else () for name in tasks}
    )
    waiting.prepare()
    ended: dict[str, Future[Result]] = {name: Future() for name in tasks}
    lock = threading.Lock()
    twins: dict[int, Engine] = {}
    pool = ThreadPoolExecutor(max_workers=min(AT_ONCE, engine.threads))
    room = _Room()
    is_given_up = threading.Event()

    def begin() -> None:
        for name in sorted(waiting.get_ready(), key=rank.__getitem__):
            pool.submit(work, name)

    def work(name: str) -> None:
        try:
            thread = threading.get_ident()
            if thread not in twins:
                twins[thread] = engine.for_thread()
            try:
                with room.beside_others():
                    if is_given_up.is_set():
                        return
                    found = tasks[name](twins[thread])
            except MemoryFullError:
                with room.alone():
                    if is_given_up.is_set():
                        raise
                    found = tasks[name](twins[thread])
        # The exception is raised where the result is taken.
        except BaseException as error:
            ended[name].set_exception(error)
            return
        ended[name].set_result(found)
        with lock:
            waiting.done(name)
            if waiting.is_active():
                begin()

    def interrupt() -> None:
        for twin in list(twins.values()):
            twin.connection.interrupt()

    try:
        with lock:
            begin()
        for name in tasks:
            yield ended[name].result()
    except BaseException:
        is_given_up.set()
        interrupt()
        # A query that was only about to begin did not hear it.
        while not room.is_empty_within(SECONDS_BETWEEN_CALLS):
            interrupt()
        raise
    finally:
        pool.shutdown(cancel_futures=True)
        # With them go the temporary tables that tasks have left.
        for twin in twins.values():
            twin.close()
