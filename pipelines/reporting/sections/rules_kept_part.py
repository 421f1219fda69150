"""Whose risk answers, licences and consents ask for a look: counts by name, in no order of worth.

The page for an auditor has the same of single periods, by state and in more detail.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from pipelines.reporting.context import Context, column, subject_cell, text_cell
from pipelines.reporting.figures.disclosure import THERAPIST
from pipelines.reporting.figures.figures import CLINIC, ROLLING, Subject
from pipelines.reporting.model import Cell, Row, Section, Sentence, Table
from pipelines.reporting.sections.lost_rows import turned_away_words
from pipelines.reporting.wording import Wording

SECTION = "rules-kept"
LEVELS = ("clinic", "programme", "therapist")


@dataclass(frozen=True)
class _Rule:
    """A published table, what it judges, which of these were not kept and which nobody can know."""

    table: str
    n: str
    wrong: tuple[str, ...]
    unknown: str


_RULES = {
    "safety": _Rule(
        "pub_safety", "n_risk_answers", ("n_actions_overdue",), "n_without_action_records"
    ),
    "licences": _Rule(
        "pub_licences", "n_attended", ("n_not_licensed",), "n_without_licence_records"
    ),
    "consents": _Rule(
        "pub_consents",
        "n_courses",
        ("n_consent_missing", "n_consent_withdrawn"),
        "n_without_consent_records",
    ),
}
# The records that these are judged by: one that was turned away counts as missing.
_RECORDS = ("licences", "consents", "safety_actions")
# The heads of each rule's two columns.
_HEADS = (
    "risk_answers",
    "overdue",
    "licence_sessions",
    "not_licensed",
    "consent_courses",
    "no_consent",
)


@dataclass(frozen=True)
class _Counts:
    n: int
    wrong: int
    unknown: int


def rules_items(context: Context) -> list[Sentence]:
    """What to look at where a licence or a consent was missing; safety has an item of its own.

    A therapist's page says it of the own sessions and courses: who is listed by name for the
    director and the auditor may see why, and object. It names the states, where a licence that is
    held but not on record would belong.
    """
    whose = _whose(context)
    if not whose:
        return []
    words = context.words
    listed = [
        words.say(
            f"look.rules_part.{name}.{whose}",
            x=words.count(counts.wrong),
            n=words.count(counts.n),
            states=_states(context) if name == "licences" else "",
        )
        for name in ("licences", "consents")
        if (counts := _counts(context, context.subject, _RULES[name])).wrong
    ]
    if not listed:
        return []
    text = words.say(
        f"look.rules_not_kept.{whose}", period=context.year.words, listed=words.listed(listed)
    )
    return [Sentence(text, "rules_not_kept", SECTION if whose == "clinic" else "")]


def _whose(context: Context) -> str:
    """Of whom an item is told: the clinic, a therapist to others, or to the therapist alone."""
    if context.subject == CLINIC:
        return "clinic"
    if context.subject[0] != "therapist":
        return ""
    return "own" if context.figures.audience == THERAPIST else "therapist"


def _states(context: Context) -> str:
    """The states in which clients were without a licence for it, with the number of sessions."""
    words = context.words
    rule = _RULES["licences"]
    rows = context.figures.published(rule.table, context.subject, ROLLING, context.year.end_on)
    (wrong,) = rule.wrong
    return words.listed(
        [
            words.say("look.rules_state", state=row["state"], n=words.count(row[wrong]))
            for row in rows
            if row[wrong]
        ]
    )


def rules_kept_part(context: Context) -> Section | None:
    """The clinic's part; None on a subject's page, and where twelve months had nothing to judge."""
    words = context.words
    if context.subject != CLINIC or not any(
        _counts(context, CLINIC, rule).n for rule in _RULES.values()
    ):
        return None
    texts = [words.say("rules_kept.lead", period=context.year.words)]
    risk = _RULES["safety"]
    outside = _counts(context, CLINIC, risk).n - sum(
        _counts(context, programme.key, risk).n
        for programme in context.figures.subjects_at("programme")
    )
    if outside > 0:
        texts.append(words.say("rules_kept.outside", n=words.count(outside)))
    deliveries = context.figures.deliveries
    texts += filter(None, (turned_away_words(deliveries, name, words) for name in _RECORDS))
    return Section(
        section_id=SECTION,
        title=words.say("rules_kept.title"),
        paragraphs=tuple(texts),
        tables=(
            Table(
                table_id="rules-kept-table",
                caption=words.say("rules_kept.table", period=context.year.words),
                columns=(
                    column("who", words.say("rules_kept.who"), is_number=False),
                    column("level", words.say("rules_kept.level"), is_number=False),
                    *(column(head, words.say(f"rules_kept.{head}")) for head in _HEADS),
                ),
                rows=tuple(_rows(context)),
                note=words.say("rules_kept.note"),
                # By name: where rules were not kept is no list of the worst.
                is_sortable=False,
            ),
        ),
    )


def _rows(context: Context) -> Iterator[Row]:
    for level in LEVELS:
        for subject in context.figures.subjects_at(level):
            found = [_counts(context, subject.key, rule) for rule in _RULES.values()]
            if any(counts.n for counts in found):
                yield _row(context, subject, found)


def _row(context: Context, subject: Subject, found: list[_Counts]) -> Row:
    words = context.words
    cells = (cell for counts in found for cell in _cells(counts, words))
    level = text_cell(words.say(f"rules_kept.{subject.level}"))
    return Row((subject_cell(context, subject), level, *cells), is_total=subject.level == "clinic")


def _cells(counts: _Counts, words: Wording) -> tuple[Cell, Cell]:
    n = Cell(words.count(counts.n), counts.n)
    if counts.n and counts.unknown == counts.n:
        return n, text_cell(words.say("rules_kept.not_known"))
    return n, Cell(words.count(counts.wrong), counts.wrong)


def _counts(context: Context, subject: tuple[str, str], rule: _Rule) -> _Counts:
    """Over twelve months; a table with several rows of a subject, as one for each state, summed."""
    rows = context.figures.published(rule.table, subject, ROLLING, context.year.end_on)
    return _Counts(
        n=sum(row[rule.n] for row in rows),
        wrong=sum(row[name] for row in rows for name in rule.wrong),
        unknown=sum(row[rule.unknown] for row in rows),
    )
