"""The notice: in plain words, who can see what. Each panelist agrees to it before their first answer.

It is written from the protocol and locked with it, word for word, so that a later version of this software cannot
change what somebody agreed to.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext as _

from surveys.consensus import rule_from_json, rule_phrase
from surveys.studies.models import Protocol

VERSION = 2
"""Of the words below; a change of what they promise is another version."""


@dataclass(frozen=True)
class Part:
    """One part of the notice: its heading, and its paragraphs as plain text."""

    heading: str
    paragraphs: tuple[str, ...]


def notice_of(protocol: Protocol) -> list[Part]:
    """The notice of a study: as it was locked, or as it would be locked now."""
    if protocol.locked_notice:
        return parts_from(protocol.locked_notice)
    return written_notice(protocol)


def parts_from(stored: Sequence[dict[str, object]]) -> list[Part]:
    """What `plain` made of a notice, as parts again."""
    return [Part(str(part["heading"]), tuple(map(str, part["paragraphs"]))) for part in stored]  # type: ignore[call-overload]


def plain(parts: Sequence[Part]) -> list[dict[str, object]]:
    """A notice as JSON keeps it."""
    return [{"heading": part.heading, "paragraphs": list(part.paragraphs)} for part in parts]


def written_notice(protocol: Protocol) -> list[Part]:
    """The notice in the words of this version, as the protocol stands."""
    parts = [
        Part(_("What the facilitator sees"), _of_facilitators(protocol)),
        Part(_("What the panel sees"), _of_the_panel(protocol)),
        Part(_("What is kept back"), _of_thresholds(protocol)),
        Part(_("Who could reach your answers"), _of_the_server()),
        Part(_("What nobody can promise"), _of_limits()),
        Part(_("What you can do"), _of_you()),
    ]
    if protocol.releases_rows:
        parts.append(Part(_("A dataset with a row for each panelist"), _of_rows()))
    if protocol.notice.strip():
        own = tuple(line.strip() for line in protocol.notice.splitlines() if line.strip())
        parts.append(Part(_("From those who run this study"), own))
    return parts


def _of_facilitators(protocol: Protocol) -> tuple[str, ...]:
    told = [
        _("The facilitator sees whether you have answered, never what."),
        _("While a round is open nobody sees any result of it."),
    ]
    if protocol.groups != Protocol.Groups.NOBODY:
        told.append(_("After the close the facilitator sees results by group, where the groups are large enough."))
    return tuple(told)


def _of_the_panel(protocol: Protocol) -> tuple[str, ...]:
    told = [_("After the close and the facilitator's release the panel sees counts, without names.")]
    if protocol.shows_comments:
        told.append(
            _(
                "It reads the reasons and comments that the facilitator published, unsigned, in random order. The "
                "facilitator reads all of them, unsigned, and may hide one or publish it in other words."
            )
        )
    else:
        told.append(_("Reasons and comments go to the facilitator alone, unsigned."))
    if protocol.groups == Protocol.Groups.PANEL:
        told.append(_("It also sees results by group, where the groups are large enough."))
    return tuple(told)


def _of_thresholds(protocol: Protocol) -> tuple[str, ...]:
    least = {"least": protocol.least_answers}
    return (
        _("With fewer than %(least)d answers to a statement nothing of it is shown to anyone.") % least,
        _(
            "Counts, least and greatest rating are shown from 7 answers, the standard deviation from 8. No counts are "
            "shown where exactly one person more or fewer rated than in an earlier round."
        ),
        _(
            "How many rated is always shown from %(least)d answers on, and what the rule of this study finds. Somebody "
            "who compares two rounds can subtract these. The rule: %(rule)s"
        )
        % {**least, "rule": rule_phrase(rule_from_json(protocol.rule)).said(gettext, ngettext)},
    )


def _of_the_server() -> tuple[str, ...]:
    return (
        _(
            "Your answers are kept encrypted, under a pseudonym that is another one in every round. A stolen copy of "
            "the database does not tell what you answered."
        ),
        _(
            "Whoever runs the server could reach answers until the study is sealed. Sealing destroys the key; then "
            "nobody can."
        ),
    )


def _of_limits() -> tuple[str, ...]:
    return (
        _(
            "In a small panel, unanimity or a familiar way of writing can give someone away. Somebody who knows all "
            "answers but one knows the last."
        ),
        _("Whoever reads your mailbox can open your personal link and read your own earlier answers."),
        _("The facilitators know that you answered. Somebody who watches the network can tell roughly when."),
    )


def _of_you() -> tuple[str, ...]:
    return (
        _(
            "After a release you can look at your answers as they were counted, and find their receipt in the "
            "published list of the round. A receipt proves to whoever holds it how you answered; keep it to yourself."
        ),
        _(
            "You can withdraw at any time, with one action. Your name and address are then deleted, and answers of "
            "a round that is still open are not counted. Results of closed rounds stay as they are: in them nobody "
            "can be told apart, so nobody can be taken out."
        ),
    )


def _of_rows() -> tuple[str, ...]:
    return (
        _(
            "When this study is sealed, a dataset is made in which each row has one panelist's ratings of all rounds, "
            "under a random code, without names, reasons or comments. It is made only where 10 or more panelists "
            "answered in the same rounds."
        ),
        _(
            "Such a row is an identity card: in a panel of 12, somebody who knows 3 of your ratings of 20 statements "
            "finds your whole row in about 87 of 100 cases."
        ),
    )
