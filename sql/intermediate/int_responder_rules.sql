-- Which rating of a verdict, such as PGI-C, counts as better.
--
-- A rating counts when it is at most `until_points` or at least `from_points`, whichever the form's
-- threshold names; a respondent for whom no threshold was found has no row.
--
-- Grain:  one row per instrument, scale and respondent with an active threshold of a responder.
-- Key:    instrument_id, scale, respondent
-- Source: ref_thresholds, kind `responder` (citation per figure)
with thresholds as (
    select
        instrument_id,
        scale,
        unnest(respondents) as respondent,
        points,
        op
    from ref_thresholds
    where kind = 'responder' and is_active
)

select
    instrument_id,
    scale,
    respondent,
    max(points) filter (where op = '<=') as until_points,
    min(points) filter (where op = '>=') as from_points
from thresholds
group by instrument_id, scale, respondent
order by instrument_id, scale, respondent
