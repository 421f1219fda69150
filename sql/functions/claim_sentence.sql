-- A claim's sentence: a template of data_contracts/claims/standard.yaml with its names between
-- braces filled in from a struct v of counts, rates and words.
create or replace macro claim_sentence(template, v) as
claim_percents(claim_counts(claim_names(template, v), v), v);
