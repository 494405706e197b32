"""What may happen to a panel: who belongs to it, their links, and the outbox."""

import datetime as dt
import hashlib
import secrets
import uuid
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Case, EmailField, F, Q, Value, When
from django.utils.translation import gettext as _

from surveys.accounts.models import User
from surveys.panels.models import AddressChange, LinkToken, Message, Panelist
from surveys.studies.models import Study, StudyStaff
from surveys.studies.services import add_staff, record

LINK_LIVES = dt.timedelta(days=180)
AT_ONCE = 2_000
"""Rows in one statement."""


class PanelError(Exception):
    """Why the panel cannot be changed so; the message is a sentence for the page."""


class RosterFrozen(PanelError):
    """A round is open, and who belongs to the panel stays as it is until it has closed."""


class GroupsFixed(PanelError):
    """A round has opened: a change of groups would let counts be subtracted until one person's are left."""

    def __init__(self) -> None:
        super().__init__(_("The first round has opened: the group of whoever is on the panel stays as it is."))


class StudySealed(PanelError):
    """The study is sealed: its panel stays as it is, and no link opens anything."""

    def __init__(self) -> None:
        super().__init__(_("This study is sealed: its panel stays as it is, and nobody gets a link any more."))


@dataclass(frozen=True)
class NewPanelist:
    """One row of a list of panelists: where it came from, and what it says."""

    name: str
    email: str
    group: str = ""


def _hold(study: Study) -> Study:
    """Lock the study's row until the transaction ends, before any row of its panel. Raises StudySealed."""
    held = Study.objects.select_for_update().get(pk=study.pk)
    if held.status == Study.Status.SEALED:
        raise StudySealed
    return held


def _thaw(study: Study) -> None:
    """Raise RosterFrozen while a round is open, StudySealed after the end. Locks the study's row as `_hold` does."""
    if _hold(study).roster_is_frozen:
        raise RosterFrozen(_("A round is open: the panel stays as it is until it has closed."))


@transaction.atomic
def add_panelists(*, study: Study, actor: User, rows: Sequence[NewPanelist], now: dt.datetime) -> list[Panelist]:
    """Add all of these people or none of them. Raises RosterFrozen, or PanelError naming who cannot be added."""
    _thaw(study)
    # Read once: a long list that asked the database for each of its rows would keep every save waiting.
    taken = {email.lower() for email in Panelist.objects.filter(study=study).values_list("email", flat=True)}
    staff = {email.lower() for email in StudyStaff.objects.filter(study=study).values_list("user__email", flat=True)}
    added = [_new_panelist(study, row, taken, staff) for row in rows]
    Panelist.objects.bulk_create(added, batch_size=AT_ONCE)
    shown = {"panelists": len(added)}
    record(study=study, actor=actor, action="panelists added", now=now, detail=shown)
    return added


def _new_panelist(study: Study, row: NewPanelist, taken: set[str], staff: set[str]) -> Panelist:
    """The row as a panelist who may join; its address is taken from now on."""
    panelist = Panelist(study=study, name=row.name.strip(), email=row.email.strip(), group=row.group.strip())
    address = panelist.email.lower()
    if address in staff:
        raise _works_on_it(panelist.email)
    try:
        panelist.clean_fields(exclude=["study"])
    except ValidationError as fault:
        raise PanelError(f"{row.email}: {' '.join(fault.messages)}") from fault
    if address in taken:
        raise PanelError(f"{row.email}: {_('This address is already on the panel.')}")
    taken.add(address)
    return panelist


def _refuse_staff_address(study: Study, email: str) -> None:
    """Raise PanelError where somebody who runs or writes the study would rate in it."""
    if StudyStaff.objects.filter(study=study, user__email__iexact=email.strip()).exists():
        raise _works_on_it(email)


def _works_on_it(email: str) -> PanelError:
    return PanelError(_("%(email)s works on this study and cannot be one of its panelists.") % {"email": email})


@transaction.atomic
def appoint_staff(*, study: Study, actor: User, user: User, role: str, now: dt.datetime) -> None:
    """Let a member of staff work on a study whose panel they are not on. Raises PanelError or StudyError."""
    # Whoever is being added to the panel at this moment is seen, because that holds the study's row as well.
    Study.objects.select_for_update().only("pk").get(pk=study.pk)
    if Panelist.objects.filter(study=study, email__iexact=user.email).exists():
        raise PanelError(_("%(email)s is on this study's panel and cannot work on the study.") % {"email": user.email})
    add_staff(study=study, actor=actor, user=user, role=role, now=now)


@transaction.atomic
def correct_panelist(*, panelist: Panelist, actor: User, name: str, group: str, now: dt.datetime) -> None:
    """Mend a name, or a group while no round has opened yet. Raises PanelError or GroupsFixed."""
    held = _hold(panelist.study)
    if group.strip() != panelist.group and held.status != Study.Status.DRAFT:
        raise GroupsFixed
    panelist.name, panelist.group = name.strip(), group.strip()
    try:
        panelist.clean_fields(exclude=["study", "email"])
    except ValidationError as fault:
        raise PanelError(" ".join(fault.messages)) from fault
    # Never the address or the epoch that was read with the panelist: it would bring back what was ended meanwhile.
    panelist.save(update_fields=["name", "group"])
    record(study=panelist.study, actor=actor, action="panelist corrected", now=now)


def _end_links(panelist: Panelist) -> None:
    Panelist.objects.filter(pk=panelist.pk).update(token_epoch=F("token_epoch") + 1)
    panelist.refresh_from_db(fields=["token_epoch"])
    LinkToken.objects.filter(panelist=panelist).delete()


def free_address(*, panelist: Panelist, email: str) -> str:
    """The address as it is stored, where this panelist may have it. Raises PanelError.

    It must belong to nobody on the panel and nobody of the staff, and wait for no other panelist; the caller holds
    the study's row.
    """
    address = email.strip()
    try:
        Panelist(name=panelist.name, email=address).clean_fields(exclude=["study"])
    except ValidationError as fault:
        raise PanelError(" ".join(fault.messages)) from fault
    _refuse_staff_address(panelist.study, address)
    others = Panelist.objects.filter(study=panelist.study_id).exclude(pk=panelist.pk)
    waiting = AddressChange.objects.filter(panelist__in=others, email__iexact=address)
    if others.filter(email__iexact=address).exists() or waiting.exists():
        raise PanelError(_("This address is already on the panel."))
    return address


def move_address(*, panelist: Panelist, email: str) -> None:
    """Give the panelist this address and end every link that was sent to the old one; a change that waits is over.

    Call it inside the deed's transaction, with what `free_address` gave.
    """
    AddressChange.objects.filter(panelist=panelist).delete()
    Panelist.objects.filter(pk=panelist.pk).update(email=email, is_unreachable=False, consent="")
    _end_links(panelist)
    panelist.refresh_from_db(fields=["email", "is_unreachable", "consent", "token_epoch"])


def move_among_all(*, panelist: Panelist, email: str) -> None:
    """Give the panelist this address because the old one agreed, and end every link that was sent there.

    One statement writes every row of the panel anew, so that none stands out. Call it inside the deed's transaction.
    """
    its = Q(pk=panelist.pk)
    Panelist.objects.filter(study=panelist.study_id).update(
        email=Case(When(its, then=Value(email, output_field=EmailField())), default=F("email")),
        is_unreachable=Case(When(its, then=Value(False)), default=F("is_unreachable")),
        token_epoch=F("token_epoch") + Case(When(its, then=1), default=0),
    )
    AddressChange.objects.filter(panelist=panelist).delete()


def replace_panelist(*, panelist: Panelist, email: str) -> Panelist:
    """Put somebody with this address, and nothing but the name and the group of the old one, into a panelist's place.

    Call it inside the deed's transaction, with what `free_address` gave; links and participation of the old one go.
    """
    study, name, group = panelist.study, panelist.name, panelist.group
    Panelist.objects.filter(pk=panelist.pk).delete()
    return Panelist.objects.create(study=study, name=name, email=email, group=group)


def note_address_change(*, panelist: Panelist, email: str, replaces: bool) -> None:
    """Let a new address wait: for the old one's word or, with `replaces`, for the end of the open round.

    Raises PanelError where one waits already.
    """
    _change, is_new = AddressChange.objects.get_or_create(
        panelist=panelist, defaults={"email": email, "replaces": replaces}
    )
    if not is_new:
        raise PanelError(_("A new address waits already. Call that change off first."))


def forget_address_change(*, panelist: Panelist) -> bool:
    """Let no new address wait any more; False where none did."""
    return bool(AddressChange.objects.filter(panelist=panelist).delete()[0])


def mint_confirmation(*, panelist: Panelist) -> str | None:
    """A new secret with which the old address confirms the new one; the one before ends. None where none waits."""
    secret = secrets.token_urlsafe(32)
    waiting = AddressChange.objects.filter(panelist=panelist, replaces=False)
    return secret if waiting.update(token_hash=hash_of(secret)) else None


@transaction.atomic
def remove_panelist(*, panelist: Panelist, actor: User, now: dt.datetime) -> None:
    """Take somebody off the panel, links included; results that counted them stay. Raises RosterFrozen."""
    _thaw(panelist.study)
    study = panelist.study
    panelist.delete()
    record(study=study, actor=actor, action="panelist removed", now=now)


def forget_panelists(*, study: Study, panelist_ids: Sequence[uuid.UUID]) -> None:
    """Delete the rows of panelists who withdrew, links and participation with them; call it inside the deed's
    transaction. Frozen results stay, and what they wrote has no author since the close."""
    for begins in range(0, len(panelist_ids), AT_ONCE):
        Panelist.objects.filter(study=study, pk__in=panelist_ids[begins : begins + AT_ONCE]).delete()


def note_consent(*, panelist_ids: Collection[uuid.UUID], agreed: Collection[uuid.UUID], notice: str) -> None:
    """Note of these panelists which agreed to a notice. All their rows are written anew, so that none stands out."""
    consent = Case(When(pk__in=agreed, then=Value(notice)), default=F("consent"))
    Panelist.objects.filter(pk__in=panelist_ids).update(consent=consent)


def hash_of(secret: str) -> bytes:
    """The SHA-256 by which a link's secret is found; the secret itself is stored nowhere."""
    return hashlib.sha256(secret.encode()).digest()


def mint_link(*, panelist: Panelist, now: dt.datetime) -> str:
    """A new secret of 32 random bytes for this panelist, base64url; earlier ones go on working."""
    return mint_links(panelists=[panelist], now=now)[panelist.pk]


def mint_links(*, panelists: Sequence[Panelist], now: dt.datetime) -> dict[uuid.UUID, str]:
    """The same for many, all or none, written in the order in which they are given; by panelist."""
    made = {panelist.pk: secrets.token_urlsafe(32) for panelist in panelists}
    expires_on = (now + LINK_LIVES).date()
    LinkToken.objects.bulk_create(
        [
            LinkToken(token_hash=hash_of(made[one.pk]), panelist=one, epoch=one.token_epoch, expires_on=expires_on)
            for one in panelists
        ],
        batch_size=AT_ONCE,
    )
    return made


def panelist_with(*, secret: str, now: dt.datetime) -> Panelist | None:
    """The panelist whose valid link carries this secret, or None. Changes nothing, so a link works again."""
    token = (
        LinkToken.objects.select_related("panelist__study")
        .filter(token_hash=hash_of(secret.strip()), expires_on__gte=now.date())
        .first()
    )
    return token.panelist if token and token.epoch == token.panelist.token_epoch else None


@transaction.atomic
def revoke_links(*, panelist: Panelist, actor: User, now: dt.datetime) -> None:
    """End every link and every session of a panelist; nothing they answered changes. Raises StudySealed."""
    _hold(panelist.study)
    _end_links(panelist)
    record(study=panelist.study, actor=actor, action="links revoked", now=now)


@transaction.atomic
def send_link_again(*, panelist: Panelist, actor: User, now: dt.datetime) -> None:
    """Queue a mail with a new link to the stored address. Raises StudySealed."""
    _hold(panelist.study)
    enqueue(study=panelist.study, panelists=[panelist], kind=Message.Kind.LINK, round_id=None, due=now)
    Panelist.objects.filter(pk=panelist.pk).update(is_unreachable=False)
    record(study=panelist.study, actor=actor, action="link sent again", now=now)


def enqueue(
    *, study: Study, panelists: Iterable[Panelist], kind: str, round_id: uuid.UUID | None, due: dt.datetime
) -> int:
    """Put one message for each of these panelists into the outbox, in random order; returns how many."""
    batch = uuid.uuid4()
    messages = [
        Message(kind=kind, study=study, panelist=panelist, round_id=round_id, batch=batch, due=due)
        for panelist in panelists
    ]
    secrets.SystemRandom().shuffle(messages)
    Message.objects.bulk_create(messages, batch_size=AT_ONCE)
    return len(messages)


def drop_waiting(*, study: Study, kind: str = "") -> None:
    """Take out of the outbox what has not been sent, of one kind or all; call it inside the deed's transaction."""
    waiting = Message.objects.filter(study=study).exclude(state=Message.State.DONE)
    (waiting.filter(kind=kind) if kind else waiting).delete()


def end_access(*, study: Study) -> None:
    """End every link and session of a whole panel, for good, with whatever waits for them.

    Call it inside the transaction that seals the study, which holds its row.
    """
    drop_waiting(study=study)
    AddressChange.objects.filter(panelist__study=study).delete()
    LinkToken.objects.filter(panelist__study=study).delete()
    Panelist.objects.filter(study=study).update(token_epoch=F("token_epoch") + 1)


def claim(*, message: Message, now: dt.datetime) -> bool:
    """Take a waiting message for sending; False where another sender was faster."""
    return bool(
        Message.objects.filter(pk=message.pk, state=message.state, claimed_at=message.claimed_at).update(
            state=Message.State.SENDING, claimed_at=now, attempts=message.attempts + 1
        )
    )


def finish(*, message: Message) -> None:
    """Mark a message as dealt with; sent, skipped and refused ones end alike."""
    Message.objects.filter(pk=message.pk).update(state=Message.State.DONE, claimed_at=None, attempts=1)


def put_off(*, message: Message, now: dt.datetime) -> None:
    """Try a message again later: after 1, 2, 4, … minutes, at most an hour."""
    delay = dt.timedelta(minutes=min(60, 2 ** min(message.attempts, 6)))
    Message.objects.filter(pk=message.pk).update(state=Message.State.PENDING, claimed_at=None, due=now + delay)


def mark_unreachable(*, panelist_id: uuid.UUID) -> None:
    """Note that mail to this panelist is refused for good; the facilitator sees it on the panel page."""
    Panelist.objects.filter(pk=panelist_id).update(is_unreachable=True)


def forget_expired_links(*, now: dt.datetime) -> None:
    """Delete tokens that no longer open anything."""
    LinkToken.objects.filter(expires_on__lt=now.date()).delete()
