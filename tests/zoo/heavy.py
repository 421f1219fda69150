"""Checks the files of a folder, one after the other, and prints what each took as JSON.

A process of its own, so that its peak of memory is that of the files.
"""

import json
import sys
import time
from datetime import date
from pathlib import Path

from pipelines.errors import DeliveryError
from pipelines.warehouse.rehearsal import check_delivery


def held_at_most_mb() -> int:
    """The most memory that this program has held.

    Not `ru_maxrss`: a program takes over that of the process which started it.
    """
    status = Path("/proc/self/status").read_text(encoding="utf-8")
    (line,) = (line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) // 1024


if __name__ == "__main__":
    for path in sorted(Path(sys.argv[1]).iterdir()):
        started = time.process_time()
        try:
            found = check_delivery(path, home=None, mode=None, delivered_on=date(2026, 1, 31))
            lines = found.lines()
        except DeliveryError as error:
            lines = str(error).splitlines()
        peak_mb = held_at_most_mb()
        seconds = time.process_time() - started
        print(json.dumps({"name": path.name, "s": seconds, "peak_mb": peak_mb, "lines": lines}))
