-- What may be said of each claim: who began, who was measured, who met the rule, and whether the
-- sentence may be published.
--
-- A course counts in the month of its first attended session. `n_started` are those of the claim's
-- population, `n_due` those of them whose time has come by $as_of_on (for a recovery: and who are
-- not known to have begun below the threshold, who are `n_below_threshold`); all counts after that
-- are of these. Group and individual work side by side is told once: of the courses of one person
-- at one subject, one that began less than the claim's days after the last that counts, while that
-- one still had sessions, does not count. `n_referred` are the courses of the population that were
-- referred in the period, whenever they began. Only periods of the claim's one kind are judged.
--
-- `met_rate` is over those measured, `met_rate_worst` and `met_rate_best` over all who were due.
-- Its limits are Wilson's, widened where groups or therapists differ more than chance would have
-- it (`design_effect`, never below 1; where it cannot be computed it is null, the limits plain).
-- `deteriorated_rate` is over those of whom it is known whether they got worse, its limits plain;
-- `deteriorated_rate_worst` over all who were due, as if everybody else had.
--
-- The verdict, on exact counts: `cannot_tell` while a course is not due, when the claim was not
-- fixed before the period began, without a published rule or with too few pairs; `may_not_publish`
-- when too few were measured, or when the figure or its worst bound stays below the claim; else
-- `may_publish`. `sentence` is what may be said instead.
--
-- Grain:  one row per claim, clinic or programme and period with somebody referred or started.
-- Key:    claim_id, level, subject_id, period_kind, period_start_on
-- Source: ref_claims (claim, standard, words); Wilson score interval, 95 %; design effect of a
--         ratio over clusters, Cochran, Sampling Techniques, 1977, chapter 11
with recursive claims as (
    select
        claim_id,
        claim_version,
        set_on,
        claimed_rate,
        period_kind,
        levels,
        tracks,
        modalities,
        rule_kind,
        instrument_id,
        scale,
        respondent,
        after_days,
        tolerance_days,
        minimum_pairs,
        minimum_pair_rate,
        population_words,
        due_words,
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
        last_attended_on,
        is_due,
        is_counted,
        is_measured,
        is_met,
        is_worse_known,
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

recovery_courses as (
    select episode_key
    from int_recovery_population
    where is_in_population
),

subjects as (
    select distinct
        subject_number,
        level,
        subject_id
    from int_episode_subjects
),

subject_names as (
    select
        level,
        subject_id,
        name
    from int_subject_names
),

-- Who may claim what.
claim_subjects as (
    select
        claims.claim_id,
        subjects.subject_number
    from claims
    inner join subjects on list_contains(claims.levels, subjects.level)
),

claiming_subjects as (
    select
        level,
        subject_id,
        subject_number
    from subjects
    where subject_number in (select claim_subjects.subject_number from claim_subjects)
),

episode_subjects as (
    select
        episode_key,
        subject_number
    from int_episode_subjects
    where subject_number in (select claim_subjects.subject_number from claim_subjects)
),

periods as (
    select distinct
        period_number,
        period_kind,
        period_start_on,
        period_end_on
    from int_period_months
),

period_months as (
    select
        period_number,
        period_start_on,
        month_start_on
    from int_period_months
),

-- One kind of period a claim: with several, somebody could pick.
claim_months as (
    select
        claims.claim_id,
        period_months.period_number,
        period_months.period_start_on,
        period_months.month_start_on
    from claims
    inner join periods on claims.period_kind = periods.period_kind
    inner join period_months on periods.period_number = period_months.period_number
),

clusters as (
    select
        cluster_id,
        row_number() over (order by cluster_id) as cluster_number
    from claim_courses
    group by cluster_id
),

-- Only who has several courses can have one that is told already.
returning_clients as (
    select
        claim_id,
        client_key
    from claim_courses
    group by claim_id, client_key
    having count(*) > 1
),

numbered_courses as (
    select
        claim_courses.claim_id,
        claim_courses.episode_key,
        claim_courses.client_key,
        clusters.cluster_number,
        claim_courses.session_1_on,
        claim_courses.last_attended_on,
        claim_courses.session_1_on + claims.after_days as next_from_on,
        cast(date_trunc('month', claim_courses.session_1_on) as date) as month_start_on,
        returning_clients.client_key is not null as is_of_returning_client,
        claim_courses.is_due,
        claim_courses.is_due and claim_courses.is_counted as is_in_figure,
        claim_courses.is_measured,
        claim_courses.is_met,
        claim_courses.is_worse_known,
        claim_courses.is_deteriorated
    from claim_courses
    inner join claims on claim_courses.claim_id = claims.claim_id
    inner join clusters on claim_courses.cluster_id = clusters.cluster_id
    left join returning_clients
        on
            claim_courses.claim_id = returning_clients.claim_id
            and claim_courses.client_key = returning_clients.client_key
),

subject_courses as (
    select
        numbered_courses.claim_id,
        claim_subjects.subject_number,
        numbered_courses.episode_key,
        numbered_courses.client_key,
        numbered_courses.cluster_number,
        numbered_courses.session_1_on,
        numbered_courses.last_attended_on,
        numbered_courses.next_from_on,
        numbered_courses.month_start_on,
        numbered_courses.is_of_returning_client,
        numbered_courses.is_due,
        numbered_courses.is_in_figure,
        numbered_courses.is_measured,
        numbered_courses.is_met,
        numbered_courses.is_worse_known,
        numbered_courses.is_deteriorated
    from numbered_courses
    inner join episode_subjects on numbered_courses.episode_key = episode_subjects.episode_key
    inner join claim_subjects
        on
            numbered_courses.claim_id = claim_subjects.claim_id
            and episode_subjects.subject_number = claim_subjects.subject_number
),

returning_courses as (
    select
        claim_id,
        subject_number,
        episode_key,
        client_key,
        cluster_number,
        session_1_on,
        last_attended_on,
        next_from_on,
        month_start_on,
        is_due,
        is_in_figure,
        is_measured,
        is_met,
        is_worse_known,
        is_deteriorated,
        row_number() over (
            partition by claim_id, subject_number, client_key
            order by session_1_on asc, episode_key asc
        ) as place
    from subject_courses
    where is_of_returning_client
),

-- From course to course of a person, with the last one that is told: a course that is not told must
-- not hide the next.
walked_courses as (
    select
        claim_id,
        subject_number,
        client_key,
        place,
        true as is_told,
        last_attended_on as told_until_on,
        next_from_on as told_next_from_on
    from returning_courses
    where place = 1
    union all
    select
        returning_courses.claim_id,
        returning_courses.subject_number,
        returning_courses.client_key,
        returning_courses.place,
        returning_courses.session_1_on >= walked_courses.told_next_from_on
        or returning_courses.session_1_on > walked_courses.told_until_on as is_told,
        case
            when
                returning_courses.session_1_on >= walked_courses.told_next_from_on
                or returning_courses.session_1_on > walked_courses.told_until_on
                then returning_courses.last_attended_on
            else walked_courses.told_until_on
        end as told_until_on,
        case
            when
                returning_courses.session_1_on >= walked_courses.told_next_from_on
                or returning_courses.session_1_on > walked_courses.told_until_on
                then returning_courses.next_from_on
            else walked_courses.told_next_from_on
        end as told_next_from_on
    from walked_courses
    inner join returning_courses
        on
            walked_courses.claim_id = returning_courses.claim_id
            and walked_courses.subject_number = returning_courses.subject_number
            and walked_courses.client_key = returning_courses.client_key
            and walked_courses.place + 1 = returning_courses.place
),

-- The month of the person's course before: people are not additive over months, but a course whose
-- client had one earlier in the same period is told by it.
started_courses as (
    select
        claim_id,
        subject_number,
        cluster_number,
        month_start_on,
        cast(null as date) as previous_month_on,
        is_due,
        is_in_figure,
        is_measured,
        is_met,
        is_worse_known,
        is_deteriorated
    from subject_courses
    where not is_of_returning_client
    union all
    select
        returning_courses.claim_id,
        returning_courses.subject_number,
        returning_courses.cluster_number,
        returning_courses.month_start_on,
        lag(returning_courses.month_start_on) over (
            partition by
                returning_courses.claim_id,
                returning_courses.subject_number,
                returning_courses.client_key
            order by returning_courses.place asc
        ) as previous_month_on,
        returning_courses.is_due,
        returning_courses.is_in_figure,
        returning_courses.is_measured,
        returning_courses.is_met,
        returning_courses.is_worse_known,
        returning_courses.is_deteriorated
    from returning_courses
    inner join walked_courses
        on
            returning_courses.claim_id = walked_courses.claim_id
            and returning_courses.subject_number = walked_courses.subject_number
            and returning_courses.client_key = walked_courses.client_key
            and returning_courses.place = walked_courses.place
    where walked_courses.is_told
),

started_months as (
    select
        claim_id,
        subject_number,
        month_start_on,
        previous_month_on,
        count(*) as n_started,
        count(*) filter (where not is_due) as n_not_due,
        count(*) filter (where is_due and not is_in_figure) as n_below_threshold,
        count(*) filter (where is_in_figure) as n_due,
        count(*) filter (where is_in_figure and is_measured) as n_measured,
        count(*) filter (where is_in_figure and is_measured and is_met) as n_met,
        count(*) filter (where is_in_figure and is_worse_known) as n_worse_known,
        count(*) filter (where is_in_figure and is_deteriorated) as n_deteriorated
    from started_courses
    group by claim_id, subject_number, month_start_on, previous_month_on
),

started_periods as (
    select
        started_months.claim_id,
        started_months.subject_number,
        claim_months.period_number,
        cast(
            sum(
                case
                    when started_months.previous_month_on >= claim_months.period_start_on then 0
                    else started_months.n_started
                end
            ) as bigint
        ) as n_clients,
        cast(sum(started_months.n_started) as bigint) as n_started,
        cast(sum(started_months.n_not_due) as bigint) as n_not_due,
        cast(sum(started_months.n_below_threshold) as bigint) as n_below_threshold,
        cast(sum(started_months.n_due) as bigint) as n_due,
        cast(sum(started_months.n_measured) as bigint) as n_measured,
        cast(sum(started_months.n_met) as bigint) as n_met,
        cast(sum(started_months.n_worse_known) as bigint) as n_worse_known,
        cast(sum(started_months.n_deteriorated) as bigint) as n_deteriorated
    from started_months
    inner join claim_months
        on
            started_months.claim_id = claim_months.claim_id
            and started_months.month_start_on = claim_months.month_start_on
    group by
        started_months.claim_id,
        started_months.subject_number,
        claim_months.period_number
),

-- How the courses that were measured spread over the clusters.
cluster_months as (
    select
        claim_id,
        subject_number,
        cluster_number,
        month_start_on,
        count(*) as n_measured,
        count(*) filter (where is_met) as n_met
    from started_courses
    where is_in_figure and is_measured
    group by claim_id, subject_number, cluster_number, month_start_on
    -- The sums of one subject then lie together in memory, where its periods are added up.
    order by claim_id, subject_number, cluster_number, month_start_on
),

cluster_periods as (
    select
        cluster_months.claim_id,
        cluster_months.subject_number,
        cluster_months.cluster_number,
        claim_months.period_number,
        cast(sum(cluster_months.n_measured) as bigint) as n_measured,
        cast(sum(cluster_months.n_met) as bigint) as n_met
    from cluster_months
    inner join claim_months
        on
            cluster_months.claim_id = claim_months.claim_id
            and cluster_months.month_start_on = claim_months.month_start_on
    group by
        cluster_months.claim_id,
        cluster_months.subject_number,
        cluster_months.cluster_number,
        claim_months.period_number
),

cluster_sums as (
    select
        claim_id,
        subject_number,
        period_number,
        count(*) as n_clusters,
        -- Of (x - p m) squared over clusters, in whole numbers: p = n_met / n_measured is put in
        -- below, so that no order of adding can change a digit.
        cast(sum(cast(n_met as hugeint) * n_met) as hugeint) as square_met,
        cast(sum(cast(n_met as hugeint) * n_measured) as hugeint) as met_by_measured,
        cast(sum(cast(n_measured as hugeint) * n_measured) as hugeint) as square_measured
    from cluster_periods
    group by claim_id, subject_number, period_number
),

started_counts as (
    select
        started_periods.claim_id,
        started_periods.subject_number,
        started_periods.period_number,
        started_periods.n_clients,
        started_periods.n_started,
        started_periods.n_not_due,
        started_periods.n_below_threshold,
        started_periods.n_due,
        started_periods.n_measured,
        started_periods.n_met,
        started_periods.n_worse_known,
        started_periods.n_deteriorated,
        coalesce(cluster_sums.n_clusters, 0) as n_clusters,
        cluster_sums.square_met,
        cluster_sums.met_by_measured,
        cluster_sums.square_measured
    from started_periods
    left join cluster_sums
        on
            started_periods.claim_id = cluster_sums.claim_id
            and started_periods.subject_number = cluster_sums.subject_number
            and started_periods.period_number = cluster_sums.period_number
),

referred_months as (
    select
        episode_subjects.subject_number,
        episodes.programme_id,
        episodes.track,
        cast(date_trunc('month', episodes.referred_on) as date) as month_start_on,
        count(*) as n_referred,
        count(recovery_courses.episode_key) as n_referred_to_recovery
    from episodes
    inner join episode_subjects on episodes.episode_key = episode_subjects.episode_key
    left join recovery_courses on episodes.episode_key = recovery_courses.episode_key
    where episodes.referred_on is not null
    group by
        episode_subjects.subject_number,
        episodes.programme_id,
        episodes.track,
        date_trunc('month', episodes.referred_on)
),

referred_counts as (
    select
        claims.claim_id,
        referred_months.subject_number,
        claim_months.period_number,
        -- A recovery's rule is not about everybody.
        cast(
            sum(
                case
                    when claims.rule_kind = 'recovery' then referred_months.n_referred_to_recovery
                    else referred_months.n_referred
                end
            ) as bigint
        ) as n_referred
    from referred_months
    left join programmes on referred_months.programme_id = programmes.programme_id
    inner join claim_subjects on referred_months.subject_number = claim_subjects.subject_number
    inner join claims
        on
            claim_subjects.claim_id = claims.claim_id
            and (claims.tracks is null or list_contains(claims.tracks, referred_months.track))
            and (
                claims.modalities is null
                or list_contains(claims.modalities, programmes.modality)
            )
            and (claims.rule_kind != 'recovery' or referred_months.n_referred_to_recovery > 0)
    inner join claim_months
        on
            claims.claim_id = claim_months.claim_id
            and referred_months.month_start_on = claim_months.month_start_on
    group by
        claims.claim_id,
        referred_months.subject_number,
        claim_months.period_number
),

counts as (
    select
        coalesce(started_counts.claim_id, referred_counts.claim_id) as claim_id,
        claiming_subjects.level,
        claiming_subjects.subject_id,
        periods.period_kind,
        periods.period_start_on,
        periods.period_end_on,
        coalesce(started_counts.n_clients, 0) as n_clients,
        coalesce(referred_counts.n_referred, 0) as n_referred,
        coalesce(started_counts.n_started, 0) as n_started,
        coalesce(started_counts.n_not_due, 0) as n_not_due,
        coalesce(started_counts.n_below_threshold, 0) as n_below_threshold,
        coalesce(started_counts.n_due, 0) as n_due,
        coalesce(started_counts.n_measured, 0) as n_measured,
        coalesce(started_counts.n_met, 0) as n_met,
        coalesce(started_counts.n_worse_known, 0) as n_worse_known,
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
            and started_counts.subject_number = referred_counts.subject_number
            and started_counts.period_number = referred_counts.period_number
    inner join claiming_subjects
        on
            coalesce(started_counts.subject_number, referred_counts.subject_number)
            = claiming_subjects.subject_number
    inner join periods
        on
            coalesce(started_counts.period_number, referred_counts.period_number)
            = periods.period_number
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
        counts.n_below_threshold,
        counts.n_due,
        counts.n_measured,
        counts.n_clusters,
        counts.n_worse_known,
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
                case
                    when coalesce(claims.set_on > counts.period_start_on, true)
                        then 'fixed_afterwards'
                end,
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
    figures.n_below_threshold,
    figures.n_due,
    figures.n_measured,
    figures.n_met,
    figures.n_worse_known,
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
    figures.n_deteriorated / nullif(figures.n_worse_known, 0) as deteriorated_rate,
    wilson_lower(figures.n_deteriorated, figures.n_worse_known) as deteriorated_rate_lower,
    wilson_upper(figures.n_deteriorated, figures.n_worse_known) as deteriorated_rate_upper,
    (figures.n_deteriorated + figures.n_due - figures.n_worse_known) / nullif(figures.n_due, 0)
        as deteriorated_rate_worst,
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
                        'due_words': claims.due_words,
                        'subject': coalesce(subject_names.name, figures.subject_id),
                        'points': claim_rules.rule_points,
                        'starts_on': figures.period_start_on,
                        'ends_on': figures.period_end_on,
                        'n_referred': figures.n_referred,
                        'n_started': figures.n_started,
                        'n_below_threshold': figures.n_below_threshold,
                        'n_due': figures.n_due,
                        'n_measured': figures.n_measured,
                        'n_met': figures.n_met,
                        'n_worse_known': figures.n_worse_known,
                        'n_deteriorated': figures.n_deteriorated,
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
    on figures.level = subject_names.level and figures.subject_id = subject_names.subject_id
order by
    figures.claim_id,
    figures.level,
    figures.subject_id,
    figures.period_kind,
    figures.period_start_on
