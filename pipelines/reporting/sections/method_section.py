"""How it is counted: each rule with its version and source, the words, and where it comes from."""

from collections.abc import Sequence

from pipelines.reporting.context import Context, column, first_with_rule, text_cell
from pipelines.reporting.figures.disclosure import load_policies
from pipelines.reporting.figures.figures import HISTORY_MONTHS, Measure
from pipelines.reporting.model import Definition, Row, Section, Table
from pipelines.reporting.sections.change_methods_part import change_methods_part
from pipelines.reporting.sections.domain_rules import domain_rules
from pipelines.reporting.sections.other_measures import full_title
from pipelines.reporting.sentences import WIDE_INTERVAL
from pipelines.reporting.terms import TERM_ANCHOR

_GLOSSARY = (
    "course",
    "finished",
    "measured",
    "reliably_better",
    "no_clear_change",
    "recovered",
    "usual_range",
    "signal",
    "short_names",
    "between",
    "turned_away",
    "derived_end",
    "spread",
    "middle_half",
    "regression",
)


def method_section(context: Context) -> Section:
    """The last section of every page but the public's."""
    words = context.words
    told = (*(_rule(context, measure) for measure in context.measures), *domain_rules(context))
    rules = Section(
        section_id="rules",
        title=words.say("section.rules"),
        definitions=told,
        folded_as=words.say("method.rules_folded", n=words.count(len(told))),
    )
    other = change_methods_part(context)
    return method_of(
        context,
        reading=_reading(context),
        rules=(rules, *([other] if other else [])),
        privacy=_privacy(context),
        glossary=_GLOSSARY,
    )


def method_of(
    context: Context,
    *,
    reading: Sequence[str],
    rules: Sequence[Section],
    privacy: Sequence[str],
    glossary: Sequence[str],
) -> Section:
    """How a page is read, its rules, what is hidden, its terms, and where it comes from.

    Parts without anything in them are left out.
    """
    words = context.words
    parts = [
        Section(
            section_id="reading",
            title=words.say("section.reading"),
            paragraphs=tuple(reading),
        ),
        *rules,
        Section(
            section_id="privacy",
            title=words.say("section.privacy"),
            paragraphs=tuple(privacy),
        ),
        Section(
            section_id="glossary",
            title=words.say("section.glossary"),
            definitions=tuple(
                Definition(
                    term=words.say(f"glossary.{term}.term"),
                    text=words.say(f"glossary.{term}.text"),
                    term_id=f"{TERM_ANCHOR}{term.replace('_', '-')}",
                    seen_as=tuple(words.say(f"glossary.{term}.seen_as").split("|")),
                )
                for term in glossary
            ),
        ),
        Section(
            section_id="provenance",
            title=words.say("section.provenance"),
            tables=(provenance_table(context),),
        ),
    ]
    return Section(
        section_id="method",
        title=words.say("section.method"),
        parts=tuple(part for part in parts if part.paragraphs or part.definitions or part.tables),
    )


def _reading(context: Context) -> tuple[str, ...]:
    words = context.words
    found = [words.say("method.reading_interval")]
    found.append(words.say("method.reading_trend", months=HISTORY_MONTHS))
    found.append(words.say("method.reading_programmes"))
    first = first_with_rule(context)
    if first is not None:
        found.append(words.say("method.reading_first", measure=first.instrument.name))
    found.append(words.say("method.reading_bounds"))
    found.append(
        words.say(
            "method.reading_small",
            rate=context.minimums.rate,
            comparison=context.minimums.comparison,
            points=words.percent_number(WIDE_INTERVAL, n=None),
        )
    )
    return tuple(found)


def _rule(context: Context, measure: Measure) -> Definition:
    words = context.words
    instrument, rule = measure.instrument, measure.rule
    name = full_title(measure, words)
    if rule is None:
        text = words.say("method.no_rule", why=_why_no_change(context, measure))
        return Definition(term=name, text=text)
    if rule.caseness_points is None:
        caseness = words.say("method.caseness_none")
    else:
        side = "or_more" if instrument.is_higher_worse else "under"
        caseness = words.say(f"method.caseness_{side}", points=words.exactly(rule.caseness_points))
    if rule.reliable_change_points is None:
        text = words.say(
            "method.rule_no_change",
            version=rule.rule_version,
            why=_why_no_change(context, measure),
            caseness=caseness,
            source=rule.source.rstrip("."),
        )
    else:
        text = words.say(
            "method.rule",
            version=rule.rule_version,
            points=words.exactly(rule.reliable_change_points),
            caseness=caseness,
            source=rule.source.rstrip("."),
        )
    return Definition(term=name, text=text)


def _why_no_change(context: Context, measure: Measure) -> str:
    """Why no change on a measure is reliable, and what could be done about it."""
    words, known = context.words, context.figures.known_changes
    instrument_id = measure.instrument.instrument_id
    if instrument_id in known.unverified:
        points = words.exactly(known.unverified[instrument_id])
        return words.say("method.no_change.unverified", points=points)
    if instrument_id not in known.reliable:
        return words.say("method.no_change.no_reliability")
    has_period = context.settings.outcomes.reference_period is not None
    return words.say(f"method.no_change.{'not_derived' if has_period else 'no_period'}")


def _privacy(context: Context) -> tuple[str, ...]:
    words = context.words
    policy = load_policies()[context.figures.policy["policy_id"]]
    found = [
        words.say(
            "method.privacy",
            policy=policy.policy_id,
            version=policy.version,
            title=words.translated(policy.title),
            source=words.translated(policy.source).rstrip("."),
        )
    ]
    if policy.minimum_count > 1:
        found.append(words.say("method.privacy_small", minimum=policy.minimum_count))
    if policy.rounding_base > 1:
        found.append(words.say("method.privacy_rounded", base=policy.rounding_base))
    found += [
        words.say("method.privacy_not", text=words.translated(text)) for text in policy.does_not_do
    ]
    return tuple(found)


def provenance_table(context: Context) -> Table:
    """Where a page comes from: what went in, and by which code and rules."""
    words, figures, given = context.words, context.figures, context.provenance
    unknown = words.say("provenance.unknown")
    contracts = given.get("contracts", {})
    rows = [
        ("clinic", context.settings.clinic_name),
        ("time_zone", context.settings.time_zone),
    ]
    # The page of one subject is told of no delivery.
    if figures.deliveries:
        delivered = sum(row["n_delivered"] for row in figures.deliveries)
        in_use = sum(row["n_accepted"] for row in figures.deliveries)
        rows += [
            ("inputs", words.count(len({row["delivery_id"] for row in figures.deliveries}))),
            ("files", words.count(len({row["file_id"] for row in figures.deliveries}))),
            ("rows", words.count(delivered)),
            ("rows_in_use", words.count(in_use)),
        ]
        if figures.as_of_on is not None:
            rows.append(("newest", words.day(figures.as_of_on)))
    rows += [
        ("code", str(given.get("code_revision", unknown))),
        ("catalogue", str(given.get("catalogue_digest", unknown))[:12]),
        (
            "contracts",
            ", ".join(f"{name} {version}" for name, version in sorted(contracts.items()))
            or unknown,
        ),
        ("policy", f"{figures.policy['policy_id']} {figures.policy['policy_version']}"),
    ]
    return Table(
        table_id="provenance-table",
        caption=words.say("provenance.table"),
        columns=(
            column("what", words.say("provenance.what"), is_number=False),
            column("value", words.say("provenance.value"), is_number=False),
        ),
        rows=tuple(
            Row((text_cell(words.say(f"provenance.{key}")), text_cell(value)))
            for key, value in rows
        ),
    )
