-- In how many domains of success courses improved, as the clinic's director may see it: counts
-- alone, and nothing is withheld for privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, rules, number of domains measured and improved,
--         whether any got worse, and period shown.
-- Key:    audience, level, subject_id, rules, n_domains_measured, n_domains_improved, has_worse,
--         period_kind, period_start_on
with
policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id
    from ref_disclosure_policies
    where table_name = 'pub_success_profile'
),

profile_rows as (
    select
        level,
        subject_id,
        rules,
        n_domains_measured,
        n_domains_improved,
        has_worse,
        period_kind,
        period_start_on,
        period_end_on,
        n_clients,
        n_courses
    from mart_success_profile
),

shown_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.level,
        profile_rows.subject_id,
        profile_rows.rules,
        profile_rows.n_domains_measured,
        profile_rows.n_domains_improved,
        profile_rows.has_worse,
        profile_rows.period_kind,
        profile_rows.period_start_on,
        profile_rows.period_end_on,
        profile_rows.n_clients,
        profile_rows.n_courses
    from profile_rows
    inner join policies
        on
            profile_rows.level = policies.mart_level
            and profile_rows.period_kind = policies.period_kind
)

select
    audience,
    policy_id,
    level,
    subject_id,
    rules,
    n_domains_measured,
    n_domains_improved,
    has_worse,
    period_kind,
    period_start_on,
    period_end_on,
    n_clients,
    n_courses
from shown_rows
order by
    audience,
    level,
    subject_id,
    rules,
    n_domains_measured,
    n_domains_improved,
    has_worse,
    period_kind,
    period_start_on
