"""Gaps between kinds of clients: who drops out, who is measured, who gets reliably better.

What the gaps cannot say comes first. Whether a row differs is said by one rule: its 95 % interval
leaves out 0. Kinds and clients stand in a fixed order, never by the size of a gap.
"""

from collections.abc import Sequence

from pipelines.reporting.context import Context, column, first_with_rule, text_cell
from pipelines.reporting.figures.figures import CLINIC, ROLLING, Measure, Record
from pipelines.reporting.model import Cell, Row, Section, Table

FIGURES = ("dropped_out", "measured", "improved")
KINDS = ("age_band", "sex", "gender_identity", "ethnicity", "language", "state")
NOT_RECORDED = "not_recorded"
MERGED = "merged"
# Of intervals at 95 %, the part that leaves out 0 where there is nothing.
CHANCE = 0.05


def equity_section(context: Context) -> Section | None:
    """The section; None where there are no two strata to compare."""
    words = context.words
    measure = first_with_rule(context)
    found = [(figure, equity_rows(context, figure, measure)) for figure in FIGURES]
    parts = tuple(_part(context, figure, rows, measure) for figure, rows in found if rows)
    n = sum(row["gap"] is not None for _, rows in found for row in rows)
    if not n:
        return None
    return Section(
        section_id="equity",
        title=words.say("equity.title"),
        paragraphs=(
            words.say("equity.lead"),
            words.say(
                "equity.chance",
                period=context.year.words,
                n=words.count(n),
                expected=words.count(round(n * CHANCE)),
            ),
            words.say("equity.merged_note"),
        ),
        parts=parts,
    )


def verdict(row: Record) -> str | None:
    """What can be said of one row by its intervals; None without a gap."""
    if row["gap"] is None:
        return None
    plain = _leaves_out_0(row["gap_lower"], row["gap_upper"])
    if row["adjusted_gap"] is None:
        return "differs" if plain else "no_clear_difference"
    adjusted = _leaves_out_0(row["adjusted_gap_lower"], row["adjusted_gap_upper"])
    if plain == adjusted:
        return "differs" if plain else "no_clear_difference"
    return "unadjusted_only" if plain else "adjusted_only"


def _leaves_out_0(lower: float, upper: float) -> bool:
    return lower > 0 or upper < 0


def equity_rows(context: Context, figure: str, measure: Measure | None = None) -> list[Record]:
    """The figure's rows, in the order of kinds and then of clients."""
    if figure == "improved" and measure is None:
        return []
    key = ("none",) * 3 if measure is None or figure != "improved" else measure.key
    rows = [
        row
        for row in context.figures.published("pub_equity", CLINIC, ROLLING, context.year.end_on)
        if row["figure"] == figure
        and (row["instrument_id"], row["scale"], row["respondent"]) == key
    ]
    return sorted(rows, key=lambda row: (KINDS.index(row["stratum_kind"]), _place(row["stratum"])))


def _place(stratum: str) -> tuple[bool, bool, str]:
    """By name; the youngest first, what is not recorded and what was put together last."""
    return (
        stratum in (NOT_RECORDED, MERGED),
        not stratum.startswith("under "),
        stratum.casefold(),
    )


def _part(
    context: Context, figure: str, rows: Sequence[Record], measure: Measure | None
) -> Section:
    words = context.words
    values = {
        "measure": "" if measure is None else measure.instrument.name,
        "period": context.year.words,
    }
    has_adjusted = figure == "improved"
    judged = [row for row in rows if row["gap"] is not None]
    different = [
        words.say("equity.named", kind=_kind(context, row), stratum=_stratum(context, row))
        for row in judged
        if verdict(row) != "no_clear_difference"
    ]
    total = words.count(len(judged))
    sentence = words.say("equity.found_none", total=total)
    if different:
        either = any(row["adjusted_gap"] is not None for row in judged)
        sentence = words.say(
            f"equity.found{'_either' if either else ''}",
            n=len(different),
            total=total,
            listed=words.listed(different),
        )
    columns = [
        column("kind", words.say("equity.kind"), is_number=False),
        column("stratum", words.say("equity.stratum"), is_number=False),
        column("share", words.say("equity.share")),
        column("others", words.say("equity.others")),
        column("gap", words.say("equity.gap")),
    ]
    if has_adjusted:
        columns.append(column("adjusted_gap", words.say("equity.adjusted_gap")))
    columns.append(column("words", words.say("equity.words"), is_number=False))
    return Section(
        section_id=f"equity-{figure.replace('_', '-')}",
        title=words.say(f"equity.part.{figure}", **values),
        paragraphs=(sentence,),
        tables=(
            Table(
                table_id=f"equity-{figure.replace('_', '-')}-table",
                caption=words.say(f"equity.table.{figure}", **values),
                columns=tuple(columns),
                rows=tuple(
                    Row(tuple(_cells(context, row, has_adjusted=has_adjusted))) for row in rows
                ),
            ),
        ),
    )


def _cells(context: Context, row: Record, *, has_adjusted: bool) -> list[Cell]:
    words = context.words
    cells = [text_cell(_kind(context, row)), text_cell(_stratum(context, row))]
    counts = _counts(context, row["n_met"], row["n_courses"])
    other_counts = _counts(context, row["n_other_met"], row["n_other_courses"])
    said = verdict(row)
    if said is None:
        reason = "too_few_courses_for_share"
        few = Cell(text=words.say("equity.too_few"), reason=reason)
        nothing = Cell(text=words.say("number.nothing"), reason=reason)
        gaps = [nothing] * (2 if has_adjusted else 1)
        return [*cells, Cell(text=counts), Cell(text=other_counts), *gaps, few]
    cells += [
        Cell(words.percent(row["share"], n=row["n_courses"]), row["share"], counts),
        Cell(
            words.percent(row["other_share"], n=row["n_other_courses"]),
            row["other_share"],
            other_counts,
        ),
        _gap_cell(context, row, "gap"),
    ]
    if has_adjusted:
        cells.append(_gap_cell(context, row, "adjusted_gap"))
    return [*cells, text_cell(words.say(f"equity.verdict.{said}"))]


def _gap_cell(context: Context, row: Record, name: str) -> Cell:
    words = context.words
    if row[name] is None:
        return Cell(
            text=words.say("number.nothing"),
            small=words.say("equity.not_adjusted"),
            reason="no_case_mix_model",
        )
    limits = words.say(
        "equity.limits",
        lower=_limit(context, row[f"{name}_lower"]),
        upper=_limit(context, row[f"{name}_upper"]),
    )
    return Cell(text=_signed(context, row[name]), value=_within_1(row[name]), small=limits)


def _signed(context: Context, gap: float) -> str:
    """A gap in whole points with its sign; 0 has none."""
    words = context.words
    points = round(100 * _within_1(gap))
    if not points:
        return words.count(0)
    return words.say(f"equity.{'plus' if points > 0 else 'minus'}", points=abs(points))


def _limit(context: Context, limit: float) -> str:
    """A limit in whole points; with a decimal or two where 0 would hide on which side it lies.

    The verdict hangs on that side, so only a limit of exactly 0 has no sign.
    """
    words, limit = context.words, _within_1(limit)
    if not limit or round(100 * limit):
        return _signed(context, limit)
    points = 100 * abs(limit)
    shown = words.decimal(points, 1 if round(points, 1) else 2)
    return words.say(f"equity.{'plus' if limit > 0 else 'minus'}", points=shown)


def _within_1(gap: float) -> float:
    """A gap as a page shows it: observed over expected can carry it beyond that of 0 and 100 %."""
    return min(max(gap, -1.0), 1.0)


def _counts(context: Context, x: int, n: int) -> str:
    words = context.words
    return words.say("number.x_of_n", x=words.count(x), n=words.count(n))


def _kind(context: Context, row: Record) -> str:
    return context.words.say(f"equity.kinds.{row['stratum_kind']}")


def _stratum(context: Context, row: Record) -> str:
    key = f"equity.strata.{row['stratum']}"
    return context.words.say(key) if context.words.has(key) else row["stratum"]
