"""Who tries too often has to wait: the same at both doors."""

import structlog
from flask import request

from models import clock, sign_ins
from models.sign_ins import SignInAttempt
from models.transactions import transaction


def admitted(door: str, email: str, *, pauses: bool = True, an_hour: int = 0) -> SignInAttempt:
    """
    Count the attempt first and look at it afterwards, in two transactions, so that none slips through side by side.
    `email`, `pauses` and `an_hour` as for `sign_ins`.

    :raises TooManyTries: answered with 429.
    """
    with transaction():
        attempt = sign_ins.begin(door, email=email, address=request.remote_addr or "", now=clock.real_now())
    with transaction():
        refusal = sign_ins.refusal_of(attempt, pauses=pauses, an_hour=an_hour)
    if refusal is not None:
        note_failure(door, "too many tries")
        raise refusal
    return attempt


def note_failure(door: str, step: str) -> None:
    """For whoever watches the logs. Neither address nor password is written down: people mistype one for the other."""
    structlog.get_logger().warning("sign_in_failed", door=door, step=step, address=request.remote_addr)
