-- What the case-mix models know of a case: its first score and the covariates of the settings.
--
-- A covariate that is not in $case_mix_covariates is null. The courses that are alike in all of it
-- share one cell, so that a model is fitted on cells and not on people.
--
-- Grain:  one row per instrument, scale, respondent and kind of case.
-- Key:    instrument_id, scale, respondent, cell_key
with cases as (
    select
        instrument_id,
        scale,
        respondent,
        cell_key,
        first_points,
        symptom_baseline,
        functioning_baseline,
        age_band,
        sex,
        problem,
        programme_id,
        modality,
        prior_courses,
        wait_band
    from int_comparison_cases
),

chosen as (
    select
        instrument_id,
        scale,
        respondent,
        cell_key,
        first_points,
        case
            when list_contains($case_mix_covariates, 'symptom_baseline') then symptom_baseline
        end as symptom_baseline,
        case
            when list_contains($case_mix_covariates, 'functioning_baseline')
                then functioning_baseline
        end as functioning_baseline,
        case when list_contains($case_mix_covariates, 'age_band') then age_band end as age_band,
        case when list_contains($case_mix_covariates, 'sex') then sex end as sex,
        case when list_contains($case_mix_covariates, 'problem') then problem end as problem,
        case when list_contains($case_mix_covariates, 'programme') then programme_id end
            as programme,
        case when list_contains($case_mix_covariates, 'modality') then modality end as modality,
        case when list_contains($case_mix_covariates, 'prior_courses') then prior_courses end
            as prior_courses,
        case when list_contains($case_mix_covariates, 'wait_band') then wait_band end as wait_band
    from cases
)

select
    instrument_id,
    scale,
    respondent,
    cell_key,
    first_points,
    symptom_baseline,
    functioning_baseline,
    age_band,
    sex,
    problem,
    programme,
    modality,
    prior_courses,
    wait_band
from chosen
group by
    instrument_id,
    scale,
    respondent,
    cell_key,
    first_points,
    symptom_baseline,
    functioning_baseline,
    age_band,
    sex,
    problem,
    programme,
    modality,
    prior_courses,
    wait_band
order by instrument_id, scale, respondent, cell_key
