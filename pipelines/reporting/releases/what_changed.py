"""The part of a page that says which published figures moved, by how much, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from pipelines.reporting.context import column, text_cell
from pipelines.reporting.figures.disclosure import PUBLIC
from pipelines.reporting.model import Cell, Report, Row, Section, Table
from pipelines.reporting.releases.figures_moved import CHANGES_SECTION, Move
from pipelines.reporting.releases.made_from import CLAIMS, Reasons
from pipelines.reporting.wording import Wording

# A page is no place for thousands of rows; report.json of both versions has every figure.
LISTED_MOVES = 200
SHOWN_REVISION = 12
LEAST_SHOWN = 0.1


@dataclass(frozen=True)
class Published:
    """The released version that a newer one is compared with; `n_figures` are those of a page.

    `has_page` is whether it had that page.
    """

    version: int
    released_by: str
    released_on: date
    n_figures: int
    code: str
    has_page: bool = True


def with_changes(
    report: Report,
    moves: Sequence[Move],
    published: Published,
    reasons: Reasons,
    words: Wording,
    *,
    code: str,
    is_brief: bool = False,
) -> Report:
    """The report with a section in front that tells what moved, and a line in its head.

    `is_brief`: of the reasons only their kind, as on a public page: deliveries and settings are the
    clinic's own affair, and the pages of its subjects need not repeat them.
    """
    known = {
        "version": published.version,
        "day": words.day(published.released_on),
        "by": published.released_by,
    }
    if not moves:
        said = "versions.none" if published.has_page else "versions.new_page"
        head = replace(report.head, change_words=words.say(said, **known))
        return replace(report, head=head)
    counts = {"n": len(moves), "all": words.count(published.n_figures)}
    line = words.say("versions.line", **known, **counts)
    lead = words.say("versions.lead", **known, **counts)
    is_brief = is_brief or report.head.audience == PUBLIC
    section = Section(
        section_id=CHANGES_SECTION,
        title=words.say("versions.title", version=published.version),
        paragraphs=(lead, *((_brief_reasons(reasons, words),) if is_brief else ())),
        tables=(_moves_table(moves, published, words),),
        parts=() if is_brief else (_reasons_part(reasons, published, words, code=code),),
    )
    return replace(
        report,
        head=replace(report.head, change_words=line),
        sections=(section, *report.sections),
    )


def _moves_table(moves: Sequence[Move], published: Published, words: Wording) -> Table:
    missing = words.say("versions.not_there")
    rows = [
        Row(
            (
                text_cell(move.place or words.say("section.key_figures")),
                text_cell(move.name),
                text_cell(move.before.text if move.before else missing),
                text_cell(move.after.text if move.after else missing),
                _difference(move, words),
            )
        )
        for move in moves[:LISTED_MOVES]
    ]
    more = len(moves) - len(rows)
    return Table(
        table_id="figures-moved",
        caption=words.say("versions.table"),
        columns=(
            column("place", words.say("versions.place"), is_number=False),
            column("figure", words.say("versions.figure"), is_number=False),
            column("before", words.say("versions.before", version=published.version)),
            column("after", words.say("versions.after")),
            column("difference", words.say("versions.difference")),
        ),
        rows=tuple(rows),
        note=words.say("versions.more", n=words.count(more)) if more else "",
    )


def _difference(move: Move, words: Wording) -> Cell:
    difference = move.difference
    if difference is None or move.after is None:
        return Cell(text=words.say("number.nothing"))
    # The number behind a share is a part of 1, and its text is in per cent.
    percent = words.say("number.percent", value="").strip()
    is_share = percent in move.after.text and abs(move.after.value or 0) <= 1
    shown = difference * 100 if is_share else difference
    number = words.decimal(shown, 0 if float(shown).is_integer() else 1)
    if abs(shown) < LEAST_SHOWN and shown:
        number = words.say("versions.less", value=words.decimal(LEAST_SHOWN, 1))
    elif difference > 0:
        number = f"+{number}"
    text = number
    if is_share:
        text = words.say("versions.points", value=text)
    return Cell(text=text, value=difference)


def _reasons_part(reasons: Reasons, published: Published, words: Wording, *, code: str) -> Section:
    found: list[tuple[str, str]] = [
        (
            words.say(
                "versions.delivery",
                source=each.source,
                day=words.day(date.fromisoformat(each.delivered_on)),
            ),
            words.say(
                "versions.delivery_details",
                n=words.count(each.n_rows),
                tables=words.listed(list(each.tables)) or words.say("number.nothing"),
            ),
        )
        for each in reasons.deliveries
    ]
    for name, rows in (("corrected", reasons.corrected), ("withdrawn", reasons.withdrawn)):
        if rows:
            found.append((words.say(f"versions.{name}"), _rows_of(rows, words)))
    if reasons.contracts:
        found.append((words.say("versions.contracts"), words.listed(list(reasons.contracts))))
    if reasons.settings:
        found.append((words.say("versions.settings"), _settings(reasons.settings, words)))
    if reasons.has_new_catalogue:
        catalogue = words.say("versions.catalogue"), words.say("versions.catalogue_details")
        found.append(catalogue)
    if reasons.has_new_code:
        revisions = {
            "before": published.code[:SHOWN_REVISION],
            "after": code[:SHOWN_REVISION],
        }
        found.append((words.say("versions.code"), words.say("versions.code_details", **revisions)))
    if not found:
        found.append((words.say("versions.nothing"), words.say("number.nothing")))
    table = Table(
        table_id="reasons",
        caption=words.say("versions.reasons"),
        columns=(
            column("reason", words.say("versions.reason"), is_number=False),
            column("details", words.say("versions.details"), is_number=False),
        ),
        rows=tuple(Row((text_cell(reason), text_cell(text))) for reason, text in found),
    )
    return Section(
        section_id="changes-reasons",
        title=words.say("versions.reasons"),
        paragraphs=(words.say("versions.reasons_lead"),),
        tables=(table,),
    )


def _rows_of(rows: Mapping[str, int], words: Wording) -> str:
    parts = [
        words.say("versions.rows_of", n=words.count(n), table=table) for table, n in rows.items()
    ]
    return words.listed(parts)


def _settings(names: Sequence[str], words: Wording) -> str:
    own = [f"[{name}]" for name in names if name != CLAIMS]
    parts = [words.say("versions.settings_details", names=words.listed(own))] if own else []
    if CLAIMS in names:
        parts.append(words.say("versions.claims"))
    return words.listed(parts)


def _brief_reasons(reasons: Reasons, words: Wording) -> str:
    """What kind of thing changed."""
    kinds = {
        "data": reasons.deliveries or reasons.corrected or reasons.withdrawn,
        "rules": reasons.contracts or reasons.has_new_catalogue,
        "settings": reasons.settings,
        "code": reasons.has_new_code,
    }
    names = [words.say(f"versions.public.{kind}") for kind, holds in kinds.items() if holds]
    found = words.listed(names or [words.say("versions.nothing")])
    return words.say("versions.public_reasons", reasons=found)


def released_head(report: Report, release: Mapping[str, Any], words: Wording) -> Report:
    """The report with the words of its release in its head."""
    told = {
        "version": report.head.version,
        "by": release["by"],
        "day": words.day(date.fromisoformat(release["on"])),
    }
    if release["approved_by"]:
        state = words.say("versions.approved_words", **told, approved_by=release["approved_by"])
    else:
        state = words.say("versions.released_words", **told)
    note = words.say("versions.note", note=release["note"]) if release["note"] else ""
    head = replace(report.head, state="released", state_words=state, release_note=note)
    return replace(report, head=head)
