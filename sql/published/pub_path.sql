-- Sudden gains, setbacks and early response as an audience may see them. Each share is null where
-- too few courses stand behind it; nothing is withheld for privacy, as no public policy names this
-- table.
--
-- Grain:  one row per audience, level, subject, instrument and period that it may see.
-- Key:    audience, level, subject_id, instrument_id, period_kind, period_start_on
with
policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_path'
),

path_rows as (
    select
        level,
        subject_id,
        instrument_id,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_courses,
        basis,
        reliable_change_points,
        gain_cut_points,
        n_gain_assessable,
        n_with_gain,
        n_with_several_gains,
        n_with_reversal,
        n_gains,
        n_reversed_gains,
        early_response_share,
        early_response_weeks,
        early_response_source,
        n_early_assessable,
        n_early_response,
        n_setback_assessable,
        n_with_setback,
        n_setback_made_good,
        n_worst_assessable,
        n_worse_than_first,
        with_gain_rate,
        with_gain_rate_lower,
        with_gain_rate_upper,
        with_reversal_rate,
        with_reversal_rate_lower,
        with_reversal_rate_upper,
        early_response_rate,
        early_response_rate_lower,
        early_response_rate_upper,
        with_setback_rate,
        with_setback_rate_lower,
        with_setback_rate_upper,
        setback_made_good_rate,
        setback_made_good_rate_lower,
        setback_made_good_rate_upper,
        worse_than_first_rate,
        worse_than_first_rate_lower,
        worse_than_first_rate_upper
    from mart_path
)

select
    policies.audience,
    policies.policy_id,
    policies.level,
    path_rows.subject_id,
    path_rows.instrument_id,
    path_rows.period_kind,
    path_rows.period_start_on,
    path_rows.period_end_on,
    path_rows.n_clients,
    path_rows.n_courses,
    path_rows.basis,
    path_rows.reliable_change_points,
    path_rows.gain_cut_points,
    path_rows.n_gain_assessable,
    path_rows.n_with_gain,
    path_rows.n_with_several_gains,
    path_rows.n_with_reversal,
    path_rows.n_gains,
    path_rows.n_reversed_gains,
    path_rows.early_response_share,
    path_rows.early_response_weeks,
    path_rows.early_response_source,
    path_rows.n_early_assessable,
    path_rows.n_early_response,
    path_rows.n_setback_assessable,
    path_rows.n_with_setback,
    path_rows.n_setback_made_good,
    path_rows.n_worst_assessable,
    path_rows.n_worse_than_first,
    case
        when path_rows.n_gain_assessable >= policies.minimum_pairs_for_rate
            then path_rows.with_gain_rate
    end as with_gain_rate,
    case
        when path_rows.n_gain_assessable >= policies.minimum_pairs_for_rate
            then path_rows.with_gain_rate_lower
    end as with_gain_rate_lower,
    case
        when path_rows.n_gain_assessable >= policies.minimum_pairs_for_rate
            then path_rows.with_gain_rate_upper
    end as with_gain_rate_upper,
    case
        when path_rows.n_with_gain >= policies.minimum_pairs_for_rate
            then path_rows.with_reversal_rate
    end as with_reversal_rate,
    case
        when path_rows.n_with_gain >= policies.minimum_pairs_for_rate
            then path_rows.with_reversal_rate_lower
    end as with_reversal_rate_lower,
    case
        when path_rows.n_with_gain >= policies.minimum_pairs_for_rate
            then path_rows.with_reversal_rate_upper
    end as with_reversal_rate_upper,
    case
        when path_rows.n_early_assessable >= policies.minimum_pairs_for_rate
            then path_rows.early_response_rate
    end as early_response_rate,
    case
        when path_rows.n_early_assessable >= policies.minimum_pairs_for_rate
            then path_rows.early_response_rate_lower
    end as early_response_rate_lower,
    case
        when path_rows.n_early_assessable >= policies.minimum_pairs_for_rate
            then path_rows.early_response_rate_upper
    end as early_response_rate_upper,
    case
        when path_rows.n_setback_assessable >= policies.minimum_pairs_for_rate
            then path_rows.with_setback_rate
    end as with_setback_rate,
    case
        when path_rows.n_setback_assessable >= policies.minimum_pairs_for_rate
            then path_rows.with_setback_rate_lower
    end as with_setback_rate_lower,
    case
        when path_rows.n_setback_assessable >= policies.minimum_pairs_for_rate
            then path_rows.with_setback_rate_upper
    end as with_setback_rate_upper,
    case
        when path_rows.n_with_setback >= policies.minimum_pairs_for_rate
            then path_rows.setback_made_good_rate
    end as setback_made_good_rate,
    case
        when path_rows.n_with_setback >= policies.minimum_pairs_for_rate
            then path_rows.setback_made_good_rate_lower
    end as setback_made_good_rate_lower,
    case
        when path_rows.n_with_setback >= policies.minimum_pairs_for_rate
            then path_rows.setback_made_good_rate_upper
    end as setback_made_good_rate_upper,
    case
        when path_rows.n_worst_assessable >= policies.minimum_pairs_for_rate
            then path_rows.worse_than_first_rate
    end as worse_than_first_rate,
    case
        when path_rows.n_worst_assessable >= policies.minimum_pairs_for_rate
            then path_rows.worse_than_first_rate_lower
    end as worse_than_first_rate_lower,
    case
        when path_rows.n_worst_assessable >= policies.minimum_pairs_for_rate
            then path_rows.worse_than_first_rate_upper
    end as worse_than_first_rate_upper,
    case
        when path_rows.n_courses < policies.minimum_pairs_for_rate
            then 'too_few_pairs_for_rate'
    end as reliability_reason,
    cast(null as varchar) as withheld_figures
from path_rows
inner join policies
    on
        path_rows.level = policies.mart_level
        and path_rows.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    path_rows.subject_id,
    path_rows.instrument_id,
    path_rows.period_kind,
    path_rows.period_start_on
