"""What a rule says of a statement, in a word or two."""

from collections.abc import Callable, Mapping

from django.utils.translation import gettext as _

from surveys.consensus import Outcome, Verdict

_WORDS: Mapping[Outcome, Callable[[], str]] = {
    Outcome.IN: lambda: _("In"),
    Outcome.OUT: lambda: _("Out"),
    Outcome.NEAR: lambda: _("Near"),
    Outcome.NONE: lambda: _("No"),
    Outcome.NOT_EVALUABLE: lambda: _("Not judged"),
}


def outcome_words(verdict: Verdict) -> str:
    """The outcome, with the rule's own word for it where it has one: "In (appropriate)"."""
    word = _WORDS[verdict.outcome]()
    if verdict.classification is None:
        return word
    return _("%(outcome)s (%(word)s)") % {"outcome": word, "word": _(verdict.classification)}
