"""What happened to the questionnaire between rounds, by recorded steps: with reasons, causes and the votes."""

from surveys.accounts.models import User
from surveys.facilitator.proposals import reason_words
from surveys.feedback.models import Comment
from surveys.feedback.services import proposing
from surveys.feedback.survey_results import proposals_of
from surveys.operations.demonstration.content import Content
from surveys.studies.models import Study
from surveys.studies.queries import database_now
from surveys.vignettes.queries import options_of, vignettes_of
from surveys.vignettes.services.lineage import OptionTexts, drop, merge_options
from surveys.vignettes.services.steps import Why
from surveys.vignettes.services.writing import update_vignette


def follow_suggestions(study: Study, content: Content, actor: User) -> None:
    """What the panel changed after option survey 1: options merged, a variation dropped, a wording clarified."""
    _merge_options(study, content, actor)
    vignettes = list(vignettes_of(study))
    dropped = next(vignette for vignette in vignettes if vignette.title == content.drop.vignette)
    why = _why(study, content, content.drop.reason, content.drop.cause)
    drop(item=dropped, actor=actor, why=why, now=database_now())
    clarify = content.clarify
    for vignette in vignettes:
        if vignette == dropped:
            continue
        reason = clarify.reason if vignette.is_base else clarify.reason_for_variations
        update_vignette(
            vignette=vignette,
            actor=actor,
            title=vignette.title,
            aspect=vignette.aspect,
            text=vignette.text.replace(clarify.before, clarify.after),
            why=_why(study, content, reason, clarify.cause),
            now=database_now(),
        )


def _merge_options(study: Study, content: Content, actor: User) -> None:
    merge = content.merge
    names = [option.name for option in content.options if option.code in merge.options]
    options = [option for option in options_of(study) if option.name in names]
    merge_options(
        options=options,
        into=OptionTexts(merge.name, options[0].category, merge.explanation),
        actor=actor,
        why=_why(study, content, merge.reason, merge.cause),
        now=database_now(),
    )


def _why(study: Study, content: Content, reason: str, cause: str) -> Why:
    """The reason, with the suggestion that has this key in the fixture."""
    text = next(comment.text for round in content.rounds for comment in round.comments if comment.key == cause)
    return Why(reason, Comment.objects.get(vignette__round__study=study, original=text).pk)


def accept_proposals(study: Study, actor: User) -> None:
    """Accept what each vignette's last top choices propose, as its facilitator would on the page."""
    seen = {proposal.vignette.pk: [option.pk for option in proposal.options] for proposal in proposals_of(study)}
    proposing.accept_proposals(study=study, actor=actor, seen=seen, reason_of=reason_words, now=database_now())
