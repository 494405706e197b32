"""Times in words, for pages and mails."""

import datetime as dt

from django import template

from surveys.pages.moments import (
    date_words,
    dated_moment_words,
    day_words,
    duration_words,
    full_moment_words,
    moment_words,
    zone_words,
)

register = template.Library()

register.filter("date_words", date_words)
register.filter("zone_words", zone_words)
register.filter("duration_words", duration_words)


@register.filter
def in_zone(moment: dt.datetime | None, zone: str) -> str:
    """`Friday, October 4, 17:00` on that time zone's clocks; nothing for None."""
    return "" if moment is None else moment_words(moment, zone)


@register.filter
def in_named_zone(moment: dt.datetime | None, zone: str) -> str:
    """`Friday, October 4, 17:00 (Chicago time)`; nothing for None."""
    return "" if moment is None else full_moment_words(moment, zone)


@register.filter
def day_in_zone(moment: dt.datetime | None, zone: str) -> str:
    """`October 4, 2024` on that time zone's calendar; nothing for None."""
    return "" if moment is None else day_words(moment, zone)


@register.filter
def dated_in_zone(moment: dt.datetime | None, zone: str) -> str:
    """`October 4, 2024, 17:00 (Chicago time)`, for what is past; nothing for None."""
    return "" if moment is None else dated_moment_words(moment, zone)
