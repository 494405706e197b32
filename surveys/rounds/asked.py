"""What an opened round asks, kept in memory: every panelist's page needs it, and the database refuses to change it.

Nothing of a person is in it, nothing that anybody answered, and nothing that still moves, such as whether an earlier
round is released: that is read afresh for every request.
"""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache

from surveys.rounds.models import AskedVignette, Round
from surveys.rounds.queries import Forebear, Survey, asked_vignettes, forebears, seen_before, survey_of

KEPT = 32
"""So many rounds are kept by each process; one of 300 statements takes about half a megabyte."""


@dataclass(frozen=True)
class Asked:
    """What a round asks: its vignettes with their statements, and what it asks about options.

    `forebears` are by statement number, `seen_before` by vignette number; see the queries of these names. Of the
    earlier rounds in them only what never changes may be read. The objects are shared by all threads.
    """

    vignettes: tuple[AskedVignette, ...]
    survey: Survey
    forebears: Mapping[int, Sequence[Forebear]]
    seen_before: Mapping[int, AskedVignette]

    @cached_property
    def places(self) -> dict[int, int]:
        """By the number of each statement, the number of its vignette."""
        return {one.number: vignette.number for vignette in self.vignettes for one in vignette.statements.all()}

    @cached_property
    def names(self) -> dict[str, int]:
        """By the name of each statement's field in a form, such as `s3`, its number."""
        return {f"s{number}": number for number in self.places}

    @cached_property
    def numbers(self) -> frozenset[int]:
        """The numbers of the vignettes about which anything is asked."""
        return frozenset({*self.places.values(), *(vignette.number for vignette in self.survey.vignettes)})


def asked_in(round: Round) -> Asked:
    """What this round asks; queries only where this process has not read it yet.

    Raises ValueError for a draft, of which nothing is fixed.
    """
    if round.status == Round.Status.DRAFT:
        raise ValueError("A draft asks nothing yet.")
    return asked_of(round.pk)


@lru_cache(maxsize=KEPT)
def asked_of(round_id: uuid.UUID) -> Asked:
    """The same by the round's id. Raises Round.DoesNotExist where no such round was opened."""
    round = Round.objects.exclude(status=Round.Status.DRAFT).get(pk=round_id)
    return Asked(tuple(asked_vignettes(round)), survey_of(round), forebears(round), seen_before(round))
