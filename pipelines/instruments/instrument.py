"""One instrument of the catalogue, as its file describes it.

What belongs here: the shape of an instrument. `instrument_file.py` reads a file into it,
`consistency.py` judges whether its facts fit together, and `reference_tables.py` makes the tables
that SQL reads.

Every figure has a source and a status. An unverified one is loaded, so that a page can show it and
a clinic may one day switch it on, but `is_active` is false and no reference table holds it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

VERIFIED = "verified"
# Scores and change can be derived from the answers by weights alone; the others need a table, an
# algorithm or a choice between items.
LINEAR_METHODS = frozenset({"sum", "mean"})


@dataclass(frozen=True)
class OutcomeRule:
    """The programme that fixes a threshold, and which of its editions."""

    rule_id: str
    version: str


@dataclass(frozen=True)
class Scale:
    """A total or a subscale. `times` multiplies its sum or mean; None means not known.

    `groups` are the items that are scored together before the scale adds them up: the parts of a
    total, or the items of which the highest counts. `alternatives` are items of which one answer
    is enough. `of_scale` is the scale whose points a table converts. `max_missing` is how many
    answers of the scale (of each group, where there are groups) may be missing.
    """

    scale: str
    method: str
    n_items: int | None
    items: tuple[int, ...] | None
    times: Decimal
    min_points: Decimal | None
    max_points: Decimal | None
    direction: str
    groups: tuple[tuple[int, ...], ...] = ()
    alternatives: tuple[tuple[int, ...], ...] = ()
    of_scale: str | None = None
    max_missing: int = 0


@dataclass(frozen=True)
class Threshold:
    """A published threshold of one scale.

    Units: `points` of the scale, or `share` of the first score.
    `use` is `default` for the value that is applied, `alternative` for another published value
    of the same rule, `reference` for one that is shown and never applied. `respondents` are those
    whose answers it was found for: the clients themselves where a file does not say otherwise.
    `population` narrows it to a sex or another population ("" = everyone). `basis` says how a
    reliable change came about.
    """

    kind: str
    scale: str
    points: Decimal | None
    share: Decimal | None
    op: str
    use: str
    status: str
    source: tuple[str, ...]
    rule: OutcomeRule | None
    respondents: tuple[str, ...]
    population: str
    basis: str | None
    range_points: tuple[Decimal, Decimal] | None
    note: str

    @property
    def holds_for(self) -> str:
        """Whose answers it holds for, and of whom, in words."""
        return ", ".join([*self.respondents, *([self.population] if self.population else [])])

    @property
    def is_active(self) -> bool:
        """Verified, the default, and not only for some of the people who fill in the form."""
        return self.status == VERIFIED and self.use == "default" and not self.population


@dataclass(frozen=True)
class Figure:
    """A norm, reliability or set of bands: shown with its source, no rule is made of it.

    `details` are the fields as written in the file.
    """

    kind: str
    status: str
    source: tuple[str, ...]
    details: Mapping[str, Any]


@dataclass(frozen=True)
class ScoringRule:
    """One part of how a form is scored, in the words of its file: for a reader, and not for SQL.

    `is_applied` is false where nobody has verified it, so that nothing is scored by it; None where
    there is nothing to apply.
    """

    part: str
    says: str
    is_applied: bool | None
    status: str
    source: tuple[str, ...]
    note: str


@dataclass(frozen=True)
class ScoreTable:
    """A published table from a scale's points to another metric."""

    points: Mapping[Decimal, Decimal]
    status: str
    source: tuple[str, ...]


@dataclass(frozen=True)
class GoalRule:
    """How ratings of a client's own goals are judged; None where nothing is published."""

    met_points: Decimal | None
    gas_rho: Decimal | None
    status: str
    source: tuple[str, ...]


@dataclass(frozen=True)
class LoincCodes:
    """LOINC codes of an instrument; `items` in item order, empty where not known."""

    panel: str | None
    total: str | None
    items: tuple[str, ...]
    status: str
    source: tuple[str, ...]


@dataclass(frozen=True)
class SafetyRule:
    """Which answers show a risk: any of `items` at `from_points` or above, as the form is printed.

    `from_points` is None where the rule is no number; such a rule is never applied.
    """

    items: tuple[int, ...]
    rule: str
    from_points: Decimal | None
    status: str
    source: tuple[str, ...]

    @property
    def is_active(self) -> bool:
        """Whether answers are judged by it."""
        return self.status == VERIFIED and self.from_points is not None


@dataclass(frozen=True)
class Instrument:
    """An outcome instrument: its form, its scoring and what is published about its scores.

    `item_points` are the lowest and highest points of an item, `own_points` those of the items
    that differ (`own_values` where not all between them). Answers lie `item_step` apart.
    `reversed_items` is None where the reverse key is not known or not verified. `fill_method` is
    None unless a published rule for missing answers is verified; `form_max_missing` limits it over
    the whole form. `not_scored_why` says why points are not computed from answers.
    """

    instrument_id: str
    name: str
    version: str
    purpose: str
    domains: tuple[str, ...]
    subdomain: str
    direction: str
    n_items: int | None
    item_points: tuple[Decimal, Decimal] | None
    own_points: Mapping[int, tuple[Decimal, ...]]
    own_values: Mapping[int, tuple[Decimal, ...]]
    item_step: Decimal
    zero_allowed: bool
    reversed_items: tuple[int, ...] | None
    is_scored: bool
    scoring_status: str
    scoring_source: tuple[str, ...]
    subscales_status: str
    not_scored_why: str
    scoring_rules: tuple[ScoringRule, ...]
    fill_method: str | None
    form_max_missing: int | None
    score_tables: Mapping[str, ScoreTable]
    goals: GoalRule | None
    scales: tuple[Scale, ...]
    thresholds: tuple[Threshold, ...]
    figures: tuple[Figure, ...]
    loinc: LoincCodes | None
    licence: Figure
    safety: SafetyRule | None
    notes: tuple[str, ...]

    @property
    def safety_items(self) -> tuple[int, ...]:
        """The items that a safety rule reads, whatever its status."""
        return self.safety.items if self.safety else ()

    @property
    def total(self) -> Scale | None:
        """The scale of the whole form, None where the instrument has no total."""
        return next((scale for scale in self.scales if scale.scale == "total"), None)

    def span_of_item(self, item: int) -> tuple[Decimal, Decimal] | None:
        """Lowest and highest points of an item."""
        own = self.own_points.get(item)
        return (min(own), max(own)) if own else self.item_points

    def why_not_computed(self, threshold: Threshold) -> str:
        """Why nothing is computed from a threshold although it is active; "" where it is."""
        if not threshold.is_active:
            return ""
        scale = next((one for one in self.scales if one.scale == threshold.scale), None)
        # A goal is rated by itself, and is no scale of a form.
        if scale is None and threshold.scale != "goal":
            return f"there is no scale {threshold.scale} here"
        if threshold.kind == "remission" and scale and scale.direction != "higher_worse":
            return "a remission is counted only where higher is worse"
        cases = {
            respondent
            for one in self.thresholds
            if one.kind == "caseness" and one.scale == threshold.scale and one.is_active
            for respondent in one.respondents
        }
        if threshold.kind == "response" and not cases.issuperset(threshold.respondents):
            return "a response is counted among cases, and no caseness is active"
        return ""

    def steps_of(self, scale: Scale) -> list[Fraction]:
        """How far apart the scale's points lie: first of a whole form, then of prorated ones.

        Empty where it is not known. A form with one answer missing may have other points: four of
        five answers, prorated, lie 5/4 apart.
        """
        n_items = scale.n_items
        if scale.method not in {*LINEAR_METHODS, "domain_maxima"} or n_items is None:
            return []
        step = Fraction(self.item_step) * Fraction(scale.times)
        can_be_prorated = self.fill_method == "prorate_mean"
        n_missing = min(scale.max_missing, n_items - 1) if can_be_prorated else 0
        n_given = range(n_items, n_items - n_missing - 1, -1)
        each = n_items if scale.method == "sum" else 1
        if scale.method == "domain_maxima":
            return [step]
        return [step * each / given for given in n_given]

    def verified_codes(self) -> list[tuple[str, int | None, str]]:
        """Verified LOINC codes with their item (None for totals and panels) and kind."""
        loinc = self.loinc
        if loinc is None or loinc.status != VERIFIED:
            return []
        whole = [(loinc.total, None, "total"), (loinc.panel, None, "panel")]
        items = [(code, item, "item") for item, code in enumerate(loinc.items, start=1)]
        return [(code, item, kind) for code, item, kind in [*whole, *items] if code is not None]

    def is_key_known(self, scale: Scale) -> bool:
        """Whether the items of a scale and their signs are verified, or true by definition."""
        status = self.scoring_status if scale.scale == "total" else self.subscales_status
        return (
            scale.items is not None
            and self.n_items is not None
            and self.reversed_items is not None
            and status != "unverified"
        )

    def weights_of(self, scale: Scale) -> tuple[list[Fraction], Fraction] | None:
        """Weight of each item of the form, and the constant to add; None if not just a sum.

        A reversed item counts lowest + highest - x, that is: weight -1 and a constant. Unknown or
        unverified keys give no weights.
        """
        if scale.method not in LINEAR_METHODS or not self.is_key_known(scale):
            return None
        assert scale.items is not None
        assert self.n_items is not None
        each = Fraction(scale.times)
        if scale.method == "mean":
            each /= len(scale.items)
        weights = [Fraction(0)] * self.n_items
        constant = Fraction(0)
        for item in scale.items:
            span = self.span_of_item(item)
            if item not in (self.reversed_items or ()):
                weights[item - 1] = each
            elif span is None:
                return None
            else:
                weights[item - 1] = -each
                constant += each * Fraction(span[0] + span[1])
        return weights, constant

    def can_score(self, scale: Scale) -> bool:
        """Whether the scale's points can be computed from answers."""
        if scale.method == "table":
            table = self.score_tables.get(scale.scale)
            source = next((one for one in self.scales if one.scale == scale.of_scale), None)
            return (
                table is not None
                and table.status == VERIFIED
                and source is not None
                and source.method != "table"
                and self.can_score(source)
            )
        if scale.method == "domain_maxima":
            return self.is_key_known(scale) and bool(scale.groups)
        return self.weights_of(scale) is not None
