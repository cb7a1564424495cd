"""Typed codes beneath every door: five tries whatever happens at once, ten minutes, worthless without the browser."""

import threading
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from models import audit
from models.customers import Contact, Customer, codes, links
from models.customers.codes import CodeUnusable, CodeWrong
from models.customers.links import Link
from models.database import session
from models.transactions import release, transaction
from tests.making import Maker
from tests.models.test_links import real_now
from tests.portal.mailbox import another, mailed_code


@pytest.fixture
def customer(make: Maker) -> Customer:
    return make.customer()


@pytest.fixture
def contact(make: Maker, customer: Customer) -> Contact:
    return make.contact(customer)


@pytest.fixture
def link(make: Maker, customer: Customer, contact: Contact) -> Link:
    make.link(customer, contact)
    return links.of_customer(customer.id)[0]


def send(link: Link) -> str:
    with transaction():
        return codes.send(link, now=real_now())


def enter(token: str, code: str, now: datetime | None = None) -> links.Opened:
    """As the door does it: count the try, commit, then look at it."""
    now = now or real_now()
    with transaction():
        codes.count_try(token, now=now)
    with transaction():
        return codes.open_link(token, code, None, now=now, address="192.0.2.1", agent="a test")


def test_the_right_code_opens_once(link: Link) -> None:
    token = send(link)
    enter(token, mailed_code())
    with pytest.raises(CodeUnusable):
        enter(token, mailed_code())


def test_many_tries_at_once_look_at_no_more_than_five(link: Link) -> None:
    """What stands between a stranger and a million codes, when many are tried at the same moment."""
    token = send(link)
    wrong, together, looked_at = another(mailed_code()), threading.Barrier(24), []

    def press() -> None:
        together.wait()
        try:
            with transaction():
                codes.count_try(token, now=real_now())
            looked_at.append(True)
            with transaction():
                codes.open_link(token, wrong, None, now=real_now(), address="", agent="")
        except (CodeWrong, CodeUnusable):
            pass
        finally:
            release()

    threads = [threading.Thread(target=press) for _ in range(24)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) == 5


def test_the_fifth_try_may_be_the_right_one_and_a_sixth_is_none(link: Link) -> None:
    for tries, outcome in ((4, None), (5, CodeUnusable)):
        token = send(link)
        right = mailed_code()
        for _ in range(tries):
            with pytest.raises((CodeWrong, CodeUnusable)):
                enter(token, another(right))
        if outcome is None:
            enter(token, right)
        else:
            with pytest.raises(outcome):
                enter(token, right)


def test_a_code_dies_after_ten_minutes_and_with_its_link(link: Link) -> None:
    token = send(link)
    with pytest.raises(CodeUnusable):
        enter(token, mailed_code(), real_now() + codes.LIVES)
    with transaction():
        session.execute(text("update links set revoked_at = now()"))
    with pytest.raises(CodeUnusable):
        enter(token, mailed_code())


def test_what_is_kept_of_a_code_is_worthless_in_another_browser(link: Link) -> None:
    """Six digits are found from a plain hash in a second; here the hash holds the browser's token as well."""
    mine = send(link)
    code = mailed_code()
    other = send(link)
    with transaction():
        session.execute(text("update codes set code_hash = (select code_hash from codes order by id limit 1)"))
    with pytest.raises(CodeWrong):
        enter(other, code)
    enter(mine, code)


def test_old_codes_are_forgotten(link: Link) -> None:
    send(link)
    for later, left in ((timedelta(hours=23), 1), (timedelta(hours=25), 0)):
        with transaction():
            codes.forget_old(now=real_now() + later)
        assert session.scalar(text("select count(*) from codes")) == left


def test_a_code_confirms_the_session_it_was_asked_for_and_no_other(contact: Contact) -> None:
    mine, other = 11, 12
    with transaction():
        token = codes.send_to_confirm(mine, codes.recipient(contact.customer_id, contact.id), now=real_now())
    by = {"by": audit.COMMAND, "customer_id": contact.customer_id, "now": real_now()}
    for wrong in (lambda: codes.confirm(token, mailed_code(), other, **by), lambda: enter(token, mailed_code())):
        with pytest.raises(CodeUnusable), transaction():
            wrong()
    with transaction():
        codes.confirm(token, mailed_code(), mine, **by)
