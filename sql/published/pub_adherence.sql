-- Whether sessions had the measures that were due, as the clinic's director may see it: a figure
-- over fewer than the policy's minimum is left out, counts stay. Nothing is withheld for privacy,
-- as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject and period shown.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        points_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_adherence'
),

adherence_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_sessions_due,
        n_sessions_measured,
        n_sessions_complete,
        n_closed,
        n_with_last_score,
        sessions_measured_rate,
        sessions_measured_rate_lower,
        sessions_measured_rate_upper,
        sessions_complete_rate,
        sessions_complete_rate_lower,
        sessions_complete_rate_upper,
        last_score_median_days
    from mart_adherence
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        policies.points_decimals,
        adherence_rows.subject_id,
        adherence_rows.period_kind,
        adherence_rows.period_start_on,
        adherence_rows.period_end_on,
        adherence_rows.n_clients,
        adherence_rows.n_sessions_due,
        adherence_rows.n_sessions_measured,
        adherence_rows.n_sessions_complete,
        adherence_rows.n_closed,
        adherence_rows.n_with_last_score,
        adherence_rows.sessions_measured_rate,
        adherence_rows.sessions_measured_rate_lower,
        adherence_rows.sessions_measured_rate_upper,
        adherence_rows.sessions_complete_rate,
        adherence_rows.sessions_complete_rate_lower,
        adherence_rows.sessions_complete_rate_upper,
        adherence_rows.last_score_median_days,
        adherence_rows.n_sessions_due >= policies.minimum_pairs_for_rate as says_sessions,
        adherence_rows.n_with_last_score >= policies.minimum_pairs_for_rate as says_last
    from adherence_rows
    inner join policies
        on
            adherence_rows.level = policies.mart_level
            and adherence_rows.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_sessions_due,
    n_sessions_measured,
    n_sessions_complete,
    n_closed,
    n_with_last_score,
    shown_figure(says_sessions, sessions_measured_rate, share_decimals) as sessions_measured_rate,
    shown_figure(says_sessions, sessions_measured_rate_lower, share_decimals)
        as sessions_measured_rate_lower,
    shown_figure(says_sessions, sessions_measured_rate_upper, share_decimals)
        as sessions_measured_rate_upper,
    shown_figure(says_sessions, sessions_complete_rate, share_decimals) as sessions_complete_rate,
    shown_figure(says_sessions, sessions_complete_rate_lower, share_decimals)
        as sessions_complete_rate_lower,
    shown_figure(says_sessions, sessions_complete_rate_upper, share_decimals)
        as sessions_complete_rate_upper,
    shown_figure(says_last, last_score_median_days, points_decimals) as last_score_median_days,
    case
        when not says_sessions then 'too_few_pairs_for_rate'
    end as reliability_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
