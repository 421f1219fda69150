-- Where the courses that started are now, as an audience may see it: rounded or withheld as
-- pub_withheld and its policy say. withheld_figures lists what was hidden for privacy, `;` between.
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
        rounding_base
    from ref_disclosure_policies
    where table_name = 'pub_started'
),

started_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_started,
        n_open,
        n_ended_early,
        n_not_measured,
        n_measured
    from mart_started
),

withheld as (
    select
        audience,
        level,
        subject_id,
        period_kind,
        period_start_on,
        max(case when figure = 'started' then 1 else 0 end) as hides_started,
        max(case when figure = 'open' then 1 else 0 end) as hides_open,
        max(case when figure = 'ended_early' then 1 else 0 end) as hides_ended_early,
        max(case when figure = 'not_measured' then 1 else 0 end) as hides_not_measured,
        max(case when figure = 'measured' then 1 else 0 end) as hides_measured
    from pub_withheld
    where table_name = 'pub_started'
    group by
        audience,
        level,
        subject_id,
        period_kind,
        period_start_on
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.rounding_base,
        policies.level,
        started_rows.subject_id,
        started_rows.period_kind,
        started_rows.period_start_on,
        started_rows.period_end_on,
        started_rows.n_started,
        started_rows.n_open,
        started_rows.n_ended_early,
        started_rows.n_not_measured,
        started_rows.n_measured,
        withheld.level is not null as has_withheld,
        coalesce(withheld.hides_started, 0) = 0 as shows_started,
        coalesce(withheld.hides_open, 0) = 0 as shows_open,
        coalesce(withheld.hides_ended_early, 0) = 0 as shows_ended_early,
        coalesce(withheld.hides_not_measured, 0) = 0 as shows_not_measured,
        coalesce(withheld.hides_measured, 0) = 0 as shows_measured
    from started_rows
    inner join policies
        on
            started_rows.level = policies.mart_level
            and started_rows.period_kind = policies.period_kind
    left join withheld
        on
            policies.audience = withheld.audience
            and policies.level = withheld.level
            and started_rows.subject_id = withheld.subject_id
            and started_rows.period_kind = withheld.period_kind
            and started_rows.period_start_on = withheld.period_start_on
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    shown_count(shows_started, n_started, rounding_base) as n_started,
    shown_count(shows_open, n_open, rounding_base) as n_open,
    shown_count(shows_ended_early, n_ended_early, rounding_base) as n_ended_early,
    shown_count(shows_not_measured, n_not_measured, rounding_base) as n_not_measured,
    shown_count(shows_measured, n_measured, rounding_base) as n_measured,
    nullif(
        concat_ws(
            ';',
            case when not shows_started then 'started' end,
            case when not shows_open then 'open' end,
            case when not shows_ended_early then 'ended_early' end,
            case when not shows_not_measured then 'not_measured' end,
            case when not shows_measured then 'measured' end
        ),
        ''
    ) as withheld_figures,
    case when has_withheld then 'small_count' end as privacy_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
