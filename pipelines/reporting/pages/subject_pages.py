"""The pages of single programmes, therapists and groups, made of the sections of the clinic's.

Each is about one subject alone: its context holds no row of another, so that nothing of another can
be on it; a director's page has the clinic as a whole beside it. What belongs here is which sections
such a page has.
"""

import hashlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from pipelines.reporting.context import Context
from pipelines.reporting.figures.disclosure import THERAPIST
from pipelines.reporting.figures.figures import MONTH, ROLLING, Figures, Subject
from pipelines.reporting.figures.windows import headline_kind, routine_measures, window
from pipelines.reporting.model import Companion, Report, Section, SubjectPage
from pipelines.reporting.pages.head import report_head
from pipelines.reporting.sections.cards import key_figures
from pipelines.reporting.sections.care_section import care_section
from pipelines.reporting.sections.course_section import course_section
from pipelines.reporting.sections.curves import curves_section
from pipelines.reporting.sections.domains_section import domains_section
from pipelines.reporting.sections.history_section import history_section
from pipelines.reporting.sections.in_short import in_short
from pipelines.reporting.sections.look_at import look_at
from pipelines.reporting.sections.method_section import method_section
from pipelines.reporting.sections.outcomes_section import outcomes_section
from pipelines.reporting.sections.path_section import path_section
from pipelines.reporting.sections.population_section import population_section
from pipelines.reporting.sections.recovery_section import recovery_section
from pipelines.reporting.sections.runs_section import runs_section
from pipelines.reporting.sections.subject_sections import (
    groups_section,
    missing_section,
    standing_section,
)
from pipelines.reporting.sections.work_section import work_section

FOLDERS = {"programme": "programmes", "therapist": "therapists", "group": "groups"}
# Their figures are over twelve months: those of a single month would be of a handful of people.
_OVER_A_YEAR = ("therapist", "group")
# Sections whose table says it all where there are many pages; drawings of a programme stay.
_DRAWN_FOR_PROGRAMMES = ("population", "domains")
_READABLE = 24
_DIGITS = 10


def page_slug(subject_id: str) -> str:
    """A file name for any id: what is readable of it, and a part of its hash.

    The hash keeps ids apart that differ in case, in a sign or beyond the readable part alone; it
    also keeps names away that a file system has for itself.
    """
    readable = re.sub(r"[^a-z0-9]+", "-", subject_id.casefold()).strip("-")[:_READABLE].strip("-")
    digest = hashlib.sha256(subject_id.encode("utf-8", "surrogatepass")).hexdigest()[:_DIGITS]
    return f"{readable}-{digest}" if readable else digest


def links_to_subjects(context: Context, *, up: str = "") -> dict[tuple[str, str], str]:
    """Subject → its page, as a page of the report links to it; `up` leads to the report's."""
    return {
        subject.key: f"{up}{FOLDERS[subject.level]}/{page_slug(subject.subject_id)}.html"
        for subject in context.figures.subjects
        if subject.level in _levels(context) and _has_page(context.figures, subject)
    }


def _levels(context: Context) -> tuple[str, ...]:
    """Whose pages lie beside the report.

    Those of therapists and groups are about twelve months; they lie beside the month that a quarter
    or a year ends with, and would only be repeated beside those.
    """
    is_month = context.period.kind == MONTH
    return tuple(level for level in FOLDERS if is_month or level not in _OVER_A_YEAR)


def _has_page(figures: Figures, subject: Subject) -> bool:
    """Whether anything of this subject was recorded in the twelve months."""
    return any(
        find(subject.key, ROLLING, figures.month_end_on) is not None
        for find in (figures.activity, figures.completeness)
    )


def subject_pages(context: Context, *, version: int = 1) -> Iterator[SubjectPage]:
    """The director's page of every subject with a course, from the context of the month."""
    links = links_to_subjects(context, up="../")
    back = Companion(context.words.say("subjects.back"), "../index.html")
    beside = replace(context, clinic=context.figures.about(context.figures.subjects_at("clinic")))
    for level in _levels(context):
        folder = FOLDERS[level]
        for subject in context.figures.subjects_at(level):
            about = _about(beside, subject, _beside(context.figures, subject), links)
            if about is not None:
                report = _report(about, subject, kind=context.period.kind, version=version)
                yield SubjectPage(
                    f"{folder}/{page_slug(subject.subject_id)}",
                    replace(report, companions=(back,)),
                )


def own_pages(context: Context, *, version: int = 1) -> Iterator[SubjectPage]:
    """Every therapist's own page, from the context of that audience: it leads nowhere else."""
    for subject in context.figures.subjects_at("therapist"):
        # Who else leads a group is a colleague's name.
        beside = [
            replace(group, led_by=(), led_by_ids=()) for group in _beside(context.figures, subject)
        ]
        about = _about(context, subject, beside, {})
        if about is not None:
            report = _report(about, subject, kind=context.period.kind, version=version)
            yield SubjectPage(f"{page_slug(subject.subject_id)}/index", report)


def _beside(figures: Figures, subject: Subject) -> list[Subject]:
    """The groups that a therapist leads, or that belong to a programme."""
    groups = figures.subjects_at("group")
    if subject.level == "therapist":
        return [group for group in groups if subject.subject_id in group.led_by_ids]
    if subject.level == "programme":
        return [group for group in groups if group.programme_id == subject.subject_id]
    return []


def _about(
    context: Context,
    subject: Subject,
    beside: list[Subject],
    links: Mapping[tuple[str, str], str],
) -> Context | None:
    """The context of a subject's page; None where it had nothing in the twelve months."""
    if not _has_page(context.figures, subject):
        return None
    figures, year = context.figures.about([subject, *beside]), context.year
    measures = tuple(figures.measures(subject.key))
    routine = tuple(routine_measures(figures, measures, subject.key))
    headline = period = year
    if subject.level not in _OVER_A_YEAR:
        period = context.period
        kind = headline_kind(figures, measures, subject.key)
        headline = window(figures, kind, context.words) if period.kind == MONTH else period
    as_of_on = context.figures.as_of_on
    return replace(
        context,
        figures=figures,
        measures=measures,
        routine=routine,
        headline=headline,
        period=period,
        subject=subject.key,
        links=links,
        provenance={
            **context.provenance,
            **({"as_of_on": as_of_on.isoformat()} if as_of_on else {}),
        },
    )


def _report(context: Context, subject: Subject, *, kind: str, version: int) -> Report:
    cards = key_figures(context)
    sections = [section for section in _sections(context, subject) if section is not None]
    if subject.level in _OVER_A_YEAR:
        sections = [_plain(section) for section in sections]
    return Report(
        head=report_head(
            context,
            version=version,
            kind=kind,
            subject=subject,
        ),
        in_short=in_short(context),
        key_figures=cards,
        look_at=look_at(context, cards),
        sections=tuple(sections),
        provenance={
            key: value
            for key, value in context.provenance.items()
            if context.figures.audience != THERAPIST or key in ("as_of_on", "code_revision")
        },
    )


def _sections(context: Context, subject: Subject) -> Iterator[Section | None]:
    """The sections in the order of the clinic's report; a group's own run comes first."""
    if subject.level == "group":
        yield runs_section(context)
    yield population_section(context)
    yield domains_section(context)
    yield outcomes_section(context)
    if subject.level == "programme":
        yield path_section(context)
        yield recovery_section(context)
    else:
        yield curves_section(context)
        yield history_section(context)
        yield standing_section(context, subject)
    yield groups_section(context)
    if subject.level == "therapist":
        yield runs_section(context)
    yield care_section(context)
    yield course_section(context)
    yield work_section(context)
    yield missing_section(context)
    yield method_section(context)


def _plain(section: Section) -> Section:
    if section.section_id in _DRAWN_FOR_PROGRAMMES:
        return replace(section, charts=())
    return section
