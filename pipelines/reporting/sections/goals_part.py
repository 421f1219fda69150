"""Clients' own goals: how many moved or were met, and how they were kept."""

from pipelines.reporting.context import Context, column, count_cell, text_cell
from pipelines.reporting.figures.figures import ROLLING, Record
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.wording import Wording

KINDS = ("gbo", "gas")


def goals_part(context: Context) -> Section | None:
    """The part; None where no finished course of the twelve months has a goal."""
    words = context.words
    found = {
        row["goal_kind"]: row
        for row in context.figures.published(
            "pub_goals", context.subject, ROLLING, context.year.end_on
        )
    }
    rows = [found[kind] for kind in KINDS if kind in found]
    if not rows:
        return None
    texts = [text for row in rows for text in _sentences(row, words)]
    texts.append(
        words.say(
            "domains.goals.hygiene",
            late=words.count(sum(row["n_goals_set_late"] for row in rows)),
            n=words.count(sum(row["n_goals"] for row in rows)),
            dropped=words.count(sum(row["n_goals_dropped"] for row in rows)),
        )
    )
    return Section(
        section_id="goals",
        title=words.say("domains.goals.title"),
        paragraphs=tuple(texts),
        tables=(_table(context, rows),),
    )


def _sentences(row: Record, words: Wording) -> list[str]:
    texts = []
    kind, n = row["goal_kind"], row["n_goals_paired"]
    moved = _moved(row)
    if n and moved is not None:
        texts.append(words.say(f"domains.goals.{kind}", x=words.count(moved), n=words.count(n)))
    if row["improved_rate"] is not None:
        n_courses = row["n_courses_paired"]
        text = words.say(
            "domains.goals.gbo_courses",
            rate=words.percent(row["improved_rate"], n=n_courses),
            x=words.count(row["n_courses_improved"]),
            n=words.count(n_courses),
            lower=words.percent(row["improved_rate_lower"], n=n_courses),
            upper=words.percent(row["improved_rate_upper"], n=n_courses),
        )
        texts.append(text)
        texts += _bounds(row, words)
    if row["change_t_mean_points"] is not None:
        first, last = row["first_t_mean_points"], row["last_t_mean_points"]
        texts.append(
            words.say("domains.goals.gas_t", first=words.decimal(first), last=words.decimal(last))
        )
    return texts


def _bounds(row: Record, words: Wording) -> list[str]:
    """What the share of courses lies between, whoever lacks a second rating; nothing if none."""
    n, missing = row["n_courses"], row["n_courses"] - row["n_courses_paired"]
    if not missing or row["improved_rate_worst"] is None:
        return []
    return [
        words.say(
            "domains.goals.bounds",
            missing=words.count(missing),
            n=words.count(n),
            worst=words.percent(row["improved_rate_worst"], n=n),
            best=words.percent(row["improved_rate_best"], n=n),
        )
    ]


def _moved(row: Record) -> int | None:
    """Goals that did what their kind asks for: moved by the step, or were met."""
    return row["n_goals_improved"] if row["n_goals_improved"] is not None else row["n_goals_met"]


def _table(context: Context, rows: list[Record]) -> Table:
    words = context.words
    names = ("courses", "count", "paired", "moved", "fell", "mean")
    return Table(
        table_id="goals-table",
        caption=words.say("domains.goals.table", period=context.year.words),
        columns=(
            column("kind", words.say("domains.goals.kind"), is_number=False),
            *(column(name, words.say(f"domains.goals.{name}")) for name in names),
        ),
        rows=tuple(Row(_cells(row, words)) for row in rows),
        note=words.say("domains.goals.note"),
    )


def _cells(row: Record, words: Wording) -> tuple[Cell, ...]:
    moved, mean = _moved(row), row["improvement_mean_points"]
    nothing = words.say("number.nothing")
    return (
        text_cell(words.say(f"domains.goals.kinds.{row['goal_kind']}")),
        *(count_cell(row, name, words) for name in ("n_courses", "n_goals", "n_goals_paired")),
        Cell(nothing) if moved is None else Cell(words.count(moved), moved),
        count_cell(row, "n_goals_deteriorated", words),
        _mean_cell(row, mean, words),
    )


def _mean_cell(row: Record, mean: float | None, words: Wording) -> Cell:
    if mean is not None:
        return Cell(words.decimal(mean), mean)
    if row["n_goals_paired"]:
        reason = "too_few_pairs_for_rate"
        return Cell(words.say(f"reason.{reason}"), reason=reason)
    return Cell(words.say("number.nothing"))
