"""What facilitators may do to the evidence: assign options, describe, attach, and show it to the panel."""

import datetime as dt
from collections import Counter
from random import Random
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max, QuerySet, Sum
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.meetings.models import Presentation, PresentationFile, PresentationLink
from surveys.meetings.queries import unshared_evidence
from surveys.meetings.services.files import EvidenceError, checked_file
from surveys.panels.models import Message, Panelist
from surveys.panels.queries import panel_of
from surveys.panels.services import enqueue
from surveys.studies.models import Study
from surveys.studies.services import record
from surveys.vignettes.models import Option
from surveys.vignettes.queries import options_of
from surveys.vignettes.services.steps import plain_line, plain_text

MOST_FILES = 10
MOST_LINKS = 20
MOST_BYTES = 200 * 1024 * 1024
"""What the files of one study may take together: they lie in its backups."""


@transaction.atomic
def assign_evenly(*, study: Study, actor: User, random: Random, now: dt.datetime, anew: bool = False) -> int:
    """Give every option to a panelist, so that nobody has two more than another; returns how many were given.

    Options that are assigned keep their panelist, and whoever has fewest is next; with `anew` all are drawn afresh.
    Who gets what is drawn by `random`. Raises EvidenceError without options or without a panel.
    """
    _hold(study)
    options = list(options_of(study))
    panelists = list(panel_of(study))
    if not options or not panelists:
        raise EvidenceError(_("There must be options and panelists before options can be assigned."))
    presentations = {each.option_id: each for each in Presentation.objects.filter(option__in=options)}
    kept = [each for each in presentations.values() if each.panelist_id and not anew]
    counts = Counter(each.panelist_id for each in kept)
    given = [option for option in options if anew or option.pk not in {each.option_id for each in kept}]
    random.shuffle(given)
    # Else whoever comes first by name would always have the one option more.
    random.shuffle(panelists)
    for option in given:
        presenter = min(panelists, key=lambda panelist: counts[panelist.pk])
        counts[presenter.pk] += 1
        Presentation.objects.update_or_create(option=option, defaults={"panelist": presenter})
    detail = {"options": len(given), "anew": anew}
    record(study=study, actor=actor, action="options assigned", now=now, detail=detail)
    return len(given)


@transaction.atomic
def assign(*, option: Option, actor: User, panelist: Panelist | None, now: dt.datetime) -> Presentation:
    """Let this panelist present an option, or nobody. Raises EvidenceError for another study's panelist."""
    _hold(option.study)
    if panelist is not None and panelist.study_id != option.study_id:
        raise EvidenceError(_("Choose a panelist of this study."))
    presentation = _presentation_of(option)
    if presentation.panelist_id != (panelist.pk if panelist else None):
        presentation.panelist = panelist
        presentation.save(update_fields=["panelist"])
        # Never the name: it belongs to the panel alone, and the chain is for ever.
        detail = {"name": option.name, "panelist": str(panelist.pk) if panelist else ""}
        record(study=option.study, actor=actor, action="option assigned", now=now, detail=detail)
    return presentation


@transaction.atomic
def describe_presentation(*, option: Option, actor: User, summary: str, minutes: int, now: dt.datetime) -> Presentation:
    """Write the summary of an option's evidence and its slot of minutes. Raises EvidenceError."""
    _hold(option.study)
    presentation = _presentation_of(option)
    before = {"summary": presentation.summary, "minutes": presentation.minutes}
    presentation.summary, presentation.minutes = plain_text(summary), minutes
    after = {"summary": presentation.summary, "minutes": minutes}
    presentation.has_news = presentation.has_news or before["summary"] != after["summary"] != ""
    _check(presentation)
    presentation.save(update_fields=["summary", "minutes", "has_news"])
    if before != after:
        detail = {"name": option.name, "before": before, "after": after}
        record(study=option.study, actor=actor, action="evidence described", now=now, detail=detail)
    return presentation


@transaction.atomic
def attach_file(*, option: Option, actor: User, name: str, content: bytes, now: dt.datetime) -> PresentationFile:
    """Keep a file with an option's evidence, under a safe name. Raises FileRefused or EvidenceError."""
    checked = checked_file(name, content)
    _hold(option.study)
    presentation = _presentation_of(option)
    files = PresentationFile.objects.filter(presentation=presentation)
    if files.count() >= MOST_FILES:
        raise EvidenceError(_("An option has at most %(most)d files.") % {"most": MOST_FILES})
    kept = PresentationFile.objects.filter(presentation__option__study=option.study)
    if (kept.aggregate(all=Sum("size"))["all"] or 0) + len(content) > MOST_BYTES:
        raise EvidenceError(_("The files of a study take at most 200 MB together. Remove one first, or add a link."))
    file = PresentationFile.objects.create(
        presentation=presentation,
        position=_next_position(files),
        name=checked.name,
        content_type=checked.content_type,
        content=checked.content,
        size=len(checked.content),
    )
    _mark_news(presentation)
    detail = {"name": option.name, "file": file.name}
    record(study=option.study, actor=actor, action="file attached", now=now, detail=detail)
    return file


@transaction.atomic
def remove_file(*, file: PresentationFile, actor: User, now: dt.datetime) -> None:
    """Delete a file of the evidence for good. Raises EvidenceError."""
    option = file.presentation.option
    _hold(option.study)
    file.delete()
    detail = {"name": option.name, "file": file.name}
    record(study=option.study, actor=actor, action="file removed", now=now, detail=detail)


@transaction.atomic
def add_link(*, option: Option, actor: User, title: str, address: str, now: dt.datetime) -> PresentationLink:
    """Point to a page on the web, by http or https. Raises EvidenceError."""
    _hold(option.study)
    presentation = _presentation_of(option)
    links = PresentationLink.objects.filter(presentation=presentation)
    if links.count() >= MOST_LINKS:
        raise EvidenceError(_("An option has at most %(most)d links.") % {"most": MOST_LINKS})
    clean = address.strip()
    if not is_web_address(clean):
        raise EvidenceError(_("Enter an address that begins with https:// or http://."))
    link = PresentationLink(presentation=presentation, position=_next_position(links), address=clean)
    link.title = plain_line(title) or clean[:200]
    _check(link)
    link.save(force_insert=True)
    _mark_news(presentation)
    detail = {"name": option.name, "link": clean}
    record(study=option.study, actor=actor, action="link added", now=now, detail=detail)
    return link


def is_web_address(address: str) -> bool:
    """Whether this is the whole address of a page on the web: http or https, a host, and nothing that is not seen."""
    try:
        parts = urlsplit(address)
        has_host = bool(parts.hostname) and "@" not in parts.netloc
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and has_host and address.isprintable() and " " not in address


@transaction.atomic
def remove_link(*, link: PresentationLink, actor: User, now: dt.datetime) -> None:
    """Take a link out of the evidence. Raises EvidenceError."""
    option = link.presentation.option
    _hold(option.study)
    link.delete()
    detail = {"name": option.name, "link": link.address}
    record(study=option.study, actor=actor, action="link removed", now=now, detail=detail)


@transaction.atomic
def share_evidence(*, study: Study, actor: User, now: dt.datetime) -> int:
    """Show all evidence there is to the panel, and queue one mail for everyone; returns how many options are new.

    What is added to an option afterwards the panel sees at once; sharing again tells it so. Raises EvidenceError
    where there is nothing new, or no panel to tell.
    """
    _hold(study)
    new = unshared_evidence(study)
    panel = list(panel_of(study))
    if not new:
        raise EvidenceError(_("There is nothing new to show: add a summary, a file or a link first."))
    if not panel:
        raise EvidenceError(_("The panel is empty: there is nobody to show the evidence to."))
    Presentation.objects.filter(pk__in=[each.pk for each in new]).update(is_shared=True, has_news=False)
    enqueue(study=study, panelists=panel, kind=Message.Kind.EVIDENCE, round_id=None, due=now)
    detail = {"options": [each.option.name for each in new]}
    record(study=study, actor=actor, action="evidence shared", now=now, detail=detail)
    return len(new)


def _hold(study: Study) -> None:
    """Keep other writers out until this transaction ends, so that limits and places hold; refuse a finished study."""
    if Study.objects.select_for_update().get(pk=study.pk).is_over:
        raise EvidenceError(_("This study is finished; nothing in it changes any more."))


def _presentation_of(option: Option) -> Presentation:
    return Presentation.objects.get_or_create(option=option)[0]


def _mark_news(presentation: Presentation) -> None:
    presentation.has_news = True
    presentation.save(update_fields=["has_news"])


def _next_position(rows: QuerySet[PresentationFile] | QuerySet[PresentationLink]) -> int:
    last: int | None = rows.aggregate(last=Max("position"))["last"]
    return (last or 0) + 1


def _check(row: Presentation | PresentationLink) -> None:
    """Raise EvidenceError with the sentences of a row that its model refuses."""
    try:
        row.full_clean()
    except ValidationError as fault:
        raise EvidenceError(" ".join(fault.messages)) from fault
