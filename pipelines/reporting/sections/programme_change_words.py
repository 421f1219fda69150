"""What is said about change by programme: in short, among what to look at, and as a table."""

from collections import Counter

from pipelines.comparison.spc import CANNOT_TELL, NO_CLEAR_CHANGE
from pipelines.reporting.context import Context, column, share_cell, subject_cell, text_cell
from pipelines.reporting.figures.figures import CLINIC
from pipelines.reporting.figures.programme_changes import OBSTACLES, TOO_FEW, Moved, ProgrammeChange
from pipelines.reporting.figures.windows import window
from pipelines.reporting.model import Cell, Row, Section, Sentence, Table
from pipelines.reporting.sentences import Share, figure_words

SECTION = "programme-changes"
# So few are named in a sentence; more would be a list.
MOST_NAMED = 3


def change_sentences(context: Context) -> list[Sentence]:
    """Which programmes changed, how many did not, and how many are too small to say."""
    if not context.changes or context.subject != CLINIC:
        return []
    words = context.words
    changed = _changed(context)
    if changed:
        told = [_said(context, change) for change in changed]
        lead = words.say("changes.some", listed=_first(context, told))
    elif all(change.verdict == CANNOT_TELL for change in context.changes.values()):
        lead = words.say("changes.none_judged")
    elif years := _years(context) if _are_all_by_years(context) else None:
        lead = words.say("changes.none_years", **years)
    else:
        lead = words.say("changes.none")
    text = " ".join([lead, *_others(context, is_told=not changed)])
    return [Sentence(text, f"changes.{'some' if changed else 'none'}", SECTION)]


def change_items(context: Context) -> list[Sentence]:
    """What to look at: the programmes that changed for the worse, and those that may have."""
    if context.subject != CLINIC:
        return []
    bad = [change for change in _changed(context) if any(moved.is_bad for moved in change.signals)]
    items = (
        ("changes.item", "programme_changed", [_said(context, change) for change in bad]),
        (
            "changes.item_worse",
            "programme_maybe_worse",
            [_worse_named(context, change) for change in _worse_by_much(context)],
        ),
    )
    return [
        Sentence(context.words.say(key, listed=_first(context, told)), rule, SECTION)
        for key, rule, told in items
        if told
    ]


def _first(context: Context, told: list[str]) -> str:
    """The first few, and how many more there are."""
    words, rest = context.words, len(told) - MOST_NAMED
    more = [words.say("changes.more", n=words.count(rest))] if rest > 0 else []
    return "; ".join([*told[:MOST_NAMED], *more])


def own_change_sentences(context: Context) -> list[Sentence]:
    """On a programme's own page, beside the year before, where no chart of its own judges it."""
    change = context.changes.get(context.subject[1])
    if context.subject[0] != "programme" or change is None or change.has_chart:
        return []
    words = context.words
    if change.verdict == CANNOT_TELL:
        text = words.say(f"changes.own.cannot_tell.{change.obstacle}")
        return [Sentence(text, "changes.cannot_tell", "outcomes")]
    worse = _own_worse_by_much(context, change)
    if not change.signals:
        assert change.measure is not None
        text = words.say(
            "changes.own.no_clear_change",
            measure=change.measure.instrument.name,
            figure=_counted(context, change.better.now),
            beside=_beside(context, change.better),
        )
        return [Sentence(f"{text} {worse}".rstrip(), "changes.no_clear_change", "outcomes")]
    told = [_move(context, change, moved) for moved in change.signals]
    text = words.say("changes.own.changed", listed=words.listed(told))
    return [Sentence(f"{text} {worse}".rstrip(), f"changes.{change.verdict}", "outcomes")]


def _worse_by_much(context: Context) -> list[ProgrammeChange]:
    """Those in which that many more got reliably worse, though it could be chance, by name."""
    return [change for change in context.changes.values() if change.is_worse_by_much]


def _worse_named(context: Context, change: ProgrammeChange) -> str:
    return context.words.say(
        "changes.worse_named",
        programme=change.programme.name,
        figure=_counted(context, change.worse.now),
        beside=_beside(context, change.worse),
    )


def _own_worse_by_much(context: Context, change: ProgrammeChange) -> str:
    """That many more got reliably worse, though it could be chance; empty where not so many."""
    if not change.is_worse_by_much:
        return ""
    return context.words.say(
        "changes.own.worse_by_much",
        figure=_counted(context, change.worse.now),
        beside=_beside(context, change.worse),
    )


def changes_part(context: Context) -> Section | None:
    """Every programme by name: what it is judged by, its shares, and what can be said."""
    if not context.changes or context.subject != CLINIC:
        return None
    words = context.words
    key = "_years" if _are_all_by_years(context) else ""
    judged = [_judged(context, change) for change in context.changes.values()]
    by = {cell.text for cell in judged}
    # What all are judged by needs no column.
    is_one = len(by) == 1 and _years(context) is not None and _are_all_by_years(context)
    told = words.say("changes.all_by", by=by.pop()) if is_one else ""
    return Section(
        section_id=SECTION,
        title=words.say("changes.title"),
        paragraphs=(
            *(sentence.text for sentence in change_sentences(context)),
            words.say(f"changes.lead{key}"),
            words.say(f"changes.chance{key}"),
        ),
        tables=(
            Table(
                table_id="programme-changes-table",
                caption=_caption(context),
                columns=(
                    column("programme", words.say("outcomes.programme"), is_number=False),
                    column("said", words.say("changes.said"), is_number=False),
                    *(
                        ()
                        if told
                        else (column("judged", words.say("changes.judged"), is_number=False),)
                    ),
                    column("better", words.say("outcomes.reliably_better")),
                    column("better_usual", words.say("changes.better_beside")),
                    column("worse", words.say("outcomes.reliably_worse")),
                    column("worse_usual", words.say("changes.worse_beside")),
                ),
                rows=tuple(
                    _row(context, change, () if told else (cell,))
                    for change, cell in zip(context.changes.values(), judged, strict=True)
                ),
                note=" ".join(
                    filter(None, (told, words.say("changes.note") if _years(context) else ""))
                ),
            ),
        ),
    )


def _caption(context: Context) -> str:
    words, years = context.words, _years(context)
    if years is None:
        return words.say("changes.table", period=context.period.words)
    key = "changes.table_years" if _are_all_by_years(context) else "changes.table_both"
    return words.say(key, **years)


def _changed(context: Context) -> list[ProgrammeChange]:
    """Those with a signal, bad news first, then by name."""
    found = [change for change in context.changes.values() if change.signals]
    return sorted(found, key=lambda change: not change.signals[0].is_bad)


def _years(context: Context) -> dict[str, str] | None:
    """How the stretch now and the one before are called, of those judged by a year before."""
    now = next(
        (each.window for each in context.changes.values() if each.window and not each.has_chart),
        None,
    )
    if now is None:
        return None
    before = window(context.figures, now.kind, context.words, years_back=1)
    return {"now": now.words, "before": before.words}


def _are_all_by_years(context: Context) -> bool:
    return not any(change.has_chart for change in context.changes.values())


def _others(context: Context, *, is_told: bool) -> list[str]:
    """All that show no signal; by what they are judged, unless `is_told` already."""
    words, every = context.words, list(context.changes.values())
    parts = []
    kinds = (("same", NO_CLEAR_CHANGE, ""), *((why, CANNOT_TELL, why) for why in OBSTACLES))
    for key, verdict, obstacle in kinds:
        names = [
            each.programme.name
            for each in every
            if (each.verdict, each.obstacle) == (verdict, obstacle)
        ]
        if names:
            named = "few" if len(names) <= MOST_NAMED else "many"
            values = {"n": words.count(len(names)), "all": words.count(len(every))}
            parts.append(words.say(f"changes.{key}.{named}", names=words.listed(names), **values))
    if maybe := [change.programme.name for change in _worse_by_much(context)]:
        parts.append(words.say("changes.maybe_worse", names=words.listed(maybe)))
    return parts if is_told and _are_all_by_years(context) else [*parts, *_how(context)]


def _how(context: Context) -> list[str]:
    """By which periods programmes are judged, where that is not the period of the report."""
    words, counted = context.words, Counter[str]()
    for change in context.changes.values():
        if change.verdict != CANNOT_TELL and change.window is not None:
            counted[change.window.words if change.has_chart else ""] += 1
    if not counted or set(counted) == {context.period.words}:
        return []
    listed = [
        words.say("changes.how_chart", period=period, n=words.count(n))
        for period, n in sorted(counted.items())
        if period
    ]
    if counted[""] and (years := _years(context)):
        listed.append(words.say("changes.how_years", n=words.count(counted[""]), **years))
    return [words.say("changes.how", listed=words.listed(listed))]


def _said(context: Context, change: ProgrammeChange) -> str:
    told = [_move(context, change, moved) for moved in change.signals]
    return context.words.say(
        "changes.one", programme=change.programme.name, listed=context.words.listed(told)
    )


def _move(context: Context, change: ProgrammeChange, moved: Moved) -> str:
    words = context.words
    assert change.window is not None
    assert change.measure is not None
    return words.say(
        f"changes.moved.{moved.topic}.{moved.verdict}",
        measure=change.measure.instrument.name,
        period=change.window.words,
        figure=figure_words(moved.now, context.minimums, words),
        beside=_beside(context, moved),
    )


def _beside(context: Context, moved: Moved) -> str:
    """What the share is judged beside; only where it is judged."""
    words = context.words
    if moved.usual is not None:
        return words.say("changes.usual", lower=moved.usual.lower, upper=moved.usual.upper)
    assert moved.before is not None
    return words.say("changes.before", figure=_counted(context, moved.before))


def _counted(context: Context, share: Share) -> str:
    words = context.words
    return words.say(
        "figure.counted",
        rate=words.percent(share.rate or 0, n=share.n),
        x=words.count(share.x or 0),
        n=words.count(share.n or 0),
    )


def _judged(context: Context, change: ProgrammeChange) -> Cell:
    """By what a programme is judged: its own chart of a period, or the year before."""
    words = context.words
    if change.window is None or change.measure is None:
        return Cell(text=words.say("number.nothing"))
    how = "chart" if change.has_chart else "years"
    return text_cell(
        words.say(f"changes.by.{how}", measure=change.measure.instrument.name),
        change.window.words if change.has_chart else "",
    )


def _row(context: Context, change: ProgrammeChange, judged: tuple[Cell, ...]) -> Row:
    return Row(
        (
            subject_cell(context, change.programme),
            _verdict_cell(context, change),
            *judged,
            *(cell for moved in (change.better, change.worse) for cell in _cells(context, moved)),
        )
    )


def _verdict_cell(context: Context, change: ProgrammeChange) -> Cell:
    words = context.words
    if change.obstacle:
        has_both = change.obstacle == TOO_FEW and change.is_under_measured
        too = words.say("changes.verdict.under_too") if has_both else ""
        return text_cell(words.say(f"changes.verdict.{change.obstacle}"), too)
    look = words.say("changes.verdict.look") if change.is_worse_by_much else ""
    if not change.signals:
        return text_cell(words.say(f"changes.verdict.{change.verdict}"), look)
    told = [words.say(f"changes.verdict.{each.topic}.{each.verdict}") for each in change.signals]
    return text_cell(words.listed(told), look)


def _cells(context: Context, moved: Moved) -> list[Cell]:
    words = context.words
    now = share_cell(moved.now, context.minimums, words)
    if moved.usual is not None:
        return [now, text_cell(f"{moved.usual.lower}–{moved.usual.upper}", moved.usual.basis)]
    if moved.before is None:
        return [now, Cell(text=words.say("number.nothing"))]
    return [now, share_cell(moved.before, context.minimums, words, has_interval=False)]
