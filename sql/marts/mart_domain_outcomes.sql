-- Domains of success of the courses that ended in a period, for every level.
--
-- Every subject with an ended course has all thirteen domains, in a row of basis `any` (measured by
-- anything, by anybody), so that what nobody measured is seen. Beside it, each basis and respondent
-- has a row of its own: bases are never pooled, so `any` has no `improved`. Outcome counts are over
-- `n_paired`, the finished courses with both scores, two ratings of a goal or a verdict;
-- `improved_rate_worst` and `_best` bound the rate over all finished courses, as if nobody or
-- everybody without a pair had improved. Where nothing says what counts as a change the counts are
-- null, `better`, `same` and `worse` go by its sign, and `no_improved_reason` says why. Milestones
-- of the finished courses are counted in `any`. Rates carry 95 % Wilson limits.
--
-- Grain:  one row per level, subject, domain, basis, respondent and period with an ended course.
-- Key:    level, subject_id, domain, basis, respondent, period_kind, period_start_on
-- Source: mart_episode_domains; Wilson (1927)
with ended_episodes as (
    select
        episode_key,
        client_key,
        ended_on,
        is_finished_course
    from int_episodes
    where ended_on is not null
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
        is_measured,
        is_paired,
        change,
        direction,
        n_milestones,
        is_proxy
    from mart_episode_domains
),

voices as (
    select domain
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

domains as (
    select distinct domain
    from voices
),

-- The month of the client's ended course before, at the same subject: people are not additive
-- over months, but a course whose client had one earlier in the same period is told by it.
subject_courses as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        cast(date_trunc('month', ended_episodes.ended_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(ended_episodes.ended_on) over (
                    partition by
                        episode_subjects.level,
                        episode_subjects.subject_id,
                        ended_episodes.client_key
                    order by ended_episodes.ended_on asc, ended_episodes.episode_key asc
                )
            ) as date
        ) as previous_month_on,
        ended_episodes.is_finished_course
    from ended_episodes
    inner join episode_subjects on ended_episodes.episode_key = episode_subjects.episode_key
),

subject_months as (
    select
        level,
        subject_id,
        month_start_on,
        previous_month_on,
        count(*) as n_ended,
        count(*) filter (where is_finished_course) as n_finished
    from subject_courses
    group by level, subject_id, month_start_on, previous_month_on
),

subject_periods as (
    select
        subject_months.level,
        subject_months.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(
            sum(
                case
                    when subject_months.previous_month_on >= period_months.period_start_on then 0
                    else subject_months.n_ended
                end
            ) as bigint
        ) as n_clients,
        cast(sum(subject_months.n_ended) as bigint) as n_ended,
        cast(sum(subject_months.n_finished) as bigint) as n_finished
    from subject_months
    inner join period_months on subject_months.month_start_on = period_months.month_start_on
    group by
        subject_months.level,
        subject_months.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

finished_domains as (
    select
        ended_episodes.episode_key,
        cast(date_trunc('month', ended_episodes.ended_on) as date) as month_start_on,
        episode_domains.domain,
        episode_domains.basis,
        episode_domains.respondent,
        episode_domains.is_measured,
        episode_domains.is_paired,
        episode_domains.change,
        episode_domains.direction,
        episode_domains.n_milestones,
        episode_domains.is_proxy
    from ended_episodes
    inner join episode_domains on ended_episodes.episode_key = episode_domains.episode_key
    where ended_episodes.is_finished_course
),

told_domains as (
    select
        episode_key,
        month_start_on,
        domain,
        basis,
        respondent,
        is_measured,
        is_paired,
        change,
        direction,
        n_milestones,
        is_proxy
    from finished_domains
    where basis != 'milestone'
    union all
    select
        episode_key,
        month_start_on,
        domain,
        'any' as basis,
        'any' as respondent,
        bool_or(is_measured) as is_measured,
        bool_or(is_paired) as is_paired,
        null as change,
        null as direction,
        cast(sum(n_milestones) as bigint) as n_milestones,
        bool_or(is_proxy) as is_proxy
    from finished_domains
    group by episode_key, month_start_on, domain
),

domain_months as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        told_domains.domain,
        told_domains.basis,
        told_domains.respondent,
        told_domains.month_start_on,
        count(*) filter (where told_domains.is_measured) as n_measured,
        count(*) filter (where told_domains.is_paired) as n_paired,
        count(*) filter (where told_domains.change = 'improved') as n_improved,
        count(*) filter (where told_domains.change = 'unchanged') as n_unchanged,
        count(*) filter (where told_domains.change = 'deteriorated') as n_deteriorated,
        count(*) filter (where told_domains.direction = 'better') as n_better,
        count(*) filter (where told_domains.direction = 'same') as n_same,
        count(*) filter (where told_domains.direction = 'worse') as n_worse,
        cast(sum(told_domains.n_milestones) as bigint) as n_milestones,
        count(*) filter (where told_domains.n_milestones > 0) as n_with_milestone,
        count(*) filter (where told_domains.is_proxy and told_domains.is_measured) as n_proxy
    from told_domains
    inner join episode_subjects on told_domains.episode_key = episode_subjects.episode_key
    group by
        episode_subjects.level,
        episode_subjects.subject_id,
        told_domains.domain,
        told_domains.basis,
        told_domains.respondent,
        told_domains.month_start_on
),

domain_periods as (
    select
        domain_months.level,
        domain_months.subject_id,
        domain_months.domain,
        domain_months.basis,
        domain_months.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        cast(sum(domain_months.n_measured) as bigint) as n_measured,
        cast(sum(domain_months.n_paired) as bigint) as n_paired,
        cast(sum(domain_months.n_improved) as bigint) as n_improved,
        cast(sum(domain_months.n_unchanged) as bigint) as n_unchanged,
        cast(sum(domain_months.n_deteriorated) as bigint) as n_deteriorated,
        cast(sum(domain_months.n_better) as bigint) as n_better,
        cast(sum(domain_months.n_same) as bigint) as n_same,
        cast(sum(domain_months.n_worse) as bigint) as n_worse,
        cast(sum(domain_months.n_milestones) as bigint) as n_milestones,
        cast(sum(domain_months.n_with_milestone) as bigint) as n_with_milestone,
        cast(sum(domain_months.n_proxy) as bigint) as n_proxy
    from domain_months
    inner join period_months on domain_months.month_start_on = period_months.month_start_on
    group by
        domain_months.level,
        domain_months.subject_id,
        domain_months.domain,
        domain_months.basis,
        domain_months.respondent,
        period_months.period_kind,
        period_months.period_start_on
),

-- What has a rule, and what has a direction: milestones are counted in `any` alone.
counts as (
    select
        subject_periods.level,
        subject_periods.subject_id,
        domains.domain,
        'any' as basis,
        'any' as respondent,
        subject_periods.period_kind,
        subject_periods.period_start_on,
        subject_periods.period_end_on,
        subject_periods.n_clients,
        subject_periods.n_ended,
        subject_periods.n_finished,
        false as has_rule,
        coalesce(domain_periods.n_measured, 0) as n_measured,
        coalesce(domain_periods.n_paired, 0) as n_paired,
        null as n_improved,
        null as n_unchanged,
        null as n_deteriorated,
        null as n_better,
        null as n_same,
        null as n_worse,
        coalesce(domain_periods.n_milestones, 0) as n_milestones,
        coalesce(domain_periods.n_with_milestone, 0) as n_with_milestone,
        coalesce(domain_periods.n_proxy > 0, false) as is_proxy
    from subject_periods
    cross join domains
    left join domain_periods
        on
            subject_periods.level = domain_periods.level
            and subject_periods.subject_id = domain_periods.subject_id
            and subject_periods.period_kind = domain_periods.period_kind
            and subject_periods.period_start_on = domain_periods.period_start_on
            and domains.domain = domain_periods.domain
            and domain_periods.basis = 'any'
    union all
    select
        domain_periods.level,
        domain_periods.subject_id,
        domain_periods.domain,
        domain_periods.basis,
        domain_periods.respondent,
        domain_periods.period_kind,
        domain_periods.period_start_on,
        subject_periods.period_end_on,
        subject_periods.n_clients,
        subject_periods.n_ended,
        subject_periods.n_finished,
        domain_periods.basis not in ('no_threshold', 'goal_no_rule') as has_rule,
        domain_periods.n_measured,
        domain_periods.n_paired,
        domain_periods.n_improved,
        domain_periods.n_unchanged,
        domain_periods.n_deteriorated,
        domain_periods.n_better,
        domain_periods.n_same,
        domain_periods.n_worse,
        null as n_milestones,
        null as n_with_milestone,
        domain_periods.n_proxy > 0 as is_proxy
    from domain_periods
    inner join subject_periods
        on
            domain_periods.level = subject_periods.level
            and domain_periods.subject_id = subject_periods.subject_id
            and domain_periods.period_kind = subject_periods.period_kind
            and domain_periods.period_start_on = subject_periods.period_start_on
    where domain_periods.basis != 'any'
),

known_counts as (
    select
        level,
        subject_id,
        domain,
        basis,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        is_proxy,
        n_clients,
        n_ended,
        n_finished,
        n_measured,
        n_paired,
        case when has_rule then n_improved end as n_improved,
        case when has_rule then n_unchanged end as n_unchanged,
        case when has_rule then n_deteriorated end as n_deteriorated,
        n_better,
        n_same,
        n_worse,
        n_milestones,
        n_with_milestone,
        case
            when has_rule then null
            when basis = 'any' and n_measured = 0 then 'not_measured'
            when basis = 'any' then 'bases_are_not_pooled'
            else 'no_verified_threshold'
        end as no_improved_reason
    from counts
)

select
    level,
    subject_id,
    domain,
    basis,
    respondent,
    period_kind,
    period_start_on,
    period_end_on,
    is_proxy,
    n_clients,
    n_ended,
    n_finished,
    n_measured,
    n_paired,
    n_improved,
    n_unchanged,
    n_deteriorated,
    n_better,
    n_same,
    n_worse,
    n_milestones,
    n_with_milestone,
    n_paired / nullif(n_finished, 0) as paired_rate,
    wilson_lower(n_paired, n_finished) as paired_rate_lower,
    wilson_upper(n_paired, n_finished) as paired_rate_upper,
    n_improved / nullif(n_paired, 0) as improved_rate,
    wilson_lower(n_improved, n_paired) as improved_rate_lower,
    wilson_upper(n_improved, n_paired) as improved_rate_upper,
    n_improved / nullif(n_finished, 0) as improved_rate_worst,
    (n_improved + n_finished - n_paired) / nullif(n_finished, 0) as improved_rate_best,
    n_deteriorated / nullif(n_paired, 0) as deteriorated_rate,
    wilson_lower(n_deteriorated, n_paired) as deteriorated_rate_lower,
    wilson_upper(n_deteriorated, n_paired) as deteriorated_rate_upper,
    n_with_milestone / nullif(n_finished, 0) as with_milestone_rate,
    wilson_lower(n_with_milestone, n_finished) as with_milestone_rate_lower,
    wilson_upper(n_with_milestone, n_finished) as with_milestone_rate_upper,
    no_improved_reason
from known_counts
order by level, subject_id, domain, basis, respondent, period_kind, period_start_on
