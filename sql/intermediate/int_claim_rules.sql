-- The rule that each claim is judged by, where there is a published one.
--
-- A claim about a reliable change needs the published reliable change of the instrument to be in
-- force; one about recovery the change and the case threshold that its own rule has published: by
-- those mart_episode_recovery judges, whatever the clinic has set; a rating the published answer
-- that counts as better. What a clinic has set or derived for itself is no rule for a claim, nor is
-- a screening instrument one for a change: `rule_points` is then null. A rating is worse beyond
-- `middle_points`, the middle of its form, which says no change.
--
-- Grain:  one row per claim.
-- Key:    claim_id
-- Source: int_outcome_rules, ref_outcome_rules and ref_thresholds (citation per figure)
with claims as (
    select
        claim_id,
        rule_kind,
        instrument_id,
        scale,
        respondent
    from ref_claims
),

instruments as (
    select
        instrument_id,
        purpose,
        version,
        (total_min_points + total_max_points) / 2 as middle_points
    from ref_instruments
),

instrument_scales as (
    select
        instrument_id,
        scale,
        direction
    from ref_instrument_scales
),

-- Beside what the clinic has decided the published change is still cited as published.
outcome_rules as (
    select
        int_outcome_rules.instrument_id,
        int_outcome_rules.scale,
        int_outcome_rules.respondent,
        int_outcome_rules.published_rule_id as rule_id,
        int_outcome_rules.published_rule_version as rule_version,
        case
            when int_outcome_rules.change_basis = 'published'
                then int_outcome_rules.reliable_change_points
        end as reliable_change_points,
        ref_outcome_rules.source
    from int_outcome_rules
    left join ref_outcome_rules
        on
            int_outcome_rules.instrument_id = ref_outcome_rules.instrument_id
            and int_outcome_rules.scale = ref_outcome_rules.scale
            and int_outcome_rules.respondent = ref_outcome_rules.respondent
),

recovery_rules as (
    select
        instrument_id,
        scale,
        respondent,
        rule_id,
        rule_version,
        caseness_points,
        source
    from ref_outcome_rules
    where
        reliable_change_points is not null
        and rule_id in (select ref_recovery_pairs.rule_id from ref_recovery_pairs)
),

-- At most one is active per scale, so max() only carries it over.
responder_thresholds as (
    select
        instrument_id,
        scale,
        max(points) as points,
        max(source) as source
    from ref_thresholds
    where kind = 'responder' and op = '<=' and is_active
    group by instrument_id, scale
),

found_rules as (
    select
        claims.claim_id,
        claims.rule_kind,
        instruments.version,
        case when claims.rule_kind = 'rating' then instruments.middle_points end
            as middle_points,
        case instrument_scales.direction
            when 'higher_worse' then 1
            when 'higher_better' then -1
        end as worse_sign,
        coalesce(recovery_rules.rule_id, outcome_rules.rule_id) as rule_id,
        coalesce(recovery_rules.rule_version, outcome_rules.rule_version) as rule_version,
        case claims.rule_kind
            when 'rating' then responder_thresholds.source
            when 'recovery' then recovery_rules.source
            else outcome_rules.source
        end as rule_source,
        case
            when claims.rule_kind = 'reliable_improvement' and instruments.purpose = 'outcome'
                then outcome_rules.reliable_change_points
            when claims.rule_kind = 'recovery' and instruments.purpose = 'outcome'
                then recovery_rules.caseness_points
            when claims.rule_kind = 'rating' and instruments.purpose = 'verdict'
                then responder_thresholds.points
        end as rule_points
    from claims
    left join instruments on claims.instrument_id = instruments.instrument_id
    left join instrument_scales
        on
            claims.instrument_id = instrument_scales.instrument_id
            and claims.scale = instrument_scales.scale
    left join outcome_rules
        on
            claims.instrument_id = outcome_rules.instrument_id
            and claims.scale = outcome_rules.scale
            and claims.respondent = outcome_rules.respondent
    left join recovery_rules
        on
            claims.rule_kind = 'recovery'
            and claims.instrument_id = recovery_rules.instrument_id
            and claims.scale = recovery_rules.scale
            and claims.respondent = recovery_rules.respondent
    left join responder_thresholds
        on
            claims.instrument_id = responder_thresholds.instrument_id
            and claims.scale = responder_thresholds.scale
),

-- A rating counts its grades from best to worst, as its threshold says with `<=`.
rules as (
    select
        claim_id,
        case when rule_kind = 'rating' then 1 else worse_sign end as worse_sign,
        case when rule_kind = 'rating' then 'published' else rule_id end as rule_id,
        case when rule_kind = 'rating' then version else rule_version end as rule_version,
        rule_source,
        middle_points,
        case when rule_kind = 'rating' or worse_sign is not null then rule_points end as rule_points
    from found_rules
)

select
    claim_id,
    worse_sign,
    case when rule_points is not null then rule_id end as rule_id,
    case when rule_points is not null then rule_version end as rule_version,
    case when rule_points is not null then rule_source end as rule_source,
    rule_points,
    case when rule_points is not null then middle_points end as middle_points
from rules
order by claim_id
