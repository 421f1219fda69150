-- What the public page says of each claim that shares its counts: made of pub_counts alone, as they
-- are shown, so that no share tells more than the counts beside it.
--
-- A claim's parts are the sums of its blocks. A hidden part counts as the middle of what it may be,
-- so `n_measured`, `n_due` and the shares are about so much. The limits are Wilson's for so many
-- independent clients as these are worth by the standard's design effect: how much the clinic's own
-- groups and therapists differ is no public figure. The verdict is on the worst that the counts may
-- be, so that what `may_publish` here may be published; `cannot_tell` when the claim was not fixed
-- before the year began or too few were measured.
--
-- Grain:  one row per audience, claim and calendar year.
-- Key:    audience, claim_id, period_start_on
-- Source: ref_claims (claim and standard), int_claim_rules (its rule); Wilson score interval, 95 %
with
policies as (
    select
        audience,
        share_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_statements' and level = 'programme'
),

claims as (
    select
        claim_id,
        claim_version,
        says,
        set_on,
        claimed_rate,
        minimum_pairs,
        minimum_pair_rate,
        public_design_effect,
        population_words,
        measure_words,
        met_words,
        worse_words
    from ref_claims
),

claim_rules as (
    select
        claim_id,
        rule_points,
        rule_source
    from int_claim_rules
),

block_counts as (
    select
        audience,
        policy_id,
        subject_id,
        period_start_on,
        period_end_on,
        closes_on,
        part,
        n_clients,
        n_lower,
        n_upper,
        coalesce(n_clients, round((n_lower + n_upper) / 2)) as n_about
    from pub_counts
    where level = 'block'
),

claim_parts as (
    select
        block_counts.audience,
        block_counts.policy_id,
        claims.claim_id,
        block_counts.period_start_on,
        block_counts.period_end_on,
        block_counts.closes_on,
        block_counts.part,
        case when count(block_counts.n_clients) = count(*) then sum(block_counts.n_clients) end
            as n_clients,
        sum(block_counts.n_about) as n_about,
        sum(block_counts.n_lower) as n_lower,
        sum(block_counts.n_upper) as n_upper
    from block_counts
    inner join claims
        on contains(block_counts.subject_id, concat(';', claims.claim_id, ';'))
    group by
        block_counts.audience,
        block_counts.policy_id,
        claims.claim_id,
        block_counts.period_start_on,
        block_counts.period_end_on,
        block_counts.closes_on,
        block_counts.part
),

claim_years as (
    select
        audience,
        policy_id,
        claim_id,
        period_start_on,
        period_end_on,
        closes_on,
        max(case when part = 'met' then n_clients end) as n_met,
        max(case when part = 'worse' then n_clients end) as n_worse,
        max(case when part = 'neither' then n_clients end) as n_neither,
        max(case when part = 'unmeasured' then n_clients end) as n_unmeasured,
        max(case when part = 'met' then n_about end) as about_met,
        max(case when part = 'worse' then n_about end) as about_worse,
        max(case when part = 'met' then n_lower end) as lowest_met,
        sum(n_about) as about_due,
        sum(case when part != 'unmeasured' then n_about end) as about_measured,
        sum(case when part != 'unmeasured' then n_lower end) as lowest_measured,
        max(case when part = 'met' then n_lower else 0 end)
        + sum(case when part in ('worse', 'neither') then n_upper end) as measured_beside_lowest,
        max(case when part = 'unmeasured' then n_upper end) as highest_unmeasured
    from claim_parts
    group by audience, policy_id, claim_id, period_start_on, period_end_on, closes_on
),

judged_years as (
    select
        claim_years.*,
        claims.claim_version,
        claims.says,
        claims.set_on,
        claims.population_words,
        claims.measure_words,
        replace(
            claims.met_words,
            '{points}',
            coalesce(format('{:g}', cast(claim_rules.rule_points as double)), '')
        ) as met_words,
        claims.worse_words,
        claim_rules.rule_source,
        claims.claimed_rate,
        cast(claims.public_design_effect as double) as design_effect,
        policies.share_decimals,
        policies.minimum_pairs_for_rate,
        claim_years.n_met is not null
        and claim_years.about_measured >= policies.minimum_pairs_for_rate as has_rate,
        claim_years.n_worse is not null
        and claim_years.about_measured >= policies.minimum_pairs_for_rate as has_worse_rate,
        nullif(
            concat_ws(
                ';',
                case
                    when coalesce(claims.set_on > claim_years.period_start_on, true)
                        then 'fixed_afterwards'
                end,
                case
                    when claim_years.lowest_measured < claims.minimum_pairs then 'too_few_pairs'
                end
            ),
            ''
        ) as open_reasons,
        nullif(
            concat_ws(
                ';',
                case
                    when
                        claim_years.lowest_measured
                        < claims.minimum_pair_rate
                        * (claim_years.lowest_measured + claim_years.highest_unmeasured)
                        then 'low_pair_rate'
                end,
                case
                    when
                        claim_years.lowest_met
                        < claims.claimed_rate * claim_years.measured_beside_lowest
                        then 'figure_below_claim'
                end,
                case
                    when
                        claim_years.lowest_met
                        < claims.claimed_rate
                        * (claim_years.measured_beside_lowest + claim_years.highest_unmeasured)
                        then 'worst_bound_below_claim'
                end
            ),
            ''
        ) as refusal_reasons
    from claim_years
    inner join claims on claim_years.claim_id = claims.claim_id
    inner join claim_rules on claim_years.claim_id = claim_rules.claim_id
    inner join policies on claim_years.audience = policies.audience
)

select
    audience,
    policy_id,
    claim_id,
    claim_version,
    period_start_on,
    period_end_on,
    closes_on,
    says,
    set_on,
    population_words,
    measure_words,
    met_words,
    worse_words,
    rule_source,
    claimed_rate,
    design_effect,
    cast(n_met as bigint) as n_met,
    cast(n_worse as bigint) as n_worse,
    cast(n_neither as bigint) as n_neither,
    cast(n_unmeasured as bigint) as n_unmeasured,
    cast(about_measured as bigint) as n_measured,
    cast(about_due as bigint) as n_due,
    shown_figure(has_rate, about_met / nullif(about_measured, 0), share_decimals) as met_rate,
    shown_figure(
        has_rate,
        wilson_lower(about_met / design_effect, about_measured / design_effect),
        share_decimals
    ) as met_rate_lower,
    shown_figure(
        has_rate,
        wilson_upper(about_met / design_effect, about_measured / design_effect),
        share_decimals
    ) as met_rate_upper,
    shown_figure(has_rate, about_met / nullif(about_due, 0), share_decimals) as met_rate_worst,
    shown_figure(has_worse_rate, about_worse / nullif(about_measured, 0), share_decimals)
        as worse_rate,
    shown_figure(
        about_due >= minimum_pairs_for_rate,
        about_measured / nullif(about_due, 0),
        share_decimals
    ) as measured_rate,
    case
        when open_reasons is not null then 'cannot_tell'
        when refusal_reasons is not null then 'may_not_publish'
        else 'may_publish'
    end as verdict,
    nullif(concat_ws(';', open_reasons, refusal_reasons), '') as verdict_reasons
from judged_years
order by audience, claim_id, period_start_on
