"""From the published tables to a report: every figure, sentence and series of one month.

What belongs here is the order of the page. What stands in a section is decided in the section's
own module, which sentence a figure gets in `sentences.py`, and what may be shown in
`sql/published/`.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

import duckdb

from pipelines.report_settings import ENGLAND, UNITED_STATES
from pipelines.reporting.context import Context, ReportSettings, shows
from pipelines.reporting.figures.comparing import compare_programmes, gaps_that_stand_out
from pipelines.reporting.figures.disclosure import DIRECTOR, PUBLIC
from pipelines.reporting.figures.figures import (
    MONTH,
    ROLLING,
    Instrument,
    month_before,
)
from pipelines.reporting.figures.figures_reading import read_figures
from pipelines.reporting.figures.periods import N_MONTHS
from pipelines.reporting.figures.programme_changes import programme_changes
from pipelines.reporting.figures.public_figures import read_public_figures
from pipelines.reporting.figures.windows import headline_kind, routine_measures, window
from pipelines.reporting.model import Report
from pipelines.reporting.pages.head import report_head
from pipelines.reporting.pages.public_page import public_report
from pipelines.reporting.sections.cards import key_figures
from pipelines.reporting.sections.care_section import care_section
from pipelines.reporting.sections.claims_section import claims_section
from pipelines.reporting.sections.course_section import course_section
from pipelines.reporting.sections.domains_section import domains_section
from pipelines.reporting.sections.equity_section import equity_section
from pipelines.reporting.sections.in_short import in_short
from pipelines.reporting.sections.look_at import look_at
from pipelines.reporting.sections.measures_section import measures_section
from pipelines.reporting.sections.method_section import method_section
from pipelines.reporting.sections.outcomes_section import outcomes_section
from pipelines.reporting.sections.path_section import path_section
from pipelines.reporting.sections.people_section import people_section
from pipelines.reporting.sections.population_section import population_section
from pipelines.reporting.sections.recovery_section import recovery_section
from pipelines.reporting.sections.trust_section import trust_section
from pipelines.reporting.sections.work_section import work_section
from pipelines.reporting.sentences import Minimums
from pipelines.reporting.wording import Wording, load_wording

# What says how the figures were made, and nothing of what was delivered: a hash of all tables would
# change with clients who are not counted.
PUBLIC_PROVENANCE = ("as_of_on", "catalogue_digest", "code_revision", "contracts")


def build_report(
    connection: duckdb.DuckDBPyConnection,
    *,
    month: date,
    audience: str,
    settings: ReportSettings,
    provenance: Mapping[str, Any],
    kind: str = MONTH,
    version: int = 1,
    language: str = "en",
) -> Report:
    """The clinic's report of the period that ends with a month, for an audience.

    Parameters and errors are those of `report_context`.
    """
    context = report_context(
        connection,
        month=month,
        audience=audience,
        settings=settings,
        provenance=provenance,
        kind=kind,
        language=language,
    )
    if audience == PUBLIC:
        return public_report(
            context,
            read_public_figures(connection, month_end_on=context.figures.month_end_on),
            head=report_head(context, version=version),
            provenance={name: provenance[name] for name in PUBLIC_PROVENANCE if name in provenance},
        )
    return clinic_report(context, version=version)


def report_context(
    connection: duckdb.DuckDBPyConnection,
    *,
    month: date,
    audience: str,
    settings: ReportSettings,
    provenance: Mapping[str, Any],
    kind: str = MONTH,
    language: str = "en",
) -> Context:
    """What the report of a period for an audience, and the pages of its subjects, are made from.

    `kind` is month, quarter or year, and the period the one that ends with the month. All is read
    from the `pub_` and `ref_` tables of the connection.
    `provenance` says what no table holds, each key optional: `as_of_on` (ISO day, where deliveries
    are not shown), `code_revision`, `catalogue_digest`, `contracts` (table → version), `sources`
    (each with `name`, and where they apply `episode_gap_days`: courses were derived with this gap;
    `out_of_scope`: kind → rows).

    Raises: UsageError when no disclosure policy names the audience.
    """
    figures = read_figures(connection, month=month, audience=audience)
    words = load_wording(language).for_shares(figures.policy["share_decimals"])
    figures = replace(figures, instruments=_called_shortly(figures.instruments, words))
    if ENGLAND not in settings.report.countries:
        figures = figures.without_recovery()
    minimums = Minimums(
        rate=figures.policy["minimum_pairs_for_rate"],
        comparison=figures.policy["minimum_pairs_for_comparison"],
    )
    measures = tuple(figures.measures())
    routine = tuple(routine_measures(figures, measures))
    comparisons = compare_programmes(figures, routine, minimums)
    return Context(
        figures=figures,
        words=words,
        minimums=minimums,
        headline=window(
            figures, headline_kind(figures, measures) if kind == MONTH else kind, words
        ),
        period=window(figures, kind, words),
        year=window(figures, ROLLING, words),
        measures=measures,
        routine=routine,
        comparisons=comparisons,
        gaps=gaps_that_stand_out(figures, routine, comparisons),
        changes=programme_changes(figures, kind, minimums, words) if audience == DIRECTOR else {},
        settings=settings,
        provenance=provenance,
    )


def is_whole(context: Context) -> bool:
    """Whether all months of the period lie in the history; half a quarter is none.

    A month is always one, so that one in which nothing happened is told as such.
    """
    first = context.figures.first_month
    months = N_MONTHS[context.period.kind]
    begins = month_before(context.figures.month, months - 1)
    return months == 1 or (first is not None and first <= begins)


def clinic_report(context: Context, *, version: int = 1) -> Report:
    """The clinic's own report, in the order of its sections."""
    cards = key_figures(context)
    sections = (
        population_section(context),
        domains_section(context),
        outcomes_section(context),
        path_section(context),
        recovery_section(context),
        claims_section(context),
        people_section(context),
        equity_section(context),
        care_section(context),
        course_section(context),
        work_section(context),
        measures_section(context) if shows(context, UNITED_STATES) else None,
        trust_section(context),
        method_section(context),
    )
    return Report(
        head=report_head(context, version=version),
        in_short=in_short(context),
        key_figures=cards,
        look_at=look_at(context, cards),
        sections=tuple(section for section in sections if section is not None),
        provenance=context.provenance,
    )


def _called_shortly(instruments: Mapping[str, Instrument], words: Wording) -> dict[str, Instrument]:
    """The instruments under the names that the catalogue of words has for them."""
    return {
        key: replace(instrument, name=words.say(f"instrument.{key}"))
        if words.has(f"instrument.{key}")
        else instrument
        for key, instrument in instruments.items()
    }
