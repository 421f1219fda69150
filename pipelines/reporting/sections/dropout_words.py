"""How the counts of drop-outs of several sections are made of one another."""

from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import CLINIC, ROLLING, Record
from pipelines.reporting.sections.equity_section import equity_rows


def dropout_counts(context: Context, row: Record) -> list[str]:
    """How the count of drop-outs that other sections print is made of that in `pub_course`.

    Empty where nobody dropped out or a count is withheld: parts would then tell it.
    """
    words, end_on = context.words, context.year.end_on
    activity = context.figures.activity(context.subject, ROLLING, end_on)
    if activity is None or not activity["n_dropped_out"]:
        return []
    all_of_them, derived = activity["n_dropped_out"], activity["n_ended_derived"]
    coded = row["n_dropout_coded"]
    if derived is None or coded is None:
        return []
    text = words.say(
        "course.endings.bridge",
        all=words.count(all_of_them),
        coded=words.count(coded),
        derived=words.count(derived),
        never=words.count(all_of_them - derived - coded),
    )
    if context.subject != CLINIC or not equity_rows(context, "dropped_out"):
        return [text]
    begun = words.count(coded + derived)
    return [f"{text} {words.say('course.endings.bridge_equity', begun=begun)}"]
