-- The outcome rule in force for each scale and respondent: published, the clinic's, or derived.
--
-- A figure that the clinic has decided on takes the place of the published one of its kind. Only
-- where a scale has neither a published nor a decided reliable change is one derived: z * SD *
-- sqrt(2) * sqrt(1 - r), with the verified reliability of the catalogue and the SD of enough first
-- scores of the clinic's frozen reference period. `basis` is that of the least public figure in the
-- row, so that a derived or decided rule is never pooled with published ones; `change_basis` and
-- `caseness_basis` are those of the reliable change and of the caseness alone, and
-- `published_rule_id` names the published figures. `source` cites each figure in force, in a
-- sentence of its own, and no other: of a published figure that the clinic has replaced it says
-- nothing. A response counts among cases, so that without a caseness in force there is none.
--
-- Grain:  one row per instrument, scale and respondent with at least one figure in force.
-- Key:    instrument_id, scale, respondent
-- Source: ref_thresholds, ref_clinic_thresholds, ref_reliabilities (citation per figure); the
--         formula is Jacobson & Truax (1991), its z stands in ref_conventions.
with published_rules as (
    select
        instrument_id,
        scale,
        respondent,
        rule_id,
        rule_version,
        reliable_change_points,
        reliable_change_kind,
        caseness_points,
        remission_below_points,
        response_share
    from ref_outcome_rules
),

thresholds as (
    select
        instrument_id,
        scale,
        unnest(respondents) as respondent,
        kind,
        source
    from ref_thresholds
    where is_active
),

-- Those in force: no response where there are no cases to count it among.
clinic_thresholds as (
    select
        ref_clinic_thresholds.instrument_id,
        ref_clinic_thresholds.scale,
        ref_clinic_thresholds.respondent,
        ref_clinic_thresholds.kind,
        ref_clinic_thresholds.points,
        ref_clinic_thresholds.share,
        ref_clinic_thresholds.reliability_value,
        ref_clinic_thresholds.sd_points,
        ref_clinic_thresholds.source,
        ref_clinic_thresholds.decided_on
    from ref_clinic_thresholds
    left join published_rules
        on
            ref_clinic_thresholds.instrument_id = published_rules.instrument_id
            and ref_clinic_thresholds.scale = published_rules.scale
            and ref_clinic_thresholds.respondent = published_rules.respondent
    qualify
        ref_clinic_thresholds.kind != 'response'
        or published_rules.caseness_points is not null
        or bool_or(ref_clinic_thresholds.kind = 'caseness') over (
            partition by
                ref_clinic_thresholds.instrument_id,
                ref_clinic_thresholds.scale,
                ref_clinic_thresholds.respondent
        )
),

conventions as (
    select max(value) as z
    from ref_conventions
    where name = 'reliable_change_z'
),

reference_period as (
    select
        cast(cast($reference_starts_on as date) as varchar)
        || '/'
        || cast(cast($reference_ends_on as date) as varchar) as rule_version,
        'from ' || cast(cast($reference_starts_on as date) as varchar)
        || ' to ' || cast(cast($reference_ends_on as date) as varchar)
        || ', set on ' || cast(cast($reference_set_on as date) as varchar) as told
),

instruments as (
    select instrument_id
    from ref_instruments
    where purpose = 'outcome'
),

reliabilities as (
    select
        instrument_id,
        scale,
        unnest(respondents) as respondent,
        value as reliability_value,
        source
    from ref_reliabilities
    where is_default
),

reference_sds as (
    select
        instrument_id,
        scale,
        respondent,
        n_scores,
        sd_points
    from int_reference_sds
    where n_scores >= $reference_minimum_scores and sd_points > 0
),

-- A kind is there once for a scale and respondent, so max() only carries it over.
clinic_rules as (
    select
        clinic_thresholds.instrument_id,
        clinic_thresholds.scale,
        clinic_thresholds.respondent,
        max(
            coalesce(
                clinic_thresholds.points,
                reliable_change_points(
                    clinic_thresholds.sd_points,
                    clinic_thresholds.reliability_value,
                    conventions.z
                )
            )
        ) filter (where clinic_thresholds.kind = 'reliable_change') as reliable_change_points,
        max(
            case
                when clinic_thresholds.points is null then 'clinic_rci'
                else 'clinic_rule'
            end
        ) filter (where clinic_thresholds.kind = 'reliable_change') as reliable_change_kind,
        max(clinic_thresholds.reliability_value) as reliability_value,
        max(clinic_thresholds.sd_points) as sd_points,
        max(clinic_thresholds.points) filter (where clinic_thresholds.kind = 'caseness')
            as caseness_points,
        max(clinic_thresholds.points) filter (where clinic_thresholds.kind = 'remission')
            as remission_below_points,
        max(clinic_thresholds.share) as response_share,
        cast(max(clinic_thresholds.decided_on) as varchar) as rule_version,
        string_agg(
            'The clinic''s ' || replace(clinic_thresholds.kind, '_', ' ') || ', decided on '
            || cast(clinic_thresholds.decided_on as varchar)
            || case
                when clinic_thresholds.kind = 'reliable_change' and clinic_thresholds.points is null
                    then
                        ', from a reliability of '
                        || cast(cast(clinic_thresholds.reliability_value as double) as varchar)
                        || ' and an SD of '
                        || cast(cast(clinic_thresholds.sd_points as double) as varchar)
                else ''
            end
            || ': ' || rtrim(clinic_thresholds.source, '.') || '.',
            ' '
            order by clinic_thresholds.kind
        ) as source
    from clinic_thresholds
    cross join conventions
    group by
        clinic_thresholds.instrument_id,
        clinic_thresholds.scale,
        clinic_thresholds.respondent
),

derived_rules as (
    select
        reference_sds.instrument_id,
        reference_sds.scale,
        reference_sds.respondent,
        reference_period.rule_version,
        reliabilities.reliability_value,
        cast(reference_sds.sd_points as decimal(9, 4)) as sd_points,
        reliable_change_points(
            reference_sds.sd_points,
            reliabilities.reliability_value,
            conventions.z
        ) as reliable_change_points,
        'Clinic-derived reliable change, from a reliability of '
        || cast(cast(reliabilities.reliability_value as double) as varchar)
        || ' (' || reliabilities.source || ') and the SD of '
        || cast(reference_sds.n_scores as varchar) || ' first scores of the clinic, '
        || cast(round(reference_sds.sd_points, 2) as varchar)
        || ', in its reference period ' || reference_period.told || '.' as source
    from reference_sds
    inner join instruments on reference_sds.instrument_id = instruments.instrument_id
    inner join reliabilities
        on
            reference_sds.instrument_id = reliabilities.instrument_id
            and reference_sds.scale = reliabilities.scale
            and reference_sds.respondent = reliabilities.respondent
    cross join conventions
    cross join reference_period
    left join published_rules
        on
            reference_sds.instrument_id = published_rules.instrument_id
            and reference_sds.scale = published_rules.scale
            and reference_sds.respondent = published_rules.respondent
    left join clinic_rules
        on
            reference_sds.instrument_id = clinic_rules.instrument_id
            and reference_sds.scale = clinic_rules.scale
            and reference_sds.respondent = clinic_rules.respondent
    where
        published_rules.reliable_change_points is null
        and clinic_rules.reliable_change_points is null
),

-- What is cited of the published figures: not those in whose place the clinic's stands, and no
-- response where there are no cases to count it among.
cited_thresholds as (
    select
        thresholds.instrument_id,
        thresholds.scale,
        thresholds.respondent,
        string_agg(
            upper(left(thresholds.kind, 1)) || replace(thresholds.kind[2:], '_', ' ') || ': '
            || rtrim(thresholds.source, '.') || '.',
            ' '
            order by
                list_position(
                    ['reliable_change', 'caseness', 'remission', 'response'], thresholds.kind
                )
        ) as source
    from thresholds
    inner join published_rules
        on
            thresholds.instrument_id = published_rules.instrument_id
            and thresholds.scale = published_rules.scale
            and thresholds.respondent = published_rules.respondent
    left join clinic_thresholds
        on
            thresholds.instrument_id = clinic_thresholds.instrument_id
            and thresholds.scale = clinic_thresholds.scale
            and thresholds.respondent = clinic_thresholds.respondent
            and thresholds.kind = clinic_thresholds.kind
    left join clinic_rules
        on
            thresholds.instrument_id = clinic_rules.instrument_id
            and thresholds.scale = clinic_rules.scale
            and thresholds.respondent = clinic_rules.respondent
    where
        clinic_thresholds.kind is null
        and (
            thresholds.kind in ('reliable_change', 'caseness', 'remission')
            or thresholds.kind = 'response'
            and coalesce(clinic_rules.caseness_points, published_rules.caseness_points) is not null
        )
    group by thresholds.instrument_id, thresholds.scale, thresholds.respondent
),

rule_keys as (
    select
        instrument_id,
        scale,
        respondent
    from published_rules
    union distinct
    select
        instrument_id,
        scale,
        respondent
    from clinic_rules
    union distinct
    select
        instrument_id,
        scale,
        respondent
    from derived_rules
),

rules as (
    select
        rule_keys.instrument_id,
        rule_keys.scale,
        rule_keys.respondent,
        case
            when derived_rules.instrument_id is not null then 'clinic_derived'
            when clinic_rules.instrument_id is not null then 'clinic'
            else 'published'
        end as basis,
        case
            when derived_rules.instrument_id is not null then 'clinic_derived'
            when clinic_rules.instrument_id is not null then 'clinic'
            else published_rules.rule_id
        end as rule_id,
        case
            when derived_rules.instrument_id is not null then derived_rules.rule_version
            when clinic_rules.instrument_id is not null then clinic_rules.rule_version
            else published_rules.rule_version
        end as rule_version,
        coalesce(
            clinic_rules.reliable_change_points,
            published_rules.reliable_change_points,
            derived_rules.reliable_change_points
        ) as reliable_change_points,
        case
            when clinic_rules.reliable_change_points is not null
                then clinic_rules.reliable_change_kind
            when published_rules.reliable_change_points is not null
                then published_rules.reliable_change_kind
            when derived_rules.reliable_change_points is not null then 'clinic_rci'
        end as reliable_change_kind,
        coalesce(clinic_rules.caseness_points, published_rules.caseness_points)
            as caseness_points,
        coalesce(clinic_rules.remission_below_points, published_rules.remission_below_points)
            as remission_below_points,
        -- Whom a response is counted among are the cases.
        case
            when coalesce(clinic_rules.caseness_points, published_rules.caseness_points) is not null
                then coalesce(clinic_rules.response_share, published_rules.response_share)
        end as response_share,
        case
            when clinic_rules.reliable_change_points is not null then 'clinic'
            when published_rules.reliable_change_points is not null then 'published'
            when derived_rules.reliable_change_points is not null then 'clinic_derived'
        end as change_basis,
        case
            when clinic_rules.caseness_points is not null then 'clinic'
            when published_rules.caseness_points is not null then 'published'
        end as caseness_basis,
        published_rules.rule_id as published_rule_id,
        published_rules.rule_version as published_rule_version,
        coalesce(clinic_rules.reliability_value, derived_rules.reliability_value)
            as reliability_value,
        coalesce(clinic_rules.sd_points, derived_rules.sd_points) as sd_points,
        concat_ws(' ', clinic_rules.source, derived_rules.source, cited_thresholds.source)
            as source,
        'active' as status
    from rule_keys
    left join published_rules
        on
            rule_keys.instrument_id = published_rules.instrument_id
            and rule_keys.scale = published_rules.scale
            and rule_keys.respondent = published_rules.respondent
    left join clinic_rules
        on
            rule_keys.instrument_id = clinic_rules.instrument_id
            and rule_keys.scale = clinic_rules.scale
            and rule_keys.respondent = clinic_rules.respondent
    left join derived_rules
        on
            rule_keys.instrument_id = derived_rules.instrument_id
            and rule_keys.scale = derived_rules.scale
            and rule_keys.respondent = derived_rules.respondent
    left join cited_thresholds
        on
            rule_keys.instrument_id = cited_thresholds.instrument_id
            and rule_keys.scale = cited_thresholds.scale
            and rule_keys.respondent = cited_thresholds.respondent
)

select
    instrument_id,
    scale,
    respondent,
    basis,
    rule_id,
    rule_version,
    reliable_change_points,
    reliable_change_kind,
    caseness_points,
    remission_below_points,
    response_share,
    reliability_value,
    sd_points,
    source,
    status,
    change_basis,
    caseness_basis,
    published_rule_id,
    published_rule_version
from rules
where
    reliable_change_points is not null
    or caseness_points is not null
    or remission_below_points is not null
    or response_share is not null
order by instrument_id, scale, respondent
