"""What can be wrong, and what would put it right, in the words that customers choose between."""

from enum import StrEnum

from models.errors import N_


class Reason(StrEnum):
    PRICE = "price"
    QUANTITY = "quantity"
    DAMAGED = "damaged"
    DEFECTIVE = "defective"
    WRONG_ITEM = "wrong_item"
    NOT_RECEIVED = "not_received"
    LATE = "late"
    RETURNED = "returned"
    DUPLICATE = "duplicate"
    SERVICE = "service"
    OTHER = "other"


REASONS: dict[Reason, str] = {
    Reason.PRICE: N_("The price is wrong"),
    Reason.QUANTITY: N_("The quantity is wrong"),
    Reason.DAMAGED: N_("It arrived damaged"),
    Reason.DEFECTIVE: N_("It does not work, or stopped working"),
    Reason.WRONG_ITEM: N_("It is not what I ordered"),
    Reason.NOT_RECEIVED: N_("It never arrived"),
    Reason.LATE: N_("It came too late"),
    Reason.RETURNED: N_("I sent it back"),
    Reason.DUPLICATE: N_("It was billed twice"),
    Reason.SERVICE: N_("The service was not as agreed"),
    Reason.OTHER: N_("Something else"),
}


class Remedy(StrEnum):
    CREDIT = "credit"
    REPLACEMENT = "replacement"
    REPAIR = "repair"
    RETURN = "return"
    EXPLANATION = "explanation"


REMEDIES: dict[Remedy, str] = {
    Remedy.CREDIT: N_("Take it off the bill"),
    Remedy.REPLACEMENT: N_("Send it again, or the right thing"),
    Remedy.REPAIR: N_("Repair it"),
    Remedy.RETURN: N_("Take it back"),
    Remedy.EXPLANATION: N_("Explain it to me"),
}
