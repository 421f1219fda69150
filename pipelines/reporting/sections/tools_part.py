"""Where a published tool departs from the definition that it names, for the methods page.

What belongs here: the order of the rows. Each is worked out in the tests: the published results and
ours in `tests/sql/test_published_change_results.py` and the tests that it names.
"""

from pipelines.reporting.context import column, text_cell
from pipelines.reporting.model import Row, Section, Table
from pipelines.reporting.wording import Wording

DEPARTURES = (
    "reliable_change", "cutoff_b", "hlm", "ha", "response", "d_av", "reversal", "goals",
    "directions", "zero",
)  # fmt: skip
_COLUMNS = ("figure", "tool", "theirs", "ours", "example")


def tools_section(words: Wording) -> Section:
    """One row for each figure that a published tool works out otherwise."""
    return Section(
        section_id="tools",
        title=words.say("tools.title"),
        paragraphs=(words.say("tools.lead"),),
        tables=(
            Table(
                table_id="tools-table",
                caption=words.say("tools.caption"),
                columns=tuple(
                    column(name, words.say(f"tools.columns.{name}"), is_number=False)
                    for name in _COLUMNS
                ),
                rows=tuple(
                    Row(
                        tuple(text_cell(words.say(f"tools.rows.{key}.{name}")) for name in _COLUMNS)
                    )
                    for key in DEPARTURES
                ),
            ),
        ),
    )
