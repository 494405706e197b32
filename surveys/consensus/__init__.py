"""Consensus: rules, verdicts, statistics, stability and agreement. Never Django.

Verdicts are exact: whole numbers and fractions, never floats. Nothing is true of no ratings.
"""

from surveys.consensus.agreement import kendalls_w
from surveys.consensus.exact import plain_number, round_half_up
from surveys.consensus.findings import Finding
from surveys.consensus.location import count_between, quantile, share
from surveys.consensus.rankings import agreement_of_rankings, mean_rank, median_rank
from surveys.consensus.recommendations import HALF, named_by, proposed
from surveys.consensus.rules import (
    FULL_CONSENSUS,
    NAMED_RULES,
    AllOf,
    Clause,
    Rule,
    rule_digest,
    rule_from_json,
    rule_to_json,
)
from surveys.consensus.scales import NINE_POINTS, Scale, count_ratings
from surveys.consensus.shortfall import NearMiss, near_miss, short_of
from surveys.consensus.stability import Changes, changes
from surveys.consensus.summaries import Summary, summarize
from surveys.consensus.verdicts import Outcome, Verdict, assess, assess_counts
from surveys.consensus.words import decimals, join_reasons, reason, rule_sentence

__all__ = [
    "FULL_CONSENSUS",
    "HALF",
    "NAMED_RULES",
    "NINE_POINTS",
    "AllOf",
    "Changes",
    "Clause",
    "Finding",
    "NearMiss",
    "Outcome",
    "Rule",
    "Scale",
    "Summary",
    "Verdict",
    "agreement_of_rankings",
    "assess",
    "assess_counts",
    "changes",
    "count_between",
    "count_ratings",
    "decimals",
    "join_reasons",
    "kendalls_w",
    "mean_rank",
    "median_rank",
    "named_by",
    "near_miss",
    "plain_number",
    "proposed",
    "quantile",
    "reason",
    "round_half_up",
    "rule_digest",
    "rule_from_json",
    "rule_sentence",
    "rule_to_json",
    "share",
    "short_of",
    "summarize",
]
