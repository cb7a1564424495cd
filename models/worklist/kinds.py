"""What a task is about, what is to be done, and by when."""

from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from models.errors import N_


class TaskKind(StrEnum):
    MISSING_ADDRESS = "missing_address"
    DEAD_ADDRESS = "dead_address"
    WRONG_NUMBER = "wrong_number"
    CHECK_PAYMENT = "check_payment"
    NOT_OURS = "not_ours"
    SOMETHING_WRONG = "something_wrong"
    REFUND_WANTED = "refund_wanted"
    CALL = "call"
    STOP_SERVICE = "stop_service"
    HAND_OVER = "hand_over"
    SEQUENCE_ENDED = "sequence_ended"
    PLAN_BROKEN = "plan_broken"
    PLAN_REQUESTED = "plan_requested"
    DOCUMENT_UNSIGNED = "document_unsigned"


@dataclass(frozen=True, slots=True)
class Words:
    """`within`: calendar days until it is due, where whoever adds it does not say."""

    title: str
    what_to_do: str
    within: timedelta


WORDS: dict[TaskKind, Words] = {
    TaskKind.MISSING_ADDRESS: Words(
        N_("No mail address"),
        N_("The customer paid, and no receipt could be mailed. Find an address and add a contact."),
        timedelta(days=7),
    ),
    TaskKind.DEAD_ADDRESS: Words(
        N_("Mail comes back"),
        N_("The address takes no mail. Find another one; until then letters go by post."),
        timedelta(days=3),
    ),
    TaskKind.WRONG_NUMBER: Words(
        N_("Wrong telephone number"),
        N_("Somebody else answered. Find the right number and change the contact."),
        timedelta(days=3),
    ),
    TaskKind.CHECK_PAYMENT: Words(
        N_("The customer says: already paid"),
        N_("Look for the money. Allocate it, or write to the customer what is missing."),
        timedelta(days=3),
    ),
    TaskKind.NOT_OURS: Words(
        N_("The customer says: this is not mine"),
        N_("Nothing is sent to them until you have looked. Find out who owes it."),
        timedelta(days=3),
    ),
    TaskKind.SOMETHING_WRONG: Words(
        N_("Something is wrong for the customer"),
        N_("They told us on the telephone. Find out what it is and answer them."),
        timedelta(days=2),
    ),
    TaskKind.REFUND_WANTED: Words(
        N_("The customer wants the credit paid back"),
        N_("They had paid what was credited. Refund it from the credit note on their account."),
        timedelta(days=3),
    ),
    TaskKind.CALL: Words(
        N_("Call"),
        N_("Call the customer and write down what came of it."),
        timedelta(days=1),
    ),
    TaskKind.STOP_SERVICE: Words(
        N_("Decide whether the service stops"),
        N_("Write down what stops, from when, and who decided it; or why nothing stops."),
        timedelta(days=5),
    ),
    TaskKind.HAND_OVER: Words(
        N_("Decide about handing over"),
        N_("Reminders have not helped. Decide whether somebody else goes on with it, and write down why."),
        timedelta(days=5),
    ),
    TaskKind.SEQUENCE_ENDED: Words(
        N_("All reminders are sent"),
        N_("The last step has gone and the money is not there. Decide what comes next."),
        timedelta(days=5),
    ),
    TaskKind.PLAN_BROKEN: Words(
        N_("An instalment plan has ended"),
        N_("Instalments were missed and nothing came in the days of grace. Talk to the customer before reminders do."),
        timedelta(days=2),
    ),
    TaskKind.PLAN_REQUESTED: Words(
        N_("A customer asks for an instalment plan"),
        N_("They were promised an answer by the day on which this is due. Offer it as they asked, or other figures."),
        timedelta(days=1),
    ),
    TaskKind.DOCUMENT_UNSIGNED: Words(
        N_("A document was not signed"),
        N_("They declined, or did not answer in time. Ask them why, then send it again or leave it on file."),
        timedelta(days=2),
    ),
}
