-- What therapists' and groups' outcomes are adjusted for and how well that tells, for the clinic's
-- director; where there is no model, the reason. A row is about the clinic as a whole: it names
-- nobody. Nothing is withheld, as no policy shows this table to anybody else.
--
-- Grain:  one row per audience and row of mart_case_mix shown.
-- Key:    audience, level, subject_id, instrument_id, scale, respondent, outcome, period_kind,
--         period_start_on
select
    policies.audience,
    policies.policy_id,
    policies.level,
    'clinic' as subject_id,
    mart_case_mix.instrument_id,
    mart_case_mix.scale,
    mart_case_mix.respondent,
    mart_case_mix.outcome,
    mart_case_mix.period_kind,
    mart_case_mix.period_start_on,
    mart_case_mix.period_end_on,
    mart_case_mix.n_cases,
    mart_case_mix.n_improved,
    mart_case_mix.model,
    mart_case_mix.is_fitted,
    mart_case_mix.reason,
    mart_case_mix.n_parameters,
    mart_case_mix.covariates,
    mart_case_mix.r_squared,
    mart_case_mix.auc,
    mart_case_mix.brier,
    mart_case_mix.calibration_intercept,
    mart_case_mix.calibration_slope
from mart_case_mix
inner join ref_disclosure_policies as policies
    on
        policies.table_name = 'pub_case_mix'
        and policies.mart_level = 'clinic'
        and mart_case_mix.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    subject_id,
    mart_case_mix.instrument_id,
    mart_case_mix.scale,
    mart_case_mix.respondent,
    mart_case_mix.outcome,
    mart_case_mix.period_kind,
    mart_case_mix.period_start_on
