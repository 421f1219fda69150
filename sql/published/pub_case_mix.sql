-- What therapists' and groups' outcomes are adjusted for and how well that tells, for the clinic's
-- director; where there is no model, the reason. A row is about the clinic as a whole: it names
-- nobody. Nothing is withheld, as no policy shows this table to anybody else.
--
-- Grain:  one row per audience and row of mart_case_mix shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, outcome, period_kind,
--         period_start_on
with policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id
    from ref_disclosure_policies
    where table_name = 'pub_case_mix'
),

models as (
    select
        'clinic' as level,
        instrument_id,
        scale,
        respondent,
        outcome,
        period_kind,
        period_start_on,
        period_end_on,
        n_cases,
        n_improved,
        model,
        is_fitted,
        reason,
        n_parameters,
        covariates,
        r_squared,
        auc,
        brier,
        calibration_intercept,
        calibration_slope
    from mart_case_mix
),

shown_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        'clinic' as subject_id,
        models.instrument_id,
        models.scale,
        models.respondent,
        models.outcome,
        models.period_kind,
        models.period_start_on,
        models.period_end_on,
        models.n_cases,
        models.n_improved,
        models.model,
        models.is_fitted,
        models.reason,
        models.n_parameters,
        models.covariates,
        models.r_squared,
        models.auc,
        models.brier,
        models.calibration_intercept,
        models.calibration_slope
    from models
    inner join policies
        on models.level = policies.mart_level and models.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    instrument_id,
    scale,
    respondent,
    outcome,
    period_kind,
    period_start_on,
    period_end_on,
    n_cases,
    n_improved,
    model,
    is_fitted,
    reason,
    n_parameters,
    covariates,
    r_squared,
    auc,
    brier,
    calibration_intercept,
    calibration_slope
from shown_rows
order by
    audience, level, subject_id, instrument_id, scale, respondent, outcome, period_kind,
    period_start_on
