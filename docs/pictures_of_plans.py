"""The pictures of instalment plans: what the customer sees on a phone, and what finance sees."""

from collections.abc import Callable

from playwright.sync_api import Browser, BrowserContext
from sqlalchemy import select

from commandline.demo import planning
from docs.pictures_of_cases import TALL, signed_in
from models import audit, clock, customers
from models.customers import links
from models.database import session
from models.plans import Instalment, InstalmentState, Plan, PlanState
from models.transactions import release, transaction
from tests.journeys.chromium import PHONE

Take = Callable[[BrowserContext, str], None]


def take_all(browser: Browser, url: str, take: Take) -> None:
    _builder(browser, url, take)
    _reading(browser, url, take)
    _living(browser, url, take)
    _missing(browser, url, take)
    _persian(browser, url, take)
    _finance(browser, url, take)


def _builder(browser: Browser, url: str, take: Take) -> None:
    """Inside what is offered, and then outside of it."""
    phone = customer_phone(browser, url, find_plan(Plan.state == PlanState.DRAFT, Plan.currency == "EUR", newest=True))
    page = phone.pages[-1]
    page.goto(f"{url}/plans/new")
    page.get_by_role("heading", name="How you would like to pay").evaluate(TO_THE_TOP)
    take(phone, "plan-try-phone")
    page.get_by_label("Number of payments").first.fill("5")
    page.wait_for_timeout(1_000)
    page.locator("#schedule").evaluate(TO_THE_TOP)
    take(phone, "plan-payments-phone")
    page.get_by_label("Number of payments").first.fill("20")
    page.wait_for_selector("#schedule .notice.warn")
    page.locator("#schedule .notice.warn").evaluate(TO_THE_TOP)
    take(phone, "plan-outside-phone")
    phone.close()


TO_THE_TOP = "it => it.scrollIntoView()"


def _reading(browser: Browser, url: str, take: Take) -> None:
    offered = find_plan(Plan.state == PlanState.OFFERED)
    phone = customer_phone(browser, url, offered, "en")
    page = phone.pages[-1]
    page.goto(f"{url}/plans/{offered.id}/sign")
    take(phone, "plan-facts-phone")
    page.locator(".agreement").first.evaluate(TO_THE_TOP)
    take(phone, "plan-agreement-phone")
    phone.close()


def _living(browser: Browser, url: str, take: Take) -> None:
    plan = find_plan(Plan.state == PlanState.ACTIVE, Plan.method_id.is_not(None))
    row = _instalment(Instalment.plan_id == plan.id, Instalment.state == InstalmentState.PLANNED)
    phone = customer_phone(browser, url, plan, "en")
    page = phone.pages[-1]
    for name, path in {
        "plan": "",
        "plan-move": f"/instalments/{row.id}/move",
        "plan-change": "/change",
        "plan-end": "/end",
    }.items():
        page.goto(f"{url}/plans/{plan.id}{path}")
        take(phone, f"{name}-phone")
    phone.close()


def _missing(browser: Browser, url: str, take: Take) -> None:
    """A bank that wants to see its customer; a transfer that did not arrive."""
    waits = _instalment(Instalment.waits_for_customer, Instalment.state == InstalmentState.DUE)
    missed = _instalment(Instalment.state == InstalmentState.MISSED, Instalment.grace_until >= clock.real_now().date())
    for name, row in {"plan-confirm": waits, "plan-missed": missed}.items():
        phone = customer_phone(browser, url, find_plan(Plan.id == row.plan_id), "en")
        phone.pages[-1].goto(f"{url}/plans/{row.plan_id}")
        take(phone, f"{name}-phone")
        phone.close()


def _persian(browser: Browser, url: str, take: Take) -> None:
    row = _instalment(Instalment.plan_id.in_(select(Plan.id).where(Plan.customer_id.in_(_speaking("fa")))))
    phone = customer_phone(browser, url, find_plan(Plan.id == row.plan_id))
    phone.pages[-1].goto(f"{url}/plans/{row.plan_id}")
    take(phone, "plan-persian")
    phone.close()


def _finance(browser: Browser, url: str, take: Take) -> None:
    asked, lives = (
        find_plan(Plan.word == planning.ASKED),
        find_plan(Plan.state == PlanState.ACTIVE, Plan.method_id.is_not(None)),
    )
    desk = signed_in(browser, url, "finance")
    page = desk.pages[-1]
    pages = {
        "plan-rules": "plans/policy",
        "plan-rules-draft": "plans/policy/2",
        "plan-rules-tried": "plans/policy/2/try",
        "plan-requests": "instalment-plans",
        "plan-answer": f"instalment-plans/{asked.customer_id}/{asked.id}/offer",
        "plan-page": f"instalment-plans/{lives.customer_id}/{lives.id}",
        "plan-figures": "instalment-plans/figures",
        "plan-at-risk": "instalment-plans/standing",
    }
    for name, path in pages.items():
        page.set_viewport_size(TALL)
        page.goto(f"{url}/staff/{path}")
        take(desk, name)
    desk.close()


def customer_phone(browser: Browser, url: str, plan: Plan, language: str = "") -> BrowserContext:
    """Of whose plan it is, in their language unless another is wanted, by a link of theirs."""
    with transaction():
        contact, customer = customers.first_contact(plan.customer_id), customers.find(plan.customer_id)
        assert contact is not None
        assert customer is not None
        token = links.make(customer, contact, by=audit.COMMAND, now=clock.real_now())
        language = language or contact.language or "en"
    phone = browser.new_context(viewport=PHONE, locale="en-GB")
    phone.add_cookies([{"name": "duewell_language", "value": language, "url": url}])
    page = phone.new_page()
    page.goto(f"{url}/l/{token}")
    page.click("main form button")
    page.wait_for_load_state("networkidle")
    return phone


def find_plan(*wanted: object, newest: bool = False) -> Plan:
    found = session.scalars(select(Plan).where(*wanted).order_by(Plan.id.desc() if newest else Plan.id)).first()
    assert found is not None
    release()
    return found


def _instalment(*wanted: object) -> Instalment:
    found = session.scalars(select(Instalment).where(*wanted).order_by(Instalment.id)).first()
    assert found is not None
    release()
    return found


def _speaking(language: str) -> list[int]:
    found = session.scalars(select(customers.Customer.id).where(customers.Customer.language == language)).all()
    release()
    return list(found)
