"""How hard a text is to read: the Flesch-Kincaid grade level.

Source: Kincaid, Fishburne, Rogers & Chissom (1975), Research Branch Report 8-75:
        0.39 words per sentence + 11.8 syllables per word - 15.59.
"""

import re
from functools import cache

import pyphen

_WORDS = re.compile(r"[A-Za-z][A-Za-z'’-]*")
_SENTENCE_ENDS = re.compile(r"[.!?]+(?:\s|$)")
_VOWELS = re.compile(r"[aeiouy]+")


@cache
def syllables(word: str) -> int:
    """Syllables of an English word, as well as a rule can tell: the higher of two estimates.

    Hyphenation leaves syllables together that may not stand alone; groups of vowels (less a silent
    e) part what is spoken together.
    """
    word = word.lower()
    groups = len(_VOWELS.findall(word))
    if word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1:
        groups -= 1
    return max(1, groups, len(_hyphenation().positions(word)) + 1)


@cache
def _hyphenation() -> pyphen.Pyphen:
    return pyphen.Pyphen(lang="en_US")


def words_per_sentence(text: str) -> float:
    """Mean words of a sentence; a number counts as a word."""
    n_words = len(text.split())
    return n_words / max(1, len(_SENTENCE_ENDS.findall(text)))


def grade_level(text: str) -> float:
    """The school grade whose readers can be expected to understand the text.

    Numbers, which are read at a glance, count as words of one syllable.
    """
    spoken = _WORDS.findall(text)
    n_numbers = len(text.split()) - len([word for word in text.split() if _WORDS.search(word)])
    n_words = len(spoken) + n_numbers
    n_syllables = sum(syllables(word) for word in spoken) + n_numbers
    n_sentences = max(1, len(_SENTENCE_ENDS.findall(text)))
    return 0.39 * n_words / n_sentences + 11.8 * n_syllables / n_words - 15.59
