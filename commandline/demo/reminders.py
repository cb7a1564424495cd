"""
The demonstration's reminders: words read by counsel, a sequence published by somebody else, runs of past weeks, and
something new that waits.
"""

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from models import accounts, audit, company
from models.dunning import review, runs, sequences, standard, templates
from models.dunning.sending import Reminders
from models.messages import sending
from models.messages.sending import LocalOutbox
from models.staff import Principal
from models.transactions import transaction

RUNS = (15, 2)  # Days ago, the oldest first.


def put_in_use(counsel: Principal, publisher: Principal, *, now: datetime) -> None:
    """By the business's own operations; the standard waits since the schema was made."""
    standard.ensure(now=now)
    for version in standard.waiting():
        review.approve(version, by=counsel, now=now)
    sequence = standard.sequence_version()
    if sequence is not None:
        review.approve(sequence, by=counsel, now=now)
        review.publish(sequence, by=publisher, now=now)


def propose(writer: Principal, *, now: datetime) -> None:
    """Kinder words wait for counsel, and a sequence that gives people three days more is being written."""
    words = next(one for one in templates.every() if one.key == "after_7")
    version = templates.draft(words, by=writer, now=now)
    text = templates.wording(version).texts["en"]
    body = text.body.replace("tell us what is in the way", "tell us what is in the way: we will find an answer")
    templates.write(version, "en", replace(text, body=body), by=writer, now=now)
    review.send(version, by=writer, now=now)
    [everyone] = sequences.every()
    draft = sequences.draft(everyone, by=writer, now=now)
    steps = sequences.at_version(draft.id).steps
    later = [replace(step, days=10) if step.template_id == words.id else step for step in steps]
    sequences.write(draft, later, by=writer, now=now)


def run_past_weeks(today: date, *, home: Path, address: str) -> None:
    """The nights of some weeks, the mornings after them, and the letters of each in a folder of its own."""
    for days in RUNS:
        day = _weekday(today - timedelta(days=days))
        night = runs.moment_of(day, company.get())
        with transaction():
            run_id = runs.start(day, by=audit.JOB, now=night).id
        runs.work_off(run_id, now=lambda night=night: night)
        morning = datetime.combine(day, time(11), ZoneInfo(company.get().timezone))
        keeper = Reminders(address, accounts.invoices_enclosed)
        sending.send_due(LocalOutbox(), now=lambda morning=morning: morning, keeper=keeper)
        folder = home / "letters" / str(run_id)
        accounts.write_letters(run_id, folder, address, by=audit.COMMAND, now=lambda morning=morning: morning)


def _weekday(day: date) -> date:
    """That day, or the Friday before."""
    return day - timedelta(days=max(day.weekday() - 4, 0))
