"""Therapy groups by name: who came, member-months, and cohesion as members rated it."""

from pipelines.reporting.context import (
    Context,
    column,
    count_cell,
    share_cell,
    subject_cell,
    text_cell,
)
from pipelines.reporting.figures.figures import Record
from pipelines.reporting.model import Cell, Row, Section, Table
from pipelines.reporting.sections.work_cells import (
    mean_cell,
    measure_cell,
    rows_of,
    share_of,
    wholes,
)
from pipelines.reporting.sections.work_group_outcomes import group_outcomes_table

# Of fewer ratings a share could jump from none to all; they stand as counts.
RATINGS_FOR_PERCENT = 10


def groups_part(context: Context) -> Section | None:
    """The part about groups; None where no group ran."""
    words = context.words
    clinic = next(iter(rows_of(context, "pub_group_process")), None)
    if clinic is None or not clinic["n_groups"]:
        return None
    n_groups, held = clinic["n_groups"], words.count(clinic["n_held"])
    values = {
        "groups": words.say("work.groups.groups", n=n_groups),
        "period": context.year.words,
        "held": held,
    }
    if clinic["attendance_rate"] is None:
        lead = words.say("work.groups.lead_no_rate", **values)
    else:
        lead = words.say(
            "work.groups.lead",
            **values,
            x=words.count(clinic["n_came"]),
            n=words.count(clinic["n_expected"]),
            rate=words.percent(clinic["attendance_rate"], n=clinic["n_expected"]),
        )
    paragraphs = [f"{lead} {words.say('work.groups.expected')}"]
    for key, name in (
        ("cancelled", "n_sessions_cancelled"),
        ("called_off", "n_sessions_called_off"),
        ("unrecorded", "n_sessions_unrecorded"),
    ):
        if clinic[name]:
            paragraphs.append(words.say(f"work.groups.{key}", n=clinic[name]))
    more = [group_outcomes_table(context), _cohesion_table(context)]
    return Section(
        section_id="work-groups",
        title=words.say("work.groups.title"),
        paragraphs=tuple(paragraphs),
        tables=(_group_table(context, clinic), *(table for table in more if table is not None)),
    )


def _group_table(context: Context, clinic: Record) -> Table:
    words = context.words

    def say(key: str) -> str:
        return words.say(f"work.groups.{key}")

    rows = [
        Row(
            (
                subject_cell(context, subject, subject.detail),
                *_group_cells(context, row, subject.led_by),
            )
        )
        for subject in context.figures.subjects_at("group")
        for row in rows_of(context, "pub_group_process", subject.key)
        if row["n_groups"]
    ]
    if len(rows) > 1:
        total = Row((text_cell(say("all")), *_group_cells(context, clinic)), is_total=True)
        rows.append(total)
    return Table(
        table_id="work-groups",
        caption=words.say("work.groups.table", period=context.year.words),
        columns=(
            column("name", say("name"), is_number=False),
            column("kind", say("kind"), is_number=False),
            column("members", say("members")),
            column("member_months", say("member_months")),
            column("held", say("held")),
            column("size", say("size")),
            column("attended", say("attended")),
            column("moves", say("moves")),
        ),
        rows=tuple(rows),
        note=say("table_note"),
        is_sortable=False,
    )


def _group_cells(context: Context, row: Record, led_by: tuple[str, ...] = ()) -> list[Cell]:
    words = context.words
    moves = words.say(
        "work.groups.moves_cell",
        joined=words.count(row["n_joined"]),
        left=words.count(row["n_left"]),
    )
    stay = row["tenure_mean_days"]
    months = float(row["member_months"])
    return [
        _kind_cell(context, row, led_by),
        count_cell(row, "n_clients", words),
        Cell(text=words.decimal(months), value=months),
        count_cell(row, "n_held", words),
        count_cell(row, "size_mean", words),
        # No range: attendances of one member hang together.
        share_cell(
            share_of(row, "n_came", "n_expected", "attendance_rate"),
            context.minimums,
            words,
            has_interval=False,
        ),
        Cell(
            text=moves,
            small=""
            if stay is None
            else words.say("work.groups.stay", days=words.decimal(stay, 0)),
        ),
    ]


def _kind_cell(context: Context, row: Record, led_by: tuple[str, ...]) -> Cell:
    """Open or closed, and who leads it; of several groups, how many of each.

    Of two therapists none is named where only one is known: it would be taken for the only one.
    """
    words = context.words
    kinds = [
        (words.say(f"work.groups.{kind}"), row[f"n_{kind}_groups"])
        for kind in ("open", "closed")
        if row[f"n_{kind}_groups"]
    ]
    if row["n_groups"] > 1:
        named = [words.say("work.named", name=name, n=words.count(n)) for name, n in kinds]
        return text_cell(words.listed(named))
    is_co_led = bool(row["n_co_led_groups"])
    small = words.say("work.groups.co_led") if is_co_led else ""
    if len(led_by) > is_co_led:
        small = words.say("work.groups.led_by", names=words.listed(list(led_by)))
    return text_cell(words.listed([name for name, _ in kinds]), small)


def _cohesion_table(context: Context) -> Table | None:
    words = context.words

    def say(key: str) -> str:
        return words.say(f"work.cohesion.{key}")

    rows = [
        Row((subject_cell(context, subject), *cohesion_cells(context, row)))
        for subject in context.figures.subjects_at("group")
        for row in wholes(rows_of(context, "pub_cohesion", subject.key))
    ]
    if not rows:
        return None
    if len(rows) > 1:
        rows += [
            Row(
                (text_cell(words.say("work.groups.all")), *cohesion_cells(context, row)),
                is_total=True,
            )
            for row in wholes(rows_of(context, "pub_cohesion"))
        ]
    return Table(
        table_id="work-cohesion",
        caption=words.say("work.cohesion.table", period=context.year.words),
        columns=(
            column("name", say("name"), is_number=False),
            column("measure", say("measure"), is_number=False),
            column("sessions", say("sessions")),
            column("ratings", say("ratings")),
            column("mean", say("mean")),
            column("below", say("below")),
        ),
        rows=tuple(rows),
        note=say("table_note"),
        is_sortable=False,
    )


def cohesion_cells(context: Context, row: Record) -> list[Cell]:
    """Measure, sessions, ratings, mean, and how many ratings were worse than the own first one."""
    words = context.words
    mean = mean_cell(context, {**row, **_NO_LIMITS}, "mean_points")
    sd = row["within_sd_points"]
    if row["mean_points"] is not None and sd is not None:
        small = words.say("work.spread", sd=words.decimal(sd))
        mean = Cell(text=mean.text, value=mean.value, small=small)
    share = row["below_baseline_share"]
    n = row["n_with_baseline"]
    below = Cell(text=words.say("number.nothing"))
    if n:
        counts = words.say(
            "number.x_of_n", x=words.count(row["n_below_baseline"]), n=words.count(n)
        )
        below = Cell(
            text=counts,
            small=words.say("work.cohesion.too_few", n=words.count(RATINGS_FOR_PERCENT))
            if n < RATINGS_FOR_PERCENT
            else words.say("reason.too_few_pairs_for_rate"),
            reason="too_few_pairs_for_rate",
        )
        if share is not None and n >= RATINGS_FOR_PERCENT:
            below = Cell(text=words.percent(share, n=n), value=share, small=counts)
    return [
        measure_cell(context, row),
        count_cell(row, "n_sessions_rated", words),
        count_cell(row, "n_ratings", words),
        mean,
        below,
    ]


_NO_LIMITS = {"mean_points_lower": None, "mean_points_upper": None}
