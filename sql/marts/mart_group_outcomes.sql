-- Outcomes of group therapy, with limits that know that members of one group move together.
--
-- Finished courses with a pair that were in a therapy group, by the month in which they ended; a
-- course counts once, for the group that it attended most, also where the client saw a therapist
-- alone beside it (`n_concurrent`: what such a course became is not the group's work alone).
--
-- `icc` is the share of the variation of "reliably better" that lies between groups, by the
-- analysis of variance, not below 0; `members_mean` the mean size of the group that a course was
-- in, counting courses of the period with a pair. The design effect 1 + (members_mean - 1) icc
-- says how many courses of a group tell as much as one on its own (0.06 and groups of 8: 1.42);
-- `n_effective` is what is left of `n_pairs`, and the clustered limits are Wilson's for so many.
-- Below $minimum_units groups or $minimum_pairs pairs, and where all or none are better, nothing
-- can be said about what lies between groups: `icc` and all that rests on it is null. The limits
-- of `improved_rate_lower` and `_upper` take courses as independent and are too narrow.
--
-- Grain:  one row per level, subject, instrument, scale, respondent and period with such a course.
-- Key:    level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
-- Source: Donner & Koval (1980), Biometrics 36:19-25 (icc); Kish (1965), Survey Sampling; Wilson
with cases as (
    select
        episode_key,
        client_key,
        group_id,
        instrument_id,
        scale,
        respondent,
        has_concurrent_group,
        is_improved,
        cast(date_trunc('month', ended_on) as date) as month_start_on
    from int_comparison_cases
    where group_id is not null and is_improved is not null
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id
    from int_episode_subjects
    where level in ('clinic', 'programme')
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

-- The month of the client's course before, at the same subject: people do not add up over months.
subject_cases as (
    select
        episode_subjects.level,
        episode_subjects.subject_id,
        cases.instrument_id,
        cases.scale,
        cases.respondent,
        cases.group_id,
        cases.month_start_on,
        cases.has_concurrent_group,
        cases.is_improved,
        lag(cases.month_start_on) over (
            partition by
                episode_subjects.level,
                episode_subjects.subject_id,
                cases.instrument_id,
                cases.scale,
                cases.respondent,
                cases.client_key
            order by cases.month_start_on asc, cases.episode_key asc
        ) as previous_month_on
    from cases
    inner join episode_subjects on cases.episode_key = episode_subjects.episode_key
),

monthly_cells as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        group_id,
        month_start_on,
        previous_month_on,
        count(*) as n_pairs,
        count(*) filter (where has_concurrent_group) as n_concurrent,
        count(*) filter (where is_improved) as n_improved
    from subject_cases
    group by all
),

group_counts as (
    select
        monthly_cells.level,
        monthly_cells.subject_id,
        monthly_cells.instrument_id,
        monthly_cells.scale,
        monthly_cells.respondent,
        monthly_cells.group_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        sum(
            case
                when monthly_cells.previous_month_on >= period_months.period_start_on then 0
                else monthly_cells.n_pairs
            end
        ) as n_clients,
        sum(monthly_cells.n_pairs) as n_pairs,
        sum(monthly_cells.n_concurrent) as n_concurrent,
        sum(monthly_cells.n_improved) as n_improved
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    group by all
),

-- A group's share of squares, to ten places: so the order of groups cannot change a digit.
counts as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        cast(sum(n_clients) as bigint) as n_clients,
        count(*) as n_groups,
        cast(sum(n_pairs) as bigint) as n_pairs,
        cast(sum(n_concurrent) as bigint) as n_concurrent,
        cast(sum(n_improved) as bigint) as n_improved,
        cast(sum(n_pairs * n_pairs) as bigint) as pair_squares,
        cast(
            sum(cast(n_improved * n_improved / n_pairs as decimal(28, 10))) as double
        ) as improved_squares
    from group_counts
    group by all
),

-- Mean squares between and within groups, and the size of group that makes them comparable.
mean_squares as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_groups,
        n_pairs,
        n_concurrent,
        n_improved,
        pair_squares / n_pairs as members_mean,
        n_groups >= $minimum_units
        and n_pairs >= $minimum_pairs
        and n_pairs > n_groups
        and n_improved between 1 and n_pairs - 1 as can_tell_groups,
        (improved_squares - n_improved * n_improved / n_pairs)
        / nullif(n_groups - 1, 0) as square_between,
        (n_improved - improved_squares) / nullif(n_pairs - n_groups, 0) as square_within,
        (n_pairs - pair_squares / n_pairs) / nullif(n_groups - 1, 0) as balanced_members
    from counts
),

correlations as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_groups,
        n_pairs,
        n_concurrent,
        n_improved,
        members_mean,
        case
            when can_tell_groups
                then
                    greatest(
                        (square_between - square_within)
                        / (square_between + (balanced_members - 1) * square_within),
                        0
                    )
        end as icc
    from mean_squares
),

effects as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_groups,
        n_pairs,
        n_concurrent,
        n_improved,
        members_mean,
        icc,
        1 + (members_mean - 1) * icc as design_effect,
        n_pairs / (1 + (members_mean - 1) * icc) as n_effective
    from correlations
)

select
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_groups,
    n_pairs,
    n_concurrent,
    n_improved,
    n_improved / n_pairs as improved_rate,
    wilson_lower(n_improved, n_pairs) as improved_rate_lower,
    wilson_upper(n_improved, n_pairs) as improved_rate_upper,
    members_mean,
    icc,
    design_effect,
    n_effective,
    wilson_lower(n_effective * n_improved / n_pairs, n_effective) as clustered_rate_lower,
    wilson_upper(n_effective * n_improved / n_pairs, n_effective) as clustered_rate_upper
from effects
order by level, subject_id, instrument_id, scale, respondent, period_kind, period_start_on
