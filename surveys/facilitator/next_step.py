"""The card that says what comes next in a study, with its one button."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from surveys.facilitator.course import Course
from surveys.facilitator.to_do import Task, missing_words, release_tasks, tasks_of
from surveys.pages.moments import dated_moment_words, full_moment_words
from surveys.pages.round_words import round_phrase
from surveys.pages.sealing import sealed_words
from surveys.rounds.models import Round
from surveys.studies.models import Study


@dataclass(frozen=True)
class Way:
    """Another way to go on, as a link."""

    words: str
    address: str


@dataclass(frozen=True)
class NextStep:
    """The card: heading, sentences, what is missing and done, and one button that leads on.

    `posts` says that the button is a form's. `others` are other ways to go on.
    """

    heading: str
    words: tuple[str, ...]
    action: str
    address: str
    tasks: tuple[Task, ...] = ()
    posts: bool = False
    others: tuple[Way, ...] = ()


def next_step(course: Course) -> NextStep:
    """What comes next, by the study's state."""
    round = course.unfinished
    if course.is_finished:
        return _after_the_end(course)
    if round is not None and round.status == Round.Status.OPEN:
        return _while_open(course, round)
    if round is not None and round.status == Round.Status.CLOSING:
        return _while_closing(course, round)
    if course.last and course.awaits_release and (round is None or course.everywhere):
        return _before_release(course, course.last)
    if course.everywhere:
        return _at_the_end(course)
    return _before_opening(course, round) if round else _before_drafting(course)


def _page(course: Course, name: str, *args: object) -> str:
    return reverse(f"facilitator:{name}", args=[course.study.slug, *args])


def _draft_address(course: Course, kind: str) -> str:
    return f"{_page(course, 'draft_round')}?kind={kind}"


def other_kind(kind: str) -> str:
    """The kind of round that this one is not."""
    return Round.Kind.RATING if kind == Round.Kind.OPTION_SURVEY else Round.Kind.OPTION_SURVEY


def _before_drafting(course: Course) -> NextStep:
    if course.awaits_statements:
        return _after_survey(course)
    words, other = {"round": course.next_phrase()}, other_kind(course.next_kind)
    tasks = tuple(tasks_of(course))
    ways = _ways_after_survey(course)
    if course.has_options:
        prepare = _("Or prepare %(round)s") % {"round": course.next_phrase(other)}
        ways.append(Way(prepare, _draft_address(course, other)))
    return NextStep(
        heading=_("Next: prepare %(round)s") % words,
        words=(missing_words(tasks),),
        tasks=tasks,
        action=_("Prepare %(round)s") % words,
        address=_draft_address(course, course.next_kind),
        posts=True,
        others=tuple(ways),
    )


def _ways_after_survey(course: Course) -> list[Way]:
    """What the results of an option survey are for, while it is the last round."""
    if course.last is None or course.last.is_rating:
        return []
    ways = [Way(_("Show the results to a meeting"), _page(course, "wall", course.last.number))]
    if course.has_top_choices and course.has_statements:
        ways.append(Way(_("Look at the proposed statements"), _page(course, "proposals")))
    return ways


def _after_survey(course: Course) -> NextStep:
    survey = {"round": course.next_phrase(Round.Kind.OPTION_SURVEY)}
    return NextStep(
        heading=_("Next: make statements of the answers"),
        words=(
            _("The panel has the results. Look at them together in a meeting, ask again, or take the top choices."),
        ),
        action=_("Look at the proposed statements"),
        address=_page(course, "proposals"),
        others=(
            *_ways_after_survey(course),
            Way(_("Or prepare %(round)s") % survey, _draft_address(course, Round.Kind.OPTION_SURVEY)),
        ),
    )


def _before_opening(course: Course, round: Round) -> NextStep:
    words = {"round": round_phrase(round)}
    tasks = tuple(tasks_of(course))
    said = [missing_words(tasks)]
    if round.opens_at:
        moment = full_moment_words(round.opens_at, course.study.time_zone)
        said.append(_("It opens by itself on %(moment)s, if nothing is missing then.") % {"moment": moment})
    return NextStep(
        heading=_("Next: open %(round)s") % words,
        words=tuple(said),
        tasks=tasks,
        action=_("Check and open %(round)s") % words,
        address=_page(course, "open_round", round.number),
        others=(Way(_("Change the plan of %(round)s") % words, _page(course, "round", round.number)),),
    )


def _while_open(course: Course, round: Round) -> NextStep:
    words = {"round": round_phrase(round)}
    there = course.attendance
    if there and course.is_short_at_deadline:
        least = {"submitted": there.submitted, "least": course.study.protocol.least_answers}
        text = _(
            "The closing time has passed, and %(submitted)d have submitted where a result needs at least %(least)d."
        )
        return NextStep(
            heading=_("Next: extend or cancel %(round)s") % words,
            words=(text % least,),
            action=_("Extend %(round)s") % words,
            address=_page(course, "extend_round", round.number),
            others=(Way(_("Cancel it"), _page(course, "cancel_round", round.number)),),
        )
    said = [_("Results appear only after the round closes, to you as well.")]
    if round.closes_at:
        moment = full_moment_words(round.closes_at, course.study.time_zone)
        said.insert(0, _("It closes on %(moment)s.") % {"moment": moment})
    return NextStep(
        heading=_("Next: wait until %(round)s closes") % words,
        words=tuple(said),
        action=_("Look after %(round)s") % words,
        address=_page(course, "round", round.number),
    )


def _while_closing(course: Course, round: Round) -> NextStep:
    words = {"round": round_phrase(round)}
    return NextStep(
        heading=_("Next: look at the results of %(round)s") % words,
        words=(_("The tally is under way; it takes a few seconds."),),
        action=_("Wait for the results of %(round)s") % words,
        address=_page(course, "round", round.number),
    )


def _before_release(course: Course, last: Round) -> NextStep:
    words = {"round": round_phrase(last)}
    return NextStep(
        heading=_("Next: release the results of %(round)s") % words,
        words=(_("Until then nobody on the panel sees them."),),
        tasks=tuple(release_tasks(course)),
        action=_("Look at the results of %(round)s") % words,
        address=_page(course, "round", last.number),
    )


def _at_the_end(course: Course) -> NextStep:
    drafted = course.unfinished
    address = _page(course, "round", drafted.number) if drafted else _draft_address(course, course.next_kind)
    return NextStep(
        heading=_("Next: finish the study"),
        words=(_("The stopping rule is met, and the panel has the results."),),
        action=_("Finish the study"),
        address=_page(course, "finish"),
        others=(Way(_("Or go on with %(round)s") % {"round": course.next_phrase()}, address),),
    )


def _after_the_end(course: Course) -> NextStep:
    study = course.study
    said = [study.finish_reason]
    if study.finished_at:
        moment = dated_moment_words(study.finished_at, study.time_zone)
        said.insert(0, _("Finished on %(moment)s, because:") % {"moment": moment})
    table, copy = _page(course, "table_3"), _page(course, "copy_study")
    again = Way(_("Start a new study from this one"), copy)
    if study.status == Study.Status.SEALED:
        return NextStep(
            heading=_("What it found"),
            words=(*said, _("%(sealed)s.") % {"sealed": sealed_words(study)}),
            action=_("Look at Table 3"),
            address=table,
            others=(Way(_("Look at the sealing and its certificate"), _page(course, "sealing")), again),
        )
    said.append(
        _("While its key is there, whoever runs the server could join answers to panelists. Sealing destroys the key.")
    )
    return NextStep(
        heading=_("Next: seal the study"),
        words=tuple(said),
        action=_("Seal the study"),
        address=_page(course, "sealing"),
        others=(Way(_("Look at Table 3"), table), again),
    )
