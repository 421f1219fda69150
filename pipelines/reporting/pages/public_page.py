"""The page for anybody: the claims that were fixed in advance, good or bad, and how it is counted.

It prints the rows of two tables, of which no count has anybody of another one; what they hide and
why is decided in `sql/published/pub_counts.sql`.
"""

from pipelines.reporting.context import Context, column, text_cell
from pipelines.reporting.figures.disclosure import Policy, load_policies
from pipelines.reporting.figures.public_figures import PARTS, PublicFigures, Record
from pipelines.reporting.model import Cell, Definition, Head, Report, Row, Section, Sentence, Table
from pipelines.reporting.releases.released_counts import COLUMNS as RELEASED_COLUMNS
from pipelines.reporting.sections.method_section import method_of
from pipelines.reporting.wording import Wording

_GLOSSARY = ("reliably_better", "between", "short_names", "regression")
MAY_PUBLISH = "may_publish"


def public_report(
    context: Context, shown: PublicFigures, *, head: Head, provenance: Record
) -> Report:
    """The report for the public; without a figure it says why there is none."""
    sections = (
        _claims(context, shown),
        _programmes(context, shown),
        _other_claims(context.words, shown),
        _method(context, shown),
    )
    return Report(
        head=head,
        in_short=_in_short(context, shown),
        key_figures=(),
        look_at=(),
        sections=tuple(section for section in sections if section is not None),
        provenance=provenance,
        counts=tuple(
            {name: _plain(row[name]) for name in RELEASED_COLUMNS} for row in shown.counts
        ),
    )


def _plain(value: object) -> str | int | None:
    return value if value is None or isinstance(value, int) else str(value)


def _policy(context: Context) -> Policy:
    return load_policies()[context.figures.policy["policy_id"]]


def _in_short(context: Context, shown: PublicFigures) -> tuple[Sentence, ...]:
    words = context.words
    if not shown.statements:
        key = "none" if shown.other_claims else "no_claim"
        return (Sentence(words.say(f"public.short.{key}"), f"public.{key}", "method"),)
    newest = [row for row in shown.statements if row["period_start_on"] == shown.years[0]]
    first = newest[0]
    link = _anchor(first["claim_id"])
    verdicts = [
        Sentence(_verdict(words, row), f"public.{row['verdict']}", _anchor(row["claim_id"]))
        for row in newest[:2]
    ]
    # The result, what may be said of it and what bounds it; then the next claim.
    return (
        Sentence(_met(words, first), "public.figure", link),
        *verdicts[:1],
        Sentence(_worse(words, first), "public.worse", link),
        Sentence(_measured(words, first), "public.measured", link),
        *verdicts[1:],
        Sentence(words.say("public.short.consent"), "public.consent", "privacy"),
    )


def _anchor(claim_id: str) -> str:
    return f"claim-{claim_id.replace('_', '-')}"


def _met(words: Wording, row: Record) -> str:
    values = {
        "year": row["period_start_on"].year,
        "population": row["population_words"],
        "measure": row["measure_words"],
        "met": row["met_words"],
        "measured": words.count(row["n_measured"]),
    }
    if row["met_rate"] is None:
        return words.say("public.short.figure_hidden", **values)
    return words.say(
        "public.short.figure",
        rate=words.percent(row["met_rate"], n=None),
        lower=words.percent(row["met_rate_lower"], n=None),
        upper=words.percent(row["met_rate_upper"], n=None),
        **values,
    )


def _worse(words: Wording, row: Record) -> str:
    if row["worse_rate"] is None:
        return words.say("public.short.worse_hidden", worse=row["worse_words"])
    return words.say(
        "public.short.worse",
        worse=row["worse_words"],
        x=words.count(row["n_worse"]),
        rate=words.percent(row["worse_rate"], n=None),
    )


def _measured(words: Wording, row: Record) -> str:
    if row["measured_rate"] is None:
        return words.say("public.short.measured_hidden")
    return words.say(
        "public.short.measured",
        due=words.count(row["n_due"]),
        rate=words.percent(row["measured_rate"], n=None),
    )


def _verdict(words: Wording, row: Record) -> str:
    return words.say(
        f"public.verdict.{row['verdict']}", says=row["says"], reasons=_reasons(words, row)
    )


def _reasons(words: Wording, row: Record) -> str:
    reasons = [
        words.say(f"public.reasons.{reason}")
        for reason in (row["verdict_reasons"] or "").split(";")
        if reason
    ]
    return words.listed(reasons)


def _claims(context: Context, shown: PublicFigures) -> Section | None:
    words = context.words
    if not shown.statements:
        return None
    return Section(
        section_id="claims",
        title=words.say("public.claims.title"),
        paragraphs=(words.say("public.claims.lead", year=shown.years[0].year),),
        parts=tuple(_claim(context, shown.statements_of(each)) for each in shown.claim_ids),
    )


def _claim(context: Context, rows: tuple[Record, ...]) -> Section:
    words, newest = context.words, rows[0]
    table = Table(
        table_id=f"{_anchor(newest['claim_id'])}-years",
        caption=words.say("public.claims.table", population=newest["population_words"]),
        columns=(
            column("year", words.say("public.claims.year"), is_number=False),
            column("share", words.say("public.claims.share")),
            *(column(part, words.say(f"public.part.{part}")) for part in PARTS),
        ),
        rows=tuple(
            Row(
                (
                    text_cell(str(row["period_start_on"].year)),
                    _share_cell(words, row),
                    *(_sum_cell(words, row[f"n_{part}"]) for part in PARTS),
                )
            )
            for row in rows
        ),
        note=words.say("public.claims.note", met=newest["met_words"], worse=newest["worse_words"]),
    )
    return Section(
        section_id=_anchor(newest["claim_id"]),
        # Above the verdict a bare claim would read as said.
        title=words.say(f"public.claims.heading.{newest['verdict']}", says=newest["says"]),
        paragraphs=(*_why(words, newest), _met(words, newest), _worst(words, newest)),
        tables=(table,),
    )


def _why(words: Wording, row: Record) -> tuple[str, ...]:
    """Why the verdict above it is no better; nothing where the claim may be said."""
    reasons = _reasons(words, row)
    return (words.say("public.why_not", reasons=reasons),) if reasons else ()


def _worst(words: Wording, row: Record) -> str:
    if row["met_rate_worst"] is None:
        return words.say("public.claims.worst_hidden")
    rate = words.percent(row["met_rate_worst"], n=None)
    return words.say("public.claims.worst", rate=rate)


def _share_cell(words: Wording, row: Record) -> Cell:
    if row["met_rate"] is None:
        return Cell(text=words.say("public.hidden"), reason="small_count")
    interval = words.percent_range(row["met_rate_lower"], row["met_rate_upper"], n=None)
    return Cell(text=words.percent(row["met_rate"], n=None), value=row["met_rate"], small=interval)


def _sum_cell(words: Wording, n: int | None) -> Cell:
    if n is None:
        return Cell(
            text=words.say("public.hidden"),
            small=words.say("public.why.protects_another"),
            reason="protects_another",
        )
    return Cell(text=words.count(n), value=n)


def _programmes(context: Context, shown: PublicFigures) -> Section | None:
    words = context.words
    if not shown.years:
        return None
    newest = [row for row in shown.counts if row["period_start_on"] == shown.years[0]]
    blocks = sorted({row["block_id"] for row in newest})
    return Section(
        section_id="programmes",
        title=words.say("public.programmes.title"),
        paragraphs=(words.say("public.programmes.lead", year=shown.years[0].year),),
        tables=tuple(
            _block_table(context, shown, [row for row in newest if row["block_id"] == block], place)
            for place, block in enumerate(blocks, start=1)
        ),
    )


def _block_table(context: Context, shown: PublicFigures, rows: list[Record], place: int) -> Table:
    words = context.words
    names = {
        subject.subject_id: subject.name for subject in context.figures.subjects_at("programme")
    }
    cells: dict[tuple[str, str], dict[str, Record]] = {}
    for row in rows:
        cells.setdefault((row["level"], row["subject_id"]), {})[row["part"]] = row
    programmes = sorted(
        (subject_id for level, subject_id in cells if level == "programme"),
        key=lambda name: (names.get(name, name).casefold(), name),
    )
    found = [
        _programme_row(context, names.get(name, name), cells["programme", name])
        for name in programmes
    ]
    for (level, _), parts in cells.items():
        if level == "block" and len(programmes) > 1:
            found.append(_programme_row(context, words.say("public.programmes.sum"), parts, True))
    populations = [
        row["population_words"]
        for row in shown.statements
        if row["period_start_on"] == shown.years[0]
        and f";{row['claim_id']};" in rows[0]["block_id"]
    ]
    return Table(
        table_id=f"programmes-{place}",
        caption=words.say(
            "public.programmes.table",
            year=shown.years[0].year,
            populations=words.listed(list(dict.fromkeys(populations))),
        ),
        columns=(
            column("programme", words.say("public.programmes.programme"), is_number=False),
            *(column(part, words.say(f"public.part.{part}")) for part in PARTS),
        ),
        rows=tuple(found),
        note=words.say("public.programmes.note"),
    )


def _programme_row(
    context: Context, name: str, parts: dict[str, Record], is_total: bool = False
) -> Row:
    return Row(
        (text_cell(name), *(_count_cell(context, parts[part]) for part in PARTS)),
        is_total=is_total,
    )


def _count_cell(context: Context, row: Record) -> Cell:
    words = context.words
    if row["n_clients"] is not None:
        return _sum_cell(words, row["n_clients"])
    if row["privacy_reason"] != "small_count":
        return _sum_cell(words, None)
    return Cell(text=_small_words(context), reason="small_count")


def _small_words(context: Context) -> str:
    policy = _policy(context)
    if policy.hide_zero:
        return context.words.say("public.why.small_count", minimum=policy.minimum_count)
    return context.words.say("public.why.small_not_zero", most=policy.minimum_count - 1)


def _other_claims(words: Wording, shown: PublicFigures) -> Section | None:
    if not shown.other_claims or not shown.statements:
        return None
    return Section(
        section_id="other-claims",
        title=words.say("public.others.title"),
        paragraphs=(
            words.say("public.others.why"),
            *(words.say("public.others.says", says=says) for says in shown.other_claims),
        ),
    )


def _method(context: Context, shown: PublicFigures) -> Section:
    words = context.words
    rules = Section(
        section_id="rules",
        title=words.say("section.rules"),
        definitions=tuple(
            Definition(
                term=words.say("public.others.says", says=rows[0]["says"]),
                text=words.say(
                    "public.rule",
                    measure=rows[0]["measure_words"],
                    met=rows[0]["met_words"],
                    source=(rows[0]["rule_source"] or "").rstrip("."),
                ),
            )
            for rows in map(shown.statements_of, shown.claim_ids)
        ),
    )
    reading = (
        words.say("public.reading.people"),
        words.say("public.reading.about"),
        *_interval(words, shown),
        words.say("public.reading.verdict"),
        words.say("public.reading.comparison"),
    )
    return method_of(
        context, reading=reading, rules=(rules,), privacy=_privacy(context), glossary=_GLOSSARY
    )


def _interval(words: Wording, shown: PublicFigures) -> tuple[str, ...]:
    """What an interval is here, and how many independent clients a hundred are worth."""
    return tuple(
        words.say("public.reading.interval", worth=words.count(round(100 / row["design_effect"])))
        for row in shown.statements[:1]
    )


def _privacy(context: Context) -> tuple[str, ...]:
    words, policy = context.words, _policy(context)
    rounded = (
        words.say("public.privacy.exact")
        if policy.rounding_base == 1
        else words.say("public.privacy.rounded", base=policy.rounding_base)
    )
    return (
        words.say(
            "method.privacy",
            policy=policy.policy_id,
            version=policy.version,
            title=words.translated(policy.title),
            source=words.translated(policy.source).rstrip("."),
        ),
        words.say("public.privacy.small", what=_small_words(context)),
        rounded,
        words.say("public.privacy.sums", base=policy.total_rounding_base),
        words.say("public.privacy.repeated", minimum=policy.minimum_count),
        words.say("method.consent"),
        words.say("sentence.public.substance_use"),
        words.say("population.not_everybody"),
        *(
            words.say("method.privacy_not", text=words.translated(text))
            for text in policy.does_not_do
        ),
    )
