"""How likely options are recommended, in words and as one bar of four parts."""

from collections.abc import Sequence
from fractions import Fraction

from django.utils.html import conditional_escape
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from surveys.sheets.preferences import LEVELS

LEVEL_WORDS = dict(
    zip(
        LEVELS,
        (gettext_lazy("Definitely"), gettext_lazy("Likely"), gettext_lazy("Likely not"), gettext_lazy("Will not")),
        strict=True,
    )
)
"""The short words, which stand on buttons below a question that says the rest."""

SENTENCES = dict(
    zip(
        LEVELS,
        (
            gettext_lazy("I would definitely recommend it"),
            gettext_lazy("I would likely recommend it"),
            gettext_lazy("I would likely not recommend it"),
            gettext_lazy("I will not recommend it"),
        ),
        strict=True,
    )
)
"""The words in full, for those who hear a button without the question."""


def level_counts_words(counts: Sequence[int]) -> str:
    """`Definitely 4, likely 3, likely not 2, will not 1`."""
    words = {"definitely": counts[0], "likely": counts[1], "likely_not": counts[2], "will_not": counts[3]}
    return _("Definitely %(definitely)d, likely %(likely)d, likely not %(likely_not)d, will not %(will_not)d") % words


def level_bar(counts: Sequence[int]) -> SafeString:
    """Four counts as one bar of one slate, the most likely darkest; it also says itself in words."""
    total, start, parts = sum(counts), Fraction(0), []
    for place, count in enumerate(counts, start=1):
        width = Fraction(count * 100, total) if total else Fraction(0)
        if count:
            parts.append(
                f'<rect class="level-{place}" x="{float(start):.3f}%" width="{float(width):.3f}%" height="16"/>'
            )
        start += width
    words = conditional_escape(level_counts_words(counts))
    # Numbers and classes of our own making, and one escaped sentence.
    return mark_safe(  # noqa: S308
        f'<svg class="levels" role="img" aria-label="{words}" width="100%" height="16">{"".join(parts)}</svg>'
    )
