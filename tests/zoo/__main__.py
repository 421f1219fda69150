"""Write down anew what the users of the zoo's files are told: `python -m tests.zoo`."""

from pathlib import Path
from tempfile import TemporaryDirectory

from tests.zoo.specimens import FAMILIES
from tests.zoo.visit import TOLD, page, visit

if __name__ == "__main__":
    TOLD.mkdir(exist_ok=True)
    with TemporaryDirectory(prefix="zoo-") as folder:
        found = visit(Path(folder))
    for family in FAMILIES:
        (TOLD / f"{family}.txt").write_text(page(family, found), encoding="utf-8")
