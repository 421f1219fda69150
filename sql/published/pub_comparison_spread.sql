-- How much therapists, or groups, differ beyond chance, and how many could be compared, for the
-- clinic's director. A row is about the clinic as a whole: it names nobody. Nothing is withheld, as
-- no policy shows this table to anybody else.
--
-- Grain:  one row per audience and row of mart_comparison_spread shown.
-- Key:    audience, level, subject_id, compared_level, instrument_id, scale, respondent, outcome,
--         period_kind, period_start_on
select
    policies.audience,
    policies.policy_id,
    policies.level,
    'clinic' as subject_id,
    mart_comparison_spread.level as compared_level,
    mart_comparison_spread.instrument_id,
    mart_comparison_spread.scale,
    mart_comparison_spread.respondent,
    mart_comparison_spread.outcome,
    mart_comparison_spread.period_kind,
    mart_comparison_spread.period_start_on,
    mart_comparison_spread.period_end_on,
    mart_comparison_spread.n_units,
    mart_comparison_spread.n_compared,
    mart_comparison_spread.n_pairs,
    shown_figure(true, mart_comparison_spread.mean_pairs, null) as mean_pairs,
    shown_figure(true, mart_comparison_spread.between_variance, null) as between_variance,
    shown_figure(true, mart_comparison_spread.within_variance, null) as within_variance,
    shown_figure(true, mart_comparison_spread.icc, null) as icc,
    shown_figure(true, mart_comparison_spread.icc_latent, null) as icc_latent,
    shown_figure(true, mart_comparison_spread.design_effect, null) as design_effect,
    mart_comparison_spread.n_needed,
    shown_figure(true, mart_comparison_spread.phi, null) as phi,
    shown_figure(true, mart_comparison_spread.tau2, null) as tau2,
    mart_comparison_spread.n_above,
    mart_comparison_spread.n_below,
    mart_comparison_spread.n_within,
    mart_comparison_spread.n_unjudged,
    shown_figure(true, mart_comparison_spread.n_false_alarms_expected, null)
        as n_false_alarms_expected,
    shown_figure(true, mart_comparison_spread.chance_of_a_false_alarm, null)
        as chance_of_a_false_alarm
from mart_comparison_spread
inner join ref_disclosure_policies as policies
    on
        policies.table_name = 'pub_comparison_spread'
        and policies.mart_level = 'clinic'
        and mart_comparison_spread.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    subject_id,
    compared_level,
    mart_comparison_spread.instrument_id,
    mart_comparison_spread.scale,
    mart_comparison_spread.respondent,
    mart_comparison_spread.outcome,
    mart_comparison_spread.period_kind,
    mart_comparison_spread.period_start_on
