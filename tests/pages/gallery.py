"""Pages of every part of the look, drawn from the project's own templates; and the few addresses that these name."""

from collections.abc import Callable
from fractions import Fraction

from django import forms
from django.contrib.messages import constants
from django.contrib.messages.storage.base import Message
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import include, path

from surveys.pages.drawn import drawn_words
from surveys.pages.radios import OwnMark
from surveys.pages.scale import Conflict, GroupOnPage, StatementOnPage, pieces


def nowhere(request: HttpRequest) -> HttpResponse:
    """Never asked for: the stage serves what is drawn here."""
    raise NotImplementedError


urlpatterns = [
    path("studies/", include(([path("", nowhere, name="studies")], "facilitator"))),
    path("panel/", include(([path("notice/", nowhere, name="notice")], "panelist"))),
    path("", include(([path("help/", nowhere, name="help"), path("sign-out/", nowhere, name="sign_out")], "pages"))),
]

STUDY = {"title": "Next-step treatment in treatment-resistant depression", "is_demonstration": True}
WORDS = "An SGA, TMS or ECT would be my main choice(s) as the next treatment recommendation for this patient."
OPTIONS = ["An SGA", "TMS", "ECT"]
ROUND_TWO = (0, 0, 0, 1, 0, 1, 3, 3, 2)
MIDDLE = (Fraction(7), Fraction(8))
GROUP = GroupOnPage("round 2", 10, ROUND_TWO, Fraction(73, 10), Fraction(15, 2), MIDDLE)
MANY = GroupOnPage("round 2", 5000, (60, 45, 110, 160, 310, 720, 1480, 1580, 535), Fraction(679, 100), Fraction(7))
BASE = "A woman of 30 is referred for depression.\n\nThree adequate trials: an SSRI; bupropion; then venlafaxine XR."


def statement(name: str, **more: object) -> StatementOnPage:
    return StatementOnPage(name=name, wording=pieces(WORDS, OPTIONS), **more)  # type: ignore[arg-type]


RATE = """{% extends "panelist.html" %}{% load delphi static %}
{% block title %}Vignette 3 of 7: aged 70{% endblock %}
{% block header_class %} stick{% endblock %}
{% block name %}<a class="small" href="/start">All vignettes</a> <span class="muted">/</span>
<a class="small link-body" href="#vignette"><mark>aged 70</mark></a>{% endblock %}
{% block links %}{% include "panelist/_save_state.html" %}{% endblock %}
{% block main_class %}{% endblock %}
{% block main %}<div class="two"><section id="vignette" class="keep stack-s" aria-labelledby="vh">
<h1 id="vh">Vignette 3 of 7: aged 70</h1><p class="differs">Changed from the base case: <b>70 years old</b>, not 30.</p>
<div class="vignette">{% word_marks base text %}</div></section>
<form class="card-x stack bleed" id="rating-form" method="post" autocomplete="off" action="/rate">
{% include "panelist/_form_start.html" %}{{ script_words }}
{% for item in statements %}{% include "panelist/_statement.html" %}{% endfor %}
<div class="row-x"><button class="btn btn-primary" name="action" value="save">Next: vignette 4</button>
<a class="btn btn-quiet" href="#">Back to vignette 2</a></div></form></div>{% endblock %}
{% block scripts %}<script src="{% static "panelist/rate.js" %}" defer></script>{% endblock %}"""

STAFF = """{% extends "staff.html" %}{% load crispy_forms_tags delphi %}
{% block title %}Overview{% endblock %}
{% block tabs %}{% include "_tabs.html" %}{% endblock %}
{% block main %}<h1>Round 2 is closed. 3 of 7 statements have full consensus.</h1>
<ol class="steps" aria-label="Course of the study"><li><b>Round 1</b><br><span class="muted">closed</span></li>
<li class="last"><b>Round 2</b><br><span class="muted">closed</span></li>
<li class="now" aria-current="step"><b>Round 3</b><br><span class="muted">draft</span></li>
<li class="todo"><b>Finish</b><br><span class="muted">when all agree</span></li></ol>
<div class="study stack"><section class="card-x stack-s"><h2>Next: open round 3</h2><ul class="clauses">
<li>{% glyph "open" %}<span><a href="#">Choose a closing time</a></span></li>
<li><span class="ok">{% glyph "check" %}</span><span>10 panelists</span></li></ul>
<a class="btn btn-primary w-100" href="#">Check and open round 3</a></section>
<section class="card-x main-col"><h2 id="hm">Statements by round</h2>
<table class="heat" role="table" aria-labelledby="hm"><thead role="rowgroup"><tr role="row">
<th role="columnheader" scope="col">Vignette</th><th role="columnheader" scope="col">Round 1</th>
<th role="columnheader" scope="col" class="why">Why not yet</th></tr></thead><tbody role="rowgroup">
{% for short in "0123" %}<tr role="row"><th role="rowheader" scope="row">1. Base case</th>
<td role="cell" class="cell s{{ short }}" data-label="Round 1">
<a href="#"><b>7.10</b><small>{{ short }} short</small></a></td>
<td role="cell" class="why small"><b>1 of 10 ratings is 5 or lower.</b></td></tr>{% endfor %}</tbody></table>
</section></div>
<section class="card-x stack"><h2>Round 2</h2>
<p class="row-x"><span class="verdict no">{% glyph "open" %} Not yet</span>
<span class="verdict yes">{% glyph "check" %} Reached</span>
<span class="short">{% glyph "cross" %} 1 of 10 ratings is 5 or lower</span></p>
<figure class="m-0">{% distribution counts median=7.5 mean=7.3 variant="detail" label="Round 2" %}
<figcaption class="small muted">One block is one rating.</figcaption></figure>
{% include "_over_rounds.html" %}</section>
<section class="card-x"><table class="paper" role="table"><caption>Table 3</caption>
<thead role="rowgroup"><tr role="row">
<th role="columnheader" scope="col">Vignette</th><th role="columnheader" scope="col" class="r">Mean</th>
<th role="columnheader" scope="col" class="w-dist">Ratings</th></tr></thead><tbody role="rowgroup"><tr role="row">
<th role="rowheader" scope="row">1. Base case</th><td role="cell" class="r num" data-label="Mean">8.40</td>
<td role="cell" class="w-dist" data-label="Ratings">{% distribution counts variant="small" %}</td></tr></tbody></table>
</section>
{% include "_errors.html" %}
<form class="card-x stack-s narrow" method="post">{{ form|crispy }}
<div class="row-x"><button class="btn btn-primary">Save</button><button class="btn btn-plain">Preview</button>
<button class="btn btn-danger">Delete</button></div></form>
<div class="alert alert-danger">That is not possible.</div><div class="alert alert-success">Done.</div>
<p><span class="badge">Draft</span></p>
<section class="card-x"><div class="table-responsive" tabindex="0" role="region" aria-label="Panel">
<table class="table">
<thead><tr><th scope="col">Name</th><th scope="col">Group</th></tr></thead>
<tbody><tr><th scope="row">A. Alvarez</th><td>Psychiatry</td></tr></tbody></table></div></section>
<nav aria-label="Pages"><ul class="pagination">
<li class="page-item disabled"><span class="page-link">Previous</span></li>
<li class="page-item active"><span class="page-link" aria-current="page">1</span></li>
<li class="page-item"><a class="page-link" href="#">2</a></li></ul></nav>
{% include "_empty.html" with words="No statements yet." link="#" action="Write a statement" %}{% endblock %}"""


class SampleForm(forms.Form):
    """One field of each kind."""

    title = forms.CharField(help_text="Shown to the panel.")
    text = forms.CharField(widget=forms.Textarea(attrs={"rows": 3}))
    kind = forms.ChoiceField(choices=[("a", "Add"), ("b", "Switch")])
    sides = forms.ChoiceField(choices=[("a", "Left"), ("b", "Right")], widget=forms.RadioSelect)
    agree = forms.BooleanField(label="I have read it", help_text="All of it.")
    table = forms.FileField(required=False)
    closes = forms.DateTimeField(required=False, widget=forms.DateTimeInput(attrs={"placeholder": "2026-01-31 17:00"}))


def draw_page(source: str, **context: object) -> str:
    return engines["django"].from_string(source).render({"study": STUDY, **context})


def rate_page(*statements: StatementOnPage, **context: object) -> str:
    text = BASE.replace("30", "70")
    given: dict[str, object] = {"save_state": "draft", "version": 1, "base": BASE, "text": text, **context}
    words = drawn_words(len(statements), asks_options=False)
    return draw_page(RATE, statements=statements, script_words=words, **given)


def staff_page(form: forms.Form) -> str:
    rounds = [
        {"label": "Round 1", "counts": (0, 0, 1, 0, 1, 0, 3, 3, 2), "median": 7.5, "mean": 7.1, "words": "mean 7.10"},
        {"label": "Round 2", "counts": (0, 0, 0, 0, 1, 0, 2, 4, 3), "median": 8, "mean": 7.8, "words": "mean 7.80"},
    ]
    tabs = [("Overview", "/", True), ("Questionnaire", "/q", False), ("Panel", "/p", False)]
    messages = [Message(constants.SUCCESS, "Round 3 is open."), Message(constants.ERROR, "Nothing was changed.")]
    return draw_page(STAFF, tabs=tabs, counts=(1, 0, 0, 0, 1, 0, 3, 3, 2), rounds=rounds, form=form, messages=messages)


STATES = (
    statement("s1"),
    statement(
        "s2",
        value="8",
        seen="8",
        group=GROUP,
        own_marks=(OwnMark(7, "round 2"),),
        earlier_reasons=("TMS.",),
        earlier_label="round 2",
    ),
    statement("s3", value="abstain", group=GROUP, own_marks=(OwnMark(1, "round 2"),)),
    statement("s4", group=GroupOnPage("round 2", fewer_than=5), own_marks=(OwnMark(9, "round 2"),)),
    statement("s5", group=MANY, errors=("Rate this statement, or choose “I cannot rate this”.",)),
    statement("s6", value="3", group=GROUP, own_marks=(OwnMark(7, "round 2"),), reason="Tolerability"),
    statement("s7", value="8", conflict=Conflict("6", "8"), reason="a", reason_conflict=Conflict("b", "a")),
    statement("s8", value="8", disabled=True),
)
PAGES: dict[str, Callable[[], str]] = {
    "rate": lambda: rate_page(STATES[1]),
    "states": lambda: rate_page(*STATES, has_errors=True, save_state="submitted"),
    "staff": lambda: staff_page(SampleForm()),
    "errors": lambda: staff_page(SampleForm(data={"kind": "c"})),
    "missing": lambda: draw_page("{% include '404.html' %}"),
    "broken": lambda: draw_page("{% include '500.html' %}"),
}
