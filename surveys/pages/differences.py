"""What a variation's text says differently from its base case, word by word."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher

# A space; a word or number, with the signs inside it (mid-life, 7.5, 24/7); or one sign.
_TOKEN = re.compile(r"\s+|\w+(?:[-./'’]\w+)*|[^\w\s]")
_PARAGRAPH = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")

MOST_PAIRS = 100_000
"""Pairs of equal words, one of either text, up to which texts are compared word by word: three times what the longest
prose has. Comparing texts that repeat two words for pages would take hours."""


@dataclass(frozen=True)
class Segment:
    """A stretch of text that differs from the base text, or does not."""

    text: str
    marked: bool


def paragraphs(text: str) -> list[str]:
    """The paragraphs of a plain text: blank lines part them. Line ends inside a paragraph stay."""
    plain = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    return [part for part in _PARAGRAPH.split(plain) if part.strip()]


def marked_paragraphs(base: str, text: str) -> list[list[Segment]]:
    """The paragraphs of `text`, cut where words begin or cease to differ from `base`.

    Whole words are compared over the whole text, so that a moved line break marks nothing. The texts of a paragraph's
    segments join back to the paragraph; neighbours always differ in `marked`, so that words in a row share one mark.
    """
    base_words = [token for token in _TOKEN.findall(base) if not token.isspace()]
    cut = [_TOKEN.findall(paragraph) for paragraph in paragraphs(text)]
    words = [token for tokens in cut for token in tokens if not token.isspace()]
    flags = iter(_same(base_words, words))
    result = []
    for tokens in cut:
        known = [token for token in tokens if not token.isspace()]
        result.append(_segments(tokens, _bridged(known, [not next(flags) for _word in known])))
    return result


def _same(base: Sequence[str], words: Sequence[str]) -> list[bool]:
    """Of each word, whether the base text has it too, in its place."""
    known, same = Counter(base), [False] * len(words)
    if sum(number * known[word] for word, number in Counter(words).items()) > MOST_PAIRS:
        start = _shared_start(base, words)
        end = _shared_start(base[start:][::-1], words[start:][::-1])
        return [place < start or place >= len(words) - end for place in range(len(words))]
    for block in SequenceMatcher(None, base, words, autojunk=False).get_matching_blocks():
        same[block.b : block.b + block.size] = [True] * block.size
    return same


def _shared_start(one: Sequence[str], other: Sequence[str]) -> int:
    """How many words both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((place for place, (a, b) in pairs if a != b), min(len(one), len(other)))


def _bridged(words: list[str], marks: list[bool]) -> list[bool]:
    """The marks, with those of single signs between two changed words: a comma there belongs to the change."""
    return [
        marked
        or (0 < place < len(marks) - 1 and marks[place - 1] and marks[place + 1] and not words[place][0].isalnum())
        for place, marked in enumerate(marks)
    ]


def _segments(tokens: list[str], marks: list[bool]) -> list[Segment]:
    """The tokens of one paragraph joined into segments; a space is marked only between two marked words."""
    result: list[Segment] = []
    place = 0
    for token in tokens:
        if token.isspace():
            marked = 0 < place < len(marks) and marks[place - 1] and marks[place]
        else:
            marked = marks[place]
            place += 1
        if result and result[-1].marked == marked:
            result[-1] = Segment(result[-1].text + token, marked)
        else:
            result.append(Segment(token, marked))
    return result
