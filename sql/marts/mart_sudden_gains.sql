-- Sudden gains: large improvements from one session to the next that held for the sessions after.
-- Scores swing: of noisy measures many steps meet the rule by chance, so that this says something
-- about a client's path and nothing about the quality of care.
--
-- Grain:  one row per episode, instrument and gain; session_number is the session before it.
-- Key:    episode_key, instrument_id, session_number
-- Source: ref_path_rules (sudden_gain, sudden_gain_reversal): Tang & DeRubeis 1999
with steps as (
    select
        episode_key,
        instrument_id,
        session_number,
        before_points,
        after_points,
        n_before,
        n_after,
        improvement_points,
        is_reversed
    from int_session_steps
    where is_gain
)

select
    episode_key,
    instrument_id,
    session_number,
    before_points,
    after_points,
    improvement_points,
    n_before,
    n_after,
    is_reversed
from steps
order by episode_key, instrument_id, session_number
