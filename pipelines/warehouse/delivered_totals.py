"""Delivered totals beside the totals of the answers that came with them.

Every total that the catalogue can compute is compared: of whole forms whose answers only have to be
weighed here, of all others (highest answers of a list, prorated forms, scores in other metrics) by
the model that scores them, run over those responses alone.
"""

from pipelines.contracts.odcs import Contract
from pipelines.engine import Engine, quoted
from pipelines.warehouse.model_file import Model

TOTAL_AGREES = "responses.total_agrees"
ANSWERS_SUFFICE = "responses.answers_suffice"
SCORING_MODEL = "int_response_scores"
# A total may have been rounded before it was delivered: a mean to tenths at most, what was prorated
# to a whole number. A sum of whole answers has nothing to round.
_ROOM = """0.000000001 + case
    when {method} = 'mean' then least(rounding_room(r.total_score), 0.05)
    when {is_prorated} then rounding_room(r.total_score)
    else 0.00005
end"""
# Whole forms are weighed in place: nearly all forms are such.
_COMPARED = f"""
create or replace temp table compared_totals as
select
    r.position,
    r.response_id,
    s.method,
    case
        when len(r.answers) = len(s.weights) and o.response_id is null
            then abs(weighted_points(r.answers, s.weights) + s.constant_points - r.total_score)
                <= {_ROOM.format(method="s.method", is_prorated="false")}
    end as agrees
from raw_responses as r
inner join ref_instruments as i on i.instrument_id = r.instrument_id and i.is_scored
inner join ref_instrument_scales as s on s.instrument_id = r.instrument_id and s.scale = 'total'
left join (select distinct response_id from odd_answers) as o on o.response_id = r.response_id
where r.row_status = 'accepted' and r.total_score is not null and r.has_answers"""
# What the scoring model reads of a response; whose it is and when it was given do not matter here.
_OTHER_FORMS = """
create or replace temp view stg_responses as
select
    r.response_id as response_key, '' as client_key, cast(null as varchar) as episode_key,
    r.instrument_id, r.respondent, r.administered_at, cast(null as date) as administered_on,
    r.total_score, r.items, r.answers, r.n_answers, r.has_answers
from raw_responses as r
inner join compared_totals as c on c.position = r.position
where c.agrees is null"""
_NO_EPISODES = """
create or replace temp view int_episodes as
select '' as episode_key, '' as client_key, cast(null as date) as referred_on,
    cast(null as date) as ended_on
where false"""


def compare_totals(engine: Engine, contract: Contract, scoring: Model) -> None:
    """Warn of each response in use whose total is not that of its answers; these win.

    A form that has too few answers for a total cannot be compared, and is warned of as such. Needs
    `raw_responses` with their answers, `odd_answers` and the tables of the catalogue that the model
    `scoring` reads.
    """
    engine.execute(_COMPARED)
    (n_others,) = engine.one("select count(*) from compared_totals where agrees is null")
    if n_others > 0:
        engine.execute(_OTHER_FORMS)
        engine.execute(_NO_EPISODES)
        engine.execute(
            f"""
update compared_totals as c set agrees =
    abs(s.score_points - r.total_score)
    <= {_ROOM.format(method="c.method", is_prorated="s.score_basis = 'prorated'")}
from raw_responses as r, (
{scoring.sql}
) as s
where c.agrees is null and r.position = c.position
    and s.response_key = c.response_id and s.scale = 'total'""",
            where=scoring.name,
        )
        engine.execute("drop view stg_responses")
        engine.execute("drop view int_episodes")
    for rule_id, is_broken in ((TOTAL_AGREES, "not agrees"), (ANSWERS_SUFFICE, "agrees is null")):
        if contract.has(rule_id):
            engine.execute(
                f"""
update raw_responses set row_warnings =
    list_append(coalesce(row_warnings, []), {quoted(rule_id)})
where position in (select position from compared_totals where {is_broken})"""
            )
    engine.execute("drop table compared_totals")
