"""Every rule that can speak, in one kind sentence for the customer whom it is about."""

from collections.abc import Mapping
from types import MappingProxyType

from models.errors import N_

CUSTOMERS: Mapping[str, str] = MappingProxyType(
    {
        "held.in_flight": N_("A payment of yours is on its way. We do not write about what it pays."),
        "held.promise": N_("You told us when you will pay. Until %(until)s we do not write about it."),
        "held.plan": N_("You pay it in instalments. While you keep to your plan, we do not write about it."),
        "held.plan_asked": N_(
            "There is an instalment plan to be answered or signed. Until then we do not write about it."
        ),
        "held.autopay": N_("It is taken from your card or bank account, as you agreed. We do not write about it."),
        "held.dispute": N_("You told us that something is wrong. You need not pay that part until we have answered."),
        "held.already_paid": N_(
            "You told us that you have paid. We are looking for the money, and do not write about it meanwhile."
        ),
        "held.not_ours": N_(
            "You told us that this is not yours. A person is looking at it, and we do not write meanwhile."
        ),
        "held.pause": N_("We have agreed on a pause. We do not write about it."),
        "held.hardship": N_("We know that money is short at the moment. We do not write about it."),
        "held.breathing_space": N_("You are in a breathing space. We do not write to you while it lasts."),
        "held.cease_contact": N_("You asked us not to write to you, and we do not."),
        "held.wrong_address": N_("Our letters do not reach you. We send none until we know where you are."),
        "held.legal_representative": N_("Somebody speaks for you, so we do not write to you."),
        "credited": N_("Your credit of %(amount)s is taken off first."),
        "nothing_open": N_("Nothing is open."),
        "nothing_to_ask": N_("There is nothing that we would ask you for now."),
        "not_what_words_say": N_("We have nothing planned."),
        "no_sequence": N_("We have nothing planned."),
        "grace": N_("%(number)s is new. We do not write about it before %(until)s."),
        "first_overdue_days": N_(
            "You have some days after the due date. We do not write about %(number)s before %(until)s."
        ),
        "not_yet": N_("We would write about %(number)s on %(on)s at the earliest."),
        "went": N_("We last wrote about %(number)s on %(on)s."),
        "ended": N_("A person of ours decides what comes next for %(number)s."),
        "no_step": N_("We have nothing planned for %(number)s."),
        "no_due_date": N_("%(number)s has no due date, so we do not write about it."),
        "newest_only": N_("You get one message about %(number)s, not several."),
        "bank_money_old": N_("We are still looking at the money that came in, and write to nobody until that is done."),
        "gap": N_("We were in touch a short time ago. We do not write before %(until)s."),
        "week": N_("We have been in touch often enough this week, so we wait."),
        "opted_out": N_("You want no mails like these. What is important comes by letter."),
        "address_stopped": N_("Our mails do not reach you. What is important comes by letter."),
        "wants_letters": N_("You want letters instead of mails."),
        "no_mail_address": N_("We have no mail address of yours."),
        "friendly_not_by_post": N_("Before the due date we send no letters."),
        "no_address": N_("We have no postal address of yours."),
        "no_words": N_("We have nothing planned."),
        "closed": N_("We write on working days, by daylight where you are, and wait until %(until)s."),
        "never_open": N_("We have nothing planned."),
        "statement_not_beside": N_("You have heard from us this week, so the statement is left out."),
        "paid": N_("Something was paid meanwhile. Thank you."),
        "sends.email": N_("We write to you by mail."),
        "sends.letter": N_("We write to you by letter."),
        "sends.statement": N_("You get your statement by mail."),
        "held.promise.open": N_("You told us when you will pay. We do not write about it."),
        "held.pause.until": N_("We have agreed on a pause. Until %(until)s we do not write about it."),
    }
)
