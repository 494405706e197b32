"""A draft study made of a workbook's content, or of another study."""

import datetime as dt
from dataclasses import replace

from django.db import transaction

from surveys.accounts.models import User
from surveys.panels.services import add_panelists
from surveys.studies.models import Protocol, Study
from surveys.studies.services import create_study, record, update_protocol
from surveys.vignettes.services.writing import add_option, add_vignette, compose_statement, write_statement
from surveys.workbooks.content import Content
from surveys.workbooks.queries import content_of


@transaction.atomic
def start_from_workbook(
    *, content: Content, facilitator: User, now: dt.datetime, is_demonstration: bool = False
) -> Study:
    """Make a draft study of all this, or nothing of it.

    Raises StudyError, QuestionnaireError or PanelError, each with a sentence for the page.
    """
    study = _study_of(content, facilitator, now, is_demonstration)
    counts = {
        "vignettes": len(content.vignettes),
        "options": len(content.options),
        "statements": len(content.statements),
        "panelists": len(content.panelists),
    }
    record(study=study, actor=facilitator, action="started from a workbook", now=now, detail=counts)
    return study


@transaction.atomic
def copy_study(
    *, study: Study, title: str, facilitator: User, now: dt.datetime, is_demonstration: bool = False
) -> Study:
    """Make a draft study of another's protocol and questionnaire, without its panel, rounds and answers.

    Raises StudyError for an account that cannot create studies.
    """
    # First of all, because it locks the study: what is copied is what stood there at one moment.
    Study.objects.select_for_update().only("pk").get(pk=study.pk)
    content = content_of(study, with_panel=False)
    renamed = replace(content, study=replace(content.study, title=title))
    copied = _study_of(renamed, facilitator, now, is_demonstration)
    protocol = Protocol.objects.get(study=study)
    update_protocol(
        study=copied,
        actor=facilitator,
        rule=protocol.rule,
        stable_percent=protocol.stable_percent,
        most_rounds=protocol.most_rounds,
        settled=protocol.settled,
        least_answers=protocol.least_answers,
        shows_comments=protocol.shows_comments,
        groups=protocol.groups,
        releases_rows=protocol.releases_rows,
        notice=protocol.notice,
        now=now,
    )
    record(study=copied, actor=facilitator, action="started from a study", now=now, detail={"title": study.title})
    record(study=study, actor=facilitator, action="study copied", now=now, detail={"title": title})
    return copied


def _study_of(content: Content, facilitator: User, now: dt.datetime, is_demonstration: bool) -> Study:
    named = content.study
    study = create_study(
        title=named.title,
        question_stem=named.question_stem,
        time_zone=named.time_zone,
        about=named.about,
        facilitator=facilitator,
        is_demonstration=is_demonstration,
        now=now,
    )
    vignettes = [
        add_vignette(study=study, actor=facilitator, title=row.title, aspect=row.aspect, text=row.text, now=now)
        for row in content.vignettes
    ]
    options = [
        add_option(
            study=study,
            actor=facilitator,
            name=row.name,
            category=row.category,
            explanation=row.explanation,
            now=now,
        )
        for row in content.options
    ]
    for statement in content.statements:
        vignette, named_options = vignettes[statement.vignette], [options[place] for place in statement.options]
        if named_options:
            compose_statement(
                vignette=vignette, actor=facilitator, options=named_options, text=statement.wording, now=now
            )
        else:
            write_statement(vignette=vignette, actor=facilitator, text=statement.wording, now=now)
    if content.panelists:
        add_panelists(study=study, actor=facilitator, rows=content.panelists, now=now)
    return study
