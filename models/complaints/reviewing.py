"""What happens of itself: alerts, judgements, reminders, summaries. Everything here may run as often as it likes."""

from datetime import datetime, time
from zoneinfo import ZoneInfo

from models import company
from models.complaints import alerts, digests, judging, reminding
from models.transactions import transaction

DIGEST_FROM = time(6)  # Where the company is.


def review(address: str, *, now: datetime) -> None:
    """:param address: of the portal, for the links in mails."""
    today = company.get().today(now)
    with transaction():
        company.locked()  # One worker at a time: an alert is raised once.
        reminding.tell_raised(alerts.raise_due(today, now=now), address, now=now)
    with transaction():
        reminding.tell_ended(judging.judge_due(today, now=now), address, now=now)
        reminding.tell_ended(judging.reopen_due(today, now=now), address, now=now)
    with transaction():
        reminding.remind_due(today, address, now=now)
    if now.astimezone(ZoneInfo(company.get().timezone)).time() >= DIGEST_FROM:
        with transaction():
            company.locked()
            digests.send_due(today, address, now=now)
