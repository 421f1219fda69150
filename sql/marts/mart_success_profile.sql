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
        cast(date_trunc('month', finished_episodes.ended_on) as date) as month_start_on,
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
        cast(date_trunc('month', finished_episodes.ended_on) as date) as month_start_on,
        judged_episodes.rules,
        judged_episodes.n_domains_measured,
        judged_episodes.n_domains_improved,
        judged_episodes.has_worse
    from finished_episodes
    inner join judged_episodes on finished_episodes.episode_key = judged_episodes.episode_key
    where judged_episodes.rules = 'clinic'
),

monthly_cells as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        profiled_episodes.rules,
        profiled_episodes.n_domains_measured,
        profiled_episodes.n_domains_improved,
        profiled_episodes.has_worse,
        profiled_episodes.month_start_on,
        count(*) as n_courses
    from profiled_episodes
    inner join episode_subjects on profiled_episodes.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        profiled_episodes.rules,
        profiled_episodes.n_domains_measured,
        profiled_episodes.n_domains_improved,
        profiled_episodes.has_worse,
        profiled_episodes.month_start_on
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
),

-- People are not additive over months. They are the courses without those whose client had one in
-- the same row and period already: for that, the month of the client's course before is enough,
-- and only clients with several courses have one.
returning_clients as (
    select client_key
    from finished_episodes
    group by client_key
    having count(*) > 1
),

repeated_courses as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        profiled_episodes.rules,
        profiled_episodes.n_domains_measured,
        profiled_episodes.n_domains_improved,
        profiled_episodes.has_worse,
        profiled_episodes.month_start_on,
        lag(profiled_episodes.month_start_on) over (
            partition by
                episode_subjects.level,
                episode_subjects.subject_id,
                profiled_episodes.rules,
                profiled_episodes.n_domains_measured,
                profiled_episodes.n_domains_improved,
                profiled_episodes.has_worse,
                profiled_episodes.client_key
            order by profiled_episodes.ended_on asc, profiled_episodes.episode_key asc
        ) as previous_month_on
    from profiled_episodes
    inner join returning_clients on profiled_episodes.client_key = returning_clients.client_key
    inner join episode_subjects on profiled_episodes.episode_key = episode_subjects.episode_key
),

period_repeats as (
    select
        repeated_courses.level,
        repeated_courses.subject_id,
        repeated_courses.rules,
        repeated_courses.n_domains_measured,
        repeated_courses.n_domains_improved,
        repeated_courses.has_worse,
        period_months.period_kind,
        period_months.period_start_on,
        count(*) as n_repeated
    from repeated_courses
    inner join period_months
        on
            repeated_courses.month_start_on = period_months.month_start_on
            and repeated_courses.previous_month_on >= period_months.period_start_on
    group by
        repeated_courses.level,
        repeated_courses.subject_id,
        repeated_courses.rules,
        repeated_courses.n_domains_measured,
        repeated_courses.n_domains_improved,
        repeated_courses.has_worse,
        period_months.period_kind,
        period_months.period_start_on
)

select
    period_cells.level,
    period_cells.subject_id,
    period_cells.rules,
    period_cells.n_domains_measured,
    period_cells.n_domains_improved,
    period_cells.has_worse,
    period_cells.period_kind,
    period_cells.period_start_on,
    period_cells.period_end_on,
    period_cells.n_courses - coalesce(period_repeats.n_repeated, 0) as n_clients,
    period_cells.n_courses
from period_cells
left join period_repeats
    on
        period_cells.level = period_repeats.level
        and period_cells.subject_id = period_repeats.subject_id
        and period_cells.rules = period_repeats.rules
        and period_cells.n_domains_measured = period_repeats.n_domains_measured
        and period_cells.n_domains_improved = period_repeats.n_domains_improved
        and period_cells.has_worse = period_repeats.has_worse
        and period_cells.period_kind = period_repeats.period_kind
        and period_cells.period_start_on = period_repeats.period_start_on
order by
    period_cells.level,
    period_cells.subject_id,
    period_cells.rules,
    period_cells.n_domains_measured,
    period_cells.n_domains_improved,
    period_cells.has_worse,
    period_cells.period_kind,
    period_cells.period_start_on
