"""Rules that one row can break alone, compiled to one SQL pass over a file's text.

What belongs here: when a row breaks a rule of one of `ROW_KINDS`. How a cell is read is in
`cell_types.py`; rules that look at other rows are in `cross_rules.py`. Nothing is executed here.

A cell that cannot be read is null with one reason, `type`; it is not called empty as well, and no
other rule judges it.
"""

from collections.abc import Sequence

from pipelines.contracts.cell_types import value_sql
from pipelines.contracts.odcs import ROW_KINDS, Column, Contract, Rule
from pipelines.engine import identifier, quoted


def check_select(
    contract: Contract,
    *,
    source: str,
    present: frozenset[str],
    line: str | None = None,
) -> str:
    """A select that gives every row of a text relation its verdict and all its reasons.

    `source` is a FROM item whose columns are all VARCHAR; those of the contract that are not in
    `present` are read as empty. `line` is its column with the line of each row, if it has one.
    Parameter: `$delivered_on` (a date), always. The session's time zone must be the clinic's.

    Shape:  one row per row of `source`, in its order; the contract's columns typed, `line`,
            `row_errors` and `row_warnings` (rule ids in the contract's order, null when none),
            `delivered_row` (JSON of the text cells, null for a row without errors).
    """
    rules = [rule for rule in contract.rules if rule.kind in ROW_KINDS]
    errors = [rule for rule in rules if rule.severity == "error"]
    warnings = [rule for rule in rules if rule.severity == "warning"]
    cells = [
        f"nullif({identifier(column.name)}, '')"
        if column.name in present
        else "cast(null as varchar)"
        for column in contract.columns
    ]
    texts = [
        f"{cell} as {_text(column)}" for cell, column in zip(cells, contract.columns, strict=True)
    ]
    typed = [
        f"{value_sql(_text(column), column.type)} as {identifier(column.name)}"
        for column in contract.columns
        if column.type != "string"
    ]
    kept = [_stored(column) for column in contract.columns]
    delivered = ", ".join(
        f"{quoted(column.name)}, {_text(column)}"
        for column in contract.columns
        if column.name in present
    )
    # Lists are costly and most rows are clean, so a row's reasons are gathered only where the
    # disjunction of all rules, which is cheap, says that there are some.
    return f"""
with delivery as (
    select $delivered_on as delivered_on
),
landed as (
    select {_lines([*texts, f"{identifier(line) if line else 'null'} as landed_line"])}
    from {source}
),
typed as (
    select {_lines(["*", *typed])}
    from landed
),
judged as (
    select {
        _lines(
            [
                "*",
                f"{_any(contract, errors)} as has_error",
                f"{_any(contract, warnings)} as has_warning",
            ]
        )
    }
    from typed
)
select {
        _lines(
            [
                *kept,
                "cast(landed_line as bigint) as line",
                f"case when has_error then {_reasons(contract, errors)} end as row_errors",
                f"case when has_warning then {_reasons(contract, warnings)} end as row_warnings",
                f"case when has_error then cast(json_object({delivered}) as varchar) end"
                " as delivered_row",
            ]
        )
    }
from judged"""


def rule_counts_select(contract: Contract, relation: str, *, with_unique: bool = False) -> str:
    """A select that counts the broken rows of every rule over checked rows, 0 included.

    `relation` is a FROM item with the columns of `check_select`. With `with_unique` it must have
    `filename` too; then the rows that share their key with another row of their file are counted.

    Shape:  one row per rule; columns rule_id, n_broken; in the contract's order.
    """
    rules = [rule for rule in contract.rules if rule.kind in ROW_KINDS]
    listed = ", ".join(f"({place}, {quoted(rule.rule_id)})" for place, rule in enumerate(rules))
    counts = [
        f"""
select place, rule_id, cast(coalesce(n_rows, 0) as bigint) as n_broken
from (values {listed}) as listed (place, rule_id)
left join (
    select reason, count(*) as n_rows
    from (
        select unnest(list_concat(coalesce(row_errors, []), coalesce(row_warnings, []))) as reason
        from {relation}
        where row_errors is not null or row_warnings is not null
    ) as broken
    group by reason
) as counted on counted.reason = listed.rule_id"""
    ]
    if with_unique:
        key = ", ".join(identifier(name) for name in contract.key)
        is_whole = " and ".join(f"{identifier(name)} is not null" for name in contract.key)
        counts += [
            f"""
select {len(rules)} as place, {quoted(rule.rule_id)} as rule_id,
    cast(coalesce(sum(n_rows), 0) as bigint) as n_broken
from (
    select count(*) as n_rows from {relation} where {is_whole}
    group by filename, {key} having count(*) > 1
) as shared"""
            for rule in contract.rules
            if rule.kind == "unique"
        ]
    return (
        "select rule_id, n_broken from ("
        + "\nunion all".join(counts)
        + "\n) as counts order by place"
    )


def explain(rule: Rule) -> str:
    """What a rule wants, for a list of what to fix: `episodes.ended_on: expected ...`."""
    place = rule.rule_id.rpartition(".")[0]
    return f"{place}: expected {rule.expected}"


def _text(column: Column) -> str:
    """The name of a column's text; that of a string is its value."""
    return identifier(column.name if column.type == "string" else f"{column.name} text")


def _stored(column: Column) -> str:
    # Timestamps are instants while rules are judged, so that their day is the clinic's. In UTC an
    # instant is its time already, which `at time zone` looks up in a calendar row by row.
    name = identifier(column.name)
    is_time = column.type == "timestamp"
    return f"make_timestamp(epoch_us({name})) as {name}" if is_time else name


def _is_unreadable(column: Column) -> str:
    return f"({identifier(column.name)} is null and {_text(column)} is not null)"


def _breaks(contract: Contract, rule: Rule) -> str:
    """A condition that is true for a row that breaks the rule; null counts as false."""
    column = contract.column(rule.columns[0])
    name = identifier(column.name)
    match rule.kind:
        case "required":
            return f"{_text(column)} is null"
        case "type":
            return _is_unreadable(column)
        case "allowed":
            # Not as `not in`: DuckDB 2.0.0 makes a join of a list, and rows lose their order then.
            return " and ".join(f"{_text(column)} <> {quoted(word)}" for word in column.allowed)
        case "minimum":
            return f"{name} < {column.minimum}"
        case "maximum":
            return f"{name} > {column.maximum}"
        case _:
            judged = [contract.column(other) for other in rule.columns]
            unreadable = [_is_unreadable(other) for other in judged if other.type != "string"]
            # A comparison with an unreadable cell is null anyway; "is null" would be true.
            if len(judged) > 1 and unreadable:
                return f"({rule.sql}) and not ({' or '.join(unreadable)})"
            return f"({rule.sql})"


def _any(contract: Contract, rules: Sequence[Rule]) -> str:
    if not rules:
        return "false"
    return " or ".join(f"({_breaks(contract, rule)})" for rule in rules)


def _reasons(contract: Contract, rules: Sequence[Rule]) -> str:
    if not rules:
        return "cast(null as varchar[])"
    each = [
        f"case when {_breaks(contract, rule)} then {quoted(rule.rule_id)} end" for rule in rules
    ]
    return f"list_filter([{', '.join(each)}], lambda reason: reason is not null)"


def _lines(items: Sequence[str]) -> str:
    return "\n        " + ",\n        ".join(items)
