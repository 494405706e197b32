"""The published rules in words: each is one sentence of its own."""

import pytest

from surveys.consensus import BUILT_IN, NAMED_RULES, rule_sentence

TABLE = "what the RAND/UCLA table sets for the size of the panel"
EXTREMES = f"of the ratings from 1 to 3 and those from 7 to 9 the lesser number is below {TABLE}"
WINDOW = f"the number of ratings outside the best three points around the median is at most {TABLE}"


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("full-consensus", "Full consensus: every rating is above 5 and the mean is above 7."),
        ("strong-consensus", "Strong consensus: every rating is above 5 and the mean is above 8."),
        (
            "rand-ucla",
            f"RAND/UCLA: the median is at least 6.5 and {EXTREMES}; out where the median is at most 3 and {EXTREMES}.",
        ),
        (
            "rand-ucla-strict",
            (
                "RAND/UCLA, strict agreement: the median is at least 6.5 and the number of ratings that are not from"
                f" 7 to 9 is at most {TABLE}; out where the median is at most 3 and the number of ratings that are"
                f" not from 1 to 3 is at most {TABLE}."
            ),
        ),
        (
            "rand-ucla-relaxed",
            (
                f"RAND/UCLA, relaxed agreement: the median is at least 6.5 and {WINDOW}; out where the median is at"
                f" most 3 and {WINDOW}."
            ),
        ),
        (
            "rand-ucla-ipras",
            (
                "RAND/UCLA with IPRAS: the median is at least 6.5 and the disagreement index is at most 1; out where"
                " the median is at most 3 and the disagreement index is at most 1 (quantiles of type 7)."
            ),
        ),
        (
            "cos-70-15",
            (
                "COS 70/15: at least 70% of all ratings are from 7 to 9 and fewer than 15% of all ratings are from 1"
                " to 3; out where at least 70% of all ratings are from 1 to 3 and fewer than 15% of all ratings are"
                " from 7 to 9."
            ),
        ),
        (
            "cos-70-15-every-group",
            (
                "COS 70/15 in every group: in every group at least 70% of all ratings are from 7 to 9 and in every"
                " group fewer than 15% of all ratings are from 1 to 3; out where in every group at least 70% of all"
                " ratings are from 1 to 3 and in every group fewer than 15% of all ratings are from 7 to 9."
            ),
        ),
        ("percent-agreement", "Percent agreement: at least 75% of all ratings are from 7 to 9."),
        (
            "median-iqr",
            (
                "Median with interquartile range: the median is at least 7 and the interquartile range is at most 2;"
                " out where the median is at most 3 and the interquartile range is at most 2 (quantiles of type 7)."
            ),
        ),
        ("grade-importance", "GRADE importance: the median is at least 7; out where the median is at most 3."),
        (
            "super-majority",
            (
                "Super-majority by round: at least 75% (in round 1), 67% (in round 2) and 50% (from round 3 on) of all"
                " ratings are from 7 to 9."
            ),
        ),
        (
            "apmo",
            (
                "Average percent of majority opinions: the share of all ratings from 7 to 9 is above the average"
                " percent of majority opinions."
            ),
        ),
    ],
)
def test_each_rule_is_one_sentence(name: str, sentence: str) -> None:
    assert rule_sentence(NAMED_RULES[name]) == sentence


def test_every_rule_has_its_source_and_a_sentence_of_its_own() -> None:
    assert all(kind.source for kind in BUILT_IN.values())
    assert len({rule_sentence(rule) for rule in NAMED_RULES.values()}) == len(BUILT_IN) == 13
