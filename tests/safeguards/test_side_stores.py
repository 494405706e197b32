"""Queue, cache and mail pass things on and keep none of them."""

import pytest
from django.conf import settings

from surveys.safeguards.findings import Level
from surveys.safeguards.side_stores import judge_caches, judge_mail, judge_redis, judge_tasks
from tests.processes import free_port

BACKENDS = "django.core.mail.backends"


def test_a_task_leaves_nothing() -> None:
    assert judge_tasks(backend=None, ignores_results=True).level == Level.OK
    assert judge_tasks(backend="redis://127.0.0.1/1", ignores_results=True).level == Level.REFUSES
    assert judge_tasks(backend=None, ignores_results=False).level == Level.REFUSES


def test_the_counts_of_tries_lie_in_memory() -> None:
    assert judge_caches(settings.CACHES).level == Level.OK
    for kind in ("db.DatabaseCache", "filebased.FileBasedCache"):
        caches = {"default": {"BACKEND": f"django.core.cache.backends.{kind}"}}
        assert judge_caches(caches).level == Level.REFUSES


@pytest.mark.parametrize(
    ("backend", "level"),
    [("smtp", Level.OK), ("console", Level.WARNS), ("filebased", Level.WARNS), ("locmem", Level.WARNS)],
)
def test_mail_that_stays_here_is_warned_of(backend: str, level: Level) -> None:
    assert judge_mail(f"{BACKENDS}.{backend}.EmailBackend", is_demonstration=False).level == level


def test_the_demonstration_may_keep_its_mail() -> None:
    assert judge_mail(f"{BACKENDS}.locmem.EmailBackend", is_demonstration=True).level == Level.OK


def test_a_redis_that_does_not_answer_is_warned_of() -> None:
    assert judge_redis(f"redis://127.0.0.1:{free_port()}/0").level == Level.WARNS
    assert judge_redis("nonsense").level == Level.WARNS


@pytest.mark.services
def test_a_redis_that_answers_is_fine() -> None:
    assert judge_redis(settings.REDIS_URL).level == Level.OK
