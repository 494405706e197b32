"""Where a result or a comment, once it is released, would give somebody away; sentences for the facilitator alone.

They say what arithmetic and words can tell. That somebody writes "in our hospital" nobody but a reader can see.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence

from django.utils.translation import gettext as _

from surveys.feedback.comments import ThemedComments
from surveys.feedback.thresholds import Shown, ShownGroup

LONG = 600
"""Of so many characters on a comment tells much of how its author writes."""

_SHORTEST_NAME = 3
_OFTEN = 3
_TITLES = frozenset({"dr", "prof", "mrs", "miss", "and", "von", "van", "der", "den", "the"})


class Giveaways:
    """What one study's comments are searched for: the names, addresses and groups of its panel."""

    def __init__(self, panel: Iterable[tuple[str, str, str]], bodies: Iterable[str]) -> None:
        """`panel` has name, address and group of everybody; `bodies` are all comments that will be searched.

        Only those are kept whom a comment may name, and without a comment nobody is read.
        """
        words = {word for body in bodies for word in _words(body)}
        self._people: list[tuple[str, frozenset[str], str]] = []
        groups = set()
        for name, email, group in panel if words else ():
            if not words.isdisjoint(_words(name)) or _first_word(email) in words:
                self._people.append((name, _names_in(name), email.lower()))
            groups.add(group)
        self._groups = sorted(group for group in groups if group)

    def in_comment(self, body: str, others: Sequence[str] = ()) -> list[str]:
        """What this comment gives away by its words, by its script and by its length; `others` are the round's."""
        found = []
        words, plain = set(_words(body)), _folded(body)
        for name, names, email in self._people:
            if email in plain:
                found.append(_("It has the e-mail address of %(name)s.") % {"name": name})
            elif names & words:
                found.append(_("It may name %(name)s, who is on the panel.") % {"name": name})
        found += [
            _("It names the group “%(group)s”.") % {"group": group}
            for group in self._groups
            if _names_group(group, body, plain)
        ]
        script = _script(body)
        scripts = Counter(_script(other) for other in others)
        if script and scripts and scripts[script] * 2 < sum(scripts.values()):
            found.append(_("It is written in another script than most comments, which may tell who wrote it."))
        if len(body) > LONG:
            found.append(_("It is long: whoever knows how its author writes may recognise them."))
        return found


def in_comments(themes: Iterable[ThemedComments], giveaways: Giveaways, others: Sequence[str]) -> list[str]:
    """The same for published comments, what is said of each beside its beginning."""
    found = []
    for body in (body for group in themes for body in group.bodies):
        sentences = giveaways.in_comment(body, others)
        if sentences:
            words = {"start": _start(body), "sentences": " ".join(sentences)}
            found.append(_("“%(start)s” %(sentences)s") % words)
    return found


def in_result(shown: Shown, published: int) -> list[str]:
    """What the counts of a statement give away, and how many of those who rated wrote what is published."""
    found, n = [], shown.n or 0
    if shown.minimum is not None and shown.minimum == shown.maximum:
        words = {"n": n, "rating": shown.minimum}
        found.append(_("All %(n)d rated %(rating)d, so everybody's rating is known.") % words)
    elif shown.counts and max(shown.counts) == n - 1:
        found.append(_("All but one gave the same rating: whoever gave the other one knows what all others rated."))
    elif shown.share_high == 1:
        found.append(_("All rated 7 to 9, so of everybody it is known that they agree."))
    if published and n == shown.least_answers:
        words = {"n": n}
        found.append(_("Only %(n)d rated this, the fewest for which comments are shown: a guess is easy.") % words)
    if published and shown.n is not None and published >= shown.n:
        found.append(_("Everybody wrote a reason here, so each can tell which ones others wrote."))
    return found


def in_groups(groups: Iterable[ShownGroup], least_answers: int) -> list[str]:
    """What results by group give away: small ones, and those who all agree."""
    found = []
    for one in groups:
        words = {"group": one.group, "n": one.n}
        if one.n <= least_answers + 1:
            found.append(_("“%(group)s” has only %(n)d ratings: colleagues may guess whose they are.") % words)
        if one.counts and max(one.counts) == one.n:
            found.append(_("All of “%(group)s” gave the same rating, so each of theirs is known.") % words)
        elif one.share_high == 1:
            found.append(_("All of “%(group)s” rated 7 to 9, so that is known of each of them.") % words)
        elif one.share_high == 0:
            found.append(_("None of “%(group)s” rated 7 to 9, so that is known of each of them.") % words)
    return found


def _folded(text: str) -> str:
    """In small letters and without accents, for comparing."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold())
    return "".join(char for char in parts if not unicodedata.combining(char))


def _words(text: str) -> list[str]:
    return re.findall(r"\w+", _folded(text))


def _first_word(email: str) -> str:
    """The first word of an address, folded as the words of comments are."""
    found = re.search(r"\w+", _folded(email))
    return found.group() if found else ""


def _names_in(name: str) -> frozenset[str]:
    """The names of a full name by which somebody may be known; no initials and no titles."""
    return frozenset(word for word in _words(name) if len(word) >= _SHORTEST_NAME and word not in _TITLES)


def _names_group(group: str, body: str, plain: str) -> bool:
    """Whether a text names the group, in one or in many; a short name such as IT only as it is written."""
    if len(group) <= _SHORTEST_NAME:
        return bool(re.search(rf"(?<!\w){re.escape(group)}(?!\w)", body))
    return bool(re.search(rf"(?<!\w){re.escape(_folded(group).removesuffix('s'))}s?(?!\w)", plain))


def _script(text: str) -> str:
    """The script of most letters, as Unicode names it ("LATIN"); "" where there are hardly any."""
    scripts = Counter(unicodedata.name(char, "").split(" ")[0] for char in text if char.isalpha())
    script, n = scripts.most_common(1)[0] if scripts else ("", 0)
    return script if n >= _OFTEN else ""


def _start(body: str) -> str:
    line = " ".join(body.split())
    return line if len(line) <= 60 else line[:59] + "…"
