"""A statement's block, drawn by its template once for everybody, with slots that are filled for each panelist.

A page of hundreds of statements would take longer to draw than all the rest. What is kept has the words and the group's
released figures, nothing of anybody's answers and no reason: it is the same for whoever asks, and so is its time.
"""

import html
import re
import secrets
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from django.template.loader import render_to_string
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language

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
_SLOT = re.compile(f"{_MARK}({'|'.join(_SLOTS)})\ue001")


def drawn_statement(item: StatementOnPage, *, shows_comments: bool) -> SafeString:
    """The block of one statement, as `panelist/_statement.html` draws it.

    `shows_comments` says whether the panel reads the reasons. Where something is to be said of what was posted, or of
    the own ratings of several parents, the block is drawn anew.
    """
    says_more = item.errors or item.reason_errors or item.conflict or item.reason_conflict or item.parents
    if says_more or item.disabled:
        return _rendered(item, shows_comments=shows_comments)
    blank = replace(
        item, value="", seen="", reason="", seen_reason="", own_marks=(), earlier_reasons=(), earlier_themes=()
    )
    parts = _kept(blank, shows_comments, get_language())
    filled = [_escaped(getattr(item, part)) if place % 2 else part for place, part in enumerate(parts)]
    # The template has escaped the one half, and the line above the other.
    return mark_safe("".join(filled))  # noqa: S308


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
    """The block in parts: what stands between two slots, and the slot's name, in turn."""
    return tuple(_SLOT.split(_rendered(_Slotted(blank), shows_comments=shows_comments)))


@dataclass(frozen=True)
class _Slotted:
    """A statement with a slot for everything that hangs on the panelist."""

    item: StatementOnPage

    def __getattr__(self, name: str) -> Any:
        return f"{_MARK}{name}\ue001" if name in _SLOTS else getattr(self.item, name)


def _rendered(item: StatementOnPage | _Slotted, *, shows_comments: bool) -> SafeString:
    return render_to_string("panelist/_statement.html", {"item": item, "shows_comments": shows_comments})
