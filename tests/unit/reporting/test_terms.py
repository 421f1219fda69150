"""Technical words are explained where they stand, once in a block of text, and never break it."""

from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from markupsafe import Markup

from pipelines.reporting.model import Definition, Jump, Report, Section
from pipelines.reporting.terms import TERM_ANCHOR, Explainer, linked
from tests.unit.reporting.conftest import CLINICS

ReportOf = Callable[[str, str], Report]
_TERMS = (
    Definition("Better", "More than <error>.", "term-better", ("better",)),
    Definition("Reliably better", "Beyond error.", "term-reliably", ("reliably better", "RCI")),
    Definition("A rule", "No term.", "claim-1", ("rule",)),
)


@pytest.fixture
def explain(report_of: ReportOf) -> Callable[[str], Markup]:
    section = Section("glossary", "Glossary", definitions=_TERMS)
    method = Section("method", "Method", parts=(section,))
    return Explainer(replace(report_of("activity only", "director"), sections=(method,))).explain


def test_the_longest_phrase_is_linked_to_its_meaning(explain: Callable[[str], Markup]) -> None:
    assert explain("Reliably better: 5") == (
        '<a class="term" href="#term-reliably" title="Beyond error.">Reliably better</a>: 5'
    )


def test_a_term_is_marked_once_in_a_block(explain: Callable[[str], Markup]) -> None:
    found = explain("RCI, reliably better, better")
    assert found.count("#term-reliably") == 1
    assert found.count("#term-better") == 1


def test_texts_and_meanings_are_escaped(explain: Callable[[str], Markup]) -> None:
    found = explain("<b> better & betterment")
    assert found.startswith("&lt;b&gt; <a ")
    assert 'title="More than &lt;error&gt;."' in found
    assert found.endswith(" &amp; betterment")


def test_other_definitions_are_no_terms(explain: Callable[[str], Markup]) -> None:
    assert explain("the rule") == "the rule"


@pytest.mark.parametrize("audience", ["director", "public"])
def test_every_term_of_the_glossary_says_how_text_calls_it(
    report_of: ReportOf, audience: str
) -> None:
    def definitions(sections: tuple[Section, ...]) -> Iterator[Definition]:
        for section in sections:
            yield from section.definitions
            yield from definitions(section.parts)

    reports = [report_of(name, audience) for name in CLINICS]
    terms = [each for each in definitions(reports[0].sections) if TERM_ANCHOR in each.term_id]
    assert len(terms) >= {"director": 12, "public": 4}[audience]
    spoken = " ".join(text.lower() for report in reports for text in report.texts())
    for term in terms:
        # Its own list of phrases is in the report too, once for each report.
        assert any(spoken.count(phrase.lower()) > len(reports) for phrase in term.seen_as), term


def test_words_of_a_sentence_lead_to_sections_of_their_own(
    explain: Callable[[str], Markup],
) -> None:
    jumps = (Jump("<b> & c", "one"), Jump("nowhere", "x"), Jump("d", "two"))
    assert linked("better: <b> & c or d.", jumps, explain) == (
        '<a class="term" href="#term-better" title="More than &lt;error&gt;.">better</a>: '
        '<a href="#one">&lt;b&gt; &amp; c</a> or <a href="#two">d</a>.'
    )
    assert linked("<i>", (), explain) == "&lt;i&gt;"
