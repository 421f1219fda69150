"""How much of what counted a full delivery no longer has: here a cut export shows."""

from collections.abc import Sequence

from pipelines.contracts.odcs import Contract
from pipelines.contracts.settle import CheckedFile
from pipelines.engine import Engine, identifier


def _full_spell(files: Sequence[CheckedFile]) -> tuple[int, int] | None:
    """(first delivery, end) of what counted until the latest full delivery, which is the end.

    None when nothing came before it.
    """
    full = sorted({file.delivery_rank for file in files if file.is_full})
    if not full or full[-1] == min(file.delivery_rank for file in files):
        return None
    return (full[-2] if len(full) > 1 else -1), full[-1]


def lost_keys(engine: Engine, contract: Contract, files: Sequence[CheckedFile]) -> tuple[int, int]:
    """(keys that the latest full delivery no longer has, keys that counted before it).

    Keys that a deletion names are not lost.
    """
    spell = _full_spell(files)
    if spell is None:
        return 0, 0
    key = [identifier(column) for column in contract.key]
    matched = " and ".join(f"x.{column} = r.{column}" for column in key)
    counted = (
        f"raw_{contract.table} as r where r.row_errors is null"
        f" and r.delivery_rank >= {spell[0]} and r.delivery_rank < {spell[1]}"
    )
    (lost,) = engine.one(
        f"select count(*) from {counted} and r.row_status = 'withdrawn' and not exists ("
        f"select 1 from deleted_keys as x where {matched}"
        " and x.delivery_rank > r.delivery_rank)"
    )
    if not lost:
        return 0, 0
    (before,) = engine.one(
        f"select count(*) from (select distinct {', '.join(key)} from {counted}) as keys"
    )
    return int(lost), int(before)


def lost_answers(engine: Engine, files: Sequence[CheckedFile]) -> tuple[int, int]:
    """(answers that the latest full delivery no longer has, answers that counted before it)."""
    spell = _full_spell(files)
    if spell is None:
        return 0, 0
    counted = f"delivery_rank >= {spell[0]} and delivery_rank < {spell[1]}"
    (lost,) = engine.one(
        "select coalesce(sum(len(good_items)), 0) from settled_answers"
        f" where is_latest and not is_current and {counted}"
    )
    if not lost:
        return 0, 0
    (before,) = engine.one(
        # A delivery may bring the answers of a response in several files.
        "select sum(len(good_items)) from (select good_items from settled_answers"
        f" where {counted} and not is_orphan"
        " qualify delivery_rank = max(delivery_rank) over (partition by response_id))"
    )
    return int(lost), int(before)
