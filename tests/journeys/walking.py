"""Going through pages one after the other, and through every page that the site has."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from itertools import product

from django.urls import URLPattern, get_resolver, reverse
from playwright.sync_api import Page

from tests.browsing import Watch, faults_in_every_light

DOWNLOADS = {"form", "file_id"}
DOWNLOADED = (".xlsx", ".json", ".py", "/receipts/")
TAKES_POSTS_ALONE = 405


def names_in(namespace: str) -> list[str]:
    """The name of every address in a namespace."""
    return [pattern.name for pattern in _patterns(namespace) if pattern.name]


def addresses(
    namespace: str, known: Mapping[str, Sequence[object]], only: Collection[str] | None = None
) -> Iterator[str]:
    """Every address of a namespace that these values fill, downloads apart; `only` are the names that are wanted."""
    for pattern in _patterns(namespace):
        blanks = list(pattern.pattern.converters)
        if DOWNLOADS & set(blanks) or str(pattern.pattern).endswith(DOWNLOADED):
            continue
        if not known.keys() >= set(blanks) or (only is not None and pattern.name not in only):
            continue
        for values in product(*(known[blank] for blank in blanks)):
            yield reverse(f"{namespace}:{pattern.name}", kwargs=dict(zip(blanks, values, strict=True)))


def _patterns(namespace: str) -> list[URLPattern]:
    _prefix, resolver = get_resolver().namespace_dict[namespace]
    return [pattern for pattern in resolver.url_patterns if isinstance(pattern, URLPattern)]


def walk(page: Page, watch: Watch, all_of_them: Iterable[str], status: int = 200) -> list[str]:
    """What is wrong with these pages; those that answer posts alone, or lead where we were, are passed by."""
    found: list[str] = []
    seen: set[str] = set()
    for address in all_of_them:
        if page.request.head(address, max_redirects=0).status == TAKES_POSTS_ALONE:
            continue
        answer = page.goto(address)
        assert answer is not None
        if page.url in seen:
            continue
        seen.add(page.url)
        if answer.status != status:
            found.append(f"{address}: answered {answer.status}")
            continue
        found += faults_in_every_light(page, watch)
        watch.forget()
    return found
