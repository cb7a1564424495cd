"""What customers say against being asked: 'I already paid', 'this is not mine'. Each pauses what it covers."""

from models.claims.disowning import WHYS, disown, is_disowned
from models.claims.paid import WAYS, Match, Said, TooManyClaims, answer_no, answer_yes, lapse, matches, say_paid
from models.claims.proof import NoProofNeeded, about, proof_of, send_proof, takes_proof
from models.claims.records import (
    Claim,
    ClaimKind,
    ClaimState,
    close,
    find,
    find_for,
    of_customers,
)

__all__ = [
    "WAYS",
    "WHYS",
    "Claim",
    "ClaimKind",
    "ClaimState",
    "Match",
    "NoProofNeeded",
    "Said",
    "TooManyClaims",
    "about",
    "answer_no",
    "answer_yes",
    "close",
    "disown",
    "find",
    "find_for",
    "is_disowned",
    "lapse",
    "matches",
    "of_customers",
    "proof_of",
    "say_paid",
    "send_proof",
    "takes_proof",
]
