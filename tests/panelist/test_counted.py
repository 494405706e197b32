"""The own answers as they were counted, and the receipt by which a sheet is found among all."""

import hashlib
import json
import re

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from surveys.feedback.models import Commitment
from surveys.feedback.queries import receipts_of
from surveys.rounds.models import Round
from surveys.sheets import tally
from surveys.studies.models import AuditEntry, Study
from tests.factories import (
    close_and_freeze,
    fill_preferences,
    fill_sheet,
    hold_round,
    make_statement,
    make_study,
    make_survey_study,
    open_round,
    open_survey,
    release_round,
)
from tests.panelist.browsing import enter, first_panelist, heading_of, sheet_of, words_of

pytestmark = pytest.mark.django_db

HALF = "00112233445566778899aabbccddeeff"
PAGE = "/panel/results/1/counted/"


def held(first: list[int | str], reason: str = "") -> Study:
    """A released round of six panelists and as many statements as the first panelist answers; the others say 8."""
    study = make_study(panelists=6, statements=len(first))
    round = open_round(study)
    mine, *others = study.panelists.order_by("name")
    fill_sheet(mine, round, first, reasons={1: reason})
    for other in others:
        fill_sheet(other, round, [8] * len(first))
    release_round(close_and_freeze(round))
    return study


def saved_receipt(client: Client, number: int = 1) -> dict[str, object]:
    """What the button downloads."""
    response = client.post(f"/panel/results/{number}/receipt/")
    assert response.status_code == 200
    return json.loads(response.content)


def test_every_answer_stands_there_as_it_was_counted() -> None:
    study = held([7, "abstain", ""], reason="Seen often.\nIn my clinic.")
    response = enter(first_panelist(study)).get(PAGE)
    assert heading_of(response) == "Your sheet was counted in rating round 1"
    words = words_of(response)
    assert re.search(r"Option 1 would be .* You: you rated 7\. Your reason: Seen often\. In my clinic\.", words)
    assert re.search(r"Option 2 would be .* You: “I cannot rate this”\.", words)
    assert re.search(r"Option 3 would be .* You: nothing given, so counted as missing\.", words)


def test_preferences_stand_there_in_words() -> None:
    study = make_survey_study(panelists=5)
    round = open_survey(study)
    said = {
        "v1-likelihood-1": "likely",
        "v1-ranking": "2,1",
        "v1-top": "2",
        "v1-reasons": "Age <first>.",
        "v2-abstain": "yes",
    }
    for panelist in study.panelists.all():
        fill_preferences(panelist, round, said)
    release_round(close_and_freeze(round))
    client = enter(first_panelist(study))
    words = words_of(client.get(PAGE))
    assert "Choice 1: likely, ranked 2nd Choice 2: a top choice, ranked 1st" in words
    assert "You ranked some of the options, not all: such a ranking is not counted." in words
    assert "You are counted as ruling out no option." in words
    assert "Comments, with your reasons Age <first>." in words
    assert "Vignette 2: Vignette 2 You: “I cannot answer this for this patient”." in words
    assert saved_receipt(client)["choices"] == {name: value for name, value in said.items() if "reasons" not in name}


def test_the_receipt_is_found_in_the_published_list() -> None:
    study = held([7])
    response = enter(first_panelist(study)).get(PAGE)
    words = words_of(response)
    assert "Your receipt is 1 of 6 in the published list of this round." in words
    published = receipts_of(Round.objects.get(study=study))
    assert published == sorted(published)
    assert len(set(published)) == 6
    assert re.findall(r"<li[^>]*><code>([0-9a-f]{64})</code>", response.content.decode()) == published
    (own,) = re.findall(r'<li aria-current="true"><code>([0-9a-f]{64})</code>', response.content.decode())
    assert f"{own} yours" in words


def test_the_file_is_enough_to_compute_the_receipt_anew_without_this_program() -> None:
    study = held([7, "abstain"])
    client = enter(first_panelist(study))
    response = client.post("/panel/results/1/receipt/")
    assert response["Content-Disposition"] == 'attachment; filename="receipt-round-1.json"'
    assert (response["Content-Type"], response["Cache-Control"]) == ("application/json", "no-store")
    file = json.loads(response.content)
    assert file["choices"] == {"1": "7", "2": "abstain"}
    choices = json.dumps(file["choices"], sort_keys=True, separators=(",", ":"))
    parts = [bytes.fromhex(file[name].replace("-", "")) for name in ("study", "round", "nonce")]
    content = file["format"].encode() + b"".join(parts) + choices.encode()
    assert hashlib.sha256(content).hexdigest() == file["receipt"]
    assert file["receipt"] in receipts_of(Round.objects.get(study=study))


def test_a_receipt_that_is_not_in_the_list_is_said_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    honest, false = tally.receipt, ["0" * 64]
    monkeypatch.setattr(tally, "receipt", lambda **given: false.pop() if false else honest(**given))
    study = held([7])
    told = [words_of(enter(panelist).get(PAGE)) for panelist in study.panelists.all()]
    missing = [words for words in told if "Your receipt is not in the published list of this round." in words]
    assert len(missing) == 1
    assert "Then tell the facilitator, and those who approved this study, that your receipt is missing" in missing[0]
    assert "Your receipt is 1 of 6" not in missing[0]


def test_whoever_did_not_submit_has_no_receipt_and_may_look_at_the_list() -> None:
    study = make_study(panelists=6, statements=1)
    round = open_round(study)
    absent, *others = study.panelists.order_by("name")
    for panelist in others:
        fill_sheet(panelist, round, [8])
    fill_sheet(absent, round, [2], submit=False)
    release_round(close_and_freeze(round))
    client = enter(absent)
    response = client.get(PAGE)
    assert heading_of(response) == "Nothing of yours was counted in rating round 1"
    words = words_of(response)
    assert "There is none, since you submitted nothing." in words
    assert "The whole list: 5 receipts" in words
    assert client.post("/panel/results/1/receipt/").status_code == 404


def test_a_round_from_before_there_were_receipts_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("surveys.rounds.services.saving._with_nonce", lambda sheet, _half: sheet)
    study = held([7])
    assert not Commitment.objects.exists()
    client = enter(first_panelist(study))
    words = words_of(client.get(PAGE))
    assert "your sheet was submitted before this software gave receipts. It was counted like every other." in words
    assert "No list of receipts was published for this round." in words
    assert client.post("/panel/results/1/receipt/").status_code == 404


def test_right_after_submitting_the_first_page_offers_the_receipt_that_the_list_will_hold() -> None:
    study = make_study(panelists=5, statements=1)
    round = open_round(study)
    panelist = first_panelist(study)
    client = enter(panelist)
    assert "Your receipt" not in words_of(client.get("/panel/"))
    client.post("/panel/submit/", {"s1": "7", "action": "submit"})
    assert "Your receipt After the release you find this receipt" in words_of(client.get("/panel/"))
    early = saved_receipt(client)
    for other in study.panelists.exclude(pk=panelist.pk):
        fill_sheet(other, round, [8])
    release_round(close_and_freeze(round))
    assert saved_receipt(client) == early
    assert early["receipt"] in receipts_of(round)


def test_a_draft_has_no_receipt() -> None:
    study = make_study(panelists=5, statements=1)
    fill_sheet(first_panelist(study), open_round(study), [7], submit=False)
    client = enter(first_panelist(study))
    assert "Your receipt" not in words_of(client.get("/panel/"))
    assert client.post("/panel/results/1/receipt/").status_code == 404


def test_the_browsers_half_goes_into_the_nonce_once() -> None:
    study = make_study(panelists=5, statements=2)
    round, panelist = open_round(study), first_panelist(study)
    client = enter(panelist)
    client.post("/panel/vignette/1/", {"s1": "7", "half": HALF, "action": "save"})
    assert sheet_of(panelist, round).content.nonce == ""
    client.post("/panel/submit/", {"s2": "7", "half": HALF, "action": "submit"})
    first = sheet_of(panelist, round).content
    assert (first.half, len(first.nonce), first.nonce == HALF) == (HALF, 32, False)
    client.post("/panel/vignette/1/", {"s1": "6", "half": "f" * 32, "action": "save"})
    second = sheet_of(panelist, round).content
    assert (second.half, second.nonce) == (first.half, first.nonce)


@pytest.mark.parametrize("half", ["", "zebra", HALF.upper(), HALF + "00"])
def test_without_a_half_that_a_browser_drew_the_server_draws_alone(half: str) -> None:
    study = make_study(panelists=5, statements=1)
    round, panelist = open_round(study), first_panelist(study)
    enter(panelist).post("/panel/submit/", {"s1": "7", "half": half, "action": "submit"})
    content = sheet_of(panelist, round).content
    assert (content.half, len(content.nonce)) == ("", 32)


def test_both_forms_that_can_submit_have_a_place_for_the_half() -> None:
    study = make_study(panelists=5, statements=1)
    open_round(study)
    client = enter(first_panelist(study))
    for page in ("/panel/vignette/1/", "/panel/submit/"):
        content = client.get(page).content.decode()
        assert '<input type="hidden" name="half">' in content, page
        assert 'src="/static/panelist/receipt.js"' in content, page


def test_only_a_released_round_of_ones_own_study_has_the_page() -> None:
    study = make_study(panelists=5, statements=1)
    client = enter(first_panelist(study))
    assert client.get(PAGE).status_code == 404
    hold_round(study, released=False)
    assert client.get(PAGE).status_code == 404
    other = make_study(panelists=5, statements=1)
    assert enter(first_panelist(other)).get(PAGE).status_code == 404
    assert enter(first_panelist(other)).post("/panel/results/1/receipt/").status_code == 404


def test_a_receipt_is_handed_out_by_a_button_alone_and_not_to_somebody_elses_form() -> None:
    client = enter(first_panelist(held([7])))
    assert client.get("/panel/results/1/receipt/").status_code == 405
    refused = client.post("/panel/results/1/receipt/", {"holder": "c0ffee"})
    assert (refused.status_code, refused["Location"]) == (302, "/panel/")


def test_the_results_lead_there_and_print_the_head_of_the_audit_chain() -> None:
    study = held([7])
    words = words_of(enter(first_panelist(study)).get("/panel/results/1/"))
    assert "Your answers as counted, and your receipt" in words
    entry = AuditEntry.objects.get(study=study, action="results released")
    expected = f"Audit chain of this study, up to this release: {entry.digest} ({entry.number} entries)."
    assert expected in words


@pytest.mark.parametrize("statements", [1, 10])
def test_the_page_asks_the_database_as_often_for_one_statement_as_for_ten(statements: int) -> None:
    study = make_study(panelists=5, statements=1)
    for _ in range(statements - 1):
        make_statement(study.vignettes.get())
    hold_round(study)
    client = enter(first_panelist(study))
    client.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(PAGE).status_code == 200
    # Session, rounds; own sheet; the place in the list of receipts, its page. What the round asked was read before.
    assert len(queries) == 5


def published(study: Study, more: int) -> list[str]:
    """The list of round 1 with so many further receipts, the first half of them before every other."""
    round = Round.objects.get(study=study)
    Commitment.objects.bulk_create(
        Commitment(digest=f"{'!' if number * 2 < more else '~'}{number:063d}", round=round) for number in range(more)
    )
    return receipts_of(round)


def listed(client: Client, page: str = "") -> list[str]:
    """The receipts that stand on the page of the list."""
    shown = client.get(PAGE + page).content.decode().split("<details")[1]
    return re.findall(r"<li[^>]*><code>(.*?)</code>", shown)


def test_a_long_list_stands_on_pages_and_opens_with_ones_own() -> None:
    study = held([7])
    everything, client = published(study, 500), enter(first_panelist(study))
    own = saved_receipt(client)["receipt"]
    assert listed(client) == everything[200:300]
    assert own in listed(client)
    assert [one for page in range(1, 7) for one in listed(client, f"?page={page}")] == everything
    content = client.get(f"{PAGE}?page=3").content.decode()
    assert '<ol class="hash mb-0" start="201">' in content
    assert "Your receipt is 1 of 506 in the published list of this round." in words_of(client.get(PAGE))
    assert "The whole list: 506 receipts" in words_of(client.get(PAGE))
    assert ("<details>" in client.get(PAGE).content.decode(), "<details open>" in content) == (True, True)


def test_a_long_list_takes_as_many_queries_as_a_short_one() -> None:
    study = held([7])
    published(study, 1000)
    client = enter(first_panelist(study))
    client.get(PAGE)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(PAGE).status_code == 200
    assert len(queries) == 5


def test_the_whole_list_is_saved_as_a_text_with_a_receipt_a_line() -> None:
    study = held([7])
    everything, client = published(study, 300), enter(first_panelist(study))
    response = client.get("/panel/results/1/receipts/")
    assert response["Content-Disposition"] == 'attachment; filename="receipts-round-1.txt"'
    assert response["Cache-Control"] == "no-store"
    assert response.content.decode().splitlines() == everything
    assert len(everything) == 306
    assert client.get("/panel/results/2/receipts/").status_code == 404


def test_the_list_is_nobodys_before_the_release() -> None:
    study = make_study(panelists=6, statements=1)
    hold_round(study, released=False)
    assert enter(first_panelist(study)).get("/panel/results/1/receipts/").status_code == 404
