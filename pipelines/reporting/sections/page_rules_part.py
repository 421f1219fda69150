"""Rules of the pages themselves, for the methods page: what may be shown, and what is a signal.

The policies are the files of `data_contracts/disclosure/`, the figures of the charts those that
`pipelines/comparison/spc.py` draws by.
"""

from pipelines.comparison import spc
from pipelines.reporting.context import column, text_cell
from pipelines.reporting.figures.disclosure import Policy, load_policies
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.wording import Wording

_COLUMNS = ("policy", "readers", "smallest", "rounding", "rates", "limits", "source")


def policies_section(words: Wording) -> Section:
    """One row for each policy by which small numbers are hidden, with its version and source."""
    return Section(
        section_id="policies",
        title=words.say("policies.title"),
        paragraphs=(words.say("policies.lead"),),
        tables=(
            Table(
                table_id="policies-table",
                caption=words.say("policies.caption"),
                columns=tuple(
                    column(name, words.say(f"policies.columns.{name}"), is_number=False)
                    for name in _COLUMNS
                ),
                rows=tuple(
                    Row(_cells(policy, words)) for _, policy in sorted(load_policies().items())
                ),
            ),
        ),
    )


def _cells(policy: Policy, words: Wording) -> tuple[Cell, ...]:
    hides = policy.minimum_count > 1
    rounds = max(policy.rounding_base, policy.total_rounding_base) > 1
    return (
        text_cell(
            policy.title,
            words.say("policies.version", policy=policy.policy_id, version=policy.version),
        ),
        text_cell(", ".join(policy.audiences)),
        text_cell(
            words.say("policies.smallest", n=policy.minimum_count)
            if hides
            else words.say("policies.every")
        ),
        text_cell(
            words.say(
                "policies.rounded",
                base=policy.rounding_base,
                total_base=policy.total_rounding_base,
            )
            if rounds
            else words.say("policies.exact")
        ),
        text_cell(
            words.say(
                "policies.pairs",
                rate=policy.minimum_pairs_for_rate,
                comparison=policy.minimum_pairs_for_comparison,
            )
        ),
        text_cell(" ".join(policy.does_not_do)),
        text_cell(policy.source),
    )


def charts_section(words: Wording) -> Section:
    """By which rule set a chart calls a month a signal."""
    return Section(
        section_id="charts",
        title=words.say("charts.title"),
        paragraphs=(
            words.say(
                "charts.rules",
                run=spc.RUN_LENGTH,
                baseline=spc.BASELINE_POINTS,
                fewest=spc.TRIAL_MINIMUM,
            ),
            words.say(
                "charts.limits",
                factor=float(spc.LIMIT_FACTOR),
                outlier=float(spc.OUTLIER_FACTOR),
                sigmas=spc.SIGMAS,
            ),
            words.say("charts.source"),
        ),
    )
