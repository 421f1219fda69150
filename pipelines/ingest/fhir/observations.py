"""Observations that carry questionnaire scores, gathered into one act per completed form.

An item belongs to the panel that has it as a member, else to the total derived from it; a total to
its panel. Where nothing links them, items belong to the panel or total of the same client,
instrument and instant, else to each other. Acts derived from one QuestionnaireResponse are one.
Of two totals at one instant each is an act: the source says that twice, and the contract
decides. A value on an Observation with the panel's code is the total.
"""

from pipelines.engine import Engine
from pipelines.ingest.fhir.answers import points_columns
from pipelines.ingest.fhir.reading import exclude_where
from pipelines.ingest.fhir.structures import OBSERVATION, value_struct


def make_observation_acts(engine: Engine) -> None:
    """Make `acts`, `act_totals` and `act_answers`.

    Shape:  `acts` one row per act: act_id (its leading Observation), instrument_id, form_id (of
            the QuestionnaireResponse, null if none), subject_key, encounter_key, effective_at,
            leading_kind; `act_totals`: act_id, total_score; `act_answers`: file_no, line, act_id,
            item, points.
    """
    exclude_where(engine, OBSERVATION, "status = 'entered-in-error'", "fhir.entered_in_error")
    exclude_where(
        engine, OBSERVATION, "status in ('cancelled', 'registered')", "fhir.observation_not_final"
    )
    _score_bearing(engine)
    _link(engine)
    _gather(engine)
    _values(engine)


def _score_bearing(engine: Engine) -> None:
    """Make `scored`, the Observations with a meaning, by the first of their codes that has one."""
    # Most have one code, which needs no choice.
    engine.execute(
        """
        create table scored as
        with
        coded as (
            select
                id,
                unnest(codes) as code,
                unnest(range(1, len(codes) + 1)) as place
            from fhir_observation
            where len(codes) > 1
        ),

        known as (
            select c.id, m.instrument_id, m.item, m.kind
            from coded as c
            inner join meanings as m on m.code = c.code
            qualify row_number() over (partition by c.id order by c.place, c.code) = 1
        )

        select
            o.*,
            m.instrument_id,
            m.item,
            m.kind,
            instant_of(o.effective_at) as at_instant
        from fhir_observation as o
        inner join meanings as m on m.code = o.codes[1]
        where len(o.codes) = 1
        union all
        select
            o.*,
            k.instrument_id,
            k.item,
            k.kind,
            instant_of(o.effective_at) as at_instant
        from fhir_observation as o
        inner join known as k on k.id = o.id
        """
    )
    exclude_where(
        engine,
        OBSERVATION,
        "id not in (select id from scored)",
        "fhir.observation_code_unknown",
    )
    exclude_where(
        engine,
        OBSERVATION,
        "id in (select id from scored where kind not in ('item', 'total', 'panel'))",
        "fhir.question_not_scored",
    )
    exclude_where(
        engine,
        OBSERVATION,
        """id in (
            select id
            from scored
            where
                kind <> 'item'
                and answer_number("value") is null
                and coalesce(len(component), 0) = 0
                and coalesce(len(linked_keys), 0) = 0
        )""",
        "fhir.value_missing",
    )
    engine.execute("delete from scored where id not in (select id from fhir_observation)")


def _link(engine: Engine) -> None:
    """Make `rooted`: each Observation with its root (the panel, else total, that it is part of)."""
    engine.execute(
        """
        create table parents as
        with
        links as (
            select id as parent_id, id_of(unnest(linked_keys)) as child_id
            from scored
            where kind in ('panel', 'total')
        )

        select c.id as child_id, p.id as parent_id
        from links as l
        inner join scored as p on p.id = l.parent_id
        inner join scored as c on c.id = l.child_id
        left join short_forms as s
            on s.short_id = p.instrument_id
            and s.long_id = c.instrument_id
            and c.item <= s.n_items
        where
            (p.kind, c.kind) in (('panel', 'item'), ('panel', 'total'), ('total', 'item'))
            and (p.instrument_id = c.instrument_id or s.short_id is not null)
        qualify row_number() over (
            partition by c.id order by p.kind, p.id
        ) = 1
        """
    )
    engine.execute(
        """
        create table rooted as
        select
            s.id,
            coalesce(g.parent_id, p.parent_id, s.id) as root_id,
            [id_of(k) for k in s.linked_keys if starts_with(k, 'QuestionnaireResponse/')][1]
                as form_id
        from scored as s
        left join parents as p on p.child_id = s.id
        left join parents as g on g.child_id = p.parent_id
        """
    )
    # Items without a panel that only a short form's total of the same instant can explain.
    engine.execute(
        """
        update scored
        set instrument_id = s.short_id
        from (
            select l.subject_key, l.at_instant, sf.short_id, sf.long_id
            from (
                select
                    subject_key,
                    at_instant,
                    instrument_id,
                    max(item) as last_item,
                    bool_or(kind <> 'item') as has_total
                from scored
                where at_instant is not null and subject_key is not null
                group by subject_key, at_instant, instrument_id
            ) as l
            inner join short_forms as sf
                on sf.long_id = l.instrument_id and l.last_item <= sf.n_items and not l.has_total
            where (l.subject_key, l.at_instant, sf.short_id) in (
                select (subject_key, at_instant, instrument_id) from scored where kind <> 'item'
            )
        ) as s
        where
            scored.subject_key = s.subject_key
            and scored.at_instant = s.at_instant
            and scored.instrument_id = s.long_id
        """
    )


def _gather(engine: Engine) -> None:
    """Make `act_members` (id, act_id) and `acts`."""
    engine.execute(
        """
        create table moments as
        with
        roots as (
            select
                s.id,
                s.instrument_id,
                s.kind,
                coalesce(
                    min(r.form_id) filter (r.id = s.id), min(r.form_id)
                ) as form_id,
                s.subject_key,
                s.at_instant
            from rooted as r
            inner join scored as s on s.id = r.root_id
            group by s.id, s.instrument_id, s.kind, s.subject_key, s.at_instant
        ),

        ranked as (
            select
                *,
                case kind when 'panel' then 1 when 'total' then 2 else 3 end as kind_rank
            from roots
        ),

        -- Alone at its instant a root leads itself, as it does without a leader.
        crowded as (
            select subject_key, instrument_id, at_instant
            from ranked
            where subject_key is not null and at_instant is not null
            group by subject_key, instrument_id, at_instant
            having count(*) > 1
        ),

        leaders as (
            select r.subject_key, r.instrument_id, r.at_instant, r.id, r.kind
            from ranked as r
            inner join crowded as c on
                c.subject_key = r.subject_key
                and c.instrument_id = r.instrument_id
                and c.at_instant = r.at_instant
            qualify row_number() over (
                partition by r.subject_key, r.instrument_id, r.at_instant
                order by r.kind_rank, r.id
            ) = 1
        )

        select
            r.id as root_id,
            -- A second total, or a second panel, of the same instant stays an act of its own.
            case when l.id is null or (r.kind = l.kind and r.kind <> 'item') then r.id else l.id end
                as leader_id,
            r.instrument_id,
            r.kind_rank,
            r.form_id
        from ranked as r
        left join leaders as l on
            l.subject_key = r.subject_key
            and l.instrument_id = r.instrument_id
            and l.at_instant = r.at_instant
        """
    )
    engine.execute(
        """
        create table act_roots as
        with
        leaders_forms as (
            select leader_id, min(form_id) as act_form_id
            from moments
            where form_id is not null
            group by leader_id
        ),

        with_forms as (
            select m.*, f.act_form_id
            from moments as m
            left join leaders_forms as f on f.leader_id = m.leader_id
        ),

        form_leaders as (
            select act_form_id, instrument_id, leader_id
            from with_forms
            where act_form_id is not null
            qualify row_number() over (
                partition by act_form_id, instrument_id order by kind_rank, leader_id
            ) = 1
        )

        select
            w.root_id,
            coalesce(f.leader_id, w.leader_id) as act_id,
            w.act_form_id as form_id
        from with_forms as w
        left join form_leaders as f
            on f.act_form_id = w.act_form_id and f.instrument_id = w.instrument_id
        """
    )
    engine.execute(
        """
        create table act_members as
        select r.id, a.act_id
        from rooted as r
        inner join act_roots as a on a.root_id = r.root_id
        """
    )
    engine.execute(
        """
        create table acts as
        select
            s.file_no,
            s.line,
            s.id as act_id,
            s.instrument_id,
            a.form_id,
            s.subject_key,
            s.encounter_key,
            s.effective_at,
            s.at_instant,
            s.kind as leading_kind
        from act_roots as a
        inner join scored as s on s.id = a.act_id
        -- An act is led by one of its roots, and all of them name one form or none.
        where a.root_id = a.act_id
        """
    )


def _values(engine: Engine) -> None:
    """Make `act_totals` and `act_answers` from members and their components."""
    engine.execute(
        f"""
        create table act_values as
        with
        parts as (
            select
                m.act_id,
                s.id,
                s.file_no,
                s.line,
                s.item,
                s.kind,
                0 as place,
                s."value" as v
            from act_members as m
            inner join scored as s on s.id = m.id
            union all
            select
                c.act_id,
                c.id,
                c.file_no,
                c.line,
                k.item,
                k.kind,
                c.place,
                c.v
            from (
                select
                    act_id,
                    act_instrument_id,
                    id,
                    file_no,
                    line,
                    place,
                    loinc_codes(part.code.coding)[1] as code,
                    {value_struct("part")} as v
                from (
                    select
                        m.act_id,
                        a.instrument_id as act_instrument_id,
                        s.id,
                        s.file_no,
                        s.line,
                        unnest(s.component) as part,
                        unnest(range(1, len(s.component) + 1)) as place
                    from act_members as m
                    inner join acts as a on a.act_id = m.act_id
                    inner join scored as s on s.id = m.id
                ) as components
            ) as c
            inner join meanings as k on k.code = c.code
            left join short_forms as f
                on f.short_id = c.act_instrument_id
                and f.long_id = k.instrument_id
                and k.item <= f.n_items
            where k.instrument_id = c.act_instrument_id or f.short_id is not null
        )

        select
            p.act_id,
            p.id,
            p.file_no,
            p.line,
            p.item,
            p.kind,
            p.place,
            answer_number(p.v) as number_text,
            answer_code(p.v) is not null or answer_number(p.v) is not null as is_answered,
            {points_columns("p.v")}
        from parts as p
        left join answer_points as ap on ap.answer_code = answer_code(p.v)
        """,
        where="act_values",
    )
    engine.execute(
        """
        create table act_totals as
        select act_id, number_text as total_score
        from act_values
        where kind in ('total', 'panel') and number_text is not null
        qualify row_number() over (
            partition by act_id order by id <> act_id, kind, id, place
        ) = 1
        """
    )
    engine.execute(
        """
        create table act_answers as
        select file_no, line, act_id, item, points
        from act_values
        where kind = 'item'
        qualify row_number() over (
            partition by act_id, item order by points is null, id, place
        ) = 1
        """
    )
    engine.execute(
        """
        insert into findings
        select distinct file_no, line, 'Observation', 'fhir.answer_unknown'
        from act_values
        where kind = 'item' and points is null and is_answered
        union all
        select distinct file_no, line, 'Observation', 'fhir.ordinal_value_conflicts'
        from act_values
        where
            kind = 'item'
            and try_cast(catalogue_points as decimal(18, 4))
            <> try_cast(ordinal_points as decimal(18, 4))
        """
    )
