-- Whether reversed items are turned as each source needs it, for those who see what was delivered.
--
-- Grain:  one row per audience, source and instrument with reversed items.
-- Key:    audience, source, instrument_id
with
policies as (
    select audience
    from ref_disclosure_policies
    where table_name = 'pub_reversed_items'
),

checked_items as (
    select
        source,
        instrument_id,
        n_forms,
        correlation,
        is_suspicious
    from int_reversed_items
)

select
    policies.audience,
    checked_items.source,
    checked_items.instrument_id,
    checked_items.n_forms,
    checked_items.correlation,
    checked_items.is_suspicious
from checked_items
cross join policies
order by policies.audience, checked_items.source, checked_items.instrument_id
