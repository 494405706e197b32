"""Rules, verdicts and near misses in the reader's language: the phrases of the consensus package, by gettext."""

from django.utils.translation import gettext, ngettext

from surveys.consensus import FULL_CONSENSUS, Finding, NearMiss, Phrase, Rule, Verdict, reason, rule_phrase
from surveys.consensus.words import within_sentence


def in_words(phrase: Phrase) -> str:
    """A phrase in the reader's language."""
    return phrase.said(gettext, ngettext)


def rule_name(rule: Rule) -> str:
    """What a statement has that is in, within a sentence: "full consensus", "consensus by COS 70/15"."""
    words = consensus_phrase(rule.name)
    if rule.name == FULL_CONSENSUS.name or words.endswith("consensus"):
        return words
    return gettext("consensus by %(rule)s") % {"rule": words}


def consensus_phrase(name: str) -> str:
    """A rule's name within a sentence; the one name that we give ourselves is translated."""
    return gettext("full consensus") if name == FULL_CONSENSUS.name else within_sentence(name)


def rule_words(rule: Rule) -> str:
    """The rule as one sentence, beginning with its name."""
    return in_words(rule_phrase(rule))


def reason_words(finding: Finding) -> str:
    """One sentence on how a clause was met or missed."""
    return in_words(reason(finding))


def verdict_words(verdict: Verdict) -> list[str]:
    """The reasons of a verdict, a sentence each."""
    return [in_words(phrase) for phrase in verdict.phrases]


def near_miss_words(near: NearMiss) -> str:
    """What one other rating would have changed."""
    words = {
        "rating": near.rating,
        "needed": near.needed
        if near.needed == near.highest
        else gettext("%(point)d or higher") % {"point": near.needed},
        "rule": consensus_phrase(near.rule_name),
    }
    if near.against:
        return gettext("If that one rating were %(needed)s, this would be %(rule)s.") % words
    if near.held_by == 1:
        return gettext("If the rating of %(rating)d were %(needed)s, this would be %(rule)s.") % words
    return gettext("If one rating of %(rating)d were %(needed)s, this would be %(rule)s.") % words
