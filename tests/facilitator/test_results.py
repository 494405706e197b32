"""Frozen results in the browser: figures and verdicts, comments, the release, a statement through the rounds."""

import re
import uuid
from collections.abc import Sequence

import pytest
from django.test import Client
from django.urls import reverse

from surveys.feedback.models import Comment
from surveys.panels.models import Message
from surveys.panels.queries import panel_of
from surveys.rounds.models import Round
from surveys.studies.models import AuditEntry, Protocol, Study
from surveys.studies.queries import audit_head, database_now
from surveys.vignettes.models import Statement
from surveys.vignettes.services.lineage import drop
from tests import factories
from tests.facilitator.reading import button, heading, main, plain, queries_for

pytestmark = pytest.mark.django_db

FIRST = [[3, 5, 7, 7, 7, 8, 8, 8, 9, 9], [8] * 10]
SECOND = [[5, 7, 7, 8, 8, 8, 8, 9, 9, 9], [8] * 10]


def address(study: Study, name: str, *rest: object) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *rest])


def browser(study: Study) -> Client:
    return factories.signed_in(factories.facilitator_of(study))


def card(html: str, number: int) -> str:
    """The card of one statement of a closed round."""
    found = re.search(rf'<section class="card-x stack" id="statement-{number}".*?</section>', html, re.DOTALL)
    assert found
    return found[0]


def figures(html: str) -> dict[str, str]:
    return dict(re.findall(r"<div><dt>(.*?)</dt><dd>(.*?)</dd></div>", html))


def closed(study: Study, number: int = 1) -> str:
    response = browser(study).get(address(study, "round", number))
    assert response.status_code == 200
    return response.content.decode()


def with_comments(texts: Sequence[str], *, ratings: Sequence[Sequence[int | str]] = SECOND) -> tuple[Study, Round]:
    """A study whose first round is closed and not released, with these comments on statement 1."""
    study = factories.make_study(statements=2)
    round = factories.open_round(study)
    factories.fill_all(round, ratings)
    for place, (panelist, text) in enumerate(zip(panel_of(study), texts, strict=False)):
        factories.fill_sheet(panelist, round, {1: ratings[0][place]}, reasons={1: text})
    return study, factories.close_and_freeze(round)


# ---- a closed round ----


def test_a_closed_round_says_how_many_statements_reached_consensus_and_who_took_part() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, SECOND, released=False)
    html = closed(study)
    assert heading(html) == "Rating round 1 is closed. 1 of 2 statements has full consensus."
    assert "10 of 10 panelists submitted." in main(html)
    assert "Full consensus: every rating is above 5 and the mean is above 7." in main(html)
    assert button(html) == "See what the panel will see"


def test_each_statement_has_its_counts_figures_verdict_and_clauses() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, SECOND, released=False)
    one = card(closed(study), 1)
    assert 'aria-label="Round 1: 1 rated 5, 2 rated 7, 4 rated 8, 3 rated 9. Median 8, mean 7.80."' in one
    assert 'class="rule"' in one
    assert figures(one) == {
        "Mean": "7.80",
        "Median": "8",
        "Middle half": "7.25–8.75",
        "Rated": "10",
        "Could not rate": "0",
    }
    assert "Not yet: 1 rating short 1 of 10 ratings is 5 or lower The mean, 7.80, is above 7" in plain(one)
    assert "If that one rating were 6 or higher, this would be full consensus." in one
    other = card(closed(study), 2)
    assert "Full consensus All ratings are 6 or higher The mean, 8.00, is above 7" in plain(other)
    assert "would be full consensus" not in other


def test_moves_since_the_last_round_are_counted_in_words() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, FIRST)
    factories.hold_round(study, [[5, 7, 7, 8, 8, 8, 8, 9, 9, 8], [8] * 10], released=False)
    html = closed(study, 2)
    one = "From rating round 1 to rating round 2, 5 of 10 panelists raised their rating, 4 kept it and 1 lowered it."
    assert one in plain(card(html, 1))
    assert "From rating round 1 to rating round 2, 10 of 10 panelists kept their rating." in plain(card(html, 2))


def test_below_the_threshold_nothing_of_a_statement_is_shown() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, [[9] * 4 + ["abstain"] * 6, [8] * 10], released=False)
    one = card(closed(study), 1)
    assert "fewer than 5 answers" in one
    assert "Fewer than 5 panelists rated this statement, so nothing of its result is shown to anyone." in plain(one)
    assert figures(one) == {}
    assert "9.00" not in one
    assert '<svg class="dist"' not in one


@pytest.mark.parametrize(
    ("ratings", "sentence", "shown"),
    [
        (
            [8, 8, 8, 8, 7],
            "With fewer than 7 ratings neither the counts nor the spread are shown to anyone.",
            {"Mean": "7.80", "Median": "8", "Rated 7 to 9": "about 100%", "Rated": "5"},
        ),
        (
            [8, 8, 8, 8, 7, 7, 6],
            "With fewer than 8 ratings the standard deviation is not shown to anyone.",
            {"Mean": "7.43", "Median": "8", "Middle half": "7–8", "Rated": "7"},
        ),
    ],
)
def test_what_is_withheld_is_explained_in_one_sentence(
    ratings: list[int], sentence: str, shown: dict[str, str]
) -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[*ratings, *["abstain"] * (10 - len(ratings))]], released=False)
    one = card(closed(study), 1)
    assert sentence in plain(one)
    assert figures(one) == {**shown, "Could not rate": str(10 - len(ratings))}
    assert ('class="dist"' in one) is (len(ratings) >= 7)


def test_one_more_rater_than_before_hides_the_histogram_and_says_why() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[8] * 9 + ["abstain"]])
    factories.hold_round(study, [[8] * 9 + [9]], released=False)
    one = card(closed(study, 2), 1)
    assert 'class="dist"' not in one
    assert "Those who rated differ from an earlier round's by exactly one person" in plain(one)
    assert figures(one)["Mean"] == "8.10"


def test_a_share_is_rounded_as_the_panel_reads_it() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[8] * 10])
    factories.hold_round(study, [[8] * 8 + [6, "abstain"]])
    assert figures(card(closed(study, 2), 1))["Rated 7 to 9"] == "about 89%"


def test_a_released_round_prints_the_head_that_its_mail_holds() -> None:
    study = factories.make_study(statements=1)
    round = factories.hold_round(study, released=False)
    client = factories.signed_in(factories.facilitator_of(study))
    place = address(study, "round", round.number)
    words = "Audit chain of this study, up to this release"
    assert words not in client.get(place).content.decode()
    factories.release_round(round)
    html = client.get(place).content.decode()
    assert f"{words}: {audit_head(study.pk)} (" in html


def test_a_released_round_offers_the_next_one_with_one_button() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, SECOND)
    html = closed(study)
    assert "Released on " in html
    assert button(html) == "Open rating round 2 now"
    assert f'<form class="stack" method="post" action="{address(study, "draft_round")}" novalidate>' in html


def test_consensus_everywhere_offers_to_finish_after_the_release() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    html = closed(study)
    assert "Every statement has consensus: the stopping rule is met." in html
    assert button(html) == "Finish the study"


@pytest.mark.parametrize("statements", [1, 7])
def test_a_closed_round_takes_as_many_queries_for_one_statement_as_for_seven(statements: int) -> None:
    study = factories.make_study(statements=statements)
    factories.hold_round(study, [[7] * 10] * statements)
    factories.hold_round(study, [[7] * 10] * statements, released=False)
    client = browser(study)
    assert queries_for(client, address(study, "round", 2)) == 21


# ---- comments ----


def moderate(study: Study, comment: Comment, **fields: str) -> str:
    response = browser(study).post(address(study, "moderate_comment", 1, comment.pk), fields, follow=True)
    assert response.status_code == (422 if b"<title>Error:" in response.content else 200)
    return response.content.decode()


def test_comments_stand_with_their_statement_and_wait_to_be_looked_at() -> None:
    study, _round = with_comments(["TMS first: <best> tolerated."])
    html = closed(study)
    assert "1 comment below waits to be published or hidden." in html
    assert "TMS first: &lt;best&gt; tolerated." in card(html, 1)
    assert "Not looked at yet" in card(html, 1)
    assert "Publish as it is" in card(html, 1)
    assert "(optional)" not in card(html, 1)
    assert "comment" not in plain(card(html, 2))


def test_publishing_as_it_is_edits_nothing() -> None:
    study, _round = with_comments(["TMS first."])
    comment = Comment.objects.get()
    html = moderate(study, comment, action="publish", body=comment.body, reason="")
    comment.refresh_from_db()
    assert (comment.state, comment.body) == (Comment.State.PUBLISHED, "TMS first.")
    assert "Published as it is" in card(html, 1)
    assert "No comment waits to be looked at." in html


def test_editing_keeps_the_original_beside_what_is_published() -> None:
    study, _round = with_comments(["In my clinic in Ohio TMS comes first."])
    comment = Comment.objects.get()
    html = moderate(study, comment, action="publish", body="TMS comes first.", reason="")
    comment.refresh_from_db()
    assert (comment.original, comment.body) == ("In my clinic in Ohio TMS comes first.", "TMS comes first.")
    assert "In my clinic in Ohio TMS comes first." in card(html, 1)
    assert "Published as: TMS comes first." in plain(card(html, 1))
    assert AuditEntry.objects.get(study=study, action="comment published").detail["edited"] is True


def test_hiding_needs_a_reason() -> None:
    study, _round = with_comments(["I am Anna."])
    comment = Comment.objects.get()
    html = moderate(study, comment, action="hide", body="I am Anna.", reason=" ")
    assert "Say why this comment is hidden." in html
    assert "<title>Error: Results: Rating round 1</title>" in html
    assert f'href="#comment-{comment.pk}-reason"' in html
    assert f'id="comment-{comment.pk}-reason"' in html
    comment.refresh_from_db()
    assert comment.state == Comment.State.PENDING
    html = moderate(study, comment, action="hide", body="I am Anna.", reason="Gives a name away.")
    comment.refresh_from_db()
    assert (comment.state, comment.hidden_because) == (Comment.State.HIDDEN, "Gives a name away.")
    assert "Hidden: Gives a name away." in plain(card(html, 1))


def test_an_empty_text_is_not_published() -> None:
    study, _round = with_comments(["TMS first."])
    html = moderate(study, Comment.objects.get(), action="publish", body="  ", reason="")
    assert "A published comment needs words. Hide it instead." in html
    assert Comment.objects.get().state == Comment.State.PENDING


@pytest.mark.parametrize("fields", [{"body": "x" * 4001, "reason": ""}, {"body": "x", "reason": "x" * 301}])
def test_a_text_that_is_too_long_is_an_error_and_not_a_fault(fields: dict[str, str]) -> None:
    study, _round = with_comments(["TMS first."])
    html = moderate(study, Comment.objects.get(), action="publish", **fields)
    assert "<title>Error: Results: Rating round 1</title>" in html
    assert Comment.objects.get().state == Comment.State.PENDING


def test_after_the_release_a_comment_stays_as_it_is() -> None:
    study, round = with_comments(["TMS first."])
    factories.release_round(round)
    comment = Comment.objects.get()
    html = moderate(study, comment, action="hide", body=comment.body, reason="Too late.")
    assert "These results are released; what the panel was shown stays as it is." in html
    assert Comment.objects.get().state == Comment.State.PUBLISHED
    assert "Publish as" not in card(html, 1)


def test_a_comment_of_another_study_or_another_round_is_no_page() -> None:
    study, _round = with_comments(["TMS first."])
    other = factories.make_study(title="Other", statements=1)
    factories.hold_round(other)
    pk = Comment.objects.get().pk
    client = browser(other)
    assert client.post(address(other, "moderate_comment", 1, pk), {"action": "publish"}).status_code == 404
    assert browser(study).post(address(study, "moderate_comment", 1, uuid.uuid4())).status_code == 404
    assert browser(study).get(address(study, "moderate_comment", 1, pk)).status_code == 405


# ---- the release ----


def test_the_preview_shows_what_the_panel_will_see_and_no_verdict() -> None:
    study, _round = with_comments(["TMS first.", "Access is limited."])
    first, second = Comment.objects.order_by("original")
    moderate(study, first, action="hide", body="", reason="Gives a place away.")
    moderate(study, second, action="publish", body="TMS comes first.", reason="")
    html = browser(study).get(address(study, "release", 1)).content.decode()
    assert heading(html) == "This is what the panel will see of rating round 1"
    assert "The group in rating round 1: 10 ratings, mean 7.80, median 8" in main(html)
    assert "TMS comes first." in html
    assert "TMS first." not in html
    assert "Access is limited." not in html
    assert 'class="rule"' not in html
    assert 'class="agree"' not in html
    assert "5 or lower" not in main(html)
    assert button(html) == "Release the results of rating round 1"


def test_the_preview_keeps_comments_back_where_the_protocol_does() -> None:
    study, _round = with_comments(["TMS first."])
    Protocol.objects.filter(study=study).update(shows_comments=False)
    moderate(study, Comment.objects.get(), action="publish", body="TMS first.", reason="")
    assert "TMS first." not in browser(study).get(address(study, "release", 1)).content.decode()


def test_unanimity_is_warned_of() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, [[8] * 10, [7] + [8] * 9], released=False)
    html = browser(study).get(address(study, "release", 1)).content.decode()
    assert "All 10 rated 8, so everybody's rating is known." in main(html)
    one_other = "All but one gave the same rating: whoever gave the other one knows what all others rated."
    assert one_other in main(html)


def test_comments_that_nobody_has_looked_at_stop_the_release() -> None:
    study, round = with_comments(["TMS first.", "Access is limited."])
    client = browser(study)
    html = client.get(address(study, "release", 1)).content.decode()
    assert "2 comments wait" in html
    assert button(html) == "Look through the comments"
    response = client.post(address(study, "release", 1), follow=True)
    assert "Publish or hide 2 comments first." in response.content.decode()
    round.refresh_from_db()
    assert not round.is_released


def test_releasing_shows_it_to_the_panel_and_a_second_press_is_harmless() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, released=False)
    client = browser(study)
    first = client.post(address(study, "release", 1), follow=True).content.decode()
    assert "The panel has the results of rating round 1." in first
    round = Round.objects.get(study=study)
    assert round.is_released
    second = client.post(address(study, "release", 1), follow=True)
    assert "The results of this round are released already." in second.content.decode()
    assert Message.objects.filter(round_id=round.pk, kind=Message.Kind.RESULTS).count() == 10


def test_an_open_round_has_nothing_to_release() -> None:
    study = factories.make_study(statements=1)
    factories.open_round(study)
    html = browser(study).post(address(study, "release", 1), follow=True).content.decode()
    assert "Only a closed round has a result to release." in html


# ---- one statement ----


def statement_page(study: Study, number: int = 1) -> str:
    statement = Statement.objects.filter(vignette__study=study).order_by("vignette__position")[number - 1]
    response = browser(study).get(address(study, "statement", statement.pk))
    assert response.status_code == 200
    return response.content.decode()


def test_a_statement_shows_its_last_result_and_all_its_rounds() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, FIRST)
    factories.hold_round(study, SECOND)
    html = statement_page(study)
    assert heading(html) == f"Option 1 {factories.STEM}"
    words = main(html)
    assert "Vignette 1: Vignette 1 · rating round 2" in words
    assert "Not yet: 1 rating short 1 of 10 ratings is 5 or lower The mean, 7.80, is above 7" in words
    assert "Round 2: how the 10 ratings fell" in words
    assert "median 7.5 ◆ · mean 7.10 · 2 at 5 or lower" in words
    assert "median 8 ◆ · mean 7.80 · 1 at 5 or lower" in words
    assert "From rating round 1 to rating round 2, 5 of 10 panelists raised their rating and 5 kept it." in words
    assert "No reason from rating round 2 is published." in words
    rows = re.findall(r'<tr><th scope="row">(Round \d)</th>(.*?)</tr>', html)
    assert [(name, plain(cells)) for name, cells in rows] == [
        ("Round 1", "0 0 1 0 1 0 3 3 2 10 7.10 7.5 1.85"),
        ("Round 2", "0 0 0 0 1 0 2 4 3 10 7.80 8 1.23"),
    ]


def test_a_statement_shows_the_reasons_that_are_published_and_counts_the_others() -> None:
    study, _round = with_comments(["TMS first.", "Access is limited.", "I am Anna."])
    waiting, hidden, published = Comment.objects.order_by("original")
    moderate(study, hidden, action="hide", body="", reason="A name.")
    moderate(study, published, action="publish", body=published.body, reason="")
    html = statement_page(study)
    assert published.original in html
    assert waiting.original not in html
    assert hidden.original not in html
    assert "1 comment waits to be looked at" in html
    assert "1 comment is hidden." in html


def test_a_statement_that_was_never_rated_says_what_will_stand_there() -> None:
    study = factories.make_study(statements=1, panelists=0)
    html = statement_page(study)
    assert heading(html) == f"Option 1 {factories.STEM}"
    assert "Its ratings stand here when a round that asks it has closed." in html


def test_a_dropped_statement_shows_what_was_found_and_can_be_restored_but_not_reworded() -> None:
    study = factories.make_study(statements=2)
    factories.hold_round(study, SECOND)
    gone = Statement.objects.get(vignette__title="Vignette 1")
    drop(item=gone, actor=factories.facilitator_of(study), why=factories.WHY, now=database_now())
    html = statement_page(study)
    assert "Round 1: how the 10 ratings fell" in main(html)
    assert "It is asked no more. Restore it" in main(html)
    assert "Reword it for the next round" not in main(html)


def test_an_open_round_is_not_in_a_statement_s_history() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study, [[7] * 10])
    factories.agree(factories.open_round(study), 9)
    html = statement_page(study)
    assert "9.00" not in html
    assert "Round 2" not in html


def test_authors_strangers_and_administrators_see_no_result() -> None:
    study = factories.make_study(statements=1)
    factories.hold_round(study)
    statement = Statement.objects.get(vignette__study=study)
    for user in (factories.make_author(study), factories.make_facilitator(), factories.make_administrator()):
        client = factories.signed_in(user)
        assert client.get(address(study, "statement", statement.pk)).status_code == 404
        assert client.get(address(study, "round", 1)).status_code == 404
        assert client.get(address(study, "release", 1)).status_code == 404


def test_a_statement_of_another_study_is_no_page() -> None:
    study = factories.make_study(statements=1, panelists=0)
    other = factories.make_study(title="Other", statements=1, panelists=0)
    statement = Statement.objects.get(vignette__study=other)
    assert browser(study).get(address(study, "statement", statement.pk)).status_code == 404


@pytest.mark.parametrize("statements", [1, 7])
def test_a_statement_takes_as_many_queries_among_one_as_among_seven(statements: int) -> None:
    study = factories.make_study(statements=statements)
    factories.hold_round(study, [[7] * 10] * statements)
    statement = Statement.objects.filter(vignette__study=study)[0]
    client = browser(study)
    assert queries_for(client, address(study, "statement", statement.pk)) == 8
