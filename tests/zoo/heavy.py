"""Checks the files of a folder, one after the other, and prints what each took as JSON.

A process of its own, so that its peak of memory is that of the files.
"""

import json
import resource
import sys
import time
from datetime import date
from pathlib import Path

from pipelines.errors import DeliveryError
from pipelines.warehouse.rehearsal import check_delivery

if __name__ == "__main__":
    for path in sorted(Path(sys.argv[1]).iterdir()):
        started = time.process_time()
        try:
            found = check_delivery(path, home=None, mode=None, delivered_on=date(2026, 1, 31))
            lines = found.lines()
        except DeliveryError as error:
            lines = str(error).splitlines()
        peak_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
        seconds = time.process_time() - started
        print(json.dumps({"name": path.name, "s": seconds, "peak_mb": peak_mb, "lines": lines}))
