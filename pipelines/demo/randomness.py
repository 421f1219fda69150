"""Seeded random streams, and the two small array tools that ragged draws need.

Every purpose has its own stream in every block of clients: drawing more for one thing, or making
the blocks in another order, changes nothing else.
"""

from enum import IntEnum

import numpy as np
from numpy.typing import ArrayLike

Generator = np.random.Generator


class Stream(IntEnum):
    """What a stream of random numbers is for. A number is never reused."""

    STAFF = 1
    GROUPS = 2
    STAYS = 3
    CLIENTS = 4
    COURSES = 5
    MEETINGS = 6
    PATHS = 7
    RESPONSES = 8
    ANSWERS = 9
    GOALS = 10
    MILESTONES = 11
    DIAGNOSES = 12
    SAFETY = 13
    WIDER = 14


def generator(seed: int, stream: Stream, block: int = 0) -> Generator:
    """The stream of one purpose in one block of clients."""
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream, block])))


def pick(rng: Generator, weights: ArrayLike, size: int) -> np.ndarray:
    """`size` indices into `weights`, each as likely as its weight says."""
    limits = np.cumsum(np.asarray(weights, dtype=np.float64))
    drawn = np.searchsorted(limits / limits[-1], rng.random(size), side="right")
    return np.minimum(drawn, len(limits) - 1).astype(np.int32)


def expand(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """For rows that have `counts` parts each: the owner of every part, and its place from 0."""
    owner = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    first = np.cumsum(counts) - counts
    return owner, (np.arange(len(owner)) - first[owner]).astype(np.int32)


def running(values: np.ndarray, owner: np.ndarray) -> np.ndarray:
    """Running total of `values` within each owner; the rows of an owner stand together."""
    total = np.cumsum(values)
    starts = np.flatnonzero(np.diff(owner, prepend=-1))
    before = np.where(starts > 0, total[starts - 1], 0)
    sizes = np.diff(np.append(starts, len(owner)))
    return total - np.repeat(before, sizes)
