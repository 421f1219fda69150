"""Whether somebody who has every public figure, the policy and the gate's text can tell a hidden count.

The attacker is given everything but the counts. What remains open to them is proved by witnesses:
for a hidden count and a value that its policy hides, another made-up clinic in which it has that
value and whose report is the same, figure by figure. Where there is a witness for the smallest and
for the largest hidden value, no reasoning about totals, complements, shares or rounding can narrow
the count, as both clinics would have published the same page.
"""

from dataclasses import dataclass

import polars

from tests.property.disclosed_worlds import Gate, Published, day_of

CELL = ["world", "programme_id", "block_id", "part"]
# Sums of a block are tried up to so far from the true one.
FARTHEST = 28


@dataclass(frozen=True)
class Verdict:
    """What an attack found.

    `narrowed`: small counts of which some hidden value could be ruled out, one row each;
    `n_hidden`: how many were attacked; `witnesses`: clinics whose pages are those of `world`, one
    for each `case`, as rows of counts.
    """

    n_hidden: int
    narrowed: polars.DataFrame
    witnesses: polars.DataFrame


def attack(
    gate: Gate,
    worlds: polars.DataFrame,
    published: Published,
    released: polars.DataFrame | None = None,
) -> Verdict:
    """Try to narrow every hidden count of these worlds' reports."""
    ranges = published.counts.filter(polars.col("level") == "programme").select(
        "world", "block_id", "part", "n_lower", "n_upper",
        programme_id="subject_id", is_withheld=polars.col("n_clients").is_null(),
        is_kept="is_kept",
    )  # fmt: skip
    # One that was released as hidden stays so, whatever it has become since.
    stays_hidden = polars.col("is_withheld") & polars.col("is_kept")
    ranges = ranges.with_columns(
        n_upper=polars.when(stays_hidden).then(2 * FARTHEST).otherwise("n_upper")
    )
    # What a policy calls small is attacked wherever it stands, shown by mistake or not.
    known = worlds.join(ranges, on=CELL).with_columns(
        is_hidden=polars.col("is_withheld") | polars.col("n_clients").is_between(*gate.hidden_range)
    )
    hidden = known.filter("is_hidden").select(*CELL, true_n="n_clients")
    targets = polars.DataFrame({"value": sorted(set(gate.hidden_range))})
    open_cells = (
        hidden.join(targets, how="cross")
        .filter(polars.col("value") != polars.col("true_n"))
        .sort(*CELL, "value")
    )
    witnesses: list[polars.DataFrame] = []
    # The nearest sums first: most witnesses leave it as it is.
    for move in sorted(range(-FARTHEST, FARTHEST + 1), key=abs):
        if open_cells.is_empty():
            break
        found, made = _witnessed(gate, open_cells, move, known, published, released)
        witnesses.append(made)
        open_cells = open_cells.join(found, on=[*CELL, "value"], how="anti")
    return Verdict(
        n_hidden=hidden.height,
        narrowed=open_cells.select(CELL).unique(),
        witnesses=polars.concat(witnesses),
    )


def _witnessed(
    gate: Gate,
    open_cells: polars.DataFrame,
    move: int,
    known: polars.DataFrame,
    published: Published,
    released: polars.DataFrame | None,
) -> tuple[polars.DataFrame, polars.DataFrame]:
    """Those of the cells that have a witness whose block's sum is the true one plus `move`.

    The second table holds the witnesses themselves.

    The other programmes of the block take up the difference, each within what is known of it, so
    that no other count is shown otherwise.
    """
    cells = open_cells.with_row_index("case").with_columns(
        taken_up=polars.col("true_n") - polars.col("value") + move
    )
    tried = (
        cells.join(known, on="world", suffix="_other")
        .with_columns(
            is_cell=(polars.col("programme_id") == polars.col("programme_id_other"))
            & (polars.col("part") == polars.col("part_other")),
            is_beside=(polars.col("programme_id") != polars.col("programme_id_other"))
            & (polars.col("block_id") == polars.col("block_id_other"))
            & (polars.col("part") == polars.col("part_other")),
        )
        .with_columns(
            room=polars.when("is_beside")
            .then(
                polars.when(polars.col("taken_up") >= 0)
                .then(polars.col("n_upper") - polars.col("n_clients"))
                .otherwise(polars.col("n_clients") - polars.col("n_lower"))
            )
            .otherwise(0)
            .clip(lower_bound=0)
        )
        .sort("case", "programme_id_other", "part_other")
        .with_columns(before=polars.col("room").cum_sum().over("case") - polars.col("room"))
        .with_columns(
            step=(polars.col("taken_up").abs() - polars.col("before")).clip(0, polars.col("room"))
        )
    )
    possible = (
        tried.group_by("case")
        .agg(polars.col("step").sum(), polars.col("taken_up").first().abs())
        .filter(polars.col("step") == polars.col("taken_up"))
        .select("case")
    )
    made = tried.join(possible, on="case").select(
        world="case",
        programme_id="programme_id_other",
        block_id="block_id_other",
        part="part_other",
        n_clients=polars.when("is_cell")
        .then("value")
        .otherwise(polars.col("n_clients") + polars.col("step") * polars.col("taken_up").sign()),
    )
    pages = gate.publish(made, _of_cases(released, cells)).pages
    same = (
        cells.join(pages.rename({"world": "case"}), on="case")
        .join(published.pages, on="world", suffix="_true")
        .filter(polars.col("page") == polars.col("page_true"))
    )
    witnesses = (
        made.rename({"world": "case"})
        .join(same.select("case", "world", target="value"), on="case")
        .with_columns(case=polars.format("{} {}", polars.lit(move), "case"))
    )
    return same.select(*CELL, "value"), witnesses


def _of_cases(
    released: polars.DataFrame | None, cells: polars.DataFrame
) -> polars.DataFrame | None:
    """What was released of each case's world, under the day of the case."""
    if released is None:
        return None
    return (
        cells.select("world", "case")
        .with_columns(period_start_on=day_of("world"), case_on=day_of("case"))
        .join(released, on="period_start_on")
        .drop("world", "case", "period_start_on")
        .rename({"case_on": "period_start_on"})
    )
