"""A round as it is called within a sentence."""

from django.utils.translation import gettext as _

from surveys.rounds.models import Round


def round_phrase(round: Round) -> str:
    """`rating round 3` or `option survey 2`; with a capital, as it begins a sentence, it is `str(round)`."""
    if round.is_rating:
        return _("rating round %(number)d") % {"number": round.kind_number}
    return _("option survey %(number)d") % {"number": round.kind_number}
