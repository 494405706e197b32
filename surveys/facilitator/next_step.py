"""The card that says what comes next in a study, with its one button."""

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _

from surveys.facilitator.course import Course, Task, missing_words, release_tasks, tasks_of
from surveys.pages.moments import dated_moment_words, full_moment_words
from surveys.rounds.models import Round


@dataclass(frozen=True)
class NextStep:
    """The card: heading, sentences, what is missing and done, and one button that leads on.

    `posts` says that the button is a form's. `other` and `other_address` are a second way to go on, as a link.
    """

    heading: str
    words: tuple[str, ...]
    action: str
    address: str
    tasks: tuple[Task, ...] = ()
    posts: bool = False
    other: str = ""
    other_address: str = ""


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


def _before_drafting(course: Course) -> NextStep:
    words = {"n": course.next_number}
    tasks = tuple(tasks_of(course))
    return NextStep(
        heading=_("Next: prepare round %(n)d") % words,
        words=(missing_words(tasks),),
        tasks=tasks,
        action=_("Prepare round %(n)d") % words,
        address=_page(course, "draft_round"),
        posts=True,
    )


def _before_opening(course: Course, round: Round) -> NextStep:
    words = {"n": round.kind_number}
    tasks = tuple(tasks_of(course))
    said = [missing_words(tasks)]
    if round.opens_at:
        moment = full_moment_words(round.opens_at, course.study.time_zone)
        said.append(_("It opens by itself on %(moment)s, if nothing is missing then.") % {"moment": moment})
    return NextStep(
        heading=_("Next: open round %(n)d") % words,
        words=tuple(said),
        tasks=tasks,
        action=_("Check and open round %(n)d") % words,
        address=_page(course, "open_round", round.number),
        other=_("Change the plan of round %(n)d") % words,
        other_address=_page(course, "round", round.number),
    )


def _while_open(course: Course, round: Round) -> NextStep:
    words = {"n": round.kind_number}
    there = course.attendance
    if there and course.is_short_at_deadline:
        least = {"submitted": there.submitted, "least": course.study.protocol.least_answers}
        text = _(
            "The closing time has passed, and %(submitted)d have submitted where a result needs at least %(least)d."
        )
        return NextStep(
            heading=_("Next: extend or cancel round %(n)d") % words,
            words=(text % least,),
            action=_("Extend round %(n)d") % words,
            address=_page(course, "extend_round", round.number),
            other=_("Cancel it"),
            other_address=_page(course, "cancel_round", round.number),
        )
    said = [_("Results appear only after the round closes, to you as well.")]
    if round.closes_at:
        moment = full_moment_words(round.closes_at, course.study.time_zone)
        said.insert(0, _("It closes on %(moment)s.") % {"moment": moment})
    return NextStep(
        heading=_("Next: wait until round %(n)d closes") % words,
        words=tuple(said),
        action=_("Look after round %(n)d") % words,
        address=_page(course, "round", round.number),
    )


def _while_closing(course: Course, round: Round) -> NextStep:
    words = {"n": round.kind_number}
    return NextStep(
        heading=_("Next: look at the results of round %(n)d") % words,
        words=(_("The tally is under way; it takes a few seconds."),),
        action=_("Wait for the results of round %(n)d") % words,
        address=_page(course, "round", round.number),
    )


def _before_release(course: Course, last: Round) -> NextStep:
    words = {"n": last.kind_number}
    return NextStep(
        heading=_("Next: release the results of round %(n)d") % words,
        words=(_("Until then nobody on the panel sees them."),),
        tasks=tuple(release_tasks(course)),
        action=_("Look at the results of round %(n)d") % words,
        address=_page(course, "round", last.number),
    )


def _at_the_end(course: Course) -> NextStep:
    drafted = course.unfinished
    words = {"n": course.next_number}
    return NextStep(
        heading=_("Next: finish the study"),
        words=(_("The stopping rule is met, and the panel has the results."),),
        action=_("Finish the study"),
        address=_page(course, "finish"),
        other=_("Or go on with round %(n)d") % words,
        other_address=_page(course, "round", drafted.number) if drafted else _page(course, "draft_round"),
    )


def _after_the_end(course: Course) -> NextStep:
    study = course.study
    said = [study.finish_reason]
    if study.finished_at:
        moment = dated_moment_words(study.finished_at, study.time_zone)
        said.insert(0, _("Finished on %(moment)s, because:") % {"moment": moment})
    return NextStep(
        heading=_("What it found"),
        words=tuple(said),
        action=_("Look at Table 3"),
        address=_page(course, "table_3"),
    )
