"""Moments in words, in a study's own time zone, which is always named."""

import datetime as dt
import zoneinfo

from django.utils.formats import date_format

from surveys.studies.models import Study


def zone_of(study: Study) -> zoneinfo.ZoneInfo:
    """The study's time zone."""
    return zoneinfo.ZoneInfo(study.time_zone)


def moment_words(moment: dt.datetime, study: Study) -> str:
    """`Friday, October 4, 2024, 17:00 (America/New_York)`."""
    local = moment.astimezone(zone_of(study))
    return f"{date_format(local, 'l, F j, Y, H:i')} ({study.time_zone})"


def day_words(moment: dt.datetime, study: Study) -> str:
    """`October 4, 2024`."""
    return date_format(moment.astimezone(zone_of(study)), "F j, Y")


def short_day_words(moment: dt.datetime, study: Study) -> str:
    """`Oct 4`, for a narrow place beside others of the same year."""
    return date_format(moment.astimezone(zone_of(study)), "M j")
