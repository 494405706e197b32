"""How likely options are recommended, in words and as one bar of four parts."""

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
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
    total, before, parts = sum(counts), 0, []
    for place, count in enumerate(counts, start=1):
        if count:
            parts.append((place, f"{before * 100 / total:.3f}%", f"{count * 100 / total:.3f}%"))
        before += count
    bars = format_html_join("", '<rect class="level-{}" x="{}" width="{}" height="16"/>', parts)
    words = level_counts_words(counts)
    return format_html('<svg class="levels" role="img" aria-label="{}" width="100%" height="16">{}</svg>', words, bars)
