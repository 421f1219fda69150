-- Sudden gains, setbacks and early response as an audience may see them. Each share is null where
-- too few courses stand behind it; nothing is withheld for privacy, as no public policy names this
-- table.
--
-- Grain:  one row per audience, level, subject, instrument and period that it may see.
-- Key:    audience, level, subject_id, instrument_id, period_kind, period_start_on
with
judged_rows as (
    select
        mart_path.* replace (policies.level as level),
        policies.audience,
        policies.policy_id,
        policies.minimum_pairs_for_rate,
        mart_path.n_gain_assessable >= policies.minimum_pairs_for_rate as says_gain_assessable,
        mart_path.n_with_gain >= policies.minimum_pairs_for_rate as says_with_gain,
        mart_path.n_early_assessable >= policies.minimum_pairs_for_rate as says_early_assessable,
        mart_path.n_setback_assessable
        >= policies.minimum_pairs_for_rate as says_setback_assessable,
        mart_path.n_with_setback >= policies.minimum_pairs_for_rate as says_with_setback,
        mart_path.n_worst_assessable >= policies.minimum_pairs_for_rate as says_worst_assessable
    from mart_path
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_path'
            and mart_path.level = policies.mart_level
            and mart_path.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
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
    case when says_gain_assessable then with_gain_rate end as with_gain_rate,
    case when says_gain_assessable then with_gain_rate_lower end as with_gain_rate_lower,
    case when says_gain_assessable then with_gain_rate_upper end as with_gain_rate_upper,
    case when says_with_gain then with_reversal_rate end as with_reversal_rate,
    case when says_with_gain then with_reversal_rate_lower end as with_reversal_rate_lower,
    case when says_with_gain then with_reversal_rate_upper end as with_reversal_rate_upper,
    case when says_early_assessable then early_response_rate end as early_response_rate,
    case when says_early_assessable then early_response_rate_lower end as early_response_rate_lower,
    case when says_early_assessable then early_response_rate_upper end as early_response_rate_upper,
    case when says_setback_assessable then with_setback_rate end as with_setback_rate,
    case when says_setback_assessable then with_setback_rate_lower end as with_setback_rate_lower,
    case when says_setback_assessable then with_setback_rate_upper end as with_setback_rate_upper,
    case when says_with_setback then setback_made_good_rate end as setback_made_good_rate,
    case when says_with_setback then setback_made_good_rate_lower end
        as setback_made_good_rate_lower,
    case when says_with_setback then setback_made_good_rate_upper end
        as setback_made_good_rate_upper,
    case when says_worst_assessable then worse_than_first_rate end as worse_than_first_rate,
    case when says_worst_assessable then worse_than_first_rate_lower end
        as worse_than_first_rate_lower,
    case when says_worst_assessable then worse_than_first_rate_upper end
        as worse_than_first_rate_upper,
    case when n_courses < minimum_pairs_for_rate then 'too_few_pairs_for_rate' end
        as reliability_reason,
    cast(null as varchar) as withheld_figures
from judged_rows
order by audience, level, subject_id, instrument_id, period_kind, period_start_on
