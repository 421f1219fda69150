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
        level,
        mart_level,
        period_kind,
        minimum_count,
        hide_zero,
        hide_complements
    from ref_disclosure_policies
    where minimum_count > 1 or hide_zero
),

-- shown_with: the figures without which a figure is not shown, its denominators first of all.
figures as (
    select
        listed.table_name,
        listed.figure,
        listed.shown_with
    from (
        values
        ('pub_outcomes', 'clients', ';ended;'),
        ('pub_outcomes', 'ended', ';'),
        ('pub_outcomes', 'finished', ';'),
        ('pub_outcomes', 'paired', ';'),
        ('pub_outcomes', 'case', ';paired;'),
        ('pub_outcomes', 'improved', ';paired;'),
        ('pub_outcomes', 'unchanged', ';deteriorated;improved;paired;'),
        ('pub_outcomes', 'deteriorated', ';paired;'),
        ('pub_outcomes', 'recovered', ';case;paired;'),
        ('pub_outcomes', 'reliably_recovered', ';case;paired;recovered;'),
        ('pub_activity', 'referred', ';'),
        ('pub_activity', 'started', ';'),
        ('pub_activity', 'ended', ';'),
        ('pub_activity', 'completed', ';ended;'),
        ('pub_activity', 'dropped_out', ';ended;'),
        ('pub_activity', 'ended_derived', ';dropped_out;ended;'),
        ('pub_activity', 'sessions', ';'),
        ('pub_activity', 'attended', ';'),
        ('pub_activity', 'no_show', ';'),
        ('pub_activity', 'late_cancelled', ';'),
        ('pub_activity', 'cancelled', ';'),
        ('pub_activity', 'clinic_cancelled', ';'),
        ('pub_activity', 'open', ';'),
        ('pub_activity', 'seats', ';'),
        ('pub_activity', 'seats_taken', ';seats;'),
        ('pub_completeness', 'due', ';'),
        ('pub_completeness', 'done', ';due;'),
        ('pub_completeness', 'finished', ';'),
        ('pub_completeness', 'paired_any', ';'),
        ('pub_completeness', 'paired_all', ';paired_any;'),
        ('pub_completeness', 'responses', ';'),
        ('pub_completeness', 'unscorable', ';responses;'),
        ('pub_completeness', 'without_episode', ';responses;'),
        ('pub_started', 'started', ';'),
        ('pub_started', 'open', ';ended_early;measured;not_measured;started;'),
        ('pub_started', 'ended_early', ';measured;not_measured;open;started;'),
        ('pub_started', 'not_measured', ';ended_early;measured;open;started;'),
        ('pub_started', 'measured', ';ended_early;not_measured;open;started;'),
        ('pub_recovery', 'clients', ';finished;'),
        ('pub_recovery', 'finished', ';'),
        ('pub_recovery', 'measured', ';'),
        ('pub_recovery', 'case_or_unknown', ';finished;'),
        ('pub_recovery', 'recovery_known', ';case_or_unknown;finished;recovered;'),
        ('pub_recovery', 'recovered', ';case_or_unknown;finished;'),
        ('pub_recovery', 'reliably_recovered', ';case_or_unknown;finished;recovered;'),
        ('pub_recovery', 'improved', ';finished;'),
        ('pub_recovery', 'deteriorated', ';finished;')
    ) as listed (table_name, figure, shown_with)
),

outcomes_rows as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        n_clients,
        n_ended,
        n_finished,
        n_paired,
        n_case,
        n_improved,
        n_unchanged,
        n_deteriorated,
        n_recovered,
        n_reliably_recovered
    from mart_outcomes
),

activity_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        n_referred,
        n_started,
        n_ended,
        n_completed,
        n_dropped_out,
        n_ended_derived,
        n_sessions,
        n_attended,
        n_no_show,
        n_late_cancelled,
        n_cancelled,
        n_clinic_cancelled,
        n_open,
        n_seats,
        n_seats_taken
    from mart_activity
),

completeness_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        n_due,
        n_done,
        n_finished,
        n_paired_any,
        n_paired_all,
        n_responses,
        n_unscorable,
        n_without_episode
    from mart_completeness
),

started_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        n_started,
        n_open,
        n_ended_early,
        n_not_measured,
        n_measured
    from mart_started
),

recovery_rows as (
    select
        level,
        subject_id,
        period_kind,
        period_start_on,
        n_clients,
        n_finished,
        n_measured,
        n_case_or_unknown,
        n_recovery_known,
        n_recovered,
        n_reliably_recovered,
        n_improved,
        n_deteriorated
    from mart_recovery
),

outcomes_figures as (
    select
        figures.table_name,
        outcomes_rows.level,
        outcomes_rows.subject_id,
        outcomes_rows.instrument_id,
        outcomes_rows.scale,
        outcomes_rows.respondent,
        outcomes_rows.period_kind,
        outcomes_rows.period_start_on,
        figures.figure,
        figures.shown_with,
        case figures.figure
            when 'clients' then outcomes_rows.n_clients
            when 'ended' then outcomes_rows.n_ended
            when 'finished' then outcomes_rows.n_finished
            when 'paired' then outcomes_rows.n_paired
            when 'case' then outcomes_rows.n_case
            when 'improved' then outcomes_rows.n_improved
            when 'unchanged' then outcomes_rows.n_unchanged
            when 'deteriorated' then outcomes_rows.n_deteriorated
            when 'recovered' then outcomes_rows.n_recovered
            when 'reliably_recovered' then outcomes_rows.n_reliably_recovered
        end as n,
        case figures.figure
            when 'ended' then outcomes_rows.n_ended - outcomes_rows.n_finished
            when 'finished' then outcomes_rows.n_finished - outcomes_rows.n_paired
            when 'case' then outcomes_rows.n_paired - outcomes_rows.n_case
            when 'improved' then outcomes_rows.n_paired - outcomes_rows.n_improved
            when 'deteriorated' then outcomes_rows.n_paired - outcomes_rows.n_deteriorated
            when 'recovered' then outcomes_rows.n_case - outcomes_rows.n_recovered
            when 'reliably_recovered' then outcomes_rows.n_case - outcomes_rows.n_reliably_recovered
        end as n_rest,
        case figures.figure
            when 'deteriorated' then outcomes_rows.n_unchanged
            when 'reliably_recovered'
                then outcomes_rows.n_recovered - outcomes_rows.n_reliably_recovered
        end as n_other_rest
    from outcomes_rows
    inner join figures on figures.table_name = 'pub_outcomes'
),

activity_figures as (
    select
        figures.table_name,
        activity_rows.level,
        activity_rows.subject_id,
        '' as instrument_id,
        '' as scale,
        '' as respondent,
        activity_rows.period_kind,
        activity_rows.period_start_on,
        figures.figure,
        figures.shown_with,
        case figures.figure
            when 'referred' then activity_rows.n_referred
            when 'started' then activity_rows.n_started
            when 'ended' then activity_rows.n_ended
            when 'completed' then activity_rows.n_completed
            when 'dropped_out' then activity_rows.n_dropped_out
            when 'ended_derived' then activity_rows.n_ended_derived
            when 'sessions' then activity_rows.n_sessions
            when 'attended' then activity_rows.n_attended
            when 'no_show' then activity_rows.n_no_show
            when 'late_cancelled' then activity_rows.n_late_cancelled
            when 'cancelled' then activity_rows.n_cancelled
            when 'clinic_cancelled' then activity_rows.n_clinic_cancelled
            when 'open' then activity_rows.n_open
            when 'seats' then activity_rows.n_seats
            when 'seats_taken' then activity_rows.n_seats_taken
        end as n,
        case figures.figure
            when 'completed' then activity_rows.n_ended - activity_rows.n_completed
            when 'dropped_out' then activity_rows.n_ended - activity_rows.n_dropped_out
            when 'ended_derived' then activity_rows.n_dropped_out - activity_rows.n_ended_derived
            when 'seats_taken' then activity_rows.n_seats - activity_rows.n_seats_taken
        end as n_rest,
        case figures.figure
            when 'dropped_out'
                then activity_rows.n_ended - activity_rows.n_completed - activity_rows.n_dropped_out
        end as n_other_rest
    from activity_rows
    inner join figures on figures.table_name = 'pub_activity'
),

completeness_figures as (
    select
        figures.table_name,
        completeness_rows.level,
        completeness_rows.subject_id,
        '' as instrument_id,
        '' as scale,
        '' as respondent,
        completeness_rows.period_kind,
        completeness_rows.period_start_on,
        figures.figure,
        figures.shown_with,
        case figures.figure
            when 'due' then completeness_rows.n_due
            when 'done' then completeness_rows.n_done
            when 'finished' then completeness_rows.n_finished
            when 'paired_any' then completeness_rows.n_paired_any
            when 'paired_all' then completeness_rows.n_paired_all
            when 'responses' then completeness_rows.n_responses
            when 'unscorable' then completeness_rows.n_unscorable
            when 'without_episode' then completeness_rows.n_without_episode
        end as n,
        case figures.figure
            when 'done' then completeness_rows.n_due - completeness_rows.n_done
            when 'finished' then completeness_rows.n_finished - completeness_rows.n_paired_any
            when 'paired_all' then completeness_rows.n_paired_any - completeness_rows.n_paired_all
            when 'unscorable' then completeness_rows.n_responses - completeness_rows.n_unscorable
        end as n_rest,
        cast(null as bigint) as n_other_rest
    from completeness_rows
    inner join figures on figures.table_name = 'pub_completeness'
),

started_figures as (
    select
        figures.table_name,
        started_rows.level,
        started_rows.subject_id,
        '' as instrument_id,
        '' as scale,
        '' as respondent,
        started_rows.period_kind,
        started_rows.period_start_on,
        figures.figure,
        figures.shown_with,
        case figures.figure
            when 'started' then started_rows.n_started
            when 'open' then started_rows.n_open
            when 'ended_early' then started_rows.n_ended_early
            when 'not_measured' then started_rows.n_not_measured
            when 'measured' then started_rows.n_measured
        end as n,
        -- A small rest is made of small parts, and one hidden part hides all four.
        cast(null as bigint) as n_rest,
        cast(null as bigint) as n_other_rest
    from started_rows
    inner join figures on figures.table_name = 'pub_started'
),

recovery_figures as (
    select
        figures.table_name,
        recovery_rows.level,
        recovery_rows.subject_id,
        '' as instrument_id,
        '' as scale,
        '' as respondent,
        recovery_rows.period_kind,
        recovery_rows.period_start_on,
        figures.figure,
        figures.shown_with,
        case figures.figure
            when 'clients' then recovery_rows.n_clients
            when 'finished' then recovery_rows.n_finished
            when 'measured' then recovery_rows.n_measured
            when 'case_or_unknown' then recovery_rows.n_case_or_unknown
            when 'recovery_known' then recovery_rows.n_recovery_known
            when 'recovered' then recovery_rows.n_recovered
            when 'reliably_recovered' then recovery_rows.n_reliably_recovered
            when 'improved' then recovery_rows.n_improved
            when 'deteriorated' then recovery_rows.n_deteriorated
        end as n,
        case figures.figure
            when 'finished' then recovery_rows.n_finished - recovery_rows.n_measured
            when 'case_or_unknown' then recovery_rows.n_finished - recovery_rows.n_case_or_unknown
            when 'recovery_known'
                then recovery_rows.n_case_or_unknown - recovery_rows.n_recovery_known
            when 'recovered' then recovery_rows.n_case_or_unknown - recovery_rows.n_recovered
            when 'reliably_recovered'
                then recovery_rows.n_case_or_unknown - recovery_rows.n_reliably_recovered
            when 'improved' then recovery_rows.n_measured - recovery_rows.n_improved
            when 'deteriorated' then recovery_rows.n_measured - recovery_rows.n_deteriorated
        end as n_rest,
        case figures.figure
            when 'recovery_known'
                then recovery_rows.n_recovery_known - recovery_rows.n_recovered
            when 'reliably_recovered'
                then recovery_rows.n_recovered - recovery_rows.n_reliably_recovered
            when 'deteriorated'
                then
                    recovery_rows.n_measured
                    - recovery_rows.n_improved
                    - recovery_rows.n_deteriorated
        end as n_other_rest
    from recovery_rows
    inner join figures on figures.table_name = 'pub_recovery'
),

all_figures as (
    select
        table_name,
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        figure,
        shown_with,
        n,
        n_rest,
        n_other_rest
    from outcomes_figures
    union all
    select
        table_name,
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        figure,
        shown_with,
        n,
        n_rest,
        n_other_rest
    from activity_figures
    union all
    select
        table_name,
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        figure,
        shown_with,
        n,
        n_rest,
        n_other_rest
    from completeness_figures
    union all
    select
        table_name,
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        figure,
        shown_with,
        n,
        n_rest,
        n_other_rest
    from started_figures
    union all
    select
        table_name,
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        period_kind,
        period_start_on,
        figure,
        shown_with,
        n,
        n_rest,
        n_other_rest
    from recovery_figures
),

-- What a policy calls small, for a figure and for what can be worked out by subtracting it.
judged_figures as (
    select
        policies.audience,
        all_figures.table_name,
        policies.level,
        all_figures.subject_id,
        all_figures.instrument_id,
        all_figures.scale,
        all_figures.respondent,
        all_figures.period_kind,
        all_figures.period_start_on,
        all_figures.figure,
        all_figures.shown_with,
        all_figures.n,
        coalesce(
            (all_figures.n >= 1 and all_figures.n < policies.minimum_count)
            or (all_figures.n = 0 and policies.hide_zero),
            false
        ) as is_small,
        policies.hide_complements
        and (
            coalesce(
                (all_figures.n_rest >= 1 and all_figures.n_rest < policies.minimum_count)
                or (all_figures.n_rest = 0 and policies.hide_zero),
                false
            )
            or coalesce(
                (
                    all_figures.n_other_rest >= 1
                    and all_figures.n_other_rest < policies.minimum_count
                )
                or (all_figures.n_other_rest = 0 and policies.hide_zero),
                false
            )
        ) as has_small_rest
    from all_figures
    inner join policies
        on
            all_figures.table_name = policies.table_name
            and all_figures.level = policies.mart_level
            and all_figures.period_kind = policies.period_kind
),

-- The programmes add up to the clinic: one hidden alone could be subtracted back.
related_figures as (
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
        shown_with,
        is_small,
        has_small_rest,
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
        shown_with,
        case
            when is_small then 'small_count'
            when has_small_rest then 'small_rest'
            when can_protect and n_hidden_programmes = 1 and protection_order = 1
                then 'protects_another'
        end as privacy_reason
    from related_figures
),

hidden_figures as (
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
        figure
    from own_reasons
    where privacy_reason is not null
),

inherited_reasons as (
    select distinct
        own_reasons.audience,
        own_reasons.table_name,
        own_reasons.level,
        own_reasons.subject_id,
        own_reasons.instrument_id,
        own_reasons.scale,
        own_reasons.respondent,
        own_reasons.period_kind,
        own_reasons.period_start_on,
        own_reasons.figure,
        'goes_with_hidden' as privacy_reason
    from own_reasons
    inner join hidden_figures
        on
            own_reasons.audience = hidden_figures.audience
            and own_reasons.table_name = hidden_figures.table_name
            and own_reasons.level = hidden_figures.level
            and own_reasons.subject_id = hidden_figures.subject_id
            and own_reasons.instrument_id = hidden_figures.instrument_id
            and own_reasons.scale = hidden_figures.scale
            and own_reasons.respondent = hidden_figures.respondent
            and own_reasons.period_kind = hidden_figures.period_kind
            and own_reasons.period_start_on = hidden_figures.period_start_on
            and contains(own_reasons.shown_with, concat(';', hidden_figures.figure, ';'))
    where own_reasons.privacy_reason is null
),

reasons as (
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
        privacy_reason
    from own_reasons
    where privacy_reason is not null
    union all
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
        privacy_reason
    from inherited_reasons
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
    privacy_reason
from reasons
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
