-- Full years of age on a day; who was born on 29 February is a year older on 1 March.
create or replace macro age_years(birth_on, day_on) as
cast(
    year(day_on) - year(birth_on)
    - case
        when month(day_on) * 100 + day(day_on) < month(birth_on) * 100 + day(birth_on) then 1
        else 0
    end
    as integer
);
