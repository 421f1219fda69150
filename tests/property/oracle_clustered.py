"""Outcomes of groups whose members move together, from the definitions, in fractions.

Source: analysis of variance estimate of the intraclass correlation, Donner & Koval (1980).
"""

from collections.abc import Sequence
from fractions import Fraction

from tests.property.oracle_marts import wilson


def group_outcomes(
    groups: Sequence[tuple[Fraction, Fraction]], *, minimum_groups: int, minimum_pairs: int
) -> dict[str, Fraction | float | None]:
    """Figures of groups of (courses, reliably better), course by course."""
    courses = [
        (place, Fraction(member < x))
        for place, (n, x) in enumerate(groups)
        for member in range(int(n))
    ]
    n_all, k = len(courses), len(groups)
    mean = sum((value for _, value in courses), Fraction(0)) / n_all
    means = [x / n for n, x in groups]
    sizes = [n for n, _ in groups]
    # The size of the group that a course is in, averaged over courses.
    members = sum((sizes[place] for place, _ in courses), Fraction(0)) / n_all
    lower, upper = wilson(int(mean * n_all), n_all)
    found: dict[str, Fraction | float | None] = {
        "n_pairs": Fraction(n_all),
        "n_groups": Fraction(k),
        "improved_rate": mean,
        "improved_rate_lower": lower,
        "improved_rate_upper": upper,
        "members_mean": members,
        "icc": None,
        "design_effect": None,
        "n_effective": None,
    }
    if k < minimum_groups or n_all < max(k + 1, minimum_pairs) or mean in (0, 1):
        return found
    between = sum(((means[place] - mean) ** 2 for place, _ in courses), Fraction(0)) / (k - 1)
    within = sum(((value - means[place]) ** 2 for place, value in courses), Fraction(0)) / (
        n_all - k
    )
    balanced = (n_all - sum((size * size for size in sizes), Fraction(0)) / n_all) / (k - 1)
    icc = max(Fraction(0), (between - within) / (between + (balanced - 1) * within))
    effect = 1 + (members - 1) * icc
    return {**found, "icc": icc, "design_effect": effect, "n_effective": n_all / effect}
