-- Where the courses that started are now, as an audience may see it: rounded or withheld as
-- pub_withheld and its policy say. withheld_figures lists what was hidden for privacy, `;` between.
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
    where table_name = 'pub_started'
    group by audience, level, subject_id, period_kind, period_start_on
),

judged_rows as (
    select
        mart_started.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.rounding_base,
        withheld.figures as hidden_figures
    from mart_started
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_started'
            and mart_started.level = policies.mart_level
            and mart_started.period_kind = policies.period_kind
    left join withheld
        on
            policies.audience = withheld.audience
            and policies.level = withheld.level
            and mart_started.subject_id = withheld.subject_id
            and mart_started.period_kind = withheld.period_kind
            and mart_started.period_start_on = withheld.period_start_on
)

select
    audience,
    policy_id,
    level,
    subject_id,
    period_kind,
    period_start_on,
    period_end_on,
    shown_count(is_shown(hidden_figures, 'started'), n_started, rounding_base) as n_started,
    shown_count(is_shown(hidden_figures, 'open'), n_open, rounding_base) as n_open,
    shown_count(is_shown(hidden_figures, 'ended_early'), n_ended_early, rounding_base)
        as n_ended_early,
    shown_count(is_shown(hidden_figures, 'not_measured'), n_not_measured, rounding_base)
        as n_not_measured,
    shown_count(is_shown(hidden_figures, 'measured'), n_measured, rounding_base) as n_measured,
    listed_figures(
        hidden_figures,
        [
            'started',
            'open',
            'ended_early',
            'not_measured',
            'measured'
        ]
    ) as withheld_figures,
    case when hidden_figures is not null then 'small_count' end as privacy_reason
from judged_rows
order by audience, level, subject_id, period_kind, period_start_on
