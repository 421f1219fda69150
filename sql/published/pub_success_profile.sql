-- In how many domains of success courses improved, as the clinic's director may see it: counts
-- alone, and nothing is withheld for privacy, as no policy shows this table to the public.
--
-- Grain:  one row per audience, level, subject, rules, number of domains measured and improved,
--         whether any got worse, and period shown.
-- Key:    audience, level, subject_id, rules, n_domains_measured, n_domains_improved, has_worse,
--         period_kind, period_start_on
select
    policies.audience,
    policies.policy_id,
    policies.level,
    mart_success_profile.subject_id,
    mart_success_profile.rules,
    mart_success_profile.n_domains_measured,
    mart_success_profile.n_domains_improved,
    mart_success_profile.has_worse,
    mart_success_profile.period_kind,
    mart_success_profile.period_start_on,
    mart_success_profile.period_end_on,
    mart_success_profile.n_clients,
    mart_success_profile.n_courses
from mart_success_profile
inner join ref_disclosure_policies as policies
    on
        policies.table_name = 'pub_success_profile'
        and mart_success_profile.level = policies.mart_level
        and mart_success_profile.period_kind = policies.period_kind
order by
    policies.audience,
    policies.level,
    mart_success_profile.subject_id,
    mart_success_profile.rules,
    mart_success_profile.n_domains_measured,
    mart_success_profile.n_domains_improved,
    mart_success_profile.has_worse,
    mart_success_profile.period_kind,
    mart_success_profile.period_start_on
