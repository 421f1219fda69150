-- Domains of success of the courses that ended in a period, for every level.
--
-- What was measured by anything, by anybody, is a row of basis `any`. The clinic and each programme
-- have all thirteen domains in every period with an ended course, so that what nobody measured is
-- seen. Therapists and groups have them all in rolling_12m; in their shorter periods and calendar
-- years a domain with nothing measured and no milestone has no such row: those would say nothing
-- and be most of the table. Beside `any`, each basis and respondent has a row of its own: bases
-- are never pooled, so `any` has no `improved`. Outcome counts are over `n_paired`, the finished
-- courses with both scores, two ratings of a goal or a verdict; `improved_rate_worst` and `_best`
-- bound the rate over all finished courses, as if nobody or everybody without a pair had improved.
-- Where nothing says what counts as a change the counts are null, and `no_improved_reason` says
-- why. `better`, `same` and `worse` go by the sign of a change; a scale of which nobody says which
-- way is better has none: with `n_no_direction` they make `n_paired`. Milestones of the finished
-- courses are counted in `any`. Rates carry 95 % Wilson limits.
--
-- Grain:  one row per level, subject, domain, basis, respondent and period with an ended course.
-- Key:    level, subject_id, domain, basis, respondent, period_kind, period_start_on
-- Source: mart_episode_domains; Wilson (1927)
with ended_episodes as (
    select
        episode_key,
        client_key,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        ended_on,
        is_finished_course
    from int_episodes
    where ended_on is not null
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

subjects as (
    select distinct
        subject_number,
        level,
        subject_id
    from int_episode_subjects
),

episode_subjects as (
    select
        episode_key,
        subject_number
    from int_episode_subjects
),

periods as (
    select distinct
        period_number,
        period_kind,
        period_start_on,
        period_end_on
    from int_period_months
),

period_months as (
    select
        period_number,
        period_start_on,
        month_start_on
    from int_period_months
),

subject_months as (
    select
        episode_subjects.subject_number,
        ended_episodes.month_start_on,
        count(*) as n_ended,
        count(*) filter (where ended_episodes.is_finished_course) as n_finished
    from ended_episodes
    inner join episode_subjects on ended_episodes.episode_key = episode_subjects.episode_key
    group by episode_subjects.subject_number, ended_episodes.month_start_on
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by episode_subjects.subject_number, ended_episodes.month_start_on
),

-- People are not additive over months: they are the courses without those whose client had ended
-- one before, at the same subject, in the same period. Few clients have several courses.
returning_clients as (
    select client_key
    from ended_episodes
    group by client_key
    having count(*) > 1
),

returning_courses as (
    select
        episode_subjects.subject_number,
        ended_episodes.month_start_on,
        lag(ended_episodes.month_start_on) over (
            partition by episode_subjects.subject_number, ended_episodes.client_key
            order by ended_episodes.ended_on asc, ended_episodes.episode_key asc
        ) as previous_month_on
    from ended_episodes
    inner join returning_clients on ended_episodes.client_key = returning_clients.client_key
    inner join episode_subjects on ended_episodes.episode_key = episode_subjects.episode_key
),

period_repeats as (
    select
        returning_courses.subject_number,
        period_months.period_number,
        count(*) as n_repeated
    from returning_courses
    inner join period_months
        on
            returning_courses.month_start_on = period_months.month_start_on
            and returning_courses.previous_month_on >= period_months.period_start_on
    group by returning_courses.subject_number, period_months.period_number
),

period_courses as (
    select
        subject_months.subject_number,
        period_months.period_number,
        cast(sum(subject_months.n_ended) as bigint) as n_ended,
        cast(sum(subject_months.n_finished) as bigint) as n_finished
    from subject_months
    inner join period_months on subject_months.month_start_on = period_months.month_start_on
    group by subject_months.subject_number, period_months.period_number
),

subject_periods as (
    select
        period_courses.subject_number,
        period_courses.period_number,
        subjects.level,
        subjects.subject_id,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on,
        -- Where a domain is told although nothing was measured.
        subjects.level not in ('therapist', 'group') or periods.period_kind = 'rolling_12m'
            as has_all_domains,
        period_courses.n_ended - coalesce(period_repeats.n_repeated, 0) as n_clients,
        period_courses.n_ended,
        period_courses.n_finished
    from period_courses
    inner join subjects on period_courses.subject_number = subjects.subject_number
    inner join periods on period_courses.period_number = periods.period_number
    left join period_repeats
        on
            period_courses.subject_number = period_repeats.subject_number
            and period_courses.period_number = period_repeats.period_number
),

-- The milestones of a domain are told in `any` alone.
voice_kinds as (
    select
        domain,
        'any' as basis,
        'any' as respondent
    from voices
    union distinct
    select
        domain,
        basis,
        respondent
    from episode_domains
    where basis != 'milestone'
),

kinds as (
    select
        domain,
        basis,
        respondent,
        row_number() over (order by domain, basis, respondent) as kind_number
    from voice_kinds
),

finished_domains as (
    select
        ended_episodes.episode_key,
        ended_episodes.month_start_on,
        any_kinds.kind_number as any_number,
        kinds.kind_number,
        episode_domains.is_measured,
        episode_domains.is_paired,
        episode_domains.change,
        episode_domains.direction,
        episode_domains.n_milestones,
        episode_domains.is_proxy
    from ended_episodes
    inner join episode_domains on ended_episodes.episode_key = episode_domains.episode_key
    inner join kinds as any_kinds
        on
            episode_domains.domain = any_kinds.domain
            and any_kinds.basis = 'any'
    left join kinds
        on
            episode_domains.domain = kinds.domain
            and episode_domains.basis = kinds.basis
            and episode_domains.respondent = kinds.respondent
            and episode_domains.basis != 'milestone'
    where ended_episodes.is_finished_course
),

told_domains as (
    select
        episode_key,
        month_start_on,
        kind_number,
        is_measured,
        is_paired,
        change,
        direction,
        n_milestones,
        is_proxy
    from finished_domains
    where kind_number is not null
    union all
    select
        episode_key,
        month_start_on,
        any_number as kind_number,
        bool_or(is_measured) as is_measured,
        bool_or(is_paired) as is_paired,
        null as change,
        null as direction,
        cast(sum(n_milestones) as bigint) as n_milestones,
        bool_or(is_proxy) as is_proxy
    from finished_domains
    group by episode_key, month_start_on, any_number
),

domain_months as (
    select
        episode_subjects.subject_number,
        told_domains.kind_number,
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
        episode_subjects.subject_number,
        told_domains.kind_number,
        told_domains.month_start_on
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by
        episode_subjects.subject_number,
        told_domains.kind_number,
        told_domains.month_start_on
),

domain_periods as (
    select
        domain_months.subject_number,
        domain_months.kind_number,
        period_months.period_number,
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
        domain_months.subject_number,
        domain_months.kind_number,
        period_months.period_number
),

-- What nobody has evidence of is told as such.
missing_domains as (
    select
        subject_periods.subject_number,
        subject_periods.period_number,
        kinds.kind_number
    from subject_periods
    inner join kinds on kinds.basis = 'any' and subject_periods.has_all_domains
    left join domain_periods
        on
            subject_periods.subject_number = domain_periods.subject_number
            and subject_periods.period_number = domain_periods.period_number
            and kinds.kind_number = domain_periods.kind_number
    where domain_periods.kind_number is null
),

told_periods as (
    select
        subject_number,
        kind_number,
        period_number,
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
        n_proxy
    from domain_periods
    union all
    select
        subject_number,
        kind_number,
        period_number,
        0 as n_measured,
        0 as n_paired,
        null as n_improved,
        null as n_unchanged,
        null as n_deteriorated,
        null as n_better,
        null as n_same,
        null as n_worse,
        0 as n_milestones,
        0 as n_with_milestone,
        0 as n_proxy
    from missing_domains
),

-- What has a rule, and what has a direction: milestones are counted in `any` alone.
counts as (
    select
        subject_periods.level,
        subject_periods.subject_id,
        kinds.domain,
        kinds.basis,
        kinds.respondent,
        subject_periods.period_kind,
        subject_periods.period_start_on,
        subject_periods.period_end_on,
        subject_periods.n_clients,
        subject_periods.n_ended,
        subject_periods.n_finished,
        kinds.basis not in ('any', 'no_threshold', 'goal_no_rule') as has_rule,
        told_periods.n_measured,
        told_periods.n_paired,
        told_periods.n_improved,
        told_periods.n_unchanged,
        told_periods.n_deteriorated,
        case when kinds.basis != 'any' then told_periods.n_better end as n_better,
        case when kinds.basis != 'any' then told_periods.n_same end as n_same,
        case when kinds.basis != 'any' then told_periods.n_worse end as n_worse,
        case
            when kinds.basis != 'any'
                then
                    told_periods.n_paired
                    - told_periods.n_better
                    - told_periods.n_same
                    - told_periods.n_worse
        end as n_no_direction,
        case when kinds.basis = 'any' then told_periods.n_milestones end as n_milestones,
        case when kinds.basis = 'any' then told_periods.n_with_milestone end as n_with_milestone,
        told_periods.n_proxy > 0 as is_proxy
    from told_periods
    inner join kinds on told_periods.kind_number = kinds.kind_number
    inner join subject_periods
        on
            told_periods.subject_number = subject_periods.subject_number
            and told_periods.period_number = subject_periods.period_number
    where
        kinds.basis != 'any'
        or subject_periods.has_all_domains
        or told_periods.n_measured > 0
        or told_periods.n_with_milestone > 0
),

known_counts as (
    select
        * replace (
            case when has_rule then n_improved end as n_improved,
            case when has_rule then n_unchanged end as n_unchanged,
            case when has_rule then n_deteriorated end as n_deteriorated
        ),
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
    n_no_direction,
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
