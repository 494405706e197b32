"""What a draft needs before it opens: for its facilitators, and for whoever opens it."""

import datetime as dt
from collections import Counter
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.rounds.queries import last_closed_round, options_to_ask, statements_to_ask, vignettes_to_survey
from surveys.safeguards.promise import refusals
from surveys.sheets.keystore import KeyStoreError, study_keys
from surveys.studies.models import Study
from surveys.studies.queries import rules_of
from surveys.vignettes.models import Statement, Vignette

LEAST_OPTIONS = 2


@dataclass(frozen=True)
class CheckItem:
    """One line of the checklist beside the button that opens a round. `place` names the page that mends it.

    One that only `warns` counts as done. What no page mends, but whoever runs the server, has the place "installation".
    """

    text: str
    is_done: bool
    place: str
    warns: bool = False


def checklist(round: Round, now: dt.datetime) -> list[CheckItem]:
    """What a draft needs before it opens, missing and done alike; for its facilitators."""
    return [
        _closing_time_item(round, now),
        *_questionnaire_items(round),
        *_panel_items(round.study),
        *_release_items(round.study),
        *_key_items(round.study),
        *_installation_items(),
    ]


def blockers_to_opening(round: Round, now: dt.datetime) -> list[str]:
    """The sentences of the checklist that are not done."""
    return [item.text for item in checklist(round, now) if not item.is_done]


def _closing_time_item(round: Round, now: dt.datetime) -> CheckItem:
    if round.closes_at is None:
        return CheckItem(_("Choose a closing time"), False, "round")
    if round.closes_at <= max(now, round.opens_at or now):
        return CheckItem(_("The closing time has passed: choose a later one"), False, "round")
    return CheckItem(_("A closing time is chosen"), True, "round")


def _questionnaire_items(round: Round) -> list[CheckItem]:
    items = []
    if not Vignette.objects.filter(study_id=round.study_id, is_base=True).exists():
        items.append(CheckItem(_("Write the base vignette"), False, "questionnaire"))
    if round.is_rating:
        items += _statement_items(round)
    if round.asks_options or not round.is_rating:
        items += _survey_items(round)
    return items


def _statement_items(round: Round) -> list[CheckItem]:
    vignettes = list(Vignette.objects.filter(study_id=round.study_id, is_dropped=False))
    number = statements_to_ask(round).count()
    stated = Statement.objects.filter(vignette__in=vignettes, is_dropped=False)
    with_statement = set(stated.values_list("vignette_id", flat=True))
    items = []
    without = [vignette.title for vignette in vignettes if vignette.pk not in with_statement]
    if without:
        text = _("Write a statement for: %(titles)s") % {"titles": ", ".join(without)}
        items.append(CheckItem(text, False, "questionnaire"))
    if not number:
        items.append(CheckItem(_("There is no statement to ask"), False, "questionnaire"))
    else:
        text = ngettext("%(n)d statement to ask", "%(n)d statements to ask", number) % {"n": number}
        items.append(CheckItem(text, True, "questionnaire"))
    gone = statements_to_ask(round).filter(named_options__option__is_dropped=True).distinct().count()
    if gone:
        text = ngettext(
            "%(n)d statement names an option that is dropped or merged",
            "%(n)d statements name options that are dropped or merged",
            gone,
        )
        items.append(CheckItem(text % {"n": gone}, True, "questionnaire", warns=True))
    return items


def _survey_items(round: Round) -> list[CheckItem]:
    options, vignettes = options_to_ask(round).count(), vignettes_to_survey(round).count()
    items = []
    if not round.asks_options:
        items.append(CheckItem(_("Choose what to ask about the options"), False, "round"))
    elif options < LEAST_OPTIONS:
        items.append(CheckItem(_("List at least two options"), False, "questionnaire"))
    elif not vignettes:
        items.append(CheckItem(_("There is no vignette to ask about"), False, "round"))
    else:
        of_options = ngettext("%(n)d option", "%(n)d options", options) % {"n": options}
        of_vignettes = ngettext("%(n)d vignette", "%(n)d vignettes", vignettes) % {"n": vignettes}
        text = _("%(options)s to ask about, for %(vignettes)s")
        items.append(CheckItem(text % {"options": of_options, "vignettes": of_vignettes}, True, "questionnaire"))
    if round.top_most > options and Round.Question.TOP in round.questions and options >= LEAST_OPTIONS:
        text = _("There are fewer options than the %(most)d top choices that are allowed")
        items.append(CheckItem(text % {"most": round.top_most}, False, "round"))
    return items


def _panel_items(study: Study) -> list[CheckItem]:
    least = study.protocol.least_answers
    number = panel_of(study).count()
    items = []
    if number < least:
        text = _("The panel has %(n)d of the at least %(least)d panelists that a result needs")
        items.append(CheckItem(text % {"n": number, "least": least}, False, "panel"))
    else:
        text = ngettext("%(n)d panelist", "%(n)d panelists", number) % {"n": number}
        items.append(CheckItem(text, True, "panel"))
    refused = panel_of(study).filter(is_unreachable=True).count()
    if refused:
        text = ngettext(
            "%(n)d panelist cannot be reached by mail: mend the address or send the link again",
            "%(n)d panelists cannot be reached by mail: mend the addresses or send the links again",
            refused,
        )
        items.append(CheckItem(text % {"n": refused}, False, "panel"))
    return items + _group_items(study)


def _group_items(study: Study) -> list[CheckItem]:
    """A rule over every group says nothing of a group in which fewer than k can rate."""
    least = study.protocol.least_answers
    if not rules_of(study.protocol).rule.asks_groups:
        return []
    sizes = Counter(panel_of(study).values_list("group", flat=True))
    without = sizes.pop("", 0)
    if not sizes:
        return [CheckItem(_("The rule judges by group: put the panelists into groups"), False, "panel")]
    if len(sizes) == 1 and not without:
        return [CheckItem(_("The rule judges by group, and everybody is in the same one"), False, "panel")]
    small = [name for name, size in sorted(sizes.items()) if size < least]
    if small:
        text = _("The rule judges by group, and fewer than %(least)d panelists are in: %(groups)s")
        return [CheckItem(text % {"least": least, "groups": ", ".join(small)}, False, "panel")]
    if 0 < without < least:
        text = ngettext(
            "The rule judges by group, and %(n)d panelist is in none: too few to be left over",
            "The rule judges by group, and %(n)d panelists are in none: too few to be left over",
            without,
        )
        return [CheckItem(text % {"n": without}, False, "panel")]
    text = ngettext("%(n)d group, each large enough", "%(n)d groups, each large enough", len(sizes))
    return [CheckItem(text % {"n": len(sizes)}, True, "panel")]


def _release_items(study: Study) -> list[CheckItem]:
    last = last_closed_round(study)
    if last is None:
        return []
    if last.is_released:
        return [CheckItem(_("The panel has the results of %(round)s") % {"round": last}, True, "results")]
    return [CheckItem(_("Release the results of %(round)s") % {"round": last}, False, "results")]


def _key_items(study: Study) -> list[CheckItem]:
    """The key of a study that has begun: a new one would part its panel from all their earlier answers."""
    if study.status == Study.Status.DRAFT:
        return []
    try:
        study_keys(study.pk)
    except KeyStoreError:
        text = _(
            "For the administrator: the key of this study is not in the keystore, or cannot be opened. Bring it back "
            "with manage.py keys restore."
        )
        return [CheckItem(text, False, "installation")]
    return []


def _installation_items() -> list[CheckItem]:
    """What would undo the promise here; nothing is said where nothing would."""
    text = _("For the administrator: %(wrong)s %(remedy)s No round opens before that is done.")
    return [
        CheckItem(text % {"wrong": finding.wrong, "remedy": finding.remedy}, False, "installation")
        for finding in refusals()
    ]
