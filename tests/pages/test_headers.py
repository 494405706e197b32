"""Every response carries the same headers: pages, errors, redirects and static files."""

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import Client
from django.urls import path
from pytest_django import Settings

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), display-capture=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}


def broken(request: HttpRequest) -> HttpResponse:
    """A page with a fault that holds something secret."""
    raise RuntimeError(f"secret {request.path}")


def page(request: HttpRequest) -> HttpResponse:
    """A page that has an opinion of its own about caches."""
    return HttpResponse("page", headers={"Cache-Control": "public, max-age=60"})


urlpatterns = [path("broken", broken), path("page", page)]


def carried(response: HttpResponse) -> dict[str, str | None]:
    """What the response says under each of the expected names."""
    return {name: response.headers.get(name) for name in HEADERS}


@pytest.mark.urls("tests.pages.test_headers")
def test_a_page_carries_them_and_stays_out_of_caches(client: Client) -> None:
    response = client.get("/page")
    assert response.status_code == 200
    assert carried(response) == HEADERS
    assert response.headers["Cache-Control"] == "no-store"


@pytest.mark.urls("tests.pages.test_headers")
def test_a_fault_carries_them_and_tells_nothing() -> None:
    response = Client(raise_request_exception=False).get("/broken")
    assert response.status_code == 500
    assert carried(response) == HEADERS
    assert response.headers["Cache-Control"] == "no-store"
    assert b"secret" not in response.content


def test_a_page_that_is_not_there_carries_them(client: Client) -> None:
    response = client.get("/no/such/page")
    assert response.status_code == 404
    assert carried(response) == HEADERS


def test_a_wrong_host_carries_them(client: Client) -> None:
    response = client.get("/healthz", headers={"host": "evil.example"})
    assert response.status_code == 400
    assert carried(response) == HEADERS


def test_a_refused_form_carries_them() -> None:
    response = Client(enforce_csrf_checks=True).post("/healthz")
    assert response.status_code == 403
    assert carried(response) == HEADERS


def test_a_redirect_to_https_carries_them(client: Client, settings: Settings) -> None:
    settings.SECURE_SSL_REDIRECT = True
    response = client.get("/panel/")
    assert response.status_code == 301
    assert carried(response) == HEADERS


def test_a_static_file_carries_them_and_may_be_cached(client: Client) -> None:
    response = client.get("/static/app.css")
    assert response.status_code == 200
    assert carried(response) == HEADERS
    assert "no-store" not in response.headers["Cache-Control"]


def test_a_static_file_that_is_not_there_is_not_cached(client: Client) -> None:
    response = client.get("/static/none.css")
    assert response.status_code == 404
    assert carried(response) == HEADERS
    assert response.headers["Cache-Control"] == "no-store"
