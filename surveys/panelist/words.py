"""How far a sheet has come, in words: of statements that are rated, or of vignettes that are answered."""

from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.panelist.course import Progress


def done_words(done: int, total: int, *, by_vignette: bool) -> str:
    """`2 of 7 rated`, `2 of 8 answered`."""
    text = _("%(done)d of %(total)d answered") if by_vignette else _("%(done)d of %(total)d rated")
    return text % {"done": done, "total": total}


@dataclass(frozen=True)
class ProgressWords:
    """The sentences of the first page, of the page of a vignette and of the check before submitting."""

    progress: Progress

    def _say(self, text: str) -> str:
        return text % {"left": self.progress.left, "total": self.progress.total, "done": self.progress.given}

    @property
    def done(self) -> str:
        return done_words(self.progress.given, self.progress.total, by_vignette=self.progress.by_vignette)

    @property
    def done_in_full(self) -> str:
        """The bar's name."""
        if self.progress.by_vignette:
            return self._say(_("%(done)d of %(total)d vignettes answered"))
        return self._say(_("%(done)d of %(total)d statements rated"))

    @property
    def to_do(self) -> str:
        """What is to be done, before anything is."""
        left = self.progress.left
        if self.progress.by_vignette:
            return self._say(ngettext("%(left)d vignette to answer", "%(left)d vignettes to answer", left))
        return self._say(ngettext("%(left)d statement to rate", "%(left)d statements to rate", left))

    @property
    def left(self) -> str:
        if self.progress.by_vignette:
            return self._say(_("%(left)d of %(total)d vignettes left to answer"))
        return self._say(_("%(left)d of %(total)d statements left to rate"))

    @property
    def submitted_with_gaps(self) -> str:
        if self.progress.by_vignette:
            return self._say(
                _("You have submitted your sheet, with %(left)d of %(total)d vignettes not completely answered")
            )
        return self._say(_("You have submitted your sheet, with %(left)d of %(total)d statements not rated"))

    @property
    def nothing_left(self) -> str:
        if self.progress.by_vignette:
            return _("Everything is answered. Submit your sheet.")
        return _("Everything is rated. Submit your sheet.")

    @property
    def gaps(self) -> str:
        """The heading of the check."""
        left = self.progress.left
        if self.progress.by_vignette:
            text = ngettext(
                "%(left)d of %(total)d vignettes is not completely answered",
                "%(left)d of %(total)d vignettes are not completely answered",
                left,
            )
        else:
            text = ngettext(
                "%(left)d of %(total)d statements is not rated", "%(left)d of %(total)d statements are not rated", left
            )
        return self._say(text)

    @property
    def submit_anyway(self) -> str:
        """The button that submits a sheet with gaps."""
        left = self.progress.left
        if self.progress.by_vignette:
            text = ngettext(
                "Submit with %(left)d vignette not completely answered",
                "Submit with %(left)d vignettes not completely answered",
                left,
            )
        else:
            text = ngettext(
                "Submit with %(left)d statement not rated", "Submit with %(left)d statements not rated", left
            )
        return self._say(text)

    @property
    def gaps_count_as(self) -> str:
        """What a gap means in a submitted sheet."""
        if self.progress.by_vignette:
            return _("What is not answered counts as missing.")
        return _("A statement that is not rated counts as missing.")

    @property
    def can_change(self) -> str:
        if self.progress.by_vignette:
            return _("You can change every answer until the round closes.")
        return _("You can change every rating until the round closes.")

    @property
    def how_to_mend(self) -> str:
        """What to do about the gaps."""
        if self.progress.by_vignette:
            return _("Answer them, or choose “I cannot answer this for this patient”.")
        return _("Rate them, or choose “I cannot rate this”.")
