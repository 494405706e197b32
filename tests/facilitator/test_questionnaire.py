"""The questionnaire page, and the pages of vignettes and options."""

import uuid

import pytest
from django.test import Client
from django.urls import reverse

from surveys.studies.models import Study
from surveys.vignettes.models import Option, Vignette
from tests.facilitator.reading import queries_for
from tests.factories import (
    agree,
    facilitator_of,
    make_administrator,
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

PAYLOAD = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>"


def page_of(study: Study) -> str:
    return reverse("facilitator:questionnaire", args=[study.slug])


def at(name: str, study: Study, *things: uuid.UUID) -> str:
    return reverse(f"facilitator:{name}", args=[study.slug, *things])


def running(study: Study) -> Client:
    return signed_in(facilitator_of(study))


def test_an_author_sees_the_questionnaire_and_no_other_tab() -> None:
    study = make_study(panelists=0, statements=1)
    author = signed_in(make_author(study))
    page = author.get(page_of(study)).content.decode()
    for name in ("study", "panel", "rounds", "tables", "log", "settings"):
        address = at(name, study)
        assert f'href="{address}"' not in page
        assert f'href="{address}"' in running(study).get(page_of(study)).content.decode()
        assert author.get(address).status_code == 404


def test_strangers_find_nothing_and_change_nothing() -> None:
    study = make_study(panelists=0, statements=2)
    vignette = Vignette.objects.get(study=study, is_base=False)
    option = make_option(study)
    addresses = [
        page_of(study),
        at("add_vignette", study),
        at("edit_vignette", study, vignette.pk),
        at("delete_vignette", study, vignette.pk),
        at("move_vignette", study, vignette.pk),
        at("add_option", study),
        at("edit_option", study, option.pk),
        at("delete_option", study, option.pk),
        at("move_option", study, option.pk),
    ]
    for stranger in (make_facilitator(), make_administrator()):
        client = signed_in(stranger)
        for address in addresses:
            assert {client.get(address).status_code, client.post(address, {"step": "up"}).status_code} <= {404, 405}
    for address in addresses:
        assert Client().post(address).status_code == 302
    assert Vignette.objects.filter(study=study).count() == 2
    assert Option.objects.filter(study=study).count() == 1


def test_a_vignette_of_another_study_is_not_there() -> None:
    study, other = make_study(panelists=0, statements=0), make_study(panelists=0, statements=1)
    foreign = Vignette.objects.get(study=other)
    option = make_option(other)
    client = running(study)
    assert client.get(at("edit_vignette", study, foreign.pk)).status_code == 404
    assert client.post(at("delete_vignette", study, foreign.pk)).status_code == 404
    assert client.post(at("edit_option", study, option.pk), {"name": "x", "category": "y"}).status_code == 404


def test_an_empty_questionnaire_says_what_will_stand_there_with_one_button() -> None:
    study = make_study(panelists=0, statements=0)
    page = running(study).get(page_of(study)).content.decode()
    assert "<h1>Nothing is written yet</h1>" in page
    assert page.count('class="btn') == 1
    assert "Write the base case" in page


def test_the_heading_counts_vignettes_and_statements() -> None:
    study = make_study(panelists=0, statements=1)
    client = running(study)
    assert "<h1>1 vignette, 1 statement to rate</h1>" in client.get(page_of(study)).content.decode()
    make_vignette(study)
    assert "<h1>2 vignettes, 1 statement to rate</h1>" in client.get(page_of(study)).content.decode()


@pytest.mark.parametrize("vignettes", [1, 3])
def test_the_page_asks_the_database_as_often_for_many_vignettes_as_for_one(vignettes: int) -> None:
    study = make_study(panelists=0, statements=vignettes)
    for number in range(vignettes):
        make_option(study, f"Option {number}")
    assert queries_for(running(study), page_of(study)) == 11


def test_the_first_vignette_is_the_base_case_and_has_no_changed_aspect() -> None:
    study = make_study(panelists=0, statements=0)
    client = running(study)
    assert 'name="aspect"' not in client.get(at("add_vignette", study)).content.decode()
    client.post(at("add_vignette", study), {"title": "Base case", "text": "A woman of 30.", "action": "save"})
    vignette = Vignette.objects.get(study=study)
    assert (vignette.is_base, vignette.text) == (True, "A woman of 30.")


def test_a_variation_begins_with_the_text_of_the_base_case() -> None:
    study = make_study(panelists=0, statements=0)
    make_vignette(study, text="The text of the base case.")
    page = running(study).get(at("add_vignette", study)).content.decode()
    assert "The text of the base case.</textarea>" in page


@pytest.mark.parametrize(("text", "is_warned"), [("A woman of 30 comes.", True), ("A woman of 70 comes.", False)])
def test_a_variation_whose_text_is_the_base_case_s_is_saved_with_a_warning(text: str, is_warned: bool) -> None:
    study = make_study(panelists=0, statements=0)
    make_vignette(study, text="A woman of 30 comes.")
    form = {"title": "Aged 70", "aspect": "70 years old, not 30", "text": text}
    page = running(study).post(at("add_vignette", study), form, follow=True).content.decode()
    assert "“Aged 70” is saved." in page
    assert ("Its text is still that of the base case" in page) is is_warned


def test_a_preview_shows_what_a_reader_sees_and_saves_nothing() -> None:
    study = make_study(panelists=0, statements=0)
    make_vignette(study, text="A woman of 30 comes.")
    form = {"title": "Aged 70", "aspect": "70 years old, not 30", "text": "A woman of 70 comes.", "action": "preview"}
    page = running(study).post(at("add_vignette", study), form).content.decode()
    assert "Changed from the base case: <b>70 years old</b>, not 30." in page
    assert "A woman of <mark>70</mark> comes." in page
    assert 'value="70 years old, not 30"' in page
    assert Vignette.objects.filter(study=study).count() == 1


@pytest.mark.parametrize(
    ("field", "value"),
    [("title", ""), ("title", "x" * 121), ("aspect", ""), ("aspect", "a\x00"), ("text", " "), ("text", "x" * 8001)],
)
def test_a_wrong_vignette_is_refused_with_the_fault_above_its_field(field: str, value: str) -> None:
    study = make_study(panelists=0, statements=1)
    form = {"title": "Aged 70", "aspect": "70 years old", "text": "A woman of 70.", "action": "save", field: value}
    response = running(study).post(at("add_vignette", study), form)
    page = response.content.decode()
    assert response.status_code == 422
    assert "<title>Error: Add a variation</title>" in page
    assert page.index(f'id="id_{field}_error"') < page.index(f'name="{field}"')
    assert Vignette.objects.filter(study=study).count() == 1


def test_a_vignette_is_reworded() -> None:
    study = make_study(panelists=0, statements=1)
    vignette = Vignette.objects.get(study=study)
    response = running(study).post(at("edit_vignette", study, vignette.pk), {"title": "Base", "text": "New text."})
    vignette.refresh_from_db()
    assert response["Location"] == f"{page_of(study)}#vignette-{vignette.pk}"
    assert (vignette.title, vignette.text) == ("Base", "New text.")


def test_buttons_move_a_variation_and_the_ends_have_one_button_each() -> None:
    study = make_study(panelists=0, statements=3)
    second, third = Vignette.objects.filter(study=study, is_base=False).order_by("position")
    client = running(study)
    page = client.get(page_of(study)).content.decode()
    assert (page.count('value="up"'), page.count('value="down"')) == (1, 1)
    client.post(at("move_vignette", study, third.pk), {"step": "up"})
    assert list(Vignette.objects.filter(study=study, is_base=False).order_by("position")) == [third, second]
    assert client.post(at("move_vignette", study, third.pk), {"step": "sideways"}).status_code == 404
    assert client.get(at("move_vignette", study, third.pk)).status_code == 405


def test_a_vignette_is_deleted_after_asking_once() -> None:
    study = make_study(panelists=0, statements=2)
    vignette = Vignette.objects.get(study=study, is_base=False)
    client = running(study)
    assert "Its text and its 1 statement are deleted." in (
        client.get(at("delete_vignette", study, vignette.pk)).content.decode()
    )
    assert Vignette.objects.filter(pk=vignette.pk).exists()
    client.post(at("delete_vignette", study, vignette.pk))
    assert not Vignette.objects.filter(pk=vignette.pk).exists()


def test_a_vignette_that_a_round_asked_stays_and_the_page_says_what_to_do() -> None:
    study = make_study(panelists=5, statements=2)
    agree(open_round(study))
    vignette = Vignette.objects.get(study=study, is_base=False)
    page = running(study).get(page_of(study)).content.decode()
    assert at("edit_vignette", study, vignette.pk) in page
    assert "/delete/" not in page
    response = running(study).post(at("delete_vignette", study, vignette.pk))
    assert response["Location"] == reverse("facilitator:drop", args=[study.slug, "vignettes", vignette.pk])
    assert Vignette.objects.filter(pk=vignette.pk).exists()


def test_options_are_added_one_after_another_and_their_categories_offered() -> None:
    study = make_study(panelists=0, statements=0)
    client = running(study)
    form = {"name": "TMS", "category": "Add", "explanation": "", "action": "another"}
    assert client.post(at("add_option", study), form)["Location"] == at("add_option", study)
    assert '<option value="Add"></option>' in client.get(at("add_option", study)).content.decode()


def test_an_option_is_renamed_moved_and_deleted() -> None:
    study = make_study(panelists=0, statements=0)
    first, second = make_option(study, "SGA"), make_option(study, "Lithium")
    client = running(study)
    client.post(at("edit_option", study, first.pk), {"name": "An SGA", "category": "Add", "explanation": "x"})
    client.post(at("move_option", study, second.pk), {"step": "up"})
    assert [option.name for option in Option.objects.order_by("position")] == ["Lithium", "An SGA"]
    assert "An SGA" in client.get(at("delete_option", study, first.pk)).content.decode()
    client.post(at("delete_option", study, first.pk))
    assert [option.name for option in Option.objects.all()] == ["Lithium"]


def test_an_option_of_the_same_name_is_refused_at_its_field() -> None:
    study = make_study(panelists=0, statements=0)
    make_option(study, "TMS")
    response = running(study).post(at("add_option", study), {"name": "TMS", "category": "Switch"})
    assert response.status_code == 422
    assert '<a href="#id_name">Name: There is already an option with this name.</a>' in response.content.decode()
    assert Option.objects.count() == 1


def test_what_was_typed_is_shown_as_text() -> None:
    study = make_study(panelists=0, statements=0, title=PAYLOAD)
    make_vignette(study, PAYLOAD, text=PAYLOAD)
    variation = make_vignette(study, PAYLOAD, aspect=f"{PAYLOAD}, not", text=f"{PAYLOAD} {PAYLOAD}")
    make_statement(variation, PAYLOAD)
    option = make_option(study, PAYLOAD, PAYLOAD, PAYLOAD)
    client = running(study)
    for address in (
        page_of(study),
        at("edit_vignette", study, variation.pk),
        at("delete_vignette", study, variation.pk),
        at("edit_option", study, option.pk),
        at("delete_option", study, option.pk),
        at("compose_statement", study, variation.pk),
    ):
        page = client.get(address).content.decode()
        assert "alert(1)" in page
        assert "<script>alert" not in page
        assert "<img" not in page


def test_nothing_is_written_in_a_finished_study() -> None:
    study = make_study(panelists=0, statements=1)
    option = make_option(study, "ECT")
    Study.objects.filter(pk=study.pk).update(status=Study.Status.FINISHED)
    client = running(study)
    page = client.get(page_of(study)).content.decode()
    vignette = Vignette.objects.get(study=study)
    assert at("add_vignette", study) not in page
    assert at("edit_vignette", study, vignette.pk) not in page
    assert at("edit_option", study, option.pk) not in page
    assert at("write_statement", study, vignette.pk) not in page
    response = client.post(at("add_option", study), {"name": "TMS", "category": "Add"})
    assert (response.status_code, Option.objects.count()) == (422, 1)
