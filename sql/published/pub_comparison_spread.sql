-- How much therapists, or groups, differ beyond chance, and how many could be compared, for the
-- clinic's director. A row is about the clinic as a whole: it names nobody. Nothing is withheld, as
-- no policy shows this table to anybody else.
--
-- Grain:  one row per audience and row of mart_comparison_spread shown.
-- Key:    audience, level, subject_id, compared_level, instrument_id, scale, respondent, outcome,
--         period_kind, period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id
    from ref_disclosure_policies
    where table_name = 'pub_comparison_spread'
),

spreads as (
    select
        'clinic' as level,
        level as compared_level,
        instrument_id,
        scale,
        respondent,
        outcome,
        period_kind,
        period_start_on,
        period_end_on,
        n_units,
        n_compared,
        n_pairs,
        mean_pairs,
        between_variance,
        within_variance,
        icc,
        icc_latent,
        design_effect,
        n_needed,
        phi,
        tau2,
        n_above,
        n_below,
        n_within,
        n_unjudged,
        n_false_alarms_expected,
        chance_of_a_false_alarm
    from mart_comparison_spread
),

shown_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        'clinic' as subject_id,
        spreads.compared_level,
        spreads.instrument_id,
        spreads.scale,
        spreads.respondent,
        spreads.outcome,
        spreads.period_kind,
        spreads.period_start_on,
        spreads.period_end_on,
        spreads.n_units,
        spreads.n_compared,
        spreads.n_pairs,
        shown_figure(true, spreads.mean_pairs, null) as mean_pairs,
        shown_figure(true, spreads.between_variance, null) as between_variance,
        shown_figure(true, spreads.within_variance, null) as within_variance,
        shown_figure(true, spreads.icc, null) as icc,
        shown_figure(true, spreads.icc_latent, null) as icc_latent,
        shown_figure(true, spreads.design_effect, null) as design_effect,
        spreads.n_needed,
        shown_figure(true, spreads.phi, null) as phi,
        shown_figure(true, spreads.tau2, null) as tau2,
        spreads.n_above,
        spreads.n_below,
        spreads.n_within,
        spreads.n_unjudged,
        shown_figure(true, spreads.n_false_alarms_expected, null) as n_false_alarms_expected,
        shown_figure(true, spreads.chance_of_a_false_alarm, null) as chance_of_a_false_alarm
    from spreads
    inner join policies
        on
            spreads.level = policies.mart_level
            and spreads.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    compared_level,
    instrument_id,
    scale,
    respondent,
    outcome,
    period_kind,
    period_start_on,
    period_end_on,
    n_units,
    n_compared,
    n_pairs,
    mean_pairs,
    between_variance,
    within_variance,
    icc,
    icc_latent,
    design_effect,
    n_needed,
    phi,
    tau2,
    n_above,
    n_below,
    n_within,
    n_unjudged,
    n_false_alarms_expected,
    chance_of_a_false_alarm
from shown_rows
order by
    audience, level, subject_id, compared_level, instrument_id, scale, respondent, outcome,
    period_kind, period_start_on
