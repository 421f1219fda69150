"""What the Observations of an act say: its answers and its total, their components included."""

from pipelines.engine import Engine
from pipelines.ingest.fhir.answers import conflict_sql, points_sql
from pipelines.ingest.fhir.reading import anti_join, left_join


def make_act_items(engine: Engine) -> None:
    """Make `components` (of an act's Observations), `act_items` and findings about them."""
    engine.execute(
        """
        create table components as
        with
        parts as (
            select
                s.file_no,
                s.line,
                s.id,
                coalesce(m.act_id, s.id) as act_id,
                unnest(s.component) as part,
                unnest(range(1, len(s.component) + 1)) as place
            from fhir_observation as s
            left join moved as m on m.id = s.id
            where s.component is not null
        )

        select
            c.file_no,
            c.line,
            c.id,
            c.act_id,
            c.place,
            k.item,
            k.kind,
            answer_number(c.part) as answer_number,
            answer_code(c.part) as answer_code,
            answer_ordinal(c.part) as answer_ordinal
        from parts as c
        inner join fhir_observation as a on a.id = c.act_id
        inner join meanings as k on k.code = loinc_codes(c.part.code.coding)[1]
        left join short_forms as f
            on f.short_id = a.instrument_id
            and f.long_id = k.instrument_id
            and k.item <= f.n_items
        where k.instrument_id = a.instrument_id or f.short_id is not null
        """
    )
    engine.execute(
        f"""
        create table act_items as
        with
        items as (
            select
                s.file_no,
                s.line,
                s.id,
                coalesce(m.act_id, s.id) as act_id,
                0 as place,
                s.item,
                s.answer_number,
                s.answer_code,
                s.answer_ordinal
            from fhir_observation as s
            left join moved as m on m.id = s.id
            where s.kind = 'item'
            union all
            select
                file_no,
                line,
                id,
                act_id,
                place,
                item,
                answer_number,
                answer_code,
                answer_ordinal
            from components
            where kind = 'item'
        )

        select
            i.file_no,
            i.line,
            i.id,
            i.act_id,
            i.place,
            i.item,
            {points_sql("i")} as points,
            i.answer_code is not null or i.answer_number is not null as is_answered,
            {conflict_sql("i")} as has_conflict
        from items as i
        """,
        where="act_items",
    )
    engine.execute(
        """
        insert into findings
        select distinct file_no, line, 'Observation', 'fhir.answer_unknown'
        from act_items
        where points is null and is_answered
        union all
        select distinct file_no, line, 'Observation', 'fhir.ordinal_value_conflicts'
        from act_items
        where has_conflict
        """
    )


def make_acts(engine: Engine) -> None:
    """Make `acts`; a total of its leading Observation's own comes before any other."""
    engine.execute(
        """
        create table act_totals as
        with
        others as (
            select m.act_id, s.id, s.kind, 0 as place, s.answer_number
            from moved as m
            inner join fhir_observation as s on s.id = m.id
            union all
            select id, id, kind, 0, answer_number from fhir_observation where component is not null
            union all
            select act_id, id, kind, place, answer_number from components
        )

        select act_id, answer_number
        from others
        where kind in ('total', 'panel') and answer_number is not null
        qualify row_number() over (
            partition by act_id order by id <> act_id, kind, id, place
        ) = 1
        """
    )
    # Most Observations are an act, so that a table of them would be a second copy.
    engine.execute(
        f"""
        create view acts as
        select
            s.file_no,
            s.line,
            s.id as act_id,
            s.instrument_id,
            f.form_id,
            s.subject_key,
            s.encounter_key,
            s.effective_at,
            s.at_instant,
            s.kind as leading_kind,
            case
                when s.kind <> 'item' and s.answer_number is not null
                    and s.component is null
                then s.answer_number
                else t.answer_number
            end as total_score
        from fhir_observation as s
        {left_join(engine, "act_forms", "f", "f.leader_id = s.id")}
        {left_join(engine, "act_totals", "t", "t.act_id = s.id")}
        {anti_join(engine, "moved", "m", "m.id = s.id")}
        """
    )
