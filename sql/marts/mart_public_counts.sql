-- The people that a public page counts: by programme, by calendar year, and by what became of them
-- under the first claim of the clinic that has a published rule.
--
-- One count per person and year, for their first course of that year: no count has anybody of
-- another one of its year, so that no public count can be subtracted from another. Only courses
-- whose clients agreed to public reporting are there, of years in which every course is due.
-- Claims that judge the same measure by the same rule at the same time share these counts:
-- `counted_by` lists them with their versions, and `block_id` those that a programme belongs to,
-- `;` around each. All other claims look at the same people in another way and have none.
--
-- The parts: `met` the rule, `worse` (reliably, or by their own rating), `neither`, `unmeasured`.
--
-- Grain:  one row per programme, calendar year and part.
-- Key:    programme_id, period_start_on, part
-- Source: ref_claims (each claim), int_claim_rules (its rule), int_published_episodes (consent)
with
claims as (
    select
        claim_id,
        claim_version,
        set_on,
        tracks,
        modalities,
        rule_kind,
        instrument_id,
        scale,
        respondent,
        measured_at,
        after_days,
        tolerance_days,
        look_back_days
    from ref_claims
),

claim_rules as (
    select claim_id
    from int_claim_rules
    where rule_points is not null
),

programmes as (
    select
        programme_id,
        modality,
        track
    from stg_programmes
),

episodes as (
    select
        episode_key,
        programme_id,
        track
    from int_episodes
),

episode_claims as (
    select
        claim_id,
        episode_key,
        client_key,
        session_1_on,
        is_counted,
        is_measured,
        is_met,
        is_deteriorated
    from mart_episode_claims
),

published_episodes as (
    select episode_key
    from int_published_episodes
),

leading_claim as (
    select claims.*
    from claims
    inner join claim_rules on claims.claim_id = claim_rules.claim_id
    qualify row_number() over (order by claims.set_on nulls last, claims.claim_id) = 1
),

sharing_claims as (
    select
        claims.claim_id,
        claims.claim_version,
        claims.tracks,
        claims.modalities,
        leading_claim.claim_id as leading_claim_id,
        leading_claim.after_days + leading_claim.tolerance_days as due_days
    from claims
    inner join leading_claim
        on
            claims.rule_kind = leading_claim.rule_kind
            and claims.instrument_id is not distinct from leading_claim.instrument_id
            and claims.scale is not distinct from leading_claim.scale
            and claims.respondent is not distinct from leading_claim.respondent
            and claims.measured_at = leading_claim.measured_at
            and claims.after_days = leading_claim.after_days
            and claims.tolerance_days = leading_claim.tolerance_days
            and claims.look_back_days is not distinct from leading_claim.look_back_days
),

-- What public counts are made by: another set of claims counts the same people otherwise.
sharing_names as (
    select string_agg(concat(claim_id, ' ', claim_version), ';' order by claim_id) as counted_by
    from sharing_claims
),

years as (
    select distinct
        cast(date_trunc('year', episode_claims.session_1_on) as date) as period_start_on,
        cast(date_trunc('year', episode_claims.session_1_on) + interval 1 year as date) - 1
            as period_end_on
    from episode_claims
),

-- Every claim that shares the counts judges a course alike.
judged_courses as (
    select
        sharing_claims.leading_claim_id as claim_id,
        episodes.programme_id,
        episodes.track,
        years.period_start_on,
        years.period_end_on,
        cast(years.period_end_on + sharing_claims.due_days as date) as closes_on,
        case
            when not episode_claims.is_measured then 'unmeasured'
            when episode_claims.is_met then 'met'
            when episode_claims.is_deteriorated then 'worse'
            else 'neither'
        end as part
    from episode_claims
    inner join sharing_claims on episode_claims.claim_id = sharing_claims.claim_id
    inner join published_episodes on episode_claims.episode_key = published_episodes.episode_key
    inner join episodes on episode_claims.episode_key = episodes.episode_key
    inner join years
        on
            episode_claims.session_1_on >= years.period_start_on
            and episode_claims.session_1_on <= years.period_end_on
    where episode_claims.is_counted
    qualify
        row_number() over (
            partition by episode_claims.client_key, years.period_start_on
            order by
                episode_claims.session_1_on,
                episode_claims.episode_key,
                sharing_claims.claim_id
        ) = 1
),

counted_programmes as (
    select distinct
        claim_id,
        programme_id,
        track,
        period_start_on,
        period_end_on,
        closes_on
    from judged_courses
    where closes_on <= $as_of_on
),

blocks as (
    select
        counted_programmes.programme_id,
        counted_programmes.period_start_on,
        concat(';', string_agg(sharing_claims.claim_id, ';' order by sharing_claims.claim_id), ';')
            as block_id
    from counted_programmes
    left join programmes on counted_programmes.programme_id = programmes.programme_id
    inner join sharing_claims
        on
            (
                sharing_claims.tracks is null
                or list_contains(sharing_claims.tracks, counted_programmes.track)
            )
            and (
                sharing_claims.modalities is null
                or list_contains(sharing_claims.modalities, programmes.modality)
            )
    group by counted_programmes.programme_id, counted_programmes.period_start_on
),

parts as (
    select listed.part
    from (values ('met'), ('worse'), ('neither'), ('unmeasured')) as listed (part)
),

part_counts as (
    select
        programme_id,
        period_start_on,
        part,
        count(*) as n_clients
    from judged_courses
    group by programme_id, period_start_on, part
)

select
    counted_programmes.claim_id,
    sharing_names.counted_by,
    counted_programmes.programme_id,
    blocks.block_id,
    counted_programmes.period_start_on,
    counted_programmes.period_end_on,
    counted_programmes.closes_on,
    parts.part,
    coalesce(part_counts.n_clients, 0) as n_clients
from counted_programmes
inner join blocks
    on
        counted_programmes.programme_id = blocks.programme_id
        and counted_programmes.period_start_on = blocks.period_start_on
cross join parts
cross join sharing_names
left join part_counts
    on
        counted_programmes.programme_id = part_counts.programme_id
        and counted_programmes.period_start_on = part_counts.period_start_on
        and parts.part = part_counts.part
order by counted_programmes.programme_id, counted_programmes.period_start_on, parts.part
