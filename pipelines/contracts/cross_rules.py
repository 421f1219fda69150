"""Rules that need another table: what joins them and when a row breaks them.

The contracts name these rules with their severity and sentence; here is only how each is judged.
In the SQL, `r` is the row and `parent_<column>` the settled row that a key column points to; `join`
may add one more relation with at most one row per `r`.
"""

from dataclasses import dataclass

from pipelines.contracts.odcs import Contract
from pipelines.errors import ContractError


@dataclass(frozen=True)
class CrossRule:
    """One rule over a row and settled tables: those that it `reads`.

    Without the tables that it `needs` to have been delivered it is not judged.
    """

    rule_id: str
    severity: str
    needs: frozenset[str]
    reads: frozenset[str]
    join: str
    breaks: str


@dataclass(frozen=True)
class _Judge:
    needs: frozenset[str]
    join: str
    breaks: str
    # Read too; where it was never delivered the rule is judged all the same: every row breaks it.
    may_be_absent: frozenset[str] = frozenset()


# An instrument's range is a fact of the catalogue. Rules that need the same relation name the same
# join, which is made once. The row that a key points to is joined already: see `parent_alias`.
_INSTRUMENT = "left join ref_instruments as i on i.instrument_id = r.instrument_id"
_JUDGES = {
    "responses.client_matches_episode": _Judge(
        needs=frozenset({"episodes"}),
        join="",
        breaks="coalesce(parent_episode_id.client_id <> r.client_id, false)",
    ),
    "responses.instrument_id.known": _Judge(
        needs=frozenset(),
        join=_INSTRUMENT,
        breaks="(r.instrument_id is not null and i.instrument_id is null)",
    ),
    "responses.total_score.in_range": _Judge(
        needs=frozenset(),
        join=_INSTRUMENT,
        breaks="coalesce(r.total_score < i.total_min_points"
        " or r.total_score > i.total_max_points, false)",
    ),
    "responses.total_score.on_steps": _Judge(
        needs=frozenset(),
        join=_INSTRUMENT,
        # Nearly all totals are whole numbers, which are not looked at one by one.
        breaks="case when r.total_score is null or r.total_score = round(r.total_score, 0)"
        " then false else not lies_on_steps(r.total_score, i.total_steps) end",
    ),
    "responses.near_session": _Judge(
        needs=frozenset({"sessions"}),
        join="",
        breaks="coalesce(abs(date_diff('day', parent_session_id.scheduled_on,"
        " local_date(r.administered_at, getvariable('time_zone')))) > 7, false)",
    ),
    "attendances.member_on_day": _Judge(
        needs=frozenset({"sessions", "groups"}),
        may_be_absent=frozenset({"memberships"}),
        join="left join (select distinct s.session_id as member_session,"
        " m.client_id as member_client from stg_sessions as s"
        " inner join stg_memberships as m on m.group_id = s.group_id"
        " and s.scheduled_on >= m.joined_on"
        " and s.scheduled_on <= coalesce(m.left_on, date '9999-12-31')) as member"
        " on member.member_session = r.session_id and member.member_client = r.client_id",
        breaks="(parent_session_id.group_id is not null and member.member_client is null"
        " and r.status = 'attended')",
    ),
    "goal_ratings.value.on_scale": _Judge(
        needs=frozenset({"goals"}),
        join="",
        breaks="coalesce((parent_goal_id.kind = 'gbo' and (r.value < 0 or r.value > 10))"
        " or (parent_goal_id.kind = 'gas' and (r.value < -2 or r.value > 2)), false)",
    ),
}

# Judged elsewhere, because they look at rows of the same table side by side or at folded answers.
JUDGED_SIDE_BY_SIDE = frozenset(
    {
        "episodes.overlap",
        "responses.duplicate",
        "responses.total_agrees",
        "response_items.item.in_count",
        "response_items.value.in_range",
        "deletions.known",
    }
)


def parent_alias(column: str) -> str:
    """The name under which the row that a key column points to is joined."""
    return f"parent_{column}"


def cross_rules(contract: Contract) -> list[CrossRule]:
    """The rules of a contract that are judged against settled tables, in the contract's order.

    Raises: ContractError for a rule that nothing judges.
    """
    found = []
    for rule in contract.rules:
        if rule.kind != "table_sql" or rule.rule_id in JUDGED_SIDE_BY_SIDE:
            continue
        judge = _JUDGES.get(rule.rule_id)
        if judge is None:
            raise ContractError(
                "A contract has a rule that nothing judges.",
                where=f"{contract.table}.odcs.yaml, {rule.rule_id}",
                expected=f"one of {', '.join(sorted({*_JUDGES, *JUDGED_SIDE_BY_SIDE}))}",
                todo="say in cross_rules.py how the rule is judged",
            )
        found.append(
            CrossRule(
                rule.rule_id, rule.severity, judge.needs, judge.needs | judge.may_be_absent,
                judge.join, judge.breaks,
            )
        )  # fmt: skip
    return found
