"""What only the demonstration's pages say."""

from django import template

from surveys.facilitator import demonstration

register = template.Library()

register.filter("keeps_mail", demonstration.keeps_mail)
