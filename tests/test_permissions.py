"""Everybody walks to every address; what they must find there is read from docs/permissions.md."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from werkzeug.routing import Rule
from werkzeug.test import TestResponse

from models import (
    accounts,
    agreements,
    approvals,
    audit,
    causes,
    claims,
    company,
    complaints,
    disputes,
    filed,
    files,
    jobs,
    ledger,
    messages,
    pauses,
    payments,
    plans,
    promises,
    sessions,
    staff,
    worklist,
)
from models.complaints import ComplaintAlert, Scope
from models.customers import Contact, Customer, merges
from models.customers import links as customer_links
from models.database import session
from models.disputes import Outcome, Reason, Remedy, Verdict
from models.dunning import runs as reminders
from models.dunning import sequences, standard, templates
from models.holds import HoldKind
from models.imports import runs
from models.money import Money
from models.payments.attempts import Attempt, AttemptState
from models.policies.permissions import GRANTS, Permission, Role
from models.sessions import SessionKind
from models.staff import Principal, StaffState
from models.transactions import transaction
from models.worklist import TaskKind
from tests.conftest import NOW, TODAY
from tests.journeys.kept import furnish as furnish_kept
from tests.making import Maker

TABLE = Path(__file__).parent.parent / "docs" / "permissions.md"
ROLES = [role.value for role in Role]
CONTACTS = ["contact", "paying contact", "contact of another customer", "contact who may not look"]
HOLDER = "holder of a link"
WALKERS = ["nobody signed in", HOLDER, *CONTACTS, *ROLES]
REFUSED = {401, 403, 404, 500, 503}


@dataclass(frozen=True)
class Page:
    rule: str
    method: str
    who: frozenset[str]

    def is_for(self, walker: str) -> bool:
        return bool({"everybody", walker} & self.who) or ("staff" in self.who and walker in ROLES)


def pages() -> Iterator[Page]:
    rows = re.findall(r"^\| `([^`]+)` \| ([A-Z ]+) \| ([^|]+) \|$", TABLE.read_text(encoding="utf-8"), re.MULTILINE)
    for rule, methods, who in rows:
        for method in methods.split():
            yield Page(rule, method, frozenset(name.strip() for name in who.split(",")))


PAGES = list(pages())


def real_now() -> datetime:
    return datetime.now(UTC)


@dataclass
class World:
    """Two customers with one of everything each, people of both doors, and the arguments that lead to it all."""

    mine: Customer
    other: Customer
    contact: Contact
    staff: dict[str, int]
    arguments: dict[str, dict[str, object]] = field(default_factory=dict)
    actions: dict[str, int] = field(default_factory=dict)  # Corrective ones, by the role of their owner.

    def address(self, rule: Rule, **instead: object) -> str:
        values = {**self.arguments[""], **self.arguments.get(rule.endpoint, {}), **instead}
        built = rule.build({name: values[name] for name in rule.arguments})
        assert built, rule
        return built[1]


@pytest.fixture
def world(app: Flask, make: Maker) -> World:
    with transaction():
        company.locked().iban = "LT12 1000 0111 0100 1000"
    mine, other, apart = make.customer(), make.customer("Another Company"), make.customer("A third one")
    contact = make.contact(mine)
    with transaction():
        company.get().is_demo = True
        people = {
            name: staff.add(
                email=f"{name}@company.test", role=Role(role), by=audit.COMMAND, now=NOW, state=StaffState.ACTIVE
            ).id
            for name, role in [*zip(ROLES, ROLES, strict=True), ("spare", "clerk"), ("second", "clerk")]
        }
        sessions_of = staff.open_session(staff.find(people["second"]), now=real_now(), address="", agent="")
        merges.merge(apart, other, effective_on=TODAY, by=audit.COMMAND, now=NOW)
        run = runs.begin("invoices", [], by=audit.COMMAND, now=NOW)
        jobs.later("messages.send")
        session.execute(text("update procrastinate_jobs set status = 'failed'"))
        mail = {"kind": "receipt", "language": "en", "subject": "S", "text": "T", "html": "<p>T</p>", "now": NOW}
        messages.queue(mine.id, dedupe_key="m", address="ap@example.test", **mail)
        worklist.add(mine.id, TaskKind.HAND_OVER, about="tests:1", now=NOW)
    made = World(mine, other, contact, people)
    made.arguments[""] = {
        **{
            "token": "unknown",
            "session_id": 987_654,
            "role": "clerk",
            "filename": "duewell.css",
            "staff_id": people["spare"],
        },
        **{"run_id": run.id, "job_id": session.scalar(text("select id from procrastinate_jobs"))},
        "task_id": worklist.of_customers([mine.id])[0].id,
        **{"message_id": messages.outbox(mine.id)[0].id, "customer_id": mine.id, "contact_id": contact.id},
    }
    _add_money(made, make)
    _add_words(made)
    _add_complaints(made)
    make.link(mine, contact)
    made.arguments[""]["link_id"] = customer_links.of_customer(mine.id)[0].id
    row = sessions.living(SessionKind.STAFF, sessions_of, now=real_now())
    made.arguments["backoffice.end_session"] = {"staff_id": people["second"], "session_id": row.id}
    made.arguments["backoffice.change_house_rule"] = {"key": "gap_days"}
    made.arguments["backoffice.undo_merge"] = {"customer_id": apart.id}
    return made


def _add_words(made: World) -> None:
    with transaction():
        standard.ensure(now=NOW)
        night = reminders.start(by=audit.COMMAND, now=NOW)
    made.arguments["backoffice.reminder_run"] = {"run_id": night.id}
    [sequence] = sequences.every()
    made.arguments[""] |= {
        **{"template_id": templates.every()[0].id, "sequence_id": sequence.id},
        **{"number": 1, "language": "en"},
    }


def _add_complaints(made: World) -> None:
    """An alert, and an action of everybody who may own one: nobody else's is theirs to see."""
    manager = staff.principal(staff.find(made.staff["manager"]))
    at = {"due_on": TODAY, "by": manager, "on": TODAY, "now": NOW}
    with transaction():
        place = causes.add_department("Warehouse", by=audit.COMMAND, now=NOW)
        cause = causes.add(place.id, "Packing", "Not padded", by=audit.COMMAND, now=NOW)
        for role in ("collector", "clerk", "finance", "manager"):
            owned = {"owner_id": made.staff[role], "what": "Foam", "expected": "No breakage", "scope": Scope()}
            made.actions[role] = complaints.propose(cause.id, **owned, **at).id
        alert = ComplaintAlert(
            **{"cause_id": cause.id, "because": "cases", "from_on": TODAY, "raised_on": TODAY, "raised_at": NOW},
            **{"cases": 5, "currency": "EUR", "held_minor": 1, "billed_minor": 1},
        )
        session.add(alert)
        session.flush()
    made.arguments[""] |= {"department_id": place.id, "cause_id": cause.id, "alert_id": alert.id, "ending": "csv"}
    made.arguments[""]["action_id"] = made.actions["manager"]


def _add_money(made: World, make: Maker) -> None:
    mine = made.mine
    debit, receipt, nameless = make.invoice(mine), make.receipt(mine, 90_000), None
    make.invoice(mine, 200_000)  # More than was received: there is something to transfer.
    with transaction():
        allocation = ledger.allocate(receipt, debit, Money(2_000, "EUR"), now=NOW)
        nameless = ledger.receive(0, Money(100, "EUR"), effective_on=TODAY, dedupe_key="nameless", now=NOW)
        asking = staff.principal(staff.find(made.staff["finance"]))
        decision = approvals.Refund(
            customer_id=mine.id,
            entry_id=receipt.id,
            amount=Money(60_000, "EUR"),
            reason="Paid twice",
            effective_on=TODAY,
        )
        waiting = approvals.submit(decision, by=asking, now=NOW)
        attempt = Attempt(
            **{"customer_id": mine.id, "id": uuid4(), "contact_id": made.contact.id, "kind": "checkout"},
            **{"currency": "EUR", "amount_minor": 100, "state": AttemptState.CANCELED, "request_json": "{}"},
            **{"asked_at": NOW, "expires_at": NOW + timedelta(days=1), "next_try_at": NOW},
        )
        session.add(attempt)
        session.flush()
    made.arguments[""] |= {
        **{"entry_id": debit.id, "allocation_id": allocation.id, "attempt_id": attempt.id},
        "approval_id": waiting.approval.id,
    }
    _add_holds(made)
    _add_case(made, make)
    _add_plan(made, make)
    made.arguments["backoffice.move_receipt"] = {"customer_id": 0, "entry_id": nameless.id}
    of_receipt = ("backoffice.allocate", "backoffice.refund", "portal.credit", "portal.receipt_pdf")
    made.arguments |= {name: {"entry_id": receipt.id} for name in of_receipt}


def _add_holds(made: World) -> None:
    """A promise and a claim of the customer, and a breathing space, each with its hold."""
    at = {"by": audit.Actor(audit.ActorKind.CONTACT, made.contact.id), "on": TODAY, "now": NOW}
    mine = made.mine
    with transaction():
        items = payments.payable_items(mine.id, TODAY)
        promise = promises.make(mine.id, {items[0].entry_id: Money(100, "EUR")}, pay_on=TODAY, **at)
        claim = claims.say_paid(mine, made.contact, items, claims.Said(Money(100, "EUR"), TODAY, "card"), **at)
        proof = files.Checked("proof.pdf", files.FileKind.PDF, b"%PDF-")
        file = files.keep(files.Tray.of(made.contact, "claim"), proof, about=claim.source, by=at["by"], now=NOW)
        pauses.place(mine.id, HoldKind.BREATHING_SPACE, "x", crisis=True, **at)
    found = {one.kind: one.hold_id for one in accounts.stopping([mine.id])}
    made.arguments[""] |= {"promise_id": promise.id, "claim_id": claim.id, "hold_id": found["breathing_space"]}
    made.arguments[""] |= {"file_id": file.id}


def _add_case(made: World, make: Maker) -> None:
    """A case with a decision that waits for a second person, goods on their way, a rule and somebody who is away."""
    mine, clerk = made.mine, staff.principal(staff.find(made.staff["clerk"]))
    item = make.invoice(mine, 90_000)
    at = {"on": TODAY, "now": NOW}
    with transaction():
        case = disputes.open_case(
            mine,
            made.contact,
            item.id,
            {None: Money(80_000, "EUR")},
            reason=Reason.DAMAGED,
            wanted=Remedy.CREDIT,
            text="It is broken",
            by=audit.Actor(audit.ActorKind.CONTACT, made.contact.id),
            **at,
        )
        goods = disputes.offer(case, 1, "Ten", "", Money(100, "EUR"), until_on=TODAY, by=clerk.actor, **at)
        verdict = Verdict(outcome=Outcome.REFUSED, text="It is not", other_cause="None")
        decision = disputes.propose(case, verdict, by=clerk, **at)
        answered = disputes.open_case(
            mine,
            made.contact,
            item.id,
            {None: Money(5_000, "EUR")},
            reason=Reason.LATE,
            wanted=Remedy.EXPLANATION,
            text="It came too late",
            by=audit.Actor(audit.ActorKind.CONTACT, made.contact.id),
            **at,
        )
        answer = disputes.propose(answered, verdict, by=clerk, **at)
        disputes.carry_out(mine.id, answer.id, by=clerk, **at)
        rule = disputes.add_rule(clerk.staff_id, by=clerk.actor, now=NOW)
        away = disputes.add_absence(clerk.staff_id, TODAY, TODAY, by=clerk.actor, now=NOW)
    made.arguments[""] |= {
        **{"dispute_id": case.id, "return_id": goods.id, "decision_id": decision.id},
        **{"rule_id": rule.id, "absence_id": away.id, "step": "lines"},
    }
    made.arguments["portal.case_letter"] = {"dispute_id": answered.id, "decision_id": answer.id}


def _add_plan(made: World, make: Maker) -> None:
    """One in force, paid by transfer, as it was signed."""
    mine, contact = made.mine, made.contact
    item = make.invoice(mine, 9_000)
    at = {"by": audit.Actor(audit.ActorKind.CONTACT, contact.id), "now": NOW}
    later = [(TODAY + timedelta(days=30 * place), Money(4_500, "EUR")) for place in (1, 2)]
    proposal = plans.Proposal({item.id: item.left}, later, Money(0, "EUR"), plans.Way.TRANSFER, moves=1)
    paper = agreements.Paper("Plan", "en", "We agree.", "en", "", b"%PDF-", {})
    with transaction():
        plan = plans.keep_draft(mine.id, contact.id, "EUR", {}, on=TODAY, now=NOW)
        plans.offer(plan, proposal, until=TODAY, on=TODAY, **at)
        offered = agreements.offer(mine.id, contact.id, plan.source, paper, **at)
        agreements.sign(offered, agreements.Signature("Ann Example", True, "", "", NOW), **at)
        plans.sign(plan, consent_id=None, on=TODAY, **at)
        first = plans.instalments_of(plan)[0]
    made.arguments[""] |= {"plan_id": plan.id, "instalment_id": first.id}
    _add_document(made)
    kept = furnish_kept(make, mine, contact)
    asks = Principal(made.staff["spare"], 1, "Asks", "asks@company.test", Role.COLLECTOR)
    with transaction():
        idea = plans.think(mine, "EUR", plans.Wish(count=40), on=TODAY)
        told = {"reason": "Ill", "by": asks.staff_id, "key": "plan"}
        asked = approvals.submit(approvals.PlanOffer.of(idea, mine.id, contact.id, None, **told), by=asks, now=NOW)
    with transaction():
        given = Attempt(
            **{"customer_id": mine.id, "id": uuid4(), "contact_id": contact.id, "kind": "setup"},
            **{"currency": "EUR", "amount_minor": 0, "state": AttemptState.CANCELED, "request_json": "{}"},
            **{"asked_at": NOW, "expires_at": NOW + timedelta(days=1), "next_try_at": NOW},
        )
        session.add(given)
    made.arguments[""] |= {"method_id": kept["method"], "autopay_id": kept["autopay"]}
    made.arguments["portal.method_added"] = {"attempt_id": given.id}
    made.arguments["backoffice.withdraw_plan"] = {"approval_id": asked.approval.id}
    made.arguments["backoffice.plan_figures_file"] = {"name": "kept"}


def _add_document(made: World) -> None:
    """One that was signed."""
    mine, contact = made.mine, made.contact
    tray = files.Tray(mine.id, "filed", staff_id=made.staff["clerk"])
    clerk = audit.Actor(audit.ActorKind.STAFF, made.staff["clerk"])
    signer = audit.Actor(audit.ActorKind.CONTACT, contact.id)
    about = {"invoice_id": None, "shared": True, "on": TODAY, "now": NOW}
    with transaction():
        files.keep(tray, files.Checked("frame.pdf", files.FileKind.PDF, b"%PDF-"), by=clerk, now=NOW)
        document = filed.file_away(tray, filed.FiledKind.CONTRACT, "Frame", "en", by=clerk, **about)
        paper = agreements.Paper("Frame", "en", "We agree.", "en", "", b"%PDF-", {})
        filed.send(document, contact, paper, by=clerk, on=TODAY, now=NOW)
        signature = agreements.Signature("Ann Example", True, "", "", NOW)
        told = {"contact_id": contact.id, "by": signer, "on": TODAY, "now": NOW}
        filed.sign(document, paper, signature, b"%PDF-certificate", **told)
    made.arguments[""]["document_id"] = document.id


def sign_in(client: FlaskClient, world: World, walker: str, make: Maker) -> None:
    """Also gives everybody a session of their own to end, and contacts a link."""
    if walker in ROLES:
        member = staff.find(world.staff[walker])
        with transaction():
            token, more = (staff.open_session(member, now=real_now(), address="", agent="") for _ in range(2))
        row = sessions.living(SessionKind.STAFF, more, now=real_now())
        world.arguments["backoffice.end_own_session"] = {"session_id": row.id}
        world.arguments[""]["action_id"] = world.actions.get(walker, world.actions["manager"])
        client.set_cookie("duewell_staff", token)
    elif walker in CONTACTS:
        customer = world.other if walker == "contact of another customer" else world.mine
        contact = make.contact(
            customer,
            f"{walker.replace(' ', '.')}@example.test",
            may_pay=walker != "contact",
            may_sign=walker == "paying contact",
            may_see=walker != "contact who may not look",
        )
        whose = {"now": real_now(), "customer_id": customer.id, "contact_id": contact.id}
        with transaction():
            token, more = (sessions.start(SessionKind.CONTACT, **whose) for _ in range(2))
        make.link(customer, contact)
        row, link = (
            sessions.living(SessionKind.CONTACT, more, now=real_now()),
            customer_links.of_customer(customer.id)[0],
        )
        if walker != "contact of another customer":
            world.arguments["portal.end_session"] = {"session_id": row.id}
            world.arguments["portal.revoke_link"] = {"link_id": link.id}
        client.set_cookie("duewell", token)
    elif walker == HOLDER:
        with transaction():
            token = customer_links.make(world.mine, world.contact, by=audit.COMMAND, now=real_now(), paper=True)
        world.arguments["portal.arrive"] = {"token": token}
        client.set_cookie("duewell_link", token)


def rule_of(app: Flask, page: Page) -> Rule:
    return next(rule for rule in app.url_map.iter_rules() if rule.rule == page.rule and page.method in rule.methods)


def was_sent_away(answer: TestResponse, page: Page, walker: str) -> bool:
    """Not signed in: to the sign-in of the door, and nothing else; who holds a link, to what that shows."""
    door = "/staff/sign-in" if page.rule.startswith("/staff") else "/open" if walker == HOLDER else "/"
    return answer.status_code == 303 and answer.location.split("?")[0] == door


def complaint(answer: TestResponse, page: Page, walker: str) -> str | None:
    """What is wrong with this answer for this walker; None where it is as the table says."""
    code, said = answer.status_code, f"{walker}: {page.method} {page.rule} answers {answer.status_code}"
    if "nobody" in page.who:
        return None if code in {400, 404} else said
    if "everybody" in page.who:
        return said if code in {401, 403, 500, 503} else None
    if page.is_for(walker):
        return (
            said if code in REFUSED or (was_sent_away(answer, page, walker) and "sign-out" not in page.rule) else None
        )
    if walker in ROLES and page.rule.startswith("/staff"):
        return None if code == 403 else said
    if walker in ("contact", "paying contact", "contact of another customer") and not page.rule.startswith("/staff"):
        return None if code in {403, 404} else said
    return None if was_sent_away(answer, page, walker) else said


def test_every_address_is_listed_and_every_listed_address_exists(app: Flask) -> None:
    there = {(rule.rule, method) for rule in app.url_map.iter_rules() for method in rule.methods - {"HEAD", "OPTIONS"}}
    listed = {(page.rule, page.method) for page in PAGES}
    assert there - listed == set(), "not in docs/permissions.md"
    assert listed - there == set(), "in docs/permissions.md only"


def test_the_table_names_people_who_exist() -> None:
    known = {"everybody", "nobody", "staff", "contact", "paying contact", *ROLES}
    assert {name for page in PAGES for name in page.who} <= known


@pytest.mark.parametrize("walker", WALKERS)
def test_everybody_finds_open_what_the_table_says_and_nothing_else(
    app: Flask, client: FlaskClient, world: World, make: Maker, walker: str
) -> None:
    sign_in(client, world, walker, make)
    wrong = []
    for page in sorted(PAGES, key=lambda page: (page.method, "sign-out" in page.rule, "demo" in page.rule)):
        if walker == "contact of another customer" and page.is_for("paying contact") and "<" not in page.rule:
            continue  # A page without an object is their own.
        if "demo" in page.rule and walker != "nobody signed in":
            continue  # Signs somebody else in.
        with client.open(world.address(rule_of(app, page)), method=page.method) as answer:
            wrong.append(complaint(answer, page, walker))
    assert [line for line in wrong if line] == []


def test_what_belongs_to_another_customer_is_not_there(
    app: Flask, client: FlaskClient, world: World, make: Maker
) -> None:
    """For those who may open everything of both: an object is looked for inside the customer of the address."""
    sign_in(client, world, Role.MANAGER, make)
    found = []
    for page in PAGES:
        rule = rule_of(app, page)
        if page.rule.startswith("/staff") and "customer_id" in rule.arguments and len(rule.arguments) > 1:
            answer = client.open(world.address(rule, customer_id=world.other.id), method=page.method)
            found += [] if answer.status_code == 404 else [f"{page.method} {page.rule}: {answer.status_code}"]
    assert found == []


def test_a_customer_who_does_not_exist_is_not_there(app: Flask, client: FlaskClient, world: World, make: Maker) -> None:
    sign_in(client, world, Role.MANAGER, make)
    found = []
    for page in PAGES:
        rule = rule_of(app, page)
        if page.rule.startswith("/staff") and "customer_id" in rule.arguments:
            answer = client.open(world.address(rule, customer_id=987_654), method=page.method)
            found += [] if answer.status_code == 404 else [f"{page.method} {page.rule}: {answer.status_code}"]
    assert found == []


def test_mails_to_staff_are_for_who_appoints_them(client: FlaskClient, world: World, make: Maker) -> None:
    """They hold sign-up links: whoever reads one could come in as somebody else."""
    with transaction():
        staff.invite(staff.find(world.staff["spare"]), address=lambda token: token, by=audit.COMMAND, now=real_now())
    [mail_id] = [message.id for message in messages.outbox(0)]
    for role in Role:
        sign_in(client, world, role, make)
        reads = Permission.APPOINT_STAFF in GRANTS[role]
        assert ("spare@company.test" in client.get("/staff/outbox").text) == reads, role
        assert (client.get(f"/staff/outbox/0/{mail_id}").status_code == 200) == reads, role


def test_every_permission_is_granted_to_somebody_and_asked_for_somewhere(app: Flask) -> None:
    asked = {getattr(view, "permission", None) for view in app.view_functions.values()}
    asked |= set(approvals.OF_PLANS.values())  # Which one is needed says the rule that a plan is under.
    assert set(Permission) - asked == set()
    assert set(Permission) - set().union(*GRANTS.values()) == set()


def test_every_staff_page_names_its_permission(app: Flask) -> None:
    for endpoint, view in app.view_functions.items():
        if endpoint.startswith("backoffice."):
            assert hasattr(view, "permission"), endpoint


def test_somebody_elses_action_is_not_there_for_who_reads_no_complaints(
    client: FlaskClient, world: World, make: Maker
) -> None:
    sign_in(client, world, Role.COLLECTOR, make)
    assert client.get(f"/staff/actions/{world.actions['collector']}").status_code == 200
    assert client.get(f"/staff/actions/{world.actions['clerk']}").status_code == 404
    assert client.post(f"/staff/actions/{world.actions['clerk']}", data={"step": "begin"}).status_code == 404
