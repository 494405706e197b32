"""A round as it is called within a sentence."""

from django.utils.translation import gettext as _

from surveys.rounds.models import Round


def round_phrase(round: Round) -> str:
    """`rating round 3` or `option survey 2`; with a capital, as it begins a sentence, it is `str(round)`."""
    return vote_phrase(round.kind, round.kind_number)


def vote_phrase(kind: str, number: int) -> str:
    """The same of a round that need not exist yet: its kind, and its number among those of its kind."""
    words = _("rating round %(number)d") if kind == Round.Kind.RATING else _("option survey %(number)d")
    return words % {"number": number}
