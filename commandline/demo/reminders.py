"""The demonstration's reminders: counsel has read the standard's words, somebody else has published its sequence."""

from datetime import datetime

from models.dunning import review, standard
from models.staff import Principal


def put_in_use(counsel: Principal, publisher: Principal, *, now: datetime) -> None:
    """By the business's own operations; the standard waits since the schema was made."""
    standard.ensure(now=now)
    for version in standard.waiting():
        review.approve(version, by=counsel, now=now)
    sequence = standard.sequence_version()
    if sequence is not None:
        review.approve(sequence, by=counsel, now=now)
        review.publish(sequence, by=publisher, now=now)
