"""Reading a page as its facilitator does: the words, the heading, the one button; and what it cost."""

import re
from html import unescape

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext


def plain(html: str) -> str:
    """The words of a piece of HTML."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def heading(html: str) -> str:
    """The page's one h1."""
    found = re.findall(r"<h1[^>]*>(.*?)</h1>", html, re.DOTALL)
    assert len(found) == 1
    return plain(found[0])


def button(html: str) -> str:
    """The page's one primary button."""
    found = re.findall(r'<(?:a|button) class="btn btn-primary[^>]*>(.*?)</(?:a|button)>', html, re.DOTALL)
    assert len(found) == 1
    return plain(found[0])


def main(html: str) -> str:
    """The words of the page between its header and its footer."""
    return plain(html[html.index("<main") : html.index("</main>")])


def queries_for(client: Client, address: str) -> int:
    """How many queries a page takes, without those of the session, which may live in a cache."""
    with CaptureQueriesContext(connection) as found:
        assert client.get(address).status_code == 200
    return sum("django_session" not in query["sql"] for query in found)
