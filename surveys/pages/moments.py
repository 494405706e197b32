"""Times in words: always in the study's own time zone, which is named."""

import datetime as dt
import zoneinfo

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext


def zone_words(zone: str) -> str:
    """`Chicago time` for America/Chicago; UTC and its kin stay as they are."""
    place = zone.rsplit("/", 1)[-1].replace("_", " ")
    if "/" not in zone or zone.startswith("Etc/"):
        return place
    return _("%(place)s time") % {"place": place}


def moment_words(moment: dt.datetime, zone: str) -> str:
    """`Friday, October 4, 17:00` on the clocks of a time zone, such as America/Chicago."""
    local = moment.astimezone(zoneinfo.ZoneInfo(zone))
    # Translators: how a day and a time are written, in the letters of Django's date filter.
    return date_format(local, _("l, F j, H:i"), use_l10n=False)


def full_moment_words(moment: dt.datetime, zone: str) -> str:
    """`Friday, October 4, 17:00 (Chicago time)`: a moment with its zone."""
    return _("%(moment)s (%(zone)s)") % {"moment": moment_words(moment, zone), "zone": zone_words(zone)}


def day_words(moment: dt.datetime, zone: str) -> str:
    """`October 4, 2024` in a time zone."""
    # Translators: how a day is written, in the letters of Django's date filter.
    return date_format(moment.astimezone(zoneinfo.ZoneInfo(zone)), _("F j, Y"), use_l10n=False)


def date_words(day: dt.date) -> str:
    """`October 4, 2024`: a day that is the same in every time zone."""
    # Translators: how a day is written, in the letters of Django's date filter.
    return date_format(day, _("F j, Y"), use_l10n=False)


def short_day_words(moment: dt.datetime, zone: str) -> str:
    """`Oct 4` in a time zone, for a narrow place."""
    # Translators: how a day is written in a narrow place, in the letters of Django's date filter.
    return date_format(moment.astimezone(zoneinfo.ZoneInfo(zone)), _("M j"), use_l10n=False)


def dated_moment_words(moment: dt.datetime, zone: str) -> str:
    """`October 4, 2024, 17:00 (Chicago time)`: a moment that is past, with its year."""
    # Translators: how a past day and a time are written, in the letters of Django's date filter.
    words = date_format(moment.astimezone(zoneinfo.ZoneInfo(zone)), _("F j, Y, H:i"), use_l10n=False)
    return _("%(moment)s (%(zone)s)") % {"moment": words, "zone": zone_words(zone)}


def duration_words(minutes: int) -> str:
    """`3 hours`, `1 hour 30 minutes`, `45 minutes`."""
    hours, rest = divmod(minutes, 60)
    told = []
    if hours:
        told.append(ngettext("%(n)d hour", "%(n)d hours", hours) % {"n": hours})
    if rest or not hours:
        told.append(ngettext("%(n)d minute", "%(n)d minutes", rest) % {"n": rest})
    return " ".join(told)
