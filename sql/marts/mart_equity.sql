-- Gaps between strata of clients: who drops out, who is measured, who gets reliably better.
--
-- Over twelve months, for the clinic: `dropped_out` of the courses that ended after an attended
-- session, `measured` (a pair on a measure that the programme lists: int_listed_pairs) of the
-- finished ones, `improved` of those with a pair, by measure: the client's own total. Each
-- stratum is set against all the others of its kind together: `gap` is its share less theirs, with
-- Newcombe's limits, which take courses as independent.
--
-- `expected_share` is what the case-mix model without who the client is (`severity_rate`: no age,
-- no sex) expected of the same courses; `adjusted_gap` is the gap of observed over expected, times
-- the overall share, its limits being those of a gap of 0 by the variance of what was expected. It
-- is null where there is no such model, and for the other two figures. A gap does not say why.
--
-- Strata of fewer than $minimum_stratum_clients clients are put together as `merged`, and with them
-- the next smallest as long as all of these are still too few: otherwise the small one could be
-- found by taking the others from the whole. A kind with one stratum left has no row. A client
-- counts once in a kind: in the stratum of the first of their courses in the window.
--
-- Grain:  one row per kind of stratum, stratum, figure, measure and window of twelve months.
-- Key:    stratum_kind, stratum, figure, instrument_id, scale, respondent, period_kind,
--         period_start_on
-- Source: Newcombe (1998), Stat Med 17:873-890, method 10; Wilson (1927)
with episodes as (
    select
        episode_key,
        client_key,
        end_reason,
        ended_on,
        cast(date_trunc('month', ended_on) as date) as month_start_on
    from int_episodes
    where ended_on is not null and n_attended > 0
),

-- Clients alike in every kind share a profile: what follows is added up for each of these.
strata as (
    select
        episode_key,
        age_band,
        sex,
        gender_identity,
        ethnicity,
        language,
        state,
        dense_rank() over (
            order by age_band, sex, gender_identity, ethnicity, language, state
        ) as profile_number
    from int_episode_strata
),

cases as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        cell_key,
        is_improved
    from int_comparison_cases
    where scale = 'total'
),

expected_cells as (
    select
        instrument_id,
        period_start_on,
        cell_key,
        cast(severity_rate as decimal(12, 10)) as share,
        cast(severity_rate * (1 - severity_rate) as decimal(12, 10)) as chance
    from int_case_mix_expected
    where
        scale = 'total'
        and respondent = 'client'
        and period_kind = 'rolling_12m'
        and severity_rate is not null
),

windows as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
    where period_kind = 'rolling_12m'
),

kinds (stratum_kind) as (
    values
    ('age_band'),
    ('sex'),
    ('gender_identity'),
    ('ethnicity'),
    ('language'),
    ('state')
),

profile_strata as (
    select distinct
        strata.profile_number,
        kinds.stratum_kind,
        case kinds.stratum_kind
            when 'age_band' then strata.age_band
            when 'sex' then strata.sex
            when 'gender_identity' then strata.gender_identity
            when 'ethnicity' then strata.ethnicity
            when 'language' then strata.language
            when 'state' then strata.state
        end as stratum
    from strata
    cross join kinds
),

listed_pairs as (
    select
        episode_key,
        has_any
    from int_listed_pairs
),

-- A figure that is about no single measure has `none` in its place.
facts as (
    select
        'dropped_out' as figure,
        'none' as instrument_id,
        'none' as scale,
        'none' as respondent,
        episode_key,
        client_key,
        ended_on,
        month_start_on,
        null as cell_key,
        end_reason = 'dropped_out' as is_met
    from episodes
    where end_reason is not null
    union all
    select
        'measured' as figure,
        'none' as instrument_id,
        'none' as scale,
        'none' as respondent,
        episodes.episode_key,
        episodes.client_key,
        episodes.ended_on,
        episodes.month_start_on,
        null as cell_key,
        listed_pairs.has_any as is_met
    from episodes
    inner join listed_pairs on episodes.episode_key = listed_pairs.episode_key
    union all
    select
        'improved' as figure,
        cases.instrument_id,
        cases.scale,
        cases.respondent,
        episodes.episode_key,
        episodes.client_key,
        episodes.ended_on,
        episodes.month_start_on,
        cases.cell_key,
        cases.is_improved as is_met
    from cases
    inner join episodes on cases.episode_key = episodes.episode_key
    where cases.respondent = 'client' and cases.is_improved is not null
),

-- The month of the client's course before: people do not add up over months.
followed_facts as (
    select
        facts.figure,
        facts.instrument_id,
        facts.scale,
        facts.respondent,
        strata.profile_number,
        facts.month_start_on,
        facts.cell_key,
        facts.is_met,
        lag(facts.month_start_on) over (
            partition by
                facts.figure,
                facts.instrument_id,
                facts.scale,
                facts.respondent,
                facts.client_key
            order by facts.ended_on asc, facts.episode_key asc
        ) as previous_month_on
    from facts
    inner join strata on facts.episode_key = strata.episode_key
),

profile_cells as (
    select
        figure,
        instrument_id,
        scale,
        respondent,
        profile_number,
        month_start_on,
        previous_month_on,
        cell_key,
        count(*) as n_courses,
        count(*) filter (where is_met) as n_met
    from followed_facts
    group by all
),

monthly_cells as (
    select
        profile_cells.figure,
        profile_cells.instrument_id,
        profile_cells.scale,
        profile_cells.respondent,
        profile_strata.stratum_kind,
        profile_strata.stratum,
        profile_cells.month_start_on,
        profile_cells.previous_month_on,
        sum(profile_cells.n_courses) as n_courses,
        sum(profile_cells.n_met) as n_met
    from profile_cells
    inner join profile_strata on profile_cells.profile_number = profile_strata.profile_number
    group by all
),

stratum_counts as (
    select
        monthly_cells.figure,
        monthly_cells.instrument_id,
        monthly_cells.scale,
        monthly_cells.respondent,
        monthly_cells.stratum_kind,
        monthly_cells.stratum,
        windows.period_kind,
        windows.period_start_on,
        windows.period_end_on,
        sum(
            case
                when monthly_cells.previous_month_on >= windows.period_start_on then 0
                else monthly_cells.n_courses
            end
        ) as n_clients,
        sum(monthly_cells.n_courses) as n_courses,
        sum(monthly_cells.n_met) as n_met
    from monthly_cells
    inner join windows on monthly_cells.month_start_on = windows.month_start_on
    group by all
),

case_sums as (
    select
        profile_cells.figure,
        profile_cells.instrument_id,
        profile_cells.scale,
        profile_cells.respondent,
        windows.period_kind,
        windows.period_start_on,
        profile_cells.profile_number,
        sum(profile_cells.n_courses) as n_expected,
        sum(profile_cells.n_courses * expected_cells.share) as expected_sum,
        sum(profile_cells.n_courses * expected_cells.chance) as chance_sum
    from profile_cells
    inner join windows on profile_cells.month_start_on = windows.month_start_on
    inner join expected_cells
        on
            profile_cells.cell_key = expected_cells.cell_key
            and profile_cells.instrument_id = expected_cells.instrument_id
            and windows.period_start_on = expected_cells.period_start_on
    group by all
),

stratum_expected as (
    select
        case_sums.figure,
        case_sums.instrument_id,
        case_sums.scale,
        case_sums.respondent,
        case_sums.period_kind,
        case_sums.period_start_on,
        profile_strata.stratum_kind,
        profile_strata.stratum,
        sum(case_sums.n_expected) as n_expected,
        sum(case_sums.expected_sum) as expected_sum,
        sum(case_sums.chance_sum) as chance_sum
    from case_sums
    inner join profile_strata on case_sums.profile_number = profile_strata.profile_number
    group by all
),

stratum_sums as (
    select
        stratum_counts.stratum_kind,
        stratum_counts.stratum,
        stratum_counts.figure,
        stratum_counts.instrument_id,
        stratum_counts.scale,
        stratum_counts.respondent,
        stratum_counts.period_kind,
        stratum_counts.period_start_on,
        stratum_counts.period_end_on,
        stratum_counts.n_clients,
        stratum_counts.n_courses,
        stratum_counts.n_met,
        stratum_expected.n_expected,
        stratum_expected.expected_sum,
        stratum_expected.chance_sum
    from stratum_counts
    left join stratum_expected
        on
            stratum_counts.figure = stratum_expected.figure
            and stratum_counts.instrument_id = stratum_expected.instrument_id
            and stratum_counts.scale = stratum_expected.scale
            and stratum_counts.respondent = stratum_expected.respondent
            and stratum_counts.stratum_kind = stratum_expected.stratum_kind
            and stratum_counts.stratum = stratum_expected.stratum
            and stratum_counts.period_kind = stratum_expected.period_kind
            and stratum_counts.period_start_on = stratum_expected.period_start_on
),

-- Smallest first: whatever comes before a stratum that joins the small ones has joined them too.
merged_strata as (
    select
        stratum_kind,
        case
            when
                n_clients < $minimum_stratum_clients
                or (
                    min(n_clients) over of_kind < $minimum_stratum_clients
                    and sum(n_clients) over (
                        of_kind
                        order by n_clients asc, stratum asc
                        rows between unbounded preceding and 1 preceding
                    ) < $minimum_stratum_clients
                )
                then 'merged'
            else stratum
        end as stratum,
        figure,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_courses,
        n_met,
        n_expected,
        expected_sum,
        chance_sum
    from stratum_sums
    window of_kind as (
        partition by
            stratum_kind, figure, instrument_id, scale, respondent, period_kind, period_start_on
    )
),

counts as (
    select
        stratum_kind,
        stratum,
        figure,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        period_end_on,
        cast(sum(n_clients) as bigint) as n_clients,
        cast(sum(n_courses) as bigint) as n_courses,
        cast(sum(n_met) as bigint) as n_met,
        cast(sum(n_expected) as bigint) as n_expected,
        sum(expected_sum) as expected_sum,
        sum(chance_sum) as chance_sum
    from merged_strata
    group by all
),

totals as (
    select
        stratum_kind,
        figure,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        cast(sum(n_courses) as bigint) as n_courses,
        cast(sum(n_met) as bigint) as n_met,
        -- A model tells of all courses of its window, or of none.
        sum(n_expected) = sum(n_courses) as has_model,
        sum(expected_sum) as expected_sum,
        sum(chance_sum) as chance_sum
    from counts
    group by all
    having count(*) > 1
),

set_against as (
    select
        counts.stratum_kind,
        counts.stratum,
        counts.figure,
        counts.instrument_id,
        counts.scale,
        counts.respondent,
        counts.period_kind,
        counts.period_start_on,
        counts.period_end_on,
        counts.n_clients,
        counts.n_courses,
        counts.n_met,
        totals.n_courses - counts.n_courses as n_other_courses,
        totals.n_met - counts.n_met as n_other_met,
        totals.n_met / totals.n_courses as overall_share,
        case
            when totals.has_model then cast(counts.expected_sum as double)
        end as expected_sum,
        case
            when totals.has_model then cast(totals.expected_sum - counts.expected_sum as double)
        end as other_expected_sum,
        cast(counts.chance_sum as double) as chance_sum,
        cast(totals.chance_sum - counts.chance_sum as double) as other_chance_sum
    from counts
    inner join totals
        on
            counts.stratum_kind = totals.stratum_kind
            and counts.figure = totals.figure
            and counts.instrument_id = totals.instrument_id
            and counts.scale = totals.scale
            and counts.respondent = totals.respondent
            and counts.period_kind = totals.period_kind
            and counts.period_start_on = totals.period_start_on
),

shares as (
    select
        *,
        n_met / n_courses as share,
        wilson_lower(n_met, n_courses) as share_lower,
        wilson_upper(n_met, n_courses) as share_upper,
        n_other_met / n_other_courses as other_share,
        wilson_lower(n_other_met, n_other_courses) as other_share_lower,
        wilson_upper(n_other_met, n_other_courses) as other_share_upper,
        expected_sum / n_courses as expected_share,
        overall_share * (
            n_met / nullif(expected_sum, 0) - n_other_met / nullif(other_expected_sum, 0)
        ) as adjusted_gap,
        1.959964 * overall_share * sqrt(
            chance_sum / nullif(expected_sum * expected_sum, 0)
            + other_chance_sum / nullif(other_expected_sum * other_expected_sum, 0)
        ) as adjusted_reach
    from set_against
)

select
    stratum_kind,
    stratum,
    figure,
    instrument_id,
    scale,
    respondent,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_courses,
    n_met,
    share,
    share_lower,
    share_upper,
    n_other_courses,
    n_other_met,
    other_share,
    share - other_share as gap,
    share - other_share - sqrt(
        (share - share_lower) * (share - share_lower)
        + (other_share_upper - other_share) * (other_share_upper - other_share)
    ) as gap_lower,
    share - other_share + sqrt(
        (share_upper - share) * (share_upper - share)
        + (other_share - other_share_lower) * (other_share - other_share_lower)
    ) as gap_upper,
    expected_share,
    adjusted_gap,
    adjusted_gap - adjusted_reach as adjusted_gap_lower,
    adjusted_gap + adjusted_reach as adjusted_gap_upper
from shares
order by
    stratum_kind, stratum, figure, instrument_id, scale, respondent, period_kind, period_start_on
