"""How therapists' and groups' figures are adjusted and judged: the models, and each rule."""

from pipelines.reporting.context import Context, column, text_cell
from pipelines.reporting.figures.figures import CLINIC, ROLLING, Record
from pipelines.reporting.model import Cell, Definition, Row, Section, Table

RULES = ("expected", "adjusted", "shrunken", "limits", "verdict")


def case_mix_part(context: Context) -> Section | None:
    """The part; None where no measure has a pair to adjust."""
    words, minima = context.words, context.settings.comparison
    rows = [
        (measure.instrument.name, row)
        for measure in context.routine or context.measures[:1]
        for row in _models(context, measure.key)
    ]
    if not rows:
        return None
    covariates = [
        words.say(f"case_mix.covariate.{name}") for name in rows[0][1]["covariates"].split(", ")
    ]
    table = Table(
        table_id="case-mix",
        caption=words.say("case_mix.table", period=context.year.words),
        columns=(
            column("measure", words.say("case_mix.measure"), is_number=False),
            column("outcome", words.say("case_mix.outcome"), is_number=False),
            column("n", words.say("case_mix.n")),
            column("tells", words.say("case_mix.tells"), is_number=False),
            column("calibration", words.say("case_mix.calibration")),
        ),
        rows=tuple(Row(tuple(_cells(context, name, row))) for name, row in rows),
        note=words.say("case_mix.note", covariates=words.listed(covariates)),
    )
    return Section(
        section_id="people-adjusted",
        title=words.say("case_mix.title"),
        folded_as=words.say("case_mix.folded"),
        tables=(table,),
        definitions=tuple(
            Definition(
                term=words.say(f"case_mix.rule.{rule}.term"),
                text=words.say(
                    f"case_mix.rule.{rule}.text",
                    pairs=words.count(minima.minimum_pairs),
                    share=words.percent(minima.minimum_pair_rate, n=None),
                    units=words.count(minima.minimum_units),
                    days=words.count(context.settings.first_score_days),
                ),
            )
            for rule in RULES
        ),
    )


def _models(context: Context, measure: tuple[str, str, str]) -> list[Record]:
    return [
        row
        for row in context.figures.published("pub_case_mix", CLINIC, ROLLING, context.year.end_on)
        if (row["instrument_id"], row["scale"], row["respondent"]) == measure
    ]


def _cells(context: Context, name: str, row: Record) -> list[Cell]:
    words = context.words
    cells = [
        text_cell(name),
        text_cell(words.say(f"case_mix.outcomes.{row['outcome']}")),
        Cell(text=words.count(row["n_cases"]), value=row["n_cases"]),
    ]
    if not row["is_fitted"]:
        reason = row["reason"]
        text = words.say(f"case_mix.refused.{reason}", parameters=words.count(row["n_parameters"]))
        return [*cells, Cell(text, reason=reason), Cell(words.say("number.nothing"))]
    kind = "auc" if row["auc"] is not None else "r_squared"
    tells = words.say(f"case_mix.{kind}", share=words.percent(max(row[kind], 0), n=row["n_cases"]))
    slope = row["calibration_slope"]
    return [*cells, Cell(tells, row[kind]), Cell(words.decimal(slope, 2), slope)]
