"""The claims of the demo's clinic: those of this project, with a day of its own."""

from datetime import date
from pathlib import Path

from pipelines.demo.clinic import DemoOptions
from pipelines.demo.timeline import Timeline
from pipelines.files import private_folder, write_atomic
from pipelines.warehouse.claims import shipped_claims


def adopt_claims(options: DemoOptions, folder: Path) -> None:
    """Put the claims into a clinic's folder, unless it has one; nothing was known on their day."""
    if folder.exists():
        return
    private_folder(folder)
    # A window of twelve months can begin before the first of the demo's months.
    first = Timeline.ending(options.as_of_month, options.months).first_month
    for path in shipped_claims():
        text = path.read_text(encoding="utf-8").rstrip()
        set_on = date(first.year - 1, 1, 1)
        write_atomic(
            folder / path.name,
            f"{text}\n# The made-up clinic's day, before its first course.\nset_on: {set_on}\n",
        )
