"""The answers on each form, and the rows of `responses`, `response_items` and their deletions."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.demo.courses import Clinic, Courses
from pipelines.demo.programmes import INSTRUMENTS, Instrument
from pipelines.demo.questionnaires import (
    NO_ANSWERS_SHARE,
    NONE,
    SKIPPED_SHARE,
    TOTAL_SHARE,
    Responses,
)
from pipelines.demo.randomness import Generator, Stream, generator
from pipelines.demo.timeline import Timeline
from pipelines.demo.writing import ACCEPTED, SUPERSEDED, WITHDRAWN, Deliveries

SKIPPED, ABSENT = -9, -8
ITEM_SPREAD = 0.18
TENTHS = 10


@dataclass(frozen=True)
class Answers:
    """Answers on the forms of one instrument.

    Shape:  `rows` are the forms' places in `Responses`; `values` has a row per form and a column
            per item (in tenths where the instrument has them), `SKIPPED` for an empty cell,
            `ABSENT` for no row at all; `first_values` is what was delivered before a correction;
            `has_rows` is False for a form of which only the total was kept.
    """

    instrument: Instrument
    rows: np.ndarray
    values: np.ndarray
    first_values: np.ndarray
    has_rows: np.ndarray


def _draw(instrument: Instrument, target: np.ndarray, rng: Generator) -> np.ndarray:
    """Whole answers, as on the paper form, whose total scatters around `target`."""
    n, items = len(target), instrument.items
    width = instrument.high - instrument.low
    if items == 1:
        return np.clip(np.round(target), instrument.low, instrument.high).astype(np.int16)[:, None]
    shift = np.linspace(0.12, -0.12, items, dtype=np.float32)
    # The last question is the hardest to say yes to, as on a depression form.
    shift[-1] -= np.float32(0.2)
    shift += np.float32(0.2 / items)
    mean = (target / items).astype(np.float32)[:, None] + shift * np.float32(width)
    mean = mean + rng.standard_normal((n, items), dtype=np.float32) * np.float32(
        ITEM_SPREAD * width
    )
    low, high = np.float32(instrument.low), np.float32(instrument.high)
    np.clip(mean, low, high, out=mean)
    steps = TENTHS if instrument.tenths else 1
    values = np.floor(mean * np.float32(steps) + rng.random((n, items), dtype=np.float32))
    values = np.clip(values, low * steps, high * steps).astype(np.int16)
    if not instrument.has_zero:
        values[values == 0] = 1
    for item in instrument.reversed_items:
        values[:, item - 1] = instrument.low + instrument.high - values[:, item - 1]
    for item in instrument.coarse_items:
        # Up or down by chance: always up would make everybody worse.
        between = (values[:, item - 1] - instrument.low) % 2
        values[:, item - 1] += np.where(rng.random(n) < 0.5, between, -between)
    return values


def make_answers(clinic: Clinic, block: int, responses: Responses) -> list[Answers]:
    """Answers on all forms of a block, instrument by instrument."""
    rng = generator(clinic.seed, Stream.ANSWERS, block)
    made = []
    for number, instrument in enumerate(INSTRUMENTS):
        rows = np.flatnonzero(responses.instrument == number)
        values = _draw(instrument, responses.target[rows], rng)
        n, items = values.shape
        chance = rng.random((n, 3))
        fixed = responses.corrected_in[rows] != NONE
        withdrawn = responses.deleted_in[rows] != NONE
        some = (chance[:, 0] > 1 - SKIPPED_SHARE) & ~fixed & ~withdrawn & (items > 1)
        # A skipped answer comes as an empty cell or not at all. On the WSAS it is mostly the first,
        # which does not apply to people without work.
        hole = np.where(chance[:, 1] < 0.5, SKIPPED, ABSENT).astype(np.int16)
        which = np.floor(chance[:, 2] * items).astype(np.int64)
        if instrument.id == "wsas":
            which = np.where(chance[:, 1] < 0.7, 0, which)
        gaps = np.flatnonzero(some)
        values[gaps, which[gaps]] = hole[gaps]
        twice = gaps[chance[gaps, 1] > 0.8]
        values[twice, (which[twice] + 2) % items] = hole[twice]
        first = values.copy()
        corrected = np.flatnonzero(responses.corrected_in[rows] != NONE)
        steps = TENTHS if instrument.tenths else 1
        wrong = first[corrected, 0] + 1
        first[corrected, 0] = np.where(wrong > instrument.high * steps, instrument.low, wrong)
        has_rows = np.ones(n, dtype=bool)
        if instrument.sends_total:
            has_rows = ((chance[:, 0] >= NO_ANSWERS_SHARE) | fixed) & ~withdrawn
        made.append(Answers(instrument, rows, values, first, has_rows))
    return made


def _totals(answers: Answers, values: np.ndarray, wanted: np.ndarray) -> np.ndarray:
    """Totals in tenths of the forms that send one and are complete, else `NONE`."""
    if not answers.instrument.sends_total:
        return np.full(len(values), NONE)
    total = values.sum(axis=1, dtype=np.int64)
    total *= 1 if answers.instrument.tenths else TENTHS
    shown = (values > ABSENT).all(axis=1) & (wanted | ~answers.has_rows)
    return np.where(shown, total, NONE)


def write_responses(
    deliveries: Deliveries,
    clinic: Clinic,
    block: int,
    *,
    courses: Courses,
    responses: Responses,
    answers: list[Answers],
    clients: pl.Series,
    episodes: pl.Series,
    sessions: pl.Series,
    ids: pl.Series,
) -> None:
    """Appends forms, answers, corrections and withdrawals to their months."""
    rng = generator(clinic.seed, Stream.ANSWERS, 1_000_000 + block)
    wanted = rng.random(len(responses)) < TOTAL_SHARE
    total = np.full(len(responses), NONE)
    first_total = np.full(len(responses), NONE)
    for form in answers:
        total[form.rows] = _totals(form, form.values, wanted[form.rows])
        first_total[form.rows] = _totals(form, form.first_values, wanted[form.rows])
    corrected = responses.corrected_in != NONE
    deleted = responses.deleted_in != NONE
    status = np.where(corrected, SUPERSEDED, np.where(deleted, WITHDRAWN, ACCEPTED))
    frame = _response_frame(
        clinic.timeline,
        courses,
        responses,
        clients=clients,
        episodes=episodes,
        sessions=sessions,
        ids=ids,
    )
    deliveries.add(
        "responses",
        responses.month,
        frame.with_columns(_points(first_total).alias("total_score")),
        status=status,
    )
    again = np.flatnonzero(corrected)
    deliveries.add(
        "responses",
        responses.corrected_in[again],
        frame.with_columns(_points(total).alias("total_score"))[again],
    )
    for form in answers:
        month = responses.month[form.rows]
        everything = np.flatnonzero(form.has_rows)
        _add_items(deliveries, form, form.first_values, everything, month, status, ids)
        again = np.flatnonzero(corrected[form.rows])
        _add_items(
            deliveries,
            form,
            form.values,
            again,
            responses.corrected_in[form.rows],
            np.full(len(responses), ACCEPTED),
            ids,
        )
    _add_deletions(deliveries, clinic.timeline, responses, ids)


def _response_frame(
    timeline: Timeline,
    courses: Courses,
    responses: Responses,
    *,
    clients: pl.Series,
    episodes: pl.Series,
    sessions: pl.Series,
    ids: pl.Series,
) -> pl.DataFrame:
    """The table `responses` without totals."""
    respondents = pl.Series([one.respondent for one in INSTRUMENTS])
    return pl.DataFrame(
        {
            "response_id": ids,
            "client_id": clients.gather(courses.client[responses.course]),
            "episode_id": _where(responses.names_episode, episodes, responses.course),
            "session_id": _where(responses.names_session, sessions, responses.meeting),
            "instrument_id": pl.Series([one.id for one in INSTRUMENTS]).gather(
                responses.instrument
            ),
            "administered_at": timeline.times(responses.day, responses.minute),
            "respondent": respondents.gather(responses.instrument),
        }
    )


def _where(shown: np.ndarray, names: pl.Series, index: np.ndarray) -> pl.Series:
    """`names` at `index` where `shown`, else null."""
    with_null = names.extend_constant(None, 1)
    return with_null.gather(np.where(shown, index, len(names)))


def _points(tenths: np.ndarray) -> pl.Series:
    """Totals as the text of the export: whole where they are whole; null for `NONE`."""
    shown = np.arange(1000)
    texts = [f"{i // TENTHS}" if i % TENTHS == 0 else f"{i / TENTHS:.1f}" for i in shown]
    return pl.Series([*texts, None], dtype=pl.String).gather(
        np.where(tenths == NONE, len(texts), tenths)
    )


def _add_items(
    deliveries: Deliveries,
    form: Answers,
    values: np.ndarray,
    chosen: np.ndarray,
    month: np.ndarray,
    status: np.ndarray,
    ids: pl.Series,
) -> None:
    """Appends the answers of the chosen forms of one instrument."""
    if not len(chosen):
        return
    items = form.instrument.items
    flat = values[chosen].reshape(-1)
    owner = np.repeat(form.rows[chosen], items)
    when = np.repeat(month[chosen], items)
    item = np.tile(np.arange(1, items + 1, dtype=np.int16), len(chosen))
    if (flat == ABSENT).any():
        kept = flat != ABSENT
        flat, owner, when, item = flat[kept], owner[kept], when[kept], item[kept]
    value = pl.Series("value", flat / TENTHS if form.instrument.tenths else flat)
    if (flat == SKIPPED).any():
        value = value.set(pl.Series(flat == SKIPPED), None)
    frame = pl.DataFrame({"response_id": ids.gather(owner), "item": item, "value": value})
    deliveries.add("response_items", when, frame, status=status[owner])


def _add_deletions(
    deliveries: Deliveries, timeline: Timeline, responses: Responses, ids: pl.Series
) -> None:
    """Withdraws forms that were entered by mistake."""
    gone = np.flatnonzero(responses.deleted_in != NONE)
    month = responses.deleted_in[gone]
    frame = pl.DataFrame(
        {
            "table": ["responses"] * len(gone),
            "key": ids.gather(gone),
            "deleted_on": timeline.dates(timeline.month_starts[month] + 3),
            "reason": ["entered by mistake"] * len(gone),
        },
        schema_overrides={"table": pl.String, "reason": pl.String},
    )
    deliveries.add("deletions", month, frame)
