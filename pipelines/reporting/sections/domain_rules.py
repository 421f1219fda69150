"""Rules that judge a domain of success beside those of a page's own measures, with their sources.

What belongs here: what others than the clients said, clients' goals, and their verdict. Of these a
page has no section, but a share in its table of domains; whose rule counts there must be told.
"""

from collections.abc import Iterator

from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import OWN_WORD, ROLLING, OutcomeRule
from pipelines.reporting.model import Definition
from pipelines.reporting.sections.domains_section import GOAL_RULE, VERDICT
from pipelines.reporting.sections.work_cells import WHOLE, rows_of


def domain_rules(context: Context) -> tuple[Definition, ...]:
    """One definition for each such rule that the page's domains of the twelve months go by."""
    rows = context.figures.published(
        "pub_domain_outcomes", context.subject, ROLLING, context.year.end_on
    )
    measured = [row for row in rows if row["n_measured"]]
    others = {row["respondent"] for row in measured} - {OWN_WORD}
    voices = {row["respondent"] for row in measured if row["basis"] == VERDICT}
    bases = {row["basis"] for row in measured}
    found = [
        _of_others(rule, context)
        for rule in context.figures.rules_of_others(context.subject)
        if rule.respondent in others
    ]
    if GOAL_RULE in bases:
        found += _of_goals(context)
    if VERDICT in bases:
        found += _of_verdicts(context, voices)
    return tuple(found)


def _of_others(rule: OutcomeRule, context: Context) -> Definition:
    words = context.words
    name = context.figures.instruments[rule.instrument_id].full_name
    if rule.scale != WHOLE:
        scale = rule.scale.replace("_", " ")
        name = words.say("work.measure_of", measure=name, scale=scale)
    return Definition(
        term=words.say(
            "method.filled_in_by",
            measure=name,
            respondent=words.say(f"domains.respondent.{rule.respondent}"),
        ),
        text=words.say(
            "method.rule_of_others",
            version=rule.rule_version,
            points=words.exactly(rule.reliable_change_points or 0),
            source=rule.source.rstrip("."),
        ),
    )


def _of_goals(context: Context) -> Iterator[Definition]:
    words = context.words
    for rule in context.figures.goal_rules:
        yield Definition(
            term=context.figures.instruments[rule.instrument_id].full_name,
            text=words.say(
                "method.rule_of_goals",
                version=rule.rule_version,
                points=words.exactly(rule.reliable_change_points or 0),
                source=rule.source.rstrip("."),
            ),
        )


def _of_verdicts(context: Context, voices: set[str]) -> Iterator[Definition]:
    """Of the forms that this page lists ratings of; where it lists none, of those who rated."""
    words = context.words
    rated = {row["instrument_id"] for row in rows_of(context, "pub_experience") if row["n_rated"]}
    for row in context.figures.verdict_rules:
        if voices.isdisjoint(row["respondents"]):
            continue
        if rated and row["instrument_id"] not in rated:
            continue
        yield Definition(
            term=context.figures.instruments[row["instrument_id"]].full_name,
            text=words.say(
                "method.rule_of_verdicts_up_to"
                if row["op"] == "<="
                else "method.rule_of_verdicts_from",
                points=words.exactly(row["points"]),
                source=row["source"].rstrip("."),
            ),
        )
