"""I12: whatever is unfinished has a time at which its sweep looks at it again, and that time is not far off."""

from datetime import datetime, timedelta

from models.payments import FINAL, UNFINISHED
from models.reports.verify.proof import Finding, Proof

# Each sweep waits an hour at most between two tries; the second hour is room for a clock set right. What lies in the
# past needs no limit: the sweep selects it as soon as it runs.
ATTEMPTS_WAIT_AT_MOST = timedelta(hours=2)  # payments.sweep, every minute
REFUNDS_WAIT_AT_MOST = timedelta(hours=2)  # payments.sweep_refunds, every minute
MESSAGES_WAIT_AT_MOST = timedelta(hours=2)  # messages.send_due, every five seconds
# Reminders wait for the reader's next open hour: after a run of a day to come, over a weekend and holidays.
REMINDERS_WAIT_AT_MOST = timedelta(days=62)
EVENTS_WAIT_AT_MOST = timedelta(hours=2)  # payments.drain, every second, in real time

_MINE = "(cast(:customer as bigint) is null or w.customer_id = :customer)"
_ATTEMPTS = f"from attempts w where w.state <> all(:final) and {_MINE}"
_REFUNDS = f"from refunds w where w.state = any(:unfinished) and {_MINE}"
_MESSAGES = f"from messages w where w.state in ('queued', 'sending', 'unknown') and {_MINE}"
_MESSAGES_UNTIL = (
    "case when w.kind in ('reminder', 'statement_mail', 'invoice_mail') then cast(:reminders_until as timestamptz)"
    " else cast(:messages_until as timestamptz) end"
)
_EVENTS = "from webhook_events w where w.done_at is null and cast(:customer as bigint) is null"


def _late(which: str, key: str, limit: str) -> str:
    return f"""
select {key} as id, null as currency, 'tried again by ' || ({limit}) as expected,
       w.next_try_at::text as found
{which} and w.next_try_at > {limit}
order by 1"""


FINDINGS = (
    Finding(
        "I12",
        "attempts",
        f"select count(*) {_ATTEMPTS}",
        _late(_ATTEMPTS, "w.customer_id || ':' || w.id", "cast(:attempts_until as timestamptz)"),
    ),
    Finding(
        "I12",
        "refunds",
        f"select count(*) {_REFUNDS}",
        _late(_REFUNDS, "w.customer_id || ':' || w.id", "cast(:refunds_until as timestamptz)"),
    ),
    Finding(
        "I12",
        "messages",
        f"select count(*) {_MESSAGES}",
        _late(_MESSAGES, "w.customer_id || ':' || w.id", _MESSAGES_UNTIL),
    ),
    Finding(
        "I12",
        "webhook_events",
        f"select count(*) {_EVENTS}",
        _late(_EVENTS, "w.event_id", "now() + :events_wait"),
    ),
)


def prove(proof: Proof, customer_id: int | None, now: datetime) -> None:
    for finding in FINDINGS:
        finding.prove(
            proof,
            customer=customer_id,
            final=sorted(state.value for state in FINAL),
            unfinished=sorted(state.value for state in UNFINISHED),
            refunds_until=now + REFUNDS_WAIT_AT_MOST,
            attempts_until=now + ATTEMPTS_WAIT_AT_MOST,
            messages_until=now + MESSAGES_WAIT_AT_MOST,
            reminders_until=now + REMINDERS_WAIT_AT_MOST,
            events_wait=EVENTS_WAIT_AT_MOST,
        )
