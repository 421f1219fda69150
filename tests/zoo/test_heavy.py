"""Files made to fill a memory or a disk: refused, or read in bounded memory, with a message."""

import gzip
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from tests.zoo.specimens import HEADER, row

ROOT = Path(__file__).parents[2]
MEGABYTE = 1 << 20
# A plain check takes 250 MB; the JSON reader's own limit on a line is 64 MB for each thread.
THREADS, PEAK_MB = "2", 900
# All of them take seconds; a machine may be busy elsewhere for long.
PATIENCE_S = 600


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> dict[str, dict[str, Any]]:
    """What each file took, in a process of their own."""
    folder = tmp_path_factory.mktemp("heavy")

    def write(name: str, content: bytes) -> None:
        (folder / name).mkdir()
        (folder / name / name.partition(" ")[0]).write_bytes(content)

    line = b"x" * (50 * MEGABYTE)
    write("clients.csv of one line", line)
    write("clients.csv with one long row", HEADER + row("A1") + line + b"\n" + row("A2"))
    bomb = gzip.compress(HEADER + row("A1") + bytes(150 * MEGABYTE), 1)
    write("clients.csv.gz that is a bomb", bomb)
    patient = b'{"resourceType":"Patient","id":"%s","text":{"div":"%s"}}\n'
    long = patient % (b"A2", line[: 20 * MEGABYTE])
    write("p.ndjson with a long line", patient % (b"A1", b"") + long + patient % (b"A3", b""))
    with zipfile.ZipFile(folder / "z-bomb.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("clients.csv", HEADER + bytes(100 * MEGABYTE))
    done = subprocess.run(
        [sys.executable, "-m", "tests.zoo.heavy", str(folder)],
        cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=True,
        env={**os.environ, "OUTCOMES_THREADS": THREADS},
    )  # fmt: skip
    found = [json.loads(line) for line in done.stdout.splitlines()]
    return {each["name"]: each for each in found}


EXPECTED = {
    "clients.csv of one line": "expected: a header row of at most 2,097,152 bytes",
    "clients.csv with one long row": "error         1 row breaks file.record_too_long",
    "clients.csv.gz that is a bomb": "error         1 row breaks file.record_too_long",
    "p.ndjson with a long line": "clients                  3 rows       0 would be turned away",
    "z-bomb.zip": "found: more than 300 times; unpacking was stopped",
}


@pytest.mark.parametrize("name", EXPECTED)
def test_a_heavy_file_is_told_in_bounded_memory(
    taken: dict[str, dict[str, Any]], name: str
) -> None:
    assert taken[name]["peak_mb"] < PEAK_MB
    assert EXPECTED[name] in [line.strip() for line in taken[name]["lines"]]
