"""The outbox: what is queued is sent once, to whom it is for, whatever happens on the way; nothing is lost."""

import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from datetime import datetime, timedelta
from itertools import product

import pytest
from sqlalchemy import Engine

from models import messages
from models.database import session
from models.gateways.mail import MailDraft, Outcome, Sent, SmtpSender
from models.messages import Message, MessageState, sending
from models.states import IllegalTransition
from models.transactions import release, transaction
from tests.conftest import NOW
from tests.journeys.house import eventually
from tests.models.gateways.mail_server import MailServer, running


@pytest.fixture
def server(engine: Engine) -> Iterator[MailServer]:
    with running(MailServer()) as server:
        yield server


@pytest.fixture
def sender(server: MailServer) -> Iterator[SmtpSender]:
    with SmtpSender(f"smtp://127.0.0.1:{server.port}", "billing@company.test", timeout=5) as sender:
        yield sender


MAIL = {"kind": "receipt", "language": "en", "subject": "S", "text": "Thank you.", "html": "<p>Thank you.</p>"}


def queue(key: str = "a", address: str = "ap@example.test", customer_id: int = 7, now: datetime = NOW) -> bool:
    mail = MAIL | {"subject": f"Receipt {key}"}
    with transaction():
        return messages.queue(customer_id, **mail, dedupe_key=key, address=address, now=now)


def mails() -> dict[str, Message]:
    session.rollback()
    session.expire_all()
    return {message.dedupe_key: message for message in messages.outbox()}


def at(moment: datetime) -> Callable[[], datetime]:
    return lambda: moment


def send(sender: object, later: timedelta = timedelta()) -> int:
    return sending.send_due(sender, now=at(NOW + later))


# Queueing


def test_a_cause_writes_one_mail_however_often_it_comes(server: MailServer, sender: SmtpSender) -> None:
    assert [queue("receipt:1"), queue("receipt:1"), queue("receipt:2"), queue("receipt:1", customer_id=8)] == [
        *(True, False, True, True),
    ]
    assert (send(sender), len(server.books)) == (3, 3)


def test_a_mail_of_something_that_did_not_happen_is_not_sent(server: MailServer, sender: SmtpSender) -> None:
    def fail_after_queueing() -> None:
        with transaction():
            messages.queue(7, **MAIL, dedupe_key="a", address="ap@example.test", now=NOW)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_after_queueing()
    assert (send(sender), server.books, mails()) == (0, [], {})


def test_a_mail_moves_along_its_table_and_no_other_way() -> None:
    allowed = {
        *(("queued", state) for state in ("sending", "skipped")),
        *(("sending", state) for state in ("sent", "refused", "unknown", "queued", "skipped")),
        *(("unknown", state) for state in ("sending", "skipped")),
    }
    taken = set()
    for first, then in product(MessageState, repeat=2):
        mail = Message(state=first)
        with suppress(IllegalTransition):
            mail.move_to(then)
            taken.add((first.value, mail.state.value))
    assert taken == allowed


# Sending


def test_a_mail_arrives_as_it_was_written_and_is_kept(server: MailServer, sender: SmtpSender) -> None:
    queue()
    assert send(sender) == 1
    [delivery] = server.books
    assert (delivery.recipient, delivery.mail["Subject"]) == ("ap@example.test", "Receipt a")
    kept = mails()["a"]
    assert (kept.state, kept.sent_at, kept.tries, kept.message_id) == (
        *(MessageState.SENT, NOW, 1),
        delivery.mail["Message-ID"],
    )
    assert (send(sender, timedelta(days=1)), len(server.books)) == (0, 1)


def test_two_workers_at_once_send_each_mail_once(server: MailServer) -> None:
    keys = [str(number) for number in range(120)]
    with transaction():
        for key in keys:
            queue(key)
    together = threading.Barrier(2)
    tried: list[int] = []

    def work() -> None:
        with SmtpSender(f"smtp://127.0.0.1:{server.port}", "billing@company.test", timeout=10) as own:
            together.wait()
            try:
                tried.append(send(own))
            finally:
                release()

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sum(tried) == 120
    assert set(Counter(delivery.mail["Subject"] for delivery in server.books).values()) == {1}
    assert {mail.state for mail in messages.outbox(most=200)} == {MessageState.SENT}


def test_a_server_that_is_busy_is_asked_again_with_growing_patience(server: MailServer, sender: SmtpSender) -> None:
    queue()
    server.to_recipient = "451 4.7.1 Greylisted, try again"
    moment, waits = NOW, []
    for _ in range(6):
        assert sending.send_due(sender, now=at(moment)) == 1
        kept = mails()["a"]
        assert (kept.state, kept.error) == (MessageState.QUEUED, "451 4.7.1 Greylisted, try again")
        waits.append(int((kept.next_try_at - moment).total_seconds() // 60))
        assert sending.send_due(sender, now=at(kept.next_try_at - timedelta(seconds=1))) == 0
        moment = kept.next_try_at
    assert waits == [1, 5, 15, 60, 60, 60]
    server.to_recipient = "250 OK"
    assert (sending.send_due(sender, now=at(moment)), len(server.books)) == (1, 1)
    assert mails()["a"].state is MessageState.SENT


def test_a_server_that_is_down_for_an_hour_loses_nothing(server: MailServer) -> None:
    for key in "abc":
        queue(key)
    nobody_there = SmtpSender("smtp://127.0.0.1:9", "billing@company.test", timeout=5)
    for minutes in range(0, 60, 5):
        send(nobody_there, timedelta(minutes=minutes))
    assert {mail.state for mail in mails().values()} == {MessageState.QUEUED}
    with SmtpSender(f"smtp://127.0.0.1:{server.port}", "billing@company.test") as sender:
        send(sender, timedelta(hours=2))
    assert sorted(delivery.mail["Subject"] for delivery in server.books) == ["Receipt a", "Receipt b", "Receipt c"]


def test_an_answer_lost_after_the_text_is_sent_again_under_the_same_message_id(
    server: MailServer, sender: SmtpSender
) -> None:
    queue()
    server.hangs_up_at = "DATA"
    send(sender)
    assert mails()["a"].state is MessageState.UNKNOWN
    server.hangs_up_at = ""
    assert send(sender) == 0  # Not at once: the server may be in trouble.
    assert send(sender, timedelta(minutes=1)) == 1
    first, second = server.message_ids
    assert first == second == mails()["a"].message_id
    assert mails()["a"].state is MessageState.SENT


def test_an_address_that_does_not_exist_is_tried_once_and_holds_up_nobody(
    server: MailServer, sender: SmtpSender
) -> None:
    queue("gone")
    server.to_recipient = "550 5.1.1 No such mailbox"
    send(sender)
    server.to_recipient = "250 OK"
    queue("fine")
    send(sender, timedelta(days=3))
    assert [mails()[key].state for key in ("gone", "fine")] == [MessageState.REFUSED, MessageState.SENT]
    assert "No such mailbox" in mails()["gone"].error


@pytest.mark.parametrize("address", ["not an address", "a@b\r\nBcc: all@example.test", "@", "a@ž..test"])
def test_what_is_no_address_is_refused_and_the_next_mail_goes(
    server: MailServer, sender: SmtpSender, address: str
) -> None:
    queue("bad", address)
    queue("good")
    assert send(sender) == 2
    assert [mails()[key].state for key in ("bad", "good")] == [MessageState.REFUSED, MessageState.SENT]
    assert [delivery.recipient for delivery in server.books] == ["ap@example.test"]


def test_a_wrong_address_of_our_own_costs_no_customer_their_mail(server: MailServer, sender: SmtpSender) -> None:
    queue()
    with SmtpSender(f"smtp://127.0.0.1:{server.port}", "Billing <no address>") as misconfigured:
        send(misconfigured)
    assert mails()["a"].state is MessageState.QUEUED
    send(sender, timedelta(minutes=1))
    assert mails()["a"].state is MessageState.SENT


class Breaking(SmtpSender):
    """Breaks down over one mail in a way that nobody foresaw."""

    def send(self, raw: bytes, draft: MailDraft) -> Outcome:
        if draft.subject == "Receipt odd":
            raise RuntimeError("unforeseen")
        return super().send(raw, draft)


def test_a_mail_that_breaks_the_sender_does_not_stop_the_others(server: MailServer) -> None:
    for key in ("odd", "b", "c"):
        queue(key)
    with Breaking(f"smtp://127.0.0.1:{server.port}", "billing@company.test") as sender:
        assert send(sender) == 3
    assert [mails()[key].state for key in ("odd", "b", "c")] == [
        *(MessageState.QUEUED, MessageState.SENT, MessageState.SENT),
    ]
    assert mails()["odd"].error == "RuntimeError: unforeseen"


def test_the_newest_goes_first_so_that_nobody_waits_for_a_code_behind_thousands(
    server: MailServer, sender: SmtpSender
) -> None:
    for minutes, key in ((-2, "a"), (-1, "b"), (0, "code")):
        queue(key, now=NOW + timedelta(minutes=minutes))
    assert send(sender) == 3
    assert server.message_ids == [mails()[key].message_id for key in ("code", "b", "a")]


class Slow:
    """Takes four minutes for each mail, by the clock that it is given."""

    mail_from = "billing@company.test"

    def __init__(self) -> None:
        self.moment = NOW
        self.sent: list[str] = []

    def send(self, raw: bytes, draft: MailDraft) -> Outcome:
        self.moment += timedelta(minutes=4)
        self.sent.append(draft.message_id)
        return Sent("250 OK")


def test_a_slow_server_makes_nobody_send_what_another_still_holds(engine: Engine) -> None:
    """A worker's claim lasts ten minutes; what it cannot send in that time it leaves to the next claim."""
    for key in "abcdef":
        queue(key)
    slow = Slow()
    assert sending.send_due(slow, now=lambda: slow.moment) == 2
    assert send(slow, timedelta(minutes=9)) == 0
    assert sending.send_due(slow, now=lambda: slow.moment + timedelta(minutes=10)) == 2
    assert max(Counter(slow.sent).values()) == 1


def test_who_was_overtaken_leaves_the_other_s_word_standing(engine: Engine) -> None:
    queue()

    class Overtaken(Slow):
        def send(self, raw: bytes, draft: MailDraft) -> Outcome:
            other = threading.Thread(target=lambda: (send(Slow(), timedelta(minutes=11)), release()))
            other.start()
            other.join()
            return Sent("too late")

    assert send(Overtaken()) == 1
    assert mails()["a"].error == "250 OK"


WORKER = """
import sys
from datetime import datetime
from models import database
from models.gateways.mail import SmtpSender
from models.messages import sending

database.connect(sys.argv[1])
with SmtpSender(sys.argv[2], "billing@company.test", timeout=60) as sender:
    sending.send_due(sender, now=lambda: datetime.fromisoformat(sys.argv[3]))
"""


def test_a_worker_killed_before_it_could_note_loses_nothing(
    server: MailServer, sender: SmtpSender, database_url: str
) -> None:
    """The server has taken the mail over; the worker dies before the answer. It is sent again, recognisable as one."""
    queue()
    server.goes_silent_at = "DATA"
    address = f"smtp://127.0.0.1:{server.port}"
    worker = subprocess.Popen([sys.executable, "-c", WORKER, database_url, address, NOW.isoformat()])
    eventually(lambda: server.books, within=30)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    server.goes_silent_at = ""
    assert mails()["a"].state is MessageState.SENDING
    assert send(sender, sending.CLAIM - timedelta(seconds=1)) == 0
    assert send(sender, sending.CLAIM) == 1
    first, second = server.message_ids
    assert first == second
    assert (mails()["a"].state, mails()["a"].tries) == (MessageState.SENT, 2)


# Reading


def test_the_outbox_shows_the_newest_first_and_keeps_staff_s_mails_apart(engine: Engine) -> None:
    queue("a")
    queue("invitation", customer_id=0)
    queue("b", customer_id=8)
    keys = [message.dedupe_key for message in messages.outbox()]
    assert keys == ["b", "invitation", "a"]
    assert [message.dedupe_key for message in messages.outbox(to_staff=False)] == ["b", "a"]
    assert [message.dedupe_key for message in messages.outbox(7)] == ["a"]
    newest = messages.outbox(most=1)[0]
    assert [message.dedupe_key for message in messages.outbox(before_id=newest.id)] == ["invitation", "a"]
    assert messages.find(8, mails()["a"].id) is None
