"""A round in the words of facilitators' pages."""

from django import template

from surveys.facilitator.readings import round_label, round_phrase

register = template.Library()
register.filter("round_phrase", round_phrase)
register.filter("round_label", round_label)
