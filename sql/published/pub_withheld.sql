-- Which figures an audience may not see, and why: the gate that every published table passes. It
-- looks at all tables of an audience together, and holds no value itself. Its levels are those that
-- the audience sees: the public's clinic and programmes are the mart's public levels.
--
-- A figure is hidden when it is too small ('small_count'), when what is left of the figure around
-- it is too small ('small_rest'), when it is the next smallest programme beside a single hidden one
-- and would give that one away ('protects_another'), or when a figure that it is read with is
-- hidden ('goes_with_hidden').
--
-- Grain:  one row per hidden figure of a published row.
-- Key:    audience, table_name, level, subject_id, instrument_id, scale, respondent, period_kind,
--         period_start_on, figure
-- Source: ref_disclosure_policies (each policy names its own)
with
policies as (
    select
        audience,
        table_name,
        level as shown_level,
        mart_level as level,
        period_kind,
        minimum_count,
        hide_zero,
        hide_complements
    from ref_disclosure_policies
    where minimum_count > 1 or hide_zero
),

-- shown_with: the figures without which a figure is not shown, its denominators first of all.
-- rest and other_rest: what subtracting it can tell, the first figure less the ones behind it. A
-- small rest of the courses that started is made of small parts, and one hidden part hides all.
figures (table_name, figure, shown_with, rest, other_rest) as (
    values
    ('pub_outcomes', 'clients', ['ended'], null, null),
    ('pub_outcomes', 'ended', [], ['ended', 'finished'], null),
    ('pub_outcomes', 'finished', [], ['finished', 'paired'], null),
    ('pub_outcomes', 'paired', [], null, null),
    ('pub_outcomes', 'case', ['paired'], ['paired', 'case'], null),
    ('pub_outcomes', 'improved', ['paired'], ['paired', 'improved'], null),
    ('pub_outcomes', 'unchanged', ['deteriorated', 'improved', 'paired'], null, null),
    ('pub_outcomes', 'deteriorated', ['paired'], ['paired', 'deteriorated'], ['unchanged']),
    ('pub_outcomes', 'recovered', ['case', 'paired'], ['case', 'recovered'], null),
    (
        'pub_outcomes', 'reliably_recovered', ['case', 'paired', 'recovered'],
        ['case', 'reliably_recovered'], ['recovered', 'reliably_recovered']
    ),
    ('pub_activity', 'referred', [], null, null),
    ('pub_activity', 'started', [], null, null),
    ('pub_activity', 'ended', [], null, null),
    ('pub_activity', 'completed', ['ended'], ['ended', 'completed'], null),
    (
        'pub_activity', 'dropped_out', ['ended'],
        ['ended', 'dropped_out'], ['ended', 'completed', 'dropped_out']
    ),
    (
        'pub_activity', 'ended_derived', ['dropped_out', 'ended'],
        ['dropped_out', 'ended_derived'], null
    ),
    ('pub_activity', 'sessions', [], null, null),
    ('pub_activity', 'attended', [], null, null),
    ('pub_activity', 'no_show', [], null, null),
    ('pub_activity', 'late_cancelled', [], null, null),
    ('pub_activity', 'cancelled', [], null, null),
    ('pub_activity', 'clinic_cancelled', [], null, null),
    ('pub_activity', 'open', [], null, null),
    ('pub_activity', 'seats', [], null, null),
    ('pub_activity', 'seats_taken', ['seats'], ['seats', 'seats_taken'], null),
    ('pub_completeness', 'due', [], null, null),
    ('pub_completeness', 'done', ['due'], ['due', 'done'], null),
    ('pub_completeness', 'finished', [], ['finished', 'paired_any'], null),
    ('pub_completeness', 'paired_any', [], null, null),
    ('pub_completeness', 'paired_all', ['paired_any'], ['paired_any', 'paired_all'], null),
    ('pub_completeness', 'responses', [], null, null),
    ('pub_completeness', 'unscorable', ['responses'], ['responses', 'unscorable'], null),
    ('pub_completeness', 'without_episode', ['responses'], null, null),
    ('pub_started', 'started', [], null, null),
    ('pub_started', 'open', ['ended_early', 'measured', 'not_measured', 'started'], null, null),
    ('pub_started', 'ended_early', ['measured', 'not_measured', 'open', 'started'], null, null),
    ('pub_started', 'not_measured', ['ended_early', 'measured', 'open', 'started'], null, null),
    ('pub_started', 'measured', ['ended_early', 'not_measured', 'open', 'started'], null, null),
    ('pub_recovery', 'clients', ['finished'], null, null),
    ('pub_recovery', 'finished', [], ['finished', 'measured'], null),
    ('pub_recovery', 'measured', [], null, null),
    ('pub_recovery', 'case_or_unknown', ['finished'], ['finished', 'case_or_unknown'], null),
    (
        'pub_recovery', 'recovery_known', ['case_or_unknown', 'finished', 'recovered'],
        ['case_or_unknown', 'recovery_known'], ['recovery_known', 'recovered']
    ),
    (
        'pub_recovery', 'recovered', ['case_or_unknown', 'finished'],
        ['case_or_unknown', 'recovered'], null
    ),
    (
        'pub_recovery', 'reliably_recovered', ['case_or_unknown', 'finished', 'recovered'],
        ['case_or_unknown', 'reliably_recovered'], ['recovered', 'reliably_recovered']
    ),
    ('pub_recovery', 'improved', ['finished'], ['measured', 'improved'], null),
    (
        'pub_recovery', 'deteriorated', ['finished'],
        ['measured', 'deteriorated'], ['measured', 'improved', 'deteriorated']
    )
),

counted_rows as (
    select
        'pub_outcomes' as table_name,
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        map {
            'clients': n_clients,
            'ended': n_ended,
            'finished': n_finished,
            'paired': n_paired,
            'case': n_case,
            'improved': n_improved,
            'unchanged': n_unchanged,
            'deteriorated': n_deteriorated,
            'recovered': n_recovered,
            'reliably_recovered': n_reliably_recovered
        } as counts
    from mart_outcomes
    union all
    select
        'pub_activity' as table_name,
        level,
        subject_id,
        '' as instrument_id,
        '' as scale,
        '' as respondent,
        period_kind,
        period_start_on,
        map {
            'referred': n_referred,
            'started': n_started,
            'ended': n_ended,
            'completed': n_completed,
            'dropped_out': n_dropped_out,
            'ended_derived': n_ended_derived,
            'sessions': n_sessions,
            'attended': n_attended,
            'no_show': n_no_show,
            'late_cancelled': n_late_cancelled,
            'cancelled': n_cancelled,
            'clinic_cancelled': n_clinic_cancelled,
            'open': n_open,
            'seats': n_seats,
            'seats_taken': n_seats_taken
        } as counts
    from mart_activity
    union all
    select
        'pub_completeness' as table_name,
        level,
        subject_id,
        '' as instrument_id,
        '' as scale,
        '' as respondent,
        period_kind,
        period_start_on,
        map {
            'due': n_due,
            'done': n_done,
            'finished': n_finished,
            'paired_any': n_paired_any,
            'paired_all': n_paired_all,
            'responses': n_responses,
            'unscorable': n_unscorable,
            'without_episode': n_without_episode
        } as counts
    from mart_completeness
    union all
    select
        'pub_started' as table_name,
        level,
        subject_id,
        '' as instrument_id,
        '' as scale,
        '' as respondent,
        period_kind,
        period_start_on,
        map {
            'started': n_started,
            'open': n_open,
            'ended_early': n_ended_early,
            'not_measured': n_not_measured,
            'measured': n_measured
        } as counts
    from mart_started
    union all
    select
        'pub_recovery' as table_name,
        level,
        subject_id,
        '' as instrument_id,
        '' as scale,
        '' as respondent,
        period_kind,
        period_start_on,
        map {
            'clients': n_clients,
            'finished': n_finished,
            'measured': n_measured,
            'case_or_unknown': n_case_or_unknown,
            'recovery_known': n_recovery_known,
            'recovered': n_recovered,
            'reliably_recovered': n_reliably_recovered,
            'improved': n_improved,
            'deteriorated': n_deteriorated
        } as counts
    from mart_recovery
),

-- What a policy calls small, for a figure and for what can be worked out by subtracting it.
judged_figures as (
    select
        policies.audience,
        counted_rows.* replace (policies.shown_level as level),
        figures.figure,
        figures.shown_with,
        counted_rows.counts[figures.figure] as n,
        is_small_count(
            counted_rows.counts[figures.figure], policies.minimum_count, policies.hide_zero
        ) as is_small,
        policies.hide_complements
        and (
            is_small_count(
                what_is_left(counted_rows.counts, figures.rest),
                policies.minimum_count,
                policies.hide_zero
            )
            or is_small_count(
                what_is_left(counted_rows.counts, figures.other_rest),
                policies.minimum_count,
                policies.hide_zero
            )
        ) as has_small_rest
    from counted_rows
    inner join policies
        on
            counted_rows.table_name = policies.table_name
            and counted_rows.level = policies.level
            and counted_rows.period_kind = policies.period_kind
    inner join figures on counted_rows.table_name = figures.table_name
),

-- The programmes add up to the clinic: one hidden alone could be subtracted back.
related_figures as (
    select
        *,
        level = 'programme' and n > 0 and not is_small and not has_small_rest as can_protect,
        sum(case when level = 'programme' and (is_small or has_small_rest) then 1 else 0 end) over (
            partition by
                audience, table_name, instrument_id, scale, respondent, period_kind,
                period_start_on, figure
        ) as n_hidden_programmes,
        row_number() over (
            partition by
                audience, table_name, instrument_id, scale, respondent, period_kind,
                period_start_on, figure
            order by
                case
                    when level != 'programme' or n = 0 or is_small or has_small_rest then 1
                    else 0
                end,
                n,
                subject_id
        ) as protection_order
    from judged_figures
),

own_reasons as (
    select
        *,
        case
            when is_small then 'small_count'
            when has_small_rest then 'small_rest'
            when can_protect and n_hidden_programmes = 1 and protection_order = 1
                then 'protects_another'
        end as own_reason
    from related_figures
),

row_reasons as (
    select
        *,
        list(figure) filter (where own_reason is not null) over (
            partition by
                audience, table_name, level, subject_id, instrument_id, scale, respondent,
                period_kind, period_start_on
        ) as hidden_figures
    from own_reasons
)

select
    audience,
    table_name,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    period_kind,
    period_start_on,
    figure,
    coalesce(own_reason, 'goes_with_hidden') as privacy_reason
from row_reasons
where own_reason is not null or list_has_any(shown_with, hidden_figures)
order by
    audience,
    table_name,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    period_kind,
    period_start_on,
    figure
