"""The rating page around its statements: drawn by its template once for everybody, with slots for the panelist's own.

What is kept are the words of the round and of the vignette, with every state that a sheet can be in, so that neither
what is kept nor how long a page takes says anything of anybody's sheet.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from django.http import HttpRequest
from django.middleware.csrf import get_token
from django.template.loader import render_to_string
from django.utils.translation import get_language

from surveys.pages.drawn import drawn_words, filled, in_parts, slot
from surveys.rounds.models import AskedVignette

KEPT = 512
"""So many vignettes are kept by each process, of some 10 kB each."""
STATES = ("", "draft", "submitted")
"""What a sheet can be, as the page says it: without anything saved, a draft that is not counted, or submitted."""


@dataclass(frozen=True)
class Frame:
    """What is the same for everybody on the page of one vignette of a round, of `total` with so many statements."""

    round_id: uuid.UUID
    vignette: AskedVignette
    total: int
    statements: int
    is_demonstration: bool

    def context(self, *, asks_options: bool) -> dict[str, Any]:
        """What the template is given of it."""
        vignette = self.vignette
        aspect, comma, rest = vignette.aspect.partition(",")
        return {
            "round_id": self.round_id,
            "vignette": vignette,
            "aspect": aspect,
            "aspect_rest": comma + rest,
            "total": self.total,
            "next": vignette.number + 1 if vignette.number < self.total else None,
            "previous": vignette.number - 1 if vignette.number > 1 else None,
            "script_words": drawn_words(self.statements, asks_options=asks_options),
        }


def drawn_page(request: HttpRequest, frame: Frame, *, save_state: str, own: Mapping[str, str]) -> str:
    """The page of a vignette whose options are not asked about, as `panelist/rate.html` draws it.

    `own` has what hangs on the panelist by name: `version`, `mark`, `done`, and `drawn`, the statements' blocks.
    """
    parts = _kept(frame, get_language())[save_state]
    words = drawn_words(frame.statements, asks_options=False)
    values = {**own, "script_words": words, "csrf_token": get_token(request)}
    return filled(parts, values.__getitem__)


@lru_cache(maxsize=KEPT)
def _kept(frame: Frame, _language: str | None) -> Mapping[str, tuple[str, ...]]:
    """The page in parts, in every state of a sheet."""
    context = {
        **frame.context(asks_options=False),
        # Of hundreds of statements they are as long as all the rest, and the same for many vignettes.
        "script_words": slot("script_words"),
        "study": {"is_demonstration": frame.is_demonstration},
        "csrf_token": slot("csrf_token"),
        "version": slot("version"),
        "mark": slot("mark"),
        "done": slot("done"),
        "drawn": slot("drawn"),
    }
    states = {state: {"save_state": state, "is_submitted": state == "submitted"} for state in STATES}
    return {
        state: in_parts(render_to_string("panelist/rate.html", context | of_state))
        for state, of_state in states.items()
    }
