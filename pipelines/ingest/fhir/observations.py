"""Observations that carry questionnaire scores, gathered into one act per completed form.

An item belongs to the panel that has it as a member, else to the total derived from it; a total to
its panel. Where nothing links them, items belong to the panel or total of the same client,
instrument and instant, else to each other. Acts derived from one QuestionnaireResponse are one.
Of two totals at one instant each is an act: the source says that twice, and the contract
decides. A value on an Observation with the panel's code is the total.
"""

from pipelines.engine import Engine
from pipelines.ingest.fhir.observation_values import make_act_items, make_acts


def make_observation_acts(engine: Engine) -> None:
    """Make `acts` and `act_items`; in `fhir_observation` are left those in use.

    Most Observations stand alone: an act has no table of its own, and whatever belongs to another
    Observation is in a table of such rows only, which is small or empty.

    Shape:  `acts` one row per act: file_no, line, act_id (its leading Observation), instrument_id,
            form_id (of the QuestionnaireResponse, null if none), subject_key, encounter_key,
            effective_at, at_instant, leading_kind, total_score; `act_items` one per answer:
            file_no, line, act_id, id and place (of the answer), item, points.
    """
    _exclude_what_says_nothing(engine)
    _link(engine)
    _use_short_forms(engine)
    _gather(engine)
    make_act_items(engine)
    make_acts(engine)


def _exclude_what_says_nothing(engine: Engine) -> None:
    engine.execute(
        "insert into excluded select file_no, line, 'Observation', reason from fhir_observation"
        " where reason is not null"
    )
    engine.execute("delete from fhir_observation where reason is not null")


def _link(engine: Engine) -> None:
    """Make `linked`: id and root_id (the panel, else total) of those that are part of another."""
    engine.execute(
        """
        create table linked as
        with
        links as (
            select id as parent_id, id_of(unnest(linked_keys)) as child_id
            from fhir_observation
            where kind in ('panel', 'total')
        ),

        parents as (
            select c.id as child_id, p.id as parent_id
            from links as l
            inner join fhir_observation as p on p.id = l.parent_id
            inner join fhir_observation as c on c.id = l.child_id
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
        )

        select p.child_id as id, coalesce(g.parent_id, p.parent_id) as root_id
        from parents as p
        left join parents as g on g.child_id = p.parent_id
        """
    )


def _use_short_forms(engine: Engine) -> None:
    """Items without a panel that only a short form's total of the same instant can explain."""
    engine.execute(
        """
        update fhir_observation
        set instrument_id = s.short_id
        from (
            select l.subject_key, l.at_instant, f.short_id, f.long_id
            from (
                select distinct subject_key, at_instant, instrument_id
                from fhir_observation
                where kind <> 'item'
            ) as t
            inner join short_forms as f on f.short_id = t.instrument_id
            inner join fhir_observation as l
                on l.instrument_id = f.long_id
                and l.subject_key = t.subject_key
                and l.at_instant = t.at_instant
            group by l.subject_key, l.at_instant, f.short_id, f.long_id, f.n_items
            having max(l.item) <= f.n_items and not bool_or(l.kind <> 'item')
        ) as s
        where
            fhir_observation.subject_key = s.subject_key
            and fhir_observation.at_instant = s.at_instant
            and fhir_observation.instrument_id = s.long_id
        """
    )


def _gather(engine: Engine) -> None:
    """Make `moved`: id and act_id of all that do not lead; `act_forms`: act_id, form_id."""
    # That a hash stands once is enough to tell who is alone; it is shorter than what it is made of.
    moment_hash = "hash(subject_key, instrument_id, at_instant)"
    engine.execute(
        f"""
        create table led as
        with
        crowded as (
            select
                id,
                kind,
                subject_key,
                instrument_id,
                at_instant,
                case kind when 'panel' then '1' when 'total' then '2' else '3' end as kind_rank
            from fhir_observation
            anti join linked using (id)
            where
                subject_key is not null
                and at_instant is not null
                and {moment_hash} in (
                    select {moment_hash} from fhir_observation group by all having count(*) > 1
                )
        ),

        leaders as (
            select subject_key, instrument_id, at_instant, min(kind_rank || id) as ranked_id
            from crowded
            group by subject_key, instrument_id, at_instant
        )

        select r.id as root_id, substr(l.ranked_id, 2) as leader_id
        from crowded as r
        inner join leaders as l
            on l.subject_key = r.subject_key
            and l.instrument_id = r.instrument_id
            and l.at_instant = r.at_instant
        where
            leader_id <> r.id
            -- A second total, or a second panel, of the same instant stays an act of its own.
            and (r.kind = 'item' or r.kind_rank <> l.ranked_id[1])
        """
    )
    engine.execute(
        """
        create table leader_forms as
        with
        root_forms as (
            select
                coalesce(l.root_id, s.id) as root_id,
                coalesce(
                    min(s.form_id) filter (l.root_id is null), min(s.form_id)
                ) as form_id
            from (
                select
                    id,
                    [
                        id_of(k) for k in linked_keys if starts_with(k, 'QuestionnaireResponse/')
                    ][1] as form_id
                from fhir_observation
                where linked_keys is not null
            ) as s
            left join linked as l on l.id = s.id
            where s.form_id is not null
            group by coalesce(l.root_id, s.id)
        )

        select coalesce(l.leader_id, r.root_id) as leader_id, min(r.form_id) as form_id
        from root_forms as r
        left join led as l on l.root_id = r.root_id
        group by coalesce(l.leader_id, r.root_id)
        """
    )
    engine.execute(
        """
        create table act_forms as
        with
        roots as (
            select leader_id as root_id, leader_id, form_id
            from leader_forms
            union all
            select l.root_id, l.leader_id, f.form_id
            from led as l
            inner join leader_forms as f on f.leader_id = l.leader_id
        )

        select
            r.leader_id,
            r.form_id,
            first_value(r.leader_id) over (
                partition by r.form_id, s.instrument_id
                order by
                    case s.kind when 'panel' then 1 when 'total' then 2 else 3 end,
                    r.leader_id
            ) as act_id
        from roots as r
        inner join fhir_observation as s on s.id = r.root_id
        qualify r.root_id = r.leader_id
        """
    )
    engine.execute(
        """
        create table moved as
        select
            s.id,
            coalesce(f.act_id, l.leader_id, k.root_id) as act_id
        from fhir_observation as s
        left join linked as k on k.id = s.id
        left join led as l on l.root_id = coalesce(k.root_id, s.id)
        left join act_forms as f on f.leader_id = coalesce(l.leader_id, k.root_id, s.id)
        where coalesce(f.act_id, l.leader_id, k.root_id) <> s.id
        """
    )
