"""What the file of facts says in words, as the fields of an instrument's file.

What belongs here: one entry for each rule in words; nothing here comes from the catalogue's files.
"""

from collections.abc import Mapping
from typing import Any

# Of the forms whose rule is said in words: the method of the total and what it is multiplied by.
TOTALS: Mapping[str | None, tuple[str, int]] = {
    "sum": ("sum", 1),
    "mean": ("mean", 1),
    "single rating": ("sum", 1),
    "sum items 1-10": ("sum", 1),
    "simple sum (1-5 coding)": ("sum", 1),
    "sum of four 10-cm marks": ("sum", 1),
    "sum 12-60, or mean 1-5": ("sum", 1),
    "sum (or mean) after reversing": ("sum", 1),
    "sum after sign change of reversed items": ("sum", 1),
    "sum of the 10 grief-symptom items (form questions 3-12)": ("sum", 1),
    "sum of problem 1, problem 2, function, wellbeing": ("sum", 1),
    "sum, then convert raw to metric score by the published Rasch table": ("sum", 1),
    "clinical score = 10 x sum / items answered": ("sum", 1),
    "clinical score = 10 x mean item": ("mean", 10),
}
# Totals, and scales, that are no sum or mean of all items.
SPECIAL: Mapping[str, dict[str, dict[str, Any]]] = {
    "qids_sr16": {"total": {
        "method": "domain_maxima", "n_items": 16, "items": list(range(1, 17)), "points": [0, 27],
        "maxima_of": [[1, 2, 3, 4], [5], [6, 7, 8, 9], [10], [11], [12], [13], [14], [15, 16]],
        "alternatives": [[6, 7], [8, 9]]}},
    "promis_depression": {"total": {"method": "t_score_table", "n_items": None}},
    "promis_anxiety": {"total": {"method": "t_score_table", "n_items": None}},
    "promis_global10": {
        "physical": {"method": "t_score_table", "n_items": None, "points": [16.2, 67.7]},
        "mental": {"method": "t_score_table", "n_items": 4, "points": [16.2, 67.7]}},
    "dbt_wccl": {
        "skills": {"method": "mean", "n_items": 38, "points": [0, 3]},
        "dysfunctional": {"method": "mean", "n_items": 21, "points": [0, 3],
                          "direction": "higher_worse"}},
    "gq30": {
        name: {"method": "unknown", "n_items": None, "points": None, "direction": direction}
        for name, direction in (("positive_bonding", "higher_better"),
                                ("positive_working", "higher_better"),
                                ("negative_relationship", "higher_worse"))},
    "gcq_s": {name: {"method": "mean", "n_items": None, "points": [0, 6]}
              for name in ("engaged", "avoiding", "conflict")},
    "gcs": {"total": {"method": "unknown", "n_items": None}},
    "sris": {"self_reflection": {"method": "sum", "n_items": 12, "points": [12, 72]},
             "insight": {"method": "sum", "n_items": 8, "points": [8, 48]}},
    "psqi": {"total": {"method": "algorithm"}},
    "gas": {"total": {"method": "goal_attainment", "n_items": None}},
    "gbo": {"total": {"method": "mean_of_goals"}},
    "brief_cope": {},
    "cssrs_screen": {},
}  # fmt: skip
# Totals that are the sum of some of their subscales.
PARTS = {
    "oq45": ["symptom_distress", "interpersonal", "social_role"],
    "sdq": ["emotional", "conduct", "hyperactivity", "peer"],
}
# What a published rule for missing answers says, as far as it says how a form is filled.
MISSING: Mapping[str, dict[str, Any]] = {
    "prorate (mean x 9) if <= 2 items missing": {"method": "prorate_mean", "max_missing": 2},
    "prorate if <= 2 items missing": {"method": "prorate_mean", "max_missing": 2},
    "mean-impute for <= 2 missing": {"method": "prorate_mean", "max_missing": 2},
    "prorate (mean of answered items x 10) if at most 1 item missing":
        {"method": "prorate_mean", "max_missing": 1},
    "one missing item: impute the mean of the other 11; more than one: no score":
        {"method": "prorate_mean", "max_missing": 1},
    "prorate if <= 3 items missing overall; 1 missing allowed in functioning and in problems,"
    " none in wellbeing or risk":
        {"method": "prorate_mean",
         "max_missing_by_scale": {"total": 3, "functioning": 1, "problems": 1}},
    "1-4 missing: rounded mean of the remaining items of the same subscale; 5 or more missing:"
    " invalid": {"method": "item_mean_rounded", "max_missing_in_form": 4},
    "blank = 0; invalid if >= 4 blank": {"method": "blank_is_zero", "max_missing_in_form": 3},
    "a 5-item subscale is prorated if >= 3 items answered":
        {"method": "prorate_mean",
         "max_missing_by_scale": dict.fromkeys(
             ["total", "emotional", "conduct", "hyperactivity", "peer", "prosocial"], 2)},
}  # fmt: skip
