"""QuestionnaireResponses: their answers, flattened and given a meaning.

A question is known by the LOINC code that the Questionnaire in the delivery gives it, by a link id
that is or ends in a LOINC code (`/44250-9`), or by a link id of a known form. One response may
hold several instruments; each then has its own row.
"""

from pipelines.engine import Engine
from pipelines.ingest.fhir.answers import conflict_sql, points_sql
from pipelines.ingest.fhir.reading import exclude_where
from pipelines.ingest.fhir.structures import QUESTIONNAIRE_RESPONSE, RESPONSE_ITEMS


def make_questionnaire_answers(engine: Engine) -> None:
    """Make `form_values` and `forms`.

    Shape:  `forms` one row per response and instrument: file_no, line, form_no, form_id,
            response_id, instrument_id, has_items, may_repeat_items, subject_key,
            encounter_key, authored_at, total_score; `form_values` one per answered question:
            form_no, place, parents (the places of the questions around it, null if none),
            instrument_id, item, kind, total_score, points, has_conflict.
    """
    table = QUESTIONNAIRE_RESPONSE
    exclude_where(engine, table, "status = 'entered-in-error'", "fhir.entered_in_error")
    exclude_where(
        engine,
        table,
        "status in ('in-progress', 'stopped')",
        "fhir.questionnaire_not_completed",
    )
    _find_questionnaires(engine)
    _flatten(engine)
    _tally(engine)
    _use_short_forms(engine)
    _fold(engine)
    exclude_where(
        engine, table, "id not in (select form_id from forms)", "fhir.questionnaire_unknown"
    )
    _note_findings(engine)


def _find_questionnaires(engine: Engine) -> None:
    """Make `form_questionnaires`: form_no, form_id, questionnaire_key, instrument_id (of it)."""
    engine.execute(
        """
        create table form_questionnaires as
        with
        named as (
            select distinct
                questionnaire,
                regexp_extract(questionnaire, 'Questionnaire/[^/]+$') as relative_key,
                regexp_replace(
                    lower(regexp_extract(questionnaire, '[^/]+$')), '[^a-z0-9]+', '-', 'g'
                ) as last_part,
                regexp_extract(questionnaire, '([0-9]{3,7}-[0-9])$', 1) as code
            from fhir_response
            where questionnaire is not null
        ),

        with_keys as (
            select
                n.*,
                coalesce(u.questionnaire_key, r.questionnaire_key) as questionnaire_key
            from named as n
            left join questionnaire_keys as u on u.questionnaire_key = n.questionnaire
            left join questionnaire_keys as r on r.questionnaire_key = n.relative_key
        ),

        by_name as (
            select n.questionnaire, i.instrument_id
            from named as n
            inner join instrument_names as i on regexp_matches(n.last_part, i.pattern)
            qualify row_number() over (
                partition by n.questionnaire order by length(i.instrument_id) desc, i.instrument_id
            ) = 1
        ),

        questionnaires as (
            select
                k.questionnaire,
                k.questionnaire_key,
                coalesce(c.instrument_id, m.instrument_id, b.instrument_id) as instrument_id
            from with_keys as k
            left join questionnaire_codes as c on c.questionnaire_key = k.questionnaire_key
            left join meanings as m on m.code = k.code
            left join by_name as b on b.questionnaire = k.questionnaire
        )

        select
            row_number() over () as form_no,
            r.id as form_id,
            q.questionnaire_key,
            q.instrument_id
        from fhir_response as r
        left join questionnaires as q on q.questionnaire = r.questionnaire
        """
    )


def _flatten(engine: Engine) -> None:
    """Make `form_values`: every answered question, however deep, with its meaning and points."""
    engine.execute(
        f"""
        create table form_values as
        with recursive nested as (
            select id as form_id, []::integer[] as parents, items
            from fhir_response
            where len([q for q in items if may_have_questions(q)]) > 0
            union all
            select
                form_id,
                list_append(parents, place) as parents,
                list_concat(
                    json_transform(question.item, '{RESPONSE_ITEMS}'),
                    flatten([json_transform(a.item, '{RESPONSE_ITEMS}') for a in question.answer])
                ) as items
            from (
                select
                    form_id,
                    parents,
                    unnest(items) as question,
                    unnest(range(1, len(items) + 1))::integer as place
                from nested
            ) as questions
            where has_questions(question)
        ),

        -- Few forms have questions inside questions.
        lists as (
            select id as form_id, null::integer[] as parents, items from fhir_response
            union all
            select form_id, parents, items from nested where len(parents) > 0
        ),

        questions as (
            select
                f.form_no,
                f.questionnaire_key,
                l.parents,
                unnest(l.items) as question,
                unnest(range(1, len(l.items) + 1))::integer as place
            from lists as l
            inner join form_questionnaires as f on f.form_id = l.form_id
        ),

        answered as (
            select
                form_no,
                questionnaire_key,
                parents,
                place,
                question.linkId as link_id,
                -- Here, since DuckDB 2.0.0 lost codes of lists inside a struct that went on.
                answer_number(question.answer[1]) as answer_number,
                answer_code(question.answer[1]) as answer_code,
                answer_ordinal(question.answer[1]) as answer_ordinal
            from questions
            where len(question.answer) > 0
        ),

        meant as (
            select a.*, link_meaning(c.code, a.link_id) as meaning
            from answered as a
            left join question_codes as c
                on c.questionnaire_key = a.questionnaire_key and c.link_id = a.link_id
        )

        select
            a.form_no,
            a.parents,
            a.place,
            a.meaning.instrument_id as instrument_id,
            a.meaning.item as item,
            a.meaning.kind as kind,
            case when a.meaning.kind in ('total', 'panel') then a.answer_number end as total_score,
            {points_sql("a", "op.points")} as points,
            {conflict_sql("a")} as has_conflict
        from meant as a
        left join option_points as op on
            op.questionnaire_key = a.questionnaire_key
            and op.link_id = a.link_id
            and op.answer_code = a.answer_code
        """,
        where="form_values",
    )


def _tally(engine: Engine) -> None:
    """Make `held`: what each form holds of each instrument."""
    engine.execute(
        """
        create or replace table held as
        select
            form_no,
            instrument_id,
            max(item) as last_item,
            count(*) filter (kind = 'item') as n_items,
            -- A bit for each item; two may share one.
            bit_count(bit_or(1::hugeint << (item % 126)) filter (kind = 'item')) as n_different,
            bool_or(kind in ('total', 'panel')) as has_total,
            count(total_score) as n_totals
        from form_values
        where instrument_id is not null
        group by form_no, instrument_id
        """
    )


def _use_short_forms(engine: Engine) -> None:
    """Two items of PHQ-9 in a form that is or totals PHQ-2 are PHQ-2."""
    engine.execute(
        """
        create table shortened as
        select h.form_no, sf.short_id, sf.long_id
        from held as h
        inner join short_forms as sf
            on sf.long_id = h.instrument_id and h.last_item <= sf.n_items and not h.has_total
        inner join form_questionnaires as f on f.form_no = h.form_no
        left join held as s on s.form_no = h.form_no and s.instrument_id = sf.short_id
        where f.instrument_id = sf.short_id or s.form_no is not null
        """
    )
    if engine.one("select count(*) from shortened") == (0,):
        return
    engine.execute(
        """
        update form_values
        set instrument_id = s.short_id
        from shortened as s
        where form_values.form_no = s.form_no and form_values.instrument_id = s.long_id
        """
    )
    _tally(engine)


def _fold(engine: Engine) -> None:
    """Make `forms`."""
    engine.execute(
        """
        create table forms as
        with
        totals as (
            select form_no, instrument_id, total_score
            from form_values
            where total_score is not null
            qualify row_number() over (
                partition by form_no, instrument_id order by path_of(parents, place)
            ) = 1
        ),

        answered as (
            select form_no, instrument_id, n_items, n_different
            from held
            where n_items > 0 or n_totals > 0
        ),

        -- A known questionnaire without a readable answer was given all the same.
        given as (
            select * from answered
            union all
            select form_no, instrument_id, 0, 0
            from form_questionnaires
            where instrument_id is not null and form_no not in (select form_no from answered)
        )

        select
            r.file_no,
            r.line,
            g.form_no,
            f.form_id,
            case when count(*) over (partition by g.form_no) = 1 then f.form_id
                else f.form_id || '/' || g.instrument_id
            end as response_id,
            g.instrument_id,
            g.n_items > 0 as has_items,
            g.n_different < g.n_items as may_repeat_items,
            r.subject_key,
            r.encounter_key,
            r.authored_at,
            t.total_score
        from given as g
        inner join form_questionnaires as f on f.form_no = g.form_no
        inner join fhir_response as r on r.id = f.form_id
        left join totals as t on t.form_no = g.form_no and t.instrument_id = g.instrument_id
        """
    )


def _note_findings(engine: Engine) -> None:
    """Odd answers of forms in use."""
    engine.execute(
        """
        insert into findings
        select distinct r.file_no, r.line, 'QuestionnaireResponse', v.code
        from (
            select form_no, 'fhir.link_id_unknown' as code
            from form_values
            where kind is null
            union all
            select form_no, 'fhir.answer_unknown'
            from form_values
            where kind = 'item' and points is null
            union all
            select form_no, 'fhir.ordinal_value_conflicts'
            from form_values
            where kind = 'item' and has_conflict
        ) as v
        inner join form_questionnaires as f on f.form_no = v.form_no
        inner join fhir_response as r on r.id = f.form_id
        where v.form_no in (select form_no from forms)
        """
    )
