"""The nine radios of a rating, with the marks of own earlier ratings, and what stands beside them: abstain, clear.

They are joined from strings: a page may hold hundreds of statements, and a form field's widget renders them a hundred
times more slowly.
"""

import html
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from surveys.pages.distribution import middle_of

ABSTAIN = "abstain"
"""The value of the tenth radio, for "I cannot rate this"."""
KEPT = 1024
"""The radios of so many names are kept by each process; nothing that anybody chose is."""


@dataclass(frozen=True)
class OwnMark:
    """The panelist's own rating (1 to 9) in an earlier round, and what to call it: "round 2", "round 2, A".

    `compares` is False where the wording has changed so much since that the ratings do not compare.
    """

    rating: int
    label: str
    compares: bool = True


@dataclass(frozen=True)
class ScaleWords:
    """The words of the scale in one language, escaped: what is read out at each point, from 1 to 9, and the anchors."""

    points: tuple[str, ...]
    feet: str
    abstain_said: str
    abstain_shown: str


def scale_words() -> ScaleWords:
    """The words in the reader's language; a page with many scales asks for them once."""
    return _scale_words(get_language())


@lru_cache
def _scale_words(_language: str | None) -> ScaleWords:
    anchors = {1: _("complete disagreement"), 5: _("neutral"), 9: _("complete agreement")}
    points = [f"{point}, {anchors[point]}" if point in anchors else str(point) for point in range(1, 10)]
    return ScaleWords(
        tuple(html.escape(words) for words in points),
        "".join(f"<div><b>{point}</b> {html.escape(words)}</div>" for point, words in anchors.items()),
        html.escape(_("I cannot rate this statement")),
        html.escape(_("I cannot rate this")),
    )


def nine_scale(
    name: str,
    value: str,
    *,
    own_marks: Sequence[OwnMark] = (),
    described_by: str = "",
    disabled: bool = False,
    words: ScaleWords | None = None,
) -> SafeString:
    """Nine radios of one name with the marks of own earlier ratings and the anchors below them."""
    words = words or scale_words()
    rest = f' aria-describedby="{html.escape(described_by)}"' if described_by else ""
    cells = _cells(html.escape(name), rest + (" disabled" if disabled else ""), words)
    said = [""] * 9
    for mark in own_marks:
        said[mark.rating - 1] += html.escape(", " + _("your rating in %(label)s") % {"label": mark.label})
    shown = "".join(
        [
            f'{begins}{own}"{" checked" if value == point else ""}{ends}'
            for point, own, (begins, ends) in zip(_POINTS, said, cells, strict=True)
        ]
    )
    marks = "".join(own_mark(mark) for mark in own_marks)
    # Only escaped words and numbers of our own stand in it.
    return mark_safe(  # noqa: S308
        f'<div class="nine">{shown}</div>{marks}<div class="anchors" aria-hidden="true">{words.feet}</div>'
    )


_POINTS = tuple("123456789")


@lru_cache(maxsize=KEPT)
def _cells(name: str, rest: str, words: ScaleWords) -> tuple[tuple[str, str], ...]:
    """What stands before and after the own words of each radio; `name` and `rest` are escaped."""
    return tuple(
        (
            f'<label><input type="radio" name="{name}" value="{point}" aria-label="{said}',
            f'{rest}><span aria-hidden="true">{point}</span></label>',
        )
        for point, said in zip(_POINTS, words.points, strict=True)
    )


def own_mark(mark: OwnMark) -> SafeString:
    """A triangle under the button of an own earlier rating; near an edge its label runs inward."""
    x = middle_of(mark.rating)
    anchor = "start" if mark.rating <= 2 else "end" if mark.rating >= 8 else "middle"
    words = html.escape(_("You, %(label)s") % {"label": mark.label})
    return mark_safe(  # noqa: S308
        '<svg class="dist" aria-hidden="true" width="100%" height="30">'
        f'<svg x="{x}" y="3" overflow="visible"><path class="you" d="M0 0 L7 9 L-7 9Z"/></svg>'
        f'<text x="{x}" y="26" text-anchor="{anchor}">{words}</text></svg>'
    )


def abstain_radio(
    name: str, value: str, *, described_by: str = "", disabled: bool = False, words: ScaleWords | None = None
) -> SafeString:
    """The tenth radio of the same name, set apart: "I cannot rate this"."""
    rest = f' aria-describedby="{html.escape(described_by)}"' if described_by else ""
    rest += (" checked" if value == ABSTAIN else "") + (" disabled" if disabled else "")
    words = words or scale_words()
    return mark_safe(  # noqa: S308
        f'<label class="alone"><input type="radio" name="{html.escape(name)}" value="{ABSTAIN}" '
        f'aria-label="{words.abstain_said}"{rest}><i></i>{words.abstain_shown}</label>'
    )


def clear_button(name: str, *, disabled: bool = False) -> SafeString:
    """The submit button that takes a rating back: `clear` with the radios' name as its value."""
    said, shown = html.escape(_("Clear my rating")), html.escape(_("Clear"))
    return mark_safe(  # noqa: S308
        f'<button class="btn btn-quiet" name="clear" value="{html.escape(name)}" aria-label="{said}"'
        f"{' disabled' if disabled else ''}>{shown}</button>"
    )
