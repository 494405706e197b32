"""What a competent Django developer would write: read a row, loop over it in a template, upsert a row, redirect."""

import contextlib
import json
import os
from collections.abc import Mapping
from typing import Any

from django.db import connection, transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods, require_POST

from tests.bench.bare.models import Sheet
from tests.bench.bare.settings import BARE

POINTS = tuple(str(rating) for rating in range(1, 10))
CHOICES = frozenset([*POINTS, "abstain"])

_UPSERT = """
    INSERT INTO bare_sheet (key, box, version) VALUES (%s, %s, 1)
    ON CONFLICT (key) DO UPDATE SET box = excluded.box, version = bare_sheet.version + 1
    RETURNING version
"""


def health(request: HttpRequest) -> HttpResponse:
    """Whether the server is there."""
    return JsonResponse({"status": "ok"})


@require_http_methods(["GET", "POST"])
def sheet(request: HttpRequest, statements: int, key: int) -> HttpResponse:
    """The form with what is stored; a POST stores what it says and leads back."""
    if request.method == "POST":
        answers = _posted(request, statements)
        if answers is None:
            return HttpResponseBadRequest()
        _upsert(key, answers)
        return redirect("sheet", statements=statements, key=key)
    stored = Sheet.objects.filter(key=key).first()
    answers = _opened(stored.box) if stored else {}
    asked = [
        {"name": f"s{n}", "value": answers.get(f"s{n}", ""), "text": f"Course of action {n} would be my main choice."}
        for n in range(1, statements + 1)
    ]
    context = {"statements": asked, "points": POINTS, "version": stored.version if stored else 0}
    response = render(request, "bare/sheet.html", context)
    # As many bytes on the wire as ours.
    response.content = response.content.ljust(BARE["page_bytes"])
    return response


@require_POST
def autosave(request: HttpRequest, statements: int, key: int) -> HttpResponse:
    """Put the one answer that the form says into what is stored, in as many round trips as ours makes."""
    said = {name: str(request.POST[name]) for name in _names(statements) if name in request.POST}
    if not CHOICES.issuperset(said.values()):
        return HttpResponseBadRequest()
    with transaction.atomic() if BARE["in_transaction"] else contextlib.nullcontext(), connection.cursor() as cursor:
        for _trip in range(BARE["trivial_statements"]):
            cursor.execute("SELECT 1")
            cursor.fetchone()
        cursor.execute("SELECT box FROM bare_sheet WHERE key = %s", [key])
        stored = cursor.fetchone()
        answers = (_opened(stored[0]) if stored else {}) | said
        version = _upsert(key, answers)
    text = json.dumps({"state": "draft", "version": version, "seen": answers})
    return HttpResponse(text.ljust(BARE["answer_bytes"]), content_type="application/json")


def _names(statements: int) -> list[str]:
    return [f"s{n}" for n in range(1, statements + 1)]


def _posted(request: HttpRequest, statements: int) -> dict[str, str] | None:
    """The answers by their names; None where one is missing or is none of the choices."""
    answers = {name: str(request.POST.get(name, "")) for name in _names(statements)}
    return answers if CHOICES.issuperset(answers.values()) else None


def _upsert(key: int, answers: Mapping[str, str]) -> Any:
    text = json.dumps(answers).encode() + b"\0"
    # Of random bytes, as a ciphertext is: what compresses well would cost the database less.
    box = text + os.urandom(max(0, BARE["box_bytes"] - len(text)))
    with connection.cursor() as cursor:
        cursor.execute(_UPSERT, [key, box])
        return cursor.fetchone()[0]


def _opened(box: bytes | memoryview) -> dict[str, str]:
    answers: dict[str, str] = json.loads(bytes(box).partition(b"\0")[0])
    return answers
