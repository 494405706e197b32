"""Every address against everybody, while a round is open: Q17.

Every page that staff, another panelist or a stranger can reach is fetched; then those who submitted change every
answer; then the pages are fetched again. They must be the same, byte for byte: what does not depend on the answers
cannot tell them.
"""

import re
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from http import HTTPStatus

from django.db import transaction
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from surveys.accounts.models import User
from surveys.feedback.models import Comment
from surveys.operations.anonymity.browsers import Browser, browser_of_panelist, browser_of_staff
from surveys.operations.anonymity.findings import Observation
from surveys.operations.anonymity.seeded import STATEMENTS, Seeded, account, answer, signature
from surveys.panels.queries import panel_of
from surveys.panels.services import appoint_staff
from surveys.rounds.models import AskedStatement
from surveys.studies.models import Study, StudyStaff
from surveys.studies.queries import database_now
from surveys.vignettes.models import Vignette

# What opens for whom, so that there is something to see.
READ_BY = {
    "facilitator": "/studies/{slug}/rounds/2/",
    "author": "/studies/{slug}/questionnaire/",
    "administrator": "/administration/studies/{slug}/",
    "facilitator of no study": "/studies/",
}
FORMS = ("csv", "xlsx", "json", "html")
_DRAWN_ANEW = re.compile(rb'(csrfmiddlewaretoken" value=|nonce=)"[^"]+"')

_PARTS = re.compile(rb"(?=<)")

Seen = dict[str, tuple[int, list[bytes]]]


def addresses(study: Study) -> list[str]:
    """Every address of the site, with the things of this study filled in wherever it asks for one."""
    asked = AskedStatement.objects.filter(round__study=study)[0]
    vignette = Vignette.objects.filter(study=study)[0]
    panel = panel_of(study)
    values: Mapping[str, Sequence[object]] = {
        "slug": [study.slug],
        "number": [1, 2],
        "user_id": list(StudyStaff.objects.filter(study=study).values_list("user_id", flat=True)),
        "vignette_id": [vignette.pk],
        "statement_id": [asked.statement_id],
        "option_id": list(study.options.values_list("pk", flat=True)),
        "panelist_id": [panel[0].pk, panel[panel.count() - 1].pk],
        "comment_id": list(Comment.objects.filter(vignette__round__study=study).values_list("pk", flat=True)[:1]),
        "form": FORMS,
        "format": FORMS,
        "uidb64": ["MQ"],
        "token": ["a-b"],
        "kind": ["options", "vignettes", "statements"],
        "item_id": [vignette.pk, asked.statement_id, *study.options.values_list("pk", flat=True)],
    }
    found = []
    for route in routes(get_resolver().url_patterns):
        ways = [route]
        for name in re.findall(r"<(?:\w+:)?(\w+)>", route):
            # Of what this study has none, such as files of the evidence, something that is not there is asked for.
            places = values.get(name, [uuid.UUID(int=0)])
            ways = [re.sub(rf"<(?:\w+:)?{name}>", str(value), way) for way in ways for value in places]
        found += [f"/{way}" for way in ways]
    return found


def routes(patterns: Sequence[URLPattern | URLResolver], before: str = "") -> Iterator[str]:
    """The routes of the whole site."""
    for pattern in patterns:
        route = before + str(pattern.pattern)
        if isinstance(pattern, URLResolver):
            yield from routes(pattern.url_patterns, route)
        else:
            yield route


def seen_by(client: Client, places: Iterable[str]) -> Seen:
    """These pages as this browser gets them: status, and content in parts whose order says nothing.

    What is drawn anew for each answer is left out: tokens, nonces, the order of comments.
    """
    found = {}
    for address in places:
        response = client.get(address)
        content = b"".join(response) if response.streaming else response.content
        found[address] = (response.status_code, sorted(_PARTS.split(_DRAWN_ANEW.sub(b"", content))))
    return found


def differing(client: Client, places: Sequence[str], change: Callable[[int], object]) -> tuple[list[str], Seen]:
    """The pages that change when the answers do, and all of them as they are afterwards.

    `change(0)` and `change(1)` make everybody answer in either way. A page that differs is looked at once more: one
    that tells the time may just have begun another minute.
    """
    last: Seen = {}
    for _look in range(2):
        change(0)
        before = seen_by(client, places)
        change(1)
        after = seen_by(client, places)
        last |= after
        places = [address for address in places if before[address] != after[address]]
    return list(places), last


def audiences(seeded: Seeded) -> dict[str, Client]:
    """Everybody but the panelists who answer: staff of this study and of none, one panelist, and a stranger."""
    author, administrator = account(User.Role.AUTHOR), account(User.Role.ADMINISTRATOR)
    role = StudyStaff.Role.AUTHOR
    appoint_staff(study=seeded.study, actor=seeded.facilitator, user=author, role=role, now=database_now())
    staff = {
        "facilitator": seeded.facilitator,
        "author": author,
        "administrator": administrator,
        "facilitator of no study": account(User.Role.FACILITATOR),
    }
    last = seeded.panel[-1]
    return {
        **{name: browser_of_staff(user) for name, user in staff.items()},
        "another panelist": browser_of_panelist(seeded.secrets[last.pk]),
        "a stranger": Browser(),
    }


def while_open(seeded: Seeded) -> Observation:
    """Q17: every page of everybody, before and after all others changed every answer."""
    with transaction.atomic():
        found, pages = _differences(seeded)
        transaction.set_rollback(True)
    return Observation(found=tuple(found), note=f"{pages} pages were fetched twice.")


def _differences(seeded: Seeded) -> tuple[list[str], int]:
    found, pages = [], 0
    # Whoever looks as another panelist reads their own reasons, as they should.
    others = [signature(panelist, seeded.canary).encode() for panelist in seeded.panel[:-1]]
    for name, client in audiences(seeded).items():
        changing, seen = differing(client, addresses(seeded.study), lambda way: _everybody_says(seeded, "91"[way]))
        pages += len(seen)
        found += [f"{name}: {address} changed with the answers" for address in changing]
        told = [place for place, (_status, parts) in seen.items() if any(mark in b"".join(parts) for mark in others)]
        found += [f"{name}: {address} holds what somebody wrote" for address in told]
        expected = READ_BY.get(name, "/panel/").format(slug=seeded.study.slug)
        if seen[expected][0] != HTTPStatus.OK:
            found.append(f"the attack is blind: {expected} does not open for {name}")
    return found, pages


def _everybody_says(seeded: Seeded, choice: str) -> None:
    """All but the last of the panel, who looks, submit this one choice for all statements."""
    for panelist in seeded.panel[:-1]:
        reasons = {1: f"{signature(panelist, seeded.canary)} {choice}"}
        answer(panelist, seeded.open, (choice,) * STATEMENTS, reasons)
