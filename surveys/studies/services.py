"""What staff may do to a study: set it up, lock its protocol, finish it; and the chain that remembers."""

import datetime as dt
import json
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.accounts.services import change_role
from surveys.consensus import FULL_CONSENSUS, NINE_POINTS, Rule, rule_from_json, rule_to_json
from surveys.studies.models import AuditEntry, Declarations, Protocol, Study, StudyStaff
from surveys.studies.notice import VERSION, plain, written_notice
from surveys.studies.queries import (
    PROTOCOL_AMENDED,
    PROTOCOL_LOCKED,
    audit_digest,
    canonical,
    declarations_of,
    declared,
    sha256_of,
)

SCHEDULE = "schedule"
MOST_BANDS = 2
# Below so many answers no counts are shown; then a rule may tell so many figures beside the median.
COUNTS_FROM = 7
MOST_FIGURES = 2

# Taken by a page of its own, beside the studies.
RESERVED_SLUGS = frozenset(["new"])


class StudyError(Exception):
    """Why a study cannot be changed so; the message is a sentence for the page."""


class ProtocolLocked(StudyError):
    """The protocol was locked when the first round opened."""


class NoAmendment(StudyError):
    """The protocol cannot be amended now, or the amendment is none."""


def record(
    *, study: Study, actor: User | str, action: str, now: dt.datetime, detail: dict[str, Any] | None = None
) -> AuditEntry:
    """Append one entry to the study's audit chain; call it inside the transaction of the deed itself.

    The digest is SHA-256 over the previous digest and the canonical JSON of the entry.
    """
    Study.objects.select_for_update().only("id").get(pk=study.pk)
    last = AuditEntry.objects.filter(study=study).order_by("-number").first()
    entry = AuditEntry(
        study=study,
        number=last.number + 1 if last else 1,
        at=now,
        actor=actor if isinstance(actor, str) else actor.email,
        action=action,
        detail=json.loads(canonical(detail or {})),
        previous=last.digest if last else "",
    )
    entry.digest = audit_digest(entry)
    entry.save(force_insert=True)
    return entry


@transaction.atomic
def note_export(*, study: Study, actor: User, action: str, detail: dict[str, Any], now: dt.datetime) -> None:
    """Record that a file left the installation: `action` is EXPORTED or DATASET_EXPORTED."""
    record(study=study, actor=actor, action=action, now=now, detail=detail)


@transaction.atomic
def create_study(
    *,
    title: str,
    question_stem: str,
    facilitator: User,
    now: dt.datetime,
    time_zone: str = "UTC",
    about: str = "",
    is_demonstration: bool = False,
) -> Study:
    """Make a study with the default protocol and its first facilitator. Raises StudyError for a wrong role."""
    if not facilitator.may_create_studies:
        raise StudyError(_("Only facilitators can create a study."))
    study = Study.objects.create(
        slug=_free_slug(title),
        title=title,
        question_stem=question_stem,
        time_zone=time_zone,
        about=about,
        created_at=now,
        is_demonstration=is_demonstration,
    )
    Protocol.objects.create(study=study, rule=rule_to_json(FULL_CONSENSUS))
    StudyStaff.objects.create(study=study, user=facilitator, role=StudyStaff.Role.FACILITATOR)
    record(study=study, actor=facilitator, action="study created", now=now, detail={"title": title})
    return study


def _free_slug(title: str) -> str:
    stem = slugify(title)[:60].strip("-") or "study"
    slug, number = stem, 1
    while slug in RESERVED_SLUGS or Study.objects.filter(slug=slug).exists():
        number += 1
        slug = f"{stem}-{number}"
    return slug


@transaction.atomic
def update_study(
    *,
    study: Study,
    actor: User,
    title: str,
    question_stem: str,
    time_zone: str,
    about: str,
    names_at_meetings: bool,
    now: dt.datetime,
) -> None:
    """Change what a study is called and says of itself; possible until it is finished. Raises StudyError."""
    _must_be_unfinished(study)
    before = _description(study)
    study.title, study.question_stem = title, question_stem
    study.time_zone, study.about = time_zone, about
    study.names_at_meetings = names_at_meetings
    study.save(update_fields=["title", "question_stem", "time_zone", "about", "names_at_meetings"])
    after = _description(study)
    record(study=study, actor=actor, action="study described", now=now, detail={"before": before, "after": after})


def _description(study: Study) -> dict[str, Any]:
    names = ("title", "question_stem", "names_at_meetings")
    return {name: getattr(study, name) for name in names}


def _must_be_unfinished(study: Study) -> None:
    """Raise StudyError for a finished study. Locks its row, and so comes before any other lock of the transaction."""
    if Study.objects.select_for_update().get(pk=study.pk).is_over:
        raise StudyError(_("This study is finished; nothing in it changes any more."))


@transaction.atomic
def update_protocol(
    *,
    study: Study,
    actor: User,
    rule: dict[str, Any],
    stable_percent: int | None,
    most_rounds: int | None,
    settled: str,
    least_answers: int,
    shows_comments: bool,
    groups: str,
    releases_rows: bool,
    notice: str,
    now: dt.datetime,
) -> None:
    """Set the rules and the policies. Raises ProtocolLocked after the first opening, ValueError for a bad rule, and
    StudyError for a rule that cannot be kept here."""
    _must_be_unfinished(study)
    protocol = Protocol.objects.select_for_update().get(study=study)
    if protocol.is_locked:
        raise ProtocolLocked(_("The protocol was locked when the first round opened."))
    _must_be_keepable(rule_from_json(rule), groups, least_answers)
    protocol.rule, protocol.settled = rule, settled
    protocol.stable_percent, protocol.most_rounds = stable_percent, most_rounds
    protocol.least_answers, protocol.shows_comments = least_answers, shows_comments
    protocol.groups, protocol.releases_rows, protocol.notice = groups, releases_rows, notice
    protocol.full_clean()
    protocol.save()
    record(study=study, actor=actor, action="protocol changed", now=now, detail=protocol_facts(protocol))


def _must_be_keepable(rule: Rule, groups: str, least_answers: int) -> None:
    """Raise StudyError for a rule of which a study could not keep its promises.

    What a locked rule's clauses find is always shown, to the panel too, which is told who sees results by group. Of
    many bands the counts themselves could be worked out.
    """
    if rule.scale != NINE_POINTS:
        raise StudyError(_("Studies rate from 1 to 9, and this rule is for another scale."))
    if rule.asks_groups and groups != Protocol.Groups.PANEL:
        raise StudyError(
            _("This rule judges by group, and everybody reads its reasons: so the panel must see results by group too.")
        )
    if len(rule.bands_told) > MOST_BANDS:
        raise StudyError(
            _("A rule names at most %(most)d different bands of the scale: more would tell the counts of small panels.")
            % {"most": MOST_BANDS}
        )
    if least_answers < COUNTS_FROM and rule.figures_told > MOST_FIGURES:
        raise StudyError(
            _(
                "This rule tells more than %(most)d figures of every statement, and of 5 or 6 ratings these give away "
                "what each was. Set the fewest answers for a result to %(least)d, or take a clause out."
            )
            % {"most": MOST_FIGURES, "least": COUNTS_FROM}
        )


@transaction.atomic
def amend_protocol(
    *,
    study: Study,
    actor: User,
    rule: dict[str, Any],
    stable_percent: int | None,
    most_rounds: int | None,
    reason: str,
    from_round: int,
    now: dt.datetime,
) -> None:
    """Change the rules of a study that has begun, from a round on that has not opened: a recorded deviation.

    `from_round` is that round's number. Rounds that were frozen before keep the rule by which they were judged. The
    display thresholds and the notice are promises, and stay. Raises NoAmendment where the protocol is not locked yet,
    where a round is open, or where nothing changes or no reason is given; StudyError and ValueError as
    `update_protocol` does.
    """
    _must_be_unfinished(study)
    protocol = Protocol.objects.select_for_update().get(study=study)
    _must_be_amendable(protocol, reason)
    _must_be_keepable(rule_from_json(rule), protocol.groups, protocol.least_answers)
    before = amendable_facts(protocol)
    protocol.rule, protocol.stable_percent, protocol.most_rounds = rule, stable_percent, most_rounds
    after = amendable_facts(protocol)
    if before == after:
        raise NoAmendment(_("Nothing changes by this amendment."))
    protocol.full_clean()
    protocol.save(update_fields=list(after))
    detail = {
        "reason": reason.strip(),
        "from_round": from_round,
        "before": before,
        "after": after,
        "sha256": sha256_of(protocol_facts(protocol)),
    }
    record(study=study, actor=actor, action=PROTOCOL_AMENDED, now=now, detail=detail)


def _must_be_amendable(protocol: Protocol, reason: str) -> None:
    if not protocol.is_locked:
        raise NoAmendment(_("The protocol is not locked yet; change it on its page."))
    if Study.objects.get(pk=protocol.study_id).roster_is_frozen:
        raise NoAmendment(_("A round is open. The rule can be amended when it has closed."))
    if not reason.strip():
        raise NoAmendment(_("Give the reason for this amendment: the report prints it."))


def amendable_facts(protocol: Protocol) -> dict[str, Any]:
    """What of a locked protocol an amendment may change."""
    return {
        "rule": protocol.rule,
        "stable_percent": protocol.stable_percent,
        "most_rounds": protocol.most_rounds,
    }


def protocol_facts(protocol: Protocol) -> dict[str, Any]:
    """What the protocol's hash covers."""
    return {
        **amendable_facts(protocol),
        "settled": protocol.settled,
        "least_answers": protocol.least_answers,
        "shows_comments": protocol.shows_comments,
        "groups": protocol.groups,
        "releases_rows": protocol.releases_rows,
        "notice": protocol.notice,
    }


@transaction.atomic
def declare(
    *,
    study: Study,
    actor: User,
    panel: str,
    conflicts_of_interest: str,
    funding: str,
    data_availability: str,
    ai_use: str,
    now: dt.datetime,
) -> None:
    """Write what a manuscript declares; possible after the study is finished too. Raises StudyError for a long text."""
    Study.objects.select_for_update().only("pk").get(pk=study.pk)
    before = declared(declarations_of(study))
    declarations = Declarations(
        study=study,
        panel=panel,
        conflicts_of_interest=conflicts_of_interest,
        funding=funding,
        data_availability=data_availability,
        ai_use=ai_use,
    )
    try:
        declarations.clean_fields()
    except ValidationError as fault:
        raise StudyError(" ".join(fault.messages)) from fault
    after = declared(declarations)
    if before != after:
        declarations.save()
        record(study=study, actor=actor, action="declared", now=now, detail={"before": before, "after": after})


def lock_protocol(*, study: Study, actor: User | str, now: dt.datetime) -> None:
    """Lock and hash the protocol and the notice, once; call it inside the transaction that opens the first round."""
    protocol = Protocol.objects.select_for_update().get(study=study)
    if protocol.is_locked:
        return
    protocol.locked_at = now
    protocol.digest = sha256_of(protocol_facts(protocol))
    protocol.locked_notice = plain(written_notice(protocol))
    protocol.notice_digest = sha256_of(protocol.locked_notice)
    protocol.save(update_fields=["locked_at", "digest", "locked_notice", "notice_digest"])
    detail = {
        "sha256": protocol.digest,
        "facts": protocol_facts(protocol),
        "notice_version": VERSION,
        "notice_sha256": protocol.notice_digest,
    }
    record(study=study, actor=actor, action=PROTOCOL_LOCKED, now=now, detail=detail)


@transaction.atomic
def add_staff(*, study: Study, actor: User, user: User, role: str, now: dt.datetime) -> None:
    """Let a member of staff work on a study. Raises StudyError where the account's role does not allow it."""
    if role == StudyStaff.Role.FACILITATOR and not user.may_create_studies:
        raise StudyError(_("This account cannot be a facilitator."))
    if user.is_administrator:
        raise StudyError(_("An administrator does not work on studies."))
    StudyStaff.objects.update_or_create(study=study, user=user, defaults={"role": role})
    record(study=study, actor=actor, action="staff added", now=now, detail={"email": user.email, "role": role})


@transaction.atomic
def remove_staff(*, study: Study, actor: User, user: User, now: dt.datetime) -> None:
    """Take a member of staff off a study. Raises StudyError for its last facilitator."""
    others = StudyStaff.objects.filter(study=study, role=StudyStaff.Role.FACILITATOR).exclude(user=user)
    if not others.exists():
        raise StudyError(_("A study needs at least one facilitator."))
    StudyStaff.objects.filter(study=study, user=user).delete()
    record(study=study, actor=actor, action="staff removed", now=now, detail={"email": user.email})


@transaction.atomic
def change_staff_role(*, user: User, role: str, changed_by: User) -> None:
    """Give a member of staff another role, unless it would not go with what they do on a study.

    Raises StudyError for such work, AccountError for whatever `accounts.services.change_role` refuses.
    """
    works = StudyStaff.objects.select_for_update().filter(user=user)
    if role == User.Role.ADMINISTRATOR and works.exists():
        raise StudyError(_("%(name)s works on a study, which an administrator does not.") % {"name": user})
    if role == User.Role.AUTHOR and works.filter(role=StudyStaff.Role.FACILITATOR).exists():
        raise StudyError(_("%(name)s is the facilitator of a study, which an author cannot be.") % {"name": user})
    change_role(user=user, role=role, changed_by=changed_by)
