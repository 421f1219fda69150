"""Which row is current, calculated a second time: plain Python, from the documents.

Written from "Which row is current" of the architecture and from the page of the canonical export,
row by row and rule by rule, without looking for speed. Instruments and tables are those that the
generated deliveries use.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from tests.property.settling_export import (
    COLUMNS,
    INSTRUMENTS,
    KEYS,
    ORDERED,
    RECORDED,
    SCALES,
    Cells,
    Delivery,
    Key,
    read_cell,
)


@dataclass
class Row:
    """One delivered row on its way to a status."""

    table: str
    rank: int
    line: int
    values: dict[str, Any]
    errors: set[str]
    warnings: set[str] = field(default_factory=set)
    status: str = ""

    @property
    def key(self) -> Key | None:
        """The key, None where a part of it is missing or cannot be read."""
        parts = tuple(self.values[name] for name in KEYS[self.table])
        return None if None in parts else parts

    @property
    def place(self) -> tuple[int, int]:
        """Its position among all rows of its table: later deliveries and lines come later."""
        return self.rank, self.line


@dataclass
class Settled:
    """How every row ended, and what is in use."""

    rows: dict[str, list[Row]]
    current: dict[str, dict[Key, Row]]
    answers: dict[str, dict[int, Decimal]]


def settle(deliveries: Sequence[Delivery]) -> Settled:
    """Settle deliveries that stand in the order in which they count."""
    return _Settling(deliveries).run()


class _Settling:
    def __init__(self, deliveries: Sequence[Delivery]) -> None:
        self.deliveries = deliveries
        self.delivered = {table for each in deliveries for table in each.files}
        self.rows = {table: list(self._read(table)) for table in KEYS}
        self.current: dict[str, dict[Key, Row]] = {table: {} for table in KEYS}
        self.answers: dict[str, dict[int, Decimal]] = {}
        self.deleted = self._deletions()

    def run(self) -> Settled:
        for table in KEYS:
            if table == "response_items":
                self._settle_answers()
                continue
            for row in self.rows[table]:
                self._judge_against_others(row)
            if table == "responses":
                self._find_duplicates()
            self._place(table)
        return Settled(self.rows, self.current, self.answers)

    # ------------------------------------------------------------- one row alone

    def _read(self, table: str) -> Iterator[Row]:
        for rank, delivery in enumerate(self.deliveries):
            for index, cells in enumerate(delivery.files.get(table, ())):
                yield self._judge_alone(table, rank, index + 2, cells)

    def _judge_alone(self, table: str, rank: int, line: int, cells: Cells) -> Row:
        values: dict[str, Any] = {}
        errors: set[str] = set()
        for name, cell in COLUMNS[table].items():
            content = cells.get(name, "")
            values[name] = value = read_cell(content, cell.kind)
            if content and value is None:
                errors.add(f"{table}.{name}.type")
            elif cell.is_required and not content:
                errors.add(f"{table}.{name}.required")
            if value is not None and cell.allowed and value not in cell.allowed:
                errors.add(f"{table}.{name}.allowed")
            if value is not None and cell.minimum is not None and value < cell.minimum:
                errors.add(f"{table}.{name}.minimum")
        delivered_on = self.deliveries[rank].delivered_on
        for name in RECORDED:
            value = values.get(name)
            if value is not None and _day(value) > delivered_on:
                errors.add(f"{table}.{name}.not_after_delivery")
        for where, earlier, later in ORDERED:
            if where == table and values[later] is not None:
                before = values[earlier]
                if before is None and later == "ended_on":
                    before = values["referred_on"]
                if before is not None and values[later] < before:
                    errors.add(f"{table}.{later}.not_before_{earlier}")
        warnings: set[str] = set()
        if table == "sessions" and (values["group_id"] is None) == (values["episode_id"] is None):
            errors.add("sessions.one_owner")
        if table == "episodes":
            unreadable = cells.get("ended_on", "") and values["ended_on"] is None
            has_reason, has_end = values["end_reason"] is not None, values["ended_on"] is not None
            if has_reason != has_end and not unreadable:
                warnings.add("episodes.end_reason.with_ended_on")
        return Row(table, rank, line, values, errors, warnings)

    # ------------------------------------------------------------- against other rows

    def _exists(self, table: str, identifier: Any) -> bool:
        return (identifier,) in self.current[table]

    def _judge_against_others(self, row: Row) -> None:
        table, values = row.table, row.values
        if table == "deletions":
            self._judge_deletion(row)
            return
        for name, cell in COLUMNS[table].items():
            if not cell.parent or cell.parent == table or cell.parent not in self.delivered:
                continue
            if values[name] is None or self._exists(cell.parent, values[name]):
                continue
            if cell.is_required or (table == "sessions" and name in {"group_id", "episode_id"}):
                row.errors.add(f"{table}.{name}.reference")
            else:
                row.warnings.add(f"{table}.{name}.reference")
                values[name] = None
        judge = {
            "responses": self._judge_response,
            "attendances": self._judge_attendance,
            "goal_ratings": self._judge_rating,
        }.get(table)
        if judge is not None:
            judge(row)

    def _judge_response(self, row: Row) -> None:
        values = row.values
        instrument = INSTRUMENTS.get(values["instrument_id"])
        if instrument is None:
            if values["instrument_id"] is not None:
                row.errors.add("responses.instrument_id.known")
        elif values["total_score"] is not None:
            lowest = instrument.lowest * instrument.n_items
            highest = instrument.highest * instrument.n_items
            if not lowest <= values["total_score"] <= highest:
                row.errors.add("responses.total_score.in_range")
            # All of these instruments count in whole points.
            if values["total_score"] % 1:
                row.warnings.add("responses.total_score.on_steps")
        episode = self.current["episodes"].get((values["episode_id"],))
        client = values["client_id"]
        if episode is not None and client is not None and episode.values["client_id"] != client:
            row.errors.add("responses.client_matches_episode")
        session = self.current["sessions"].get((values["session_id"],))
        if session is not None and values["administered_at"] is not None:
            apart = _day(session.values["scheduled_at"]) - _day(values["administered_at"])
            if abs(apart) > timedelta(days=7):
                row.warnings.add("responses.near_session")

    def _judge_attendance(self, row: Row) -> None:
        session = self.current["sessions"].get((row.values["session_id"],))
        if session is None or session.values["group_id"] is None:
            return
        if "groups" not in self.delivered or row.values["status"] != "attended":
            return
        day = _day(session.values["scheduled_at"])
        stays = [stay.values for stay in self.current["memberships"].values()]
        if not any(
            stay["group_id"] == session.values["group_id"]
            and stay["client_id"] == row.values["client_id"]
            and stay["joined_on"] <= day <= (stay["left_on"] or date.max)
            for stay in stays
        ):
            row.warnings.add("attendances.member_on_day")

    def _judge_rating(self, row: Row) -> None:
        goal = self.current["goals"].get((row.values["goal_id"],))
        if goal is not None and row.values["value"] is not None:
            lowest, highest = SCALES[goal.values["kind"]]
            if not lowest <= row.values["value"] <= highest:
                row.errors.add("goal_ratings.value.on_scale")

    # ------------------------------------------------------------- deletions and absences

    def _deletions(self) -> dict[tuple[str, Key], list[int]]:
        """Deliveries whose deletions name a key that was known by then."""
        found: dict[tuple[str, Key], list[int]] = defaultdict(list)
        for row in self.rows["deletions"]:
            if not row.errors and self._is_known(row):
                found[self._target(row)].append(row.rank)
        return found

    @staticmethod
    def _target(row: Row) -> tuple[str, Key]:
        table = row.values["table"]
        names = KEYS[table]
        parts = row.values["key"].split("|") if len(names) > 1 else [row.values["key"]]
        if len(parts) != len(names):
            return table, ()
        kinds = [COLUMNS[table][name].kind for name in names]
        return table, tuple(read_cell(part, kind) for part, kind in zip(parts, kinds, strict=True))

    def _is_known(self, deletion: Row) -> bool:
        table, key = self._target(deletion)
        return any(row.key == key and row.rank <= deletion.rank for row in self.rows[table])

    def _judge_deletion(self, row: Row) -> None:
        if not row.errors and not self._is_known(row):
            row.errors.add("deletions.known")

    def _is_withdrawn(self, row: Row, carries: Callable[[Row], bool]) -> bool:
        """Rules 2 and 3, for a row that no later good one follows."""
        if row.key is None or row.table == "deletions":
            return False
        if any(rank > row.rank for rank in self.deleted.get((row.table, row.key), ())):
            return True
        return any(
            not any(other.rank == rank and carries(other) for other in self.rows[row.table])
            for rank, delivery in enumerate(self.deliveries)
            if rank > row.rank and delivery.is_full and row.table in delivery.files
        )

    # ------------------------------------------------------------- one table

    def _place(self, table: str) -> None:
        by_key: dict[Key, list[Row]] = defaultdict(list)
        for row in self.rows[table]:
            if row.key is None:
                row.status = "quarantined"
            else:
                by_key[row.key].append(row)
        for key, rows in by_key.items():
            last = max((row.place for row in rows if not row.errors), default=(-1, -1))
            for row in rows:
                if row.place < last:
                    row.status = "superseded"
                elif self._is_withdrawn(row, lambda other, key=key: other.key == key):
                    row.status = "withdrawn"
                elif row.errors:
                    row.status = "quarantined"
                else:
                    row.status = "accepted"
                    self.current[table][key] = row
        for row in self.rows[table]:
            for name, cell in COLUMNS[table].items():
                points_here = cell.parent == table and row.values[name] is not None
                if points_here and not self._exists(table, row.values[name]):
                    row.values[name] = None
                    row.warnings.add(f"{table}.{name}.reference")
        if table == "episodes":
            self._find_overlaps()

    def _find_overlaps(self) -> None:
        """Rule 5: warned is the episode that began while another was open."""
        in_use = list(self.current["episodes"].values())
        for row in in_use:
            began, who = row.values["referred_on"], self._course(row)
            for other in in_use:
                is_earlier = (other.values["referred_on"], other.key) < (began, row.key)
                is_open = (other.values["ended_on"] or date.max) > began
                if self._course(other) == who and is_earlier and is_open:
                    row.warnings.add("episodes.overlap")

    @staticmethod
    def _course(row: Row) -> tuple[Any, Any]:
        return row.values["client_id"], row.values["programme_id"]

    # ------------------------------------------------------------- responses and answers

    def _find_duplicates(self) -> None:
        """Rule 7: ids in the order of their first rows; each keeps its last row that is no copy."""
        first: dict[Key, tuple[int, int]] = {}
        for row in self.rows["responses"]:
            if row.key is not None:
                first.setdefault(row.key, row.place)
        taken: set[tuple[Any, ...]] = set()
        for key in sorted(first, key=lambda key: first[key]):
            good = [row for row in self.rows["responses"] if row.key == key and not row.errors]
            for row in reversed(good):
                if self._is_withdrawn(row, lambda other, key=key: other.key == key):
                    break
                answers = self._count_answers(key[0], row.values["instrument_id"])
                if not answers:
                    break
                values = row.values
                what = (
                    values["client_id"],
                    values["instrument_id"],
                    values["respondent"],
                    values["administered_at"].replace(second=0, microsecond=0),
                    tuple(sorted(answers.items())),
                )
                if what not in taken:
                    taken.add(what)
                    break
                row.errors.add("responses.duplicate")

    def _answer_errors(self, row: Row, instrument_id: str) -> set[str]:
        instrument = INSTRUMENTS[instrument_id]
        errors = set(row.errors)
        if row.errors:
            return errors
        if row.values["item"] > instrument.n_items:
            errors.add("response_items.item.in_count")
        value = row.values["value"]
        if value is not None and not instrument.lowest <= value <= instrument.highest:
            errors.add("response_items.value.in_range")
        return errors

    def _later_lines(self, response_id: str) -> tuple[list[Row], list[Row]]:
        """The answers of a response: (those that count in their file or cannot be read, others)."""
        rows = [
            row for row in self.rows["response_items"] if row.values["response_id"] == response_id
        ]
        last = {(row.rank, row.values["item"]): row.line for row in rows if not row.errors}
        repeated = [
            row
            for row in rows
            if row.key is not None and last.get((row.rank, row.values["item"]), 0) > row.line
        ]
        return [row for row in rows if row not in repeated], repeated

    def _current_answers(self, response_id: str, instrument_id: str) -> tuple[int, list[Row]]:
        """The delivery whose answers count (-1 for none), and the good answers in it."""
        rows, _ = self._later_lines(response_id)
        good = [row for row in rows if not self._answer_errors(row, instrument_id)]
        rank = max((row.rank for row in good), default=-1)
        return rank, [row for row in good if row.rank == rank]

    def _is_answer_withdrawn(self, row: Row) -> bool:
        # The answers of a response are one thing, so any of them stands for all.
        response_id = row.values["response_id"]
        return self._is_withdrawn(row, lambda other: other.values["response_id"] == response_id)

    def _count_answers(self, response_id: str, instrument_id: str) -> dict[int, Decimal]:
        _, good = self._current_answers(response_id, instrument_id)
        return {
            row.values["item"]: row.values["value"]
            for row in good
            if row.values["value"] is not None and not self._is_answer_withdrawn(row)
        }

    def _settle_answers(self) -> None:
        for response_id in {row.values["response_id"] for row in self.rows["response_items"]}:
            response = self.current["responses"].get((response_id,))
            rows, repeated = self._later_lines(response_id)
            for row in repeated:
                row.status = "superseded"
            if response is not None:
                instrument_id = response.values["instrument_id"]
                rank, good = self._current_answers(response_id, instrument_id)
                self.answers[response_id] = self._count_answers(response_id, instrument_id)
                for row in rows:
                    row.errors = self._answer_errors(row, instrument_id)
            else:
                rank, good = -1, []
                orphaned = "responses" in self.delivered
                for row in rows:
                    if not row.errors and orphaned:
                        row.errors = {"response_items.response_id.reference"}
                if not orphaned:
                    good = [row for row in rows if not row.errors]
                    rank = max((row.rank for row in good), default=-1)
            for row in rows:
                if row.rank < rank and response_id is not None:
                    row.status = "superseded"
                elif self._is_answer_withdrawn(row):
                    row.status = "withdrawn"
                else:
                    row.status = "quarantined" if row.errors else "accepted"
                    assert row.errors or row in good
                    # All of these forms are ticked in whole points.
                    value = row.values["value"]
                    if not row.errors and response is not None and value and value % 1:
                        row.warnings.add("response_items.value.on_scale")
        for row in self.current["responses"].values():
            answers = self.answers.get(row.values["response_id"], {})
            total = row.values["total_score"]
            # An answer between two steps is a missing one, and none of these forms is prorated.
            n_whole = sum(1 for answer in answers.values() if answer % 1 == 0)
            is_complete = n_whole == INSTRUMENTS[row.values["instrument_id"]].n_items
            delivered = [
                each
                for each in self.rows["response_items"]
                if each.values["response_id"] == row.values["response_id"]
                and each.status in {"accepted", "quarantined"}
            ]
            if delivered and total is not None and not is_complete:
                row.warnings.add("responses.answers_suffice")
            if is_complete and total not in {None, sum(answers.values())}:
                row.warnings.add("responses.total_agrees")


def _day(value: date | datetime) -> date:
    return value.date() if isinstance(value, datetime) else value
