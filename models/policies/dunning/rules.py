"""Every rule that can speak, in one sentence for staff and in one kind sentence for the customer."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from models.errors import N_
from models.policies.dunning.decisions import Spoke


@dataclass(frozen=True, slots=True)
class Said:
    staff: str
    customer: str


NOTHING_PLANNED = N_("We have nothing planned.")
_HOLDS = {
    "held.in_flight": Said(
        N_("A payment is on its way: what it pays is not asked for."),
        N_("A payment of yours is on its way. We do not write about what it pays."),
    ),
    "held.promise": Said(
        N_("It is promised, and not asked for until %(until)s."),
        N_("You told us when you will pay. Until %(until)s we do not write about it."),
    ),
    "held.already_paid": Said(
        N_("The customer says it is paid; until that is looked at it is not asked for."),
        N_("You told us that you have paid. We are looking for the money, and do not write about it meanwhile."),
    ),
    "held.not_ours": Said(
        N_("The customer says it is not theirs; until that is looked at nothing is sent."),
        N_("You told us that this is not yours. A person is looking at it, and we do not write meanwhile."),
    ),
    "held.pause": Said(
        N_("It is paused."),
        N_("We have agreed on a pause. We do not write about it."),
    ),
    "held.hardship": Said(
        N_("The customer is in hardship, and is not asked."),
        N_("We know that money is short at the moment. We do not write about it."),
    ),
    "held.breathing_space": Said(
        N_("The customer is in a breathing space: no contact until it ends."),
        N_("You are in a breathing space. We do not write to you while it lasts."),
    ),
    "held.cease_contact": Said(
        N_("The customer told us to stop contacting them."),
        N_("You asked us not to write to you, and we do not."),
    ),
    "held.wrong_address": Said(
        N_("The address is wrong: nothing is sent until there is another."),
        N_("Our letters do not reach you. We send none until we know where you are."),
    ),
    "held.legal_representative": Said(
        N_("A legal representative speaks for the customer; the customer is not written to."),
        N_("Somebody speaks for you, so we do not write to you."),
    ),
}
_ITEMS = {
    "credited": Said(
        N_("Unused credit of %(amount)s is taken off the oldest items first."),
        N_("Your credit of %(amount)s is taken off first."),
    ),
    "nothing_open": Said(N_("Nothing is open."), N_("Nothing is open.")),
    "nothing_to_ask": Said(
        N_("Holds and credits cover everything that is open."), N_("There is nothing that we would ask you for now.")
    ),
    "no_sequence": Said(N_("No sequence of reminders is in use for this customer."), NOTHING_PLANNED),
    "grace": Said(
        N_("%(number)s is new here: no reminder before %(until)s."),
        N_("%(number)s is new. We do not write about it before %(until)s."),
    ),
    "first_overdue_days": Said(
        N_(
            "The first days after the due date are the customer's by law: %(number)s is not asked for before %(until)s."
        ),
        N_("You have some days after the due date. We do not write about %(number)s before %(until)s."),
    ),
    "not_yet": Said(
        N_("The next step for %(number)s is due on %(on)s."),
        N_("We would write about %(number)s on %(on)s at the earliest."),
    ),
    "went": Said(
        N_("The last step for %(number)s was on %(on)s."),
        N_("We last wrote about %(number)s on %(on)s."),
    ),
    "ended": Said(
        N_("All steps for %(number)s have gone; a person decides what comes next."),
        N_("A person of ours decides what comes next for %(number)s."),
    ),
    "no_step": Said(N_("No step is due for %(number)s."), N_("We have nothing planned for %(number)s.")),
    "no_due_date": Said(
        N_("%(number)s has no due date, so nobody is reminded of it."),
        N_("%(number)s has no due date, so we do not write about it."),
    ),
    "newest_only": Said(
        N_("Earlier steps for %(number)s were missed. Only the newest one goes."),
        N_("You get one message about %(number)s, not several."),
    ),
}
_CONTACT = {
    "bank_money_old": Said(
        N_("Bank money is in up to %(until)s only. Nobody is reminded until a later day is recorded."),
        N_("We are still looking at the money that came in, and write to nobody until that is done."),
    ),
    "gap": Said(
        N_("The last contact was a short time ago: %(days)s days lie between two. The next is possible on %(until)s."),
        N_("We were in touch a short time ago. We do not write before %(until)s."),
    ),
    "week": Said(
        N_("There were %(most)s contacts within seven days, and more there may not be."),
        N_("We have been in touch often enough this week, so we wait."),
    ),
    "opted_out": Said(
        N_("The contact wants no reminders by mail."),
        N_("You want no mails like these. What is important comes by letter."),
    ),
    "address_stopped": Said(
        N_("Mails to the contact's address come back."),
        N_("Our mails do not reach you. What is important comes by letter."),
    ),
    "wants_letters": Said(N_("The contact wants letters."), N_("You want letters instead of mails.")),
    "no_mail_address": Said(
        N_("No contact who may see the account has a mail address."), N_("We have no mail address of yours.")
    ),
    "friendly_not_by_post": Said(
        N_("Before the due date nothing goes by post."), N_("Before the due date we send no letters.")
    ),
    "no_address": Said(
        N_("There is no postal address either. Somebody has the task to find one."),
        N_("We have no postal address of yours."),
    ),
    "no_words": Said(N_("Step %(step)s has no approved words, so it is not sent."), NOTHING_PLANNED),
    "closed": Said(
        N_("The customer's hours, weekdays or holidays are against it until %(until)s."),
        N_("We write on working days, by daylight where you are, and wait until %(until)s."),
    ),
    "never_open": Said(
        N_("In the customer's time zones no hour is daytime in all of them. Record one time zone."), NOTHING_PLANNED
    ),
    "statement_not_beside": Said(
        N_("There was a message this week, so the statement is left out."),
        N_("You have heard from us this week, so the statement is left out."),
    ),
    "paid": Said(N_("Something was paid or credited meanwhile."), N_("Something was paid meanwhile. Thank you.")),
}
_SENDS = {
    "sends.email": Said(N_("Step %(step)s goes by mail."), N_("We write to you by mail.")),
    "sends.letter": Said(N_("Step %(step)s goes by letter."), N_("We write to you by letter.")),
    "sends.statement": Said(
        N_("The statement of every four weeks goes by mail."), N_("You get your statement by mail.")
    ),
}
SENTENCES: Mapping[str, Said] = MappingProxyType({**_HOLDS, **_ITEMS, **_CONTACT, **_SENDS})
# Said where a hold has no end that is known.
WITHOUT_END: Mapping[str, Said] = MappingProxyType(
    {
        "held.promise": Said(
            N_("It is promised, and not asked for."), N_("You told us when you will pay. We do not write about it.")
        )
    }
)
# Said where a pause has one.
WITH_END: Mapping[str, Said] = MappingProxyType(
    {
        "held.pause": Said(
            N_("It is paused until %(until)s."),
            N_("We have agreed on a pause. Until %(until)s we do not write about it."),
        )
    }
)


def said(spoke: Spoke) -> Said:
    """The sentences of a rule, for its values."""
    special = WITH_END if "until" in spoke.values else WITHOUT_END
    return special.get(spoke.rule) or SENTENCES[spoke.rule]
