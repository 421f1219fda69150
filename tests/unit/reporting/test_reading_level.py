"""The summary can be read by whoever finished ninth grade, whatever the figures are."""

from collections.abc import Callable

import pytest

from pipelines.reporting.model import Report
from tests.reading_level import grade_level, syllables, words_per_sentence
from tests.unit.reporting.conftest import CLINICS

ReportOf = Callable[[str, str], Report]
GRADE_AT_MOST = 9
WORDS_AT_MOST = 22


@pytest.mark.parametrize("audience", ["director", "public"])
@pytest.mark.parametrize("name", list(CLINICS))
def test_the_summary_is_at_or_below_grade_nine(
    report_of: ReportOf, name: str, audience: str
) -> None:
    summary = " ".join(sentence.text for sentence in report_of(name, audience).in_short)
    assert grade_level(summary) <= GRADE_AT_MOST
    assert words_per_sentence(summary) <= WORDS_AT_MOST


def test_the_grade_is_that_of_the_formula() -> None:
    # 6 words, 1 sentence, 6 syllables: 0.39 × 6 + 11.8 × 1 - 15.59.
    assert grade_level("The cat sat on the mat.") == pytest.approx(-1.45)
    hard = (
        "Longitudinal psychometric operationalisation necessitates methodological sophistication."
    )
    assert grade_level(hard) > 20


@pytest.mark.parametrize(
    ("word", "n"), [("cat", 1), ("measured", 3), ("recovery", 4), ("course", 1), ("table", 2)]
)
def test_syllables_are_counted_with_and_without_a_silent_e(word: str, n: int) -> None:
    assert syllables(word) == n
