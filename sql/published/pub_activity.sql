-- Activity as an audience may see it: rounded or withheld as pub_withheld and its policy say.
-- withheld_figures lists what was hidden for privacy, `;` between.
--
-- Grain:  one row per audience, level, subject and period that the audience may see.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
withheld as (
    select
        audience,
        level,
        subject_id,
        period_kind,
        period_start_on,
        list(figure) as figures
    from pub_withheld
    where table_name = 'pub_activity'
    group by audience, level, subject_id, period_kind, period_start_on
),

-- The two questions: may it be shown (is_shown), and does it say anything (says_).
judged_rows as (
    select
        mart_activity.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.rounding_base,
        policies.points_decimals,
        policies.minimum_pairs_for_rate,
        withheld.figures as hidden_figures,
        is_shown(withheld.figures, 'started')
        and mart_activity.n_started >= policies.minimum_pairs_for_rate as says_started
    from mart_activity
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_activity'
            and mart_activity.level = policies.mart_level
            and mart_activity.period_kind = policies.period_kind
    left join withheld
        on
            policies.audience = withheld.audience
            and policies.level = withheld.level
            and mart_activity.subject_id = withheld.subject_id
            and mart_activity.period_kind = withheld.period_kind
            and mart_activity.period_start_on = withheld.period_start_on
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    shown_count(is_shown(hidden_figures, 'referred'), n_referred, rounding_base) as n_referred,
    shown_count(is_shown(hidden_figures, 'started'), n_started, rounding_base) as n_started,
    shown_count(is_shown(hidden_figures, 'ended'), n_ended, rounding_base) as n_ended,
    shown_count(is_shown(hidden_figures, 'completed'), n_completed, rounding_base) as n_completed,
    shown_count(is_shown(hidden_figures, 'dropped_out'), n_dropped_out, rounding_base)
        as n_dropped_out,
    shown_count(is_shown(hidden_figures, 'ended_derived'), n_ended_derived, rounding_base)
        as n_ended_derived,
    shown_count(is_shown(hidden_figures, 'sessions'), n_sessions, rounding_base) as n_sessions,
    shown_count(is_shown(hidden_figures, 'attended'), n_attended, rounding_base) as n_attended,
    shown_count(is_shown(hidden_figures, 'no_show'), n_no_show, rounding_base) as n_no_show,
    shown_count(is_shown(hidden_figures, 'late_cancelled'), n_late_cancelled, rounding_base)
        as n_late_cancelled,
    shown_count(is_shown(hidden_figures, 'cancelled'), n_cancelled, rounding_base) as n_cancelled,
    shown_count(is_shown(hidden_figures, 'clinic_cancelled'), n_clinic_cancelled, rounding_base)
        as n_clinic_cancelled,
    shown_count(is_shown(hidden_figures, 'open'), n_open, rounding_base) as n_open,
    shown_count(is_shown(hidden_figures, 'seats'), n_seats, rounding_base) as n_seats,
    shown_count(is_shown(hidden_figures, 'seats_taken'), n_seats_taken, rounding_base)
        as n_seats_taken,
    shown_figure(says_started, wait_median_days, points_decimals) as wait_median_days,
    shown_figure(says_started, wait_p90_days, points_decimals) as wait_p90_days,
    listed_figures(
        hidden_figures,
        [
            'referred',
            'started',
            'ended',
            'completed',
            'dropped_out',
            'ended_derived',
            'sessions',
            'attended',
            'no_show',
            'late_cancelled',
            'cancelled',
            'clinic_cancelled',
            'open',
            'seats',
            'seats_taken'
        ]
    ) as withheld_figures,
    case when hidden_figures is not null then 'small_count' end as privacy_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
