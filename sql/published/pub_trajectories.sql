-- Curves of scores as an audience may see them: means and spread are null where too few courses
-- stand behind them; nothing is withheld for privacy, as no public policy names this table.
--
-- Grain:  one row per audience, level, subject, instrument, period, axis and position it may see.
-- Key:    audience, level, subject_id, instrument_id, period_kind, period_start_on, axis, position
with
judged_rows as (
    select
        mart_trajectories.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.minimum_pairs_for_rate,
        mart_trajectories.n_measured >= policies.minimum_pairs_for_rate as says_measured,
        mart_trajectories.n_gone_paired >= policies.minimum_pairs_for_rate as says_gone_paired
    from mart_trajectories
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_trajectories'
            and mart_trajectories.level = policies.mart_level
            and mart_trajectories.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
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
    case when says_measured then mean_points end as mean_points,
    case when says_measured then sd_points end as sd_points,
    case when says_measured then q1_points end as q1_points,
    case when says_measured then median_points end as median_points,
    case when says_measured then q3_points end as q3_points,
    case when says_measured then measured_first_mean_points end as measured_first_mean_points,
    case when says_measured then first_mean_points end as first_mean_points,
    case when says_measured then there_first_mean_points end as there_first_mean_points,
    case when says_gone_paired then gone_first_mean_points end as gone_first_mean_points,
    case when says_gone_paired then gone_last_mean_points end as gone_last_mean_points,
    n_gone_paired,
    case when n_measured < minimum_pairs_for_rate then 'too_few_pairs_for_rate' end
        as reliability_reason,
    cast(null as varchar) as withheld_figures
from judged_rows
order by audience, level, subject_id, instrument_id, period_kind, period_start_on, axis, position
