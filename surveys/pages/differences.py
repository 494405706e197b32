"""What a text says differently from another, word by word: from its base case, or from its own old wording."""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
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


# A word, number or sign with the blanks before it.
_SPACED = re.compile(r"\s*(?:\w+(?:[-./'’]\w+)*|[^\w\s])")


@dataclass(frozen=True)
class Revision:
    """A stretch of a text that stayed (`same`), came (`added`) or went (`removed`)."""

    text: str
    kind: str


def revisions(before: str, after: str) -> list[Revision]:
    """Both wordings in one: what went stands before what came in its place."""
    old, new = _SPACED.findall(before), _SPACED.findall(after)
    old_words, new_words = [word.strip() for word in old], [word.strip() for word in new]
    found: list[Revision] = []
    place = 0
    for start, end, to, until in _kept(old_words, new_words):
        _append(found, "".join(old[place:start]), "removed")
        _append(found, "".join(new[to:until]), "added")
        _append(found, "".join(new[until : until + end - start]), "same")
        place = end
    return found


def adds_words(before: str, after: str) -> bool:
    """Whether a new wording holds words that the old one did not, where it holds them."""
    return any(part.kind == "added" for part in revisions(before, after))


def _append(found: list[Revision], text: str, kind: str) -> None:
    if text:
        found.append(Revision(text, kind))


def _kept(old: Sequence[str], new: Sequence[str]) -> Iterator[tuple[int, int, int, int]]:
    """Where words stay: (start, end) of them in the old text, and what stands before them in the new (to, until)."""
    known, reached = Counter(old), 0
    if sum(number * known[word] for word, number in Counter(new).items()) > MOST_PAIRS:
        start = _shared_start(old, new)
        end = _shared_start(old[start:][::-1], new[start:][::-1])
        blocks = [(0, 0, start), (len(old) - end, len(new) - end, end), (len(old), len(new), 0)]
    else:
        blocks = [(b.a, b.b, b.size) for b in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()]
    for of_old, of_new, size in blocks:
        yield of_old, of_old + size, reached, of_new
        reached = of_new + size


def overlay(one: Sequence[tuple[str, bool]], other: Sequence[tuple[str, bool]]) -> list[tuple[str, bool, bool]]:
    """Two ways to mark the same text laid on each other: cut wherever one of them is, with the flags of both."""
    text = "".join(part for part, _flag in one)
    flags = [[flag for part, flag in layer for _sign in part] for layer in (one, other)]
    found: list[tuple[str, bool, bool]] = []
    for sign, first, second in zip(text, *flags, strict=True):
        if found and found[-1][1:] == (first, second):
            found[-1] = (found[-1][0] + sign, first, second)
        else:
            found.append((sign, first, second))
    return found


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
