"""The nine radios of a rating, with the marks of own earlier ratings, and what stands beside them: abstain, clear.

They are joined from strings: a page may hold hundreds of statements, and a form field's widget renders them a hundred
times more slowly.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from surveys.pages.distribution import middle_of

ABSTAIN = "abstain"
"""The value of the tenth radio, for "I cannot rate this"."""


@dataclass(frozen=True)
class OwnMark:
    """The panelist's own rating (1 to 9) in an earlier round, and what to call it: "round 2", "round 2, A".

    `compares` is False where the wording has changed so much since that the ratings do not compare.
    """

    rating: int
    label: str
    compares: bool = True


def nine_scale(
    name: str,
    value: str,
    *,
    own_marks: Sequence[OwnMark] = (),
    described_by: str = "",
    disabled: bool = False,
) -> SafeString:
    """Nine radios of one name with the marks of own earlier ratings and the anchors below them."""
    words = _scale_words(get_language())
    safe_name = conditional_escape(name)
    rest = f' aria-describedby="{conditional_escape(described_by)}"' if described_by else ""
    rest += " disabled" if disabled else ""
    said = dict(words.points)
    for mark in own_marks:
        said[mark.rating] += conditional_escape(", " + _("your rating in %(label)s") % {"label": mark.label})
    cells = [
        f'<label><input type="radio" name="{safe_name}" value="{point}" aria-label="{said[point]}"'
        f'{" checked" if value == str(point) else ""}{rest}><span aria-hidden="true">{point}</span></label>'
        for point in said
    ]
    marks = "".join(own_mark(mark) for mark in own_marks)
    # Only escaped words and numbers of our own stand in it.
    return mark_safe(  # noqa: S308
        f'<div class="nine">{"".join(cells)}</div>{marks}<div class="anchors" aria-hidden="true">{words.feet}</div>'
    )


@dataclass(frozen=True)
class _ScaleWords:
    """The words of the scale, escaped: by point what is read out, the anchors below, and the tenth radio's two."""

    points: Mapping[int, str]
    feet: str
    abstain_said: str
    abstain_shown: str


@lru_cache
def _scale_words(_language: str | None) -> _ScaleWords:
    anchors = {1: _("complete disagreement"), 5: _("neutral"), 9: _("complete agreement")}
    return _ScaleWords(
        {
            point: conditional_escape(f"{point}, {anchors[point]}" if point in anchors else str(point))
            for point in range(1, 10)
        },
        "".join(f"<div><b>{point}</b> {conditional_escape(words)}</div>" for point, words in anchors.items()),
        conditional_escape(_("I cannot rate this statement")),
        conditional_escape(_("I cannot rate this")),
    )


def own_mark(mark: OwnMark) -> SafeString:
    """A triangle under the button of an own earlier rating; near an edge its label runs inward."""
    x = middle_of(mark.rating)
    anchor = "start" if mark.rating <= 2 else "end" if mark.rating >= 8 else "middle"
    words = conditional_escape(_("You, %(label)s") % {"label": mark.label})
    return mark_safe(  # noqa: S308
        '<svg class="dist" aria-hidden="true" width="100%" height="30">'
        f'<svg x="{x}" y="3" overflow="visible"><path class="you" d="M0 0 L7 9 L-7 9Z"/></svg>'
        f'<text x="{x}" y="26" text-anchor="{anchor}">{words}</text></svg>'
    )


def abstain_radio(name: str, value: str, *, described_by: str = "", disabled: bool = False) -> SafeString:
    """The tenth radio of the same name, set apart: "I cannot rate this"."""
    rest = f' aria-describedby="{conditional_escape(described_by)}"' if described_by else ""
    rest += (" checked" if value == ABSTAIN else "") + (" disabled" if disabled else "")
    words = _scale_words(get_language())
    return mark_safe(  # noqa: S308
        f'<label class="alone"><input type="radio" name="{conditional_escape(name)}" value="{ABSTAIN}" '
        f'aria-label="{words.abstain_said}"{rest}><i></i>{words.abstain_shown}</label>'
    )


def clear_button(name: str, *, disabled: bool = False) -> SafeString:
    """The submit button that takes a rating back: `clear` with the radios' name as its value."""
    said, shown = conditional_escape(_("Clear my rating")), conditional_escape(_("Clear"))
    return mark_safe(  # noqa: S308
        f'<button class="btn btn-quiet" name="clear" value="{conditional_escape(name)}" aria-label="{said}"'
        f"{' disabled' if disabled else ''}>{shown}</button>"
    )
