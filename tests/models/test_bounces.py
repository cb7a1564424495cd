"""Mails that come back: the port takes them, the address is stopped, somebody gets the task."""

import smtplib
import socket
from collections.abc import Iterator

import pytest
from sqlalchemy import Engine

from models import audit, customers, messages, work, worklist
from models.customers import Customer
from models.gateways import bounces
from models.gateways.mail import RefusedForGood
from models.gateways.mail_port import MailPort, listening
from models.messages import Message, addresses, sending
from models.transactions import release, transaction
from models.worklist import TaskKind, TaskState
from tests.conftest import NOW
from tests.making import Maker
from tests.models.test_worklist import run_jobs

RETURNS = "returns@company.test"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def customer(make: Maker) -> Customer:
    customer = make.customer()
    make.contact(customer, "ap@example.test")
    return customer


@pytest.fixture
def port(engine: Engine) -> Iterator[int]:
    where = MailPort("127.0.0.1", free_port(), RETURNS)
    with listening(where, work.take_bounce):
        yield where.port


def mailed(customer: Customer, address: str = "ap@example.test") -> Message:
    mail = {"kind": "receipt", "language": "en", "subject": "S", "text": "T", "html": "<p>T</p>", "now": NOW}
    with transaction():
        messages.queue(customer.id, dedupe_key="1", address=address, **mail)
    return messages.outbox(customer.id)[0]


def notification(message_id: str, *, status: str = "5.1.1", action: str = "failed", whole: bool = True) -> bytes:
    """As mail servers write it: a word for people, the status for machines, what is returned."""
    returned = f"From: billing@company.test\r\nMessage-ID: {message_id}\r\nSubject: S\r\n\r\n"
    kind = "message/rfc822" if whole else "text/rfc822-headers"
    return "\r\n".join(
        [
            "From: MAILER-DAEMON@example.test",
            "Message-ID: <of-the-notification@example.test>",
            'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
            *("MIME-Version: 1.0", "", "--b", "Content-Type: text/plain", "", "It could not be delivered."),
            *("--b", "Content-Type: message/delivery-status", "", "Reporting-MTA: dns; mx.example.test", ""),
            *("Final-Recipient: rfc822; ap@example.test", f"Action: {action}", f"Status: {status}"),
            *(f"Diagnostic-Code: smtp; 550 {status} No such mailbox", "", "--b", f"Content-Type: {kind}", ""),
            *(returned, "--b--", ""),
        ]
    ).encode()


@pytest.mark.parametrize("whole", [True, False])
def test_a_notification_names_our_mail_and_what_is_wrong(whole: bool) -> None:
    found = bounces.read(notification("<mine@duewell>", whole=whole))
    assert found == bounces.Bounce("<mine@duewell>", True, "smtp; 550 5.1.1 No such mailbox")


@pytest.mark.parametrize(
    ("status", "action"),
    [("4.4.1", "delayed"), ("4.2.2", "failed"), ("5.7.1", "failed"), ("5.4.4", "failed"), ("5.1.1", "relayed")],
)
def test_only_an_address_that_takes_nothing_is_given_up(status: str, action: str) -> None:
    assert not bounces.read(notification("<mine@duewell>", status=status, action=action)).for_good


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\xff\xfe",
        b"Subject: out of office\r\n\r\nBack on Monday",
        notification("").replace(b"delivery-status", b"x"),
    ],
)
def test_any_other_mail_says_nothing(raw: bytes) -> None:
    assert bounces.read(raw) is None


def test_what_comes_back_by_smtp_stops_the_address_once(port: int, customer: Customer) -> None:
    message = mailed(customer)
    for _ in range(2):
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.sendmail("", [RETURNS], notification(message.message_id))
    release()
    run_jobs("worklist.dead_address")
    found = messages.find(customer.id, message.id)
    assert (found.bounced_at is not None, found.error) == (True, "smtp; 550 5.1.1 No such mailbox")
    assert set(addresses.stopped(["AP@example.test", "other@example.test"])) == {"ap@example.test"}
    [task] = worklist.of_customers([customer.id])
    assert (task.kind, task.state) == (TaskKind.DEAD_ADDRESS, TaskState.OPEN)
    contact = customers.contacts_of(customer.id)[0]
    with transaction():
        customers.change_contact(contact, email="new@example.test", by=audit.COMMAND, now=NOW)
    run_jobs("worklist.review_address")
    assert [one.state for one in worklist.of_customers([customer.id])] == [TaskState.DROPPED]


def test_a_notification_about_a_mail_that_is_not_ours_stops_nothing(port: int, customer: Customer) -> None:
    mailed(customer)
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.sendmail("", [RETURNS], notification("<guessed@duewell>"))
    release()
    assert addresses.stopped(["ap@example.test"]) == {}


def test_the_port_takes_no_mail_for_anybody_else(port: int) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server, pytest.raises(smtplib.SMTPRecipientsRefused):
        server.sendmail("a@example.test", ["billing@company.test"], b"Subject: S\r\n\r\nT")


def test_what_cannot_be_taken_now_stays_with_the_other_server(engine: Engine) -> None:
    def broken(raw: bytes) -> None:
        raise RuntimeError("no database")

    where = MailPort("127.0.0.1", free_port(), RETURNS)
    with listening(where, broken), smtplib.SMTP("127.0.0.1", where.port) as server:
        server.ehlo()
        assert server.mail("")[0] == server.rcpt(RETURNS)[0] == 250
        code, _ = server.data(b"Subject: S\r\n\r\nT")
    assert code == 451


def test_an_address_refused_at_once_is_stopped_and_may_be_tried_again(customer: Customer) -> None:
    class Refusing:
        mail_from = "billing@company.test"

        def send(self, raw: bytes, draft: object) -> RefusedForGood:
            return RefusedForGood("550 5.1.1 unknown", address_stopped=True)

    mailed(customer)
    sending.send_due(Refusing(), now=lambda: NOW)
    assert addresses.stopped(["ap@example.test"])["ap@example.test"].reason == "550 5.1.1 unknown"
    run_jobs("worklist.dead_address")
    with transaction():
        worklist.release_address(customers.contacts_of(customer.id)[0], by=audit.COMMAND, now=NOW)
    assert not addresses.stopped(["ap@example.test"])
    assert [one.state for one in worklist.of_customers([customer.id])] == [TaskState.DROPPED]
