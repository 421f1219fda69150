"""Processes that share the writing of a run's reports.

They share nothing but the disk: a task brings all that it needs and leaves files.
"""

import os
import threading
from collections.abc import Callable, Iterable
from concurrent.futures import Future, ProcessPoolExecutor, wait
from itertools import chain, islice
from multiprocessing import connection as processes
from multiprocessing import get_context, parent_process
from types import TracebackType
from typing import Self

PROCESSES = 2
# Fewer tasks are sooner done than a process is started.
MANY_TASKS = 48

Task = Callable[[], object]


class Crew:
    """Does tasks, many of them in processes that are started once and kept for the next tasks."""

    def __init__(self, *, many: int = MANY_TASKS) -> None:
        self._many = many
        self._pool: ProcessPoolExecutor | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._pool is not None:
            self._pool.shutdown()
            self._pool = None

    def do(self, tasks: Iterable[Task]) -> None:
        """Do all tasks, which may be made while the first are being done; nothing goes on after.

        Raises: what a task raises.
        """
        coming = iter(tasks)
        first = list(islice(coming, self._many))
        if len(first) < self._many:
            for task in first:
                task()
            return
        if self._pool is None:
            self._pool = ProcessPoolExecutor(
                PROCESSES, mp_context=get_context("spawn"), initializer=_end_with_parent
            )
        given: list[Future[None]] = []
        try:
            given.extend(self._pool.submit(_do, task) for task in chain(first, coming))
            for each in given:
                each.result()
        finally:
            for each in given:
                each.cancel()
            wait(given)


def _do(task: Task) -> None:
    """What a task returns stays in its process."""
    task()


def _end_with_parent() -> None:
    """A run that is killed leaves no process behind: each ends as soon as its parent does."""
    parent = parent_process()
    assert parent is not None, "only processes that were started for tasks come here"

    def watch() -> None:
        processes.wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
