"""Distributions as inline SVG, and glyphs. Colours come from classes: the pages' policy forbids style attributes."""

from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction

from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.consensus import round_half_up
from surveys.pages.distribution import MOST_BLOCKS, Drawing, Label, Variant, checked_counts, draw, share_words

Number = Fraction | Decimal | int | float | str

# Drawn by hand on a field of 16 by 16; the only place where the shapes of our signs stand.
GLYPHS = {
    "check": "M6.2 12.4 1.8 8l1.4-1.4 3 3 6.6-6.6L14.2 4.4z",
    "open": "M8 1a7 7 0 1 1 0 14A7 7 0 0 1 8 1zm0 2a5 5 0 1 0 0 10A5 5 0 0 0 8 3z",
    "cross": "M3.4 2 8 6.6 12.6 2 14 3.4 9.4 8 14 12.6 12.6 14 8 9.4 3.4 14 2 12.6 6.6 8 2 3.4z",
    "saving": "M8 1a7 7 0 1 1-7 7h2a5 5 0 1 0 5-5z",
    "warning": "M7 2h2v8H7zm0 10h2v2H7z",
}

RULE_WORDS = gettext_lazy("above %(point)d")


def glyph(name: str) -> SafeString:
    """A small sign in the colour of the text, silent for screen readers: words must stand beside it.

    Raises KeyError for a sign that is not drawn.
    """
    return format_html('<svg class="glyph" viewBox="0 0 16 16" aria-hidden="true"><path d="{}"/></svg>', GLYPHS[name])


def exact(number: Number) -> Fraction:
    """The number as a fraction; a float is taken as the decimal that it prints as."""
    return Fraction(str(number)) if isinstance(number, float) else Fraction(number)


def plain(number: Number) -> str:
    """A number in as few digits as it needs, two decimals at most: `8`, `7.5`, `7.25`."""
    words = two_places(number)
    return words.rstrip("0").rstrip(".")


def two_places(number: Number) -> str:
    """A number to two decimals, rounded half up from its exact value."""
    return round_half_up(exact(number), 2)


def sentence(
    counts: Sequence[int], *, label: str = "", median: Number | None = None, mean: Number | None = None
) -> str:
    """What the picture shows, in words: "Round 2: 1 rated 5, 2 rated 7. Median 7, mean 6.33."."""
    counts = checked_counts(counts)
    total = sum(counts)
    parts = []
    for point, count in enumerate(counts, start=1):
        if count:
            amount = str(count) if total <= MOST_BLOCKS else share_words(count, total)
            parts.append(_("%(amount)s rated %(point)d") % {"amount": amount, "point": point})
    words = ", ".join(parts) if parts else _("no ratings")
    if label:
        words = _("%(label)s: %(words)s") % {"label": label, "words": words}
    figures = []
    if median is not None:
        figures.append(_("median %(median)s") % {"median": plain(median)})
    if mean is not None:
        figures.append(_("mean %(mean)s") % {"mean": two_places(mean)})
    end = ", ".join(figures)
    return f"{words}. {end[:1].upper()}{end[1:]}." if end else words


def distribution(
    counts: Sequence[int],
    *,
    variant: Variant,
    label: str = "",
    median: Number | None = None,
    mean: Number | None = None,
    rule_line: bool = True,
    rule_above: int = 5,
    digits: bool | None = None,
) -> SafeString:
    """The picture of nine counts as one inline SVG that also says itself in words.

    Raises ValueError where the counts, the variant or the median cannot be drawn.
    """
    drawing = draw(
        counts,
        variant=variant,
        median=None if median is None else exact(median),
        rule_above=rule_above if rule_line else None,
        digits=digits,
    )
    words = conditional_escape(sentence(counts, label=label, median=median, mean=mean))
    rule_words = str(RULE_WORDS % {"point": rule_above}) if variant in ("facilitator", "detail") else ""
    # Everything inside is numbers and classes of our own making, and the two escaped sentences.
    return mark_safe(  # noqa: S308
        f'<svg class="dist" role="img" aria-label="{words}" width="100%" height="{drawing.height}">'
        f"{_inside(drawing, conditional_escape(rule_words))}</svg>"
    )


def _inside(drawing: Drawing, rule_words: str) -> str:
    parts = [
        f'<rect class="{bar.kind}" x="{bar.x}" y="{bar.y}" width="{bar.width}" height="{bar.height}"/>'
        for bar in drawing.bars
    ]
    parts.extend(_text(label) for label in drawing.labels)
    parts.append(f'<line class="axis" x1="0" x2="100%" y1="{drawing.axis}" y2="{drawing.axis}"/>')
    if drawing.rule:
        parts.append(f'<line class="rule" x1="{drawing.rule}" x2="{drawing.rule}" y1="0" y2="{drawing.axis}"/>')
        if rule_words:
            parts.append(
                f'<svg x="{drawing.rule}" y="0" overflow="visible">'
                f'<text class="soft" x="6" y="11">{rule_words}</text></svg>'
            )
    if drawing.median:
        parts.append(
            f'<svg x="{drawing.median}" y="{int(drawing.axis) + 7}" overflow="visible">'
            '<path class="med" d="M0 -5 L5 0 L0 5 L-5 0Z"/></svg>'
        )
    parts.extend(_text(label, ' class="soft"') for label in drawing.digits)
    return "".join(parts)


def _text(label: Label, attributes: str = "") -> str:
    return (
        f'<text{attributes} x="{label.x}" y="{label.y}" text-anchor="middle">{conditional_escape(label.words)}</text>'
    )
