"""Why something is not asked for, in kind words: a word beside an item, a sentence above the statement."""

from collections.abc import Mapping, Sequence
from types import MappingProxyType

from flask_login import current_user

from models import promises
from models.errors import N_
from models.holds import Held, HoldKind
from models.promises import Promise, PromiseState
from models.words import gettext
from portal import portal

WORDS: Mapping[HoldKind, str] = MappingProxyType(
    {
        HoldKind.DISPUTE: N_("In dispute"),
        HoldKind.PROMISE: N_("Promised"),
        HoldKind.PLAN: N_("In a plan"),
        HoldKind.PLAN_ASKED: N_("Waits for a plan"),
        HoldKind.AUTOPAY: N_("Paid automatically"),
        HoldKind.ALREADY_PAID: N_("We look for your payment"),
        HoldKind.BREATHING_SPACE: N_("Breathing space"),
    }
)
SENTENCES: Mapping[HoldKind, str] = MappingProxyType(
    {
        HoldKind.PAUSE: N_("We send you no reminders at the moment. You can pay whenever you like."),
        HoldKind.HARDSHIP: N_(
            "We know that it is hard at the moment. We do not remind you. Pay what you can, when you can."
        ),
        HoldKind.BREATHING_SPACE: N_("You have a breathing space: we ask for nothing now. You may pay if you like."),
        HoldKind.CEASE_CONTACT: N_("You asked us not to contact you, and we do not. You can still see and pay here."),
        HoldKind.WRONG_ADDRESS: N_("What we send does not reach you. Please tell us your right address."),
        HoldKind.LEGAL_REPRESENTATIVE: N_(
            "Somebody acts for you, and we write to them. You can still see and pay here."
        ),
    }
)
UNTIL: Mapping[HoldKind, str] = MappingProxyType(
    {
        HoldKind.PAUSE: N_("We send you no reminders until %(day)s. You can pay whenever you like."),
        HoldKind.BREATHING_SPACE: N_(
            "You have a breathing space until %(day)s: we ask for nothing. You may pay if you like."
        ),
    }
)


@portal.app_template_global()
def hold_word(held: Held) -> str:
    return gettext(WORDS.get(held.kind, N_("On hold")))


@portal.app_template_global()
def hold_sentence(held: Held) -> str:
    """Of a hold over the whole account; empty for one that its customer has just made."""
    if held.until_on is not None and held.kind in UNTIL:
        return gettext(UNTIL[held.kind], day=held.until_on)
    return gettext(SENTENCES[held.kind]) if held.kind in SENTENCES else ""


@portal.app_template_global()
def living_promises() -> Sequence[Promise]:
    return promises.of_customers(current_user.family, state=PromiseState.OPEN, most=5)
