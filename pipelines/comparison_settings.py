"""What a clinic decides about comparing therapists and groups: `[comparison]` of `clinic.toml`.

The covariates are fixed here, before anybody sees a figure, and come from a closed list of what is
known before treatment. What happens in treatment is refused with the reason: adjusting for it
would take away the very thing that is compared.
"""

from dataclasses import dataclass
from itertools import pairwise

from pipelines.errors import SettingsError
from pipelines.toml_sections import Section, Sections

FIRST_SCORE = "first_score"
COVARIATES = (
    "symptom_baseline",
    "functioning_baseline",
    "age_band",
    "sex",
    "problem",
    "programme",
    "modality",
    "prior_courses",
    "wait_band",
)
_DEFAULT_COVARIATES = (
    "symptom_baseline",
    "age_band",
    "sex",
    "problem",
    "modality",
    "prior_courses",
)
# Words for what is only known once treatment is under way.
_AFTER_TREATMENT = (
    "alliance",
    "attendance",
    "attended",
    "cohesion",
    "did_not_attend",
    "dose",
    "dropout",
    "dropped_out",
    "end_reason",
    "last_score",
    "n_attended",
    "n_sessions",
    "satisfaction",
    "sessions",
)


@dataclass(frozen=True)
class ComparisonSettings:
    """How therapists and groups are compared.

    Units: `minimum_pairs` courses with a first and a last score; `minimum_units` therapists or
    groups; `minimum_pair_rate` and `reliability_wanted` parts of 1; `minimum_category_cases`
    courses; `minimum_stratum_clients` people; `cases_per_parameter` courses,
    `events_per_parameter` improved courses (and as many not improved); `age_bands` the youngest
    year of age of each band but the first.
    """

    covariates: tuple[str, ...] = _DEFAULT_COVARIATES
    minimum_pairs: int = 30
    minimum_units: int = 10
    minimum_pair_rate: float = 0.7
    minimum_category_cases: int = 10
    minimum_stratum_clients: int = 10
    cases_per_parameter: int = 20
    events_per_parameter: int = 10
    reliability_wanted: float = 0.7
    age_bands: tuple[int, ...] = (18, 30, 45, 60)

    @property
    def digest_text(self) -> str:
        """Changes with every setting; the order of the covariates is fixed."""
        return repr(self)


def read_comparison_settings(sections: Sections) -> ComparisonSettings:
    """The settings in `[comparison]`.

    Raises: SettingsError naming the key, what it must be, and what to do.
    """
    section = sections.section("comparison")
    default = ComparisonSettings()
    found = ComparisonSettings(
        covariates=_covariates(section),
        minimum_pairs=section.take("minimum_pairs", int, default.minimum_pairs),
        minimum_units=section.take("minimum_units", int, default.minimum_units),
        minimum_pair_rate=section.take("minimum_pair_rate", float, default.minimum_pair_rate),
        minimum_category_cases=section.take(
            "minimum_category_cases", int, default.minimum_category_cases
        ),
        minimum_stratum_clients=section.take(
            "minimum_stratum_clients", int, default.minimum_stratum_clients
        ),
        cases_per_parameter=section.take("cases_per_parameter", int, default.cases_per_parameter),
        events_per_parameter=section.take(
            "events_per_parameter", int, default.events_per_parameter
        ),
        reliability_wanted=section.take("reliability_wanted", float, default.reliability_wanted),
        age_bands=_age_bands(section, default.age_bands),
    )
    section.refuse_leftovers()
    # Every limit of a setting is also one of what a fair comparison needs at least.
    wrong = [
        f"{name} is {needed}"
        for name, needed, holds in (
            ("minimum_pairs", "30 or more", found.minimum_pairs >= default.minimum_pairs),
            ("minimum_units", "10 or more", found.minimum_units >= default.minimum_units),
            ("minimum_pair_rate", "a part of 1", 0 <= found.minimum_pair_rate <= 1),
            ("minimum_category_cases", "1 or more", found.minimum_category_cases >= 1),
            ("minimum_stratum_clients", "2 or more", found.minimum_stratum_clients >= 2),
            ("cases_per_parameter", "2 or more", found.cases_per_parameter >= 2),
            ("events_per_parameter", "2 or more", found.events_per_parameter >= 2),
            ("reliability_wanted", "between 0 and 1", 0 < found.reliability_wanted < 1),
        )
        if not holds
    ]
    if wrong:
        raise SettingsError(
            "A setting is out of its range.",
            where=f"{section.path}, [comparison]",
            expected="; ".join(wrong),
            found="another value",
            todo="correct the line",
        )
    return found


def _covariates(section: Section) -> tuple[str, ...]:
    names = section.take("covariates", list, list(_DEFAULT_COVARIATES))
    where = f"{section.path}, [comparison] covariates"
    expected = ", ".join(COVARIATES)
    after = [name for name in names if name in _AFTER_TREATMENT]
    if after:
        raise SettingsError(
            "A covariate is not known before treatment.",
            where=where,
            expected=f"some of {expected}; the first score always counts",
            found=", ".join(after),
            todo="remove it: what happens in treatment is part of what is compared, and adjusting"
            " for it would hide it",
        )
    unknown = [str(name) for name in names if name not in COVARIATES]
    if unknown or len(set(map(str, names))) < len(names):
        raise SettingsError(
            "A covariate is not one of those that can be adjusted for.",
            where=where,
            expected=f"some of {expected}, each once; the first score always counts",
            found=", ".join(unknown) or "a name twice",
            todo="correct the list",
        )
    return tuple(name for name in COVARIATES if name in names)


def _age_bands(section: Section, default: tuple[int, ...]) -> tuple[int, ...]:
    bands = section.take("age_bands", list, list(default))
    is_whole = all(isinstance(band, int) and not isinstance(band, bool) for band in bands)
    if not bands or not is_whole or bands[0] < 1 or any(a >= b for a, b in pairwise(bands)):
        raise SettingsError(
            "The age bands cannot be used.",
            where=f"{section.path}, [comparison] age_bands",
            expected="the youngest age of each band but the first, rising, in whole years",
            found=", ".join(map(str, bands)) or "none",
            todo="correct the list, for example [18, 30, 45, 60]",
        )
    return tuple(bands)
