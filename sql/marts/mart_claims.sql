-- What may be said of each claim: who began, who was measured, who met the rule, and whether the
-- sentence may be published.
--
-- A course counts in the month of its first attended session. `n_started` are those of the claim's
-- population, `n_due` those of them whose time has come by $as_of_on (for a recovery: and who are
-- not known to have begun below the threshold); all counts after that are of these. Of two courses
-- of one person at one subject, the second counts only when it began at least the claim's days
-- after the one before, so that group and individual work side by side is told once. `n_referred`
-- are the courses of the population that were referred in the period, whenever they began.
--
-- `met_rate` is over those measured, `met_rate_worst` and `met_rate_best` over all who were due.
-- Its limits are Wilson's, widened where groups or therapists differ more than chance would have
-- it (`design_effect`, never below 1; where it cannot be computed it is null, the limits plain).
--
-- The verdict, on exact counts: `cannot_tell` while a course is not due, without a published rule
-- or with too few pairs; `may_not_publish` when too few were measured, or when the figure or its
-- worst bound stays below the claim; else `may_publish`. `sentence` is what may be said instead.
--
-- Grain:  one row per claim, clinic or programme and period with somebody referred or started.
-- Key:    claim_id, level, subject_id, period_kind, period_start_on
-- Source: ref_claims (claim, standard, words); Wilson score interval, 95 %; design effect of a
--         ratio over clusters, Cochran, Sampling Techniques, 1977, chapter 11
with claims as (
    select
        claim_id,
        claim_version,
        claimed_rate,
        levels,
        tracks,
        modalities,
        instrument_id,
        scale,
        respondent,
        after_days,
        tolerance_days,
        minimum_pairs,
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
        rule_id,
        rule_version,
        rule_points
    from int_claim_rules
),

claim_courses as (
    select
        claim_id,
        episode_key,
        client_key,
        cluster_id,
        session_1_on,
        is_due,
        is_counted,
        is_measured,
        is_met,
        is_deteriorated
    from mart_episode_claims
),

episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        track,
        referred_on
    from int_episodes
),

programmes as (
    select
        programme_id,
        modality
    from stg_programmes
),

episode_subjects as (
    select
        episode_key,
        level,
        subject_id,
        replace(level, 'public_', '') as claim_level
    from int_episode_subjects
),

period_months as (
    select
        period_kind,
        period_start_on,
        period_end_on,
        month_start_on
    from int_period_months
),

subject_names as (
    select
        level,
        subject_id,
        name
    from int_subject_names
),

subject_courses as (
    select
        claim_courses.claim_id,
        episode_subjects.level,
        episode_subjects.subject_id,
        claim_courses.episode_key,
        claim_courses.client_key,
        claim_courses.cluster_id,
        claim_courses.session_1_on,
        claim_courses.is_due,
        claim_courses.is_counted,
        claim_courses.is_measured,
        claim_courses.is_met,
        claim_courses.is_deteriorated,
        lag(claim_courses.session_1_on) over (
            partition by
                claim_courses.claim_id,
                episode_subjects.level,
                episode_subjects.subject_id,
                claim_courses.client_key
            order by claim_courses.session_1_on asc, claim_courses.episode_key asc
        ) + claims.after_days as next_from_on
    from claim_courses
    inner join claims on claim_courses.claim_id = claims.claim_id
    inner join episode_subjects
        on
            claim_courses.episode_key = episode_subjects.episode_key
            and list_contains(claims.levels, episode_subjects.claim_level)
),

-- The month of the person's course before: people are not additive over months, but a course whose
-- client had one earlier in the same period is told by it.
started_courses as (
    select
        claim_id,
        level,
        subject_id,
        cluster_id,
        cast(date_trunc('month', session_1_on) as date) as month_start_on,
        cast(
            date_trunc(
                'month',
                lag(session_1_on) over (
                    partition by claim_id, level, subject_id, client_key
                    order by session_1_on asc, episode_key asc
                )
            ) as date
        ) as previous_month_on,
        is_due,
        is_due and is_counted as is_in_figure,
        is_measured,
        is_met,
        is_deteriorated
    from subject_courses
    where next_from_on is null or session_1_on >= next_from_on
),

started_cells as (
    select
        claim_id,
        level,
        subject_id,
        month_start_on,
        previous_month_on,
        cluster_id,
        count(*) as n_started,
        count(*) filter (where not is_due) as n_not_due,
        count(*) filter (where is_in_figure) as n_due,
        count(*) filter (where is_in_figure and is_measured) as n_measured,
        count(*) filter (where is_in_figure and is_measured and is_met) as n_met,
        count(*) filter (where is_in_figure and is_measured and is_deteriorated) as n_deteriorated
    from started_courses
    group by claim_id, level, subject_id, month_start_on, previous_month_on, cluster_id
),

cluster_counts as (
    select
        started_cells.claim_id,
        started_cells.level,
        started_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        started_cells.cluster_id,
        cast(
            sum(
                case
                    when started_cells.previous_month_on >= period_months.period_start_on then 0
                    else started_cells.n_started
                end
            ) as bigint
        ) as n_clients,
        cast(sum(started_cells.n_started) as bigint) as n_started,
        cast(sum(started_cells.n_not_due) as bigint) as n_not_due,
        cast(sum(started_cells.n_due) as bigint) as n_due,
        cast(sum(started_cells.n_measured) as bigint) as n_measured,
        cast(sum(started_cells.n_met) as bigint) as n_met,
        cast(sum(started_cells.n_deteriorated) as bigint) as n_deteriorated
    from started_cells
    inner join period_months on started_cells.month_start_on = period_months.month_start_on
    group by
        started_cells.claim_id,
        started_cells.level,
        started_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        started_cells.cluster_id
),

started_counts as (
    select
        claim_id,
        level,
        subject_id,
        period_kind,
        period_start_on,
        period_end_on,
        cast(sum(n_clients) as bigint) as n_clients,
        cast(sum(n_started) as bigint) as n_started,
        cast(sum(n_not_due) as bigint) as n_not_due,
        cast(sum(n_due) as bigint) as n_due,
        cast(sum(n_measured) as bigint) as n_measured,
        cast(sum(n_met) as bigint) as n_met,
        cast(sum(n_deteriorated) as bigint) as n_deteriorated,
        count(*) filter (where n_measured > 0) as n_clusters,
        -- Of (x - p m) squared over clusters, in whole numbers: p = n_met / n_measured is put in
        -- below, so that no order of adding can change a digit.
        cast(sum(cast(n_met as hugeint) * n_met) as hugeint) as square_met,
        cast(sum(cast(n_met as hugeint) * n_measured) as hugeint) as met_by_measured,
        cast(sum(cast(n_measured as hugeint) * n_measured) as hugeint) as square_measured
    from cluster_counts
    group by claim_id, level, subject_id, period_kind, period_start_on, period_end_on
),

referred_cells as (
    select
        claims.claim_id,
        episode_subjects.level,
        episode_subjects.subject_id,
        cast(date_trunc('month', episodes.referred_on) as date) as month_start_on,
        count(*) as n_referred
    from episodes
    left join programmes on episodes.programme_id = programmes.programme_id
    inner join episode_subjects on episodes.episode_key = episode_subjects.episode_key
    inner join claims
        on
            list_contains(claims.levels, episode_subjects.claim_level)
            and (claims.tracks is null or list_contains(claims.tracks, episodes.track))
            and (
                claims.modalities is null
                or list_contains(claims.modalities, programmes.modality)
            )
    where episodes.referred_on is not null
    group by
        claims.claim_id,
        episode_subjects.level,
        episode_subjects.subject_id,
        date_trunc('month', episodes.referred_on)
),

referred_counts as (
    select
        referred_cells.claim_id,
        referred_cells.level,
        referred_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on,
        cast(sum(referred_cells.n_referred) as bigint) as n_referred
    from referred_cells
    inner join period_months on referred_cells.month_start_on = period_months.month_start_on
    group by
        referred_cells.claim_id,
        referred_cells.level,
        referred_cells.subject_id,
        period_months.period_kind,
        period_months.period_start_on,
        period_months.period_end_on
),

counts as (
    select
        coalesce(started_counts.claim_id, referred_counts.claim_id) as claim_id,
        coalesce(started_counts.level, referred_counts.level) as level,
        coalesce(started_counts.subject_id, referred_counts.subject_id) as subject_id,
        coalesce(started_counts.period_kind, referred_counts.period_kind) as period_kind,
        coalesce(started_counts.period_start_on, referred_counts.period_start_on)
            as period_start_on,
        coalesce(started_counts.period_end_on, referred_counts.period_end_on) as period_end_on,
        coalesce(started_counts.n_clients, 0) as n_clients,
        coalesce(referred_counts.n_referred, 0) as n_referred,
        coalesce(started_counts.n_started, 0) as n_started,
        coalesce(started_counts.n_not_due, 0) as n_not_due,
        coalesce(started_counts.n_due, 0) as n_due,
        coalesce(started_counts.n_measured, 0) as n_measured,
        coalesce(started_counts.n_met, 0) as n_met,
        coalesce(started_counts.n_deteriorated, 0) as n_deteriorated,
        coalesce(started_counts.n_clusters, 0) as n_clusters,
        -- How much wider than by chance the clusters spread: the sum over k clusters of
        -- (n x - X m) squared, times k / (k - 1), over n X (n - X).
        case
            when
                started_counts.n_clusters > 1
                and started_counts.n_met > 0
                and started_counts.n_met < started_counts.n_measured
                then
                    greatest(
                        cast(1 as double),
                        cast(
                            started_counts.n_clusters * (
                                cast(started_counts.n_measured as hugeint)
                                * started_counts.n_measured
                                * started_counts.square_met
                                - 2 * cast(started_counts.n_measured as hugeint)
                                * started_counts.n_met
                                * started_counts.met_by_measured
                                + cast(started_counts.n_met as hugeint)
                                * started_counts.n_met
                                * started_counts.square_measured
                            ) as double
                        )
                        / cast(
                            (started_counts.n_clusters - 1)
                            * cast(started_counts.n_measured as hugeint)
                            * started_counts.n_met
                            * (started_counts.n_measured - started_counts.n_met) as double
                        )
                    )
        end as design_effect
    from started_counts
    full join referred_counts
        on
            started_counts.claim_id = referred_counts.claim_id
            and started_counts.level = referred_counts.level
            and started_counts.subject_id = referred_counts.subject_id
            and started_counts.period_kind = referred_counts.period_kind
            and started_counts.period_start_on = referred_counts.period_start_on
),

figures as (
    select
        counts.claim_id,
        counts.level,
        counts.subject_id,
        counts.period_kind,
        counts.period_start_on,
        counts.period_end_on,
        counts.n_clients,
        counts.n_referred,
        counts.n_started,
        counts.n_due,
        counts.n_measured,
        counts.n_clusters,
        case when claim_rules.rule_points is not null then counts.n_met end as n_met,
        case when claim_rules.rule_points is not null then counts.n_deteriorated end
            as n_deteriorated,
        case when claim_rules.rule_points is not null then counts.design_effect end
            as design_effect,
        counts.n_measured < claims.minimum_pair_rate * counts.n_due as has_low_pair_rate,
        nullif(
            concat_ws(
                ';',
                case when counts.n_not_due > 0 then 'window_still_open' end,
                case when claim_rules.rule_points is null then 'no_published_rule' end,
                case when counts.n_measured < claims.minimum_pairs then 'too_few_pairs' end
            ),
            ''
        ) as open_reasons,
        nullif(
            concat_ws(
                ';',
                case
                    when counts.n_measured < claims.minimum_pair_rate * counts.n_due
                        then 'low_pair_rate'
                end,
                case
                    when
                        claim_rules.rule_points is not null
                        and counts.n_met < claims.claimed_rate * counts.n_measured
                        then 'figure_below_claim'
                end,
                case
                    when
                        claim_rules.rule_points is not null
                        and counts.n_met < claims.claimed_rate * counts.n_due
                        then 'worst_bound_below_claim'
                end
            ),
            ''
        ) as refusal_reasons
    from counts
    inner join claims on counts.claim_id = claims.claim_id
    inner join claim_rules on counts.claim_id = claim_rules.claim_id
),

rated_figures as (
    select
        claim_id,
        level,
        subject_id,
        period_kind,
        period_start_on,
        wilson_lower(n_met / coalesce(design_effect, 1), n_measured / coalesce(design_effect, 1))
            as met_rate_lower,
        wilson_upper(n_met / coalesce(design_effect, 1), n_measured / coalesce(design_effect, 1))
            as met_rate_upper
    from figures
)

select
    figures.claim_id,
    claims.claim_version,
    figures.level,
    figures.subject_id,
    figures.period_kind,
    figures.period_start_on,
    figures.period_end_on,
    cast(figures.period_end_on + claims.after_days + claims.tolerance_days as date) as closes_on,
    claims.instrument_id,
    claims.scale,
    claims.respondent,
    claim_rules.rule_id,
    claim_rules.rule_version,
    figures.n_clients,
    figures.n_referred,
    figures.n_started,
    figures.n_due,
    figures.n_measured,
    figures.n_met,
    figures.n_deteriorated,
    figures.n_measured / nullif(figures.n_due, 0) as measured_rate,
    wilson_lower(figures.n_measured, figures.n_due) as measured_rate_lower,
    wilson_upper(figures.n_measured, figures.n_due) as measured_rate_upper,
    figures.n_met / nullif(figures.n_measured, 0) as met_rate,
    rated_figures.met_rate_lower,
    rated_figures.met_rate_upper,
    figures.n_met / nullif(figures.n_due, 0) as met_rate_worst,
    (figures.n_met + figures.n_due - figures.n_measured) / nullif(figures.n_due, 0)
        as met_rate_best,
    figures.n_deteriorated / nullif(figures.n_measured, 0) as deteriorated_rate,
    wilson_lower(figures.n_deteriorated, figures.n_measured) as deteriorated_rate_lower,
    wilson_upper(figures.n_deteriorated, figures.n_measured) as deteriorated_rate_upper,
    figures.n_clusters,
    figures.design_effect,
    claims.claimed_rate,
    case
        when figures.open_reasons is not null then 'cannot_tell'
        when figures.refusal_reasons is not null then 'may_not_publish'
        else 'may_publish'
    end as verdict,
    nullif(concat_ws(';', figures.open_reasons, figures.refusal_reasons), '') as verdict_reasons,
    case
        when figures.open_reasons is null
            then
                claim_sentence(
                    case
                        when figures.has_low_pair_rate then claims.sentence_bounds_first
                        else claims.sentence
                    end,
                    {
                        'met_words': claims.met_words,
                        'worse_words': claims.worse_words,
                        'measure_words': claims.measure_words,
                        'population_words': claims.population_words,
                        'subject': coalesce(subject_names.name, figures.subject_id),
                        'points': claim_rules.rule_points,
                        'starts_on': figures.period_start_on,
                        'ends_on': figures.period_end_on,
                        'n_due': figures.n_due,
                        'n_measured': figures.n_measured,
                        'n_met': figures.n_met,
                        'n_deteriorated': figures.n_deteriorated,
                        'shown_due': figures.n_due,
                        'shown_measured': figures.n_measured,
                        'shown_met': figures.n_met,
                        'shown_deteriorated': figures.n_deteriorated,
                        'met_rate_lower': rated_figures.met_rate_lower,
                        'met_rate_upper': rated_figures.met_rate_upper
                    }
                )
    end as sentence
from figures
inner join claims on figures.claim_id = claims.claim_id
inner join claim_rules on figures.claim_id = claim_rules.claim_id
inner join rated_figures
    on
        figures.claim_id = rated_figures.claim_id
        and figures.level = rated_figures.level
        and figures.subject_id = rated_figures.subject_id
        and figures.period_kind = rated_figures.period_kind
        and figures.period_start_on = rated_figures.period_start_on
left join subject_names
    on
        replace(figures.level, 'public_', '') = subject_names.level
        and figures.subject_id = subject_names.subject_id
order by
    figures.claim_id,
    figures.level,
    figures.subject_id,
    figures.period_kind,
    figures.period_start_on
