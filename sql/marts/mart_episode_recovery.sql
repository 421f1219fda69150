-- The NHS Talking Therapies rule over a pair of measures: the PHQ-9, and a second one.
--
-- The second is the measure of the course's own problem (int_episode_descriptors) where that has a
-- pair here and a caseness and a reliable change in force, published or decided by the clinic; else
-- the fallback, the GAD-7. Was a case: either first score at or above its threshold. Recovered: of
-- the cases, both last scores below. Both are null where a missing score leaves it open. Reliably
-- improved: at least one measure better by its reliable change and none worse; deteriorated: at
-- least one worse and none better; neither of the two is no reliable change; one measure with a
-- pair is enough, without any all three are null. Reliably recovered: recovered and reliably
-- improved, of the cases. The published recovery rate is recovered / (finished - known not to be
-- cases): what is null stays in its denominator.
--
-- Paired data is complete with a pair on both measures. The appropriate pair is one on the
-- problem's own measure, whether or not that has thresholds; null where the problem has none of its
-- own, or one that no instrument of the catalogue is. The pair of functioning (WSAS) takes no part
-- in recovery.
--
-- Grain:  one row per finished course of treatment.
-- Key:    episode_key
-- Source: NHS England, NHS Talking Therapies metadata 2024-25; England 2024-25 by this rate:
--         321,061 / (670,419 - 35,234) = 50.5 %. Pairs: ref_recovery_pairs (Clark 2018, Table 2);
--         thresholds: int_outcome_rules
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

descriptors as (
    select
        episode_key,
        descriptor,
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

-- A threshold that the clinic's own scores gave is never pooled with a programme's.
judging_instruments as (
    select instrument_id
    from int_outcome_rules
    where
        scale = 'total'
        and respondent = 'client'
        and basis != 'clinic_derived'
        and caseness_points is not null
        and reliable_change_points is not null
),

outcomes as (
    select
        episode_key,
        instrument_id,
        coalesce(is_paired, false) as is_paired,
        was_case,
        is_case,
        reliable_change
    from mart_episode_outcomes
    where scale = 'total' and respondent = 'client'
),

described_episodes as (
    select
        descriptors.episode_key,
        descriptors.descriptor,
        descriptors.first_instrument_id,
        descriptors.own_instrument_id,
        descriptors.functioning_instrument_id,
        descriptors.own_instrument_id != descriptors.fallback_instrument_id as has_own_measure,
        instruments.instrument_id is not null as is_in_catalogue,
        coalesce(own_outcomes.is_paired, false) as is_own_paired,
        case
            when own_outcomes.is_paired and judging_instruments.instrument_id is not null
                then descriptors.own_instrument_id
            else descriptors.fallback_instrument_id
        end as second_instrument_id
    from finished_episodes
    inner join descriptors on finished_episodes.episode_key = descriptors.episode_key
    left join instruments on descriptors.own_instrument_id = instruments.instrument_id
    left join judging_instruments
        on descriptors.own_instrument_id = judging_instruments.instrument_id
    left join outcomes as own_outcomes
        on
            descriptors.episode_key = own_outcomes.episode_key
            and descriptors.own_instrument_id = own_outcomes.instrument_id
),

-- At most two rows an episode, one for each measure; a flag that is null counts for neither side.
measured_episodes as (
    select
        described_episodes.episode_key,
        count(*) filter (where outcomes.is_paired) as n_paired_measures,
        count(*) filter (where outcomes.was_case) as n_were_case,
        count(*) filter (where not outcomes.was_case) as n_were_no_case,
        count(*) filter (where outcomes.is_case) as n_case_at_last,
        count(*) filter (where not outcomes.is_case) as n_below_at_last,
        count(*) filter (where outcomes.reliable_change is not null) as n_judged,
        count(*) filter (where outcomes.reliable_change = 'improved') as n_improved,
        count(*) filter (where outcomes.reliable_change = 'deteriorated') as n_deteriorated
    from described_episodes
    inner join outcomes
        on
            described_episodes.episode_key = outcomes.episode_key
            and (
                described_episodes.first_instrument_id = outcomes.instrument_id
                or described_episodes.second_instrument_id = outcomes.instrument_id
            )
    group by described_episodes.episode_key
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
),

recoveries as (
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
        functioning_pairs.episode_key is not null as is_functioning_paired
    from finished_episodes
    left join described_episodes on finished_episodes.episode_key = described_episodes.episode_key
    left join judged_episodes on finished_episodes.episode_key = judged_episodes.episode_key
    left join functioning_pairs on finished_episodes.episode_key = functioning_pairs.episode_key
)

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
    n_attended,
    n_paired_measures,
    was_case,
    is_recovered,
    is_reliably_improved,
    is_reliably_deteriorated,
    is_reliably_recovered,
    has_no_reliable_change,
    descriptor,
    first_instrument_id,
    second_instrument_id,
    own_instrument_id,
    is_paired_both,
    is_appropriate_pair,
    is_functioning_paired
from recoveries
order by episode_key
