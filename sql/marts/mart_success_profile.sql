-- In how many domains of success the finished courses were measured, and in how many improved.
--
-- "k of m": of the m domains in which a course has a verdict, k improved reliably; `has_worse`
-- when any got reliably worse. Domains are counted, never averaged. In a domain one voice speaks:
-- of the bases that are published (`published`, `verdict_categories`, `goal_rule`, in this order)
-- the first, of the respondents the first by int_domain_voices. A goal counts among the personal
-- goals alone here, so that none is counted twice. Rules of the clinic's own (`clinic`,
-- `clinic_derived`) are never pooled with published ones: they have rows of their own, for the
-- courses that they judge. Under `published` every finished course is in one row, also with m = 0.
--
-- Grain:  one row per level, subject, rules, number of domains measured and improved, whether any
--         got worse, and period with such a finished course.
-- Key:    level, subject_id, rules, n_domains_measured, n_domains_improved, has_worse, period_kind,
--         period_start_on
-- Source: metrics of mart_episode_domains; counted and not averaged by design
with finished_episodes as (
    select
        episode_key,
        client_key,
        ended_on
    from int_episodes
    where is_finished_course
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
),

episode_domains as (
    select
        episode_key,
        domain,
        basis,
        respondent,
        change
    from mart_episode_domains
    where change is not null
),

voices as (
    select
        domain,
        respondent,
        precedence
    from int_domain_voices
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

base_ranks (basis, rules, rank) as (
    values
    ('published', 'published', 1),
    ('verdict_categories', 'published', 2),
    ('goal_rule', 'published', 3),
    ('clinic', 'clinic', 1),
    ('clinic_derived', 'clinic', 2)
),

ranked_domains as (
    select
        episode_domains.episode_key,
        base_ranks.rules,
        episode_domains.domain,
        episode_domains.change,
        row_number() over (
            partition by episode_domains.episode_key, base_ranks.rules, episode_domains.domain
            order by base_ranks.rank asc, voices.precedence asc
        ) as place
    from episode_domains
    inner join base_ranks on episode_domains.basis = base_ranks.basis
    inner join voices
        on
            episode_domains.domain = voices.domain
            and episode_domains.respondent = voices.respondent
    where episode_domains.basis != 'goal_rule' or episode_domains.domain = 'personal_goals'
),

judged_episodes as (
    select
        episode_key,
        rules,
        count(*) filter (where place = 1) as n_domains_measured,
        count(*) filter (where place = 1 and change = 'improved') as n_domains_improved,
        bool_or(change = 'deteriorated') as has_worse
    from ranked_domains
    group by episode_key, rules
),

profiled_episodes as (
    select
        finished_episodes.episode_key,
        finished_episodes.client_key,
        finished_episodes.ended_on,
        'published' as rules,
        coalesce(judged_episodes.n_domains_measured, 0) as n_domains_measured,
        coalesce(judged_episodes.n_domains_improved, 0) as n_domains_improved,
        coalesce(judged_episodes.has_worse, false) as has_worse
    from finished_episodes
    left join judged_episodes
        on
            finished_episodes.episode_key = judged_episodes.episode_key
            and judged_episodes.rules = 'published'
    union all
    select
        finished_episodes.episode_key,
        finished_episodes.client_key,
        finished_episodes.ended_on,
        judged_episodes.rules,
        judged_episodes.n_domains_measured,
        judged_episodes.n_domains_improved,
        judged_episodes.has_worse
    from finished_episodes
    inner join judged_episodes on finished_episodes.episode_key = judged_episodes.episode_key
    where judged_episodes.rules = 'clinic'
),

-- The month of the client's course before in the same row: people are not additive over months,
-- but a course whose client had one earlier in the same period is told by it.
subject_courses as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        profiled_episodes.rules,
        profiled_episodes.n_domains_measured,
        profiled_episodes.n_domains_improved,
        profiled_episodes.has_worse,
        cast(date_trunc('month', profiled_episodes.ended_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(profiled_episodes.ended_on) over (
                    partition by
                        episode_subjects.level,
                        episode_subjects.subject_id,
                        profiled_episodes.rules,
                        profiled_episodes.n_domains_measured,
                        profiled_episodes.n_domains_improved,
                        profiled_episodes.has_worse,
                        profiled_episodes.client_key
                    order by profiled_episodes.ended_on asc, profiled_episodes.episode_key asc
                )
            ) as date
        ) as previous_month_on
    from profiled_episodes
    inner join episode_subjects on profiled_episodes.episode_key = episode_subjects.episode_key
),

monthly_cells as (
    select
        level,
        subject_id,
        rules,
        n_domains_measured,
        n_domains_improved,
        has_worse,
        month_start_on,
        previous_month_on,
        count(*) as n_courses
    from subject_courses
    group by
        level,
        subject_id,
        rules,
        n_domains_measured,
        n_domains_improved,
        has_worse,
        month_start_on,
        previous_month_on
),

period_cells as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.rules,
        monthly_cells.n_domains_measured,
        monthly_cells.n_domains_improved,
        monthly_cells.has_worse,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(
            sum(
                case
                    when monthly_cells.previous_month_on >= period_months.period_start_on then 0
                    else monthly_cells.n_courses
                end
            ) as bigint
        ) as n_clients,
        cast(sum(monthly_cells.n_courses) as bigint) as n_courses
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.rules,
        monthly_cells.n_domains_measured,
        monthly_cells.n_domains_improved,
        monthly_cells.has_worse,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
)

select
    level,
    subject_id,
    rules,
    n_domains_measured,
    n_domains_improved,
    has_worse,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_courses
from period_cells
order by
    level,
    subject_id,
    rules,
    n_domains_measured,
    n_domains_improved,
    has_worse,
    period_kind,
    period_start_on
