"""Every rule that can speak, in one sentence for staff."""

from collections.abc import Mapping
from types import MappingProxyType

from models.errors import N_

STAFF: Mapping[str, str] = MappingProxyType(
    {
        "held.in_flight": N_("A payment is on its way: what it pays is not asked for."),
        "held.promise": N_("It is promised, and not asked for until %(until)s."),
        "held.plan": N_("It is paid in instalments: the plan asks for it, nothing else does."),
        "held.plan_asked": N_("An instalment plan is asked for or offered: until it is answered or signed we wait."),
        "held.autopay": N_("Autopay takes it on the day that its customer was told: nobody else asks for it."),
        "held.dispute": N_("The customer says that something is wrong; until it is answered it is not asked for."),
        "held.already_paid": N_("The customer says it is paid; until that is looked at it is not asked for."),
        "held.not_ours": N_("The customer says it is not theirs; until that is looked at nothing is sent."),
        "held.pause": N_("It is paused."),
        "held.hardship": N_("The customer is in hardship, and is not asked."),
        "held.breathing_space": N_("The customer is in a breathing space: no contact until it ends."),
        "held.cease_contact": N_("The customer told us to stop contacting them."),
        "held.wrong_address": N_("The address is wrong: nothing is sent until there is another."),
        "held.legal_representative": N_(
            "A legal representative speaks for the customer; the customer is not written to."
        ),
        "credited": N_("Unused credit of %(amount)s is taken off the oldest items first."),
        "nothing_open": N_("Nothing is open."),
        "nothing_to_ask": N_("Holds and credits cover everything that is open."),
        "not_what_words_say": N_(
            "Nothing is open that these words are about: some are for what is overdue, others for what falls due next."
        ),
        "no_sequence": N_("No sequence of reminders is in use for this customer."),
        "grace": N_("%(number)s is new here: no reminder before %(until)s."),
        "first_overdue_days": N_(
            "The first days after the due date are the customer's by law: %(number)s is not asked for before %(until)s."
        ),
        "not_yet": N_("The next step for %(number)s is due on %(on)s."),
        "went": N_("The last step for %(number)s was on %(on)s."),
        "ended": N_("All steps for %(number)s have gone; a person decides what comes next."),
        "no_step": N_("No step is due for %(number)s."),
        "no_due_date": N_("%(number)s has no due date, so nobody is reminded of it."),
        "newest_only": N_("Earlier steps for %(number)s were missed. Only the newest one goes."),
        "bank_money_old": N_(
            "Bank money is in up to %(until)s only. Nobody is reminded until a later day is recorded."
        ),
        "gap": N_(
            "The last contact was a short time ago: %(days)s days lie between two. The next is possible on %(until)s."
        ),
        "week": N_("There were %(most)s contacts within seven days, and more there may not be."),
        "opted_out": N_("The contact wants no reminders by mail."),
        "address_stopped": N_("Mails to the contact's address come back."),
        "wants_letters": N_("The contact wants letters."),
        "no_mail_address": N_("No contact who may see the account has a mail address."),
        "friendly_not_by_post": N_("Before the due date nothing goes by post."),
        "no_address": N_("There is no postal address either. Somebody has the task to find one."),
        "no_words": N_("Step %(step)s has no approved words, so it is not sent."),
        "closed": N_("The customer's hours, weekdays or holidays are against it until %(until)s."),
        "never_open": N_("In the customer's time zones no hour is daytime in all of them. Record one time zone."),
        "statement_not_beside": N_("There was a message this week, so the statement is left out."),
        "paid": N_("Something was paid or credited meanwhile."),
        "sends.email": N_("Step %(step)s goes by mail."),
        "sends.letter": N_("Step %(step)s goes by letter."),
        "sends.statement": N_("The statement of every four weeks goes by mail."),
        "held.promise.open": N_("It is promised, and not asked for."),
        "held.pause.until": N_("It is paused until %(until)s."),
    }
)
