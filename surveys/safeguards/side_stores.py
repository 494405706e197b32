"""Whether queue, cache and mail keep what they should only pass on."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.translation import gettext as _

from surveys.safeguards.findings import Finding, Level, judged

SECONDS = 2


def judge_tasks(*, backend: str | None, ignores_results: bool) -> Finding:
    """The finding about what Celery keeps of a task that has run."""
    return judged(
        _("Results of tasks"),
        holds=not backend and ignores_results,
        wrong=_("Celery keeps the results of tasks, and when each ended."),
        remedy=_("Unset CELERY_RESULT_BACKEND, and leave CELERY_TASK_IGNORE_RESULT on."),
    )


def judge_caches(caches: Mapping[str, Mapping[str, Any]]) -> Finding:
    """The finding about the cache, which counts who tries to come in."""
    kept = [name for name, cache in caches.items() if ".db." in cache["BACKEND"] or ".filebased." in cache["BACKEND"]]
    return judged(
        _("The cache"),
        holds=not kept,
        wrong=_("The cache “%(names)s” is kept on the disk, and with it who tried to come in when.")
        % {"names": ", ".join(kept)},
        remedy=_("Keep it in memory: name a Redis with REDIS_URL, or leave CACHES as it is."),
    )


def judge_mail(backend: str, *, is_demonstration: bool) -> Finding:
    """The finding about where mails go, which carry personal links."""
    stays = backend.split(".")[-2:-1][0] if "." in backend else backend
    return judged(
        _("Mail"),
        holds=is_demonstration or stays not in {"console", "filebased", "locmem", "dummy"},
        level=Level.WARNS,
        wrong=_("No mail leaves: invitations with personal links go to “%(where)s”, where others may read them.")
        % {"where": stays},
        remedy=_("Name a mail server with EMAIL_URL."),
    )


def judge_redis(url: str) -> Finding:
    """The finding about Redis, which is asked. It may keep its content on the disk: nothing of a panelist is in it."""
    # By name: pages load this module, and most installations have no Redis.
    client, fault = import_string("redis.Redis"), import_string("redis.exceptions.RedisError")
    try:
        with client.from_url(url, socket_timeout=SECONDS, socket_connect_timeout=SECONDS) as redis:
            answers = bool(redis.ping())
    except (fault, OSError, ValueError):
        answers = False
    return judged(
        "Redis",
        holds=answers,
        level=Level.WARNS,
        wrong=_("Redis does not answer: mails wait, and tries to come in are not counted."),
        remedy=_("Start it, or mend REDIS_URL; nothing is lost meanwhile."),
    )


def look() -> list[Finding]:
    """What is found of these settings; nothing is asked over the network."""
    return [
        judge_tasks(backend=settings.CELERY_RESULT_BACKEND, ignores_results=settings.CELERY_TASK_IGNORE_RESULT),
        judge_caches(settings.CACHES),
        judge_mail(settings.EMAIL_BACKEND, is_demonstration=settings.DELPHI_DEMO),
    ]


def ask() -> list[Finding]:
    """What the servers of these settings answer."""
    return [judge_redis(settings.REDIS_URL)] if settings.REDIS_URL else []
