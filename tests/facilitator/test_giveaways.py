"""Before the release the facilitator is told what would give somebody away, beside the thing itself."""

import html

import pytest
from django.urls import reverse

from surveys.consensus import FULL_CONSENSUS, Tally
from surveys.facilitator.giveaways import LONG, Giveaways, in_groups, in_result
from surveys.feedback.models import Comment
from surveys.feedback.services.releasing import publish_comment
from surveys.feedback.thresholds import shown, shown_group
from surveys.panels.models import Panelist
from surveys.panels.queries import panel_of
from surveys.studies.queries import database_now
from tests import factories

ANNA = ("Dr. Anna Bérg", "anna@clinic.example", "Nurses")
BO = ("Bo Lind", "bo@clinic.example", "IT")


def search(*bodies: str) -> Giveaways:
    """A search of these comments for the names of the two."""
    return Giveaways([ANNA, BO], bodies)


NAMES_ANNA = "It may name Dr. Anna Bérg, who is on the panel."


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Lithium works.", []),
        ("As ANNA said, lithium works.", [NAMES_ANNA]),
        ("Ask Berg.", [NAMES_ANNA]),
        ("Bergamot helps, and so do annals.", []),
        ("Write to Anna@Clinic.example", ["It has the e-mail address of Dr. Anna Bérg."]),
        ("Dr. X told me so, bo and all.", []),
        ("Mr. Lind knows.", ["It may name Bo Lind, who is on the panel."]),
        ("We nurses see it daily.", ["It names the group “Nurses”."]),
        ("As a nurse I see it.", ["It names the group “Nurses”."]),
        ("Ask IT.", ["It names the group “IT”."]),
        ("Nursery rhymes.", []),
    ],
)
def test_a_comment_that_names_somebody_or_a_group(body: str, expected: list[str]) -> None:
    assert search(body).in_comment(body) == expected


def test_a_comment_in_another_script_or_a_long_one_tells_of_its_author() -> None:
    others = ["Lithium works."] * 5
    searched = search("Литий помогает.", "7 to 9!", "x" * (LONG + 1))
    [script] = searched.in_comment("Литий помогает.", [*others, "Литий помогает."])
    assert "another script" in script
    assert searched.in_comment("Литий помогает.", ["Литий."] * 3) == []
    assert searched.in_comment("7 to 9!", others) == []
    [long] = searched.in_comment("x" * (LONG + 1), others)
    assert "It is long" in long
    assert searched.in_comment("x" * LONG, others) == []


def told(*ratings: int, published: int = 0) -> list[str]:
    counts = [ratings.count(point) for point in range(1, 10)]
    result = shown(Tally(tuple(counts)), FULL_CONSENSUS, least_answers=5)
    return [sentence.split(",")[0].split(":")[0] for sentence in in_result(result, published)]


def test_what_the_counts_of_a_statement_give_away() -> None:
    assert told(*[8] * 7) == ["All 7 rated 8"]
    assert told(*[8] * 6, 2) == ["All but one gave the same rating"]
    assert told(*[7] * 4, *[9] * 4) == ["All rated 7 to 9"]
    assert told(*[7] * 4, *[2] * 4, published=7) == []
    assert told(*[7] * 4, *[2] * 4, published=8) == [
        "Everybody wrote a reason here",
    ]
    assert told(7, 7, 7, 2, 2, published=1) == ["Only 5 rated this"]
    assert told(7, 7, 7, 2) == []


def test_what_a_group_gives_away() -> None:
    def of(*ratings: int) -> list[str]:
        counts = [ratings.count(point) for point in range(1, 10)]
        return [s.split(":")[0] for s in in_groups([shown_group("Nurses", Tally(tuple(counts)))], 5)]

    assert of(2, 2, 2, 8, 8, 8) == ["“Nurses” has only 6 ratings"]
    assert of(2, 2, 2, 8, 8, 8, 8) == []
    assert of(*[8] * 7) == ["All of “Nurses” gave the same rating, so each of theirs is known."]
    assert of(*[8] * 3, *[7] * 4) == ["All of “Nurses” rated 7 to 9, so that is known of each of them."]
    assert of(*[2] * 3, *[3] * 4) == ["None of “Nurses” rated 7 to 9, so that is known of each of them."]


@pytest.mark.django_db
def test_the_warnings_stand_beside_the_comment_and_in_the_preview_until_the_release() -> None:
    study = factories.make_study(statements=1)
    Panelist.objects.filter(pk=panel_of(study)[0].pk).update(name="Anna Berg")
    round = factories.open_round(study)
    for panelist in panel_of(study):
        reasons = {1: "As Anna Berg told us all."} if panelist.name == "Anna Berg" else {}
        factories.fill_sheet(panelist, round, [8], reasons=reasons)
    closed = factories.close_and_freeze(round)
    client = factories.signed_in(factories.facilitator_of(study))
    addresses = [reverse(f"facilitator:{name}", args=[study.slug, 1]) for name in ("round", "release")]

    def pages() -> list[bool]:
        found = [html.unescape(client.get(address).content.decode()) for address in addresses]
        return ["It may name Anna Berg, who is on the panel." in page for page in found]

    assert pages() == [True, False]
    comment, actor = Comment.objects.get(), factories.facilitator_of(study)
    publish_comment(comment=comment, actor=actor, body=comment.body, now=database_now())
    assert pages() == [True, True]
    # Beside the button already; the other is that everybody answered alike.
    assert "2 warnings stand below" in client.get(addresses[1]).content.decode()
    publish_comment(comment=comment, actor=actor, body="As somebody told us all.", now=database_now())
    assert pages() == [False, False]
    factories.release_round(closed)
    assert pages() == [False, False]
