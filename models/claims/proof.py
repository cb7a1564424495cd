"""Files that prove a payment, sent after it was said to be made."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from models import files, jobs
from models.audit import Actor
from models.claims.records import PURPOSE, Claim, ClaimKind, ClaimState, ask_a_person, find_for, lock_as_it_is
from models.customers import Contact
from models.errors import N_, Refused
from models.files import File, Tray

TAKES_PROOF = frozenset({ClaimState.OPEN, ClaimState.LAPSED})
READ_WITHIN = timedelta(days=1)


class NoProofNeeded(Refused):
    pass


def takes_proof(claim: Claim) -> bool:
    return claim.kind is ClaimKind.ALREADY_PAID and claim.state in TAKES_PROOF


def send_proof(claim: Claim, contact: Contact, *, by: Actor, on: date, now: datetime) -> None:
    """
    The contact's drafts go to a claim. A person looks at them, once more where the claim had been looked at.

    :raises NoProofNeeded: the payment was found, or somebody decided meanwhile.
    :raises files.TooManyFiles: more than ten.
    """
    lock_as_it_is(claim)
    if not takes_proof(claim):
        raise NoProofNeeded(N_("This has been settled meanwhile. No proof is needed any more."))
    tray = Tray.of(contact, PURPOSE)
    added = files.drafts(tray)
    files.hand_in(tray, claim.customer_id, claim.source, by=by, now=now)
    if claim.is_open:
        ask_a_person(claim, on + READ_WITHIN, on)
    elif added:
        due_on = (on + READ_WITHIN).isoformat()
        about = added[0].source
        jobs.later("worklist.add", customer_id=claim.customer_id, kind="check_payment", about=about, due_on=due_on)


def proof_of(claim: Claim) -> Sequence[File]:
    return files.of(claim.customer_id, claim.source)


def about(customer_id: int, source: str) -> Claim | None:
    """The claim that a task is about: 'claims:7', or a file that was sent for one ('files:12')."""
    noun, _, number = source.partition(":")
    if noun == "files" and (file := files.find([customer_id], int(number))) is not None:
        noun, _, number = file.about.partition(":")
    return find_for([customer_id], int(number)) if noun == "claims" else None
