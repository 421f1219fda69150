"""Completed questionnaires become `responses` and `response_items`.

An act of Observations that was derived from a QuestionnaireResponse, or that is of the same client,
instrument and instant as one, is that response: the form's own answers and total count, and the
Observations fill what it lacks. A response is named by its form's id, else by its leading
Observation (`Observation/<id>`); items that nothing leads, by client, instrument and time, so that
the same items have the same name in the next delivery.
"""

from pipelines.engine import Engine
from pipelines.ingest.fhir.reading import left_join


def make_responses(engine: Engine) -> None:
    """Make `out_responses` and `out_response_items`, after forms, acts and `visit_episodes`."""
    _name_acts(engine)
    engine.execute(
        """
        create table form_act_totals as
        select n.response_id, a.total_score
        from act_names as n
        inner join acts as a on a.act_id = n.act_id
        where n.is_of_form and a.total_score is not null
        qualify row_number() over (partition by n.response_id order by n.act_id) = 1
        """
    )
    engine.execute(
        f"""
        create table out_responses as
        with given as (
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
            {left_join(engine, "form_act_totals", "t", "t.response_id = f.response_id")}
            union all
            select
                a.file_no,
                a.line,
                a.response_id,
                a.subject_key,
                a.encounter_key,
                a.instrument_id,
                a.effective_at,
                a.total_score
            from folded_acts as a
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
        {left_join(engine, "visit_episodes", "e", "e.session_id = id_of(g.encounter_key)")}
        """,
        where="out_responses",
    )
    _choose_answers(engine)


def _choose_answers(engine: Engine) -> None:
    """Make `out_response_items`; of several answers to an item the first that is known counts."""
    engine.execute(
        """
        create table out_response_items as
        select
            f.file_no,
            f.line,
            f.response_id,
            cast(v.item as varchar) as item,
            v.points as value,
            v.form_no,
            null::varchar as act_id,
            null::varchar as id,
            v.parents,
            v.place
        from form_values as v
        inner join forms as f on f.form_no = v.form_no and f.instrument_id = v.instrument_id
        where v.kind = 'item'
        union all
        select
            i.file_no,
            i.line,
            a.response_id,
            cast(i.item as varchar) as item,
            i.points as value,
            null as form_no,
            i.act_id,
            i.id,
            null as parents,
            i.place
        from folded_acts as a
        inner join act_items as i on i.act_id = a.act_id
        anti join (select response_id from forms where has_items) as f
            on f.response_id = a.response_id
        """,
        where="out_response_items",
    )
    # Few items are answered twice; only those have to be put in order.
    engine.execute(
        """
        delete from out_response_items
        where rowid in (
            with doubtful as (
                select rowid, *
                from out_response_items
                where
                    form_no is null
                    or form_no in (select form_no from forms where may_repeat_items)
            ),

            repeated as (
                select hash(response_id, item) as answer_hash
                from doubtful
                group by answer_hash
                having count(*) > 1
            )

            select rowid
            from doubtful
            where hash(response_id, item) in (select answer_hash from repeated)
            qualify row_number() over (
                partition by response_id, form_no, item
                order by value is null, act_id, id, path_of(parents, place)
            ) > 1
        )
        """,
        where="out_response_items",
    )


def _name_acts(engine: Engine) -> None:
    """Make `folded_acts`: acts with the response that each gives or is part of."""
    engine.execute(
        """
        create table act_names as
        with
        acts_of_forms as (
            select a.act_id, min(f.response_id) as response_id
            from acts as a
            inner join forms as f
                on f.form_id = a.form_id and f.instrument_id = a.instrument_id
            group by a.act_id
        ),

        acts_at_forms as (
            select a.act_id, min(f.response_id) as response_id
            from acts as a
            inner join forms as f
                on f.subject_key = a.subject_key
                and f.instrument_id = a.instrument_id
                and instant_of(f.authored_at) = a.at_instant
            where a.form_id is null
            group by a.act_id
        ),

        -- A form that is not in the delivery, or not readable, still names what it gave.
        acts_of_others as (
            select
                a.act_id,
                case
                    when count(*) over (partition by a.form_id) = 1
                        and a.form_id not in (select form_id from forms)
                    then a.form_id
                    else a.form_id || '/' || a.instrument_id
                end as response_id
            from acts as a
            anti join acts_of_forms as f on f.act_id = a.act_id
            where a.form_id is not null
        )

        select *, true as is_of_form from acts_of_forms
        union all
        select *, true as is_of_form from acts_at_forms
        union all
        select *, false as is_of_form from acts_of_others
        """
    )
    engine.execute(
        f"""
        create view folded_acts as
        select
            a.*,
            coalesce(n.is_of_form, false) as is_of_form,
            coalesce(
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
        {left_join(engine, "act_names", "n", "n.act_id = a.act_id")}
        """
    )
