"""Where to click in the demonstration: a customer's link and the staff's door."""

from collections.abc import Iterator

from models import audit, clock, company, customers
from models.customers import links
from models.transactions import transaction

SHOWN = "finansai@gintaras.example"  # A café with a little of everything, see `building`.


def where_to_click(url: str) -> Iterator[str]:
    """
    Lines for a terminal. A new link each time: only its hash is kept, so a former one cannot be shown again.
    """
    if not company.get().is_demo:
        yield f"Staff         {url}/staff"
        return
    contact = next(iter(customers.known_by(SHOWN)), None)
    customer = customers.find(contact.customer_id) if contact else None
    if customer and contact:
        with transaction():
            token = links.make(customer, contact, by=audit.COMMAND, now=clock.real_now())
        yield f"Customer      {url}/l/{token}"
    yield f"Staff         {url}/staff    (one click for each role)"
    yield f"Outbox        {url}/dev/outbox"
