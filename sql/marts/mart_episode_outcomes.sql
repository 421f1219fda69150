-- What became of each course of treatment on each scale.
--
-- `improvement_points` are positive when better, whichever way the scale runs (a scale may run
-- another way than its instrument). Thresholds come from the rule in force for the scale and the
-- one who answered; where there is none, what needs it is null. Outside a denominator a flag is
-- null: recovery of an episode that was no case, response below caseness, remission when the first
-- score was already under the threshold. A verdict (purpose `verdict`, such as PGI-C) is no pair;
-- it responded when its last rating meets the published threshold (int_responder_rules).
--
-- `change_category` is the exclusive five-level form: a reliable worsening is `harmed` when it
-- went from below caseness into it, else `deteriorated`; a reliable improvement is `recovered` when
-- it left caseness, else `improved`; the rest is `unchanged`, also one who left caseness without a
-- reliable change (`is_crossed_unreliably`). `can_improve` is false where the first score lies
-- nearer to the best end of the scale than a reliable change.
--
-- Grain:  one row per episode, instrument, scale and respondent with at least one response.
-- Key:    episode_key, instrument_id, scale, respondent
-- Source: int_outcome_rules, int_responder_rules (citation per rule); Jacobson & Truax (1991),
--         J Consult Clin Psychol 59:12-19, for the categories
with episode_scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        n_responses,
        first_on,
        first_points,
        last_on,
        last_points
    from int_episode_scores
),

episodes as (
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
        is_finished_course
    from int_episodes
),

scales as (
    select
        instrument_id,
        scale,
        domain,
        direction,
        purpose,
        lowest_points,
        highest_points
    from int_scales
),

outcome_rules as (
    select
        instrument_id,
        scale,
        respondent,
        rule_id,
        rule_version,
        basis,
        reliable_change_points,
        caseness_points,
        remission_below_points,
        response_share
    from int_outcome_rules
),

responder_rules as (
    select
        instrument_id,
        scale,
        respondent,
        until_points,
        from_points
    from int_responder_rules
),

directed_scores as (
    select
        episode_scores.*,
        scales.domain,
        coalesce(scales.purpose = 'verdict', false) as is_verdict,
        scales.direction,
        scales.lowest_points,
        scales.highest_points
    from episode_scores
    left join scales
        on
            episode_scores.instrument_id = scales.instrument_id
            and episode_scores.scale = scales.scale
),

-- The one place that turns a change so that positive is better.
oriented_scores as (
    select
        *,
        first_points is not null and last_points is not null as has_both_scores,
        case direction
            when 'higher_worse' then first_points - last_points
            when 'higher_better' then last_points - first_points
        end as change_points,
        -- How far from the best end of the scale: what a response is a share of.
        case direction
            when 'higher_worse' then first_points - lowest_points
            when 'higher_better' then highest_points - first_points
        end as first_distance_points
    from directed_scores
),

judged_scores as (
    select
        oriented_scores.*,
        outcome_rules.rule_id,
        outcome_rules.rule_version,
        outcome_rules.basis,
        outcome_rules.response_share,
        case when not oriented_scores.is_verdict then oriented_scores.change_points end
            as improvement_points,
        case when not oriented_scores.is_verdict then oriented_scores.has_both_scores end
            as is_paired,
        case oriented_scores.direction
            when 'higher_worse'
                then oriented_scores.first_points >= outcome_rules.caseness_points
            when 'higher_better'
                then oriented_scores.first_points < outcome_rules.caseness_points
        end as was_case,
        case oriented_scores.direction
            when 'higher_worse'
                then oriented_scores.last_points >= outcome_rules.caseness_points
            when 'higher_better'
                then oriented_scores.last_points < outcome_rules.caseness_points
        end as is_case,
        case
            when not oriented_scores.is_verdict then null
            when responder_rules.until_points is not null
                then oriented_scores.last_points <= responder_rules.until_points
            else oriented_scores.last_points >= responder_rules.from_points
        end as is_good_verdict,
        case
            when oriented_scores.is_verdict then null
            when oriented_scores.change_points >= outcome_rules.reliable_change_points
                then 'improved'
            when oriented_scores.change_points <= -outcome_rules.reliable_change_points
                then 'deteriorated'
            when abs(oriented_scores.change_points) < outcome_rules.reliable_change_points
                then 'unchanged'
        end as reliable_change,
        case
            when not oriented_scores.is_verdict
                then
                    oriented_scores.first_distance_points >= outcome_rules.reliable_change_points
        end as can_improve,
        -- Published for scales that run from well to ill only.
        case
            when
                oriented_scores.direction = 'higher_worse'
                and oriented_scores.first_points >= outcome_rules.remission_below_points
                then oriented_scores.last_points < outcome_rules.remission_below_points
        end as is_remitted
    from oriented_scores
    left join outcome_rules
        on
            oriented_scores.instrument_id = outcome_rules.instrument_id
            and oriented_scores.scale = outcome_rules.scale
            and oriented_scores.respondent = outcome_rules.respondent
            and oriented_scores.direction is not null
    left join responder_rules
        on
            oriented_scores.instrument_id = responder_rules.instrument_id
            and oriented_scores.scale = responder_rules.scale
            and oriented_scores.respondent = responder_rules.respondent
),

outcomes as (
    select
        judged_scores.episode_key,
        episodes.client_key,
        episodes.programme_id,
        episodes.track,
        episodes.therapist_id,
        episodes.attribution_share,
        episodes.is_shared,
        episodes.has_concurrent_group,
        episodes.group_id,
        judged_scores.instrument_id,
        judged_scores.scale,
        judged_scores.respondent,
        judged_scores.domain,
        episodes.started_on,
        episodes.ended_on,
        episodes.end_reason,
        episodes.end_basis,
        episodes.n_attended,
        judged_scores.n_responses,
        judged_scores.first_on,
        judged_scores.first_points as first_score,
        judged_scores.last_on,
        judged_scores.last_points as last_score,
        cast(judged_scores.improvement_points as decimal(9, 4)) as improvement_points,
        judged_scores.is_paired,
        episodes.is_finished_course,
        judged_scores.was_case,
        judged_scores.is_case,
        judged_scores.reliable_change,
        case
            when judged_scores.was_case then not judged_scores.is_case
        end as is_recovered,
        case
            when judged_scores.was_case and judged_scores.reliable_change is not null
                then not judged_scores.is_case and judged_scores.reliable_change = 'improved'
        end as is_reliably_recovered,
        case
            when judged_scores.is_verdict then judged_scores.is_good_verdict
            when judged_scores.was_case
                then
                    judged_scores.improvement_points
                    >= judged_scores.response_share * judged_scores.first_distance_points
        end as is_responder,
        judged_scores.is_remitted,
        judged_scores.rule_id,
        judged_scores.rule_version,
        judged_scores.basis,
        case judged_scores.reliable_change
            when 'deteriorated'
                then
                    case
                        when not judged_scores.was_case and judged_scores.is_case then 'harmed'
                        else 'deteriorated'
                    end
            when 'improved'
                then
                    case
                        when judged_scores.was_case and not judged_scores.is_case then 'recovered'
                        else 'improved'
                    end
            when 'unchanged' then 'unchanged'
        end as change_category,
        case
            when judged_scores.was_case and judged_scores.reliable_change is not null
                then not judged_scores.is_case and judged_scores.reliable_change = 'unchanged'
        end as is_crossed_unreliably,
        judged_scores.can_improve
    from judged_scores
    inner join episodes on judged_scores.episode_key = episodes.episode_key
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
    instrument_id,
    scale,
    respondent,
    domain,
    started_on,
    ended_on,
    end_reason,
    end_basis,
    n_attended,
    n_responses,
    first_on,
    first_score,
    last_on,
    last_score,
    improvement_points,
    is_paired,
    is_finished_course,
    was_case,
    is_case,
    reliable_change,
    is_recovered,
    is_reliably_recovered,
    is_responder,
    is_remitted,
    rule_id,
    rule_version,
    basis,
    change_category,
    is_crossed_unreliably,
    can_improve
from outcomes
order by episode_key, instrument_id, scale, respondent
