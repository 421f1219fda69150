"""Answers that showed a risk, and whether an action followed within the days allowed."""

from pipelines.reporting.context import Context, column, count_cell, share_cell, text_cell
from pipelines.reporting.figures.disclosure import THERAPIST
from pipelines.reporting.figures.figures import CLINIC, ROLLING, YEAR, Record
from pipelines.reporting.model import Row, Section, Sentence, Table
from pipelines.reporting.sentences import Share

TABLE = "pub_safety"
_ROWS = (
    ("clients", "n_clients"),
    ("answers", "n_risk_answers"),
    ("in_time", "n_acted_in_time"),
    ("late", "n_acted_late"),
    ("overdue", "n_actions_overdue"),
    ("open", "n_actions_open"),
    ("not_recorded", "n_without_action_records"),
)


def safety_part(context: Context) -> Section | None:
    """The part; None beside a subject's page, and where no answer of twelve months showed a risk.

    Answers outside of any course count for the clinic alone: the parts of subjects would not add
    up to it.
    """
    words, year = context.words, _over_a_year(context)
    if context.subject != CLINIC or year is None:
        return None
    days = words.count(context.settings.governance.safety_action_days)
    texts = [words.say("safety.lead", n=words.count(year["n_risk_answers"]), days=days)]
    if year["n_without_action_records"]:
        texts.append(words.say("safety.not_delivered"))
    else:
        counts = {
            name: words.count(year[column])
            for name, column in _ROWS
            if column not in ("n_risk_answers", "n_clients")
        }
        texts.append(words.say("safety.counts", **counts))
    if 0 < year["n_actions_due"] < context.minimums.rate:
        texts.append(words.say("safety.few", n=words.count(year["n_actions_due"])))
    return Section(
        section_id="safety",
        title=words.say("safety.title"),
        paragraphs=tuple(texts),
        tables=(_table(context, year),),
    )


def overdue_items(context: Context) -> list[Sentence]:
    """What to look at where an action is overdue, or where nobody can know: none was delivered.

    Open ones still have their days. The page of a programme, a therapist or a group tells of its
    own clients' answers; that none was ever delivered is told of the clinic alone.
    """
    words, row = context.words, _over_a_year(context)
    if row is None:
        return []
    if row["n_without_action_records"]:
        if context.subject != CLINIC:
            return []
        text = words.say(
            "look.safety_not_delivered",
            n=words.count(row["n_risk_answers"]),
            clients=words.count(row["n_clients"]),
            period=context.year.words,
        )
        return [Sentence(text, "safety_not_delivered", "safety")]
    if not row["n_actions_overdue"]:
        return []
    days = words.count(context.settings.governance.safety_action_days)
    whose = "clinic" if context.subject == CLINIC else "subject"
    if context.figures.audience == THERAPIST:
        whose = "own"
    text = words.say(
        f"look.safety_overdue.{whose}",
        x=words.count(row["n_actions_overdue"]),
        n=words.count(row["n_risk_answers"]),
        period=context.year.words,
        days=days,
    )
    return [Sentence(text, "safety_overdue", "safety" if context.subject == CLINIC else "")]


def _over_a_year(context: Context) -> Record | None:
    return _row(context, ROLLING)


def _row(context: Context, kind: str) -> Record | None:
    end_on = context.year.end_on if kind == ROLLING else context.period.end_on
    return next(iter(context.figures.published(TABLE, context.subject, kind, end_on)), None)


def _table(context: Context, year: Record) -> Table:
    words, now = context.words, _row(context, context.period.kind)
    columns = [
        (column("now", words.say("care.now", period=context.period.words)), now),
        (column("twelve", words.say("care.twelve", month=context.period.words)), year),
    ]
    if context.period.kind == YEAR:
        columns = columns[:1]
    rows = [
        Row(
            (
                text_cell(words.say(f"safety.{key}")),
                *(count_cell(row, name, words) for _, row in columns),
            )
        )
        for key, name in _ROWS
    ]
    shares = (
        share_cell(_in_time(row), context.minimums, words)
        if row is not None
        else text_cell(words.say("number.nothing"))
        for _, row in columns
    )
    rows.append(Row((text_cell(words.say("safety.share")), *shares)))
    return Table(
        table_id="safety-table",
        caption=words.say(f"safety.table_{len(columns)}", period=context.period.words),
        columns=(
            column("what", words.say("care.measure"), is_number=False),
            *(each for each, _ in columns),
        ),
        rows=tuple(rows),
        note=words.say("safety.note"),
    )


def _in_time(row: Record) -> Share:
    return Share(
        x=row["n_acted_in_time"],
        n=row["n_actions_due"],
        rate=row["acted_in_time_rate"],
        lower=row["acted_in_time_rate_lower"],
        upper=row["acted_in_time_rate_upper"],
    )
