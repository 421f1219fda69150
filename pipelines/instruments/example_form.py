"""A made-up form of one instrument, scored by the same SQL that scores a clinic's.

The answers run from the lowest to the highest points and around again; they are nobody's.
"""

from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from textwrap import wrap
from typing import Any

import duckdb
import polars as pl

from pipelines.engine import SQL_FOLDER, quoted
from pipelines.instruments.catalogue import Catalogue, load_catalogue
from pipelines.instruments.instrument import Instrument, Scale, Threshold
from pipelines.instruments.reference_tables import reference_tables

_KINDS = {
    "caseness": "a case",
    "remission": "in remission",
    "clinically_significant": "clinically significant",
    "index_elevated": "elevated at the start",
    "responder": "a responder",
    "alert": "an alert",
    "guide": "on the worse side of the guide",
}
_HOLDS = {
    ">=": lambda points, bound: points >= bound,
    ">": lambda points, bound: points > bound,
    "<=": lambda points, bound: points <= bound,
    "<": lambda points, bound: points < bound,
}
_FILLS = {
    "prorate_mean": "the answers given are taken as the mean of all",
    "prorate_mean_rounded": "the answers given are taken as the mean of all, to whole points",
    "item_mean_rounded": "each counts the mean of the answers given, to whole points",
    "blank_is_zero": "each counts 0",
}
_RESPONSE = {
    "response_key": pl.String,
    "client_key": pl.String,
    "episode_key": pl.String,
    "instrument_id": pl.String,
    "respondent": pl.String,
    "administered_at": pl.Datetime,
    "administered_on": pl.Date,
    "total_score": pl.Decimal(9, 4),
    "items": pl.List(pl.Int32),
    "answers": pl.List(pl.Float64),
    "n_answers": pl.Int64,
    "has_answers": pl.Boolean,
}
_EPISODE = {
    "episode_key": pl.String,
    "client_key": pl.String,
    "referred_on": pl.Date,
    "ended_on": pl.Date,
}


@dataclass(frozen=True)
class ExampleForm:
    """Answers by item and points by scale.

    Units:  points; a scale without any is None.
    """

    instrument: Instrument
    answers: dict[int, Decimal]
    scores: dict[str, Decimal | None]

    def as_dict(self) -> dict[str, Any]:
        """For a program."""
        return {
            "answers": {str(item): float(answer) for item, answer in self.answers.items()},
            "reversed_items": list(self.instrument.reversed_items or ()),
            "scores": {
                scale: None if points is None else float(points)
                for scale, points in self.scores.items()
            },
        }

    def lines(self) -> list[str]:
        """For a person: what each answer counts, each scale's points, each threshold's word."""
        turned = self.instrument.reversed_items or ()
        rows = {
            "item": [f"{item}{'*' if item in turned else ''}" for item in self.answers],
            "answer": [_plain(answer) for answer in self.answers.values()],
            "counts": [_plain(self._counted(item)) for item in self.answers],
        }
        width = max(len(cell) for cells in rows.values() for cell in cells) + 1
        lines = ["  A made-up form, scored:"]
        step = max(1, 80 // width)
        for start in range(0, len(self.answers), step):
            lines += [
                f"    {name:7}"
                + "".join(f"{cell:>{width}}" for cell in cells[start : start + step])
                for name, cells in rows.items()
            ]
        if turned:
            lines.append("    * runs against the scale: lowest + highest - answer")
        for scale in self.instrument.scales:
            lines.append(f"    {self._scale_line(scale)}")
        lines += wrap(
            self._missing_line(), width=100, initial_indent="    ", subsequent_indent="      "
        )
        return [*lines, *self.threshold_lines()]

    def threshold_lines(self) -> list[str]:
        """Each threshold: whom it holds for, whether it is applied, and its word on the form."""
        return [f"    {self._threshold_line(one)}" for one in self._with_points()]

    def _counted(self, item: int) -> Decimal:
        span = self.instrument.span_of_item(item)
        if item in (self.instrument.reversed_items or ()) and span is not None:
            return span[0] + span[1] - self.answers[item]
        return self.answers[item]

    def _scale_line(self, scale: Scale) -> str:
        points = self.scores.get(scale.scale)
        shown = "no points" if points is None else _plain(points)
        span = (
            f" of {_plain(scale.min_points)} to {_plain(scale.max_points)}"
            if scale.min_points is not None and scale.max_points is not None
            else ""
        )
        how = {
            "sum": f"sum of {scale.n_items} items",
            "mean": f"mean of {scale.n_items} items"
            + (f", times {_plain(scale.times)}" if scale.times != 1 else ""),
            "domain_maxima": f"sum of the highest answers of {len(scale.groups)} lists",
            "table": f"{scale.of_scale}, converted by its table",
        }.get(scale.method, scale.method)
        if scale.direction != self.instrument.direction:
            how += f"; {scale.direction.replace('_', ' is ')}"
        return f"{scale.scale}: {shown}{span} ({how})"

    def _missing_line(self) -> str:
        """What becomes of a form of which answers are missing."""
        filled = {
            f"{'each part of ' if scale.groups else ''}{scale.scale}": scale.max_missing
            for scale in self.instrument.scales
            if scale.max_missing
        }
        fill = _FILLS.get(self.instrument.fill_method or "")
        if fill is None or not filled:
            return "a form with an answer missing has no points on the scales of that item"
        if self.instrument.form_max_missing is not None:
            most = f"{self.instrument.form_max_missing} in the form"
        else:
            most = ", ".join(f"{each} in {name}" for name, each in filled.items())
        return f"missing answers, up to {most}: {fill}; with more there are no points"

    def _with_points(self) -> list[Threshold]:
        return [one for one in self.instrument.thresholds if one.points is not None or one.share]

    def _threshold_line(self, threshold: Threshold) -> str:
        state = "active" if threshold.is_active else f"not active: {_why(threshold)}"
        if why := self.instrument.why_not_computed(threshold):
            state = f"active, not computed: {why}"
        kind = threshold.kind.replace("_", " ")
        points = self.scores.get(threshold.scale)
        bound = (
            f"{threshold.op} {_plain(threshold.points)}"
            if threshold.points is not None
            else f"{threshold.op} {threshold.share} of the first score"
        )
        verdict = ""
        if threshold.kind in _KINDS and points is not None and threshold.points is not None:
            is_so = _HOLDS[threshold.op](points, threshold.points)
            verdict = f"; the form is {'' if is_so else 'not '}{_KINDS[threshold.kind]}"
        return f"{kind} of {threshold.scale} for {threshold.holds_for} {bound} ({state}){verdict}"


def example_form(instrument: Instrument) -> ExampleForm:
    """A whole made-up form of a scored instrument, with the points that the product's SQL gives."""
    answers = {item: _answer(instrument, item) for item in range(1, (instrument.n_items or 0) + 1)}
    catalogue = Catalogue(
        instruments={instrument.instrument_id: instrument},
        answer_points={},
        conventions=load_catalogue().conventions,
        digest="",
    )
    response = {
        "response_key": "example",
        "instrument_id": instrument.instrument_id,
        "items": list(answers),
        "answers": [float(answer) for answer in answers.values()],
        "n_answers": len(answers),
        "has_answers": True,
    }
    model = SQL_FOLDER / "intermediate" / "int_response_scores.sql"
    with TemporaryDirectory() as folder, duckdb.connect(":memory:") as connection:
        function = SQL_FOLDER / "functions" / "weighted_points.sql"
        connection.execute(function.read_text(encoding="utf-8"))
        tables = {
            **reference_tables(catalogue),
            "stg_responses": pl.DataFrame([response], schema=_RESPONSE),
            "int_episodes": pl.DataFrame(schema=_EPISODE),
        }
        for name, frame in tables.items():
            path = Path(folder) / f"{name}.parquet"
            frame.write_parquet(path)
            connection.execute(f"create view {name} as from read_parquet({quoted(str(path))})")
        rows = connection.execute(
            "select scale, score_points from (" + model.read_text(encoding="utf-8") + "\n)"
        ).fetchall()
    return ExampleForm(instrument, answers, dict(rows))


def _answer(instrument: Instrument, item: int) -> Decimal:
    """The next of the item's possible answers; of many steps, ten over the whole span."""
    own = instrument.own_values.get(item)
    span = instrument.span_of_item(item)
    assert span is not None
    if own is not None:
        return own[(item - 1) % len(own)]
    places = int(span[1] - span[0]) + 1
    values = [span[0] + place for place in range(places)]
    values = [value for value in values if value != 0 or instrument.zero_allowed]
    return values[(item - 1) % len(values)]


def _why(threshold: Threshold) -> str:
    if threshold.status == "unverified":
        return "unverified"
    return f"holds for {threshold.population} only" if threshold.population else threshold.use


def _plain(number: Decimal | None) -> str:
    return "?" if number is None else f"{number.normalize():f}"
