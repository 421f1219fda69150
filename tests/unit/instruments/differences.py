"""Where the catalogue says on purpose something else than the file of facts, each with its reason.

What belongs here: one entry for each figure; `MISSING` where the catalogue does not have it. An
entry that no longer differs fails its test, so that the list cannot outlive its reasons.
"""

from typing import Any

MISSING = "not there"

_PARTNERS = "a couple's form: both partners answer it, and the cut-off is that of either"
_FAMILY = "each family member answers it: clients, parents and partners"
_PARENT = "the form is filled in by a parent, and its cut-offs are those of parents' answers"
_BOTH_RATERS = "the form is rated by the client or by a clinician; the facts name both"
_IN_NOTE = (
    "the facts have the original cut-off of 10 in a note: kept beside the programme's, as asked"
)
_ALERT = (
    "the facts call it an alert to discuss the alliance, not a disorder: nobody is a case by it"
)
_GUIDE = "the facts call it a guide, not a diagnostic cut-off: nobody is a case by it"
_TWO = "two figures of two scales that the facts have in one list: one entry each"
_WORK = "that four of five answers suffice is a fact; sum x 5/4 is a rule of this project"
_ROUNDED = "read since, in published code: a prorated scale is rounded to whole points, halves up"
_GOALS = "the formula's rho as a figure of its own, and from which rating on a goal is met"
_EXAMPLE = "that the nine items are summed was read since, in an example with its total"

# (instrument, path) -> (what the catalogue has, why).
FIGURES: dict[tuple[str, str], tuple[Any, str]] = {
    ("phq9", "scoring.status"): ("verified", _EXAMPLE),
    ("gad7", "thresholds.caseness.total.2.points"): (10, _IN_NOTE),
    ("gad7", "thresholds.caseness.total.2.op"): (">=", _IN_NOTE),
    ("gad7", "thresholds.caseness.total.2.use"): ("alternative", _IN_NOTE),
    ("gad7", "thresholds.caseness.total.2.status"): ("verified", _IN_NOTE),
    ("gad7", "thresholds.caseness.total.2.respondents"): (["client"], _IN_NOTE),
    ("wsas", "scoring.missing.rule"): (
        "exactly one of the five items missing: sum x 5/4",
        _WORK,
    ),
    ("wsas", "scoring.missing.method"): ("prorate_mean", _WORK),
    ("wsas", "scoring.missing.max_missing"): (1, _WORK),
    ("wsas", "scoring.missing.status"): ("design", _WORK),
    ("core10", "form.reversed_items.status"): (
        "verified",
        "read since in published scoring code; the facts do not say whether it was",
    ),
    ("ors", "thresholds.caseness.total.4.respondents"): (
        ["parent"],
        "the value of the carers' form holds for carers",
    ),
    ("oci_r", "norms.1.label"): ("students (Foa 2002)", "a short name written out"),
    ("oci_r", "norms.2.label"): ("OCD (Foa 2002)", "a short name written out"),
    ("oci_r", "thresholds.caseness.total.2.population"): (
        "Veale 2016",
        "a short name written out",
    ),
    ("ybocs_sr", "thresholds.caseness.total.1.respondents"): (
        ["client", "therapist"],
        _BOTH_RATERS,
    ),
    ("ybocs_sr", "thresholds.remission.total.1.respondents"): (
        ["client", "therapist"],
        _BOTH_RATERS,
    ),
    ("ybocs_sr", "thresholds.response.total.1.respondents"): (
        ["client", "therapist"],
        _BOTH_RATERS,
    ),
    ("srs", "thresholds.caseness.total.1.points"): (MISSING, _ALERT),
    ("srs", "thresholds.caseness.total.1.op"): (MISSING, _ALERT),
    ("srs", "thresholds.caseness.total.1.use"): (MISSING, _ALERT),
    ("srs", "thresholds.caseness.total.1.status"): (MISSING, _ALERT),
    ("srs", "thresholds.caseness.total.1.respondents"): (MISSING, _ALERT),
    ("srs", "thresholds.caseness.total.1.meaning"): (MISSING, _ALERT),
    ("srs", "thresholds.alert.total.1.points"): (36, _ALERT),
    ("srs", "thresholds.alert.total.1.op"): ("<", _ALERT),
    ("srs", "thresholds.alert.total.1.use"): ("reference", _ALERT),
    ("srs", "thresholds.alert.total.1.status"): ("verified", _ALERT),
    ("srs", "thresholds.alert.total.1.respondents"): (["client"], _ALERT),
    ("srs", "thresholds.alert.total.1.meaning"): (
        "alert to discuss the alliance, not a disorder; any single item < 9 is also used"
        " (verified: false)",
        _ALERT,
    ),
    ("rses", "thresholds.caseness.total.1.points"): (MISSING, _GUIDE),
    ("rses", "thresholds.caseness.total.1.op"): (MISSING, _GUIDE),
    ("rses", "thresholds.caseness.total.1.use"): (MISSING, _GUIDE),
    ("rses", "thresholds.caseness.total.1.status"): (MISSING, _GUIDE),
    ("rses", "thresholds.caseness.total.1.respondents"): (MISSING, _GUIDE),
    ("rses", "thresholds.caseness.total.1.meaning"): (MISSING, _GUIDE),
    ("rses", "thresholds.guide.total.1.points"): (15, _GUIDE),
    ("rses", "thresholds.guide.total.1.op"): ("<", _GUIDE),
    ("rses", "thresholds.guide.total.1.use"): ("reference", _GUIDE),
    ("rses", "thresholds.guide.total.1.status"): ("verified", _GUIDE),
    ("rses", "thresholds.guide.total.1.respondents"): (["client"], _GUIDE),
    ("rses", "thresholds.guide.total.1.meaning"): (
        "low self-esteem guide, not a diagnostic cut-off",
        _GUIDE,
    ),
    ("sris", "reliability.1.values"): (MISSING, _TWO),
    ("sris", "reliability.1.value"): (0.77, _TWO),
    ("sris", "reliability.1.scale"): ("self_reflection", _TWO),
    ("sris", "reliability.1.sample"): ("7 weeks", _TWO),
    ("sris", "reliability.2.kind"): ("test_retest", _TWO),
    ("sris", "reliability.2.value"): (0.78, _TWO),
    ("sris", "reliability.2.scale"): ("insight", _TWO),
    ("sris", "reliability.2.sample"): ("7 weeks", _TWO),
    ("sris", "reliability.2.status"): ("verified", _TWO),
    ("csi16", "thresholds.caseness.total.1.respondents"): (["client", "partner"], _PARTNERS),
    ("csi4", "thresholds.caseness.total.1.respondents"): (["client", "partner"], _PARTNERS),
    ("rdas", "thresholds.caseness.total.1.respondents"): (["client", "partner"], _PARTNERS),
    ("rdas", "thresholds.reliable_change.total.1.respondents"): (["client", "partner"], _PARTNERS),
    ("score15", "thresholds.caseness.total.1.respondents"): (
        ["client", "parent", "partner"],
        _FAMILY,
    ),
    ("score15", "thresholds.reliable_change.total.1.respondents"): (
        ["client", "parent", "partner"],
        _FAMILY,
    ),
    ("score15", "thresholds.reliable_change.total.2.respondents"): (
        ["client", "parent", "partner"],
        _FAMILY,
    ),
    ("sdq", "scoring.missing.rule"): (
        "a 5-item subscale is prorated if >= 3 items answered, and rounded to a whole number,"
        " halves up; the total is the sum of the four",
        _ROUNDED,
    ),
    ("sdq", "scoring.missing.method"): ("prorate_mean_rounded", _ROUNDED),
    ("sdq", "scoring.subscales.status"): (
        "verified",
        "the item lists were read since, in published code",
    ),
    ("sdq", "thresholds.reliable_change.impact.1.use"): (
        "reference",
        "the impact questions are no scale of the form here: shown, not applied",
    ),
    ("psc17", "thresholds.caseness.total.1.respondents"): (["parent"], _PARENT),
    ("psc17", "thresholds.caseness.internalising.1.respondents"): (["parent"], _PARENT),
    ("psc17", "thresholds.caseness.attention.1.respondents"): (["parent"], _PARENT),
    ("psc17", "thresholds.caseness.externalising.1.respondents"): (["parent"], _PARENT),
    ("psc17", "reliability.1.respondents"): (["parent"], _PARENT),
    ("psc17", "norms.1.respondents"): (["parent"], _PARENT),
    ("score15", "reliability.1.respondents"): (["client", "parent", "partner"], _FAMILY),
    ("gas", "scoring.goals.met_points"): (0, _GOALS),
    ("gas", "scoring.goals.rho"): (0.3, _GOALS),
    ("gas", "scoring.goals.status"): ("verified", _GOALS),
}
# Figures of which the sources are others, or are named where the facts name none.
SOURCES: dict[tuple[str, str], str] = {
    ("phq9", "scoring"): _EXAMPLE,
    ("gad7", "thresholds.caseness.total.2"): _IN_NOTE,
    ("wsas", "scoring.missing"): _WORK,
    ("core10", "form.reversed_items"): "read since in published scoring code",
    ("core_om", "scoring.subscales"): "the facts name the source of the reverse key alone",
    ("oq45", "scoring.subscales"): "the facts name the source of the reverse key alone",
    ("ders36", "scoring.subscales"): "the facts name the code in a note: not the paper",
    ("srs", "thresholds.caseness.total.1"): _ALERT,
    ("srs", "thresholds.alert.total.1"): _ALERT,
    ("rses", "thresholds.caseness.total.1"): _GUIDE,
    ("rses", "thresholds.guide.total.1"): _GUIDE,
    ("sris", "reliability.2"): _TWO,
    ("sdq", "scoring.missing"): _ROUNDED,
    ("sdq", "scoring.subscales"): _ROUNDED,
    ("psc17", "scoring.subscales"): "the facts name the sheet with the other figures of the form",
    ("gas", "scoring.goals"): _GOALS,
}
