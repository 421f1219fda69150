-- The spread that falls of the working relationship are measured in, for each scale.
--
-- `clinic_reference`: the SD of the clinic's own first ratings of courses, dated in the frozen
-- reference period of its settings, where there are enough of them. Else `norm`: the SD of a
-- verified norm of the catalogue, of clients before all others. A scale with neither has no row.
-- The ratings are at their ceiling, so the spread is small and a fall of one SD few points.
--
-- Grain:  one row per instrument, scale and respondent with a known spread.
-- Key:    instrument_id, scale, respondent
-- Source: clinic.toml, [reference_period]; ref_norms
with first_scores as (
    select
        instrument_id,
        scale,
        respondent,
        score_points
    from int_alliance_scores
    where
        is_first
        and administered_on >= cast($reference_starts_on as date)
        and administered_on <= cast($reference_ends_on as date)
),

rated_scales as (
    select distinct
        instrument_id,
        scale,
        respondent
    from int_alliance_scores
),

norms as (
    select
        instrument_id,
        scale,
        population,
        sd_points
    from ref_norms
    where status = 'verified' and is_default and sd_points > 0
),

clinic_sums as (
    select
        instrument_id,
        scale,
        respondent,
        count(*) as n_scores,
        sum(score_points) as points_sum,
        sum(cast(score_points * score_points as decimal(38, 8))) as points_squares
    from first_scores
    group by instrument_id, scale, respondent
    having count(*) >= cast($reference_minimum_scores as bigint)
),

-- To four places, as scores are, so that a fall of exactly one SD can be told from less.
clinic_sds as (
    select
        instrument_id,
        scale,
        respondent,
        cast(
            round(
                sqrt(
                    cast(n_scores * points_squares - points_sum * points_sum as double)
                    / nullif(cast(n_scores * (n_scores - 1) as double), 0)
                ),
                4
            ) as decimal(9, 4)
        ) as sd_points
    from clinic_sums
),

norm_sds as (
    select
        instrument_id,
        scale,
        coalesce(
            max(sd_points) filter (where population = 'clinical'),
            max(sd_points) filter (where population = 'reference'),
            max(sd_points) filter (where population = 'non_clinical')
        ) as sd_points
    from norms
    group by instrument_id, scale
),

known_sds as (
    select
        rated_scales.instrument_id,
        rated_scales.scale,
        rated_scales.respondent,
        coalesce(clinic_sds.sd_points, norm_sds.sd_points) as sd_points,
        case
            when clinic_sds.sd_points is not null then 'clinic_reference'
            else 'norm'
        end as sd_basis
    from rated_scales
    left join clinic_sds
        on
            rated_scales.instrument_id = clinic_sds.instrument_id
            and rated_scales.scale = clinic_sds.scale
            and rated_scales.respondent = clinic_sds.respondent
            and clinic_sds.sd_points > 0
    left join norm_sds
        on
            rated_scales.instrument_id = norm_sds.instrument_id
            and rated_scales.scale = norm_sds.scale
)

select
    instrument_id,
    scale,
    respondent,
    sd_points,
    sd_basis
from known_sds
where sd_points is not null
order by instrument_id, scale, respondent
