"""A report in the clinic's own arrangement: the order of its sections, and texts of its own."""

from collections.abc import Iterator
from dataclasses import replace

from pipelines.report_settings import ReportSettings
from pipelines.reporting.model import Report, Section


def arranged(report: Report, settings: ReportSettings) -> Report:
    """The same figures, in the sections that the clinic wants; whatever it says, none is made."""
    by_id = {section.section_id: section for section in report.sections}
    first = [by_id[name] for name in settings.first if name in by_id]
    others = [section for section in report.sections if section not in first]
    shown = [each for each in (*first, *others) if each.section_id not in settings.hidden]
    return replace(report, sections=tuple(_with_texts(shown, settings)))


def _with_texts(sections: list[Section], settings: ReportSettings) -> Iterator[Section]:
    own = {
        number: Section(f"own-{number}", each.title, tuple(each.text.split("\n\n")))
        for number, each in enumerate(settings.texts, start=1)
    }
    places = {number: each.before for number, each in enumerate(settings.texts, start=1)}
    shown = {section.section_id for section in sections}
    for section in sections:
        yield from (own[n] for n in own if places[n] == section.section_id)
        yield section
    yield from (own[n] for n in own if places[n] not in shown)
