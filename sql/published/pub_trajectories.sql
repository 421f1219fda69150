-- Curves of scores as an audience may see them: means and spread are null where too few courses
-- stand behind them; nothing is withheld for privacy, as no public policy names this table.
--
-- Grain:  one row per audience, level, subject, instrument, period, axis and position it may see.
-- Key:    audience, level, subject_id, instrument_id, period_kind, period_start_on, axis, position
with
policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_trajectories'
),

trajectories_rows as (
    select
        level,
        subject_id,
        instrument_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        axis,
        position,
        n_courses,
        n_there,
        n_measured,
        mean_points,
        sd_points,
        q1_points,
        median_points,
        q3_points,
        measured_first_mean_points,
        first_mean_points,
        there_first_mean_points,
        gone_first_mean_points,
        gone_last_mean_points,
        n_gone_paired
    from mart_trajectories
)

select
    policies.audience,
    policies.policy_id,
    policies.level,
    trajectories_rows.subject_id,
    trajectories_rows.instrument_id,
    trajectories_rows.period_kind,
    trajectories_rows.period_start_on,
    trajectories_rows.period_end_on,
    trajectories_rows.n_clients,
    trajectories_rows.axis,
    trajectories_rows.position,
    trajectories_rows.n_courses,
    trajectories_rows.n_there,
    trajectories_rows.n_measured,
    case
        when trajectories_rows.n_measured >= policies.minimum_pairs_for_rate
            then trajectories_rows.mean_points
    end as mean_points,
    case
        when trajectories_rows.n_measured >= policies.minimum_pairs_for_rate
            then trajectories_rows.sd_points
    end as sd_points,
    case
        when trajectories_rows.n_measured >= policies.minimum_pairs_for_rate
            then trajectories_rows.q1_points
    end as q1_points,
    case
        when trajectories_rows.n_measured >= policies.minimum_pairs_for_rate
            then trajectories_rows.median_points
    end as median_points,
    case
        when trajectories_rows.n_measured >= policies.minimum_pairs_for_rate
            then trajectories_rows.q3_points
    end as q3_points,
    case
        when trajectories_rows.n_measured >= policies.minimum_pairs_for_rate
            then trajectories_rows.measured_first_mean_points
    end as measured_first_mean_points,
    case
        when trajectories_rows.n_measured >= policies.minimum_pairs_for_rate
            then trajectories_rows.first_mean_points
    end as first_mean_points,
    case
        when trajectories_rows.n_measured >= policies.minimum_pairs_for_rate
            then trajectories_rows.there_first_mean_points
    end as there_first_mean_points,
    case
        when trajectories_rows.n_gone_paired >= policies.minimum_pairs_for_rate
            then trajectories_rows.gone_first_mean_points
    end as gone_first_mean_points,
    case
        when trajectories_rows.n_gone_paired >= policies.minimum_pairs_for_rate
            then trajectories_rows.gone_last_mean_points
    end as gone_last_mean_points,
    trajectories_rows.n_gone_paired,
    case
        when trajectories_rows.n_measured < policies.minimum_pairs_for_rate
            then 'too_few_pairs_for_rate'
    end as reliability_reason,
    cast(null as varchar) as withheld_figures
from trajectories_rows
inner join policies
    on
        trajectories_rows.level = policies.mart_level
        and trajectories_rows.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    trajectories_rows.subject_id,
    trajectories_rows.instrument_id,
    trajectories_rows.period_kind,
    trajectories_rows.period_start_on,
    trajectories_rows.axis,
    trajectories_rows.position
