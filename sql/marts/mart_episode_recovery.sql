-- The NHS Talking Therapies rule over a pair of measures: the PHQ-9, and a second one.
--
-- The second is the measure of the course's own problem (int_episode_descriptors) where that has a
-- pair here and both a caseness and a reliable change of this rule; else the fallback, the GAD-7.
-- Only thresholds that this rule has published judge here: another's, the clinic's own and those
-- derived from its scores stay out, as the rate stands beside England's. Was a case: either first
-- score at or above its threshold. Recovered: of the cases, both last scores below. Both are null
-- where a missing score leaves it open. Reliably improved: at least one measure better by its
-- reliable change and none worse; deteriorated: at least one worse and none better; neither of the
-- two is no reliable change; one measure with a pair is enough, without any all three are null.
-- Reliably recovered: recovered and reliably improved, of the cases. The published recovery rate is
-- recovered / (finished - known not to be cases): what is null stays in its denominator.
--
-- Paired data is complete with a pair on both measures. The appropriate pair is one on the
-- problem's own measure, whether or not that has thresholds; null where the problem has none of its
-- own, or one that no instrument of the catalogue is. The pair of functioning (WSAS) takes no part
-- in recovery.
--
-- `is_in_population` is that of int_recovery_population. Rates count those alone.
--
-- Grain:  one row per finished course of treatment.
-- Key:    episode_key
-- Source: NHS England, NHS Talking Therapies metadata 2024-25; England 2024-25 by this rate:
--         321,061 / (670,419 - 35,234) = 50.5 %. Pairs: ref_recovery_pairs (Clark 2018, Table 2);
--         thresholds: ref_outcome_rules of the pair's rule
with finished_episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        track,
        therapist_id,
        attribution_share,
        is_shared,
        has_concurrent_group,
        group_id,
        started_on,
        ended_on,
        end_reason,
        end_basis,
        n_attended
    from int_episodes
    where is_finished_course
),

populations as (
    select
        episode_key,
        is_in_population
    from int_recovery_population
),

descriptors as (
    select
        episode_key,
        descriptor,
        rule_id,
        first_instrument_id,
        second_instrument_id as own_instrument_id,
        fallback_instrument_id,
        functioning_instrument_id
    from int_episode_descriptors
),

instruments as (
    select instrument_id
    from ref_instruments
),

total_scales as (
    select
        instrument_id,
        direction
    from int_scales
    where scale = 'total' and direction is not null
),

outcome_rules as (
    select
        instrument_id,
        rule_id,
        caseness_points,
        reliable_change_points
    from ref_outcome_rules
    where
        scale = 'total'
        and respondent = 'client'
        and caseness_points is not null
        and reliable_change_points is not null
),

outcomes as (
    select
        episode_key,
        instrument_id,
        first_score,
        last_score,
        coalesce(is_paired, false) as is_paired,
        improvement_points
    from mart_episode_outcomes
    where scale = 'total' and respondent = 'client'
),

judging_rules as (
    select
        outcome_rules.instrument_id,
        outcome_rules.rule_id,
        outcome_rules.caseness_points,
        outcome_rules.reliable_change_points,
        total_scales.direction = 'higher_worse' as is_higher_worse
    from outcome_rules
    inner join total_scales on outcome_rules.instrument_id = total_scales.instrument_id
),

described_episodes as (
    select
        descriptors.episode_key,
        descriptors.descriptor,
        descriptors.rule_id,
        descriptors.first_instrument_id,
        descriptors.own_instrument_id,
        descriptors.fallback_instrument_id,
        descriptors.functioning_instrument_id,
        descriptors.own_instrument_id != descriptors.fallback_instrument_id as has_own_measure,
        instruments.instrument_id is not null as is_in_catalogue,
        coalesce(own_outcomes.is_paired, false) as is_own_paired,
        case
            when own_outcomes.is_paired and judging_rules.instrument_id is not null
                then descriptors.own_instrument_id
            else descriptors.fallback_instrument_id
        end as second_instrument_id
    from finished_episodes
    inner join descriptors on finished_episodes.episode_key = descriptors.episode_key
    left join instruments on descriptors.own_instrument_id = instruments.instrument_id
    left join judging_rules
        on
            descriptors.own_instrument_id = judging_rules.instrument_id
            and descriptors.rule_id = judging_rules.rule_id
    left join outcomes as own_outcomes
        on
            descriptors.episode_key = own_outcomes.episode_key
            and descriptors.own_instrument_id = own_outcomes.instrument_id
),

-- At most two rows an episode, one for each measure.
judged_measures as (
    select
        described_episodes.episode_key,
        outcomes.is_paired,
        case
            when judging_rules.is_higher_worse
                then outcomes.first_score >= judging_rules.caseness_points
            else outcomes.first_score < judging_rules.caseness_points
        end as was_case,
        case
            when judging_rules.is_higher_worse
                then outcomes.last_score >= judging_rules.caseness_points
            else outcomes.last_score < judging_rules.caseness_points
        end as is_case,
        outcomes.improvement_points >= judging_rules.reliable_change_points as is_better,
        outcomes.improvement_points <= -judging_rules.reliable_change_points as is_worse
    from described_episodes
    inner join outcomes
        on
            described_episodes.episode_key = outcomes.episode_key
            and (
                described_episodes.first_instrument_id = outcomes.instrument_id
                or described_episodes.second_instrument_id = outcomes.instrument_id
            )
    left join judging_rules
        on
            outcomes.instrument_id = judging_rules.instrument_id
            and described_episodes.rule_id = judging_rules.rule_id
),

-- A flag that is null counts for neither side.
measured_episodes as (
    select
        episode_key,
        count(*) filter (where is_paired) as n_paired_measures,
        count(*) filter (where was_case) as n_were_case,
        count(*) filter (where not was_case) as n_were_no_case,
        count(*) filter (where is_case) as n_case_at_last,
        count(*) filter (where not is_case) as n_below_at_last,
        count(*) filter (where is_better is not null) as n_judged,
        count(*) filter (where is_better) as n_improved,
        count(*) filter (where is_worse) as n_deteriorated
    from judged_measures
    group by episode_key
),

functioning_pairs as (
    select described_episodes.episode_key
    from described_episodes
    inner join outcomes
        on
            described_episodes.episode_key = outcomes.episode_key
            and described_episodes.functioning_instrument_id = outcomes.instrument_id
    where outcomes.is_paired
),

judged_episodes as (
    select
        episode_key,
        n_paired_measures,
        case
            when n_were_case > 0 then true
            when n_were_no_case = 2 then false
        end as was_case,
        case
            when n_case_at_last > 0 then false
            when n_below_at_last = 2 then true
        end as is_below_at_last,
        case
            when n_judged > 0 then n_improved > 0 and n_deteriorated = 0
        end as is_reliably_improved,
        case
            when n_judged > 0 then n_deteriorated > 0 and n_improved = 0
        end as is_reliably_deteriorated
    from measured_episodes
)

select
    finished_episodes.episode_key,
    finished_episodes.client_key,
    finished_episodes.programme_id,
    finished_episodes.track,
    finished_episodes.therapist_id,
    finished_episodes.attribution_share,
    finished_episodes.is_shared,
    finished_episodes.has_concurrent_group,
    finished_episodes.group_id,
    finished_episodes.started_on,
    finished_episodes.ended_on,
    finished_episodes.end_reason,
    finished_episodes.end_basis,
    finished_episodes.n_attended,
    coalesce(judged_episodes.n_paired_measures, 0) as n_paired_measures,
    judged_episodes.was_case,
    case
        when judged_episodes.was_case then judged_episodes.is_below_at_last
    end as is_recovered,
    judged_episodes.is_reliably_improved,
    judged_episodes.is_reliably_deteriorated,
    case
        when judged_episodes.was_case
            then
                judged_episodes.is_below_at_last
                and judged_episodes.is_reliably_improved
    end as is_reliably_recovered,
    not judged_episodes.is_reliably_improved
    and not judged_episodes.is_reliably_deteriorated as has_no_reliable_change,
    described_episodes.descriptor,
    described_episodes.first_instrument_id,
    described_episodes.second_instrument_id,
    case
        when described_episodes.has_own_measure then described_episodes.own_instrument_id
    end as own_instrument_id,
    coalesce(judged_episodes.n_paired_measures, 0) = 2 as is_paired_both,
    case
        when described_episodes.has_own_measure and described_episodes.is_in_catalogue
            then described_episodes.is_own_paired
    end as is_appropriate_pair,
    functioning_pairs.episode_key is not null as is_functioning_paired,
    coalesce(populations.is_in_population, false) as is_in_population
from finished_episodes
left join described_episodes on finished_episodes.episode_key = described_episodes.episode_key
left join judged_episodes on finished_episodes.episode_key = judged_episodes.episode_key
left join functioning_pairs on finished_episodes.episode_key = functioning_pairs.episode_key
left join populations on finished_episodes.episode_key = populations.episode_key
order by finished_episodes.episode_key
