"""The head of a page: whose report it is, of which period and version, and who may read it."""

from datetime import date

from pipelines.reporting.context import Context
from pipelines.reporting.figures.figures import CLINIC, Subject
from pipelines.reporting.figures.periods import period_key
from pipelines.reporting.model import Head

DRAFT = "draft"
RELEASED = "released"


def report_head(
    context: Context, *, version: int, kind: str = "", subject: Subject | None = None
) -> Head:
    """The head of the clinic's report, or of a subject's page.

    `kind` is that of the report that the page belongs to; empty: the context's own.
    """
    words, figures = context.words, context.figures
    given = context.provenance.get("as_of_on")
    as_of_on = figures.as_of_on or (date.fromisoformat(str(given)) if given else None)
    clinic, about = context.settings.clinic_name, context.period.words
    heading, title = (
        about[:1].upper() + about[1:],
        words.say("head.title", clinic=clinic, month=about),
    )
    readers = words.say(f"head.readers.{figures.audience}")
    if subject is not None and subject.key != CLINIC:
        heading = words.say("subjects.heading", name=subject.name, period=about)
        title = words.say("subjects.title", clinic=clinic, name=subject.name, period=about)
    return Head(
        clinic=clinic,
        month=period_key(kind or context.period.kind, figures.month),
        month_name=heading,
        title=title,
        audience=figures.audience,
        readers=readers,
        language=words.language,
        version=version,
        state=DRAFT,
        state_words=words.say(f"head.state.{DRAFT}", version=version),
        as_of_on=as_of_on.isoformat() if as_of_on else None,
        as_of_words=words.say("head.as_of_unknown")
        if as_of_on is None
        else words.say("head.as_of", day=words.day(as_of_on)),
        change_words=words.say("head.first_version"),
    )
