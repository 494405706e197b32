"""The panel: who belongs to it, and their personal links. Nothing here says who has answered."""

import uuid
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from surveys.facilitator.access import panelist_in, run_study, staff_of
from surveys.facilitator.forms.panel import AddressForm, PanelistForm, RosterForm
from surveys.facilitator.forms.roster_file import Roster, RosterUnreadable, read_roster, written_roster
from surveys.facilitator.keys import needs_keys
from surveys.panels import services
from surveys.panels.models import Panelist
from surveys.panels.queries import address_changes_of, panel_of, panel_size, panelists_found
from surveys.panels.services import NewPanelist, PanelError
from surveys.rounds.services import addresses
from surveys.rounds.services.addresses import Outcome
from surveys.studies.models import Study, StudyStaff
from surveys.studies.queries import database_now

PANELISTS_A_PAGE = 100
LONGEST_SEARCH = 254

OUTCOMES = {
    Outcome.MOVED: _lazy("Nothing was saved under %(old)s, so %(email)s holds from now on. Earlier links are void."),
    Outcome.ASKED: _lazy("A mail is on its way to %(old)s. When it agrees, %(email)s gets a new link."),
    Outcome.REPLACED: _lazy("%(name)s is replaced: %(email)s begins with an empty history."),
    Outcome.WAITS: _lazy("%(name)s is replaced by %(email)s when the round has closed. Until then all stays as it is."),
}


@login_required
@require_safe
def panel(request: HttpRequest, slug: str) -> HttpResponse:
    """The panel by name, page by page; or those of it that a search finds, or to whom mail is refused."""
    study, kept = run_study(request, slug), _kept(request)
    found = panelists_found(study, kept.get("search", ""), refused_only="mail" in kept)
    page = Paginator(found, PANELISTS_A_PAGE).get_page(kept.pop("page", None))
    waiting = address_changes_of(page)
    context = {
        "study": study,
        "size": panel_size(study),
        "page": page,
        "rows": [(panelist, waiting.get(panelist.pk)) for panelist in page],
        "search": kept.get("search", ""),
        "is_part": bool(kept),
        "kept": urlencode(kept),
        "place": _place(request),
        "may_change": not study.roster_is_frozen and not study.is_over,
    }
    return render(request, "facilitator/panel.html", context)


def _kept(request: HttpRequest) -> dict[str, str]:
    """What part of the panel somebody looks at: `search`, `mail` for refused addresses alone, `page`; each if given."""
    search, page = request.GET.get("search", "").replace("\0", ""), request.GET.get("page", "")
    kept = {
        "search": " ".join(search.split())[:LONGEST_SEARCH],
        "mail": "refused" if request.GET.get("mail") == "refused" else "",
        "page": page if page.isdecimal() else "",
    }
    return {name: value for name, value in kept.items() if value}


def _place(request: HttpRequest) -> str:
    """The part of the panel from which somebody came, as the end of an address: whatever is done leads back there."""
    kept = _kept(request)
    return f"?{urlencode(kept)}" if kept else ""


def _back(request: HttpRequest, study: Study) -> HttpResponse:
    """To the panel, where it was left."""
    return redirect(reverse("facilitator:panel", args=[study.slug]) + _place(request))


def _back_to(request: HttpRequest, panelist: Panelist) -> HttpResponse:
    """To the panelist's own page, which leads back to where the panel was left."""
    address = reverse("facilitator:edit_panelist", args=[panelist.study.slug, panelist.pk])
    return redirect(address + _place(request))


def _refused(request: HttpRequest, study: Study) -> HttpResponse | None:
    """Back to the panel with the reason, while nobody can be added or removed."""
    if study.roster_is_frozen:
        messages.error(request, _("A round is open: the panel stays as it is until it has closed."))
    elif study.is_over:
        messages.error(request, _("This study is finished; nothing in it changes any more."))
    else:
        return None
    return _back(request, study)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def add_panelist(request: HttpRequest, slug: str) -> HttpResponse:
    """Type one panelist in."""
    study = run_study(request, slug)
    refused = _refused(request, study)
    if refused:
        return refused
    form = PanelistForm(request.POST or None)
    if form.is_valid():
        row = NewPanelist(**form.cleaned_data)
        try:
            services.add_panelists(study=study, actor=staff_of(request), rows=[row], now=database_now())
        except PanelError as fault:
            form.add_error("email", str(fault))
        else:
            messages.success(request, _("%(name)s is on the panel.") % {"name": row.name})
            again = request.POST.get("action") == "another"
            return redirect("facilitator:add_panelist" if again else "facilitator:panel", study.slug)
    context = {"study": study, "form": form, "has_errors": bool(form.errors)}
    return render(request, "facilitator/add_panelist.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def import_panel(request: HttpRequest, slug: str) -> HttpResponse:
    """Paste or upload a list, look at what it would add, and confirm; nothing is stored between the two."""
    study = run_study(request, slug)
    refused = _refused(request, study)
    if refused:
        return refused
    if request.method != "POST" or request.POST.get("action") == "edit":
        form = RosterForm(initial={"text": request.POST.get("text", "")})
        return _import_page(request, study, form, [])
    form = RosterForm(request.POST, request.FILES)
    if not form.is_valid():
        return _import_page(request, study, form, [])
    try:
        roster = read_roster(form.roster, on_panel=_on_panel(study), staff=_staff(study))
    except RosterUnreadable as fault:
        return _import_page(request, study, form, [str(fault)])
    if roster.faults:
        return _import_page(request, study, form, [str(fault) for fault in roster.faults])
    if request.POST.get("action") != "confirm":
        return _preview(request, study, roster)
    rows = [NewPanelist(row.name, row.email, row.group) for row in roster.rows]
    try:
        services.add_panelists(study=study, actor=staff_of(request), rows=rows, now=database_now())
    except PanelError as fault:
        return _import_page(request, study, form, [str(fault)])
    words = ngettext("%(n)d panelist is added.", "%(n)d panelists are added.", len(rows)) % {"n": len(rows)}
    messages.success(request, words)
    return redirect("facilitator:panel", study.slug)


def _on_panel(study: Study) -> list[str]:
    return list(panel_of(study).values_list("email", flat=True))


def _staff(study: Study) -> list[str]:
    return list(StudyStaff.objects.filter(study=study).values_list("user__email", flat=True))


def _import_page(request: HttpRequest, study: Study, form: RosterForm, faults: list[str]) -> HttpResponse:
    """The page of the list, with what was typed or read still in it."""
    has_errors = bool(faults) or (form.is_bound and bool(form.errors))
    shown = form
    if faults:
        shown = RosterForm(initial={"text": form.roster})
    context = {
        "study": study,
        "form": shown,
        "errors": [("id_text", fault) for fault in faults],
        "has_errors": has_errors,
    }
    return render(request, "facilitator/import_panel.html", context, status=422 if has_errors else 200)


def _preview(request: HttpRequest, study: Study, roster: Roster) -> HttpResponse:
    context = {
        "study": study,
        "number": len(roster.rows),
        "rows": roster.rows[:PANELISTS_A_PAGE],
        "has_groups": any(row.group for row in roster.rows),
        "text": written_roster(roster.rows),
        "already": panel_of(study).count(),
    }
    return render(request, "facilitator/import_preview.html", context)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@needs_keys
def edit_panelist(request: HttpRequest, slug: str, panelist_id: uuid.UUID) -> HttpResponse:
    """Mend a panelist's name, address or group; revoke links, or send one again."""
    study = run_study(request, slug)
    panelist = panelist_in(study, panelist_id)
    form = PanelistForm.of(panelist)
    if request.method == "POST":
        form = PanelistForm(request.POST, initial=form.initial)
    if study.status != Study.Status.DRAFT:
        form.freeze_group()
        form.keep_address()
    if form.is_valid():
        try:
            addresses.correct_panelist(
                panelist=panelist, actor=staff_of(request), now=database_now(), **form.cleaned_data
            )
        except PanelError as fault:
            form.add_error("email", str(fault))
        else:
            messages.success(request, _("%(name)s is saved.") % {"name": panelist.name})
            return _back(request, study)
    context = {
        "study": study,
        "panelist": panelist_in(study, panelist_id),
        "place": _place(request),
        "form": form,
        "has_errors": bool(form.errors),
        "is_finished": study.is_over,
        "change": address_changes_of([panelist]).get(panelist.pk),
    }
    return render(request, "facilitator/edit_panelist.html", context, status=422 if form.errors else 200)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
@needs_keys
def change_address(request: HttpRequest, slug: str, panelist_id: uuid.UUID) -> HttpResponse:
    """Give a panelist another address; the same page for everybody, whether or not they have answered."""
    study = run_study(request, slug)
    panelist = panelist_in(study, panelist_id)
    form = AddressForm(request.POST or None)
    told = {"name": panelist.name, "old": panelist.email}
    if form.is_valid():
        email, replaces = form.cleaned_data["email"], form.cleaned_data["way"] == "replace"
        try:
            outcome = addresses.change_address(
                panelist=panelist, actor=staff_of(request), email=email, replaces=replaces, now=database_now()
            )
        except PanelError as fault:
            form.add_error("email", str(fault))
        else:
            messages.success(request, str(OUTCOMES[outcome]) % (told | {"email": email}))
            return _back(request, study)
    context = {
        "study": study,
        "panelist": panelist_in(study, panelist_id),
        "place": _place(request),
        "form": form,
        "has_errors": bool(form.errors),
        "change": address_changes_of([panelist]).get(panelist_id),
    }
    return render(request, "facilitator/change_address.html", context, status=422 if form.errors else 200)


@login_required
@require_POST
def call_off_address(request: HttpRequest, slug: str, panelist_id: uuid.UUID) -> HttpResponse:
    """Let a new address wait no longer."""
    study = run_study(request, slug)
    panelist = panelist_in(study, panelist_id)
    if addresses.call_off(panelist=panelist, actor=staff_of(request), now=database_now()):
        messages.success(request, _("The change is called off; %(email)s stays.") % {"email": panelist.email})
    else:
        messages.error(request, _("No new address waits for %(name)s any more.") % {"name": panelist.name})
    return _back_to(request, panelist)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def remove_panelist(request: HttpRequest, slug: str, panelist_id: uuid.UUID) -> HttpResponse:
    """Take somebody off the panel, after asking once."""
    study = run_study(request, slug)
    panelist = panelist_in(study, panelist_id)
    refused = _refused(request, study)
    if refused:
        return refused
    if request.method != "POST":
        context = {"study": study, "panelist": panelist, "place": _place(request)}
        return render(request, "facilitator/remove_panelist.html", context)
    try:
        services.remove_panelist(panelist=panelist, actor=staff_of(request), now=database_now())
    except PanelError as fault:
        messages.error(request, str(fault))
    else:
        messages.success(request, _("%(name)s is no longer on the panel.") % {"name": panelist.name})
    return _back(request, study)


@login_required
@require_POST
def revoke_links(request: HttpRequest, slug: str, panelist_id: uuid.UUID) -> HttpResponse:
    """End every link and every session of a panelist."""
    study = run_study(request, slug)
    panelist = panelist_in(study, panelist_id)
    try:
        services.revoke_links(panelist=panelist, actor=staff_of(request), now=database_now())
    except PanelError as fault:
        messages.error(request, str(fault))
    else:
        words = _("Every link of %(name)s is revoked. Send a new one when you know who reads the address.")
        messages.success(request, words % {"name": panelist.name})
    return _back_to(request, panelist)


@login_required
@require_POST
def send_link(request: HttpRequest, slug: str, panelist_id: uuid.UUID) -> HttpResponse:
    """Mail a new link to the stored address; no page ever shows it."""
    study = run_study(request, slug)
    panelist = panelist_in(study, panelist_id)
    try:
        services.send_link_again(panelist=panelist, actor=staff_of(request), now=database_now())
    except PanelError as fault:
        messages.error(request, str(fault))
    else:
        words = _("A new link is on its way to %(email)s. Earlier links go on working.") % {"email": panelist.email}
        messages.success(request, words)
    return _back_to(request, panelist)
