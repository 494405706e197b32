"""What changed since the last released round, in sentences for the panelist's first page."""

import uuid
from collections.abc import Mapping, Sequence

from django.utils.text import get_text_list
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.feedback.queries import StatementResult
from surveys.rounds.models import AskedStatement, AskedVignette

Asked = Mapping[uuid.UUID, AskedStatement]


def changes_since(vignettes: Sequence[AskedVignette], latest: Sequence[StatementResult]) -> list[str]:
    """Compare what a round asks with each statement's last released result: the wording, what is new, what is settled.

    `vignettes` come with their statements. Empty where nothing was rated before.
    """
    if not latest:
        return []
    asked = {statement.statement_id: statement for vignette in vignettes for statement in vignette.statements.all()}
    return [*_wording(vignettes, asked, latest), *_new(asked, latest), *_settled(asked, latest)]


def _wording(vignettes: Sequence[AskedVignette], asked: Asked, latest: Sequence[StatementResult]) -> list[str]:
    before = {result.asked.statement_id: result.asked for result in latest}
    reworded = sum(now.text != before[key].text for key, now in asked.items() if key in before)
    texts = {result.asked.vignette.vignette_id: result.asked.vignette.text for result in latest}
    rewritten = [v.number for v in vignettes if texts.get(v.vignette_id, v.text) != v.text]
    sentences = []
    if reworded:
        text = ngettext("%(n)d statement is worded anew.", "%(n)d statements are worded anew.", reworded)
        sentences.append(text % {"n": reworded})
    if rewritten:
        text = ngettext(
            "The text of vignette %(which)s has changed.",
            "The texts of vignettes %(which)s have changed.",
            len(rewritten),
        )
        sentences.append(text % {"which": get_text_list([str(number) for number in rewritten], _("and"))})
    return sentences or [_("The wording is the same.")]


def _new(asked: Asked, latest: Sequence[StatementResult]) -> list[str]:
    new = len(set(asked) - {result.asked.statement_id for result in latest})
    return [ngettext("%(n)d statement is new.", "%(n)d statements are new.", new) % {"n": new}] if new else []


def _settled(asked: Asked, latest: Sequence[StatementResult]) -> list[str]:
    total = len(latest)
    reached = [result.asked.statement_id for result in latest if result.is_settled]
    if not reached:
        text = ngettext(
            "The statement has not reached consensus yet.",
            "None of the %(n)d statements has reached consensus yet.",
            total,
        )
        return [text % {"n": total}]
    shown = {"n": len(reached), "total": total, "rest": total - len(reached)}
    again = sum(key in asked for key in reached)
    if again == len(reached):
        return [_asked_again(shown)]
    if again == 0:
        return [_set_aside(shown)]
    text = _("%(n)d of %(total)d statements reached consensus; %(again)d of them are asked once more.")
    return [text % {**shown, "again": again}]


def _asked_again(shown: Mapping[str, int]) -> str:
    if not shown["rest"]:
        return _("Every statement reached consensus, and all are asked once more.")
    text = ngettext(
        "%(n)d of %(total)d statements reached consensus and is asked once more, with the other %(rest)d.",
        "%(n)d of %(total)d statements reached consensus and are asked once more, with the other %(rest)d.",
        shown["n"],
    )
    return text % shown


def _set_aside(shown: Mapping[str, int]) -> str:
    text = ngettext(
        "%(n)d of %(total)d statements reached consensus and is set aside with its last result.",
        "%(n)d of %(total)d statements reached consensus and are set aside with their last results.",
        shown["n"],
    )
    return text % shown
