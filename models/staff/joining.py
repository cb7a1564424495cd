"""How somebody comes in: a sign-up link by mail, then a password and a second factor of their own."""

from collections.abc import Callable
from datetime import datetime

from models import company, jobs, messages, sign_ins, words
from models.audit import Actor, ActorKind
from models.database import session
from models.errors import N_, Refused
from models.sign_ins import SignInAttempt
from models.staff import passwords, people, second_factor, tokens
from models.staff.people import Staff, StaffState
from models.staff.tokens import Purpose

Address = Callable[[str], str]  # makes the full address of a page from a token


class CodeWrong(Refused):
    pass


def invite(member: Staff, *, address: Address, by: Actor, now: datetime) -> str:
    """
    Mail a sign-up link and return its address. Who had a password or a second factor loses it, and every
    session: this is also the way back for somebody who lost their telephone or was disabled.

    :raises LastAdmin: nobody would be left to appoint anybody, and the link is not asked for on the command line.
    """
    if by.kind == ActorKind.STAFF:
        people.keep_an_admin(member)
    member.move_to(StaffState.INVITED)
    people.forget_credentials(member, now=now)
    row, token = tokens.make(Purpose.INVITE, member.id, now=now)
    link = address(token)
    people.record("staff.invited", member, by=by, now=now, facts={"expires_at": row.expires_at})
    inviter = by.name if by.kind == ActorKind.STAFF else company.get().name
    _mail("staff_invitation", row.id, member.email, now=now, link=link, inviter=inviter, expires_at=row.expires_at)
    return link


def invited(token: str, *, now: datetime) -> Staff:
    """Whose invitation this is. :raises TokenUnusable: nobody's any more."""
    return _owner(tokens.living(Purpose.INVITE, token, now=now))


def accept(token: str, *, name: str, password: str, code: str, key: str, now: datetime) -> Staff:
    """
    The invited person chooses a password and proves that their app shows the right codes.

    :raises TokenUnusable: the link was used, replaced or is too old.
    :raises PasswordTooEasy: as `refuse_easy`.
    :raises CodeWrong: the app shows something else.
    """
    row = tokens.living(Purpose.INVITE, token, now=now, lock=True)
    member = people.lock(_owner(row))
    refuse_easy(member, password)
    secret = second_factor.secret_of_invitation(token, key=key)
    step = second_factor.step_of(code, secret, now=now, last_step=None)
    if step is None:
        raise CodeWrong(N_("This code is not right. Wait for the next one in your app and enter it."))
    member.move_to(StaffState.ACTIVE)
    member.name = name.strip() or member.name
    member.password_hash = passwords.hashed(password)
    member.totp_secret = second_factor.sealed(secret, key=key, staff_id=member.id)
    member.totp_step = step
    tokens.kill_all(member.id, now=now)
    people.record("staff.joined", member, by=actor_of(member), now=now, words={"name": member.name})
    return member


def ask_reset(email: str, *, address: Address, now: datetime) -> None:
    """
    Mail a link for a new password to whoever has one. For any other address the same is written and taken
    back, so that neither the answer nor its time tells who works here.
    """
    member = people.by_email(email)
    known = member if member is not None and member.password_hash is not None else None
    with session.begin_nested() as point:
        row, token = tokens.make(Purpose.RESET, known.id if known else None, now=now)
        _mail("staff_password_reset", row.id, people.normal_email(email), now=now, link=address(token))
        if known is None:
            point.rollback()


def resetting(token: str, *, now: datetime) -> Staff:
    """Whose new password this is about. :raises TokenUnusable: nobody's any more."""
    return _owner(tokens.living(Purpose.RESET, token, now=now))


def reset(attempt: SignInAttempt, token: str, *, password: str, code: str, key: str, now: datetime) -> Staff:
    """
    A new password for whoever has both the mail and the second factor. Every session of theirs ends.

    :raises TokenUnusable, PasswordTooEasy, CodeWrong: as in `accept`.
    """
    row = tokens.living(Purpose.RESET, token, now=now, lock=True)
    member = people.lock(_owner(row))
    refuse_easy(member, password)
    accept_code(member, code, key=key, now=now)
    sign_ins.passed(attempt)
    member.password_hash = passwords.hashed(password)
    people.end_everything(member, now=now)
    people.record("staff.password_reset", member, by=actor_of(member), now=now)
    return member


def refuse_easy(member: Staff, password: str) -> None:
    """:raises PasswordTooEasy: too short, too long, leaked, or made of what everybody knows about this person."""
    passwords.refuse_easy(password, about=(member.email, member.name, company.get().name))


def accept_code(member: Staff, code: str, *, key: str, now: datetime) -> None:
    """
    Take a code of the person's app; each works once. The caller holds the person's row lock.

    :raises CodeWrong:
    """
    step = None
    if member.totp_secret is not None:
        secret = second_factor.opened(member.totp_secret, key=key, staff_id=member.id)
        step = second_factor.step_of(code, secret, now=now, last_step=member.totp_step)
    if step is None:
        raise CodeWrong(N_("This code is not right, or was used before. Wait for the next one and enter it."))
    member.totp_step = step


def actor_of(member: Staff) -> Actor:
    return Actor(ActorKind.STAFF, member.id, member.name)


def _owner(row: tokens.StaffToken) -> Staff:
    member = people.find(row.staff_id or 0)
    if member is None or member.state == StaffState.DISABLED:
        raise tokens.TokenUnusable(N_("This link no longer works. Ask for a new one."))
    return member


def _mail(kind: str, token_id: int, email: str, *, now: datetime, **values: object) -> None:
    from models.gateways.mail_templates import render_mail

    creditor = company.get()
    with words.speak(creditor.language, timezone=creditor.timezone):
        subject, text, html = render_mail(kind, creditor.language, company=creditor, **values)
    messages.queue(
        company.HOLDING_ACCOUNT,
        dedupe_key=f"{kind}:{token_id}",
        kind=kind,
        address=email,
        language=creditor.language,
        subject=subject,
        text=text,
        html=html,
        now=now,
    )
    jobs.later("messages.send")
