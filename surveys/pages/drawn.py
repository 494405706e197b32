"""What templates draw once for everybody, with slots that are filled for each panelist: above all a statement's block.

A page of hundreds of statements would take longer to draw than all the rest. What is kept has the words and the group's
released figures, nothing of anybody's answers and no reason: it is the same for whoever asks, and so is its time.
"""

import html
import re
import secrets
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

from surveys.pages.radios import ScaleWords, abstain_radio, nine_scale, scale_words
from surveys.pages.scale import StatementOnPage

KEPT = 4096
"""So many statements are kept by each process, of a few kilobytes each."""

# Properties of a StatementOnPage that the template writes out as they are: what hangs on the panelist, and the panel's
# reasons, which come in another order each time.
_SLOTS = (
    "compared", "seen", "seen_reason", "described", "own_said", "scale", "abstain", "opened", "asks", "reason",
    "earlier",
)  # fmt: skip
# Drawn anew by each process, so that nobody can write a slot into a text.
_MARK = f"\ue000{secrets.token_hex(8)}-"
_SLOT = re.compile(f"{_MARK}([a-z_]+)\ue001")


def slot(name: str) -> str:
    """What a template is given in the place of a value that hangs on the panelist; small letters and `_`."""
    return f"{_MARK}{name}\ue001"


def in_parts(drawn: str) -> tuple[str, ...]:
    """What a template drew: what stands between two slots, and the slot's name, in turn."""
    return tuple(_SLOT.split(drawn))


def filled(parts: Sequence[str], value: Callable[[str], str]) -> SafeString:
    """The parts of what a template drew, with each slot's value by its name; a value is escaped unless it is safe."""
    # The template has escaped the one half, and the line below the other.
    return mark_safe(  # noqa: S308
        "".join([_escaped(value(part)) if place % 2 else part for place, part in enumerate(parts)])
    )


def drawn_statements(items: Iterable[StatementOnPage], *, shows_comments: bool) -> SafeString:
    """The blocks of these statements one after the other, as `panelist/_statement.html` draws them.

    `shows_comments` says whether the panel reads the reasons. Where something is to be said of what was posted, or of
    the own ratings of several parents, a block is drawn anew.
    """
    language, words = get_language(), scale_words()
    blocks = [_drawn(item, shows_comments, language, words) for item in items]
    return mark_safe("".join(blocks))  # noqa: S308  drawn by the template, or filled below


def _drawn(item: StatementOnPage, shows_comments: bool, language: str | None, words: ScaleWords) -> SafeString:
    says_more = item.errors or item.reason_errors or item.conflict or item.reason_conflict or item.parents
    if says_more or item.disabled:
        return _rendered(item, shows_comments=shows_comments)
    blank = replace(
        item, value="", seen="", reason="", seen_reason="", own_marks=(), earlier_reasons=(), earlier_themes=()
    )

    def value(name: str) -> str:
        # The two that most of a page is made of, without asking for the language once more.
        if name == "scale":
            return nine_scale(item.name, item.value, own_marks=item.own_marks, words=words)
        if name == "abstain":
            return abstain_radio(item.name, item.value, words=words)
        own: str = getattr(item, name)
        return own

    return filled(_kept(blank, shows_comments, language), value)


def drawn_words(statements: int, *, asks_options: bool) -> SafeString:
    """The words that the page's script shows, for a page with so many statements; see `panelist/_rate_words.html`."""
    return _kept_words(statements, asks_options, get_language())


@lru_cache
def _kept_words(statements: int, asks_options: bool, _language: str | None) -> SafeString:
    context = {"counts": range(1, statements + 1), "asks_options": asks_options}
    return render_to_string("panelist/_rate_words.html", context)


def _escaped(text: str) -> str:
    """As Django escapes it, without the steps that are for words yet to be translated."""
    return text if isinstance(text, SafeString) else html.escape(text)


@lru_cache(maxsize=KEPT)
def _kept(blank: StatementOnPage, shows_comments: bool, _language: str | None) -> tuple[str, ...]:
    return in_parts(_rendered(_Slotted(blank), shows_comments=shows_comments))


@dataclass(frozen=True)
class _Slotted:
    """A statement with a slot for everything that hangs on the panelist."""

    item: StatementOnPage

    def __getattr__(self, name: str) -> Any:
        return slot(name) if name in _SLOTS else getattr(self.item, name)


def _rendered(item: StatementOnPage | _Slotted, *, shows_comments: bool) -> SafeString:
    return render_to_string("panelist/_statement.html", {"item": item, "shows_comments": shows_comments})
