"""What a code, a link id and an answer mean, as tables that the responses join.

An answer's number is, in this order: what the instrument catalogue says of its LOINC answer code;
its own ordinal value; the ordinal value of that option in the Questionnaire, where the delivery has
it; a number, a boolean or a text that is one. The catalogue comes first because the code is what
the client chose, and a weight sent along is what some system made of it.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal

from pipelines.engine import Engine, quoted
from pipelines.ingest.fhir.model import LoincMeaning
from pipelines.ingest.fhir.structures import QUESTIONNAIRE_ITEMS

# Link ids that are no LOINC codes: PHQ-9 of the German Medical Informatics Initiative.
_LINK_IDS: dict[str, LoincMeaning] = {
    **{f"PHQ.{item}": LoincMeaning("phq9", item, "item") for item in range(1, 10)},
    "PHQ.10": LoincMeaning("phq9", None, "unscored"),
    "PHQ.Score": LoincMeaning("phq9", None, "total"),
}
# The difficulty question after PHQ-9 and GAD-7 is asked with them and never scored.
_UNSCORED: dict[str, LoincMeaning] = {"69722-7": LoincMeaning("phq9", None, "unscored")}
# A meaning of another kind would be taken for an answer.
MEANING_KINDS = ("item", "panel", "total", "unscored")
# A short form is the first items of a long one, under the same item codes: which of the two was
# given is told by the total, the panel or the questionnaire. (short, long, items of the short)
_SHORT_FORMS = (("phq2", "phq9", 2), ("gad2", "gad7", 2), ("audit_c", "audit", 3))


def make_meanings(
    engine: Engine, *, loinc: Mapping[str, LoincMeaning], answers: Mapping[str, Decimal]
) -> None:
    """Make `meanings`, `short_forms`, `instrument_names` and functions of codes and answers.

    Functions and no joins, with numbers for names: lines are read in their order, which a join
    leaves to chance, and texts cost as much as the rest of a line.

    Shape:  `meanings` code, instrument_id, item, kind; `meaning_of` codings and `link_meaning` of
            a link id give the last three; `catalogue_points` of an answer's code.
    """
    known = {meaning.instrument_id for meaning in loinc.values()}
    extra = {
        code: meaning
        for code, meaning in {**_LINK_IDS, **_UNSCORED}.items()
        if meaning.instrument_id in known
    }
    engine.execute(
        "create table meanings (code varchar, instrument_id varchar, item integer, kind varchar)"
    )
    engine.execute("create table short_forms (short_id varchar, long_id varchar, n_items integer)")
    engine.execute("create table instrument_names (instrument_id varchar, pattern varchar)")
    meanings = sorted({**extra, **loinc}.items())
    _insert(
        engine,
        "meanings",
        [(code, meaning.instrument_id, meaning.item, meaning.kind) for code, meaning in meanings],
    )
    _make_functions(engine, meanings, answers)
    _insert(engine, "short_forms", [row for row in _SHORT_FORMS if {row[0], row[1]} <= known])
    _insert(
        engine,
        "instrument_names",
        [(instrument_id, _name_pattern(instrument_id)) for instrument_id in sorted(known)],
    )


def _make_functions(
    engine: Engine, meanings: Sequence[tuple[str, LoincMeaning]], answers: Mapping[str, Decimal]
) -> None:
    def enum(name: str, words: Iterable[str]) -> None:
        engine.execute(f"create type {name} as enum ({', '.join(map(quoted, words))})")

    # First what may stand at the end of a link id, so that a place in the list tells it.
    ordered = sorted(meanings, key=lambda each: (each[0] in _LINK_IDS, each[0]))
    n_codes = sum(code not in _LINK_IDS for code, _ in meanings)
    enum("known_code", [code for code, _ in ordered])
    enum("known_answer", sorted(answers))
    enum("instrument_name", sorted({meaning.instrument_id for _, meaning in meanings}))
    enum("meaning_kind", sorted({meaning.kind for _, meaning in meanings} | {*MEANING_KINDS}))
    listed = ", ".join(
        f"row({quoted(each.instrument_id)}, {each.item or 'null'}, {quoted(each.kind)})"
        for _, each in ordered
    )
    points = ", ".join(quoted(format(answers[code], "f")) for code in sorted(answers))
    for function in (
        f"""meaning_at(place) as list_extract(
            [{listed}]::struct(instrument_id instrument_name, item integer, kind meaning_kind)[],
            place + 1
        )""",
        # Of several LOINC codes the first that has a meaning. Most have one coding.
        """meaning_of(codings) as meaning_at(enum_code(try_cast(case
            when len(codings) > 1
            then [c for c in loinc_codes(codings) if try_cast(c as known_code) is not null][1]
            when coalesce(codings[1].system, 'http://loinc.org') = 'http://loinc.org'
            then codings[1].code
        end as known_code)))""",
        f"""link_meaning(code, link_id) as meaning_at(coalesce(
            enum_code(try_cast(code as known_code)),
            case
                when enum_code(try_cast(split_part(link_id, '/', -1) as known_code)) < {n_codes}
                then enum_code(try_cast(split_part(link_id, '/', -1) as known_code))
            end,
            enum_code(try_cast(link_id as known_code))
        ))""",
        f"""catalogue_points(code) as list_extract(
            [{points}]::varchar[], enum_code(try_cast(code as known_answer)) + 1
        )""",
    ):
        engine.execute(f"create macro {function}")


def _insert(engine: Engine, table: str, rows: list[tuple[str | int | None, ...]]) -> None:
    if not rows:
        return
    literals = ", ".join(
        "("
        + ", ".join(
            "null" if cell is None else quoted(cell) if isinstance(cell, str) else str(cell)
            for cell in row
        )
        + ")"
        for row in rows
    )
    engine.execute(f"insert into {table} values {literals}")


def _name_pattern(instrument_id: str) -> str:
    """`phq9` is found in `mii-qst-pro-phq-9` and `phq9-example`, not in `phq9m`."""
    parts = re.findall(r"[a-z]+|[0-9]+", instrument_id.lower())
    return "(^|-)" + "-?".join(parts) + "(-|$)"


def read_questionnaires(engine: Engine) -> None:
    """Link ids, codes and option weights of the Questionnaires in the delivery.

    Shape:  `question_codes` questionnaire_key, link_id, code; `option_points` questionnaire_key,
            link_id, answer_code, points; `questionnaire_codes` questionnaire_key, code.
    """
    engine.execute(
        """
        create table questionnaire_keys as
        with
        keys as (
            select 'Questionnaire/' || id as questionnaire_key, file_no, line, codes, item
            from fhir_questionnaire
            union all
            select regexp_replace(url, '[|].*$', ''), file_no, line, codes, item
            from fhir_questionnaire
            where url is not null
        )

        select *
        from keys
        qualify row_number() over (partition by questionnaire_key order by file_no, line) = 1
        """
    )
    engine.execute(
        f"""
        create table questions as
        with recursive nodes as (
            select
                questionnaire_key,
                unnest(json_transform(item, '{QUESTIONNAIRE_ITEMS}')) as question
            from questionnaire_keys
            union all
            select
                questionnaire_key,
                unnest(json_transform(question.item, '{QUESTIONNAIRE_ITEMS}'))
            from nodes
            where question.item is not null
        )

        select
            questionnaire_key,
            question.linkId as link_id,
            loinc_codes(question.code) as codes,
            question.answerOption as options
        from nodes
        where question.linkId is not null
        """,
        where="questions",
    )
    engine.execute(
        """
        create table question_codes as
        select q.questionnaire_key, q.link_id, min(m.code) as code
        from (select questionnaire_key, link_id, unnest(codes) as code from questions) as q
        inner join meanings as m on m.code = q.code
        group by q.questionnaire_key, q.link_id
        """
    )
    engine.execute(
        """
        create table option_points as
        select
            questionnaire_key,
            link_id,
            option.valueCoding.code as answer_code,
            min(coalesce(
                ordinal_of(option."extension"), ordinal_of(option.valueCoding."extension")
            )) as points
        from (select questionnaire_key, link_id, unnest(options) as option from questions) as q
        where option.valueCoding.code is not null
        group by all
        """
    )
    engine.execute(
        """
        create table questionnaire_codes as
        select q.questionnaire_key, min(m.instrument_id) as instrument_id
        from (select questionnaire_key, unnest(codes) as code from questionnaire_keys) as q
        inner join meanings as m on m.code = q.code
        group by q.questionnaire_key
        """
    )


def points_sql(answer: str, option_points: str = "null") -> str:
    """An answer's number, from a table with answer_number, answer_code and answer_ordinal."""
    return f"""coalesce(
                catalogue_points({answer}.answer_code),
                {answer}.answer_ordinal,
                {option_points},
                number_or_null({answer}.answer_number)
            )"""


def conflict_sql(answer: str) -> str:
    """Whether an answer's own ordinal value differs from the catalogue's."""
    return f"""coalesce(
                try_cast(catalogue_points({answer}.answer_code) as decimal(18, 4))
                <> try_cast({answer}.answer_ordinal as decimal(18, 4)),
                false
            )"""
