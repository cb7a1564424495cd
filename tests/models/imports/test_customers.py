"""Customer files: who is new, what changed, and the trail of it."""

from sqlalchemy import select

from models import customers
from models.audit import AuditEvent, AuditText
from models.database import session
from models.imports import rejects_of
from tests.making import Maker
from tests.models.imports.conftest import BringIn

HEADER = "number,name,email,contact,phone,language,country,address,terms,kind\n"


def events(customer_id: int) -> list[tuple[str, object]]:
    query = (
        select(AuditEvent.action, AuditText.body)
        .outerjoin(AuditText, AuditText.event_id == AuditEvent.id)
        .where(AuditEvent.customer_id == customer_id)
        .order_by(AuditEvent.seq)
    )
    return [(action, body) for action, body in session.execute(query)]


def test_several_rows_of_one_customer_are_several_contacts(bring_in: BringIn) -> None:
    summary = bring_in(
        "customers",
        HEADER
        + "c-1,Žalias Namas UAB,ap@example.test,Rūta,+370 1,lt,LT,Vilnius,net 30,business\n"
        + "C-1,Žalias Namas UAB,cfo@example.test,Jonas,,lt,LT,Vilnius,net 30,business\n"
        + "C-2,Πόπη ΑΕ,,,,el,gr,,,\n",
    )
    assert (summary.new, summary.changed, summary.unchanged, summary.rejected) == (2, 1, 0, 0)
    first, second = customers.by_number("C-1"), customers.by_number("c-2")
    assert first
    assert second
    assert (first.number_as_written, first.language, first.terms, first.kind) == ("C-1", "lt", "net 30", "business")
    assert (second.country, second.kind) == ("GR", "unknown")
    assert [(one.email, one.name) for one in customers.contacts_of(first.id)] == [
        *(("ap@example.test", "Rūta"), ("cfo@example.test", "Jonas")),
    ]


def test_the_same_file_twice_changes_nothing(bring_in: BringIn) -> None:
    file = HEADER + "C-1,Žalias Namas UAB,ap@example.test,Rūta,,lt,LT,,,\nC-2,Two,,,,,,,,\n"
    bring_in("customers", file)
    again = bring_in("customers", file)
    assert (again.new, again.changed, again.unchanged) == (0, 0, 2)


def test_changes_are_in_the_customers_trail_with_before_and_after(bring_in: BringIn, make: Maker) -> None:
    customer = make.customer("Old Name", number="C-1", language="en", address="Kaunas")
    make.contact(customer, "ap@example.test", name="Rūta")
    before = len(events(customer.id))
    summary = bring_in("customers", HEADER + "C-1,New Name,ap@example.test,Rūta K.,+370 1,lt,,Vilnius,,\n")
    assert (summary.new, summary.changed) == (0, 1)
    assert customers.also_known_as(customer.id) == ["Old Name"]
    changed, contact = events(customer.id)[before:]
    assert changed == (
        "customer.changed",
        {
            "before": {"name": "Old Name", "language": "en", "address": "Kaunas"},
            "after": {"name": "New Name", "language": "lt", "address": "Vilnius"},
        },
    )
    assert contact == (
        "contact.changed",
        {"before": {"name": "Rūta", "phone": ""}, "after": {"name": "Rūta K.", "phone": "+370 1"}},
    )


def test_what_the_file_leaves_empty_stays(bring_in: BringIn, make: Maker) -> None:
    customer = make.customer("Name", number="C-1", language="lt", address="Kaunas")
    assert bring_in("customers", HEADER + "C-1,Name,,,,,,,,\n").unchanged == 1
    assert (customer.language, customer.address) == ("lt", "Kaunas")


def test_bad_rows_are_rejected_and_the_company_itself_cannot_be_named(bring_in: BringIn) -> None:
    summary = bring_in(
        "customers",
        HEADER
        + "C-1,,,,,,,,,\n"
        + "-,Myself,,,,,,,,\n"
        + "C-3,Three,not an address,,,,,,,\n"
        + "C-4,Four,,,,tlh,,,,\n"
        + "C-5,Five,,,,,Latvia,,,\n"
        + "C-6,Six,,,,,,,,ghost\n"
        + "C-7,Seven,,,,,,,,\n",
    )
    assert (summary.new, summary.rejected) == (1, 6)
    assert [one.column for one in rejects_of(summary.run_id or 0)] == [
        *("name", "number", "email", "language", "country", "kind"),
    ]
    assert customers.by_number("-").name != "Myself"  # type: ignore[union-attr]
