"""The named places in a text that staff write, and what a text must and may not hold. Never template code."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import get_close_matches

from models.errors import N_, Refused
from models.policies.sequences import Channel, Purpose

NAME = re.compile(r"\{([a-z_]+)\}")
LONGEST_SUBJECT = 120
LONGEST_BUTTON = 40
LONGEST_BODY = 5_000

# What each place is filled with, for whoever writes.
MEANINGS = {
    "person": N_("whom it is addressed to: the contact's name, or the customer's"),
    "customer": N_("the customer's name"),
    "account": N_("the customer's number"),
    "company": N_("our name"),
    "total_due": N_("what it asks for, net of what is disputed, promised or on its way"),
    "items": N_("the list of what is open, on a line of its own"),
    "invoice": N_("the number of the invoice; of several the oldest"),
    "due_on": N_("the due date; of several the earliest"),
    "days_late": N_("how late the oldest is, such as “12 days late”"),
    "pay_by": N_("the day that the step gives to pay by"),
    "link": N_("the button that opens the customer's account, on a line of its own"),
    "help": N_("how a person of ours is reached: telephone and mail address"),
    "help_phone": N_("our telephone number for customers"),
    "reference": N_("the payment reference for a bank transfer"),
    "iban": N_("our bank account"),
    "signer": N_("in whose name the message is sent"),
    "plan": N_("the number of the instalment plan"),
    "total": N_("what all instalments come to"),
    "balance": N_("what its items come to"),
    "fee": N_("what the plan itself costs"),
    "count": N_("how many instalments there are"),
    "first_day": N_("the day of the first instalment"),
    "last_day": N_("the day of the last instalment"),
    "schedule": N_("the list of instalments, on a line of its own"),
    "retries": N_("how often a charge that failed is tried again"),
    "moves": N_("how often a date may be moved"),
    "grace_days": N_("in how many days a missed instalment can be put right"),
    "misses": N_("how many missed in a row end the plan"),
}
OF_CASES = frozenset({"person", "customer", "account", "company", "invoice", "help_phone"})
OF_PLANS = frozenset(
    {
        *("plan", "total", "balance", "fee", "count", "first_day", "last_day", "schedule"),
        *("retries", "moves", "grace_days", "misses"),
    }
)
OF_AGREEMENTS = OF_PLANS | {"person", "customer", "account", "company", "help", "help_phone", "reference", "iban"}
BLOCKS = frozenset({"items", "link", "schedule"})
_NEEDED: dict[Purpose, tuple[tuple[str, ...], ...]] = {
    Purpose.INVOICE: (("total_due",), ("due_on", "pay_by"), ("help",)),
    Purpose.REMINDER: (("total_due", "items"), ("help",)),
    Purpose.FINAL_NOTICE: (("total_due",), ("items",), ("pay_by",), ("help",)),
    Purpose.LAW_FIRM: (("total_due",), ("items",), ("pay_by",), ("help",)),
    Purpose.STATEMENT: (("total_due",), ("help",)),
    Purpose.CALL: (("total_due", "items"),),
    Purpose.AGREEMENT: (("schedule",), ("total",), ("last_day",), ("grace_days",), ("help",)),
}


class WordsRefused(Refused):
    """`field` is the part of the text that is wrong: subject, body or button."""

    field = "body"


class SubjectRefused(WordsRefused):
    field = "subject"


class ButtonRefused(WordsRefused):
    field = "button"


@dataclass(frozen=True, slots=True)
class Text:
    """What staff wrote in one language. Paragraphs of `body` are parted by an empty line."""

    subject: str
    body: str
    button: str = ""

    @property
    def is_empty(self) -> bool:
        return not (self.subject or self.body or self.button)


def allowed(channel: Channel, purpose: Purpose) -> list[str]:
    """The names that a text may use: on paper and on the telephone nobody clicks, and a case asks for no money."""
    if purpose == Purpose.OBJECTION:
        return [name for name in MEANINGS if name in OF_CASES]
    if purpose == Purpose.AGREEMENT:
        return [name for name in MEANINGS if name in OF_AGREEMENTS]
    return [name for name in MEANINGS if name not in OF_PLANS and (channel == Channel.EMAIL or name != "link")]


def used(text: Text) -> set[str]:
    return {name for part in (text.subject, text.body, text.button) for name in NAME.findall(part)}


def problems(text: Text, channel: Channel, purpose: Purpose) -> list[WordsRefused]:
    """Everything that is wrong with a text, each beside its field."""
    return [*_unreadable(text, allowed(channel, purpose)), *_lengths(text, channel), *_missing(text, channel, purpose)]


def _unreadable(text: Text, known: list[str]) -> Iterator[WordsRefused]:
    parts = ((SubjectRefused, text.subject), (WordsRefused, text.body), (ButtonRefused, text.button))
    for refused, part in parts:
        if "{" in NAME.sub("", part) or "}" in NAME.sub("", part):
            yield refused(
                N_("A place is written {like_this}: one brace before the name and one after it, and no more.")
            )
        for name in dict.fromkeys(NAME.findall(part)):
            yield from _misplaced(name, refused, text, known)


def _misplaced(name: str, refused: type[WordsRefused], text: Text, known: list[str]) -> Iterator[WordsRefused]:
    if name not in known:
        near = get_close_matches(name, known, 1)
        if name in MEANINGS:
            yield refused(
                N_("%(place)s has no place here: nobody clicks on paper or on the telephone."), place=shown(name)
            )
        elif near:
            message = N_("There is nothing called %(place)s. Did you mean %(near)s?")
            yield refused(message, place=shown(name), near=shown(near[0]))
        else:
            yield refused(N_("There is nothing called %(place)s."), place=shown(name))
    elif name in BLOCKS and (refused is not WordsRefused or not _alone(name, text.body)):
        yield refused(N_("%(place)s needs a line of its own in the message."), place=shown(name))


def _alone(name: str, body: str) -> bool:
    lines = [line.strip() for line in body.splitlines()]
    return all(line == shown(name) for line in lines if shown(name) in line)


def _lengths(text: Text, channel: Channel) -> Iterator[WordsRefused]:
    if not text.subject:
        yield SubjectRefused(N_("Write a subject: it is what is read first."))
    if "\n" in text.subject or len(text.subject) > LONGEST_SUBJECT:
        yield SubjectRefused(N_("A subject is one line of at most %(most)s characters."), most=LONGEST_SUBJECT)
    if not text.body:
        yield WordsRefused(N_("Write the message."))
    if len(text.body) > LONGEST_BODY:
        yield WordsRefused(N_("A message has at most %(most)s characters."), most=LONGEST_BODY)
    if len(text.button) > LONGEST_BUTTON or "\n" in text.button:
        yield ButtonRefused(N_("A button is one line of at most %(most)s characters."), most=LONGEST_BUTTON)
    if channel == Channel.EMAIL and not text.button:
        yield ButtonRefused(N_("Write what the button says, such as “See and pay”."))


def _missing(text: Text, channel: Channel, purpose: Purpose) -> Iterator[WordsRefused]:
    if not text.body:
        return
    there = used(Text("", text.body))
    needed = _NEEDED.get(purpose, ())
    if channel == Channel.EMAIL:
        needed = (*needed, ("link",))
    for one_of in needed:
        if not there.intersection(one_of):
            yield _absent(one_of)


def _absent(one_of: tuple[str, ...]) -> WordsRefused:
    if "help" in one_of:
        return WordsRefused(
            N_("Say where to turn when something is wrong or there is not enough money: %(place)s is missing."),
            place=shown("help"),
        )
    if len(one_of) > 1:
        message = N_("The message needs %(place)s or %(other)s.")
        return WordsRefused(message, place=shown(one_of[0]), other=shown(one_of[1]))
    return WordsRefused(N_("The message needs %(place)s."), place=shown(one_of[0]))


def shown(name: str) -> str:
    return f"{{{name}}}"
