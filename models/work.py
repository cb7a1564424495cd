"""Which job means what, and the clockwork: everything that happens without somebody clicking."""

import signal
import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING
from uuid import UUID

from sqlalchemy import URL

from models import (
    accounts,
    approvals,
    audit,
    autopay,
    claims,
    clock,
    company,
    complaints,
    customers,
    disputes,
    filed,
    files,
    jobs,
    payments,
    plans,
    promises,
    sign_ins,
    worklist,
)
from models.customers import codes
from models.dunning import runs
from models.dunning.sending import Reminders
from models.gateways.mail_port import MailPort
from models.gateways.mail_port import listening as mail_listening
from models.gateways.stripe import GatewayError
from models.messages import bouncing, sending
from models.transactions import release, transaction

if TYPE_CHECKING:
    from models.gateways.mail import Sender
    from models.gateways.stripe import StripeGateway


@dataclass(frozen=True)
class Tools:
    """What handlers need of the outside."""

    gateway: "StripeGateway | None"
    sender: "Sender | None"
    seals: Path
    address: str = ""  # Of the portal, for the links in mails.


@dataclass(frozen=True)
class Periodic:
    name: str
    every: timedelta
    run: Callable[[Tools], object]


# What goes with mails of a kind.
PAPERS: dict[str, sending.Enclose] = {
    "dispute": accounts.answers_enclosed,
    "filed": accounts.signed_enclosed,
    "plan": accounts.enclosed_with_plan,
}
_mails_wait = threading.Event()


def mails_wait(_: Tools) -> None:
    """Wake the thread that sends. It alone has the connection to the mail server, and thousands hold up nobody else."""
    _mails_wait.set()


def send_messages(tools: Tools, stopped: Callable[[], bool] = lambda: False) -> None:
    if tools.sender:
        keeper = Reminders(tools.address, accounts.invoices_enclosed)
        sending.send_due(tools.sender, now=clock.now, keeper=keeper, papers=PAPERS, stopped=stopped)


def drain_inbox(tools: Tools) -> None:
    if tools.gateway:
        payments.drain(gateway=tools.gateway, now=clock.now, real_now=clock.real_now)


def sweep_attempts(tools: Tools) -> None:
    if tools.gateway:
        payments.sweep(gateway=tools.gateway, now=clock.now)


def give_up_disputed(tools: Tools, customer_id: int, entry_id: int) -> None:
    if tools.gateway:
        today = company.get().today(clock.now())
        payments.give_up_disputed(customer_id, entry_id, on=today, gateway=tools.gateway, now=clock.now)


def send_refund(tools: Tools, customer_id: int, refund_id: str) -> None:
    """A Stripe that does not answer is asked again by the sweep."""
    if tools.gateway:
        with suppress(GatewayError):
            payments.send_refund(customer_id, UUID(refund_id), gateway=tools.gateway, now=clock.now)


def detach_method(tools: Tools, customer_id: int, method_id: int) -> None:
    """A Stripe that does not answer is asked again by the sweep."""
    if tools.gateway:
        with suppress(GatewayError):
            payments.methods.detach(customer_id, method_id, gateway=tools.gateway, now=clock.now)


def sweep_refunds(tools: Tools) -> None:
    if tools.gateway:
        payments.sweep_refunds(gateway=tools.gateway, now=clock.now)


def read_missed_events(tools: Tools) -> None:
    if tools.gateway:
        payments.catch_up(gateway=tools.gateway, now=clock.now, real_now=clock.real_now)


def review_address(_: Tools, customer_id: int) -> None:
    with transaction():
        worklist.review_address(customer_id, now=clock.now())


def dead_address(_: Tools, stopped_id: int) -> None:
    with transaction():
        worklist.dead_address(stopped_id, now=clock.now())


def add_task(_: Tools, customer_id: int, kind: str, about: str, due_on: str = "") -> None:
    """A task that something below the worklist asks for."""
    with transaction():
        day = date.fromisoformat(due_on) if due_on else None
        worklist.add(customer_id, worklist.TaskKind(kind), about=about, due_on=day, now=clock.now())


def seal_audit(tools: Tools) -> None:
    """Once a night, by the clock of UTC; a worker that was down at midnight does it when it is back."""
    with transaction():
        last = audit.last_sealed_at()
        if last is None or last.date() < clock.now().date():
            audit.seal(now=clock.now())
    audit.export_seals(tools.seals)


def review_plans(_: Tools, customer_id: int) -> None:
    """What was agreed on and is charged: plans and autopay look at what happened."""
    with transaction():
        plans.review(customer_id, now=clock.now())
    with transaction():
        autopay.review(customer_id, now=clock.now())


def put_plan_before(_: Tools, customer_id: int, plan_id: int) -> None:
    with transaction():
        accounts.put_before(customer_id, plan_id, now=clock.now())


def plans_answered(_: Tools, customer_id: int) -> None:
    """What a request was waiting for has come, or nobody waits any more."""
    with transaction():
        customers.lock_all(customer_id)
        if not plans.requested(among=[customer_id]):
            worklist.drop(customer_id, worklist.TaskKind.PLAN_REQUESTED, now=clock.now())


def settle_plans(_: Tools) -> None:
    plans.settle(now=clock.now())


def review_approvals(_: Tools, customer_id: int) -> None:
    with transaction():
        approvals.review(customer_id, now=clock.now())


def live_plans(tools: Tools) -> None:
    """What the day brings, and then what is to be charged on it, also where one plan could not be looked at."""
    today = company.get().today(clock.now())
    try:
        plans.tend(today, now=clock.now())
        plans.warn_of_cards(today, now=clock.now())
    finally:
        if tools.gateway:
            plans.charge(today, gateway=tools.gateway, now=clock.now)


def settle_autopay(_: Tools) -> None:
    autopay.settle(now=clock.now())


def run_autopay(tools: Tools) -> None:
    """New invoices are announced; what was announced for this day is charged, also where telling somebody fails."""
    today = company.get().today(clock.now())
    try:
        autopay.announce(today, now=clock.now())
        autopay.warn_of_cards(today, now=clock.now())
    finally:
        if tools.gateway:
            autopay.charge(today, gateway=tools.gateway, now=clock.now)


def judge_promises(_: Tools) -> None:
    now = clock.now()
    promises.judge(company.get().today(now), now=now)


def lapse_claims(_: Tools) -> None:
    now = clock.now()
    claims.lapse(company.get().today(now), now=now)


def review_complaints(tools: Tools) -> None:
    complaints.review(tools.address, now=clock.now())


def lapse_filed(_: Tools) -> None:
    now = clock.now()
    filed.lapse(company.get().today(now), now=now)


def forget_old_files(_: Tools) -> None:
    disputes.forget_drafts(now=clock.now())
    files.forget_drafts(now=clock.now(), beside=disputes.FILES_BESIDE)


def assign_dispute(tools: Tools, customer_id: int, dispute_id: int) -> None:
    with transaction():
        disputes.assign(customer_id, dispute_id, address=tools.address, now=clock.now())


def watch_disputes(tools: Tools) -> None:
    """Before those are closed whose time to disagree is over, what was offered in them lapses."""
    now = clock.now()
    today = company.get().today(now)
    disputes.watch(today, address=tools.address, now=now)
    disputes.close_ended(today, now=now)


def forget_old_sign_ins(_: Tools) -> None:
    with transaction():
        sign_ins.forget_old(now=clock.real_now())
        codes.forget_old(now=clock.real_now())


def start_reminders(_: Tools) -> None:
    """Once a day, from two o'clock at night where the company is; a worker that was down does it when it is back."""
    with transaction():
        runs.start_nightly(now=clock.now())


def remind_chunk(_: Tools, run_id: int, number: int) -> None:
    runs.do_chunk(run_id, number, now=clock.now())


def make_letters(tools: Tools, run_id: int) -> None:
    accounts.make_letters(run_id, tools.address, now=clock.now)


HANDLERS: dict[str, Callable[..., object]] = {
    "approvals.review": review_approvals,
    "disputes.opened": assign_dispute,
    "messages.send": mails_wait,
    "methods.detach": detach_method,
    "payments.give_up_disputed": give_up_disputed,
    "plans.answered": plans_answered,
    "plans.put_before": put_plan_before,
    "plans.review": review_plans,
    "refunds.send": send_refund,
    "reminders.chunk": remind_chunk,
    "reminders.letters": make_letters,
    "worklist.add": add_task,
    "worklist.dead_address": dead_address,
    "worklist.review_address": review_address,
}
MAILS_AT_LEAST_EVERY = timedelta(seconds=5)
CLOCKWORK = (
    Periodic("inbox", timedelta(seconds=1), drain_inbox),
    Periodic("attempts", timedelta(minutes=1), sweep_attempts),
    Periodic("refunds", timedelta(minutes=1), sweep_refunds),
    Periodic("missed events", timedelta(hours=1), read_missed_events),
    Periodic("plans", timedelta(seconds=30), settle_plans),
    Periodic("instalments", timedelta(minutes=5), live_plans),
    Periodic("autopay", timedelta(seconds=30), settle_autopay),
    Periodic("invoices to charge", timedelta(minutes=5), run_autopay),
    Periodic("promises", timedelta(seconds=15), judge_promises),
    Periodic("claims", timedelta(minutes=1), lapse_claims),
    Periodic("documents to sign", timedelta(minutes=5), lapse_filed),
    Periodic("cases", timedelta(minutes=1), watch_disputes),
    Periodic("complaints", timedelta(minutes=5), review_complaints),
    Periodic("reminders", timedelta(minutes=5), start_reminders),
    Periodic("audit seal", timedelta(hours=1), seal_audit),
    Periodic("files never sent", timedelta(hours=1), forget_old_files),
    Periodic("old sign-in attempts", timedelta(hours=6), forget_old_sign_ins),
)


def take_bounce(raw: bytes) -> None:
    """What the mail port brings; in its thread, whose connection goes back at once."""
    try:
        with transaction():
            bouncing.receive(raw, now=clock.now())
    finally:
        release()


def run(
    url: URL,
    *,
    gateway: "StripeGateway | None",
    sender: "Sender | None",
    seals: Path,
    production: bool,
    mail_port: MailPort | None = None,
    address: str = "",
) -> None:
    """Work until SIGTERM or SIGINT: queued jobs in one thread, mails in two, to and fro, the clockwork here."""
    with ExitStack() as stack:
        if mail_port:
            try:
                stack.enter_context(mail_listening(mail_port, take_bounce))
            except OSError as error:  # Another worker of this machine has the port.
                _tell("mail_port_not_opened", error=str(error))
        stop = threading.Event()
        for wanted in (signal.SIGTERM, signal.SIGINT):
            signal.signal(wanted, lambda *_: stop.set())
        work_until(stop, url, Tools(gateway, sender, seals, address), production)


def work_until(stop: threading.Event, url: URL, tools: Tools, production: bool) -> None:
    threads = [
        threading.Thread(target=jobs.work, args=(url, HANDLERS, tools, stop), name="queue", daemon=True),
        threading.Thread(target=_send, args=(tools, stop, production), name="mails", daemon=True),
    ]
    for thread in threads:
        thread.start()
    due = dict.fromkeys(CLOCKWORK, monotonic())
    while not stop.wait(max(min(due.values()) - monotonic(), 0)):
        for task in [task for task, at in due.items() if at <= monotonic()]:
            _run_calmly(task, tools, production)
            due[task] = monotonic() + task.every.total_seconds()
    _mails_wait.set()
    ends = monotonic() + 20
    for thread in threads:
        thread.join(timeout=max(ends - monotonic(), 0))


def _send(tools: Tools, stop: threading.Event, production: bool) -> None:
    task = Periodic("messages", MAILS_AT_LEAST_EVERY, lambda tools: send_messages(tools, stop.is_set))
    while not stop.is_set():
        _mails_wait.clear()
        _run_calmly(task, tools, production)
        if not stop.is_set():
            _mails_wait.wait(task.every.total_seconds())


def _run_calmly(task: Periodic, tools: Tools, production: bool) -> None:
    """A task that fails is written down and tried again at its next time; the others go on."""
    try:
        company.keep_clock(production=production)
        task.run(tools)
    except Exception as error:
        _tell("periodic_task_failed", task=task.name, exc_info=error)
    finally:
        release()


def _tell(what: str, **facts: object) -> None:
    import structlog

    structlog.get_logger().error(what, **facts)
