from collections.abc import Callable
from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import event as listening
from sqlalchemy import text

from models import customers, ledger
from models.customers import notes
from models.database import session
from models.money import Money
from models.policies.permissions import Role
from models.transactions import transaction
from tests.backoffice.reading import error_at, errors_above, events, shown, value_of
from tests.conftest import NOW
from tests.making import Maker

NEW = {
    **{"number": "k-17", "name": "Łąka sp. z o.o.", "kind": "business"},
    **{"country": "pl", "language": "pl", "terms": "14"},
}


@pytest.mark.parametrize(
    "typed", ["zalias namas", "Zaliass Nams", "20018", " INV-77 ", "ap@example.test", "žALIAS"], ids=str.strip
)
def test_a_customer_is_found_by_whatever_is_at_hand(desk: FlaskClient, make: Maker, typed: str) -> None:
    customer = make.customer(number="20018")
    make.contact(customer)
    make.invoice(customer, number="inv-77")
    make.customer("Copper Catering Ltd", number="30000")
    page = desk.get("/staff/customers", query_string={"q": typed}).text
    assert f"/staff/customers/{customer.id}" in page
    assert "Copper Catering" not in page


@pytest.mark.parametrize("typed", ["Θαλασσα", "گلستان", "zrodlo"])
def test_names_are_found_in_their_script_with_or_without_marks(desk: FlaskClient, make: Maker, typed: str) -> None:
    for name in ("Θάλασσα ΕΠΕ", "شرکت بازرگانی گلستان", "Biuro Źródło S.A."):
        make.customer(name)
    assert shown(desk.get("/staff/customers", query_string={"q": typed})).count("LT") == 0
    assert desk.get("/staff/customers", query_string={"q": typed}).text.count('class="lead"') == 1


@pytest.mark.parametrize("typed", ["%", "_", "\\", "'; drop table customers; --", "x" * 5_000])
def test_a_search_for_anything_answers(desk: FlaskClient, make: Maker, typed: str) -> None:
    make.customer()
    assert "Nobody found" in shown(desk.get("/staff/customers", query_string={"q": typed}))


def test_the_list_has_pages_and_no_other(desk: FlaskClient, make: Maker) -> None:
    with transaction():
        session.execute(
            text(
                "insert into customers (number, number_as_written, name, name_key, search_name, kind, added_at)"
                " select n, n, 'C' || n, 'c' || n, 'c' || n, 'business', now() from generate_series(1001, 1051) n"
            )
        )
    assert "Page 1 of 2" in shown(desk.get("/staff/customers"))
    assert "C1051" in shown(desk.get("/staff/customers?page=2"))
    for page in ("0", "-1", "3", "999", "99999999999999999999"):
        assert desk.get(f"/staff/customers?page={page}").status_code == 404, page
    assert desk.get("/staff/customers?page=two").status_code == 200


def test_typing_renews_the_list_alone(desk: FlaskClient, make: Maker) -> None:
    make.customer()
    part = desk.get("/staff/customers?q=zalias", headers={"HX-Request": "true"}).text
    assert 'id="found"' in part
    assert "<nav" not in part
    assert "<html" not in part
    assert 'hx-target="#found"' in desk.get("/staff/customers").text


def test_a_new_customer_is_entered(desk: FlaskClient) -> None:
    answer = desk.post("/staff/customers/new", data=NEW)
    made = customers.by_number("K-17")
    assert (answer.status_code, answer.location) == (303, f"/staff/customers/{made.id}")
    assert (made.name, made.country, made.language, made.terms) == ("Łąka sp. z o.o.", "PL", "pl", "14")
    assert events(made.id) == ["customer.added"]


def test_a_number_that_is_taken_is_told_beside_it_and_nothing_typed_is_lost(desk: FlaskClient, make: Maker) -> None:
    make.customer(number="K-17")
    answer = desk.post("/staff/customers/new", data=NEW | {"address": "Ul. 1\nWarszawa"})
    assert error_at(answer, "number") == "Customer number k-17 is taken."
    assert errors_above(answer) == ["Customer number k-17 is taken."]
    assert [value_of(answer, name) for name in ("number", "name", "country", "address")] == [
        *("k-17", "Łąka sp. z o.o.", "pl"),
        "Ul. 1\nWarszawa",
    ]
    assert '<option selected value="business">' in answer.text


@pytest.mark.parametrize(
    ("wrong", "field"), [({"name": "   "}, "name"), ({"number": ""}, "number"), ({"country": "Poland"}, "country")]
)
def test_what_is_missing_or_wrong_is_told_beside_its_field(
    desk: FlaskClient, wrong: dict[str, str], field: str
) -> None:
    answer = desk.post("/staff/customers/new", data=NEW | wrong)
    assert error_at(answer, field)
    assert customers.count() == 0


def test_a_former_name_is_kept_and_still_finds_the_customer(desk: FlaskClient, make: Maker) -> None:
    customer = make.customer("Ąžuolas UAB")
    address = f"/staff/customers/{customer.id}"
    assert value_of(desk.get(f"{address}/change"), "name") == "Ąžuolas UAB"
    assert desk.post(f"{address}/change", data=NEW | {"name": "Beržas UAB"}).status_code == 303
    page = shown(desk.get(address))
    assert "Beržas UAB" in page
    assert "Also known as Ąžuolas UAB" in page
    assert customers.find(customer.id).number == customer.number
    assert "Beržas" in shown(desk.get("/staff/customers?q=azuolas"))
    assert events(customer.id)[-1] == "customer.changed"


def test_saving_without_a_change_writes_nothing(desk: FlaskClient, make: Maker) -> None:
    customer = make.customer("Ąžuolas UAB", country="LT")
    same = {"name": "Ąžuolas UAB", "kind": "unknown", "country": "LT", "language": ""}
    assert desk.post(f"/staff/customers/{customer.id}/change", data=same).status_code == 303
    assert events(customer.id) == ["customer.added"]


def test_the_account_page_tells_what_is_open_and_what_is_unapplied(desk: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    first, second = make.invoice(customer, 12_000, number="A-1"), make.invoice(customer, 5_000, number="A-2")
    receipt = make.receipt(customer, 8_000)
    with transaction():
        ledger.allocate(receipt, first, Money(7_000, "EUR"), now=NOW)
    page = shown(desk.get(f"/staff/customers/{customer.id}"))
    for told in ("Open €100.00 2 items", "Unapplied cash €10.00", "Balance €90.00", "30 days late", "€50.00"):
        assert told in page
    assert second.left.minor == 5_000


def test_each_currency_has_its_own_tab(desk: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    make.invoice(customer, 1_234_567, currency="JPY")
    make.invoice(customer, 1_284_500, currency="KWD")
    address = f"/staff/customers/{customer.id}"
    assert "¥1,234,567" in shown(desk.get(f"{address}?currency=JPY"))
    assert "1,284.500" in shown(desk.get(f"{address}?currency=KWD"))


def test_an_account_of_many_items_has_pages(desk: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    for place in range(51):
        make.invoice(customer, 100, number=f"N-{place}")
    address = f"/staff/customers/{customer.id}"
    assert "Page 1 of 2" in shown(desk.get(address))
    assert desk.get(f"{address}?page=2").text.count('class="lead"') == 1
    assert {desk.get(f"{address}?page={page}").status_code for page in (0, 3, 10**18)} == {404}


def test_the_timeline_tells_everything_newest_first(desk: FlaskClient) -> None:
    earlier = NOW - timedelta(hours=1)
    make = Maker(earlier)
    customer = make.customer()
    debit, receipt = make.invoice(customer, 12_000, number="A-1"), make.receipt(customer, 12_000)
    with transaction():
        ledger.allocate(receipt, debit, Money(12_000, "EUR"), now=earlier)
    desk.post(f"/staff/customers/{customer.id}/notes", data={"text": "Called, will pay"})
    page = shown(desk.get(f"/staff/customers/{customer.id}/timeline"))
    told = ["Note", "The finance", "Called, will pay", "Allocated €120.00", "Receipt", "Invoice", "Customer added"]
    assert sorted(told, key=page.index) == told


def test_the_timeline_goes_on_to_older_events_and_ends(desk: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    address = f"/staff/customers/{customer.id}/timeline"
    assert "Older" not in desk.get(address).text
    for _ in range(51):
        make.receipt(customer, 100)
    assert 'rel="next"' in desk.get(address).text
    last = desk.get(f"{address}?page=2")
    assert "Customer added" in last.text
    assert 'rel="next"' not in last.text
    assert {desk.get(f"{address}?page={page}").status_code for page in (0, 3)} == {404}


def test_a_note_is_kept_with_its_writer(desk: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    address = f"/staff/customers/{customer.id}/notes"
    assert error_at(desk.post(address, data={"text": "  "}), "text")
    assert desk.post(address, data={"text": " <b>Will pay</b>\nFriday "}).status_code == 303
    [note] = notes.of_customer(customer.id)
    assert (note.text, note.author) == ("<b>Will pay</b>\nFriday", "The finance")
    assert "&lt;b&gt;Will pay&lt;/b&gt;" in desk.get(address).text
    assert events(customer.id)[-1] == "note.written"


def test_the_companys_own_account_is_no_customer(desk: FlaskClient) -> None:
    page = desk.get("/staff/customers/0")
    assert "Money without a name" in page.text
    for closed in ("notes", "contacts", "contacts/new", "change", "merge", "invoices/new", "credit-notes/new"):
        assert desk.get(f"/staff/customers/0/{closed}").status_code == 404, closed
        assert f"/staff/customers/0/{closed}" not in page.text
    for opened in ("entries", "timeline", "statement", "receipts/new"):
        assert desk.get(f"/staff/customers/0/{opened}").status_code == 200, opened


@pytest.mark.parametrize("closed", ["receipts/new", "invoices/new", "credit-notes/new"])
def test_money_pages_are_closed_to_collectors(as_role: Callable[[Role], FlaskClient], make: Maker, closed: str) -> None:
    address, client = f"/staff/customers/{make.customer().id}", as_role(Role.COLLECTOR)
    assert client.get(f"{address}/{closed}").status_code == 403
    assert client.post(f"{address}/{closed}", data={"amount": "1"}).status_code == 403
    assert closed not in client.get(address).text


def test_an_id_that_no_column_holds_is_not_found(desk: FlaskClient) -> None:
    for customer_id in (987_654, 2**63 - 1, 2**63, 10**30):
        assert desk.get(f"/staff/customers/{customer_id}").status_code == 404


def test_an_account_page_asks_the_database_little(desk: FlaskClient, make: Maker) -> None:
    """However many items, contacts and merged accounts there are."""
    customer = make.customer()
    for place in range(20):
        make.invoice(customer)
        make.contact(customer, f"c{place}@example.test")
    desk.get(f"/staff/customers/{customer.id}")
    asked: list[str] = []
    bound = session.get_bind()
    listening.listen(bound, "before_cursor_execute", lambda *call: asked.append(call[2]))
    assert desk.get(f"/staff/customers/{customer.id}").status_code == 200
    assert len(asked) <= 11, "\n".join(asked)
