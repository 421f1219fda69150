-- What each course of treatment says about each claim: whether it is due, measured, met, worse.
--
-- Everybody who came to one session counts, whoever stopped early included. At a day: the first
-- score, and of the later ones within the tolerance the one nearest the day, also after the end of
-- the course; of two equally near days the earlier, of one day the latest score, of one moment the
-- worse. At the end: as in int_episode_scores, of a course that was over by the day on which it
-- was due, so that what ends later changes nothing; a rating has no first score, and counts when it
-- was given in the last `look_back_days` of the course. Recovery is that of mart_episode_recovery,
-- of those alone whom its rule is about (int_recovery_population); who is known to have begun below
-- the threshold is not counted. Without a published rule (int_claim_rules) nobody is known to have
-- met it.
--
-- `is_worse_known` has a base of its own: one measure of a recovery can tell that somebody got
-- worse where the other is missing. `last_attended_on` is the last session by the day it was due.
--
-- Grain:  one row per claim and episode of its population with an attended session.
-- Key:    claim_id, episode_key
-- Source: ref_claims (each claim and its standard), int_claim_rules (the rule of each)
with claims as (
    select
        -- The courses of claims carry this number: millions of names would fill the memory.
        row_number() over (order by ref_claims.claim_id) as claim_number,
        ref_claims.claim_id,
        ref_claims.tracks,
        ref_claims.modalities,
        ref_claims.rule_kind,
        ref_claims.instrument_id,
        ref_claims.scale,
        ref_claims.respondent,
        ref_claims.measured_at,
        ref_claims.after_days,
        ref_claims.tolerance_days,
        ref_claims.look_back_days,
        int_claim_rules.worse_sign,
        int_claim_rules.rule_points,
        int_claim_rules.middle_points
    from ref_claims
    inner join int_claim_rules on ref_claims.claim_id = int_claim_rules.claim_id
),

episodes as (
    select
        episode_key,
        client_key,
        programme_id,
        track,
        therapist_id,
        group_id,
        session_1_on,
        case when ended_on <= $as_of_on then ended_on end as ended_on
    from int_episodes
    where n_attended >= 1
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

episode_scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        first_on,
        first_points,
        last_on,
        last_points
    from int_episode_scores
),

scores as (
    select
        episode_key,
        instrument_id,
        scale,
        respondent,
        administered_at,
        administered_on,
        score_points
    from int_response_scores
    where score_points is not null
),

recoveries as (
    select
        episode_key,
        was_case,
        is_recovered,
        is_reliably_deteriorated
    from mart_episode_recovery
),

attendances as (
    select
        episode_key,
        session_on
    from int_attendances
    where status = 'attended'
),

people as (
    select
        episode_key,
        client_key,
        -- People of one group, or of one therapist, are more alike than others.
        case
            when group_id is not null then 'group ' || group_id
            else 'therapist ' || coalesce(therapist_id, '')
        end as cluster_id
    from episodes
),

claim_courses as (
    select
        claims.claim_number,
        episodes.episode_key,
        episodes.session_1_on,
        episodes.session_1_on + claims.after_days as target_on,
        episodes.session_1_on + claims.after_days + claims.tolerance_days as due_on,
        episodes.ended_on
    from episodes
    left join programmes on episodes.programme_id = programmes.programme_id
    inner join claims
        on
            (claims.tracks is null or list_contains(claims.tracks, episodes.track))
            and (
                claims.modalities is null
                or list_contains(claims.modalities, programmes.modality)
            )
    left join recovery_courses on episodes.episode_key = recovery_courses.episode_key
    where claims.rule_kind != 'recovery' or recovery_courses.episode_key is not null
),

last_attendances as (
    select
        claim_courses.claim_number,
        claim_courses.episode_key,
        max(attendances.session_on) as last_attended_on
    from claim_courses
    inner join attendances
        on
            claim_courses.episode_key = attendances.episode_key
            and claim_courses.due_on >= attendances.session_on
    group by claim_courses.claim_number, claim_courses.episode_key
),

claim_scores as (
    select
        claims.claim_number,
        episode_scores.episode_key,
        episode_scores.first_on,
        episode_scores.first_points,
        episode_scores.last_on,
        episode_scores.last_points
    from claims
    inner join episode_scores
        on
            claims.instrument_id = episode_scores.instrument_id
            and claims.scale = episode_scores.scale
            and claims.respondent = episode_scores.respondent
    where claims.rule_kind != 'recovery'
),

scores_near_target as (
    select
        claim_courses.claim_number,
        claim_courses.episode_key,
        scores.administered_on,
        scores.score_points
    from claims
    inner join scores
        on
            claims.instrument_id = scores.instrument_id
            and claims.scale = scores.scale
            and claims.respondent = scores.respondent
    inner join claim_courses
        on
            claims.claim_number = claim_courses.claim_number
            and scores.episode_key = claim_courses.episode_key
            and claims.tolerance_days
            >= abs(scores.administered_on - claim_courses.target_on)
    inner join claim_scores
        on
            claims.claim_number = claim_scores.claim_number
            and scores.episode_key = claim_scores.episode_key
            and scores.administered_on > claim_scores.first_on
    where claims.measured_at = 'day'
    qualify row_number() over (
        partition by claim_courses.claim_number, claim_courses.episode_key
        order by
            abs(scores.administered_on - claim_courses.target_on) asc,
            scores.administered_on asc,
            scores.administered_at desc,
            scores.score_points * claims.worse_sign desc
    ) = 1
),

measured_courses as (
    select
        claims.claim_id,
        claims.rule_kind,
        claims.worse_sign,
        claims.rule_points,
        claims.middle_points,
        claim_courses.episode_key,
        claim_courses.session_1_on,
        last_attendances.last_attended_on,
        claim_courses.due_on,
        case when claims.rule_kind = 'reliable_improvement' then claim_scores.first_on end
            as first_on,
        case when claims.rule_kind = 'reliable_improvement' then claim_scores.first_points end
            as first_points,
        claims.measured_at = 'end'
        and claim_courses.ended_on <= claim_courses.due_on
        and (
            claims.look_back_days is null
            or claim_courses.ended_on - claims.look_back_days <= claim_scores.last_on
        ) as is_last_used,
        if(is_last_used, claim_scores.last_on, scores_near_target.administered_on) as measured_on,
        if(is_last_used, claim_scores.last_points, scores_near_target.score_points)
            as measured_points,
        recoveries.was_case,
        recoveries.is_recovered,
        recoveries.is_reliably_deteriorated
    from claim_courses
    inner join claims on claim_courses.claim_number = claims.claim_number
    left join claim_scores
        on
            claim_courses.claim_number = claim_scores.claim_number
            and claim_courses.episode_key = claim_scores.episode_key
    left join scores_near_target
        on
            claim_courses.claim_number = scores_near_target.claim_number
            and claim_courses.episode_key = scores_near_target.episode_key
    left join recoveries
        on
            claims.rule_kind = 'recovery'
            and claim_courses.episode_key = recoveries.episode_key
            and claim_courses.ended_on <= claim_courses.due_on
    left join last_attendances
        on
            claim_courses.claim_number = last_attendances.claim_number
            and claim_courses.episode_key = last_attendances.episode_key
),

judged_courses as (
    select
        claim_id,
        episode_key,
        session_1_on,
        last_attended_on,
        due_on,
        due_on <= $as_of_on as is_due,
        coalesce(was_case, true) as is_counted,
        first_on,
        first_points as first_score,
        measured_on,
        measured_points as measured_score,
        case rule_kind
            when 'reliable_improvement'
                then first_points is not null and measured_points is not null
            when 'rating' then measured_points is not null
            when 'recovery' then is_recovered is not null
        end as is_measured,
        case rule_kind
            when 'reliable_improvement'
                then (first_points - measured_points) * worse_sign >= rule_points
            when 'rating' then measured_points <= rule_points
            when 'recovery' then case when rule_points is not null then is_recovered end
        end as is_met,
        case rule_kind
            when 'reliable_improvement'
                then first_points is not null and measured_points is not null
            when 'rating' then measured_points is not null
            when 'recovery' then is_reliably_deteriorated is not null
        end as is_worse_known,
        case rule_kind
            when 'reliable_improvement'
                then (measured_points - first_points) * worse_sign >= rule_points
            when 'rating'
                then case when rule_points is not null then measured_points > middle_points end
            when 'recovery'
                then case when rule_points is not null then is_reliably_deteriorated end
        end as is_deteriorated
    from measured_courses
)

select
    judged_courses.claim_id,
    judged_courses.episode_key,
    people.client_key,
    people.cluster_id,
    judged_courses.session_1_on,
    judged_courses.last_attended_on,
    judged_courses.due_on,
    judged_courses.is_due,
    judged_courses.is_counted,
    judged_courses.first_on,
    judged_courses.first_score,
    judged_courses.measured_on,
    judged_courses.measured_score,
    judged_courses.is_measured,
    judged_courses.is_met,
    judged_courses.is_worse_known,
    judged_courses.is_deteriorated
from judged_courses
inner join people on judged_courses.episode_key = people.episode_key
order by judged_courses.claim_id, judged_courses.episode_key
