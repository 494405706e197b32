"""Coming in with a personal link, leaving, asking for a new link, and confirming a new address."""

import datetime as dt

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from surveys.pages.limits import allow, refuse
from surveys.panelist import session
from surveys.panelist.access import panelists_page
from surveys.panelist.forms import AddressCodeForm, CodeForm, LinkForm
from surveys.panels.services import panelist_with
from surveys.rounds.services.addresses import confirm, waiting_change
from surveys.rounds.services.mailing import request_link
from surveys.studies.queries import database_now

# A whole panel may sit behind one address of a hospital's network; nobody needs a new link all the time.
LINKS, LINKS_OF_ONE = 60, 5
LINKS_PER = dt.timedelta(hours=1)
WRONG_CODES = 60
WRONG_CODES_PER = dt.timedelta(minutes=1)


def code_page(request: HttpRequest, form: CodeForm | None = None) -> HttpResponse:
    """The form that takes a code, for whoever is not signed in; 422 where it was not accepted."""
    shown = form or CodeForm()
    context = {"form": shown, "has_errors": bool(shown.errors)}
    return render(request, "panelist/code.html", context, status=422 if shown.errors else 200)


def sign_in(request: HttpRequest) -> HttpResponse:
    """Take a posted code. It signs in as often as it is posted, until it expires or is revoked.

    The form's token stays as it is: a rating page that lost its session saves on once somebody signed in elsewhere.
    """
    form = CodeForm(request.POST)
    if not form.is_valid():
        return code_page(request, form)
    panelist = panelist_with(secret=form.cleaned_data["code"], now=database_now())
    if panelist is None:
        if not _may_try_again(request):
            return refuse(request)
        form.add_error(
            "code",
            _(
                "This code opens nothing: it is mistyped, too old, or was replaced. Ask for a new link below. "
                "Where the study is sealed, no link opens anything any more."
            ),
        )
        return code_page(request, form)
    response = redirect("panelist:start")
    session.begin(response, panelist)
    return response


def _may_try_again(request: HttpRequest) -> bool:
    return allow(request, "code", most=WRONG_CODES, per=WRONG_CODES_PER)


@require_POST
@panelists_page
def sign_out(request: HttpRequest) -> HttpResponse:
    """Sign this browser out; the link goes on working.

    Whoever uses the browser next finds no page of the panelist's, and nothing that a page kept.
    """
    response = redirect("panelist:start")
    session.end(response)
    response["Clear-Site-Data"] = '"cache", "storage"'
    return response


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def link(request: HttpRequest) -> HttpResponse:
    """Ask for a new link. The answer is the same whether or not the address is on a panel."""
    form = LinkForm(request.POST or None)
    if not form.is_valid():
        context = {"form": form, "has_errors": form.is_bound}
        return render(request, "panelist/link.html", context, status=422 if form.is_bound else 200)
    email = form.cleaned_data["email"]
    by_network = allow(request, "link", most=LINKS, per=LINKS_PER)
    if not (by_network and allow(request, "link", most=LINKS_OF_ONE, per=LINKS_PER, address=email)):
        return refuse(request)
    request_link(address=email)
    return render(request, "panelist/link_requested.html")


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def address(request: HttpRequest) -> HttpResponse:
    """Confirm, by the code that was mailed to the old address, that the sheets move to a new one.

    A POST of the code shows which address that is; nothing is kept before the button on that page is pressed.
    """
    form = AddressCodeForm(request.POST or None)
    if not form.is_valid():
        return _address_code_page(request, form)
    secret = form.cleaned_data["code"]
    change = waiting_change(secret=secret)
    if change is None:
        if not _may_try_again(request):
            return refuse(request)
        form.add_error("code", _("This code confirms nothing: it is mistyped, or that change was called off."))
        return _address_code_page(request, form)
    if request.POST.get("action") != "confirm":
        return render(
            request, "panelist/address.html", {"change": change, "study": change.panelist.study, "code": secret}
        )
    confirm(secret=secret)
    return render(request, "panelist/address_confirmed.html", {"change": change, "study": change.panelist.study})


def _address_code_page(request: HttpRequest, form: AddressCodeForm) -> HttpResponse:
    context = {"form": form, "has_errors": form.is_bound}
    return render(request, "panelist/address_code.html", context, status=422 if form.is_bound else 200)
