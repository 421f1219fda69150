"""`make fuzz`: changed files through every reader for some minutes, until one breaks a promise.

Prints what it did. A case that fails is kept with its traceback in a folder beside the temporary
ones, and the command ends with 1; `--seed` and `--start` run it again. `FUZZ="--seconds 600"`.
"""

import argparse
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory, gettempdir

from tests.fuzz.targets import make_case, run_case

SECONDS_A_CASE = 30


class HangError(Exception):
    """A case that does not end."""


@contextmanager
def at_most(seconds: int) -> Iterator[None]:
    """Ends the block with HangError when it takes longer."""

    def stop(*_: object) -> None:
        raise HangError(f"no end after {seconds} seconds")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def fuzz(
    seconds: float,
    seed: int,
    start: int,
    n_wanted: int | None = None,
    seconds_a_case: int = SECONDS_A_CASE,
) -> list[Path]:
    """Run cases until the time is over; returns where the failed ones are kept."""
    done: Counter[str] = Counter()
    failed: list[Path] = []
    number, end = start, time.monotonic() + seconds
    while time.monotonic() < end and (n_wanted is None or number - start < n_wanted):
        case = make_case(Random(f"{seed} {number}"))
        done[case.target] += 1
        with TemporaryDirectory(prefix="fuzz-") as folder:
            try:
                with at_most(seconds_a_case):
                    run_case(case, Path(folder))
            except Exception:
                kept = Path(gettempdir()) / "fuzz-failures" / f"{seed}-{number}-{case.target}"
                kept.mkdir(parents=True, exist_ok=True)
                (kept / case.name).write_bytes(case.content)
                (kept / "traceback.txt").write_text(traceback.format_exc(), encoding="utf-8")
                failed.append(kept)
        number += 1
    counts = ", ".join(f"{n:,} {target}" for target, n in sorted(done.items()))
    print(f"{sum(done.values()):,} files ({counts}); seed {seed}; {len(failed)} failed")
    told: set[str] = set()
    for kept in failed:
        last = (kept / "traceback.txt").read_text(encoding="utf-8").splitlines()[-1][:160]
        if last not in told:
            told.add(last)
            print(f"  {kept}: {last}")
    return failed


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog='make fuzz FUZZ="..."', description=__doc__)
    parser.add_argument("--seconds", type=float, default=300)
    parser.add_argument("--seed", type=int, default=int(time.time()))
    parser.add_argument("--start", type=int, default=0)
    options = parser.parse_args()
    sys.exit(1 if fuzz(options.seconds, options.seed, options.start) else 0)
