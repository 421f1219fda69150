"""If nobody were missing: imputed rates between the measured ones and their bounds."""

from collections.abc import Mapping

from pipelines.reporting.context import Context, column, text_cell
from pipelines.reporting.figures.figures import ROLLING, Measure, Record
from pipelines.reporting.model import Cell, Row, Section, Table

_IMPUTED = "pub_imputed_outcomes"
_OUTCOMES = ("improved", "deteriorated")


def imputed_part(context: Context) -> Section | None:
    """The part; None where no measure has an imputed rate."""
    words = context.words
    imputed: dict[tuple[str, ...], list[Record]] = {}
    left_out: set[tuple[str, ...]] = set()
    for row in context.figures.published(_IMPUTED, context.subject, ROLLING, context.year.end_on):
        key = (row["instrument_id"], row["scale"], row["respondent"])
        if row["imputed_rate"] is not None:
            imputed.setdefault((*key, row["outcome"]), []).append(row)
        elif row["no_rate_reason"] == "too_few_like_them":
            left_out.add(key)
    drawn = [each for each in context.measures if (*each.key, _OUTCOMES[0]) in imputed]
    if not drawn:
        return None
    shifts = [row["shift_sds"] for row in imputed[(*drawn[0].key, _OUTCOMES[0])]]
    rows = [
        _row(context, measure, outcome, imputed[(*measure.key, outcome)])
        for measure in drawn
        for outcome in _OUTCOMES
    ]
    n_imputations = imputed[(*drawn[0].key, _OUTCOMES[0])][0]["n_imputations"]
    return Section(
        section_id="if-nobody-were-missing",
        title=words.say("imputed.title"),
        paragraphs=(
            words.say("imputed.lead", n=words.count(n_imputations)),
            *_rests_on(context, {each: imputed[(*each.key, _OUTCOMES[0])][0] for each in drawn}),
            *_left_out(context, [each for each in context.measures if each.key in left_out]),
            words.say("imputed.caution", sds=words.decimal(max(shifts), 2)),
        ),
        tables=(
            Table(
                table_id="imputed-rates",
                caption=words.say("imputed.table", period=context.year.words),
                columns=(
                    column("measure", words.say("imputed.measure"), is_number=False),
                    column("outcome", words.say("imputed.outcome"), is_number=False),
                    column("measured", words.say("imputed.measured")),
                    column("rate", words.say("imputed.rate")),
                    column("bounds", words.say("imputed.bounds")),
                    *(
                        column(f"imputed-{place}", _shift_words(context, shift))
                        for place, shift in enumerate(shifts)
                    ),
                ),
                rows=tuple(rows),
                note=words.say("imputed.note"),
            ),
        ),
    )


def _rests_on(context: Context, first: Mapping[Measure, Record]) -> list[str]:
    """A sentence for the measures whose filling knows the same of a course."""
    words = context.words
    alike: dict[str, list[str]] = {}
    for measure, row in first.items():
        alike.setdefault(row["rests_on"], []).append(measure.instrument.name)
    return [
        words.say(
            "imputed.rests_on",
            measures=words.listed(names),
            known=words.listed([words.say(f"imputed.known.{each}") for each in known.split(", ")]),
        )
        for known, names in alike.items()
    ]


def _left_out(context: Context, measures: list[Measure]) -> list[str]:
    """A sentence for the measures whose missing courses are not like the measured ones."""
    words = context.words
    names = words.listed([each.instrument.name for each in measures])
    return [words.say("imputed.left_out", measures=names)] if measures else []


def _shift_words(context: Context, shift: float) -> str:
    words = context.words
    if shift == 0:
        return words.say("imputed.imputed")
    return words.say("imputed.shifted", sds=words.decimal(shift, 2))


def _row(context: Context, measure: Measure, outcome: str, found: list[Record]) -> Row:
    words = context.words
    first, *_ = found
    n, n_paired, n_with = (first[name] for name in ("n_courses", "n_paired", "n_with_outcome"))
    return Row(
        (
            text_cell(measure.instrument.name),
            text_cell(words.say(f"imputed.{outcome}")),
            Cell(words.say("imputed.n_of", x=words.count(n_paired), n=words.count(n)), n_paired),
            Cell(
                words.percent(n_with / n_paired, n=n_paired),
                n_with / n_paired,
                small=words.say("imputed.n_of", x=words.count(n_with), n=words.count(n_paired)),
            ),
            Cell(words.percent_range(n_with / n, (n_with + n - n_paired) / n, n=n), n_with / n),
            *(
                Cell(
                    words.percent(row["imputed_rate"], n=n),
                    row["imputed_rate"],
                    small=words.percent_range(
                        row["imputed_rate_lower"], row["imputed_rate_upper"], n=n
                    ),
                )
                for row in found
            ),
        )
    )
