"""The template tags of every page: distributions, the nine-point scale, signs, marked words."""

from collections.abc import Iterable, Sequence
from functools import lru_cache

from django import template
from django.conf import settings
from django.template.loader import render_to_string
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from surveys.pages import drawing, radios, scale
from surveys.pages.differences import Segment, marked_paragraphs, overlay, paragraphs, revisions
from surveys.pages.distribution import Variant
from surveys.pages.round_words import round_phrase

register = template.Library()
register.filter("round_phrase", round_phrase)


@register.simple_tag
def look_links() -> SafeString:
    """The files of the look, for the head of every page; their addresses are as they were when the server started."""
    return _look_links(settings.STATIC_URL, settings.STORAGES["staticfiles"]["BACKEND"])


@lru_cache
def _look_links(_url: str, _storage: str) -> SafeString:
    return SafeString(render_to_string("_look.html").strip())


@register.simple_tag
def glyph(name: str) -> SafeString:
    """A sign in the colour of the text: check, open, cross, saving or warning. Words must stand beside it."""
    return drawing.glyph(name)


@register.simple_tag
def distribution(
    counts: Sequence[int] | None,
    median: drawing.Number | None = None,
    mean: drawing.Number | None = None,
    variant: Variant = "facilitator",
    label: str = "",
    rule_line: bool = True,
    rule_above: int = 5,
    digits: bool | None = None,
) -> SafeString:
    """The picture of nine counts, or nothing where `counts` is None (a result that is withheld)."""
    if counts is None:
        return SafeString("")
    return drawing.distribution(
        counts,
        variant=variant,
        label=label,
        median=median,
        mean=mean,
        rule_line=rule_line,
        rule_above=rule_above,
        digits=digits,
    )


@register.simple_tag
def nine_scale(
    name: str,
    value: str = "",
    own_earlier: int | None = None,
    earlier_label: str = "",
    own_marks: Iterable[radios.OwnMark] = (),
    described_by: str = "",
    disabled: bool = False,
) -> SafeString:
    """Nine radios with their anchors; the own earlier rating either as one number and label, or as several marks."""
    marks = list(own_marks)
    if own_earlier is not None:
        marks.insert(0, radios.OwnMark(own_earlier, earlier_label))
    return radios.nine_scale(name, value, own_marks=marks, described_by=described_by, disabled=disabled)


@register.simple_tag
def own_mark(mark: radios.OwnMark) -> SafeString:
    """The triangle of an own earlier rating, under a picture of nine columns."""
    return radios.own_mark(mark)


@register.simple_tag
def abstain_radio(name: str, value: str = "", described_by: str = "", disabled: bool = False) -> SafeString:
    """The radio "I cannot rate this", of the same name as the nine."""
    return radios.abstain_radio(name, value, described_by=described_by, disabled=disabled)


@register.simple_tag
def clear_button(name: str, disabled: bool = False) -> SafeString:
    """The submit button that takes back the rating of that name."""
    return radios.clear_button(name, disabled=disabled)


@register.simple_tag
def wording(pieces: Iterable[scale.Piece]) -> SafeString:
    """A statement's wording with its options standing out, and the words that are new since it was last seen."""
    return format_html_join("", "{}", ((_piece(piece),) for piece in pieces))


def _piece(piece: scale.Piece) -> SafeString | str:
    words = format_html('<b class="option">{}</b>', piece.text) if piece.is_option else piece.text
    return format_html("<ins>{}</ins>", words) if piece.is_new else words


@register.simple_tag
@lru_cache(maxsize=256)
def word_marks(base_text: str, text: str, seen: str = "") -> SafeString:
    """The paragraphs of a text, what differs from the base text marked; an empty base text marks nothing.

    `seen` is its old wording, where it was reworded: the words that are new since then are underlined.
    """
    marked = marked_paragraphs(base_text or text, text)
    new = marked_paragraphs(seen, text) if seen else [[Segment(part, False)] for part in paragraphs(text)]
    return format_html_join("\n", "<p>{}</p>", ((_marked(*layers),) for layers in zip(marked, new, strict=True)))


def _marked(segments: Iterable[Segment], new: Iterable[Segment]) -> SafeString:
    parts = overlay([(s.text, s.marked) for s in segments], [(s.text, s.marked) for s in new])
    return format_html_join("", "{}", ((_part(*part),) for part in parts))


def _part(text: str, is_marked: bool, is_new: bool) -> SafeString | str:
    words = format_html("<ins>{}</ins>", text) if is_new else text
    return format_html("<mark>{}</mark>", words) if is_marked else words


@register.simple_tag
def revision(before: str, after: str) -> SafeString:
    """Both wordings in one: what came is marked, what went is struck, and either says so to screen readers."""
    return format_html_join("", "{}", ((_revised(part.text, part.kind),) for part in revisions(before, after)))


def _revised(text: str, kind: str) -> SafeString | str:
    if kind == "added":
        return format_html('<ins><span class="visually-hidden"> {} </span>{}</ins>', _("(added:)"), text)
    if kind == "removed":
        return format_html('<del><span class="visually-hidden"> {} </span>{}</del>', _("(removed:)"), text)
    return text


@register.filter
def two_places(number: drawing.Number | None) -> str:
    """A number to two decimals, rounded half up from its exact value; nothing for None."""
    return "" if number is None else drawing.two_places(number)


@register.filter
def plain_number(number: drawing.Number | None) -> str:
    """A number in as few digits as it needs, two decimals at most; nothing for None."""
    return "" if number is None else drawing.plain(number)
