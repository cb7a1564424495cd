"""The pictures of cases and complaints: what the customer, the clerk, a department and the manager see."""

from collections.abc import Callable
from datetime import timedelta

from playwright.sync_api import Browser, BrowserContext, Page
from sqlalchemy import select

from commandline.demo import stories
from commandline.demo.stories import Story
from models import audit, causes, clock, complaints, customers, disputes
from models.complaints import ActionState
from models.customers import links
from models.database import session
from models.disputes import Dispute
from models.transactions import release, transaction
from tests.journeys.chromium import PHONE

WIDE = {"width": 1280, "height": 720}
TALL = {"width": 1280, "height": 960}
Take = Callable[[BrowserContext, str], None]
TakePaper = Callable[[bytes, str], None]


def take_all(browser: Browser, url: str, take: Take, take_paper: TakePaper) -> None:
    _customer(browser, url, take)
    _persian(browser, url, take)
    _department(browser, url, take)
    _clerk(browser, url, take, take_paper)
    _manager(browser, url, take)


def _customer(browser: Browser, url: str, take: Take) -> None:
    """The questions one after another, the last one with a suggestion; then a case."""
    case, bill = _case(stories.LOOKED_AT), _told(stories.PRICES[0][1])
    phone = _phone(browser, url, case)
    page = phone.pages[-1]
    way = f"{url}/invoices/{bill.entry_id}/wrong"
    page.goto(f"{way}/reason")
    take(phone, "wrong-reason-phone")
    _go_on(page, "input[value=other]")
    page.locator("input[value=part]").check()
    with page.expect_response(way + "/lines"):  # It is kept while it is typed.
        page.locator("input[inputmode=decimal]").fill("250.00")
    take(phone, "wrong-lines-phone")
    _go_on(page)
    page.locator("textarea").fill("Three of the boxes are damaged, and the paper in them is wet.")
    _go_on(page)
    take(phone, "wrong-evidence-phone")
    page.locator("button[name=none]").click()
    _go_on(page, "input[value=credit]")
    page.wait_for_url("**/check")
    take(phone, "wrong-check-phone")
    page.goto(f"{url}/cases/{case.id}")
    take(phone, "case-phone")
    phone.close()


def _go_on(page: Page, choice: str = "") -> None:
    if choice:
        page.locator(choice).check()
    with page.expect_navigation():
        page.get_by_role("button", name="Continue").last.click()


def _persian(browser: Browser, url: str, take: Take) -> None:
    case = _case(stories.REFUSED)
    phone = _phone(browser, url, case)
    phone.pages[-1].goto(f"{url}/cases/{case.id}")
    take(phone, "case-persian")
    phone.close()


def _department(browser: Browser, url: str, take: Take) -> None:
    case = _case(stories.COMING_BACK)
    with transaction():
        warehouse = next(one for one in causes.departments() if one.name == "Warehouse")
        asked = "Which board did we put into this parcel: 120 × 90, or 90 × 60?"
        case = session.get_one(Dispute, (case.customer_id, case.id))
        told = {"on": case.opened_on + timedelta(days=5), "now": clock.real_now()}
        _, token = disputes.ask(case, warehouse, asked, by=audit.COMMAND, **told)
    phone = browser.new_context(viewport=PHONE, locale="en-GB")
    phone.new_page().goto(f"{url}/question/{token}")
    take(phone, "question-phone")
    phone.close()


def _clerk(browser: Browser, url: str, take: Take, take_paper: TakePaper) -> None:
    desk = signed_in(browser, url, "clerk")
    page, case, answered = desk.pages[-1], _case(stories.LOOKED_AT), _case(stories.IN_PART)
    staff = f"{url}/staff/disputes"
    page.goto(staff)
    take(desk, "board")
    page.set_viewport_size(TALL)
    page.goto(f"{staff}/{case.customer_id}/{case.id}")
    take(desk, "case")
    page.goto(f"{staff}/{case.customer_id}/{case.id}/decide")
    take(desk, "decide")
    page.goto(f"{url}/staff/customers/{case.customer_id}/entries/{case.entry_id}/dispute")
    page.locator("textarea").fill("She says one chair has a broken wheel.")
    page.wait_for_selector("#suggestion p")
    take(desk, "open-case")
    page.set_viewport_size(PHONE)
    page.goto(staff)
    take(desk, "board-phone")
    [decision] = disputes.decisions_of(answered)
    letter = f"{staff}/{answered.customer_id}/{answered.id}/answers/{decision.id}.pdf"
    release()
    take_paper(page.request.get(letter).body(), "case-letter")
    desk.close()


def _manager(browser: Browser, url: str, take: Take) -> None:
    [worked] = complaints.with_state(ActionState.VERIFIED)
    cause, action = worked.cause_id, worked.id
    today = clock.real_now().date()
    year = f"from={today - timedelta(days=365)}&until={today}"
    release()
    desk = signed_in(browser, url, "manager")
    page = desk.pages[-1]
    pages = {
        "complaints": f"/staff/complaints?{year}",
        "complaint-cases": f"/staff/complaints/cases?group=cause&key={cause}&{year}",
        "alerts": "/staff/complaints/alerts",
        "actions": "/staff/actions",
        "action": f"/staff/actions/{action}",
        "causes": "/staff/complaints/causes",
    }
    for name, path in pages.items():
        page.set_viewport_size(TALL if name in ("complaints", "action") else WIDE)
        page.goto(url + path)
        take(desk, name)
    desk.close()


def signed_in(browser: Browser, url: str, role: str) -> BrowserContext:
    desk = browser.new_context(viewport=WIDE, locale="en-GB")
    page = desk.new_page()
    page.goto(f"{url}/staff/sign-in")
    page.click(f"form[action*='{role}'] button")
    page.wait_for_load_state("networkidle")
    return desk


def _phone(browser: Browser, url: str, case: Dispute) -> BrowserContext:
    """Of whose case it is, in their language, by a link of theirs."""
    with transaction():
        contact, customer = customers.first_contact(case.customer_id), customers.find(case.customer_id)
        assert contact is not None
        assert customer is not None
        token = links.make(customer, contact, by=audit.COMMAND, now=clock.real_now())
        language = contact.language or "en"
    phone = browser.new_context(viewport=PHONE, locale="en-GB")
    phone.add_cookies([{"name": "duewell_language", "value": language, "url": url}])
    page = phone.new_page()
    page.goto(f"{url}/l/{token}")
    page.click("main form button")
    page.wait_for_load_state("networkidle")
    return phone


def _case(story: Story) -> Dispute:
    return _told(story.text)


def _told(text: str) -> Dispute:
    found = session.scalar(select(Dispute).where(Dispute.text == text))
    assert found is not None
    release()
    return found
