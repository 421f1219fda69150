"""What was to be expected of each case of a window: the models of both outcomes, cell by cell."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipelines.comparison.case_mix import CaseMixModel, fit_linear, fit_logistic
from pipelines.comparison.design import Covariate, Design, independent_columns, make_design
from pipelines.comparison.grouped import sums_by
from pipelines.comparison.measures import EVERYBODY, MeasureSums, Rows, Window
from pipelines.comparison.mixed import MixedSums
from pipelines.comparison.units import IMPROVED, POINTS, UnitSums
from pipelines.comparison_settings import ComparisonSettings

FloatArray = NDArray[np.float64]
IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]

# A model that knows who the client is expects of each sex what it got: no gap would be left.
WHO_THE_CLIENT_IS = frozenset({"age_band", "sex"})
# The part of its own difference that may go into what is expected of a unit.
MOST_OWN_PART = 0.5
# The measures that gaps between strata are looked at for.
_SEVERITY_SCALE, _SEVERITY_RESPONDENT = "total", "client"


@dataclass(frozen=True)
class Expectations:
    """The models of one measure in one window, over the cells that have a case in it.

    `cells` are their places in the measure's cells, `place` the way back (-1 without a case).
    `models` and `overall` (a rate; mean points) are by outcome: without a threshold there is no
    "improved". `severity_rate` is each cell's expected rate from all that is known but who the
    client is; None where that has no model, and for other than clients' totals.
    """

    cells: IntArray
    place: IntArray
    n: FloatArray
    design: Design
    models: dict[str, CaseMixModel]
    overall: dict[str, float]
    severity_rate: FloatArray | None = None

    def sums(self, outcome: str, rows: Rows, n_units: int) -> UnitSums:
        """Observed and expected sums of each unit."""
        expected = self.models[outcome].expected[self.place[rows.cell]]
        n = rows.sums["n_cases"]
        counts = sums_by(rows.unit, n, n_units)
        if outcome == IMPROVED:
            observed, chance = rows.sums["n_improved"], n * expected * (1 - expected)
        else:
            observed = rows.sums["improvement_points"]
            chance = n * (self.models[outcome].residual_variance or 0.0)
        return UnitSums(
            outcome,
            counts,
            sums_by(rows.unit, observed, n_units),
            sums_by(rows.unit, n * expected, n_units),
            sums_by(rows.unit, chance, n_units),
            self.overall[outcome],
        )

    def is_own_case_mix(self, outcome: str, rows: Rows, places: IntArray) -> BoolArray:
        """The units at `places` that hardly anybody else has cases like: a fair figure has others.

        Beyond a half, more of a difference would be taken for case mix than be seen.
        """
        with np.errstate(invalid="ignore"):
            return self.own_part(outcome, rows, int(places.max()) + 1)[places] > MOST_OWN_PART

    def own_part(self, outcome: str, rows: Rows, n_units: int) -> FloatArray:
        """How much of a difference of its own each unit takes into what is expected of it.

        Every unit's courses are among those that the model is fitted on. If all courses of a unit
        had one effect more, this part of it would be expected of them, and only the rest would be
        seen: near its share of the courses where others have such cases too, 1 where nobody else
        has. 0 without a model; nan without a case.
        """
        model = self.models[outcome]
        if not model.is_fitted:
            return np.zeros(n_units)
        matrix = self.design.matrix
        of_case = np.ones(self.cells.size)
        if outcome == IMPROVED:
            of_case = model.expected * (1 - model.expected)
        place = self.place[rows.cell]
        weights = rows.sums["n_cases"] * of_case[place]
        sums = np.stack(
            [
                sums_by(rows.unit, weights * matrix[place, j], n_units)
                for j in range(matrix.shape[1])
            ]
        )
        information = matrix.T @ (matrix * (self.n * of_case)[:, None])
        taken = np.sum(sums * np.linalg.solve(information, sums), axis=0)
        # The first column is the intercept: its sums are those of the weights.
        return np.divide(taken, sums[0], out=np.full(n_units, np.nan), where=sums[0] > 0)

    def mixed_sums(self, rows: Rows, n_units: int) -> MixedSums | None:
        """Sums for the random intercept on points, over the units that have a case.

        Figures are told for everybody's case mix, not for that of the level's own cases: groups may
        have others than the clinic, and stand beside its overall figure.
        """
        if rows.unit.size == 0:
            return None
        n, points = rows.sums["n_cases"], rows.sums["improvement_points"]
        place = self.place[rows.cell]
        is_fitted = self.models[POINTS].is_fitted
        matrix = self.design.matrix if is_fitted else self.design.matrix[:, :1]
        cell_n = sums_by(place, n, self.cells.size)
        products = matrix.T @ (matrix * cell_n[:, None])
        # Of one level's cases a category may be absent: its column is then a sum of others, and
        # what its cases would have been is left to everybody's model.
        kept = independent_columns(products)
        average = matrix.T @ self.n / self.n.sum()
        left_out = [j for j in range(matrix.shape[1]) if j not in kept]
        missed = 0.0
        if left_out:
            tied = np.linalg.solve(products[np.ix_(kept, kept)], products[np.ix_(kept, left_out)])
            unseen = average[left_out] - average[kept] @ tied
            missed = float(unseen @ self.models[POINTS].coefficients[left_out])
        sum_x = np.stack(
            [sums_by(rows.unit, n * matrix[place, j], n_units) for j in kept],
            axis=1,
        )
        counts = sums_by(rows.unit, n, n_units)
        sum_y = sums_by(rows.unit, points, n_units)
        cell_y = sums_by(place, points, self.cells.size)
        has_cases = counts > 0
        return MixedSums(
            xtx=products[np.ix_(kept, kept)],
            xty=matrix[:, kept].T @ cell_y,
            yty=float(rows.sums["improvement_squares"].sum()),
            n=counts[has_cases],
            sum_x=sum_x[has_cases],
            sum_y=sum_y[has_cases],
            average=average[kept],
            missed=missed,
        )


def expect(measure: MeasureSums, window: Window, settings: ComparisonSettings) -> Expectations:
    """Fit the models of one measure in one window, or say why there are none."""
    rows = measure.rows(EVERYBODY, window)
    n_cells = measure.cell_keys.size

    def of_cells(name: str) -> FloatArray:
        return sums_by(rows.cell, rows.sums[name], n_cells)

    totals = of_cells("n_cases")
    cells = np.flatnonzero(totals)
    place = np.full(n_cells, -1, dtype=np.int64)
    place[cells] = np.arange(cells.size)
    n = totals[cells]
    if cells.size == 0:
        return Expectations(cells, place, n, Design((), np.zeros((0, 0))), {}, {})
    first_score = measure.first_score[cells]
    covariates = {
        name: Covariate(covariate.names, covariate.codes[cells])
        for name, covariate in measure.covariates.items()
    }
    design = make_design(first_score, covariates, n, settings.minimum_category_cases)
    folds = measure.folds[cells]
    points = of_cells("improvement_points")[cells]
    squares = float(rows.sums["improvement_squares"].sum())
    models = {
        POINTS: fit_linear(design, n, points, squares, folds, settings.cases_per_parameter),
    }
    overall = {POINTS: float(points.sum() / n.sum())}
    severity_rate = None
    if measure.has_threshold:
        events = of_cells("n_improved")[cells]
        models[IMPROVED] = fit_logistic(design, n, events, folds, settings.events_per_parameter)
        overall[IMPROVED] = float(events.sum() / n.sum())
        if measure.measure[1:] == (_SEVERITY_SCALE, _SEVERITY_RESPONDENT):
            severity = fit_logistic(
                make_design(
                    first_score,
                    {
                        name: covariate
                        for name, covariate in covariates.items()
                        if name not in WHO_THE_CLIENT_IS
                    },
                    n,
                    settings.minimum_category_cases,
                ),
                n,
                events,
                folds,
                settings.events_per_parameter,
            )
            severity_rate = severity.expected if severity.is_fitted else None
    return Expectations(cells, place, n, design, models, overall, severity_rate)
