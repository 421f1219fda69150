"""The funnel: each therapist's or group's adjusted share with its own limits of chance."""

from collections.abc import Mapping, Sequence
from typing import Any

from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import Measure, Subject
from pipelines.reporting.model import Chart
from pipelines.reporting.sections.comparison_words import (
    ABOVE,
    BELOW,
    CANNOT_TELL,
    compared_row,
    spread_row,
    within_0_and_1,
)


def funnel(
    context: Context, measure: Measure, level: str, subjects: Sequence[Subject]
) -> Chart | None:
    """The drawing of those who are judged; None where nobody is.

    Every unit has limits of its own, around what was expected of its clients: one line for all
    would accuse those whose clients were sicker. Nobody is named in it: a name stands in the table
    alone, beside the unadjusted figure and what could explain it.
    """
    words = context.words
    spread = spread_row(context, measure, level)
    rows = [
        row
        for subject in subjects
        if (row := compared_row(context, measure, subject)) is not None
        and row["verdict"] != CANNOT_TELL
        and row["adjusted"] is not None
        and row["lower_998"] is not None
    ]
    if spread is None or not rows:
        return None
    n_outside = sum(row["verdict"] in (ABOVE, BELOW) for row in rows)
    values = {
        "measure": measure.instrument.name,
        "period": context.year.words,
        "units": words.say(f"people.units.{level}", n=len(rows)),
        "minimum": words.count(context.settings.comparison.minimum_pairs),
        "overall": words.percent(rows[0]["overall"], n=None),
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
                    "value": within_0_and_1(row["adjusted"]),
                    **_limits(row),
                    "is_outside": row["verdict"] in (ABOVE, BELOW),
                }
                for row in rows
            ),
            "overall": ({"value": rows[0]["overall"]},),
            "axes": (
                {
                    "share": words.say("people.funnel.share_axis"),
                    "courses": words.say("people.funnel.courses_axis"),
                },
            ),
        },
    )


def _limits(row: Mapping[str, Any]) -> dict[str, float]:
    names = ("lower_95", "upper_95", "lower_998", "upper_998")
    return {name: within_0_and_1(row[name]) for name in names}
