"""Times in words."""

import datetime as dt

import pytest

from surveys.pages.moments import moment_words, zone_words


@pytest.mark.parametrize(
    ("zone", "words"),
    [
        ("America/Chicago", "Chicago time"),
        ("America/New_York", "New York time"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires time"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
    ],
)
def test_a_time_zone_is_named_by_its_place(zone: str, words: str) -> None:
    assert zone_words(zone) == words


def test_a_moment_is_told_by_the_clocks_of_the_zone() -> None:
    moment = dt.datetime(2024, 10, 4, 22, 0, tzinfo=dt.UTC)
    assert moment_words(moment, "America/Chicago") == "Friday, October 4, 17:00"
    assert moment_words(moment, "UTC") == "Friday, October 4, 22:00"
    assert moment_words(moment, "Asia/Tokyo") == "Saturday, October 5, 07:00"
