"""What a page says when the keys of a study cannot be reached."""

import functools
import logging
from collections.abc import Callable
from typing import Concatenate, ParamSpec

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from surveys.sheets.keystore import KeyStoreError

logger = logging.getLogger(__name__)

P = ParamSpec("P")


def needs_keys(
    view: Callable[Concatenate[HttpRequest, P], HttpResponse],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """For views that derive who has submitted: without the keystore a page with a sentence, status 503."""

    @functools.wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except KeyStoreError as fault:
            logger.error("%s: %s", view.__name__, type(fault).__name__)
            return render(request, "facilitator/unavailable.html", {"has_errors": True}, status=503)

    return guarded
