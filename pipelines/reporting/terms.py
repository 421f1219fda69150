"""Technical words in running text: each is a link to its meaning, which also shows on hover.

The glossary of a report names the phrases that a term is seen as; the first of each in a block of
text is marked, so that a page is explained and not littered.
"""

import re
from collections.abc import Callable, Iterable, Iterator

from markupsafe import Markup, escape

from pipelines.reporting.model import Definition, Jump, Report, Section

# A glossary's anchors begin so; other definitions have anchors of their own kind.
TERM_ANCHOR = "term-"


class Explainer:
    """Marks the words of one report that its glossary explains."""

    def __init__(self, report: Report) -> None:
        self._terms = {
            phrase.lower(): definition
            for definition in _definitions(report.sections)
            if definition.term_id.startswith(TERM_ANCHOR)
            for phrase in definition.seen_as
        }
        # The longest first: "reliably better" before "better".
        phrases = sorted(self._terms, key=lambda phrase: (-len(phrase), phrase))
        self._pattern = (
            re.compile(rf"\b(?:{'|'.join(map(re.escape, phrases))})\b", re.IGNORECASE)
            if phrases
            else None
        )

    def explain(self, text: str) -> Markup:
        """The text, escaped, with the first of each technical word linked to its meaning."""
        if self._pattern is None:
            return escape(text)
        parts: list[Markup] = []
        seen: set[str] = set()
        end = 0
        for match in self._pattern.finditer(text):
            definition = self._terms[match.group().lower()]
            if definition.term_id in seen:
                continue
            seen.add(definition.term_id)
            parts.append(escape(text[end : match.start()]))
            parts.append(
                Markup('<a class="term" href="#{}" title="{}">{}</a>').format(
                    definition.term_id, definition.text, match.group()
                )
            )
            end = match.end()
        return Markup("").join([*parts, escape(text[end:])])


def linked(text: str, jumps: Iterable[Jump], explain: Callable[[str], Markup]) -> Markup:
    """The text, explained, in which each jump's words lead to its section.

    Jumps stand in the text's order; one whose words are not in it is passed over.
    """
    parts: list[Markup] = []
    rest = text
    for jump in jumps:
        before, found, after = rest.partition(jump.words)
        if found:
            link = Markup('<a href="#{}">{}</a>').format(jump.link, jump.words)
            parts += [explain(before), link]
            rest = after
    return Markup("").join([*parts, explain(rest)])


def _definitions(sections: tuple[Section, ...]) -> Iterator[Definition]:
    for section in sections:
        yield from section.definitions
        yield from _definitions(section.parts)
