-- Gaps between strata of clients, for the clinic's director. A row is about the clinic as a whole.
-- A share over fewer courses than the policy's minimum, of a stratum or of all the others, is left
-- out with every gap that it is part of; counts stay. Nothing is withheld for privacy, as no policy
-- shows this table to anybody else.
--
-- Grain:  one row per audience and row of mart_equity shown.
-- Key:    audience, level, subject_id, stratum_kind, stratum, figure, instrument_id, scale,
--         respondent, period_kind, period_start_on
with
judged_rows as (
    select
        mart_equity.*,
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        least(mart_equity.n_courses, mart_equity.n_other_courses)
        >= policies.minimum_pairs_for_rate as says_share
    from mart_equity
    inner join ref_disclosure_policies as policies
        on
            policies.table_name = 'pub_equity'
            and policies.mart_level = 'clinic'
            and mart_equity.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    'clinic' as subject_id,
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
    n_other_courses,
    n_other_met,
    shown_figure(says_share, share, share_decimals) as share,
    shown_figure(says_share, share_lower, share_decimals) as share_lower,
    shown_figure(says_share, share_upper, share_decimals) as share_upper,
    shown_figure(says_share, other_share, share_decimals) as other_share,
    shown_figure(says_share, gap, share_decimals) as gap,
    shown_figure(says_share, gap_lower, share_decimals) as gap_lower,
    shown_figure(says_share, gap_upper, share_decimals) as gap_upper,
    shown_figure(says_share, expected_share, share_decimals) as expected_share,
    shown_figure(says_share, adjusted_gap, share_decimals) as adjusted_gap,
    shown_figure(says_share, adjusted_gap_lower, share_decimals) as adjusted_gap_lower,
    shown_figure(says_share, adjusted_gap_upper, share_decimals) as adjusted_gap_upper,
    case
        when not says_share then 'too_few_courses_for_share'
        when figure = 'improved' and adjusted_gap is null then 'no_case_mix_model'
    end as reliability_reason
from judged_rows
order by
    audience, level, subject_id, stratum_kind, stratum, figure, instrument_id, scale, respondent,
    period_kind, period_start_on
