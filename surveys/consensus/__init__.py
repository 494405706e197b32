"""Consensus: rules, verdicts, statistics, stability and agreement. Never Django.

Verdicts are exact: whole numbers and fractions, never floats. Nothing is true of no ratings.
"""

from surveys.consensus.built_in import BUILT_IN, FULL_CONSENSUS, NAMED_RULES, Choices, built_in_rule
from surveys.consensus.chance_corrected import gwet_ac, krippendorff_alpha, weighted_kappa
from surveys.consensus.complete_raters import CompleteRaters, complete_raters, nobody
from surveys.consensus.concordance import Concordance, concordance, concordance_of, kendalls_w
from surveys.consensus.exact import plain_number, round_half_up
from surveys.consensus.findings import Finding
from surveys.consensus.intraclass import Intraclass, intraclass, intraclass_of
from surveys.consensus.location import count_between, quantile, share
from surveys.consensus.phrases import Phrase
from surveys.consensus.printing import decimals
from surveys.consensus.rankings import (
    agreement_of_rankings,
    borda,
    first_choices,
    in_top,
    mean_rank,
    median_rank,
)
from surveys.consensus.reason_words import reason
from surveys.consensus.recommendations import HALF, named_by, proposed
from surveys.consensus.resolving import majority_average, rule_in_round
from surveys.consensus.rule_json import rule_digest, rule_from_json, rule_to_json
from surveys.consensus.rule_words import rule_phrase, rule_sentence
from surveys.consensus.rules import AllOf, AnyOf, ByRound, Clause, Derived, Not, Outcome, Rule
from surveys.consensus.scales import NINE_POINTS, Scale, count_ratings
from surveys.consensus.shortfall import NearMiss, near_miss, short_of
from surveys.consensus.stability import Changes, Stability, changes, stability
from surveys.consensus.stopping import Standing, StoppingRule, StopReason, judge_stopping, stopping_phrase
from surveys.consensus.summaries import Summary, summarize
from surveys.consensus.tallies import Tally, tally_of
from surveys.consensus.verdicts import Verdict, assess, assess_counts, judge
from surveys.consensus.words import join_reasons

__all__ = [
    "BUILT_IN",
    "FULL_CONSENSUS",
    "HALF",
    "NAMED_RULES",
    "NINE_POINTS",
    "AllOf",
    "AnyOf",
    "ByRound",
    "Changes",
    "Choices",
    "Clause",
    "CompleteRaters",
    "Concordance",
    "Derived",
    "Finding",
    "Intraclass",
    "NearMiss",
    "Not",
    "Outcome",
    "Phrase",
    "Rule",
    "Scale",
    "Stability",
    "Standing",
    "StopReason",
    "StoppingRule",
    "Summary",
    "Tally",
    "Verdict",
    "agreement_of_rankings",
    "assess",
    "assess_counts",
    "borda",
    "built_in_rule",
    "changes",
    "complete_raters",
    "concordance",
    "concordance_of",
    "count_between",
    "count_ratings",
    "decimals",
    "first_choices",
    "gwet_ac",
    "in_top",
    "intraclass",
    "intraclass_of",
    "join_reasons",
    "judge",
    "judge_stopping",
    "kendalls_w",
    "krippendorff_alpha",
    "majority_average",
    "mean_rank",
    "median_rank",
    "named_by",
    "near_miss",
    "nobody",
    "plain_number",
    "proposed",
    "quantile",
    "reason",
    "round_half_up",
    "rule_digest",
    "rule_from_json",
    "rule_in_round",
    "rule_phrase",
    "rule_sentence",
    "rule_to_json",
    "share",
    "short_of",
    "stability",
    "stopping_phrase",
    "summarize",
    "tally_of",
    "weighted_kappa",
]
