"""Completed questionnaires become `responses` and `response_items`.

An act of Observations that was derived from a QuestionnaireResponse, or that is of the same client,
instrument and instant as one, is that response: the form's own answers and total count, and the
Observations fill what it lacks. A response is named by its form's id, else by its leading
Observation (`Observation/<id>`); items that nothing leads, by client, instrument and time, so that
the same items have the same name in the next delivery.
"""

from pipelines.engine import Engine


def make_responses(engine: Engine) -> None:
    """Make `out_responses` and `out_response_items`, after forms, acts and `visit_episodes`."""
    _fold_acts(engine)
    engine.execute(
        """
        create table out_responses as
        with
        form_act_totals as (
            select a.response_id, t.total_score
            from folded_acts as a
            inner join act_totals as t on t.act_id = a.act_id
            where a.is_of_form
            qualify row_number() over (partition by a.response_id order by a.act_id) = 1
        ),

        given as (
            select
                f.file_no,
                f.line,
                f.response_id,
                f.subject_key,
                f.encounter_key,
                f.instrument_id,
                f.authored_at as administered_at,
                coalesce(f.total_score, t.total_score) as total_score
            from forms as f
            left join form_act_totals as t on t.response_id = f.response_id
            union all
            select
                a.file_no,
                a.line,
                a.response_id,
                a.subject_key,
                a.encounter_key,
                a.instrument_id,
                a.effective_at,
                t.total_score
            from folded_acts as a
            left join act_totals as t on t.act_id = a.act_id
            where not a.is_of_form
        )

        select
            g.file_no,
            g.line,
            g.response_id,
            id_of(g.subject_key) as client_id,
            e.episode_id,
            id_of(g.encounter_key) as session_id,
            g.instrument_id,
            at_text(g.administered_at) as administered_at,
            'client' as respondent,
            g.total_score
        from given as g
        left join visit_episodes as e on e.session_id = id_of(g.encounter_key)
        """,
        where="out_responses",
    )
    engine.execute(
        """
        create table out_response_items as
        with
        form_items as (
            select f.file_no, f.line, f.response_id, a.item, a.points
            from form_answers as a
            inner join forms as f
                on f.form_id = a.form_id and f.instrument_id = a.instrument_id
        ),

        act_items as (
            select v.file_no, v.line, a.response_id, v.item, v.points
            from folded_acts as a
            inner join act_answers as v on v.act_id = a.act_id
            where a.response_id not in (select response_id from form_items)
            qualify row_number() over (
                partition by a.response_id, v.item order by v.points is null, a.act_id
            ) = 1
        )

        select
            file_no,
            line,
            response_id,
            cast(item as varchar) as item,
            points as value
        from (select * from form_items union all select * from act_items) as items
        """,
        where="out_response_items",
    )


def _fold_acts(engine: Engine) -> None:
    """Make `folded_acts`: acts with the response that each gives or is part of."""
    engine.execute(
        """
        create table folded_acts as
        with
        forms_at as (
            select
                response_id,
                form_id,
                instrument_id,
                subject_key,
                instant_of(authored_at) as at_instant
            from forms
        ),

        form_of_act as (
            select a.act_id, min(f.response_id) as response_id
            from acts as a
            inner join forms_at as f
                on f.form_id = a.form_id and f.instrument_id = a.instrument_id
            group by a.act_id
        ),

        form_of_moment as (
            select a.act_id, min(f.response_id) as response_id
            from acts as a
            inner join forms_at as f
                on f.subject_key = a.subject_key
                and f.instrument_id = a.instrument_id
                and f.at_instant = a.at_instant
            where a.form_id is null
            group by a.act_id
        ),

        -- A form that is not in the delivery, or not readable, still names what it gave.
        form_names as (
            select
                a.act_id,
                case
                    when count(*) over (partition by a.form_id) = 1
                        and a.form_id not in (select form_id from forms)
                    then a.form_id
                    else a.form_id || '/' || a.instrument_id
                end as response_id
            from acts as a
            where a.form_id is not null and a.act_id not in (select act_id from form_of_act)
        )

        select
            a.*,
            f.response_id is not null or m.response_id is not null as is_of_form,
            coalesce(
                f.response_id,
                m.response_id,
                n.response_id,
                case
                    when a.leading_kind = 'item' and a.effective_at is not null
                    then 'items/' || concat_ws(
                        '/', id_of(a.subject_key), a.instrument_id, a.effective_at
                    )
                    else 'Observation/' || a.act_id
                end
            ) as response_id
        from acts as a
        left join form_of_act as f on f.act_id = a.act_id
        left join form_of_moment as m on m.act_id = a.act_id
        left join form_names as n on n.act_id = a.act_id
        """,
        where="folded_acts",
    )
