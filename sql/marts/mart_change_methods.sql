-- Appendix for analysts: the same pairs judged by each published way to call a change reliable.
--
-- Methods: JT (Jacobson, Truax), GLN (Gulliksen, Lord, Novick), HLL (Hsu, Linn, Lord), EN (Edwards,
-- Nunnally), NK (Nunnally, Kotsch), HA (Hageman, Arrindell). HLM judges all scores of a course by a
-- growth model, not pairs: it has a table of its own, mart_growth_changes. All use the mean and the
-- SD of the very pairs that they judge, so they drift with the sample and are no rule of any
-- report: those have fixed points (int_outcome_rules). They differ most in what they make of the
-- mean change: HLL asks who changed otherwise than the others. The reliability is that of the rule
-- in force where the clinic cites one, else the catalogue's for the one who answered; NK takes it
-- for the last score, too. A method that cannot judge the sample has no counts and says why.
--
-- `n_recovered` and `n_harmed` ask besides that the cut-off was crossed: caseness of the rule in
-- force, else Jacobson and Truax's c, b or a. `n_improved` and `n_deteriorated` include them. Where
-- there is no cut-off, both are null and `no_cutoff_reason` says why.
--
-- Grain:  one row per instrument, scale, respondent, method and year or twelve months with at least
--         two pairs and a verified reliability; the clinic as a whole.
-- Key:    level, subject_id, instrument_id, scale, respondent, method, period_kind, period_start_on
-- Source: formulas: sql/functions/change_index_*.sql; critical values: ref_conventions
with pairs as (
    select
        instrument_id,
        scale,
        respondent,
        cast(date_trunc('month', ended_on) as date) as month_start_on,
        first_score,
        last_score
    from mart_episode_outcomes
    where is_finished_course and is_paired
),

samples as (
    select
        level,
        subject_id,
        instrument_id,
        scale,
        respondent,
        domain,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_paired,
        first_mean_points,
        first_sd_points,
        last_mean_points,
        last_sd_points,
        improvement_sd_points,
        pair_correlation
    from mart_effect_sizes
    where
        level = 'clinic'
        and population = 'all_paired'
        and period_kind in ('year', 'rolling_12m')
        and n_paired > 1
),

period_months as (
    select
        period_kind,
        period_start_on,
        month_start_on
    from int_period_months
),

scales as (
    select
        instrument_id,
        scale,
        direction
    from int_scales
    where direction is not null
),

outcome_rules as (
    select
        instrument_id,
        scale,
        respondent,
        caseness_points,
        reliability_value,
        source
    from int_outcome_rules
),

reliabilities as (
    select
        instrument_id,
        scale,
        unnest(respondents) as respondent,
        value as reliability_value,
        kind,
        source
    from ref_reliabilities
    where is_default
),

cutoffs as (
    select
        instrument_id,
        scale,
        respondent,
        cutoff,
        points,
        no_use_reason
    from ref_cutoffs
),

conventions as (
    select
        max(value) filter (where name = 'reliable_change_z') as two_sided_z,
        max(value) filter (where name = 'change_index_one_sided_z') as one_sided_z
    from ref_conventions
),

-- With both norms c is the better cut-off, with the healthy one b, else a; one that has all scores
-- of its scale on one side is none.
best_cutoffs as (
    select
        instrument_id,
        scale,
        respondent,
        max(cutoff) filter (where no_use_reason is null) as cutoff,
        arg_max(points, cutoff) filter (where no_use_reason is null) as points
    from cutoffs
    group by instrument_id, scale, respondent
),

judged_samples as (
    select
        samples.*,
        scales.direction,
        coalesce(outcome_rules.caseness_points, best_cutoffs.points) as cutoff_points,
        case
            when outcome_rules.caseness_points is not null then 'caseness'
            else best_cutoffs.cutoff
        end as cutoff_kind,
        case
            when coalesce(outcome_rules.caseness_points, best_cutoffs.points) is not null then null
            when best_cutoffs.instrument_id is not null then 'outside_scale'
            else 'no_norms'
        end as no_cutoff_reason,
        coalesce(outcome_rules.reliability_value, reliabilities.reliability_value)
            as reliability_value,
        case
            when outcome_rules.reliability_value is not null then outcome_rules.source
            else concat_ws(', ', reliabilities.kind, reliabilities.source)
        end as reliability_source,
        -- Of the differences of this sample: the part of their variance that is no error.
        1 - 2 * samples.first_sd_points * samples.first_sd_points
        * (1 - coalesce(outcome_rules.reliability_value, reliabilities.reliability_value))
        / nullif(samples.improvement_sd_points * samples.improvement_sd_points, 0)
            as difference_reliability
    from samples
    inner join scales
        on
            samples.instrument_id = scales.instrument_id
            and samples.scale = scales.scale
    left join outcome_rules
        on
            samples.instrument_id = outcome_rules.instrument_id
            and samples.scale = outcome_rules.scale
            and samples.respondent = outcome_rules.respondent
    left join reliabilities
        on
            samples.instrument_id = reliabilities.instrument_id
            and samples.scale = reliabilities.scale
            and samples.respondent = reliabilities.respondent
    left join best_cutoffs
        on
            samples.instrument_id = best_cutoffs.instrument_id
            and samples.scale = best_cutoffs.scale
            and samples.respondent = best_cutoffs.respondent
    where
        coalesce(outcome_rules.reliability_value, reliabilities.reliability_value) is not null
),

-- Scores are few: each combination is judged once for all who have it.
monthly_cells as (
    select
        instrument_id,
        scale,
        respondent,
        month_start_on,
        first_score,
        last_score,
        count(*) as n_pairs
    from pairs
    group by instrument_id, scale, respondent, month_start_on, first_score, last_score
),

cells as (
    select
        monthly_cells.instrument_id,
        monthly_cells.scale,
        monthly_cells.respondent,
        period_months.period_kind,
        period_months.period_start_on,
        monthly_cells.first_score,
        monthly_cells.last_score,
        sum(monthly_cells.n_pairs) as n_pairs
    from monthly_cells
    inner join period_months on monthly_cells.month_start_on = period_months.month_start_on
    where period_months.period_kind in ('year', 'rolling_12m')
    group by all
),

indices as (
    select
        cells.instrument_id,
        cells.scale,
        cells.respondent,
        cells.period_kind,
        cells.period_start_on,
        cells.n_pairs,
        case judged_samples.direction
            when 'higher_worse' then -1
            else 1
        end as good_sign,
        case judged_samples.direction
            when 'higher_worse' then cells.first_score >= judged_samples.cutoff_points
            else cells.first_score < judged_samples.cutoff_points
        end as was_case,
        case judged_samples.direction
            when 'higher_worse' then cells.last_score >= judged_samples.cutoff_points
            else cells.last_score < judged_samples.cutoff_points
        end as is_case,
        change_index_jt(
            cells.first_score,
            cells.last_score,
            judged_samples.first_sd_points,
            judged_samples.reliability_value
        ) as jt,
        change_index_gln(
            cells.first_score,
            cells.last_score,
            judged_samples.first_mean_points,
            judged_samples.first_sd_points,
            judged_samples.reliability_value
        ) as gln,
        change_index_hll(
            cells.first_score,
            cells.last_score,
            judged_samples.first_mean_points,
            judged_samples.last_mean_points,
            judged_samples.first_sd_points,
            judged_samples.reliability_value
        ) as hll,
        change_index_en(
            cells.first_score,
            cells.last_score,
            judged_samples.first_mean_points,
            judged_samples.first_sd_points,
            judged_samples.reliability_value
        ) as en,
        change_index_nk(
            cells.first_score,
            cells.last_score,
            judged_samples.first_mean_points,
            judged_samples.first_sd_points,
            judged_samples.reliability_value,
            judged_samples.reliability_value
        ) as nk,
        change_index_ha(
            cells.first_score,
            cells.last_score,
            judged_samples.first_mean_points,
            judged_samples.last_mean_points,
            judged_samples.first_sd_points,
            judged_samples.reliability_value,
            judged_samples.difference_reliability
        ) as ha
    from cells
    inner join judged_samples
        on
            cells.instrument_id = judged_samples.instrument_id
            and cells.scale = judged_samples.scale
            and cells.respondent = judged_samples.respondent
            and cells.period_kind = judged_samples.period_kind
            and cells.period_start_on = judged_samples.period_start_on
),

methods as (
    select
        unnest(['JT', 'GLN', 'HLL', 'EN', 'NK']) as method,
        two_sided_z as critical_z
    from conventions
    union all
    select
        'HA' as method,
        one_sided_z as critical_z
    from conventions
),

judged_cells as (
    select
        indices.instrument_id,
        indices.scale,
        indices.respondent,
        methods.method,
        methods.critical_z,
        indices.period_kind,
        indices.period_start_on,
        indices.n_pairs,
        indices.was_case,
        indices.is_case,
        indices.good_sign * case methods.method
            when 'JT' then indices.jt
            when 'GLN' then indices.gln
            when 'HLL' then indices.hll
            when 'EN' then indices.en
            when 'NK' then indices.nk
            when 'HA' then indices.ha
        end as good_index
    from indices
    cross join methods
),

counts as (
    select
        instrument_id,
        scale,
        respondent,
        method,
        critical_z,
        period_kind,
        period_start_on,
        -- A method judges all pairs of a sample or none.
        count(good_index) > 0 as is_judged,
        cast(sum(case when good_index > critical_z then n_pairs else 0 end) as bigint)
            as n_improved,
        cast(sum(case when abs(good_index) <= critical_z then n_pairs else 0 end) as bigint)
            as n_unchanged,
        cast(sum(case when good_index < -critical_z then n_pairs else 0 end) as bigint)
            as n_deteriorated,
        cast(
            sum(
                case
                    when good_index > critical_z and was_case and not is_case then n_pairs
                    else 0
                end
            ) as bigint
        ) as n_recovered,
        cast(
            sum(
                case
                    when good_index < -critical_z and not was_case and is_case then n_pairs
                    else 0
                end
            ) as bigint
        ) as n_harmed
    from judged_cells
    group by all
)

select
    judged_samples.level,
    judged_samples.subject_id,
    judged_samples.instrument_id,
    judged_samples.scale,
    judged_samples.respondent,
    judged_samples.domain,
    counts.method,
    judged_samples.period_kind,
    judged_samples.period_start_on,
    judged_samples.period_end_on,
    judged_samples.n_clients,
    judged_samples.n_paired,
    case when counts.is_judged then counts.n_improved end as n_improved,
    case when counts.is_judged then counts.n_unchanged end as n_unchanged,
    case when counts.is_judged then counts.n_deteriorated end as n_deteriorated,
    case
        when counts.is_judged and judged_samples.cutoff_points is not null then counts.n_recovered
    end as n_recovered,
    case
        when counts.is_judged and judged_samples.cutoff_points is not null then counts.n_harmed
    end as n_harmed,
    case
        when counts.is_judged then null
        when judged_samples.first_sd_points = 0 then 'no_spread'
        when judged_samples.reliability_value = 1 then 'no_error'
        else 'differences_are_error'
    end as no_counts_reason,
    judged_samples.cutoff_points,
    judged_samples.cutoff_kind,
    judged_samples.no_cutoff_reason,
    judged_samples.first_mean_points,
    judged_samples.first_sd_points,
    judged_samples.last_mean_points,
    judged_samples.last_sd_points,
    judged_samples.pair_correlation,
    judged_samples.reliability_value,
    judged_samples.reliability_source,
    case when counts.method = 'HA' then judged_samples.difference_reliability end
        as difference_reliability,
    counts.critical_z
from judged_samples
inner join counts
    on
        judged_samples.instrument_id = counts.instrument_id
        and judged_samples.scale = counts.scale
        and judged_samples.respondent = counts.respondent
        and judged_samples.period_kind = counts.period_kind
        and judged_samples.period_start_on = counts.period_start_on
order by
    judged_samples.level,
    judged_samples.subject_id,
    judged_samples.instrument_id,
    judged_samples.scale,
    judged_samples.respondent,
    counts.method,
    judged_samples.period_kind,
    judged_samples.period_start_on
