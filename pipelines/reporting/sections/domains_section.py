"""Domains of success: one picture of all thirteen, then how many at once, then clients' goals."""

from dataclasses import replace

from pipelines.reporting.context import (
    Context,
    bounded_cell,
    column,
    count_cell,
    share_cell,
    text_cell,
)
from pipelines.reporting.figures.figures import ROLLING, Record
from pipelines.reporting.model import Cell, Chart, Row, Section, Table
from pipelines.reporting.sections.goals_part import goals_part
from pipelines.reporting.sections.result_bars import PARTS, Bar, result_bar
from pipelines.reporting.sentences import Share
from pipelines.reporting.wording import Wording

# The order of a page; the marts have the same domains.
DOMAINS = (
    "symptoms", "functioning", "self_awareness", "behaviour_change", "emotion_regulation",
    "assertiveness", "self_esteem", "connection", "quality_of_life", "alliance", "personal_goals",
    "family_child", "global_change",
)  # fmt: skip
GOAL_RULE, GOAL_NO_RULE = "goal_rule", "goal_no_rule"
OTHER_BASES = ("no_threshold", GOAL_NO_RULE)
# A goal that names another domain has a table of its own: few courses have one there.
OWN_DOMAIN_OF_GOALS = "personal_goals"
# Asked once, at the end: it has no start to be measured at.
VERDICT, OWN_DOMAIN_OF_VERDICTS = "verdict_categories", "global_change"
# What a domain's name alone stands for.
PLAIN_BASES = ("published", VERDICT, GOAL_RULE)
# Which row speaks for its domain in the picture: others' rules before the clinic's own.
RULED_BASES = (*PLAIN_BASES, "clinic", "clinic_derived")
RESPONDENTS = ("client", "parent", "teacher", "partner")
# Rules of others, which alone make a profile.
PUBLISHED_RULES = "published"


def domains_section(context: Context) -> Section:
    """The section, which says so where no domain can be judged."""
    words = context.words
    title = words.say("domains.title")
    rows = context.figures.published(
        "pub_domain_outcomes", context.subject, ROLLING, context.year.end_on
    )
    if not rows:
        text = words.say("domains.none", period=context.year.words)
        return Section(section_id="domains", title=title, paragraphs=(text,))
    chart = _chart(context, rows)
    tagged = _tagged_table(context, rows)
    parts = (_profile_part(context), goals_part(context))
    return Section(
        section_id="domains",
        title=title,
        paragraphs=tuple(_paragraphs(context, rows)),
        charts=(chart,) if chart else (),
        tables=(_table(context, rows), *([tagged] if tagged else [])),
        parts=tuple(part for part in parts if part is not None),
    )


def _domain_rows(rows: list[Record], bases: tuple[str, ...]) -> list[Record]:
    """Rows of these bases that measured something, in the order of a page."""
    found = [
        row
        for row in rows
        if row["basis"] in bases
        and row["n_measured"]
        and (row["basis"] not in (GOAL_RULE, GOAL_NO_RULE) or row["domain"] == OWN_DOMAIN_OF_GOALS)
    ]
    return sorted(
        found,
        key=lambda row: (
            DOMAINS.index(row["domain"]),
            bases.index(row["basis"]),
            RESPONDENTS.index(row["respondent"]),
        ),
    )


def leading_rows(rows: list[Record]) -> list[Record]:
    """For each domain with a pair that a rule judges, the row that speaks for it."""
    found: dict[str, Record] = {}
    for row in _domain_rows(rows, RULED_BASES):
        if row["n_paired"]:
            found.setdefault(row["domain"], row)
    return list(found.values())


def _paragraphs(context: Context, rows: list[Record]) -> list[str]:
    words = context.words
    measured = {row["domain"] for row in rows if row["basis"] == "any" and row["n_measured"]}
    ruled = {row["domain"] for row in _domain_rows(rows, RULED_BASES)}
    texts = [
        words.say("domains.lead", period=context.year.words),
        words.say("domains.kept_apart"),
    ]
    asked = {row["domain"] for row in _domain_rows(rows, ("no_threshold",))}
    named = {
        "no_rule": [name for name in DOMAINS if name in asked - ruled],
        "goals_only": [name for name in DOMAINS if name in measured - asked - ruled],
        "not_measured": [name for name in DOMAINS if name not in measured],
    }
    for key, domains in named.items():
        if domains:
            names = words.listed([domain_name(one, words) for one in domains])
            texts.append(words.say(f"domains.{key}", names=names))
    if any(row["is_proxy"] for row in rows):
        texts.append(words.say("domains.proxy"))
    children = context.figures.published(
        "pub_child_outcomes", context.subject, ROLLING, context.year.end_on
    )
    if any(row["n_measured"] for row in children):
        texts.append(words.say("domains.children"))
    return texts


def domain_name(domain: str, words: Wording) -> str:
    """What a reader calls a domain."""
    return words.say(f"domains.name.{domain}")


def _judged_by(row: Record, words: Wording) -> str:
    basis = words.say(f"domains.basis.{row['basis']}")
    if row["respondent"] == "client":
        return basis
    respondent = words.say(f"domains.respondent.{row['respondent']}")
    return words.say("domains.with_respondent", basis=basis, respondent=respondent)


def _bar_name(row: Record, words: Wording) -> str:
    name = domain_name(row["domain"], words)
    if row["basis"] in PLAIN_BASES and row["respondent"] == "client":
        return name
    return words.say("domains.with_basis", domain=name, basis=_judged_by(row, words))


def _results(row: Record) -> tuple[int, int, int, int]:
    """Better, no clear change, worse, not measured."""
    missing = row["n_finished"] - row["n_paired"]
    return (row["n_improved"], row["n_unchanged"], row["n_deteriorated"], missing)


def _chart_title(drawn: list[tuple[Record, str]], words: Wording) -> str:
    """How many domains were measured twice, of those that can be."""
    twice = [row for row, _ in drawn if row["basis"] != VERDICT]
    key = "domains.chart_title" if len(twice) == len(drawn) else "domains.chart_title_verdict"
    measurable = [name for name in DOMAINS if name != OWN_DOMAIN_OF_VERDICTS]
    return words.say(key, k=words.count(len(twice)), n=words.count(len(measurable)))


def _chart(context: Context, rows: list[Record]) -> Chart | None:
    words = context.words
    drawn = [(row, _bar_name(row, words)) for row in leading_rows(rows)]
    if not drawn:
        return None
    bars: list[Bar] = []
    for order, (row, name) in enumerate(drawn):
        bars += result_bar(order, name, _results(row), words)
    return Chart(
        chart_id="domains-picture",
        drawing="profile",
        title=_chart_title(drawn, words),
        subtitle=words.say("domains.chart_subtitle", period=context.year.words),
        summary=" ".join(
            words.say(
                "domains.chart_summary",
                domain=name,
                n=words.count(row["n_finished"]),
                **dict(zip(PARTS, map(words.count, _results(row)), strict=True)),
            )
            for row, name in drawn
        ),
        data={"parts": tuple(bars)},
        table=Table(
            table_id="domains-picture-table",
            caption=words.say("domains.chart_table", period=context.year.words),
            columns=(
                column("domain", words.say("domains.domain"), is_number=False),
                column("finished", words.say("domains.finished")),
                *(column(part, words.say(f"outcomes.{part}")) for part in PARTS),
            ),
            rows=tuple(
                Row(
                    (
                        text_cell(name),
                        *(
                            Cell(words.count(count), count)
                            for count in (row["n_finished"], *_results(row))
                        ),
                    )
                )
                for row, name in drawn
            ),
        ),
    )


def _table(context: Context, rows: list[Record]) -> Table:
    words = context.words
    found = _domain_rows(rows, (*RULED_BASES, *OTHER_BASES))
    names = ("measured", "better", "worse", "moved")
    return Table(
        table_id="domains-table",
        caption=words.say("domains.table", period=context.year.words),
        columns=(
            column("domain", words.say("domains.domain"), is_number=False),
            column("judged_by", words.say("domains.judged_by"), is_number=False),
            *(column(name, words.say(f"domains.{name}")) for name in names),
        ),
        rows=tuple(Row(_cells(context, row)) for row in found),
        note=words.say("domains.table_note"),
    )


def _cells(context: Context, row: Record) -> tuple[Cell, ...]:
    words, minimums = context.words, context.minimums
    moved = words.say(
        "domains.moved_cell",
        **{name: words.count(row[f"n_{name}"]) for name in ("better", "same", "worse")},
    )
    undirected = row["n_no_direction"]
    cells = [
        text_cell(
            domain_name(row["domain"], words),
            words.say("domains.stands_in") if row["is_proxy"] else "",
        ),
        text_cell(_judged_by(row, words)),
        share_cell(
            _share(row, "paired", "n_paired", "n_finished"), minimums, words, has_interval=False
        ),
    ]
    if row["n_improved"] is None:
        cells += [text_cell(words.say("domains.no_threshold"))] * 2
    else:
        cells += [
            bounded_cell(_bounded(share), minimums, words)
            for share in (
                _share(row, "improved", "n_improved", "n_paired"),
                _share(row, "deteriorated", "n_deteriorated", "n_paired"),
            )
        ]
    small = words.say("domains.no_direction", n=words.count(undirected)) if undirected else ""
    return (*cells, text_cell(moved, small))


def _bounded(share: Share) -> Share:
    """The share with what it would be over all courses, whoever lacks a score."""
    missing = (share.n_all or 0) - (share.n or 0)
    if share.x is None or not share.n_all or missing < 0:
        return share
    return replace(
        share,
        measured_rate=(share.n or 0) / share.n_all,
        worst=share.x / share.n_all,
        best=(share.x + missing) / share.n_all,
    )


def domain_share(row: Record) -> Share:
    """Better, of those measured in a domain, with its bounds over all finished courses."""
    return _bounded(_share(row, "improved", "n_improved", "n_paired"))


def _share(row: Record, name: str, count: str, denominator: str) -> Share:
    return Share(
        x=row[count],
        n=row[denominator],
        rate=row[f"{name}_rate"],
        lower=row[f"{name}_rate_lower"],
        upper=row[f"{name}_rate_upper"],
        n_all=row["n_finished"],
    )


def _tagged_table(context: Context, rows: list[Record]) -> Table | None:
    """Goals and milestones by the domain they name; None where there are none."""
    words = context.words
    goals = {
        row["domain"]: row
        for row in rows
        if row["basis"] == GOAL_RULE and row["domain"] != OWN_DOMAIN_OF_GOALS and row["n_paired"]
    }
    milestones = {
        row["domain"]: row for row in rows if row["basis"] == "any" and row["n_milestones"]
    }
    if not goals and not milestones:
        return None
    of_goals = (
        ("goal_courses", "n_paired"),
        ("better", "n_improved"),
        ("worse", "n_deteriorated"),
    )
    of_milestones = (
        ("milestones", "n_milestones"),
        ("milestone_courses", "n_with_milestone"),
    )
    return Table(
        table_id="domains-tagged-table",
        caption=words.say("domains.tagged.table", period=context.year.words),
        columns=(
            column("domain", words.say("domains.domain"), is_number=False),
            *(
                column(key, words.say(f"domains.tagged.{key}"))
                for key, _ in (*of_goals, *of_milestones)
            ),
        ),
        rows=tuple(
            Row(
                (
                    text_cell(domain_name(domain, words)),
                    *(count_cell(goals.get(domain), name, words) for _, name in of_goals),
                    *(count_cell(milestones.get(domain), name, words) for _, name in of_milestones),
                )
            )
            for domain in DOMAINS
            if domain in goals or domain in milestones
        ),
        note=words.say("domains.tagged.note"),
    )


def _profile_part(context: Context) -> Section | None:
    words = context.words
    rows = [
        row
        for row in context.figures.published(
            "pub_success_profile", context.subject, ROLLING, context.year.end_on
        )
        if row["rules"] == PUBLISHED_RULES
    ]
    if not rows:
        return None

    def courses(*, measured: int | None = None, of: str = "all") -> int:
        kept = [
            row["n_courses"]
            for row in rows
            if (row["n_domains_measured"] == measured if measured is not None else True)
            and (of != "better" or (row["n_domains_improved"] and not row["has_worse"]))
            and (of != "worse" or row["has_worse"])
        ]
        return sum(kept)

    judged = courses() - courses(measured=0)
    if judged:
        lead = words.say(
            "domains.profile.lead",
            n=words.count(courses()),
            judged=words.count(judged),
            better=words.count(courses(of="better")),
        )
    else:
        lead = words.say("domains.profile.lead_none")
    numbers = sorted({row["n_domains_measured"] for row in rows})
    nothing = text_cell(words.say("number.nothing"))
    table = Table(
        table_id="domain-profile-table",
        caption=words.say("domains.profile.table", period=context.year.words),
        columns=(
            column("measured", words.say("domains.profile.measured"), is_number=False),
            *(
                column(name, words.say(f"domains.profile.{name}"))
                for name in ("courses", "better", "worse")
            ),
        ),
        rows=tuple(
            Row(
                (
                    text_cell(words.count(m) if m else words.say("domains.profile.none")),
                    *(
                        _count(courses(measured=m, of=of), words) if m or of == "all" else nothing
                        for of in ("all", "better", "worse")
                    ),
                )
            )
            for m in numbers
        ),
        note=words.say("domains.profile.caution"),
    )
    return Section(
        section_id="domain-profile",
        title=words.say("domains.profile.title"),
        paragraphs=(lead,),
        tables=(table,) if judged else (),
    )


def _count(n: int, words: Wording) -> Cell:
    return Cell(words.count(n), n)
