"""What stands around the nine-point control on a panelist's page: a statement, the group's result, the own marks."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

from django.template.loader import render_to_string
from django.utils.formats import number_format
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.feedback.comments import ThemedComments
from surveys.feedback.thresholds import COUNTS_FROM
from surveys.pages.differences import adds_words, marked_paragraphs, overlay
from surveys.pages.drawing import plain, two_places
from surveys.pages.radios import ABSTAIN, OwnMark, abstain_radio, nine_scale
from surveys.vignettes.queries import sentence_start

BANDS = (range(1, 4), range(4, 7), range(7, 10))


@dataclass(frozen=True)
class Piece:
    """A stretch of a statement's wording; the name of an option stands out, and words that are new."""

    text: str
    is_option: bool = False
    is_new: bool = False


@dataclass(frozen=True)
class GroupOnPage:
    """What the panel may see of one statement's released result. What is withheld is None.

    `round_label` is "round 2". `fewer_than` is k where fewer than k answered: then nothing else is shown.
    `counts` are the nine counts, `middle_half` the quartiles, `top_share` the share of 7 to 9 in whole percent.
    """

    round_label: str
    answers: int | None = None
    counts: Sequence[int] | None = None
    mean: Fraction | None = None
    median: Fraction | None = None
    middle_half: tuple[Fraction, Fraction] | None = None
    top_share: int | None = None
    fewer_than: int | None = None

    @property
    def lead(self) -> str:
        """The bold start of the group's line."""
        return _("The group in %(round)s:") % {"round": self.round_label}

    @property
    def words(self) -> str:
        """The rest of the line: what is shown of the group, or why nothing is."""
        if self.fewer_than is not None or self.answers is None:
            return _("fewer than %(count)d answers, so no result is shown.") % {"count": self.fewer_than or 5}
        parts = [
            ngettext("%(count)s rating", "%(count)s ratings", self.answers)
            % {"count": number_format(self.answers, force_grouping=True)}
        ]
        if self.mean is not None:
            parts.append(_("mean %(mean)s") % {"mean": two_places(self.mean)})
        if self.median is not None:
            parts.append(_("median %(median)s") % {"median": plain(self.median)})
        if self.counts is None and self.top_share is not None:
            parts.append(_("about %(percent)d%% rated 7 to 9") % {"percent": self.top_share})
        return ", ".join(parts)

    @property
    def withheld(self) -> str:
        """Why the ratings are not counted out, as a sentence; empty where they are, and where nothing is shown."""
        if self.counts is not None or self.answers is None:
            return ""
        if self.answers < COUNTS_FROM:
            return _("With fewer than %(count)d ratings they are not counted out.") % {"count": COUNTS_FROM}
        return _("Exactly one person more or fewer rated than in an earlier round, so they are not counted out.")

    @property
    def label(self) -> str:
        """The start of the picture's sentence."""
        return _("Ratings in %(round)s") % {"round": self.round_label}


@dataclass(frozen=True)
class Conflict:
    """A field that another tab or device changed since this page was drawn: the stored value, and this page's."""

    theirs: str
    mine: str


@dataclass(frozen=True)
class ParentOnPage:
    """A statement that this one was merged or split from: `letter` names its own mark, `own_words` say the own rating.

    `said` says whether the ratings of then compare.
    """

    letter: str
    text: str
    own_words: str
    said: str
    group: GroupOnPage
    reasons: tuple[str, ...]


@dataclass(frozen=True)
class Rewording:
    """What became of a statement since the panelist last saw it: where, its old wording, whether ratings compare."""

    label: str
    before: str
    after: str
    said: str

    @property
    def adds_words(self) -> bool:
        """Whether some words are new, and not only some gone."""
        return adds_words(self.before, self.after)


@dataclass(frozen=True)
class StatementOnPage:
    """One statement as `panelist/_statement.html` shows it.

    `name` is the radios' name, unique within the round; `value` what is chosen ("1" to "9", "abstain" or ""); `seen`
    what was stored when the page was drawn. `reason` and `seen_reason` are the same of the written reason. `errors` and
    `reason_errors` are sentences; `earlier_reasons` are the panel's, from the round called `earlier_label`, and
    `earlier_themes` the same under their themes. Of a merged or split statement, `parents` have what was rated before.
    """

    name: str
    wording: tuple[Piece, ...]
    value: str = ""
    seen: str = ""
    reason: str = ""
    seen_reason: str = ""
    reason_limit: int = 1000
    group: GroupOnPage | None = None
    own_marks: tuple[OwnMark, ...] = ()
    earlier_reasons: tuple[str, ...] = ()
    earlier_themes: tuple[ThemedComments, ...] = ()
    earlier_label: str = ""
    errors: tuple[str, ...] = ()
    reason_errors: tuple[str, ...] = ()
    conflict: Conflict | None = None
    reason_conflict: Conflict | None = None
    disabled: bool = False
    rewording: Rewording | None = None
    parents: tuple[ParentOnPage, ...] = ()

    @property
    def own(self) -> int | None:
        """The one rating to compare with; None where there was none that compares."""
        comparing = [mark.rating for mark in self.own_marks if mark.compares]
        return comparing[0] if len(comparing) == 1 else None

    @property
    def own_words(self) -> str:
        """What the group's line adds for screen readers, which do not see the triangle."""
        if len(self.own_marks) == 1 and not self.parents:
            return _("You rated %(rating)d.") % {"rating": self.own_marks[0].rating}
        said = [
            _("You rated %(rating)d in %(label)s.") % {"rating": m.rating, "label": m.label} for m in self.own_marks
        ]
        return " ".join(said)

    @property
    def question(self) -> str:
        """What the reason field asks when the rating left its band or the group's middle half; else ""."""
        if not (self.value.isascii() and self.value.isdigit()):
            return ""
        middle = self.group.middle_half if self.group else None
        return reason_question(int(self.value), own=self.own, middle_half=middle)

    @property
    def asks(self) -> str:
        """The words on the fold with the reason's field."""
        question = self.question
        return _("%(question)s (optional)") % {"question": question} if question else _("Add a reason (optional)")

    @property
    def is_reason_open(self) -> bool:
        """Whether the reason's field stands open."""
        return bool(self.reason or self.reason_errors or self.reason_conflict or self.question)

    @property
    def describers(self) -> str:
        """The ids of what describes the control to a screen reader, for aria-describedby."""
        there = [
            (self.group is not None or bool(self.own_marks), f"group-{self.name}"),
            (bool(self.errors), f"error-{self.name}"),
            (self.conflict is not None, f"conflict-{self.name}"),
        ]
        return " ".join(target for is_there, target in there if is_there)

    @property
    def compared(self) -> SafeString:
        """The attribute with the rating to compare with, for the page's script."""
        return format_html(' data-own="{}"', self.own) if self.own else SafeString("")

    @property
    def described(self) -> SafeString:
        """The attribute that names the describers."""
        return format_html(' aria-describedby="{}"', self.describers) if self.describers else SafeString("")

    @property
    def own_said(self) -> SafeString:
        """The own words as they end the group's line, or as they stand where there is none."""
        if not self.own_marks:
            return SafeString("")
        if self.group is None:
            return format_html('<p id="group-{}" class="visually-hidden">{}</p>', self.name, self.own_words)
        stop = "." if self.group.answers is not None and not self.group.withheld else ""
        return format_html('<span class="visually-hidden">{} {}</span>', stop, self.own_words)

    @property
    def scale(self) -> SafeString:
        """The nine radios."""
        return nine_scale(self.name, self.value, own_marks=self.own_marks, disabled=self.disabled)

    @property
    def abstain(self) -> SafeString:
        """The tenth radio."""
        return abstain_radio(self.name, self.value, disabled=self.disabled)

    @property
    def opened(self) -> str:
        """The attribute of the fold with the reason's field."""
        return " open" if self.is_reason_open else ""

    @property
    def earlier(self) -> SafeString:
        """The fold with the panel's reasons, which come in another order each time; empty where there are none."""
        if not self.earlier_reasons:
            return SafeString("")
        return render_to_string("panelist/_earlier_reasons.html", {"item": self})

    @property
    def note(self) -> SafeString:
        """The note about another tab's rating, empty where there is none."""
        return conflict_note(self.name, self.conflict) if self.conflict else SafeString("")

    @property
    def reason_note(self) -> SafeString:
        """The note about another tab's reason, empty where there is none."""
        return conflict_note(f"reason-{self.name}", self.reason_conflict) if self.reason_conflict else SafeString("")


def pieces(text: str, options: Iterable[str]) -> tuple[Piece, ...]:
    """A statement's wording with the names of its options standing out; a longer name goes before one inside it.

    A name in small letters is known by its capital too, with which it begins a sentence.
    """
    result = [Piece(text)]
    names = {spelling for option in options if option for spelling in (option, sentence_start(option))}
    for name in sorted(names, key=lambda option: (-len(option), option)):
        result = [cut for piece in result for cut in _cut(piece, name)]
    return tuple(result)


def with_new_words(wording: Sequence[Piece], before: str) -> tuple[Piece, ...]:
    """A wording in pieces, cut where words begin or cease to be new since it read `before`."""
    text = "".join(piece.text for piece in wording)
    new = [(segment.text, segment.marked) for segments in marked_paragraphs(before, text) for segment in segments]
    parts = overlay([(piece.text, piece.is_option) for piece in wording], new)
    return tuple(Piece(part, is_option, is_new) for part, is_option, is_new in parts)


def _cut(piece: Piece, name: str) -> list[Piece]:
    """One piece, cut around every place where the name stands as it is written."""
    if piece.is_option or name not in piece.text:
        return [piece]
    parts: list[Piece] = []
    for number, between in enumerate(piece.text.split(name)):
        if number:
            parts.append(Piece(name, is_option=True))
        if between:
            parts.append(Piece(between))
    return parts


def reason_question(rating: int, *, own: int | None, middle_half: tuple[Fraction, Fraction] | None) -> str:
    """The question that a rating (1 to 9) raises, or "" where it raises none."""
    outside = middle_half is not None and not middle_half[0] <= rating <= middle_half[1]
    if own is not None and own != rating and (outside or _band(own) != _band(rating)):
        return _("You moved from %(own)d to %(rating)d. Why?") % {"own": own, "rating": rating}
    if outside and middle_half is not None:
        return _("You rated %(rating)d; the middle half of the group rated %(low)s to %(high)s. Why?") % {
            "rating": rating,
            "low": plain(middle_half[0]),
            "high": plain(middle_half[1]),
        }
    return ""


def _band(rating: int) -> int:
    return next(number for number, band in enumerate(BANDS) if rating in band)


def conflict_note(name: str, conflict: Conflict) -> SafeString:
    """The note that another tab changed this field, with a button for either value.

    Its buttons are named `use`, with `name=value` as their value: that value is meant, and is saved.
    """
    is_reason = name.startswith("reason-")
    context = {"name": name, "conflict": conflict, "is_reason": is_reason}
    if not is_reason:
        context |= {"theirs": _value_words(conflict.theirs), "mine": _value_words(conflict.mine)}
        context["are_ratings"] = conflict.theirs.isdigit() and conflict.mine.isdigit()
    return render_to_string("panelist/_conflict.html", context)


def _value_words(value: str) -> str:
    """A stored value in words that fit between "There:" and a full stop."""
    if value == ABSTAIN:
        return _("I cannot rate this")
    return value or _("no rating")
