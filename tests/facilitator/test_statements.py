"""The pages on which statements are composed, written, reworded and deleted."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from surveys.studies.models import Study
from surveys.vignettes.models import Option, Statement, Vignette
from tests.factories import (
    STEM,
    agree,
    facilitator_of,
    hold_round,
    make_author,
    make_facilitator,
    make_option,
    make_statement,
    make_study,
    make_vignette,
    open_round,
    signed_in,
)

pytestmark = pytest.mark.django_db


def at(name: str, study: Study, *things: uuid.UUID) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *things])


def running(study: Study) -> Client:
    return signed_in(facilitator_of(study))


def prepared() -> tuple[Study, Vignette, dict[str, Option]]:
    """A study with a base case, no statement, and options of two categories."""
    study = make_study(panelists=0, statements=0)
    vignette = make_vignette(study)
    named = (("An SGA", "Add"), ("TMS", "Add"), ("mirtazapine", "Switch"), ("ECT", "Add"))
    return study, vignette, {name: make_option(study, name, category) for name, category in named}


def test_options_are_offered_by_category() -> None:
    study, vignette, _options = prepared()
    page = running(study).get(at("compose_statement", study, vignette.pk)).content.decode()
    places = [page.index(f">{words}") for words in ("Add</legend>", "An SGA", "TMS", "ECT", "Switch</legend>")]
    assert places == sorted(places)
    assert page.count('name="options"') == 4


def test_without_options_the_page_says_so_with_one_button() -> None:
    study = make_study(panelists=0, statements=1)
    page = running(study).get(at("compose_statement", study, Vignette.objects.get(study=study).pk)).content.decode()
    assert page.count('class="btn') == 1
    assert at("add_option", study) in page


def test_the_statement_is_shown_before_it_is_saved() -> None:
    study, vignette, options = prepared()
    chosen = [str(options[name].pk) for name in ("ECT", "An SGA", "mirtazapine")]
    form = {"options": chosen, "action": "preview"}
    page = running(study).post(at("compose_statement", study, vignette.pk), form).content.decode()
    assert f"An SGA, ECT or mirtazapine {STEM}</textarea>" in page
    assert page.count('type="hidden" name="options"') == 3
    assert not Statement.objects.exists()


def test_a_composed_statement_is_saved_with_its_options_and_its_mended_wording() -> None:
    study, vignette, options = prepared()
    chosen = [str(options[name].pk) for name in ("TMS", "An SGA")]
    form = {"options": chosen, "action": "save", "text": "An SGA or TMS, in any order."}
    response = running(study).post(at("compose_statement", study, vignette.pk), form)
    statement = Statement.objects.get()
    assert response["Location"] == f"{at('questionnaire', study)}#vignette-{vignette.pk}"
    assert statement.text == "An SGA or TMS, in any order."
    assert [link.option.name for link in statement.named_options.all()] == ["An SGA", "TMS"]


def test_one_may_go_back_and_choose_other_options() -> None:
    study, vignette, options = prepared()
    form = {"options": [str(options["TMS"].pk)], "action": "choose", "text": "x"}
    response = running(study).post(at("compose_statement", study, vignette.pk), form)
    assert response.status_code == 200
    assert f'value="{options["TMS"].pk}" id="option-{options["TMS"].pk}" checked' in response.content.decode()


@pytest.mark.parametrize("chosen", [[], ["not-an-id"], [str(uuid.uuid4())]])
def test_a_statement_needs_an_option_of_this_study(chosen: list[str]) -> None:
    study, vignette, _options = prepared()
    for action in ("preview", "save"):
        form = {"options": chosen, "action": action, "text": "Anything."}
        response = running(study).post(at("compose_statement", study, vignette.pk), form)
        page = response.content.decode()
        assert response.status_code == 422
        assert '<a href="#options">Choose at least one option.</a>' in page
        assert "<title>Error: Compose a statement" in page
    assert not Statement.objects.exists()


@pytest.mark.parametrize("text", ["", "  ", "x" * 601, "a\x00b", "a\x1bb"])
def test_a_wording_that_cannot_be_is_refused_everywhere(text: str) -> None:
    study, vignette, options = prepared()
    statement = make_statement(vignette, "It stays.")
    client = running(study)
    composed = {"options": [str(options["TMS"].pk)], "action": "save", "text": text}
    for address, form in (
        (at("compose_statement", study, vignette.pk), composed),
        (at("write_statement", study, vignette.pk), {"text": text}),
        (at("edit_statement", study, statement.pk), {"text": text}),
    ):
        response = client.post(address, form)
        page = response.content.decode()
        assert response.status_code == 422
        assert page.index('id="id_text_error"') < page.index('name="text"')
    assert [row.text for row in Statement.objects.all()] == ["It stays."]


def test_a_statement_may_be_written_freely_by_an_author() -> None:
    study, vignette, _options = prepared()
    author = signed_in(make_author(study))
    author.post(at("write_statement", study, vignette.pk), {"text": "I would wait\nand see."})
    statement = Statement.objects.get()
    assert (statement.text, statement.named_options.count()) == ("I would wait and see.", 0)


def test_rewording_keeps_the_options_linked() -> None:
    study, vignette, options = prepared()
    client = running(study)
    form = {"options": [str(options["TMS"].pk)], "action": "save", "text": "TMS."}
    client.post(at("compose_statement", study, vignette.pk), form)
    statement = Statement.objects.get()
    client.post(at("edit_statement", study, statement.pk), {"text": "TMS first."})
    statement.refresh_from_db()
    assert statement.text == "TMS first."
    assert [link.option.name for link in statement.named_options.all()] == ["TMS"]


def test_after_a_round_a_statement_can_be_reworded_but_not_deleted() -> None:
    study = make_study(panelists=5, statements=1)
    round = hold_round(study)
    statement = Statement.objects.get(vignette__study=study)
    asked = statement.text
    client = running(study)
    page = client.get(at("edit_statement", study, statement.pk)).content.decode()
    assert "keeps the wording that it asked" in page
    form = {"text": "Reworded.", "reason": "It was unclear.", "compares": "yes"}
    client.post(at("edit_statement", study, statement.pk), form)
    assert round.asked_statements.get().text == asked
    response = client.post(at("delete_statement", study, statement.pk))
    assert response["Location"] == reverse("facilitator:drop", args=[study.slug, "statements", statement.pk])
    assert Statement.objects.get(pk=statement.pk).text == "Reworded."


def test_a_statement_is_deleted_after_asking_once() -> None:
    study = make_study(panelists=0, statements=1)
    statement = Statement.objects.get(vignette__study=study)
    client = running(study)
    assert statement.text in client.get(at("delete_statement", study, statement.pk)).content.decode()
    assert Statement.objects.count() == 1
    client.post(at("delete_statement", study, statement.pk))
    assert Statement.objects.count() == 0


def test_a_statement_of_another_study_is_not_there() -> None:
    study, other = make_study(panelists=5, statements=1), make_study(panelists=5, statements=1)
    agree(open_round(other))
    foreign = Statement.objects.get(vignette__study=other)
    client = running(study)
    assert client.get(at("edit_statement", study, foreign.pk)).status_code == 404
    assert client.post(at("delete_statement", study, foreign.pk)).status_code == 404
    assert client.post(at("write_statement", study, foreign.vignette_id), {"text": "x"}).status_code == 404
    assert signed_in(make_facilitator()).get(at("edit_statement", other, foreign.pk)).status_code == 404


def test_what_was_typed_is_shown_as_text() -> None:
    payload = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"
    study = make_study(panelists=0, statements=0, title=payload)
    vignette = make_vignette(study, payload)
    option = make_option(study, payload, payload, payload)
    statement = make_statement(vignette, payload)
    client = running(study)
    form = {"options": [str(option.pk)], "action": "preview"}
    pages = [
        client.get(at("compose_statement", study, vignette.pk)),
        client.post(at("compose_statement", study, vignette.pk), form),
        client.get(at("write_statement", study, vignette.pk)),
        client.get(at("edit_statement", study, statement.pk)),
        client.get(at("delete_statement", study, statement.pk)),
    ]
    for response in pages:
        page = response.content.decode()
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert "<img" not in page
