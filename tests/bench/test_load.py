"""The browsers of the load: what they post, and that they notice what was not saved."""

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

import pytest

from tests.bench.load import KEPT, Browser, Client, Plan, Side, Unexpected, loaded, processor_seconds

STATEMENTS = 3


class Sheets(BaseHTTPRequestHandler):
    """A page with a form for each path, and what was posted there or to /save before it; `forgets` saves nothing."""

    protocol_version = "HTTP/1.1"
    kept: dict[str, dict[str, str]]
    posts: list[dict[str, str]]
    paths: set[str]
    forgets: bool
    refuses: bool
    connections: list[int]

    def setup(self) -> None:
        super().setup()
        self.connections.append(self.client_address[1])

    def do_GET(self) -> None:
        stored = self.kept.get(self.path, {})
        seen = "".join(
            f'<input type="hidden" name="seen-s{n}" value="{stored.get(f"s{n}", "")}">'
            for n in range(1, STATEMENTS + 1)
        )
        other = '<form><input type="hidden" name="csrfmiddlewaretoken" value="of-another-form"></form>'
        form = f'<form id="rating-form"><input type="hidden" name="csrfmiddlewaretoken" value="token">{seen}'
        version = f'<input type="hidden" name="version" value="{stored.get("version", "0")}">'
        button = '<button name="action" value="submit"></button>' if not stored else ""
        self._say(200, f'{other}{form}{version}<input type="hidden" name="half">{button}</form>{other}')

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = {name: values[0] for name, values in parse_qs(body, keep_blank_values=True).items()}
        self.posts.append(fields)
        self.paths.add(self.path)
        page = self.path.removeprefix("/save")
        if self.path == "/panel/":
            self._say(302, "", ("Set-Cookie", f"seat={fields['code']}; Path=/"))
            return
        version = int(self.kept.get(page, {}).get("version", "0")) + 1
        if not self.forgets:
            self.kept[page] = {**self.kept.get(page, {}), **fields, "version": str(version)}
        if self.headers["X-Requested-With"] == "fetch":
            stored = self.kept[page]
            seen = {f"s{n}": stored[f"s{n}"] for n in range(1, STATEMENTS + 1)}
            self._say(200, json.dumps({"version": version, "seen": seen}))
        else:
            self._say(500 if self.refuses else 302, "")

    def log_message(self, *args: Any) -> None:
        """Say nothing."""

    def _say(self, status: int, text: str, *headers: tuple[str, str]) -> None:
        content = text.encode()
        self.send_response(status)
        for name, value in (("Set-Cookie", "csrftoken=cookie"), *headers, ("Content-Length", str(len(content)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


@pytest.fixture
def server() -> Iterator[tuple[str, type[Sheets]]]:
    """The base URL of a server of such sheets, and what it holds."""
    sheets = type(
        "Fresh",
        (Sheets,),
        {"kept": {}, "posts": [], "paths": set(), "forgets": False, "refuses": False, "connections": []},
    )
    with ThreadingHTTPServer(("127.0.0.1", 0), sheets) as running:
        running.daemon_threads = True
        thread = threading.Thread(target=running.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{running.server_port}", sheets
        running.shutdown()
        thread.join()


def test_a_browser_posts_the_form_that_it_was_shown(server: tuple[str, type[Sheets]]) -> None:
    base, sheets = server
    browser = Browser(base, "/page/", "", STATEMENTS)
    browser.vote()
    browser.vote()
    browser.close()
    shown = {"csrfmiddlewaretoken": "token", "half": "", "reason-s1": "", "reason-s2": "", "reason-s3": ""}
    unseen = {"seen-s1": "", "seen-s2": "", "seen-s3": ""}
    answers = {"s1": "3", "s2": "4", "s3": "5"}
    seen = {"seen-s1": "3", "seen-s2": "4", "seen-s3": "5"}
    changed = {"s1": "4", "s2": "5", "s3": "6"}
    assert sheets.posts == [
        {**shown, **unseen, **answers, "version": "0", "action": "submit"},
        {**shown, **seen, **changed, "version": "1", "action": "save"},
    ]


def test_an_autosave_changes_one_answer_and_says_what_was_seen(server: tuple[str, type[Sheets]]) -> None:
    base, sheets = server
    browser = Browser(base, "/page/", "", STATEMENTS)
    browser.vote()
    browser.look()
    before = sheets.posts[-1]
    browser.autosave()
    browser.close()
    after = sheets.posts[-1]
    assert after.keys() == {"csrfmiddlewaretoken", "half", "version", "action", "replay", "s3", "seen-s3"}
    assert after["s3"] != after["seen-s3"] == before["s3"]
    assert after["replay"]


def test_a_browser_comes_with_a_new_connection_now_and_then(server: tuple[str, type[Sheets]]) -> None:
    base, sheets = server
    browser = Browser(base, "/page/", "", STATEMENTS)
    for _time in range(2 * KEPT):
        browser.look()
    browser.close()
    assert len(sheets.connections) == 3


def test_what_was_not_saved_is_noticed(server: tuple[str, type[Sheets]]) -> None:
    base, sheets = server
    sheets.forgets = True
    browser = Browser(base, "/page/", "", STATEMENTS)
    browser.vote()
    with pytest.raises(Unexpected, match="does not show what was saved of s1, s2, s3"):
        browser.vote()
    browser.close()


def test_an_answer_with_another_status_is_noticed(server: tuple[str, type[Sheets]]) -> None:
    base, sheets = server
    sheets.refuses = True
    with pytest.raises(Unexpected, match="POST /page/ was answered 500"):
        loaded(Plan("vote", STATEMENTS, [Side(base, [Client("/page/")])], runs=1, warm_seconds=0, seconds=0.01))


def test_both_sides_are_loaded_in_each_run(server: tuple[str, type[Sheets]]) -> None:
    base, sheets = server
    ours = Side(base, [Client("/page/", "first"), Client("/other/", "second")])
    bare = Side(base, [Client("/bare/1/"), Client("/bare/2/")], ["/save/bare/1/", "/save/bare/2/"])
    for does in ("vote", "autosave"):
        found = loaded(Plan(does, STATEMENTS, [ours, bare], runs=2, warm_seconds=0, seconds=0.02))
        assert [len(side) for side in found] == [2, 2]
        for load in (load for side in found for load in side):
            assert load.cycles >= 2
            assert load.rate > 0
            assert load.slowest_ms >= load.median_ms
    assert set(sheets.kept) == {"/page/", "/other/", "/bare/1/", "/bare/2/"}
    assert sheets.paths == {"/panel/", *sheets.kept, "/save/bare/1/", "/save/bare/2/"}
    assert {post["code"] for post in sheets.posts if "code" in post} == {"first", "second"}


def test_the_time_of_a_group_is_that_of_its_processes() -> None:
    spins = "import sys, time\nwhile time.process_time() < 0.2: pass\nprint(1, flush=True)\nsys.stdin.read()"
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", spins], stdin=pipe, stdout=pipe, start_new_session=True) as process:
        assert process.stdout
        process.stdout.readline()
        assert processor_seconds(process.pid) >= 0.15
        assert processor_seconds(-1) == 0
        process.communicate()


def test_a_plan_survives_its_way_as_json() -> None:
    plan = Plan("vote", 7, [Side("http://127.0.0.1:1", [Client("/page/", "s")], ["/save/"], 12)], 5, 0.5, 2.0)
    told = {
        "does": "vote",
        "statements": 7,
        "sides": [
            {
                "base": "http://127.0.0.1:1",
                "clients": [{"page": "/page/", "secret": "s"}],
                "posted_to": ["/save/"],
                "group": 12,
            }
        ],
        "runs": 5,
        "warm_seconds": 0.5,
        "seconds": 2.0,
    }
    assert Plan.from_json(told) == plan
