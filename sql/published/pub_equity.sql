-- Gaps between strata of clients, for the clinic's director. A row is about the clinic as a whole.
-- A share over fewer courses than the policy's minimum, of a stratum or of all the others, is left
-- out with every gap that it is part of; counts stay. Nothing is withheld for privacy, as no policy
-- shows this table to anybody else.
--
-- Grain:  one row per audience and row of mart_equity shown.
-- Key:    audience, level, subject_id, stratum_kind, stratum, figure, instrument_id, scale,
--         respondent, period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        share_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_equity'
),

strata as (
    select
        'clinic' as level,
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
        gap,
        gap_lower,
        gap_upper,
        expected_share,
        adjusted_gap,
        adjusted_gap_lower,
        adjusted_gap_upper
    from mart_equity
),

judged_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        policies.share_decimals,
        strata.stratum_kind,
        strata.stratum,
        strata.figure,
        strata.instrument_id,
        strata.scale,
        strata.respondent,
        strata.period_kind,
        strata.period_start_on,
        strata.period_end_on,
        strata.n_clients,
        strata.n_courses,
        strata.n_met,
        strata.share,
        strata.share_lower,
        strata.share_upper,
        strata.n_other_courses,
        strata.n_other_met,
        strata.other_share,
        strata.gap,
        strata.gap_lower,
        strata.gap_upper,
        strata.expected_share,
        strata.adjusted_gap,
        strata.adjusted_gap_lower,
        strata.adjusted_gap_upper,
        least(strata.n_courses, strata.n_other_courses) >= policies.minimum_pairs_for_rate
            as says_share
    from strata
    inner join policies
        on strata.level = policies.mart_level and strata.period_kind = policies.period_kind
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
