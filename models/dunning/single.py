"""One message that staff write to one customer: approved words, a few sentences of their own, the limits of a run."""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy.dialects.postgresql import insert

from models import audit, company, customers, jobs, messages, words
from models.audit import Actor
from models.customers import Contact, Customer, merges
from models.customers.mails import LINK
from models.database import session
from models.dunning import placeholders, templates, texts, writing
from models.dunning.loading import FOREVER, load, whole_at
from models.dunning.templates import Template, Wording
from models.dunning.texts import Composed, Values
from models.errors import N_, Refused
from models.gateways.mail_templates import Mail
from models.messages import Message
from models.policies.dunning import Decision, Facts, Send, Spoke, decide_single
from models.policies.dunning.rules import said
from models.policies.sequences import Channel, Purpose

LONGEST_OWN = 600


class CannotWrite(Refused):
    pass


class OwnWordsRefused(Refused):
    pass


@dataclass(frozen=True, slots=True)
class Draft:
    """`against`: why nothing can go, in sentences for staff; `told`: what is left out, and until when it waits."""

    words_of: Wording
    against: Sequence[CannotWrite]
    told: Sequence[str] = ()
    send: Send | None = None
    contact: Contact | None = None
    language: str = ""
    composed: Composed | None = None
    values: Values | None = None
    mail: Mail | None = None

    @property
    def may_go(self) -> bool:
        return not self.against


def bases() -> list[tuple[Template, Wording]]:
    """Approved words of reminders by mail."""
    live = templates.live()
    return [
        (one, live[one.id])
        for one in templates.every()
        if one.id in live and (one.channel, one.purpose) == (Channel.EMAIL, Purpose.REMINDER)
    ]


def tidy(own: str) -> str:
    """As it is kept: one kind of line break, nothing that cannot be seen, and none of the marks of our own links."""
    seen = "".join(
        letter
        for letter in own.replace("\r\n", "\n").replace("\r", "\n").replace("\t", " ")
        if letter == "\n" or unicodedata.category(letter) not in ("Cc", "Cs")
    )
    for mark in (LINK, writing.STOP):
        seen = seen.replace(mark, mark.replace(":", ": "))
    return seen.strip()


def fitting(customer: Customer, among: Sequence[int], *, now: datetime) -> int | None:
    """The first of these templates that could go now."""
    facts, day = _known(customer, now)
    return next((one for one in among if decide_single(facts, one, day, now).send), None)


def draft(customer: Customer, template_id: int, own: str, *, now: datetime) -> Draft | None:
    """As it would go now; None where these are no words to write with."""
    words_of = next((wording for template, wording in bases() if template.id == template_id), None)
    if words_of is None:
        return None
    if merges.joined(customer.id).into is not None:
        read_there = N_("This account is read as part of another. Write from that one.")
        return Draft(words_of, (CannotWrite(read_there),))
    facts, day = _known(customer, now)
    decision = decide_single(facts, template_id, day, now)
    if decision.send is None:
        return Draft(words_of, tuple(_refusal(spoke) for spoke in decision.rules))
    return _filled(words_of, decision, decision.send, customer, own, now)


def _known(customer: Customer, now: datetime) -> tuple[Facts, date]:
    creditor = company.get()
    day = creditor.today(now)
    whole = whole_at(creditor, None, creditor.bank_money_until)
    return load([customer.id], day, FOREVER, whole)[customer.id], day


def _refusal(spoke: Spoke) -> CannotWrite:
    return CannotWrite(said(spoke).staff, **spoke.values)


def _filled(words_of: Wording, decision: Decision, send: Send, customer: Customer, own: str, now: datetime) -> Draft:
    creditor = company.get()
    contact = customers.contact_of(customer.id, send.person_id or 0)
    language = writing.language_of(customer, contact, creditor)
    language, text = words_of.text(language, creditor.language)
    values = writing.values_of(send, language, creditor, customer, contact, creditor.today(now))
    empty = [name for name in placeholders.used(text) if not values.named.get(name, "…")]
    nothing = N_("These words name %(place)s, and there is nothing to put in its place.")
    return Draft(
        words_of,
        tuple(CannotWrite(nothing, place=placeholders.shown(name)) for name in sorted(empty)),
        told=[words.gettext(said(spoke).staff, **spoke.values) for spoke in decision.rules],
        send=send,
        contact=contact,
        language=language,
        composed=texts.with_own(texts.compose(text, values), tidy(own)),
        values=values,
        mail=texts.mail(text, values, creditor, own=tidy(own)),
    )


def write(
    customer: Customer, template_id: int, own: str, *, key: str, by: Actor, now: datetime
) -> tuple[Message, bool]:
    """
    Put it into the outbox, in the caller's transaction; it waits there for the customer's hours, and is asked about
    again when it goes. The message, and whether it is new: `key` is the form's own, sent twice it writes once.

    :raises CannotWrite: what speaks against it.
    :raises OwnWordsRefused: too long.
    """
    own = tidy(own)
    if len(own) > LONGEST_OWN:
        raise OwnWordsRefused(N_("Your own words have at most %(most)s characters."), most=LONGEST_OWN)
    merges.lock_families([customer.id])
    written = messages.of_cause(customer.id, _dedupe_key(key))
    if written is not None:
        return written, False
    made = draft(customer, template_id, own, now=now)
    if made is None:
        raise CannotWrite(N_("These words are not approved any more. Choose others."))
    if made.against or made.send is None or made.mail is None:
        raise made.against[0]
    made_from = {
        **writing.made_of(made.send, made.words_of, company.get().today(now)),
        **{"by_hand": True, "own": bool(own)},
    }
    row = writing.outbox_row(
        *(made.send, made.mail, made.language, customer, made.contact),
        key=_dedupe_key(key),
        made_from=made_from,
        now=now,
    )
    message = session.scalars(insert(Message).values(row).returning(Message)).one()
    facts = {"words": made.words_of.version_id, "totals": [str(one) for one in made.send.totals], "own": bool(own)}
    audit.record(customer.id, "message.written", by=by, now=now, about=f"messages:{message.id}", facts=facts)
    jobs.later("messages.send")
    return message, True


def _dedupe_key(key: str) -> str:
    return f"reminder:by_hand:{key}"
