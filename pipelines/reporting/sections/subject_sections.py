"""The sections that only the page of a programme, therapist or group has."""

from pipelines.reporting.context import (
    Context,
    column,
    count_cell,
    share_cell,
    subject_cell,
    text_cell,
)
from pipelines.reporting.figures.disclosure import THERAPIST
from pipelines.reporting.figures.figures import (
    CLINIC,
    ROLLING,
    RUN,
    Measure,
    Record,
    Subject,
)
from pipelines.reporting.model import Cell, Row, Section, Sentence, Table
from pipelines.reporting.sections.comparison_words import (
    CANNOT_TELL,
    compared_row,
    programme_gap_words,
    verdict_words,
)
from pipelines.reporting.sections.people_section import (
    compared_cells,
    seats_cell,
    without_empty_comparisons,
)
from pipelines.reporting.sections.trust_section import done_share
from pipelines.reporting.sentences import (
    better_share,
    measured_share,
    paired_share,
)

# A last score asked for later than this is none of the treatment. A convention of the page.
LATELY_DAYS = 60


def standing_section(context: Context, subject: Subject) -> Section | None:
    """What a comparison with the same clients elsewhere can say, in words; never a rank."""
    words = context.words
    compared = _compared(context, subject)
    if not compared:
        return None
    is_own = context.figures.audience == THERAPIST
    names = ("unadjusted", "expected", "adjusted", "shrunken", "can_be_said")
    if is_own:
        names = ("unadjusted", "expected", "can_be_said")
    rows = []
    for measure, row in compared:
        share = better_share(
            context.figures.outcome(measure, subject.key, ROLLING, context.year.end_on)
        )
        cells = compared_cells(context, row)
        if is_own:
            cells = [cells[0], cells[-1]]
        rows.append(
            Row(
                (
                    text_cell(measure.instrument.name),
                    share_cell(share, context.minimums, words),
                    *cells,
                )
            )
        )
    minimum = words.count(context.settings.comparison.minimum_pairs)
    return Section(
        section_id="standing",
        title=words.say("subjects.standing.title"),
        paragraphs=(
            words.say(f"subjects.standing.means.{subject.level}"),
            words.say("people.cannot_2", minimum=minimum),
            words.say("people.cannot_3"),
        ),
        tables=(
            without_empty_comparisons(
                Table(
                    table_id="standing-table",
                    caption=words.say("subjects.standing.table", period=context.year.words),
                    columns=(
                        column("measure", words.say("outcomes.measure"), is_number=False),
                        *(
                            column(
                                name, words.say(f"people.{name}"), is_number=name != "can_be_said"
                            )
                            for name in names
                        ),
                    ),
                    rows=tuple(rows),
                ),
                words,
            ),
        ),
    )


def standing_sentences(context: Context) -> list[Sentence]:
    """The verdict on the first measure with its reason; for a programme, what beside the clinic."""
    words, (level, subject_id) = context.words, context.subject
    if level == "programme":
        for measure in context.routine:
            word = context.comparisons.get((measure.instrument.instrument_id, subject_id))
            if word is not None:
                why = programme_gap_words(context, measure, subject_id)
                text = words.say(
                    "subjects.beside_clinic_why" if why else "subjects.beside_clinic",
                    measure=measure.instrument.name,
                    words=words.say(f"outcomes.words.{word}"),
                    why=why,
                )
                return [Sentence(text, f"beside_clinic.{word}", "outcomes")]
        return []
    subject = next(one for one in context.figures.subjects if one.key == context.subject)
    for measure, row in _compared(context, subject):
        said, why = verdict_words(context, row)
        key = "subjects.standing.sentence_why" if why else "subjects.standing.sentence"
        text = words.say(key, measure=measure.instrument.name, words=said, why=why)
        text = " ".join(filter(None, (text, _expected_words(context, measure, row))))
        return [Sentence(text, f"standing.{row['verdict']}", "standing")]
    return []


def _may_see_expected(row: Record) -> bool:
    """Whether the page may say what was expected: only beside a verdict.

    Without one it would be read as the verdict that nobody can give. It also rests on everybody's
    courses: with two therapists it would tell the other's.
    """
    return row["expected"] is not None and row["is_adjusted"] and row["verdict"] != CANNOT_TELL


def _expected_words(context: Context, measure: Measure, row: Record) -> str:
    """What was observed, and what of the same clients was expected; empty where it may not be."""
    outcome = context.figures.outcome(measure, context.subject, ROLLING, context.year.end_on)
    share = better_share(outcome)
    if not _may_see_expected(row) or share.rate is None:
        return ""
    words = context.words
    return words.say(
        "subjects.standing.expected",
        figure=words.say(
            "figure.counted",
            rate=words.percent(share.rate, n=share.n),
            x=words.count(share.x or 0),
            n=words.count(share.n or 0),
        ),
        expected=words.percent(row["expected"], n=row["n_pairs"]),
    )


def _compared(context: Context, subject: Subject) -> list[tuple[Measure, Record]]:
    found = []
    for measure in context.routine:
        row = compared_row(context, measure, subject) if measure.has_reliable_change else None
        if row is not None:
            found.append((measure, row))
    return found


def groups_section(context: Context) -> Section | None:
    """The groups that a therapist leads, or a programme has, by name."""
    words, figures, end_on = context.words, context.figures, context.year.end_on
    if context.subject == CLINIC:
        return None
    rows = []
    for group in figures.subjects_at("group"):
        activity = figures.activity(group.key, ROLLING, end_on)
        if group.key == context.subject or activity is None:
            continue
        measured = measured_share(figures.completeness(group.key, ROLLING, end_on))
        rows.append(
            Row(
                (
                    subject_cell(context, group),
                    text_cell(group.detail),
                    seats_cell(activity, context),
                    count_cell(activity, "n_ended", words),
                    share_cell(measured, context.minimums, words, has_interval=False),
                )
            )
        )
    if not rows:
        return None
    level = context.subject[0]
    return Section(
        section_id="own-groups",
        title=words.say(f"subjects.groups.{level}"),
        paragraphs=(words.say("subjects.groups.whole"),) if level == "therapist" else (),
        tables=(
            Table(
                table_id="own-groups-table",
                caption=words.say("subjects.groups.table", period=context.year.words),
                columns=(
                    column("name", words.say("people.group"), is_number=False),
                    column("programme", words.say("people.programme"), is_number=False),
                    column("seats", words.say("people.seats")),
                    column("ended", words.say("people.ended")),
                    column("measured", words.say("outcomes.measured_of_finished")),
                ),
                rows=tuple(rows),
            ),
        ),
    )


def missing_section(context: Context) -> Section | None:
    """What is missing of this subject's measures, as counts of what there is to do."""
    words, year = context.words, context.year
    row = context.figures.completeness(context.subject, ROLLING, year.end_on)
    if row is None:
        return None
    rows = []
    for measure in context.measures:
        share = paired_share(
            context.figures.outcome(measure, context.subject, ROLLING, year.end_on)
        )
        if share.n:
            rest = share.n - (share.x or 0)
            rows.append(
                Row(
                    (
                        text_cell(measure.instrument.name),
                        share_cell(share, context.minimums, words, has_interval=False),
                        Cell(words.count(rest), rest),
                    )
                )
            )
    paragraphs = missing_words(context, row)
    if not paragraphs and not rows:
        return None
    table = Table(
        table_id="missing-table",
        caption=words.say("subjects.missing.table", period=year.words),
        columns=(
            column("measure", words.say("outcomes.measure"), is_number=False),
            column("measured", words.say("outcomes.measured_on_this")),
            column("missing", words.say("subjects.missing.missing")),
        ),
        rows=tuple(rows),
    )
    return Section(
        section_id="completeness",
        title=words.say("subjects.missing.title"),
        paragraphs=tuple(paragraphs),
        tables=(table,) if rows else (),
    )


def missing_words(context: Context, row: Record) -> list[str]:
    """How many due forms were not given, and how many finished courses have no pair of scores."""
    words, year = context.words, context.year
    due, paired = done_share(row), measured_share(row)
    found = []
    if due.n and due.x is not None:
        found.append(
            words.say(
                "subjects.missing.due",
                period=year.words,
                due=words.count(due.n),
                rest=words.count(due.n - due.x),
            )
        )
    if paired.n and paired.x is not None:
        found.append(
            words.say(
                "subjects.missing.paired",
                finished=words.count(paired.n),
                rest=words.count(paired.n - paired.x),
            )
        )
    return found


def missing_items(context: Context) -> list[Sentence]:
    """What to look at: the finished courses without a pair of scores, where there are any."""
    row = context.figures.completeness(context.subject, ROLLING, context.year.end_on)
    if row is None or not row["n_finished"] or row["n_paired_any"] is None:
        return []
    rest = row["n_finished"] - row["n_paired_any"]
    if not rest:
        return []
    text = context.words.say(
        "subjects.missing.item",
        rest=context.words.count(rest),
        finished=context.words.count(row["n_finished"]),
        period=context.year.words,
    )
    if not _is_long_over(context):
        text = f"{text} {context.words.say('subjects.missing.still')}"
    return [Sentence(text, "own_measures_missing", "completeness")]


def _is_long_over(context: Context) -> bool:
    """Whether a group ended so long ago that no score asked for now would be of its treatment."""
    runs = context.figures.published(
        "pub_group_runs", context.subject, RUN, context.figures.month_end_on
    )
    ended = [run["run_ended_on"] for run in runs if run["run_ended_on"] is not None]
    return bool(ended) and (context.figures.month_end_on - max(ended)).days > LATELY_DAYS
