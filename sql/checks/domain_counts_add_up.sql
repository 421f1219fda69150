-- In a returned row the domains of success contradict themselves: the changes or directions of a
-- basis are not its pairs, more were measured than finished, a domain that must be told is missing,
-- or the profile leaves a finished course out or counts it twice.
with domain_outcomes as (
    select
        level,
        subject_id,
        domain,
        basis,
        respondent,
        period_kind,
        period_start_on,
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
        n_with_milestone
    from mart_domain_outcomes
),

voices as (
    select domain
    from int_domain_voices
),

success_profile as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        n_courses
    from mart_success_profile
    where rules = 'published'
),

subjects as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        max(n_finished) as n_finished,
        count(*) filter (where basis = 'any') as n_domains
    from domain_outcomes
    group by level, subject_id, period_kind, period_start_on
),

profiles as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        sum(n_courses) as n_courses
    from success_profile
    group by level, subject_id, period_kind, period_start_on
)

select
    'counts' as what,
    level,
    subject_id,
    domain,
    basis,
    respondent,
    period_kind,
    period_start_on
from domain_outcomes
where
    n_finished > n_ended
    or n_measured > n_finished
    or n_paired > n_measured
    or n_with_milestone > n_finished
    or n_improved + n_unchanged + n_deteriorated != n_paired
    or n_better + n_same + n_worse + n_no_direction != n_paired
    or n_no_direction < 0
union all
select
    'subject' as what,
    subjects.level,
    subjects.subject_id,
    '' as domain,
    '' as basis,
    '' as respondent,
    subjects.period_kind,
    subjects.period_start_on
from subjects
left join profiles
    on
        subjects.level = profiles.level
        and subjects.subject_id = profiles.subject_id
        and subjects.period_kind = profiles.period_kind
        and subjects.period_start_on = profiles.period_start_on
where
    (
        -- In the other periods of therapists and groups what nobody measured is not told.
        (subjects.level not in ('therapist', 'group') or subjects.period_kind = 'rolling_12m')
        and subjects.n_domains != (select count(distinct voices.domain) as n from voices)
    )
    or subjects.n_finished != coalesce(profiles.n_courses, 0)
order by what, level, subject_id, domain, basis, respondent, period_kind, period_start_on
