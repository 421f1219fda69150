-- Activity as an audience may see it: rounded or withheld as pub_withheld and its policy say.
-- withheld_figures lists what was hidden for privacy, `;` between.
--
-- Grain:  one row per audience, level, subject and period that the audience may see.
-- Key:    audience, level, subject_id, period_kind, period_start_on
with
policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        rounding_base,
        points_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_activity'
),

activity_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_referred,
        n_started,
        n_ended,
        n_completed,
        n_dropped_out,
        n_ended_derived,
        n_sessions,
        n_attended,
        n_no_show,
        n_late_cancelled,
        n_cancelled,
        n_clinic_cancelled,
        n_open,
        n_seats,
        n_seats_taken,
        wait_median_days,
        wait_p90_days
    from mart_activity
),

withheld as (
    select
        audience,
        level,
        subject_id,
        period_kind,
        period_start_on,
        max(case when figure = 'referred' then 1 else 0 end) as hides_referred,
        max(case when figure = 'started' then 1 else 0 end) as hides_started,
        max(case when figure = 'ended' then 1 else 0 end) as hides_ended,
        max(case when figure = 'completed' then 1 else 0 end) as hides_completed,
        max(case when figure = 'dropped_out' then 1 else 0 end) as hides_dropped_out,
        max(case when figure = 'ended_derived' then 1 else 0 end) as hides_ended_derived,
        max(case when figure = 'sessions' then 1 else 0 end) as hides_sessions,
        max(case when figure = 'attended' then 1 else 0 end) as hides_attended,
        max(case when figure = 'no_show' then 1 else 0 end) as hides_no_show,
        max(case when figure = 'late_cancelled' then 1 else 0 end) as hides_late_cancelled,
        max(case when figure = 'cancelled' then 1 else 0 end) as hides_cancelled,
        max(case when figure = 'clinic_cancelled' then 1 else 0 end) as hides_clinic_cancelled,
        max(case when figure = 'open' then 1 else 0 end) as hides_open,
        max(case when figure = 'seats' then 1 else 0 end) as hides_seats,
        max(case when figure = 'seats_taken' then 1 else 0 end) as hides_seats_taken
    from pub_withheld
    where table_name = 'pub_activity'
    group by
        audience,
        level,
        subject_id,
        period_kind,
        period_start_on
),

-- The two questions: may it be shown (shows_), and does it say anything (says_).
judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.rounding_base,
        policies.points_decimals,
        policies.minimum_pairs_for_rate,
        policies.level,
        activity_rows.subject_id,
        activity_rows.period_kind,
        activity_rows.period_start_on,
        activity_rows.period_end_on,
        activity_rows.n_referred,
        activity_rows.n_started,
        activity_rows.n_ended,
        activity_rows.n_completed,
        activity_rows.n_dropped_out,
        activity_rows.n_ended_derived,
        activity_rows.n_sessions,
        activity_rows.n_attended,
        activity_rows.n_no_show,
        activity_rows.n_late_cancelled,
        activity_rows.n_cancelled,
        activity_rows.n_clinic_cancelled,
        activity_rows.n_open,
        activity_rows.n_seats,
        activity_rows.n_seats_taken,
        activity_rows.wait_median_days,
        activity_rows.wait_p90_days,
        withheld.level is not null as has_withheld,
        coalesce(withheld.hides_referred, 0) = 0 as shows_referred,
        coalesce(withheld.hides_started, 0) = 0 as shows_started,
        coalesce(withheld.hides_ended, 0) = 0 as shows_ended,
        coalesce(withheld.hides_completed, 0) = 0 as shows_completed,
        coalesce(withheld.hides_dropped_out, 0) = 0 as shows_dropped_out,
        coalesce(withheld.hides_ended_derived, 0) = 0 as shows_ended_derived,
        coalesce(withheld.hides_sessions, 0) = 0 as shows_sessions,
        coalesce(withheld.hides_attended, 0) = 0 as shows_attended,
        coalesce(withheld.hides_no_show, 0) = 0 as shows_no_show,
        coalesce(withheld.hides_late_cancelled, 0) = 0 as shows_late_cancelled,
        coalesce(withheld.hides_cancelled, 0) = 0 as shows_cancelled,
        coalesce(withheld.hides_clinic_cancelled, 0) = 0 as shows_clinic_cancelled,
        coalesce(withheld.hides_open, 0) = 0 as shows_open,
        coalesce(withheld.hides_seats, 0) = 0 as shows_seats,
        coalesce(withheld.hides_seats_taken, 0) = 0 as shows_seats_taken,
        coalesce(withheld.hides_started, 0) = 0
        and activity_rows.n_started >= policies.minimum_pairs_for_rate as says_started
    from activity_rows
    inner join policies
        on
            activity_rows.level = policies.mart_level
            and activity_rows.period_kind = policies.period_kind
    left join withheld
        on
            policies.audience = withheld.audience
            and policies.level = withheld.level
            and activity_rows.subject_id = withheld.subject_id
            and activity_rows.period_kind = withheld.period_kind
            and activity_rows.period_start_on = withheld.period_start_on
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    shown_count(shows_referred, n_referred, rounding_base) as n_referred,
    shown_count(shows_started, n_started, rounding_base) as n_started,
    shown_count(shows_ended, n_ended, rounding_base) as n_ended,
    shown_count(shows_completed, n_completed, rounding_base) as n_completed,
    shown_count(shows_dropped_out, n_dropped_out, rounding_base) as n_dropped_out,
    shown_count(shows_ended_derived, n_ended_derived, rounding_base) as n_ended_derived,
    shown_count(shows_sessions, n_sessions, rounding_base) as n_sessions,
    shown_count(shows_attended, n_attended, rounding_base) as n_attended,
    shown_count(shows_no_show, n_no_show, rounding_base) as n_no_show,
    shown_count(shows_late_cancelled, n_late_cancelled, rounding_base) as n_late_cancelled,
    shown_count(shows_cancelled, n_cancelled, rounding_base) as n_cancelled,
    shown_count(shows_clinic_cancelled, n_clinic_cancelled, rounding_base) as n_clinic_cancelled,
    shown_count(shows_open, n_open, rounding_base) as n_open,
    shown_count(shows_seats, n_seats, rounding_base) as n_seats,
    shown_count(shows_seats_taken, n_seats_taken, rounding_base) as n_seats_taken,
    shown_figure(says_started, wait_median_days, points_decimals) as wait_median_days,
    shown_figure(says_started, wait_p90_days, points_decimals) as wait_p90_days,
    nullif(
        concat_ws(
            ';',
            case when not shows_referred then 'referred' end,
            case when not shows_started then 'started' end,
            case when not shows_ended then 'ended' end,
            case when not shows_completed then 'completed' end,
            case when not shows_dropped_out then 'dropped_out' end,
            case when not shows_ended_derived then 'ended_derived' end,
            case when not shows_sessions then 'sessions' end,
            case when not shows_attended then 'attended' end,
            case when not shows_no_show then 'no_show' end,
            case when not shows_late_cancelled then 'late_cancelled' end,
            case when not shows_cancelled then 'cancelled' end,
            case when not shows_clinic_cancelled then 'clinic_cancelled' end,
            case when not shows_open then 'open' end,
            case when not shows_seats then 'seats' end,
            case when not shows_seats_taken then 'seats_taken' end
        ),
        ''
    ) as withheld_figures,
    case when has_withheld then 'small_count' end as privacy_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
