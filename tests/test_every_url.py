"""Every address against everybody: who gets in, who gets a 404, who is asked to sign in.

An address that stands in no policy fails the first test: whoever adds one decides here who may go there.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client
from django.urls import URLPattern, get_resolver, reverse

from surveys.accounts.models import User
from surveys.feedback.models import Comment
from surveys.studies.models import Study
from surveys.vignettes.models import Statement, Vignette
from tests.factories import (
    agree,
    close_and_freeze,
    facilitator_of,
    fill_sheet,
    make_administrator,
    make_author,
    make_facilitator,
    make_option,
    make_panel,
    make_study,
    open_round,
    release_round,
    signed_in,
)
from tests.meetings.making import make_decision, make_meeting, share_evidence_of
from tests.panelist.browsing import enter

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("own_cache")]

# Who asks. "Other" people work or rate in another study, which is set up just like the first.
NOBODY, ADMINISTRATOR = "nobody", "administrator"
FACILITATOR, AUTHOR, PANELIST = "facilitator", "author", "panelist"
OTHER_FACILITATOR, OTHER_AUTHOR, OTHER_PANELIST = "other facilitator", "other author", "other panelist"
STAFF = {ADMINISTRATOR, FACILITATOR, AUTHOR, OTHER_FACILITATOR, OTHER_AUTHOR}
PANELISTS = {PANELIST, OTHER_PANELIST}
EVERYBODY = {NOBODY, *STAFF, *PANELISTS}

# What the first study says nowhere else; no page for anybody who does not belong to it may hold it.
SECRET = "Zebrafinch"


@dataclass(frozen=True)
class Policy:
    """Who reaches an address, by which methods, and where somebody without a session is sent."""

    reach: set[str]
    methods: str = "GET"
    door: str = "/sign-in/"
    # Where a GET of somebody is answered otherwise than all this says.
    told: dict[str, str] = field(default_factory=dict)


BOTH = "GET POST"
# The parts of an address that name one thing of a study.
THINGS = {
    "vignette_id", "option_id", "statement_id", "panelist_id", "comment_id", "file_id", "link_id", "decision_id",
    "item_id",
}  # fmt: skip
ADMINISTRATORS = {ADMINISTRATOR}
RUNNERS = {FACILITATOR}
WRITERS = {FACILITATOR, AUTHOR}
ANY_WRITER = STAFF - ADMINISTRATORS
PANEL_DOOR = "/panel/"

POLICY = {
    "healthz": Policy(EVERYBODY),
    "readyz": Policy(EVERYBODY),
    "pages:home": Policy(EVERYBODY, told=dict.fromkeys({NOBODY, *PANELISTS}, "sent to the door")),
    "pages:sign_in": Policy(EVERYBODY, BOTH),
    "pages:sign_out": Policy(EVERYBODY, "POST"),
    "pages:account": Policy(STAFF, BOTH),
    "pages:password_reset": Policy(EVERYBODY, BOTH),
    "pages:password_reset_sent": Policy(EVERYBODY),
    "pages:set_password": Policy(EVERYBODY, BOTH),
    "pages:welcome": Policy(EVERYBODY, BOTH),
    # There are accounts, so there is no first run.
    "pages:first_run": Policy(EVERYBODY, BOTH, told=dict.fromkeys(EVERYBODY, "404")),
    "pages:help": Policy(EVERYBODY),
    "administrator:staff": Policy(ADMINISTRATORS),
    "administrator:invite": Policy(ADMINISTRATORS, BOTH),
    "administrator:account": Policy(ADMINISTRATORS),
    "administrator:send_invitation": Policy(ADMINISTRATORS, "POST"),
    "administrator:deactivate": Policy(ADMINISTRATORS, "POST"),
    "administrator:reactivate": Policy(ADMINISTRATORS, "POST"),
    "administrator:change_role": Policy(ADMINISTRATORS, "POST"),
    "administrator:studies": Policy(ADMINISTRATORS),
    "administrator:study": Policy(ADMINISTRATORS),
    "administrator:sealing": Policy(ADMINISTRATORS, BOTH),
    # A study that is not sealed has neither; see tests/facilitator/test_sealing.py for one that is.
    "administrator:certificate": Policy(ADMINISTRATORS, told={ADMINISTRATOR: "404"}),
    "administrator:certificate_file": Policy(ADMINISTRATORS, told={ADMINISTRATOR: "404"}),
    "administrator:dataset": Policy(ADMINISTRATORS, told={ADMINISTRATOR: "404"}),
    "administrator:verifier": Policy(ADMINISTRATORS),
    "administrator:export_study": Policy(ADMINISTRATORS),
    "administrator:export_round": Policy(ADMINISTRATORS),
    "facilitator:studies": Policy(ANY_WRITER),
    "facilitator:create_study": Policy({FACILITATOR, OTHER_FACILITATOR}, BOTH),
    "facilitator:start_from_workbook": Policy({FACILITATOR, OTHER_FACILITATOR}, BOTH),
    "facilitator:workbook_template": Policy({FACILITATOR, OTHER_FACILITATOR}),
    "facilitator:copy_study": Policy(RUNNERS, BOTH),
    "facilitator:study": Policy(RUNNERS),
    "facilitator:settings": Policy(RUNNERS, BOTH),
    "facilitator:declarations": Policy(RUNNERS, BOTH),
    "facilitator:protocol": Policy(RUNNERS, BOTH),
    "facilitator:rule": Policy(RUNNERS, BOTH),
    "facilitator:amend": Policy(RUNNERS, BOTH),
    "facilitator:notice": Policy(RUNNERS),
    "facilitator:staff": Policy(RUNNERS, BOTH),
    "facilitator:remove_staff": Policy(RUNNERS, BOTH),
    "facilitator:questionnaire": Policy(WRITERS),
    "facilitator:questionnaire_workbook": Policy(WRITERS),
    "facilitator:add_vignette": Policy(WRITERS, BOTH),
    "facilitator:edit_vignette": Policy(WRITERS, BOTH),
    "facilitator:delete_vignette": Policy(WRITERS, BOTH),
    "facilitator:move_vignette": Policy(WRITERS, "POST"),
    "facilitator:add_option": Policy(WRITERS, BOTH),
    "facilitator:edit_option": Policy(WRITERS, BOTH),
    "facilitator:delete_option": Policy(WRITERS, BOTH),
    "facilitator:move_option": Policy(WRITERS, "POST"),
    "facilitator:compose_statement": Policy(WRITERS, BOTH),
    "facilitator:write_statement": Policy(WRITERS, BOTH),
    "facilitator:edit_statement": Policy(WRITERS, BOTH),
    "facilitator:delete_statement": Policy(WRITERS, BOTH),
    "facilitator:merge": Policy(WRITERS, BOTH),
    "facilitator:drop": Policy(WRITERS, BOTH),
    "facilitator:restore": Policy(WRITERS, BOTH),
    "facilitator:split": Policy(WRITERS, BOTH),
    "facilitator:lineage": Policy(WRITERS),
    "facilitator:evidence": Policy(RUNNERS),
    "facilitator:assign_options": Policy(RUNNERS, BOTH),
    "facilitator:share_evidence": Policy(RUNNERS, BOTH),
    "facilitator:edit_presentation": Policy(RUNNERS, BOTH),
    "facilitator:evidence_file": Policy(RUNNERS),
    "facilitator:remove_evidence_file": Policy(RUNNERS, "POST"),
    "facilitator:remove_evidence_link": Policy(RUNNERS, "POST"),
    "facilitator:meetings": Policy(RUNNERS),
    "facilitator:plan_meeting": Policy(RUNNERS, BOTH),
    "facilitator:meeting": Policy(RUNNERS),
    "facilitator:edit_meeting": Policy(RUNNERS, BOTH),
    "facilitator:delete_meeting": Policy(RUNNERS, BOTH),
    "facilitator:write_up_meeting": Policy(RUNNERS, BOTH),
    "facilitator:edit_agenda": Policy(RUNNERS, BOTH),
    "facilitator:make_agenda": Policy(RUNNERS, BOTH),
    "facilitator:record_decision": Policy(RUNNERS, BOTH),
    "facilitator:edit_decision": Policy(RUNNERS, BOTH),
    "facilitator:remove_decision": Policy(RUNNERS, "POST"),
    # Only the demonstration keeps its mail.
    "facilitator:demonstration_mail": Policy(set()),
    "facilitator:panel": Policy(RUNNERS),
    "facilitator:add_panelist": Policy(RUNNERS, BOTH),
    "facilitator:import_panel": Policy(RUNNERS, BOTH),
    "facilitator:edit_panelist": Policy(RUNNERS, BOTH),
    "facilitator:change_address": Policy(RUNNERS, BOTH),
    "facilitator:call_off_address": Policy(RUNNERS, "POST"),
    "facilitator:remove_panelist": Policy(RUNNERS, BOTH),
    "facilitator:revoke_links": Policy(RUNNERS, "POST"),
    "facilitator:send_link": Policy(RUNNERS, "POST"),
    "facilitator:finish": Policy(RUNNERS, BOTH),
    "facilitator:log": Policy(RUNNERS),
    "facilitator:sealing": Policy(RUNNERS),
    "facilitator:announce_sealing": Policy(RUNNERS, "POST"),
    "facilitator:call_off_sealing": Policy(RUNNERS, "POST"),
    "facilitator:confirm_sealing": Policy(RUNNERS, "POST"),
    "facilitator:certificate": Policy(RUNNERS, told={FACILITATOR: "404"}),
    "facilitator:certificate_file": Policy(RUNNERS, told={FACILITATOR: "404"}),
    "facilitator:dataset": Policy(RUNNERS, told={FACILITATOR: "404"}),
    "facilitator:rounds": Policy(RUNNERS),
    "facilitator:draft_round": Policy(RUNNERS, BOTH),
    "facilitator:round": Policy(RUNNERS, BOTH),
    "facilitator:open_round": Policy(RUNNERS, BOTH),
    "facilitator:close_round": Policy(RUNNERS, BOTH),
    "facilitator:extend_round": Policy(RUNNERS, BOTH),
    "facilitator:cancel_round": Policy(RUNNERS, BOTH),
    "facilitator:remind": Policy(RUNNERS, "POST"),
    "facilitator:release": Policy(RUNNERS, BOTH),
    "facilitator:moderate_comment": Policy(RUNNERS, "POST"),
    "facilitator:theme_comment": Policy(RUNNERS, "POST"),
    "facilitator:wall": Policy(RUNNERS),
    "facilitator:what_if": Policy(RUNNERS),
    "facilitator:proposals": Policy(RUNNERS),
    "facilitator:accept_proposals": Policy(RUNNERS, "POST"),
    "facilitator:statement": Policy(RUNNERS),
    "facilitator:tables": Policy(RUNNERS),
    "facilitator:table_3": Policy(RUNNERS),
    "facilitator:table_3_file": Policy(RUNNERS),
    "facilitator:table_4": Policy(RUNNERS),
    "facilitator:table_4_file": Policy(RUNNERS),
    "panelist:start": Policy(EVERYBODY, BOTH),
    "panelist:sign_out": Policy(EVERYBODY, "POST"),
    "panelist:link": Policy(EVERYBODY, BOTH),
    "panelist:address": Policy(EVERYBODY, BOTH),
    "panelist:notice": Policy(PANELISTS, BOTH, PANEL_DOOR),
    "panelist:withdraw": Policy(PANELISTS, BOTH, PANEL_DOOR),
    "panelist:rate": Policy(PANELISTS, BOTH, PANEL_DOOR),
    "panelist:submit": Policy(PANELISTS, BOTH, PANEL_DOOR),
    "panelist:results": Policy(PANELISTS, "GET", PANEL_DOOR),
    "panelist:counted": Policy(PANELISTS, "GET", PANEL_DOOR),
    "panelist:receipts": Policy(PANELISTS, "GET", PANEL_DOOR),
    "panelist:receipt": Policy(PANELISTS, "POST", PANEL_DOOR),
    "panelist:evidence": Policy(PANELISTS, "GET", PANEL_DOOR),
    # Shared files of one's own study.
    "panelist:evidence_file": Policy({PANELIST}, "GET", PANEL_DOOR),
    "panelist:practice": Policy(PANELISTS, "GET", PANEL_DOOR),
    "panelist:scale": Policy(PANELISTS, "GET", PANEL_DOOR),
}


def _addresses(patterns: Any = None, namespace: str = "") -> Iterator[tuple[str, URLPattern]]:
    """Each address of the installation with its full name."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLPattern):
            yield f"{namespace}{pattern.name}", pattern
        else:
            prefix = f"{pattern.namespace}:" if pattern.namespace else ""
            yield from _addresses(pattern.url_patterns, f"{namespace}{prefix}")


ADDRESSES = dict(_addresses())


def _stock(study: Study) -> dict[str, Any]:
    """Run one round, release it, open a second, and say by what its addresses name the study's things."""
    make_author(study)
    option = make_option(study)
    panel = make_panel(study, 6)
    first = open_round(study)
    agree(first)
    fill_sheet(panel[0], first, {1: 8}, reasons={1: "Seen often."})
    release_round(close_and_freeze(first))
    open_round(study)
    vignette = Vignette.objects.filter(study=study)[0]
    file, link = share_evidence_of(option)
    return {
        "slug": study.slug,
        "user_id": facilitator_of(study).pk,
        "vignette_id": vignette.pk,
        "option_id": option.pk,
        "statement_id": Statement.objects.filter(vignette=vignette)[0].pk,
        "kind": "options",
        "item_id": option.pk,
        "panelist_id": panel[0].pk,
        "number": 1,
        "file_id": file.pk,
        "link_id": link.pk,
        "decision_id": make_decision(make_meeting(study)).pk,
        "comment_id": Comment.objects.filter(vignette__round=first)[0].pk,
        "form": "csv",
        "uidb64": "MQ",
        "token": "c0ffee-0123456789abcdef",
    }


@dataclass
class World:
    """Two studies just alike, what their addresses name, and everybody's browser."""

    study: Study
    things: dict[str, Any]
    other_things: dict[str, Any]
    clients: dict[str, Client]

    def place(self, name: str, things: dict[str, Any] | None = None) -> str:
        """An address, filled in with the things of the first study or with others."""
        found = self.things if things is None else things
        return reverse(name, kwargs={key: found[key] for key in ADDRESSES[name].pattern.converters})


@pytest.fixture
def world() -> World:
    """Everything there is to reach, and everybody who might try."""
    study = make_study(make_facilitator(), f"{SECRET} one", panelists=0, statements=2)
    other = make_study(make_facilitator(), "Another study", panelists=0, statements=2)
    things, other_things = _stock(study), _stock(other)

    def author(of: Study) -> User:
        return User.objects.get(study_roles__study=of, study_roles__role="author")

    return World(
        study,
        things,
        other_things,
        {
            NOBODY: Client(),
            ADMINISTRATOR: signed_in(make_administrator()),
            FACILITATOR: signed_in(facilitator_of(study)),
            AUTHOR: signed_in(author(study)),
            PANELIST: enter(study.panelists.all()[0]),
            OTHER_FACILITATOR: signed_in(facilitator_of(other)),
            OTHER_AUTHOR: signed_in(author(other)),
            OTHER_PANELIST: enter(other.panelists.all()[0]),
        },
    )


def _outcome(response: HttpResponse, policy: Policy) -> str:
    """What became of a request, in words: let in, sent to the door, or refused with a status."""
    if response.status_code == 302 and response["Location"].split("?")[0] == policy.door:
        return "sent to the door"
    return "let in" if response.status_code in {200, 302} else str(response.status_code)


def _expected(policy: Policy, role: str, method: str) -> str:
    has_session = role in (PANELISTS if policy.door == PANEL_DOOR else STAFF)
    is_guarded_first = policy.door != PANEL_DOOR and policy.reach != EVERYBODY
    if is_guarded_first and not has_session:
        return "sent to the door"
    if method not in policy.methods.split():
        return "405"
    if role in policy.reach:
        return "let in"
    return "404" if has_session else "sent to the door"


def _everything() -> dict[str, list[Any]]:
    """Every row of every table of ours."""
    return {
        model._meta.label: sorted(map(repr, model._base_manager.values_list()))
        for model in apps.get_models()
        if model.__module__.startswith("surveys.")
    }


def test_every_address_has_a_policy_and_every_policy_an_address() -> None:
    assert sorted(POLICY) == sorted(ADDRESSES)


def test_a_get_lets_in_whom_the_policy_names_and_nobody_else(world: World) -> None:
    seen, expected = {}, {}
    for role, client in world.clients.items():
        for name, policy in POLICY.items():
            response = client.get(world.place(name))
            told = policy.told.get(role)
            seen[role, name] = _outcome(response, policy)
            expected[role, name] = told or _expected(policy, role, "GET")
    assert seen == expected


def test_a_post_of_somebody_whom_the_policy_does_not_name_is_refused_and_changes_nothing(world: World) -> None:
    before, seen, expected = _everything(), {}, {}
    for role, client in world.clients.items():
        for name, policy in POLICY.items():
            if role not in policy.reach:
                seen[role, name] = _outcome(client.post(world.place(name)), policy)
                expected[role, name] = _expected(policy, role, "POST")
    assert seen == expected
    assert _everything() == before


def test_no_answer_to_a_stranger_holds_a_word_of_the_study(world: World) -> None:
    place = world.place("facilitator:study")
    assert SECRET in world.clients[FACILITATOR].get(place).content.decode()
    strangers = EVERYBODY - {FACILITATOR, AUTHOR, PANELIST, ADMINISTRATOR}
    told = [
        f"{role} {name}"
        for role in sorted(strangers)
        for name in POLICY
        if SECRET.encode() in world.clients[role].get(world.place(name)).content
    ]
    assert told == []


@pytest.mark.parametrize("role", [OTHER_FACILITATOR, OTHER_AUTHOR])
def test_another_study_s_things_are_not_reached_through_ones_own_study(world: World, role: str) -> None:
    """/studies/MINE/…/<a thing of yours>/ is as if it were not there."""
    before, seen = _everything(), {}
    for name, policy in POLICY.items():
        parts = set(ADDRESSES[name].pattern.converters)
        if "slug" not in parts or not parts & THINGS:
            continue
        place = world.place(name, {**world.things, "slug": world.other_things["slug"]})
        for method in policy.methods.split():
            client = world.clients[role]
            seen[f"{method} {name}"] = (client.get if method == "GET" else client.post)(place).status_code
    assert seen == dict.fromkeys(seen, 404)
    assert len(seen) > 20
    assert _everything() == before


def test_a_round_that_is_not_there_is_not_found(world: World) -> None:
    names = [name for name in POLICY if {"slug", "number"} <= set(ADDRESSES[name].pattern.converters)]
    seen = {}
    for name in names:
        client = world.clients[ADMINISTRATOR if name.startswith("administrator:") else FACILITATOR]
        for method in POLICY[name].methods.split():
            place = world.place(name, {**world.things, "number": 99})
            seen[f"{method} {name}"] = (client.get if method == "GET" else client.post)(place).status_code
    assert seen == dict.fromkeys(seen, 404)


def test_a_staff_session_is_no_panelists_session_nor_the_other_way_round(world: World) -> None:
    panel = {name for name, policy in POLICY.items() if policy.door == PANEL_DOOR and "GET" in policy.methods}
    assert {world.clients[FACILITATOR].get(world.place(name)).status_code for name in panel} == {302}
    assert world.clients[PANELIST].get("/studies/")["Location"] == "/sign-in/?next=/studies/"


def test_nothing_is_changed_without_the_token_against_forged_requests(world: World) -> None:
    before = _everything()
    client = Client(enforce_csrf_checks=True)
    statuses = set()
    for role in (NOBODY, ADMINISTRATOR, FACILITATOR, PANELIST):
        client.cookies = world.clients[role].cookies
        for method in (client.post, client.put, client.patch, client.delete):
            statuses |= {method(world.place(name), "{}", content_type="text/plain").status_code for name in POLICY}
    assert statuses == {403}
    assert _everything() == before


def test_no_address_is_exempt_from_the_token() -> None:
    assert [name for name, found in ADDRESSES.items() if getattr(found.callback, "csrf_exempt", False)] == []


def test_a_host_that_is_not_ours_is_answered_nowhere(world: World) -> None:
    asked = {
        name: world.clients[NOBODY].get(world.place(name), headers={"host": "evil.example"}).status_code
        for name in POLICY
        if name not in {"healthz", "readyz"}
    }
    assert asked == dict.fromkeys(asked, 400)


def test_no_answer_is_kept_by_any_cache(world: World) -> None:
    kept = [
        f"{role} {name}"
        for role in (NOBODY, ADMINISTRATOR, FACILITATOR, PANELIST)
        for name in POLICY
        if world.clients[role].get(world.place(name))["Cache-Control"] != "no-store"
    ]
    assert kept == []


def test_cookies_are_for_this_site_alone_and_out_of_reach_of_scripts(world: World) -> None:
    client = Client()
    client.get("/sign-in/")
    facilitator = facilitator_of(world.study)
    client.post("/sign-in/", {"username": facilitator.email, "password": "correct horse battery staple"})
    client.cookies.update(world.clients[PANELIST].cookies)
    flags = {
        name: (bool(cookie["httponly"]), cookie["samesite"], cookie["path"], cookie["domain"])
        for name, cookie in client.cookies.items()
    }
    assert flags == {
        "csrftoken": (True, "Lax", "/", ""),
        "sessionid": (True, "Lax", "/", ""),
        "panel": (True, "Strict", "/", ""),
    }


def test_panelists_leave_no_row_in_sessions(world: World) -> None:
    Session.objects.all().delete()
    cache.clear()
    for name in POLICY:
        world.clients[PANELIST].get(world.place(name))
    assert Session.objects.count() == 0
