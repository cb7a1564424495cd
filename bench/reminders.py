"""A night of reminders over the imported books, against the same rows in one insert and the barest of templates."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from jinja2 import Environment
from sqlalchemy import select, text

from bench import causes, owing, tryton
from bench.databases import Databases
from bench.figures import Figure, best
from bench.sizes import Size
from models import database
from models.audit import COMMAND
from models.database import session
from models.dunning import runs, writing
from models.messages import Message
from models.transactions import release, transaction

OURS, KEPT, PLAIN = "reminded", "kept", "plain_reminded"
WRITTEN = ("messages", "reminder_lines")
MESSAGES = (
    "customer_id, dedupe_key, kind, contact_id, address, language, subject, text, html, unsubscribe, message_id, "
    "state, queued_at, next_try_at, channel, made_from"
)
LINES = (
    'customer_id, written_to, entry_id, step_id, occurrence, run_id, message_id, currency, amount_minor, "on", '
    "selected_at, state, reason, done_at"
)
INSERTS = (
    f"insert into messages ({MESSAGES}) select {MESSAGES} from kept_messages order by customer_id, id",
    f"insert into reminder_lines ({LINES}) select {LINES} from kept_reminder_lines order by customer_id, id",
)
# As bare as a mail can be: what the reader has to know, already written in words.
TEXT = """\
Dear {{ customer }},

{{ total }} is open:

{% for number, amount, due in items %}- {{ number }}: {{ amount }}, due {{ due }}
{% endfor %}
See and pay: {{ link }}
"""
HTML = """\
<!doctype html><html lang="en"><body><p>Dear {{ customer }},</p><p>{{ total }} is open:</p><table>
{% for number, amount, due in items %}<tr><td>{{ number }}</td><td>{{ amount }}</td><td>{{ due }}</td></tr>
{% endfor %}</table><p><a href="{{ link }}">See and pay</a></p></body></html>
"""


@dataclass(frozen=True, slots=True)
class Night:
    """Seconds of the clock: of all of it, and of the words in it."""

    seconds: float
    words: float
    messages: int
    lines: int


def measured(databases: Databases, of: str, size: Size, now: datetime) -> list[Figure]:
    """:param of: a database of imported invoices."""
    later = owing.made(databases, of, now)
    nights, inserts, bare = [], [], []
    for _ in range(size.nights):
        nights.append(_night(databases, later))
        inserts.append(_inserted(databases, nights[0]))
        bare.append(_rendered(databases))
    figures = _figures(nights, best(inserts), best(bare))
    if size.peers:
        looked_at = nights[0].lines / best([one.seconds for one in nights])
        beside = tryton.measured(databases, looked_at, later)
        figures += [beside] if beside else []
    return figures


def _figures(nights: list[Night], insert: float, words: float) -> list[Figure]:
    selected, all_of_it = best([one.seconds - one.words for one in nights]), best([one.seconds for one in nights])
    mails, lines = nights[0].messages, nights[0].lines
    return [
        Figure(
            what="Reminders: from what is owed to lines and messages, without the words",
            against="the same rows, words included, in one insert per table",
            ratio=insert / selected,
            gate=0.5,
            stretch=0.8,
            less_is_better=False,
            ours=f"{mails / selected:,.0f} messages/s with {lines / mails:.0f} lines each",
            limit=f"{mails / insert:,.0f} messages/s",
            cause=causes.SELECTION,
        ),
        Figure(
            what="Reminders: selection, words and outbox",
            against="both limits one after the other: that insert, and bare Jinja for text and HTML",
            ratio=(insert + words) / all_of_it,
            gate=0.5,
            stretch=0.7,
            less_is_better=False,
            ours=f"{mails / all_of_it:,.0f} messages/s",
            limit=f"{mails / (insert + words):,.0f} messages/s",
            cause=causes.REMINDERS,
        ),
    ]


def _night(databases: Databases, later: datetime) -> Night:
    """
    A run of one process.

    :raises RuntimeError: it wrote nothing, or a second run of the day wrote something.
    """
    engine = database.connect(databases.make(OURS, of=owing.OWING))
    with _words_timed() as words:
        began = time.perf_counter()
        _run(later)
        seconds = time.perf_counter() - began
    written = _written()
    _run(later + timedelta(hours=1))
    if not all(written) or _written() != written:
        raise RuntimeError(f"a run wrote {written} messages and lines; after one more there were {_written()}")
    release()
    engine.dispose()
    return Night(seconds, sum(words), *written)


def _run(now: datetime) -> None:
    with transaction():
        run_id = runs.start(by=COMMAND, now=now).id
    runs.work_off(run_id, now=lambda: now)


def _written() -> tuple[int, int]:
    session.rollback()
    messages, lines = (int(session.scalar(text(f"select count(*) from {table}")) or 0) for table in WRITTEN)
    return messages, lines


@contextmanager
def _words_timed() -> Iterator[list[float]]:
    """Seconds of each mail that is put into words meanwhile."""
    rendered, seconds = writing.rendered, list[float]()

    def timed(*given: Any) -> Any:
        began = time.perf_counter()
        mail = rendered(*given)
        seconds.append(time.perf_counter() - began)
        return mail

    writing.rendered = timed
    try:
        yield seconds
    finally:
        writing.rendered = rendered


def _inserted(databases: Databases, night: Night) -> float:
    """What the first night wrote, from a table beside, in one transaction."""
    if not databases.scalar("postgres", f"select count(*) from pg_database where datname = '{KEPT}'"):
        databases.make(KEPT, of=OURS)
        kept = (f"create table kept_{table} as table {table}" for table in WRITTEN)
        databases.sql(KEPT, *kept, *(f"truncate {table}" for table in WRITTEN), "vacuum analyze")
    engine = database.connect(databases.make(PLAIN, of=KEPT))
    began = time.perf_counter()
    with transaction():
        for insert in INSERTS:
            session.execute(text(insert))
    seconds = time.perf_counter() - began
    if _written() != (night.messages, night.lines):
        raise RuntimeError("the plain insert wrote other rows")
    release()
    engine.dispose()
    return seconds


def _rendered(databases: Databases) -> float:
    """As many mails about the same items, of values that are at hand."""
    engine = database.connect(databases.url(OURS))
    reminders = select(Message).where(Message.kind == "reminder")  # The house writes to its own people too.
    mails = [_said(row.address, row.made_from["asked"]) for row in session.scalars(reminders)]
    release()
    engine.dispose()
    plain, marked = Environment(autoescape=False), Environment(autoescape=True)
    templates = plain.from_string(TEXT), marked.from_string(HTML)
    return _seconds(lambda: [template.render(mail) for mail in mails for template in templates])


def _said(customer: str, asked: list[Any]) -> dict[str, Any]:
    items = [(number, f"€{minor / 100:,.2f}", due_on) for _, _, minor, _, number, due_on in asked]
    total = f"€{sum(row[2] for row in asked) / 100:,.2f}"
    return {"customer": customer, "items": items, "total": total, "link": "https://pay.example.test/l/1c6c9d3e"}


def _seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began
