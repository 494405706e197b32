"""A round in the words of facilitators' pages."""

from django import template

from surveys.facilitator.readings import round_label

register = template.Library()
register.filter("round_label", round_label)
