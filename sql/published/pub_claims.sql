-- Claims, as an audience may see them: the flow, the figure with its bounds, the verdict, and the
-- sentence that may be said, with counts rounded as the policy says.
--
-- A row of which any count, or what is left of one, is too small to be shown is left out whole:
-- a sentence with a hole in it could be filled from its percentages. Percentages of the sentence
-- come from exact counts, as all shares do. `reliability_reason` is set, and there is no rate, with
-- fewer pairs than the policy asks for.
--
-- Grain:  one row per audience, claim, level, subject and period that the audience may see.
-- Key:    audience, claim_id, level, subject_id, period_kind, period_start_on
with
policies as (
    select
        audience,
        level,
        mart_level,
        period_kind,
        policy_id,
        minimum_count,
        hide_zero,
        rounding_base,
        share_decimals,
        minimum_pairs_for_rate
    from ref_disclosure_policies
    where table_name = 'pub_claims'
),

claims as (
    select
        claim_id,
        says,
        set_on,
        minimum_pair_rate,
        population_words,
        measure_words,
        met_words,
        worse_words,
        sentence,
        sentence_bounds_first
    from ref_claims
),

claim_rules as (
    select
        claim_id,
        rule_points,
        rule_source
    from int_claim_rules
),

subject_names as (
    select
        level,
        subject_id,
        name
    from int_subject_names
),

claim_rows as (
    select
        claim_id,
        claim_version,
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        closes_on,
        instrument_id,
        rule_id,
        rule_version,
        n_clients,
        n_referred,
        n_started,
        n_due,
        n_measured,
        n_met,
        n_deteriorated,
        measured_rate,
        measured_rate_lower,
        measured_rate_upper,
        met_rate,
        met_rate_lower,
        met_rate_upper,
        met_rate_worst,
        met_rate_best,
        deteriorated_rate,
        deteriorated_rate_lower,
        deteriorated_rate_upper,
        claimed_rate,
        verdict,
        verdict_reasons
    from mart_claims
),

-- Every count that is printed, and every one that follows from two of them. Who recovered can have
-- got worse on one measure, so that what is left of those measured may be less than nobody.
printed_counts as (
    select
        claim_id,
        level,
        subject_id,
        period_kind,
        period_start_on,
        unnest([
            n_clients,
            n_referred,
            n_started,
            n_due,
            n_measured,
            n_met,
            n_deteriorated,
            n_due - n_measured,
            n_measured - n_met,
            n_measured - n_deteriorated,
            n_measured - n_met - n_deteriorated,
            nullif(n_started - n_due, 0),
            nullif(n_started - n_clients, 0)
        ]) as n
    from claim_rows
),

too_small_rows as (
    select distinct
        policies.audience,
        policies.mart_level,
        printed_counts.claim_id,
        printed_counts.subject_id,
        printed_counts.period_kind,
        printed_counts.period_start_on
    from printed_counts
    inner join policies
        on
            printed_counts.level = policies.mart_level
            and printed_counts.period_kind = policies.period_kind
    where
        abs(printed_counts.n) < policies.minimum_count
        and (printed_counts.n != 0 or policies.hide_zero)
),

shown_rows as (
    select
        policies.audience,
        policies.policy_id,
        policies.rounding_base,
        policies.share_decimals,
        policies.level,
        claim_rows.level as mart_level,
        claim_rows.claim_id,
        claim_rows.claim_version,
        claim_rows.subject_id,
        claim_rows.period_kind,
        claim_rows.period_start_on,
        claim_rows.period_end_on,
        claim_rows.closes_on,
        claim_rows.instrument_id,
        claim_rows.rule_id,
        claim_rows.rule_version,
        claim_rows.n_clients,
        claim_rows.n_referred,
        claim_rows.n_started,
        claim_rows.n_due,
        claim_rows.n_measured,
        claim_rows.n_met,
        claim_rows.n_deteriorated,
        claim_rows.measured_rate,
        claim_rows.measured_rate_lower,
        claim_rows.measured_rate_upper,
        claim_rows.met_rate,
        claim_rows.met_rate_lower,
        claim_rows.met_rate_upper,
        claim_rows.met_rate_worst,
        claim_rows.met_rate_best,
        claim_rows.deteriorated_rate,
        claim_rows.deteriorated_rate_lower,
        claim_rows.deteriorated_rate_upper,
        claim_rows.claimed_rate,
        claim_rows.verdict,
        claim_rows.verdict_reasons,
        claim_rows.n_measured >= policies.minimum_pairs_for_rate as has_rate
    from claim_rows
    inner join policies
        on
            claim_rows.level = policies.mart_level
            and claim_rows.period_kind = policies.period_kind
    left join too_small_rows
        on
            policies.audience = too_small_rows.audience
            and claim_rows.level = too_small_rows.mart_level
            and claim_rows.claim_id = too_small_rows.claim_id
            and claim_rows.subject_id = too_small_rows.subject_id
            and claim_rows.period_kind = too_small_rows.period_kind
            and claim_rows.period_start_on = too_small_rows.period_start_on
    where too_small_rows.claim_id is null
)

select
    shown_rows.audience,
    shown_rows.policy_id,
    shown_rows.claim_id,
    shown_rows.claim_version,
    shown_rows.level,
    shown_rows.subject_id,
    shown_rows.period_kind,
    shown_rows.period_start_on,
    shown_rows.period_end_on,
    shown_rows.closes_on,
    claims.says,
    claims.set_on,
    shown_rows.claimed_rate,
    shown_rows.instrument_id,
    shown_rows.rule_id,
    shown_rows.rule_version,
    claim_rules.rule_source,
    shown_count(true, shown_rows.n_clients, shown_rows.rounding_base) as n_clients,
    shown_count(true, shown_rows.n_referred, shown_rows.rounding_base) as n_referred,
    shown_count(true, shown_rows.n_started, shown_rows.rounding_base) as n_started,
    shown_count(true, shown_rows.n_due, shown_rows.rounding_base) as n_due,
    shown_count(true, shown_rows.n_measured, shown_rows.rounding_base) as n_measured,
    shown_count(true, shown_rows.n_met, shown_rows.rounding_base) as n_met,
    shown_count(true, shown_rows.n_deteriorated, shown_rows.rounding_base) as n_deteriorated,
    shown_figure(true, shown_rows.measured_rate, shown_rows.share_decimals) as measured_rate,
    shown_figure(true, shown_rows.measured_rate_lower, shown_rows.share_decimals)
        as measured_rate_lower,
    shown_figure(true, shown_rows.measured_rate_upper, shown_rows.share_decimals)
        as measured_rate_upper,
    shown_figure(shown_rows.has_rate, shown_rows.met_rate, shown_rows.share_decimals) as met_rate,
    shown_figure(shown_rows.has_rate, shown_rows.met_rate_lower, shown_rows.share_decimals)
        as met_rate_lower,
    shown_figure(shown_rows.has_rate, shown_rows.met_rate_upper, shown_rows.share_decimals)
        as met_rate_upper,
    shown_figure(shown_rows.has_rate, shown_rows.met_rate_worst, shown_rows.share_decimals)
        as met_rate_worst,
    shown_figure(shown_rows.has_rate, shown_rows.met_rate_best, shown_rows.share_decimals)
        as met_rate_best,
    shown_figure(shown_rows.has_rate, shown_rows.deteriorated_rate, shown_rows.share_decimals)
        as deteriorated_rate,
    shown_figure(
        shown_rows.has_rate, shown_rows.deteriorated_rate_lower, shown_rows.share_decimals
    ) as deteriorated_rate_lower,
    shown_figure(
        shown_rows.has_rate, shown_rows.deteriorated_rate_upper, shown_rows.share_decimals
    ) as deteriorated_rate_upper,
    shown_rows.verdict,
    shown_rows.verdict_reasons,
    case
        when shown_rows.verdict != 'cannot_tell'
            then
                claim_sentence(
                    case
                        when
                            shown_rows.n_measured < claims.minimum_pair_rate * shown_rows.n_due
                            then claims.sentence_bounds_first
                        else claims.sentence
                    end,
                    {
                        'met_words': claims.met_words,
                        'worse_words': claims.worse_words,
                        'measure_words': claims.measure_words,
                        'population_words': claims.population_words,
                        'subject': coalesce(subject_names.name, shown_rows.subject_id),
                        'points': claim_rules.rule_points,
                        'starts_on': shown_rows.period_start_on,
                        'ends_on': shown_rows.period_end_on,
                        'n_due': shown_rows.n_due,
                        'n_measured': shown_rows.n_measured,
                        'n_met': shown_rows.n_met,
                        'n_deteriorated': shown_rows.n_deteriorated,
                        'shown_due': shown_count(
                            true, shown_rows.n_due, shown_rows.rounding_base
                        ),
                        'shown_measured': shown_count(
                            true, shown_rows.n_measured, shown_rows.rounding_base
                        ),
                        'shown_met': shown_count(
                            true, shown_rows.n_met, shown_rows.rounding_base
                        ),
                        'shown_deteriorated': shown_count(
                            true, shown_rows.n_deteriorated, shown_rows.rounding_base
                        ),
                        'met_rate_lower': shown_rows.met_rate_lower,
                        'met_rate_upper': shown_rows.met_rate_upper
                    }
                )
    end as sentence,
    case when not shown_rows.has_rate then 'too_few_pairs_for_rate' end as reliability_reason,
    cast(null as varchar) as withheld_figures,
    cast(null as varchar) as privacy_reason
from shown_rows
inner join claims on shown_rows.claim_id = claims.claim_id
inner join claim_rules on shown_rows.claim_id = claim_rules.claim_id
left join subject_names
    on shown_rows.level = subject_names.level and shown_rows.subject_id = subject_names.subject_id
order by
    shown_rows.audience,
    shown_rows.claim_id,
    shown_rows.level,
    shown_rows.subject_id,
    shown_rows.period_kind,
    shown_rows.period_start_on
