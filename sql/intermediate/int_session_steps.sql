-- Each step from one session to the next on which a sudden gain can be looked for.
--
-- A step goes from session n to session n + 1, both with a score; a session with several scores has
-- its last one, and what was scored before session 1 is no session. It can be looked at when enough
-- of the sessions up to n, and of those from n + 1 on, have a score. `is_gain` by the three
-- published criteria: the improvement reaches the instrument's cut, it reaches a share of the score
-- before, and the means on both sides differ by more than the critical t allows for their spread
-- (the published form has no factor for the number of scores). `is_reversed`: at least a share of
-- the gain was lost again at a later session; null where there was no gain.
--
-- Grain:  one row per episode, instrument with a cut and step that can be looked at.
-- Key:    episode_key, instrument_id, session_number
-- Source: ref_path_rules (sudden_gain, sudden_gain_reversal): Tang & DeRubeis 1999
with session_scores as (
    select
        episode_key,
        instrument_id,
        place,
        session_number,
        score_points,
        distance_points
    from int_session_scores
    where session_number >= 1
),

cuts as (
    select
        instrument_id,
        cut_points
    from int_sudden_gain_cuts
),

path_rules as (
    select
        rule_id,
        parameter,
        argument,
        value
    from ref_path_rules
    where is_active
),

gain_rule as (
    select
        cast(max(value) filter (where parameter = 'window_sessions') as integer) as n_window,
        cast(max(value) filter (where parameter = 'minimum_scores') as integer) as n_minimum,
        max(value) filter (where parameter = 'minimum_drop_share') as drop_share
    from path_rules
    where rule_id = 'sudden_gain'
),

reversal_rule as (
    select max(value) as lost_share
    from path_rules
    where rule_id = 'sudden_gain_reversal' and parameter = 'lost_share'
),

critical_ts as (
    select
        cast(argument as integer) as degrees_of_freedom,
        cast(value * 10000 as hugeint) as ten_thousandths
    from path_rules
    where rule_id = 'sudden_gain' and parameter = 'critical_t'
),

-- Ten-thousandths of a point are whole numbers, so that no figure depends on the order of a sum.
last_of_sessions as (
    select
        session_scores.episode_key,
        session_scores.instrument_id,
        session_scores.session_number,
        session_scores.score_points,
        cuts.cut_points,
        session_scores.distance_points,
        gain_rule.n_minimum,
        gain_rule.drop_share,
        gain_rule.n_window,
        gain_rule.n_window - 1 as n_more,
        cast(session_scores.distance_points * 10000 as bigint) as x
    from session_scores
    inner join cuts on session_scores.instrument_id = cuts.instrument_id
    cross join gain_rule
    qualify
        lead(session_scores.session_number) over (
            partition by session_scores.episode_key, session_scores.instrument_id
            order by session_scores.place asc
        ) is distinct from session_scores.session_number
),

sessions as (
    select
        episode_key,
        instrument_id,
        session_number,
        score_points,
        distance_points,
        cut_points,
        n_minimum,
        drop_share,
        n_more,
        n_window,
        lead(session_number) over in_order as next_session_number,
        lead(score_points) over in_order as next_score_points,
        lead(distance_points) over in_order as next_distance_points,
        count(*) over before_step as n_before,
        count(*) over after_step as n_after
    from last_of_sessions
    window
        in_order as (
            partition by episode_key, instrument_id
            order by session_number asc
        ),
        before_step as (
            partition by episode_key, instrument_id
            order by session_number asc
            range between n_more preceding and current row
        ),
        after_step as (
            partition by episode_key, instrument_id
            order by session_number asc
            range between 1 following and n_window following
        )
),

steps as (
    select
        episode_key,
        instrument_id,
        session_number,
        score_points,
        next_score_points,
        next_distance_points,
        n_more,
        n_window,
        n_before,
        n_after,
        distance_points - next_distance_points as drop_points,
        coalesce(
            distance_points - next_distance_points >= cut_points
            and distance_points - next_distance_points >= drop_share * distance_points,
            false
        ) as is_large_drop
    from sessions
    where
        next_session_number = session_number + 1
        and n_before >= n_minimum
        and n_after >= n_minimum
),

-- Few steps are large enough, so only those look at their scores again: n scores, their sum s and
-- their sum of squares q on either side of the step.
step_scores as (
    select
        steps.episode_key,
        steps.instrument_id,
        steps.session_number,
        steps.n_before,
        steps.n_after,
        last_of_sessions.distance_points,
        last_of_sessions.x,
        last_of_sessions.session_number >= steps.session_number - steps.n_more
        and last_of_sessions.session_number <= steps.session_number as is_before,
        last_of_sessions.session_number > steps.session_number
        and last_of_sessions.session_number <= steps.session_number + steps.n_window as is_after,
        last_of_sessions.session_number > steps.session_number + 1 as is_later
    from steps
    inner join last_of_sessions
        on
            steps.episode_key = last_of_sessions.episode_key
            and steps.instrument_id = last_of_sessions.instrument_id
    where steps.is_large_drop
),

large_drops as (
    select
        episode_key,
        instrument_id,
        session_number,
        n_before,
        n_after,
        sum(x) filter (where is_before) as s_before,
        sum(cast(x * x as hugeint)) filter (where is_before) as q_before,
        sum(x) filter (where is_after) as s_after,
        sum(cast(x * x as hugeint)) filter (where is_after) as q_after,
        max(distance_points) filter (where is_later) as worst_later_distance_points
    from step_scores
    group by episode_key, instrument_id, session_number, n_before, n_after
),

-- The difference of the means is m / (n before x n after).
differences as (
    select
        episode_key,
        instrument_id,
        session_number,
        n_before + n_after - 2 as degrees_of_freedom,
        worst_later_distance_points,
        s_before * n_after - s_after * n_before as m,
        n_before * n_after * (
            n_after * (n_before * q_before - s_before * s_before)
            + n_before * (n_after * q_after - s_after * s_after)
        ) as spread
    from large_drops
),

gains as (
    select
        differences.episode_key,
        differences.instrument_id,
        differences.session_number,
        differences.worst_later_distance_points
    from differences
    inner join critical_ts
        on differences.degrees_of_freedom = critical_ts.degrees_of_freedom
    where
        differences.m > 0
        and differences.m * differences.m * differences.degrees_of_freedom * 100000000
        > critical_ts.ten_thousandths * critical_ts.ten_thousandths * differences.spread
)

select
    steps.episode_key,
    steps.instrument_id,
    steps.session_number,
    steps.score_points as before_points,
    steps.next_score_points as after_points,
    cast(steps.n_before as integer) as n_before,
    cast(steps.n_after as integer) as n_after,
    cast(steps.drop_points as decimal(9, 4)) as improvement_points,
    gains.session_number is not null as is_gain,
    case
        when gains.session_number is not null
            then coalesce(
                gains.worst_later_distance_points - steps.next_distance_points
                >= reversal_rule.lost_share * steps.drop_points,
                false
            )
    end as is_reversed
from steps
cross join reversal_rule
left join gains
    on
        steps.episode_key = gains.episode_key
        and steps.instrument_id = gains.instrument_id
        and steps.session_number = gains.session_number
order by steps.episode_key, steps.instrument_id, steps.session_number
