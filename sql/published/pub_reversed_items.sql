-- Whether reversed items are turned as each source needs it, for those who see what was delivered.
--
-- Grain:  one row per audience, source and instrument with reversed items.
-- Key:    audience, source, instrument_id
select
    policies.audience,
    int_reversed_items.source,
    int_reversed_items.instrument_id,
    int_reversed_items.n_forms,
    int_reversed_items.correlation,
    int_reversed_items.is_suspicious
from int_reversed_items
inner join ref_disclosure_policies as policies on policies.table_name = 'pub_reversed_items'
order by policies.audience, int_reversed_items.source, int_reversed_items.instrument_id
