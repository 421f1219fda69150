-- The band of an age in full years: `bands` are the youngest ages of each band but the first.
create or replace macro age_band(years, bands) as
case
    when years is null then null
    when years < bands[1] then 'under ' || bands[1]
    when years >= bands[len(bands)] then bands[len(bands)] || ' and over'
    else
        bands[len(list_filter(bands, lambda lowest: lowest <= years))]
        || ' to '
        || (bands[len(list_filter(bands, lambda lowest: lowest <= years)) + 1] - 1)
end;
