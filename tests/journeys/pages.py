"""Every page of both doors, with what it is opened for and by whom. What is not named here fails a test."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from uuid import UUID

from playwright.sync_api import Page

from models import clock, sign_ins, staff
from models.customers import asking
from models.transactions import transaction
from tests.journeys.company import HOSTILE, PASSWORD, Furnished
from tests.journeys.house import House
from tests.making import day_of

NOBODY = "nobody"
MANAGER, ADMIN, COLLECTOR, COUNSEL = "manager", "admin", "collector", "counsel"
NO_PAGES = {
    "static": "files",
    "health.healthz": "for a machine",
    "health.readyz": "for a machine",
    "health.metrics": "for a machine",
    "portal.arrive": "leads on to portal.landing",
    "backoffice.link_made": "leads on to backoffice.account_contacts",
    "backoffice.home": "leads on to the first page of a role",
    "backoffice.arrive_invited": "leads on to backoffice.invited",
    "backoffice.arrive_reset": "leads on to backoffice.reset",
    "portal.statement_pdf": "a file",
    "portal.statement_csv": "a file",
    "portal.invoice_pdf": "a file",
    "portal.account_code": "a picture",
    "portal.plan_code": "a picture",
    "portal.agreement_pdf": "a file",
    "portal.plan_paid": "leads on to portal.plan",
    "portal.method_added": "leads on to portal.methods",
    "portal.invoice_code": "a picture",
    "portal.calendar_file": "for a machine",
    "backoffice.statement_pdf": "a file",
    "backoffice.statement_csv": "a file",
    "portal.receipt_pdf": "a file",
    "portal.case_letter": "a file",
    "portal.own_data": "a file",
    "portal.file": "a file",
    "portal.question_file": "a file",
    "backoffice.file": "a file",
    "portal.receipt_by_link": "a file",
    "portal.link_code": "a picture",
    "backoffice.letter_link_made": "leads on to backoffice.account_contacts",
    "backoffice.template": "leads on to backoffice.template_version",
    "backoffice.sequence": "leads on to backoffice.sequence_version",
    "backoffice.template_preview_pdf": "a file",
    "backoffice.complaint_file": "a file",
    "backoffice.complaint_cases_file": "a file",
    "backoffice.dispute_letter": "a file",
    "backoffice.plan_agreement": "a file",
    "backoffice.plan_figures_file": "a file",
    "portal.plan_calendar": "a file",
    "portal.filed_pdf": "a file",
    "portal.filed_certificate": "a file",
    "backoffice.filed_pdf": "a file",
    "backoffice.filed_certificate": "a file",
}


@dataclass
class Walk:
    """One browser page on its way through the house."""

    page: Page
    house: House
    made: Furnished

    def open(self, endpoint: str, **values: object) -> int:
        found = {name: value(self.made) if callable(value) else value for name, value in values.items()}
        with self.house.app.test_request_context():
            path = self.house.app.url_for(endpoint, **found)
        return self.page.goto(self.house.url + path).status

    def send(self, **typed: str) -> int:
        """Fill in the first form of the page by field names, send it, and wait for the answer."""
        for name, value in typed.items():
            self.page.locator(f"main [name={name}]").first.fill(value)
        with self.page.expect_navigation() as answer:
            # Past htmx: the answer is looked at as a page of its own, as without JavaScript.
            self.page.locator("main form[method=post]").first.evaluate("form => form.submit()")
        return answer.value.status


@dataclass(frozen=True)
class Case:
    """`go` leads there and returns the status of the answer; `who` is a role, 'contact <customer>' or nobody."""

    name: str
    endpoint: str
    who: str
    go: Callable[[Walk], int]
    status: int = 200


def at(endpoint: str, who: str = MANAGER, name: str = "", status: int = 200, **values: object) -> Case:
    """A page that is there for the asking."""
    return Case(name or endpoint, endpoint, who, lambda walk: walk.open(endpoint, **values), status)


def sent(name: str, endpoint: str, who: str, typed: dict[str, str], status: int, **values: object) -> Case:
    """The answer to a form that was filled in."""

    def go(walk: Walk) -> int:
        walk.open(endpoint, **values)
        return walk.send(**typed)

    return Case(name, endpoint, who, go, status)


def contact(key: str) -> str:
    return f"contact {key}"


def customer(key: str) -> Callable[[Furnished], int]:
    return lambda made: made.customers[key]


def entry(key: str) -> Callable[[Furnished], int]:
    return lambda made: made.entries[key]


def other(key: str) -> Callable[[Furnished], int]:
    return lambda made: made.others[key]


def attempt(state: str) -> Callable[[Furnished], UUID]:
    return lambda made: made.attempts[state]


def token(key: str) -> Callable[[Furnished], str]:
    return lambda made: made.tokens[key]


def _halfway(walk: Walk) -> int:
    walk.open("backoffice.sign_in")
    return walk.send(email="vera@company.test", password=PASSWORD)


def _stale(walk: Walk) -> int:
    """A form whose session is gone."""
    walk.open("backoffice.new_customer")
    walk.page.evaluate("document.querySelectorAll('[name=csrf_token]').forEach((field) => field.value = 'stale')")
    return walk.send()


def _overtaken(walk: Walk) -> int:
    """A button of a page that is out of date."""
    walk.open("backoffice.job_list")
    walk.page.locator("main form[method=post]").first.evaluate("form => form.action = '/staff/jobs/987654/requeue'")
    return walk.send()


def _flooded(walk: Walk) -> int:
    with transaction():
        for _ in range(sign_ins.TRIES_A_MINUTE):
            sign_ins.begin(staff.DOOR, email="flooded@company.test", address="192.0.2.1", now=clock.real_now())
    walk.open("backoffice.sign_in")
    return walk.send(email="flooded@company.test", password="no")


def _press(walk: Walk, action: str, **changed: str) -> int:
    """Send a form of the page by its address, past htmx; `changed` are fields that somebody edited."""
    form = walk.page.locator(f"main form[action*='{action}']").first
    for name, value in changed.items():
        form.locator(f"[name^='{name}']").first.fill(value)
    with walk.page.expect_navigation() as answer:
        form.evaluate("form => form.submit()")
    return answer.value.status


def _choose_too_much(walk: Walk) -> int:
    walk.open("portal.choose")
    return _press(walk, "/pay?", amount="1000000")


def _answer_all(walk: Walk) -> int:
    """To the last page of those that ask what is wrong with a bill."""
    item, page = walk.made.entries["open"], walk.page
    for step, answer in (("reason", "damaged"), ("lines", "all"), ("wish", "credit")):
        walk.open("portal.dispute", step=step, entry_id=item)
        page.locator(f"main input[value={answer}]").check()
        page.locator("main form .button.primary").click()
        page.wait_for_url(lambda url, step=step: not url.endswith(step))
    walk.open("portal.dispute", step="story", entry_id=item)
    walk.send(story=HOSTILE)
    return walk.open("portal.check_dispute", entry_id=item)


def _choose_some(walk: Walk) -> int:
    walk.open("portal.choose")
    _press(walk, "/pay?", amount="12.50")
    return walk.open("portal.review")


def _choose_all_due(walk: Walk) -> int:
    walk.open("portal.statement")
    walk.page.wait_for_load_state("networkidle")  # What happens next comes by itself, and would count as the answer.
    return _press(walk, "/pay/due")


def _say_nothing(walk: Walk) -> int:
    """In a case whose rest could be paid: its form stands before that of the message."""
    walk.open("portal.case", dispute_id=other("case new"))
    with walk.page.expect_navigation() as answer:
        walk.page.locator("main form[enctype]").first.evaluate("form => form.submit()")
    return answer.value.status


def _choose_and_look_away(walk: Walk) -> int:
    """What was seen is no longer what would be paid."""
    _choose_some(walk)
    walk.page.locator("[name=seen]").evaluate("field => field.value = 'else'")
    return _press(walk, "/pay/review")


def _flooded_door(walk: Walk) -> int:
    with transaction():
        for _ in range(sign_ins.TRIES_A_MINUTE):
            sign_ins.begin(asking.DOOR, email="flooded@example.test", address="192.0.2.1", now=clock.real_now())
    walk.open("portal.home")
    return walk.send(email="flooded@example.test")


def _code_sent(walk: Walk) -> int:
    """To a contact whose link was opened in another browser before."""
    walk.open("portal.arrive", token=token("bound"))
    return _press(walk, "/code/send")


def _wrong_code(walk: Walk) -> int:
    _code_sent(walk)
    return walk.send(code="12345")


def _paid_by_letter(walk: Walk) -> int:
    walk.open("portal.arrive", token=token("letter"))
    return walk.open("portal.payment_by_link", attempt_id=attempt("by letter"))


def _by_letter_too_late(walk: Walk) -> int:
    """What was seen is no longer what would be paid."""
    walk.open("portal.arrive", token=token("persian letter"))
    walk.page.locator("[name=seen]").first.evaluate("field => field.value = 'else'")
    return _press(walk, "/open/pay")


def _confirming(walk: Walk) -> int:
    walk.open("portal.confirm")
    return walk.send()


def _wrongly_confirmed(walk: Walk) -> int:
    _confirming(walk)
    return walk.send(code="12345")


def _link_for_a_letter(walk: Walk) -> int:
    walk.open("backoffice.account_contacts", **BUSY)
    return _press(walk, "/letter-link")


def _without_database(walk: Walk) -> int:
    with walk.house.without_database():
        return walk.page.goto(f"{walk.house.url}/").status


def _outside(walk: Walk) -> int:
    _build(walk, count="40", first="0")
    return walk.open("portal.new_plan")


def _build(walk: Walk, **typed: str) -> int:
    """Past htmx, which answers while somebody types."""
    walk.open("portal.new_plan")
    for name, value in typed.items():
        walk.page.locator(f"[name={name}]").evaluate("(field, value) => field.value = value", value)
    return _press(walk, "/plans/new")


def _to_sign(walk: Walk) -> int:
    walk.open("portal.new_plan")
    walk.page.locator("[name=then][value=check]").click()
    walk.page.wait_for_url("**/sign")
    return walk.page.reload().status


def _sign_nothing(walk: Walk) -> int:
    _to_sign(walk)
    return _press(walk, "/sign")


def _sign_another(walk: Walk) -> int:
    """What was read is no longer what would be signed."""
    _to_sign(walk)
    walk.page.locator("[name=seen]").evaluate("field => field.value = 'else'")
    walk.page.locator("[name=agreed]").check()
    return _press(walk, "/sign", typed_name=HOSTILE)


PAST = (day_of(clock.real_now()) - timedelta(days=200)).isoformat()
BUSY = {"customer_id": customer("busy")}
PORTAL = (
    at("portal.home", NOBODY),
    at("portal.arrive", NOBODY, "portal.landing", token=token("link")),
    at("portal.landing", NOBODY, "a link that no longer works", 404),
    *(at("portal.statement", contact(key), f"your statement, {key}")
      for key in ("none", "one", "hundreds", "thousands", "long", "persian", "busy")),
    at("portal.statement", contact("thousands"), "your statement, last page", page=53),
    at("portal.statement", contact("persian"), "your statement in dinars", currency="KWD"),
    *(at("portal.statement_of_day", contact(key), f"your statement of today, {key}") for key in ("none", "busy")),
    at("portal.statement_of_day", contact("thousands"), "your statement of a past day", as_of=PAST, page=2),
    at("portal.statement_of_day", contact("persian"), "your statement of a past day in dinars", currency="KWD"),
    *(at("portal.history", contact(key), f"your history, {key}") for key in ("none", "busy", "long")),
    at("portal.what_next", contact("busy")),
    at("portal.history", contact("thousands"), "your history, last page", page=53),
    *(at("portal.invoice", contact("busy"), f"your invoice, {key}", entry_id=entry(key)) for key in ("billed", "open")),
    at("portal.invoice", contact("long"), "your invoice of the largest amount", entry_id=entry("large")),
    *(at("portal.credit", contact("busy"), f"your payment, {key}", entry_id=entry(key))
      for key in ("paid", "unapplied")),
    at("portal.calendar", contact("one")),
    sent("a calendar address made", "portal.calendar", contact("long"), {}, 200),
    at("portal.pay", contact("one"), entry_id=entry("one")),
    at("portal.pay", contact("long"), "paying the largest amount", entry_id=entry("large")),
    at("portal.pay", contact("busy"), "paying what is paid", entry_id=entry("billed")),
    *(at("portal.payment", contact("busy"), f"a payment that is {state}", attempt_id=attempt(state))
      for state in ("open", "processing", "succeeded", "failed", "expired")),
    at("portal.pay", contact("one"), "not found by a customer", 404, entry_id=entry("large")),
    sent("too much to pay", "portal.pay", contact("one"), {"amount": "640.01"}, 422, entry_id=entry("one")),
    sent("no amount to pay", "portal.pay", contact("one"), {"amount": "much"}, 422, entry_id=entry("one")),
    *(at("portal.choose", contact(key), f"choosing, {key}") for key in ("none", "one", "thousands", "long", "busy")),
    at("portal.choose", contact("persian"), "choosing in dinars", currency="KWD"),
    at("portal.choose", contact("thousands"), "choosing, last page", page=53),
    Case("an amount that cannot be chosen", "portal.choose", contact("busy"), _choose_too_much, 422),
    Case("the choice to be paid", "portal.review", contact("busy"), _choose_some),
    Case("a choice of thousands", "portal.review", contact("thousands"), _choose_all_due),
    Case("a choice that changed", "portal.review", contact("busy"), _choose_and_look_away, 409),
    at("portal.arrive", NOBODY, "a link of another browser", token=token("bound")),
    at("portal.arrive", NOBODY, "a letter's link in three currencies", token=token("persian letter")),
    Case("a letter's link that changed", "portal.landing", NOBODY, _by_letter_too_late, 409),
    Case("portal.payment_by_link", "portal.payment_by_link", NOBODY, _paid_by_letter),
    at("portal.confirm", contact("one")),
    Case("portal.enter_confirming", "portal.enter_confirming", contact("one"), _confirming),
    Case("wrongly confirmed", "portal.enter_confirming", contact("one"), _wrongly_confirmed, 422),
    *(at("portal.ahead", contact(key), f"paying ahead, {key}") for key in ("none", "busy", "persian")),
    sent("too much ahead", "portal.ahead", contact("long"), {"amount": "1000000000"}, 422),
    Case("portal.enter_code", "portal.enter_code", NOBODY, _code_sent),
    Case("a wrong code of a mail", "portal.enter_code", NOBODY, _wrong_code, 422),
    at("portal.asked", NOBODY),
    sent("no address to send a link to", "portal.home", NOBODY, {"email": "nobody"}, 422),
    Case("too many questions at the door", "portal.home", NOBODY, _flooded_door, 429),
    at("portal.statement", contact("told"), "your statement, told"),
    at("portal.choose", contact("told"), "choosing, told"),
    *(at("portal.promise", contact(key), f"a promise, {key}") for key in ("none", "one", "told", "long", "thousands")),
    at("portal.promise", contact("one"), "a promise for a day that is too far", 422, pay_on="2199-01-01"),
    at("portal.promised", contact("told"), promise_id=other("promise")),
    at("portal.already_paid", contact("told")),
    sent("nothing said about a payment", "portal.already_paid", contact("one"), {}, 422),
    *(at("portal.claim", contact("told"), f"a payment that was {key}", claim_id=other(key))
      for key in ("found", "missed")),
    sent("no file chosen", "portal.claim", contact("told"), {}, 422, claim_id=other("missed")),
    at("portal.not_mine", contact("one")),
    sent("nothing said about what is wrong", "portal.not_mine", contact("one"), {}, 422),
    at("portal.not_mine", contact("left"), "looked at by a person"),
    at("portal.preferences", contact("busy")),
    at("portal.own_address", contact("busy")),
    at("portal.new_colleague", contact("busy")),
    at("portal.unsubscribe", NOBODY, token=token("unsubscribe")),
    at("portal.access", contact("busy")),
    at("portal.access", contact("one"), "the access of somebody without a link"),
)  # fmt: skip
ACCOUNT = (
    *(at("backoffice.account", name=f"the account of {key}", customer_id=customer(key))
      for key in ("none", "one", "hundreds", "thousands", "long", "persian", "busy", "branch")),
    at("backoffice.account", name="the second page of an account", customer_id=customer("thousands"), page=2),
    *(at(endpoint, name=f"{endpoint} of {key}", customer_id=customer(key))
      for endpoint in ("backoffice.account_entries", "backoffice.account_timeline", "backoffice.account_contacts",
                       "backoffice.account_notes", "backoffice.account_tasks", "backoffice.statement")
      for key in ("none", "busy")),
    at("backoffice.account_timeline", name="a long timeline", customer_id=customer("thousands")),
    at("backoffice.statement", name="a statement of hundreds", customer_id=customer("hundreds")),
    at("backoffice.statement", name="a statement in three currencies", customer_id=customer("persian")),
    at("backoffice.statement", name="a statement of the largest amounts", customer_id=customer("long")),
    *(at("backoffice.entry", name=f"the entry {key}", entry_id=entry(key), **BUSY)
      for key in ("paid", "billed", "open", "unapplied", "online", "charged")),
    at("backoffice.entry", name="the largest amount", customer_id=customer("long"), entry_id=entry("large")),
    at("backoffice.entry", name="money without a name", customer_id=0, entry_id=entry("unnamed")),
    at("backoffice.allocate", entry_id=entry("unapplied"), **BUSY),
    at("backoffice.allocate", name="nothing to allocate to", entry_id=entry("unapplied"), q="nothing", **BUSY),
    at("backoffice.move_receipt", entry_id=entry("unapplied"), **BUSY),
    at("backoffice.move_receipt", name="whose money it is", customer_id=0, entry_id=entry("unnamed"), q="Žalias"),
    at("backoffice.refund", entry_id=entry("paid"), **BUSY),
    at("backoffice.write_off", entry_id=entry("open"), **BUSY),
    at("backoffice.take_back", allocation_id=other("allocation"), **BUSY),
    at("backoffice.enter_receipt", **BUSY),
    at("backoffice.write_invoice", **BUSY),
    at("backoffice.write_credit_note", **BUSY),
    at("backoffice.new_customer"),
    at("backoffice.change_customer", **BUSY),
    at("backoffice.new_contact", **BUSY),
    at("backoffice.change_contact", contact_id=lambda made: made.contacts["busy"], **BUSY),
    at("backoffice.merge_customer", customer_id=customer("one")),
    at("backoffice.merge_customer", name="a merge to undo", customer_id=customer("branch")),
)  # fmt: skip
HOUSE = (
    at("backoffice.customer_list"),
    *(
        at("backoffice.account_holds", name=f"what stops reminders of {key}", customer_id=customer(key))
        for key in ("none", "told", "left")
    ),
    *(
        at("backoffice.place_hold", name=f"placing {kind}", customer_id=customer("told"), kind=kind)
        for kind in ("pause", "breathing_space", "legal_representative")
    ),
    at("backoffice.end_hold", customer_id=customer("told"), hold_id=other("promised")),
    at("backoffice.end_treatment", customer_id=customer("told"), hold_id=other("crisis")),
    at("backoffice.write_promise", customer_id=customer("told")),
    at("backoffice.account", name="an account on hold", customer_id=customer("told")),
    at("backoffice.customer_list", name="a customer found by an invoice", q="1005-7"),
    at("backoffice.customer_list", name="nobody found", q="xyzxyz"),
    at("backoffice.approvals"),
    at("backoffice.approval", approval_id=other("approval0"), **BUSY),
    at("backoffice.approval", name="a decision that was taken", approval_id=other("approval2"), **BUSY),
    at("backoffice.task_list"),
    at("backoffice.task_list", name="no task of mine", whose="mine"),
    at("backoffice.task", task_id=other("task call"), **BUSY),
    at("backoffice.task", name="a task without a call", task_id=other("task check_payment"), **BUSY),
    at("backoffice.task", name="a task that was done", task_id=other("task hand_over"), **BUSY),
    sent("a task without a word", "backoffice.task", MANAGER, {}, 422, task_id=other("task stop_service"), **BUSY),
    at("backoffice.new_call", **BUSY),
    at("backoffice.books"),
    at("backoffice.record_bank_day"),
    at("backoffice.close_books"),
    sent("no day", "backoffice.close_books", MANAGER, {}, 422),
    at("backoffice.import_list"),
    at("backoffice.import_run", run_id=other("run")),
    at("backoffice.outbox"),
    at("backoffice.message", message_id=other("message"), **BUSY),
    at("backoffice.audit_trail"),
    at("backoffice.audit_trail", name="the audit trail of a customer", q="1007"),
    at("backoffice.own_sessions"),
    at("backoffice.staff", ADMIN),
    at("backoffice.staff_member", ADMIN, staff_id=other("finance")),
    at("backoffice.staff_member", ADMIN, "somebody who was invited", staff_id=other("invited")),
    at("backoffice.job_list", ADMIN),
    at("backoffice.company_settings", ADMIN),
    at("backoffice.house_rules"),
    at("backoffice.change_house_rule", key="gap_days"),
    at("backoffice.change_house_rule", name="a setting of weekdays", key="weekdays"),
    sent("a setting that is no number", "backoffice.change_house_rule", MANAGER, {"value": "4,5"}, 422, key="gap_days"),
    at("backoffice.sign_in", NOBODY),
    at("backoffice.forgotten", NOBODY),
    Case("backoffice.second_factor", "backoffice.second_factor", NOBODY, _halfway),
    at("backoffice.arrive_invited", NOBODY, "backoffice.invited", token=token("invited")),
    at("backoffice.invited", NOBODY, "an invitation that no longer works", 404),
    at("backoffice.arrive_reset", NOBODY, "backoffice.reset", token=token("reset")),
    at("dev.outbox", NOBODY),
    at("dev.message", NOBODY, message_id=other("message"), **BUSY),
)
WORDS = (
    at("backoffice.reminders"),
    at("backoffice.reminders", COUNSEL, "the reminders of counsel"),
    at("backoffice.new_template"),
    at("backoffice.template_version", template_id=other("words"), number=1),
    at("backoffice.template_version", COUNSEL, "words that changed", template_id=other("words"), number=2,
       language="fa"),
    at("backoffice.template_version", name="a draft of words", template_id=other("words_draft"), number=2),
    at("backoffice.template_text", template_id=other("words_draft"), number=2, language="lt"),
    at("backoffice.template_preview", template_id=other("words"), number=1),
    at("backoffice.template_preview", name="words to sign", template_id=other("agreement"), number=1, language="fa"),
    at("backoffice.template_preview", name="the longest words", template_id=other("letter"), number=1, case="longest",
       language="fa"),
    at("backoffice.new_sequence"),
    at("backoffice.sequence_version", sequence_id=other("sequence"), number=1),
    at("backoffice.sequence_version", name="a draft of a sequence", sequence_id=other("sequence"), number=2),
    at("backoffice.sequence_steps", sequence_id=other("sequence"), number=2),
    at("backoffice.review_template", COUNSEL, template_id=other("words"), number=2),
    at("backoffice.review_sequence", COUNSEL, sequence_id=other("sequence"), number=1),
    at("backoffice.publish_sequence", sequence_id=other("waiting"), number=1),
    sent("words that miss something", "backoffice.template_text", MANAGER,
         {"subject": "", "body": "Pay {sum} now"}, 422, template_id=other("words_draft"), number=2, language="pl"),
)  # fmt: skip
ANSWERS = (
    at("backoffice.entry", name="not found by staff", status=404, customer_id=customer("one"), entry_id=entry("large")),
    at("backoffice.books", COLLECTOR, "not allowed", 403),
    Case("a stale form", "backoffice.new_customer", MANAGER, _stale, 400),
    sent("an empty form", "backoffice.new_customer", MANAGER, {}, 422),
    sent("a wrong password", "backoffice.sign_in", NOBODY, {"email": "a@company.test", "password": "no"}, 422),
    Case("too many tries", "backoffice.sign_in", NOBODY, _flooded, 429),
    sent("a number that is taken", "backoffice.new_customer", MANAGER, {"number": "1001", "name": "Twice"}, 422),
    Case("done meanwhile", "backoffice.job_list", ADMIN, _overtaken, 409),
    sent("nothing allocated", "backoffice.allocate", MANAGER, {}, 422, entry_id=entry("unapplied"), **BUSY),
    sent("an invoice without lines", "backoffice.write_invoice", MANAGER, {"number": "N-1"}, 422, **BUSY),
    sent("a link made", "backoffice.account_contacts", MANAGER, {}, 200, **BUSY),
    Case("a link for a letter made", "backoffice.account_contacts", MANAGER, _link_for_a_letter),
    at("journeys.broken", NOBODY, "something went wrong", 500),
    at("journeys.broken_for_staff", MANAGER, "something went wrong for staff", 500),
    Case("without a database", "portal.home", NOBODY, _without_database, 503),
)
RUNS = (
    at("backoffice.run_list"),
    at("backoffice.reminder_run", run_id=other("run")),
    at("backoffice.preview_reminders"),
    at("backoffice.preview_reminders", name="what a draft of a sequence would change", version=other("draft")),
    at("backoffice.account_reminders", customer_id=other("reminded")),
    at("backoffice.write_message", customer_id=customer("message")),
    at("backoffice.write_message", name="no message while something is held", customer_id=customer("told")),
    sent("a message with words of one's own", "backoffice.write_message", MANAGER, {"own": HOSTILE}, 200,
         customer_id=customer("message"), template=other("message")),
    at("backoffice.sample_reminder", customer_id=other("reminded"), day=lambda made: made.reminded_on),
)  # fmt: skip
_WRONG = {"entry_id": entry("open")}
CASES_OF_MINE = (
    at("portal.cases", contact("disputing")),
    at("portal.cases", contact("none"), "no cases of mine"),
    *(at("portal.case", contact("disputing"), f"your case, {key}", dispute_id=other(f"case {key}"))
      for key in ("new", "late", "waiting", "decided", "refused", "closed", "appealed")),
    Case("a message of no words", "portal.case", contact("disputing"), _say_nothing, 422),
    at("portal.disagree_with_case", contact("disputing"), dispute_id=other("case refused")),
    at("portal.disagree_with_case", contact("disputing"), "disagreeing again", dispute_id=other("case appealed")),
    sent("disagreeing without a word", "portal.disagree_with_case", contact("disputing"), {}, 422,
         dispute_id=other("case refused")),
    at("portal.invoice", contact("disputing"), "a bill with a case", entry_id=entry("disputed")),
    at("portal.statement", contact("disputing"), "your statement, disputing"),
    *(at("portal.dispute", contact("busy"), f"something is wrong, {step}", step=step, **_WRONG)
      for step in ("reason", "lines", "story", "wish")),
    *(sent(f"something is wrong, no {step}", "portal.dispute", contact("busy"), {}, 422, step=step, **_WRONG)
      for step in ("reason", "lines", "story", "wish")),
    at("portal.dispute_evidence", contact("busy"), **_WRONG),
    sent("something is wrong, no evidence", "portal.dispute_evidence", contact("busy"), {}, 422, **_WRONG),
    Case("portal.check_dispute", "portal.check_dispute", contact("busy"), _answer_all),
)  # fmt: skip
_MINE = contact("planning")
_IN_FORCE = {"plan_id": other("plan active")}
_AGREED = {"method": other("method"), "limit": 20_000, "days": 7, "currency": "EUR"}
PLANS = (
    *(at("portal.new_plan", contact(key), f"a plan to be built, {key}")
      for key in ("none", "one", "planning", "long", "hundreds", "busy")),
    at("portal.new_plan", contact("persian"), "a plan in dinars", currency="KWD"),
    Case("a plan of nothing", "portal.new_plan", _MINE, lambda walk: _build(walk, first="much", count=""), 422),
    Case("a plan outside the rules", "portal.new_plan", _MINE, _outside),
    Case("portal.sign_plan", "portal.sign_plan", contact("one"), _to_sign),
    Case("a plan signed without a name", "portal.sign_plan", contact("one"), _sign_nothing, 422),
    Case("a plan that changed meanwhile", "portal.sign_plan", contact("one"), _sign_another, 409),
    at("portal.sign_plan", _MINE, "an offer to be signed", plan_id=other("plan offered")),
    at("portal.plan_list", _MINE),
    at("portal.plan_list", contact("none"), "no plans of mine"),
    *(at("portal.plan", _MINE, f"your plan, {key}", plan_id=other(f"plan {key}"))
      for key in ("requested", "offered", "unready", "active", "declined", "completed", "defaulted", "ended")),
    at("portal.change_plan", _MINE, **_IN_FORCE),
    at("portal.change_plan", _MINE, "a plan made too slow", count=40, **_IN_FORCE),
    at("portal.move_instalment", _MINE, instalment_id=other("instalment"), **_IN_FORCE),
    sent("no day to move to", "portal.move_instalment", _MINE, {}, 422, instalment_id=other("instalment"), **_IN_FORCE),
    *(at("portal.end_plan", _MINE, f"ending your plan, {key}", plan_id=other(f"plan {key}"))
      for key in ("active", "requested", "ended")),
    at("portal.statement", _MINE, "your statement, planning"),
    at("portal.methods", _MINE),
    at("portal.methods", contact("none"), "no cards kept"),
    at("portal.see_method_off", _MINE, method_id=other("method")),
    at("portal.set_autopay", _MINE),
    at("portal.set_autopay", contact("none"), "automatic payment without a card"),
    sent("automatic payment of nothing", "portal.set_autopay", _MINE, {"limit": "0", "days": "1"}, 422),
    at("portal.agree_autopay", _MINE, **_AGREED),
    sent("automatic payment not agreed to", "portal.agree_autopay", _MINE, {}, 422, **_AGREED),
    at("portal.what_next", _MINE, "what happens next, with automatic payment"),
)  # fmt: skip
_UNSIGNED = {"document_id": other("document waiting")}
_STAND = ("on file", "waiting", "signed", "declined", "withdrawn", "lapsed")
DOCUMENTS = (
    at("portal.filed_list", _MINE),
    at("portal.filed_list", contact("none"), "no documents of mine"),
    *(at("portal.filed_document", _MINE, f"your document, {key}", document_id=other(f"document {key}"))
      for key in _STAND),
    at("portal.decline_document", _MINE, **_UNSIGNED),
    at("portal.decline_document", _MINE, "declining what was signed", document_id=other("document signed")),
    sent("declining without a word", "portal.decline_document", _MINE, {}, 422, **_UNSIGNED),
    at("portal.invoice", _MINE, "a bill with a document", entry_id=entry("filed")),
)  # fmt: skip
DISPUTING = {"customer_id": customer("disputing")}
DISPUTES = (
    at("backoffice.dispute_board"),
    at("backoffice.dispute_board", name="cases in a list", show="list"),
    at("backoffice.dispute_board", name="no case of mine", whose="mine"),
    at("backoffice.account_disputes", **DISPUTING),
    *(at("backoffice.dispute", "clerk", f"a case, {key}", dispute_id=other(f"case {key}"), **DISPUTING)
      for key in ("new", "late", "asked", "waiting", "decided", "closed", "appealed")),
    at("backoffice.dispute", COLLECTOR, "a case for who decides nothing", dispute_id=other("case new"), **DISPUTING),
    *(at(f"backoffice.{name}", "clerk", dispute_id=other("case late"), **DISPUTING)
      for name in ("say_in_dispute", "note_in_dispute", "ask_department", "decide_dispute")),
    at("backoffice.offer_return", "clerk", dispute_id=other("case late"), **DISPUTING),
    at("backoffice.receive_goods", "clerk", dispute_id=other("case asked"), return_id=other("return"), **DISPUTING),
    at("backoffice.open_dispute", "clerk", entry_id=entry("disputing"), **DISPUTING),
    sent("a case opened without a word", "backoffice.open_dispute", "clerk", {}, 422,
         entry_id=entry("disputing"), **DISPUTING),
    at("backoffice.approval", name="an answer for a second person", approval_id=other("case approval"), **DISPUTING),
    at("backoffice.assignment_rules"),
    at("backoffice.absences"),
    at("backoffice.reopen_dispute", "clerk", dispute_id=other("case closed"), **DISPUTING),
    sent("a case decided without a word", "backoffice.decide_dispute", "clerk", {}, 422,
         dispute_id=other("case late"), **DISPUTING),
    at("portal.question", NOBODY, token=token("case asked")),
    at("portal.question", NOBODY, "a question that was answered", token=token("case late")),
    sent("an answer without a word", "portal.question", NOBODY, {}, 422, token=token("case asked")),
)  # fmt: skip
COMPLAINTS = (
    at("backoffice.complaint_figures"),
    at("backoffice.complaint_figures", name="complaints by product and money", by="product", measure="held"),
    at("backoffice.complaint_figures", name="no complaints", product="nothing"),
    at("backoffice.complaint_cases"),
    at("backoffice.complaint_cases", name="the cases of a cause", group="cause", key=other("cause")),
    at("backoffice.cause_tree"),
    at("backoffice.add_department"),
    at("backoffice.change_department", department_id=other("department")),
    at("backoffice.add_cause", department_id=other("department")),
    at("backoffice.change_cause", cause_id=other("cause")),
    at("backoffice.alert_list"),
    at("backoffice.close_alert", alert_id=other("alert")),
    sent("an alert closed without a reason", "backoffice.close_alert", MANAGER, {}, 422, alert_id=other("alert")),
    at("backoffice.action_list"),
    at("backoffice.action_list", COLLECTOR, "the actions of their owner"),
    at("backoffice.propose_action", cause=other("cause")),
    sent("an action that says nothing", "backoffice.propose_action", MANAGER, {}, 422),
    at("backoffice.action", action_id=other("action")),
    at("backoffice.action", name="a proposed action", action_id=other("proposed action")),
    at("backoffice.action", COLLECTOR, "an action that is watched", action_id=other("watched action")),
    at("backoffice.action", name="an action that worked", action_id=other("verified action")),
    at("backoffice.action", name="an action that tells nothing yet", action_id=other("untold action")),
    at("backoffice.hand_action", action_id=other("action")),
)
_PLANNED = {"customer_id": customer("planning")}
_PLAN = {**_PLANNED, "plan_id": other("plan active")}
_STATES = ("requested", "offered", "ended", "unready", "active", "completed", "defaulted", "declined")
DESK_PLANS = (
    at("backoffice.plan_requests"),
    at("backoffice.plan_requests", COLLECTOR, "plans that wait for a signature", show="offered"),
    at("backoffice.plan_requests", name="plans that are over", show="ended"),
    at("backoffice.plan_standing", COLLECTOR),
    at("backoffice.plan_standing", name="plans that failed", standing="broken"),
    at("backoffice.plan_figures"),
    at("backoffice.plan_figures", name="no plans in this currency", currency="USD"),
    at("backoffice.account_plans", **_PLANNED),
    at("backoffice.account_plans", name="no plans", customer_id=customer("none")),
    *(at("backoffice.plan_page", name=f"a plan, {key}", **_PLANNED, plan_id=other(f"plan {key}")) for key in _STATES),
    at("backoffice.propose_plan", **_PLANNED),
    at("backoffice.propose_plan", name="nothing for a plan", customer_id=customer("none")),
    at("backoffice.answer_plan", **_PLANNED, plan_id=other("plan requested")),
    at("backoffice.answer_plan", name="an offer made anew", **_PLANNED, plan_id=other("plan offered")),
    at("backoffice.decline_plan_request", **_PLANNED, plan_id=other("plan requested")),
    at("backoffice.move_instalment_for", **_PLAN, instalment_id=other("instalment")),
    at("backoffice.reschedule_plan", **_PLAN),
    sent("an end without a reason", "backoffice.end_plan_for", MANAGER, {"reason": ""}, 422, **_PLAN),
    at("backoffice.end_plan_for", **_PLAN),
    at("backoffice.approval", name="a plan for a second person", approval_id=other("plan approval"), **_PLANNED),
)
_FILED = {**_PLANNED, "document_id": other("document waiting")}
DESK_DOCUMENTS = (
    at("backoffice.account_documents", **_PLANNED),
    at("backoffice.account_documents", name="no documents", customer_id=customer("none")),
    at("backoffice.file_document", **_PLANNED),
    sent("a document without a file", "backoffice.file_document", MANAGER, {"title": HOSTILE}, 422, **_PLANNED),
    *(at("backoffice.filed_page", name=f"a document, {key}", **_PLANNED, document_id=other(f"document {key}"))
      for key in _STAND),
    at("backoffice.send_document", **_PLANNED, document_id=other("document lapsed")),
    sent("a document sent twice", "backoffice.send_document", MANAGER, {}, 422, **_FILED),
    at("backoffice.withdraw_document", **_FILED),
    at("backoffice.entry", name="an invoice with a document", **_PLANNED, entry_id=entry("filed")),
)  # fmt: skip
PLAN_RULES = (
    at("backoffice.plan_policy"),
    at("backoffice.plan_policy", COLLECTOR, "plan rules for who offers"),
    at("backoffice.plan_policy_version", number=1),
    at("backoffice.plan_policy_version", name="a draft of plan rules", number=2),
    at("backoffice.plan_policy_rules", number=2),
    at("backoffice.try_plan_policy", number=2),
    at("backoffice.decide_plan_policy", number=2),
    sent("a plan rule without a name", "backoffice.plan_policy_rules", MANAGER, {"rules-0-name": ""}, 422, number=2),
)
MINE = (*PORTAL, *CASES_OF_MINE, *PLANS, *DOCUMENTS)
CASES = (
    *MINE,
    *ACCOUNT,
    *HOUSE,
    *WORDS,
    *RUNS,
    *DISPUTES,
    *COMPLAINTS,
    *DESK_PLANS,
    *DESK_DOCUMENTS,
    *PLAN_RULES,
    *ANSWERS,
)
