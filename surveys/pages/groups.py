"""A released result as the panel sees it: counts and figures, never a verdict."""

from fractions import Fraction

from surveys.feedback.thresholds import Shown
from surveys.pages.scale import GroupOnPage


def group_on_page(shown: Shown, round_label: str) -> GroupOnPage:
    """What a panelist may see of a statement's result in the round called `round_label` ("round 2")."""
    if shown.is_hidden:
        return GroupOnPage(round_label, fewer_than=shown.least_answers)
    middle_half = (shown.q1, shown.q3) if shown.q1 is not None and shown.q3 is not None else None
    return GroupOnPage(
        round_label,
        answers=shown.n,
        counts=shown.counts,
        mean=shown.mean,
        median=shown.median,
        middle_half=middle_half,
        top_share=None if shown.share_high is None else int(shown.share_high * 100 + Fraction(1, 2)),
    )
