"""What must be done before a study's next step, missing things first."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from surveys.facilitator.course import Course
from surveys.feedback.comments import pending_comments
from surveys.rounds.checklist import CheckItem, checklist
from surveys.rounds.models import Round


@dataclass(frozen=True)
class Task:
    """One line of what must be done before the next step; `address` is the page that mends it, "" where none need."""

    text: str
    is_done: bool
    address: str = ""
    warns: bool = False


def tasks_of(course: Course) -> list[Task]:
    """What must be done before the next round opens, missing things first; of a round that is not drafted yet, too."""
    round = course.unfinished or Round(study=course.study, kind=course.next_kind, questions=_asked(course.next_kind))
    items = [item for item in checklist(round, course.now) if course.unfinished or item.place != "round"]
    tasks = [
        Task(item.text, item.is_done, "" if item.is_done and not item.warns else _address(course, item), item.warns)
        for item in items
    ]
    return sorted(tasks, key=lambda task: (task.is_done, not task.warns))


def _asked(kind: str) -> list[str]:
    """What a round of this kind asks about the options before anything is planned."""
    return list(Round.Question.values) if kind == Round.Kind.OPTION_SURVEY else []


def _address(course: Course, item: CheckItem) -> str:
    slug = course.study.slug
    if item.place == "installation":
        return ""
    if item.place == "round" and course.unfinished:
        return reverse("facilitator:round", args=[slug, course.unfinished.number])
    if item.place == "results" and course.last:
        return reverse("facilitator:round", args=[slug, course.last.number])
    return reverse(f"facilitator:{'panel' if item.place == 'panel' else 'questionnaire'}", args=[slug])


def release_tasks(course: Course) -> Iterator[Task]:
    """What must be done before the last closed round is released."""
    if course.last is None:
        return
    address = reverse("facilitator:round", args=[course.study.slug, course.last.number])
    waiting = pending_comments(course.last)
    if waiting:
        text = ngettext("Publish or hide %(n)d comment", "Publish or hide %(n)d comments", waiting)
        yield Task(text % {"n": waiting}, False, address)
    else:
        yield Task(_("No comment waits to be looked at"), True)
    yield Task(_("Look at what the panel will see, and release it"), False, f"{address}release/")


def missing_words(tasks: Sequence[Task]) -> str:
    """`2 things are still missing.`"""
    missing = sum(not task.is_done for task in tasks)
    if not missing:
        return _("Nothing is missing.")
    return ngettext("%(n)d thing is still missing.", "%(n)d things are still missing.", missing) % {"n": missing}
