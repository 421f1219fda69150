"""How the changes on a measure are spread: a bar a stretch of points, in the band of its error."""

from decimal import Decimal

from pipelines.reporting.context import Context, column, count_cell, text_cell
from pipelines.reporting.figures.figures import Measure, Record
from pipelines.reporting.model import Chart, Row, Table, Value
from pipelines.reporting.sections.work_cells import rows_of
from pipelines.reporting.wording import Wording

TABLE = "pub_change_distribution"
_PARTS = ("worse", "same", "better")
_WHOLE = "total"


def change_chart(context: Context, measure: Measure) -> Chart | None:
    """The chart; None where too few were measured or no rule says what better is."""
    instrument_id, scale, respondent = measure.key
    ruled = measure.rule.reliable_change_points if measure.rule else None
    stretches = [
        row
        for row in rows_of(context, TABLE)
        if (row["instrument_id"], row["respondent"]) == (instrument_id, respondent)
    ]
    if scale != _WHOLE or ruled is None or not stretches:
        return None
    threshold = Decimal(str(ruled))
    words, name = context.words, measure.instrument.name
    counts = {part: sum(_parts(row)[part] for row in stretches) for part in _PARTS}
    n = sum(counts.values())
    said = {
        "measure": name,
        "period": context.year.words,
        "points": words.exactly(threshold),
        "n": words.count(n),
        **{part: words.count(count) for part, count in counts.items()},
    }
    return Chart(
        chart_id=f"change-{instrument_id}",
        drawing="change",
        title=words.say("change.chart.title", **said),
        subtitle=words.say("change.chart.subtitle", **said),
        summary=words.say("change.chart.summary", median=_middle(stretches, n, words), **said),
        data={
            "stretches": tuple(_bars(stretches)),
            "band": ({"from": -float(threshold), "to": float(threshold)},),
            "labels": tuple(_labels(stretches, threshold, counts, words)),
        },
        table=_table(stretches, words, caption=words.say("change.chart.table", **said)),
    )


def _parts(row: Record) -> dict[str, int]:
    better, worse = row["n_improved"], row["n_deteriorated"]
    return {"worse": worse, "same": row["n_paired"] - better - worse, "better": better}


def _bars(stretches: list[Record]) -> list[dict[str, Value]]:
    """A bar of up to three parts for each stretch; on whole points it stands around its value."""
    found: list[dict[str, Value]] = []
    for row in stretches:
        begin = row["from_points"] - _shift(row)
        low = 0
        for part, n in _parts(row).items():
            if n:
                found.append(
                    {
                        "from": float(begin),
                        "to": float(begin + row["step_points"]),
                        "low": low,
                        "high": low + n,
                        "part": part,
                    }
                )
                low += n
    return found


def _shift(row: Record) -> Decimal:
    return Decimal("0.5") if row["step_points"] == 1 else Decimal(0)


def _labels(
    stretches: list[Record], threshold: Decimal, counts: dict[str, int], words: Wording
) -> list[dict[str, Value]]:
    """The three parts by name and number, above the places where they lie."""
    first = min(row["from_points"] for row in stretches)
    last = max(row["from_points"] + row["step_points"] for row in stretches)
    places = {
        "worse": (min(first, -threshold), "left"),
        "same": (Decimal(0), "center"),
        "better": (max(last, threshold), "right"),
    }
    return [
        {
            "from": float(place),
            "align": align,
            # A line of its own: on a narrow drawing the three would run into each other.
            "is_above": part == "same",
            "text": words.say(f"change.chart.{part}", n=words.count(counts[part])),
        }
        for part, (place, align) in places.items()
    ]


def _middle(stretches: list[Record], n: int, words: Wording) -> str:
    """The stretch that the course in the middle is in."""
    passed = 0
    for row in stretches:
        passed += row["n_paired"]
        if 2 * passed >= n:
            return _stretch(row, words)
    return ""


def _stretch(row: Record, words: Wording) -> str:
    step, begin = row["step_points"], row["from_points"]
    places = 0 if step == int(step) else 2
    if step == 1:
        return words.decimal(begin, 0)
    return words.say(
        "change.chart.stretch",
        lower=words.decimal(begin, places),
        upper=words.decimal(begin + step, places),
    )


def _table(stretches: list[Record], words: Wording, *, caption: str) -> Table:
    return Table(
        table_id=f"change-{stretches[0]['instrument_id']}-table",
        caption=caption,
        columns=(
            column("points", words.say("change.chart.points"), is_number=False),
            column("n", words.say("change.chart.courses")),
            column("better", words.say("outcomes.better")),
            column("worse", words.say("outcomes.worse")),
        ),
        rows=tuple(
            Row(
                (
                    text_cell(_stretch(row, words)),
                    *(
                        count_cell(row, name, words)
                        for name in ("n_paired", "n_improved", "n_deteriorated")
                    ),
                )
            )
            for row in stretches
        ),
    )
