"""The page that lists all reports of a home, and says what stopped the last run."""

from collections.abc import Mapping

from pipelines.home import Home
from pipelines.reporting.output.html import render_index
from pipelines.reporting.wording import load_wording
from pipelines.reporting.write import index_entries, write_index


def write_index_page(home: Home, *, stopped: Mapping[str, str] | None = None) -> int:
    """The page that lists all months and versions; returns how many months it lists.

    `stopped` is what the last run was stopped by: the kind of the error, where, what was found.
    """
    words = load_wording()
    banner = ""
    if stopped is not None:
        gate = f"gates.{stopped['gate']}"
        banner = words.say(
            "gates.stopped",
            gate=words.say(gate if words.has(gate) else "gates.other"),
            details="; ".join(text for name in ("where", "found") if (text := stopped[name])),
        )
    entries = list(index_entries(home.reports))
    page = render_index(entries, clinic=home.settings.clinic_name, stopped=banner)
    write_index(home.reports, page)
    return len({entry.month for entry in entries})
