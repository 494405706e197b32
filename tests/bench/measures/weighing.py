"""What a first visit of the rating page takes over the network: its HTML and its own scripts and style sheets."""

import http.cookiejar
import re
import urllib.parse
import urllib.request
from typing import Any

from tests.bench.figures import Aim, Figure, Run
from tests.bench.installation import Installation, secrets_of
from tests.bench.sizes import Sizes

PAGE_WEIGHT = "page-weight"
BUDGET_KB = 60.0
WITHIN = Aim(1.0)
STATEMENTS = 7
PAGE = "/panel/vignette/1/"
# Bootstrap, htmx and what ties that to Django.
LIBRARIES = ("/static/js-lib-bootstrap5/", "/static/django_htmx/")
_ASSET = re.compile(r'(?:src|href)="(/static/[^"]+)"')
_TOKEN = re.compile(r'name="csrfmiddlewaretoken" value="([^"]+)"')


class Visitor:
    """A browser that takes gzip and brotli, and notes what comes."""

    def __init__(self, base: str) -> None:
        self._base = base
        cookies = urllib.request.HTTPCookieProcessor(http.cookiejar.CookieJar())
        self._open = urllib.request.build_opener(cookies)
        self._open.addheaders = [("Accept-Encoding", "gzip, br"), ("Referer", f"{base}/")]

    def ask(self, path: str, form: dict[str, str] | None = None) -> tuple[bytes, Any]:
        """The body as it came over the network, and its headers."""
        data = urllib.parse.urlencode(form).encode() if form else None
        with self._open.open(self._base + path, data, timeout=60) as response:
            return response.read(), response.headers


def measure(place: Installation, sizes: Sizes) -> list[Figure]:
    """The one figure; bytes are the same each time, so each run is another panelist's visit."""
    study = place.study(max(sizes.runs, 10), STATEMENTS)
    with place.served() as base:
        weights = [weighed(base, secret) for secret in secrets_of(study, sizes.runs)]
    parts, cached = weights[0]
    return [
        Figure(
            PAGE_WEIGHT,
            "kB",
            f"the budget of {BUDGET_KB:g} kB",
            [Run(sum(found.values()) / 1000, BUDGET_KB) for found, _cached in weights],
            WITHIN,
            besides={
                "page": f"the rating page of {STATEMENTS} statements, beyond Bootstrap and htmx, as it is served",
                "bytes": parts,
                "cached_for": cached,
            },
        )
    ]


def weighed(base: str, secret: str) -> tuple[dict[str, int], list[str]]:
    """The bytes of the page and of each file of its own, by name, and how long its files are kept."""
    visitor = Visitor(base)
    entrance, _headers = visitor.ask("/panel/")
    token = _TOKEN.search(entrance.decode())
    visitor.ask("/panel/", {"code": secret, "csrfmiddlewaretoken": token[1] if token else ""})
    page, _headers = visitor.ask(PAGE)
    found, kept = {"html": len(page)}, set()
    for path in sorted(set(_ASSET.findall(page.decode()))):
        if not path.startswith(LIBRARIES):
            body, headers = visitor.ask(path)
            found[path] = len(body)
            kept.add(headers["Cache-Control"])
    return found, sorted(kept)
