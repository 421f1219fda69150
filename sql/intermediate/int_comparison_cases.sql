-- The courses that therapists and groups can be compared on, with what was known at the start.
--
-- A case is a finished course with a first and a later last score of an outcome instrument whose
-- direction is known. `is_improved` is a reliable improvement by the rule in force; null where the
-- scale has none. A covariate is what was known at the start: nothing of attendance, of the working
-- relationship or of the number of sessions is here. A first score counts up to $first_score_days
-- after session 1, so that the work may have begun by then; the other measures' first scores are
-- bounded by session 1 in the same way, and not by this score's `first_on`. What is not recorded
-- is a category of its own, `not_recorded`. `problem` is the primary diagnosis that was latest on
-- the day of the first score; `symptom_baseline` tells whether the other measure of the pair (the
-- first one, where this is not itself) began at caseness, `functioning_baseline` the same of the
-- measure of functioning. `prior_courses` are the client's courses here that had ended before
-- session 1.
-- `cell_key` is the same for the cases that are alike in the first score and in
-- $case_mix_covariates: the case-mix models know no more of a case than its cell.
--
-- Grain:  one row per finished course, instrument, scale and respondent with a pair.
-- Key:    episode_key, instrument_id, scale, respondent
-- Source: int_outcome_rules, ref_recovery_pairs, ref_wait_bands (citation per figure)
with episode_scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        first_on,
        first_points,
        last_points
    from int_episode_scores
),

episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        therapist_id,
        attribution_share,
        is_shared,
        has_concurrent_group,
        group_id,
        referred_on,
        session_1_on,
        ended_on
    from int_episodes
    where is_finished_course
),

all_episodes as (
    select
        episode_key,
        client_key,
        session_1_on,
        ended_on
    from int_episodes
),

scales as (
    select
        instrument_id,
        scale,
        direction
    from int_scales
    where purpose = 'outcome'
),

outcome_rules as (
    select
        instrument_id,
        scale,
        respondent,
        reliable_change_points,
        caseness_points
    from int_outcome_rules
),

clients as (
    select
        client_key,
        birth_date,
        sex,
        gender_identity,
        ethnicity,
        language,
        state
    from stg_clients
),

programmes as (
    select
        programme_id,
        modality
    from stg_programmes
),

diagnoses as (
    select
        episode_key,
        replace(upper(code), '.', '') as code,
        recorded_on
    from stg_diagnoses
    where role = 'primary'
),

pairs as (
    select
        replace(code_prefix, '.', '') as code_prefix,
        descriptor,
        first_instrument_id,
        fallback_instrument_id,
        functioning_instrument_id
    from ref_recovery_pairs
    where status = 'verified'
),

wait_bands as (
    select
        wait_id,
        max_days
    from ref_wait_bands
    where status = 'verified' and wait = 'referral_to_first' and max_days is not null
),

directed_scores as (
    select
        episode_scores.episode_key,
        episode_scores.instrument_id,
        episode_scores.scale,
        episode_scores.respondent,
        episode_scores.first_on,
        episode_scores.first_points,
        case scales.direction
            when 'higher_worse' then episode_scores.first_points - episode_scores.last_points
            when 'higher_better' then episode_scores.last_points - episode_scores.first_points
        end as improvement_points,
        case scales.direction
            when 'higher_worse'
                then episode_scores.first_points >= outcome_rules.caseness_points
            when 'higher_better'
                then episode_scores.first_points < outcome_rules.caseness_points
        end as was_case,
        outcome_rules.reliable_change_points
    from episode_scores
    inner join scales
        on
            episode_scores.instrument_id = scales.instrument_id
            and episode_scores.scale = scales.scale
    left join outcome_rules
        on
            episode_scores.instrument_id = outcome_rules.instrument_id
            and episode_scores.scale = outcome_rules.scale
            and episode_scores.respondent = outcome_rules.respondent
),

pair_measures as (
    select
        min(first_instrument_id) as first_instrument_id,
        min(fallback_instrument_id) as fallback_instrument_id,
        min(functioning_instrument_id) as functioning_instrument_id
    from pairs
),

client_baselines as (
    select
        directed_scores.episode_key,
        bool_or(directed_scores.was_case) filter (
            where directed_scores.instrument_id = pair_measures.first_instrument_id
        ) as was_first_case,
        bool_or(directed_scores.was_case) filter (
            where directed_scores.instrument_id = pair_measures.fallback_instrument_id
        ) as was_fallback_case,
        bool_or(directed_scores.was_case) filter (
            where directed_scores.instrument_id = pair_measures.functioning_instrument_id
        ) as was_functioning_case
    from directed_scores
    cross join pair_measures
    where directed_scores.scale = 'total' and directed_scores.respondent = 'client'
    group by directed_scores.episode_key
),

first_days as (
    select
        episode_key,
        first_on
    from directed_scores
    where improvement_points is not null
    group by episode_key, first_on
),

codes_then as (
    select
        first_days.episode_key,
        first_days.first_on,
        diagnoses.code
    from first_days
    inner join diagnoses
        on
            first_days.episode_key = diagnoses.episode_key
            and first_days.first_on >= diagnoses.recorded_on
    qualify
        row_number() over (
            partition by first_days.episode_key, first_days.first_on
            order by diagnoses.recorded_on desc, diagnoses.code asc
        ) = 1
),

codes as (
    select distinct code
    from codes_then
),

coded_problems as (
    select
        codes.code,
        pairs.descriptor
    from codes
    inner join pairs on starts_with(codes.code, pairs.code_prefix)
    qualify
        row_number() over (
            partition by codes.code order by length(pairs.code_prefix) desc, pairs.code_prefix asc
        ) = 1
),

problems as (
    select
        codes_then.episode_key,
        codes_then.first_on,
        coalesce(coded_problems.descriptor, 'other') as problem
    from codes_then
    left join coded_problems on codes_then.code = coded_problems.code
),

earlier_courses as (
    select
        episodes.episode_key,
        count(*) as n_earlier
    from episodes
    inner join all_episodes
        on
            episodes.client_key = all_episodes.client_key
            and episodes.session_1_on > all_episodes.ended_on
    where all_episodes.session_1_on is not null
    group by episodes.episode_key
),

wait_days as (
    select distinct session_1_on - referred_on as days
    from episodes
),

waits as (
    select
        wait_days.days,
        wait_bands.wait_id
    from wait_days
    inner join wait_bands on wait_days.days <= wait_bands.max_days
    qualify row_number() over (partition by wait_days.days order by wait_bands.max_days asc) = 1
),

is_banded as (
    select count(*) > 0 as has_bands
    from wait_bands
),

ages as (
    select
        episodes.episode_key,
        age_years(clients.birth_date, episodes.session_1_on) as start_years
    from episodes
    inner join clients on episodes.client_key = clients.client_key
),

case_facts as (
    select
        episodes.episode_key,
        directed_scores.instrument_id,
        directed_scores.scale,
        directed_scores.respondent,
        episodes.client_key,
        episodes.therapist_id,
        episodes.group_id,
        episodes.programme_id,
        episodes.ended_on,
        episodes.attribution_share,
        coalesce(episodes.is_shared, false) as is_shared,
        episodes.has_concurrent_group,
        directed_scores.first_on,
        directed_scores.first_points,
        cast(directed_scores.improvement_points as decimal(9, 4)) as improvement_points,
        directed_scores.improvement_points >= directed_scores.reliable_change_points
            as is_improved,
        case
            when directed_scores.instrument_id = pair_measures.first_instrument_id
                then client_baselines.was_fallback_case
            else client_baselines.was_first_case
        end as was_symptom_case,
        case
            when directed_scores.instrument_id != pair_measures.functioning_instrument_id
                then client_baselines.was_functioning_case
        end as was_functioning_case,
        ages.start_years,
        coalesce(nullif(clients.sex, 'unknown'), 'not_recorded') as sex,
        coalesce(problems.problem, 'not_recorded') as problem,
        coalesce(programmes.modality, 'not_recorded') as modality,
        case
            when earlier_courses.n_earlier >= 2 then '2 or more'
            else cast(coalesce(earlier_courses.n_earlier, 0) as varchar)
        end as prior_courses,
        case
            when episodes.referred_on is null or not is_banded.has_bands then 'not_recorded'
            else coalesce(waits.wait_id, 'longer')
        end as wait_band,
        coalesce(clients.gender_identity, 'not_recorded') as gender_identity,
        coalesce(clients.ethnicity, 'not_recorded') as ethnicity,
        coalesce(clients.language, 'not_recorded') as language,
        coalesce(clients.state, 'not_recorded') as state
    from directed_scores
    inner join episodes on directed_scores.episode_key = episodes.episode_key
    cross join pair_measures
    cross join is_banded
    left join client_baselines on directed_scores.episode_key = client_baselines.episode_key
    left join clients on episodes.client_key = clients.client_key
    left join ages on episodes.episode_key = ages.episode_key
    left join programmes on episodes.programme_id = programmes.programme_id
    left join problems
        on
            directed_scores.episode_key = problems.episode_key
            and directed_scores.first_on = problems.first_on
    left join earlier_courses on episodes.episode_key = earlier_courses.episode_key
    left join waits on episodes.session_1_on - episodes.referred_on = waits.days
    where directed_scores.improvement_points is not null
),

cases as (
    select
        *,
        case
            when was_symptom_case then 'at_caseness'
            when not was_symptom_case then 'below_caseness'
            else 'not_recorded'
        end as symptom_baseline,
        case
            when was_functioning_case then 'at_caseness'
            when not was_functioning_case then 'below_caseness'
            else 'not_recorded'
        end as functioning_baseline,
        coalesce(age_band(start_years, $age_bands), 'not_recorded') as age_band
    from case_facts
)

select
    episode_key,
    instrument_id,
    scale,
    respondent,
    client_key,
    therapist_id,
    group_id,
    programme_id,
    ended_on,
    attribution_share,
    is_shared,
    has_concurrent_group,
    first_on,
    first_points,
    improvement_points,
    is_improved,
    symptom_baseline,
    functioning_baseline,
    age_band,
    sex,
    problem,
    modality,
    prior_courses,
    wait_band,
    gender_identity,
    ethnicity,
    language,
    state,
    substr(
        md5(
            concat_ws(
                '|',
                first_points,
                case
                    when list_contains($case_mix_covariates, 'symptom_baseline')
                        then symptom_baseline
                end,
                case
                    when list_contains($case_mix_covariates, 'functioning_baseline')
                        then functioning_baseline
                end,
                case
                    when list_contains($case_mix_covariates, 'age_band') then age_band
                end,
                case
                    when list_contains($case_mix_covariates, 'sex') then sex
                end,
                case
                    when list_contains($case_mix_covariates, 'problem') then problem
                end,
                case
                    when list_contains($case_mix_covariates, 'programme') then programme_id
                end,
                case
                    when list_contains($case_mix_covariates, 'modality') then modality
                end,
                case
                    when list_contains($case_mix_covariates, 'prior_courses') then prior_courses
                end,
                case
                    when list_contains($case_mix_covariates, 'wait_band') then wait_band
                end
            )
        ),
        1,
        16
    ) as cell_key
from cases
order by episode_key, instrument_id, scale, respondent
