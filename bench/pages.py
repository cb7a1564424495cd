"""Pages against raw limits."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bench import causes
from bench.databases import Databases
from bench.figures import Figure, best
from bench.sample import FIRST_CUSTOMER
from bench.servers import Page, cpu_per_request, environ, started
from bench.sizes import LONG_PAGE, REAL_PAGE, Size
from models import audit, company, customers, ledger, plans, sessions, staff
from models.audit import Actor, ActorKind
from models.customers import Contact, Customer
from models.money import Money
from models.plans import Proposal, Way
from models.policies.permissions import Role
from models.sessions import SessionKind
from models.staff import StaffState
from models.transactions import transaction

OURS = "bench.doors:with_long_statement"
FLASK = "bench.raw:bare_flask"
RAW = "bench.raw:statement"
RAW_PLAN = "bench.raw:plan"
PAYMENTS = 12  # of the plan that is shown


@dataclass(frozen=True, slots=True)
class Visitors:
    """Cookies of those who are signed in."""

    debtor_id: int
    debtor: str
    nothing_owed: str
    finance: str
    payer_id: int
    payer: str
    plan_id: int


def measured(databases: Databases, name: str, size: Size, now: datetime) -> list[Figure]:
    """:param name: a database with the sample in it, to which the session is bound."""
    visitors = _let_in(now)
    pages = _pages(visitors)
    with started(pages, databases.home, environ(databases, name)) as servers:
        spent = {page: best(rounds) for page, rounds in cpu_per_request(pages, servers, size.rounds).items()}
    return [
        _slower("Near-empty signed-in page: the statement of a customer who owes nothing", "nothing owed", spent),
        _slower("Near-empty page of the staff: one's own sign-ins", "sign-ins", spent, cause=causes.STAFF_FRAME),
        _share(f"Statement page, {LONG_PAGE} rows", "long", "raw long", LONG_PAGE, spent),
        _share(f"Statement page as customers get it, {REAL_PAGE} rows", "real", "raw real", REAL_PAGE, spent),
        _share(
            *(f"Plan page of a customer, {PAYMENTS} payments", "plan", "raw plan", PAYMENTS, spent),
            cause=causes.PLAN_PAGE,
        ),
        _share(f"Account page of the staff, {REAL_PAGE} rows", "account", "raw real", REAL_PAGE, spent),
    ]


def _pages(visitors: Visitors) -> list[Page]:
    debtor = visitors.debtor_id
    return [
        Page("flask", FLASK, "/", expected=("ok", 1)),
        Page("nothing owed", OURS, "/statement", visitors.nothing_owed, ("You owe nothing", 1)),
        Page("sign-ins", OURS, "/staff/sessions", visitors.finance, ("This browser", 1)),
        Page("raw long", RAW, f"/{debtor}/{LONG_PAGE}", expected=("<tr>", LONG_PAGE)),
        Page("long", OURS, "/bench/statement", visitors.debtor, ('href="/pay/', LONG_PAGE)),
        Page("raw real", RAW, f"/{debtor}/{REAL_PAGE}", expected=("<tr>", REAL_PAGE)),
        Page("real", OURS, "/statement", visitors.debtor, ('href="/pay/', REAL_PAGE)),
        Page("raw plan", RAW_PLAN, f"/{visitors.payer_id}/{visitors.plan_id}", expected=("<tr>", PAYMENTS)),
        Page("plan", OURS, f"/plans/{visitors.plan_id}", visitors.payer, ("<tr", PAYMENTS)),
        Page("account", OURS, f"/staff/customers/{debtor}", visitors.finance, ("days late", REAL_PAGE // 2)),
    ]


def _slower(what: str, page: str, spent: Mapping[str, float], *, cause: str = causes.NEAR_EMPTY) -> Figure:
    return Figure(
        what=what,
        against="a bare Flask 'ok' on the same server",
        ratio=spent[page] / spent["flask"],
        gate=5.0,
        stretch=3.5,
        less_is_better=True,
        ours=_micro(spent[page]),
        limit=_micro(spent["flask"]),
        cause=cause,
    )


def _share(
    what: str, page: str, raw: str, rows: int, spent: Mapping[str, float], *, cause: str = causes.STATEMENT
) -> Figure:
    return Figure(
        what=what,
        against=f"raw WSGI, one query, f-strings: the same {rows} rows",
        ratio=spent[raw] / spent[page],
        gate=0.22,
        stretch=0.28,
        less_is_better=False,
        ours=_micro(spent[page]),
        limit=_micro(spent[raw]),
        cause=cause,
    )


def _micro(seconds: float) -> str:
    return f"{seconds * 1e6:,.0f} µs"


def _let_in(now: datetime) -> Visitors:
    with transaction():
        debtor = customers.by_number(FIRST_CUSTOMER)
        if debtor is None:
            raise RuntimeError("the sample is not in this database")
        paid = customers.add(number="PAID", name="Žalias Namas UAB", by=audit.COMMAND, now=now, language="en")
        member = staff.add(
            email="finance@example.test", role=Role.FINANCE, by=audit.COMMAND, now=now, state=StaffState.ACTIVE
        )
        finance = sessions.start(SessionKind.STAFF, now=now, staff_id=member.id, agent="bench")
        payer = customers.add(number="PAYER", name="Mokėtojas UAB", by=audit.COMMAND, now=now, language="en")
        guests = (_contact_of(debtor, now), _contact_of(paid, now), f"duewell_staff={finance}")
        contact, cookie = _let_contact_in(payer, now)
        return Visitors(debtor.id, *guests, payer.id, cookie, _plan(payer, contact, now))


def _plan(payer: Customer, contact: Contact, now: datetime) -> int:
    """By transfer, in force, nothing paid yet."""
    today = company.get().today(now)
    by, stamp = Actor(ActorKind.CONTACT, contact.id), {"on": today, "now": now}
    debt = ledger.bill(
        *(payer.id, Money(120_000, "EUR")),
        **{"effective_on": today, "due_on": today, "dedupe_key": "plan", "now": now},
    )
    lines = [(today + timedelta(weeks=week), part) for week, part in enumerate(debt.left.split(PAYMENTS), 1)]
    plan = plans.keep_draft(payer.id, contact.id, "EUR", {}, **stamp)
    proposal = Proposal({debt.id: debt.left}, lines, Money(0, "EUR"), Way.TRANSFER)
    plans.offer(plan, proposal, until=today, by=by, **stamp)
    plans.sign(plan, consent_id=None, by=by, **stamp)
    return plan.id


def _contact_of(customer: Customer, now: datetime) -> str:
    return _let_contact_in(customer, now)[1]


def _let_contact_in(customer: Customer, now: datetime) -> tuple[Contact, str]:
    contact = customers.add_contact(customer, email="ap@example.test", language="en", by=audit.COMMAND, now=now)
    token = sessions.start(SessionKind.CONTACT, now=now, customer_id=customer.id, contact_id=contact.id, agent="bench")
    return contact, f"duewell={token}"
