"""How the section about the work itself names a measure and writes its means and shares."""

from collections.abc import Iterable

from pipelines.reporting.context import Context, text_cell
from pipelines.reporting.figures.figures import ROLLING, Record
from pipelines.reporting.model import Cell
from pipelines.reporting.sentences import Share

WHOLE = "total"


def rows_of(context: Context, table: str, subject: tuple[str, str] | None = None) -> list[Record]:
    """The rows of the page's subject, or another, in a published table over the twelve months."""
    return context.figures.published(
        table, subject or context.subject, ROLLING, context.year.end_on
    )


def wholes(rows: Iterable[Record]) -> list[Record]:
    """Of each instrument and respondent the whole; the scales only where it has no whole."""
    found = list(rows)
    whole = {(row["instrument_id"], row["respondent"]) for row in found if row["scale"] == WHOLE}
    return [
        row
        for row in found
        if row["scale"] == WHOLE or (row["instrument_id"], row["respondent"]) not in whole
    ]


def called(context: Context, row: Record) -> str:
    """An instrument by its short name, with the scale and the respondent where they matter."""
    words = context.words
    name = row["instrument_id"]
    if words.has(f"work.short.{name}"):
        name = words.say(f"work.short.{name}")
    elif name in context.figures.instruments:
        name = context.figures.instruments[name].name
    if row.get("scale", WHOLE) != WHOLE:
        scale = row["scale"].replace("_", " ")
        name = words.say("work.measure_of", measure=name, scale=scale)
    if row["respondent"] != "client":
        who = words.say(f"work.respondent.{row['respondent']}")
        name = words.say("work.said_by", measure=name, respondent=who)
    return name


def share_of(row: Record, x: str, n: str, rate: str) -> Share:
    """The share in these columns, with its limits."""
    return Share(
        x=row[x],
        n=row[n],
        rate=row[rate],
        lower=row[f"{rate}_lower"],
        upper=row[f"{rate}_upper"],
    )


def mean_cell(context: Context, row: Record, name: str) -> Cell:
    """A mean with its range; how it is said that there are too few."""
    words = context.words
    mean = row[name]
    if mean is None:
        return Cell(
            text=words.say("number.nothing"),
            small=words.say("reason.too_few_pairs_for_rate"),
            reason="too_few_pairs_for_rate",
        )
    lower, upper = row[f"{name}_lower"], row[f"{name}_upper"]
    small = ""
    if lower is not None and upper is not None:
        ends = {"lower": words.decimal(lower), "upper": words.decimal(upper)}
        small = words.say("work.limits", **ends)
    return Cell(text=words.decimal(mean), value=float(mean), small=small)


def measure_cell(context: Context, row: Record) -> Cell:
    """A measure with the range of its whole."""
    words = context.words
    instrument = context.figures.instruments.get(row["instrument_id"])
    small = ""
    if (
        row.get("scale", WHOLE) == WHOLE
        and instrument is not None
        and instrument.minimum_points is not None
        and instrument.maximum_points is not None
    ):
        ends = {
            "lower": words.decimal(instrument.minimum_points, 0),
            "upper": words.decimal(instrument.maximum_points, 0),
        }
        small = words.say("work.range", **ends)
    return text_cell(called(context, row), small)
