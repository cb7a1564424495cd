"""Customers: found by whatever somebody has at hand, named, joined and parted, and the people who speak for them."""

import threading
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event, text

from models import audit, customers
from models.audit import Actor, ActorKind
from models.customers import Customer, merges, notes, search
from models.customers.contacts import DuplicateContact
from models.customers.customers import DuplicateNumber
from models.customers.merges import CannotMerge
from models.database import session
from models.transactions import release, transaction
from tests.conftest import NOW, TODAY
from tests.making import Maker

STAFF = Actor(ActorKind.STAFF, 1, "Rūta")
NAMES = {
    "lt": "UAB „Žalias ąžuolas“",
    "el": "Ταβέρνα Θάλασσα ΑΕ",
    "pl": "Łąka i Źródło sp. z o.o.",
    "cs": "Jídelna Šťastná Dvořáková s.r.o.",
    "fa": "شرکت کاوه پارسی",
    "en": "Copper Catering Ltd",
    "numbers": "Depot 7",
}


def found(query: str) -> list[str]:
    return [one.name for one in search.search(query)[0]]


def first(query: str) -> str | None:
    return next(iter(found(query)), None)


def last_event(customer_id: int) -> tuple[str, dict[str, object]]:
    event, words = audit.page_of_events(customer_id, page=1, size=1)[0][0]
    return event.action, words.body if words else {}


# Search


SEARCHES = {
    "lt": ["žalias", "zalias azuolas", "ŽALIAS ĄŽUOLAS", "Zalais azuolas", "azuol"],
    "el": ["θαλασσα", "Θάλασσα", "ΘΑΛΑΣΣΑ", "ταβερνα", "Θαλασα"],
    "pl": ["łąka", "laka", "LAKA I ZRODLO", "Łonka i źródło", "zrodlo"],
    "cs": ["šťastná", "stastna", "Dvorakova", "jidelna stastna", "Dvořaková"],
    "fa": ["کاوه", "كاوه", "شرکت کاوه پارسي", "پارسی", "شركت كاوه"],
    "en": ["copper", "Coper Catering", "catering ltd", "COPPER"],
}


@pytest.fixture
def everybody(make: Maker) -> None:
    for name in NAMES.values():
        make.customer(name)


@pytest.mark.usefixtures("everybody")
def test_a_name_is_found_in_its_script_without_its_marks_and_with_a_slip() -> None:
    wanted = {query: NAMES[language] for language, queries in SEARCHES.items() for query in queries}
    assert {query: first(query) for query in wanted} == wanted


def test_a_half_space_in_a_persian_name_is_a_space(make: Maker) -> None:
    make.customer("خانه\u200cهای سبز")
    assert first("خانه های") == first("خانه\u200cهای") == "خانه\u200cهای سبز"


def test_an_exact_number_comes_first_and_keeps_its_leading_zeros(make: Maker) -> None:
    make.customer("Other 0200769623 named so", number="77")
    wanted = make.customer("Costco", number="0200769623")
    hits, _ = search.search(" 0200769623 ")
    assert (hits[0].id, hits[0].number, hits[0].why) == (wanted.id, "0200769623", "number")
    assert first("02007696") == first("200769623") == first("00200769623") == "Costco"


def test_a_number_is_found_however_its_letters_are_written(make: Maker) -> None:
    make.customer("Mill", number="Ab-12/x")
    hits, _ = search.search("aB-12/X")
    assert (hits[0].number, hits[0].why) == ("Ab-12/x", "number")


def test_an_invoice_number_leads_to_its_customer(make: Maker) -> None:
    customer = make.customer("Willow & Sons")
    make.invoice(customer, number="INV-0099/a")
    make.customer("Copper")
    hits, count = search.search("inv-0099/A")
    assert ([(hit.id, hit.why) for hit in hits], count) == ([(customer.id, "invoice")], 1)


def test_a_mail_address_or_a_part_of_it_leads_to_everybody_who_has_it(make: Maker) -> None:
    one, two, other = make.customer("One"), make.customer("Two"), make.customer("Three")
    for customer in (one, two):
        make.contact(customer, "Ap@Example.test")
    make.contact(other, "rita@elsewhere.test")
    for query in ("AP@example.test", "@example.te", "ap@exam", "example.t"):
        hits, count = search.search(query)
        assert ({hit.id for hit in hits}, count, {hit.why for hit in hits}) == ({one.id, two.id}, 2, {"mail"}), query
    assert found("rita") == ["Three"]
    assert found("%@%") == found("a_@e") == []


def test_a_name_comes_before_a_mail_address_that_begins_like_it(make: Maker) -> None:
    make.contact(make.customer("Thistle"), "willow@example.test")
    make.customer("Willow & Sons")
    assert found("willow") == ["Willow & Sons", "Thistle"]


def test_a_former_name_still_finds_the_customer(make: Maker) -> None:
    customer = make.customer("Bitė Lietuva")
    with transaction():
        customers.change(customers.find(customer.id), name="Vilkas UAB", by=STAFF, now=NOW)
    assert first("bite lietuva") == first("vilkas") == "Vilkas UAB"
    assert customers.also_known_as(customer.id) == ["Bitė Lietuva"]


@pytest.mark.usefixtures("everybody")
def test_what_is_typed_is_text_and_nothing_else() -> None:
    odd = ["%", "_", "100%", "\\", "'", '"; drop table customers', "%%%", "a\0b%", "\u200c", "ł" * 500]
    assert {query: found(query) for query in odd} == {query: [] for query in odd}


@pytest.mark.usefixtures("everybody")
def test_the_company_s_own_account_is_nobody_s_customer() -> None:
    company_name = session.scalar(text("select name from customers where id = 0"))
    assert company_name not in found(company_name)
    assert 0 not in {one.id for one in search.search("")[0]}


def test_an_empty_query_lists_everybody_as_people_sort(make: Maker) -> None:
    for name in ("žirgas", "Zebra", "چای", "ایران", "Ąžuolas", "پارس", "Łoś", "azure", "Αθήνα"):
        make.customer(name)
    assert found("") == ["Ąžuolas", "azure", "Łoś", "Zebra", "žirgas", "Αθήνα", "ایران", "پارس", "چای"]


def test_pages_of_hits_neither_repeat_nor_lose_anybody(make: Maker) -> None:
    ids = [make.customer(f"Kavinė {number}").id for number in range(7)]
    pages = [search.search("kavine", most=3, skip=skip) for skip in (0, 3, 6)]
    assert sorted(one.id for hits, _ in pages for one in hits) == ids
    assert {count for _, count in pages} == {7}


def test_every_way_to_find_somebody_among_five_thousand_has_its_index(make: Maker, engine: Engine) -> None:
    columns = "number, number_as_written, name, name_key, search_name, kind, added_at"
    many = (
        "select 'N' || n, 'N' || n, 'x', md5(n::text), md5(n::text), 'business', now() from generate_series(1, 5000) n"
    )
    with transaction():
        session.execute(text(f"insert into customers ({columns}) {many}"))
        session.execute(text("analyze customers"))
    make.customer("Žalias ąžuolas")
    asked: list[tuple[str, object]] = []
    note = lambda *call: asked.append((call[2], call[3]))  # noqa: E731
    event.listen(engine, "before_cursor_execute", note)
    assert found("zalais azuolas") == ["Žalias ąžuolas"]
    event.remove(engine, "before_cursor_execute", note)
    with engine.connect() as connection:
        connection.exec_driver_sql("set enable_seqscan = off")  # For so few rows reading them all is nearly as quick.
        plan = "\n".join(row[0] for row in connection.exec_driver_sql(f"explain {asked[-1][0]}", asked[-1][1]))
    assert "Seq Scan on customers" not in plan
    assert plan.count("Bitmap Index Scan on ix_customers_search_name") == 2
    assert "uq_customers_number" in plan


# Numbers and names


def test_two_customers_never_share_a_number(make: Maker) -> None:
    make.customer("One", number="ab7")
    with pytest.raises(DuplicateNumber):
        make.customer("Two", number=" AB7 ")


def test_a_change_is_told_with_before_and_after_and_nothing_else_is_changed(make: Maker) -> None:
    customer = make.customer("Žalias", number="7")
    with transaction():
        mine = customers.find(customer.id)
        customers.change(mine, terms="14", number="8", name="Žalias", by=STAFF, now=NOW)
    assert (customers.find(customer.id).number, customers.find(customer.id).terms) == ("7", "14")
    assert last_event(customer.id) == ("customer.changed", {"before": {"terms": ""}, "after": {"terms": "14"}})
    with transaction():
        customers.change(customers.find(customer.id), terms="14", by=STAFF, now=NOW)
    assert audit.page_of_events(customer.id, page=1, size=9)[1] == 2


# Contacts and notes


def test_an_address_stands_once_at_a_customer_and_as_often_as_it_speaks_for_others(make: Maker) -> None:
    one, two = make.customer(), make.customer()
    make.contact(one, "AP@Example.test ")
    with pytest.raises(DuplicateContact):
        make.contact(one, "ap@example.TEST")
    make.contact(two, "ap@example.test")
    assert [contact.customer_id for contact in customers.known_by("Ap@example.test")] == [one.id, two.id]


def test_a_contact_s_address_cannot_become_a_colleague_s(make: Maker) -> None:
    customer = make.customer()
    make.contact(customer, "a@example.test")
    b = make.contact(customer, "b@example.test")
    with pytest.raises(DuplicateContact), transaction():
        customers.change_contact(customers.contact_of(customer.id, b.id), email=" A@example.test", by=STAFF, now=NOW)
    with transaction():
        mine = customers.contact_of(customer.id, b.id)
        customers.change_contact(mine, email="B@example.test", may_sign=True, by=STAFF, now=NOW)
    assert last_event(customer.id) == ("contact.changed", {"before": {"may_sign": False}, "after": {"may_sign": True}})


def test_the_first_contact_is_the_first_who_can_be_written_to(make: Maker) -> None:
    customer = make.customer()
    make.contact(customer, "")
    gone = make.contact(customer, "gone@example.test")
    make.contact(customer, "here@example.test")
    with transaction():
        customers.change_contact(customers.contact_of(customer.id, gone.id), active=False, by=STAFF, now=NOW)
    assert customers.first_contact(customer.id).email == "here@example.test"
    assert customers.first_contact(make.customer().id) is None


def test_a_contact_of_one_customer_is_none_of_another(make: Maker) -> None:
    contact = make.contact(make.customer())
    assert customers.contact_of(make.customer().id, contact.id) is None


def test_notes_say_who_wrote_them_and_when_the_newest_first(make: Maker) -> None:
    customer = make.customer()
    with transaction():
        notes.write(customer.id, "  called, no answer ", by=STAFF, now=NOW)
        notes.write(customer.id, "promised Friday", by=STAFF, now=NOW + timedelta(hours=1))
    assert [(note.text, note.author) for note in notes.of_customer(customer.id)] == [
        *(("promised Friday", "Rūta"), ("called, no answer", "Rūta")),
    ]
    assert last_event(customer.id) == ("note.written", {"text": "promised Friday"})


# Merges


def join(customer: Customer, into: Customer, on=TODAY) -> merges.Merge:
    with transaction():
        return merges.merge(customer, into, effective_on=on, by=STAFF, now=NOW)


def test_joined_accounts_are_read_as_one_until_they_are_parted(make: Maker) -> None:
    head, branch = make.customer(), make.customer()
    join(branch, head)
    assert (merges.family(head.id), merges.family(branch.id)) == ([head.id, branch.id], [branch.id])
    with transaction():
        merges.undo(merges.living_merge(branch.id), by=STAFF, now=NOW)
    assert merges.family(head.id) == [head.id]
    assert {last_event(one.id)[0] for one in (head, branch)} == {"customer.merge_undone"}
    assert [audit.broken_event(one.id) for one in (head, branch)] == [None, None]
    join(branch, head)
    assert merges.family(head.id) == [head.id, branch.id]


def test_a_merge_is_undone_once(make: Maker) -> None:
    row = join(make.customer(), make.customer())
    with transaction():
        merges.undo(merges.living_merge(row.customer_id), by=STAFF, now=NOW)
    with pytest.raises(CannotMerge), transaction():
        merges.undo(session.get_one(merges.Merge, row.id), by=STAFF, now=NOW)


def test_no_account_is_joined_to_itself_twice_in_a_chain_or_to_the_company(make: Maker) -> None:
    head, branch, other = make.customer(), make.customer(), make.customer()
    join(branch, head)
    company = customers.find(0)
    for customer, into in (
        (head, head),
        (branch, other),
        (head, other),
        (other, branch),
        (other, company),
        (company, other),
    ):
        with pytest.raises(CannotMerge):
            join(customer, into)


def test_two_who_join_each_other_at_once_make_no_circle(make: Maker) -> None:
    """Accounts without a single entry have no account row to lock: the customers themselves are locked."""
    for _ in range(5):
        pair = [make.customer(), make.customer()]
        together, answers = threading.Barrier(2), []

        def press(customer: Customer, into: Customer, together=together, answers=answers) -> None:
            together.wait()
            try:
                join(customer, into)
                answers.append("joined")
            except CannotMerge:
                answers.append("refused")
            finally:
                release()

        threads = [threading.Thread(target=press, args=order) for order in (pair, pair[::-1])]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == ["joined", "refused"]


def test_a_lock_is_asked_for_once_in_a_transaction_and_again_where_it_was_given_back(
    make: Maker, engine: Engine
) -> None:
    customer = make.customer()
    asked: list[str] = []

    def note(*call: Any) -> None:
        asked.append(call[2])

    def locks() -> int:
        """How often PostgreSQL was asked since the last time."""
        found = sum("FOR UPDATE" in one for one in asked)
        asked.clear()
        return found

    with transaction():
        customers.lock_account(customer.id, "EUR")
    event.listen(engine, "before_cursor_execute", note)
    with transaction():
        with suppress(ZeroDivisionError), session.begin_nested():
            customers.lock_account(customer.id, "EUR")
            raise ZeroDivisionError
        assert locks() == 1
        for times in (1, 0):
            customers.lock_account(customer.id, "EUR")
            assert locks() == times
    with transaction():
        customers.lock_account(customer.id, "EUR")
    event.remove(engine, "before_cursor_execute", note)
    assert locks() == 1
