"""The funnel: each therapist's or group's adjusted share with its own limits of chance."""

from collections.abc import Sequence

from pipelines.reporting.comparison_words import (
    ABOVE,
    BELOW,
    CANNOT_TELL,
    compared_row,
    spread_row,
)
from pipelines.reporting.context import Context
from pipelines.reporting.figures import Measure, Subject
from pipelines.reporting.model import Chart


def funnel(
    context: Context, measure: Measure, level: str, subjects: Sequence[Subject]
) -> Chart | None:
    """The drawing of those who are judged; None where nobody is.

    Every unit has limits of its own, around what was expected of its clients: one line for all
    would accuse those whose clients were sicker. Only who lies outside is named in it.
    """
    words = context.words
    spread = spread_row(context, measure, level)
    rows = [
        (subject, row)
        for subject in subjects
        if (row := compared_row(context, measure, subject)) is not None
        and row["verdict"] != CANNOT_TELL
        and row["adjusted"] is not None
        and row["lower_998"] is not None
    ]
    if spread is None or not rows:
        return None
    n_outside = sum(row["verdict"] in (ABOVE, BELOW) for _, row in rows)
    values = {
        "measure": measure.instrument.name,
        "period": context.year.words,
        "units": words.say(f"people.units.{level}", n=len(rows)),
        "minimum": words.count(context.minimums.comparison),
        "overall": words.percent(rows[0][1]["overall"], n=None),
    }
    title = "title" if n_outside else "title_none"
    return Chart(
        chart_id=f"funnel-{level}",
        drawing="funnel",
        title=words.say(f"people.funnel.{title}", n=n_outside, **values),
        subtitle=words.say("people.funnel.subtitle", **values),
        summary=words.say("people.funnel.summary", n=words.count(n_outside), **values),
        data={
            "units": tuple(
                {
                    "n": row["n_pairs"],
                    "value": row["adjusted"],
                    "lower_95": row["lower_95"],
                    "upper_95": row["upper_95"],
                    "lower_998": row["lower_998"],
                    "upper_998": row["upper_998"],
                    "is_outside": row["verdict"] in (ABOVE, BELOW),
                    "name": subject.name,
                }
                for subject, row in rows
            ),
            "overall": ({"value": rows[0][1]["overall"]},),
        },
    )
