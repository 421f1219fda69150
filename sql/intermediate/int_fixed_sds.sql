-- The one spread of first scores that everybody's change on a scale is divided by, so that figures
-- of clinics, therapists and instruments share a ruler.
--
-- A verified norm of the catalogue: its own reference sample where one is published, else a
-- clinical sample (such as the national one that NHS England uses); of several the one that spreads
-- most. Never the clinic's own, and never that of other people's answers: parents and children
-- spread differently on the same form.
--
-- Grain:  one row per instrument, scale and respondent with such a norm.
-- Key:    instrument_id, scale, respondent
-- Source: ref_norms (citation per sample)
with norms as (
    select
        instrument_id,
        scale,
        unnest(respondents) as respondent,
        population,
        label,
        sd_points,
        source
    from ref_norms
    where
        is_default
        and status = 'verified'
        and sd_points > 0
        and population in ('reference', 'clinical')
)

select
    instrument_id,
    scale,
    respondent,
    population,
    label,
    sd_points,
    source
from norms
qualify
    row_number() over (
        partition by instrument_id, scale, respondent
        order by population desc, sd_points desc, label asc, source asc
    ) = 1
order by instrument_id, scale, respondent
