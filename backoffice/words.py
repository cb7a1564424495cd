"""The words of the ledger, the timeline and the audit trail, as staff read them."""

from backoffice import backoffice, returns
from models import disputes, staff
from models.accounts import TimelineEvent
from models.audit import ActorKind, AuditEvent
from models.customers import merges
from models.errors import N_
from models.ledger import Entry, EntryKind
from models.words import gettext, money, native_name

KINDS = {
    "invoice": N_("Invoice"),
    "fee": N_("Fee"),
    "interest": N_("Interest"),
    "refund": N_("Refund"),
    "chargeback": N_("Chargeback"),
    "opening": N_("Opening item"),
    "receipt": N_("Receipt"),
    "credit_note": N_("Credit note"),
    "write_off": N_("Write-off"),
    "transfer": N_("Moved to another account"),
    "reinstated": N_("Write-off taken back"),
    "opening_credit": N_("Opening credit"),
}
EVENTS = {
    "allocated": N_("Allocated %(amount)s"),
    "taken_back": N_("Allocation of %(amount)s taken back"),
    "note": N_("Note"),
    "note.written": N_("Note written"),
    "mail.receipt": N_("Mail: receipt"),
    "message.written": N_("Message written by hand"),
    "mail.payment_failed": N_("Mail: payment did not go through"),
    "mail.reminder": N_("Reminder"),
    "mail.statement_mail": N_("Mail: statement of every four weeks"),
    "mail.invoice_mail": N_("Mail: invoice"),
    "credit.used": N_("Own credit used"),
    "reminders.run": N_("Reminders run"),
    "reminders.letters_written": N_("Letters written to a folder"),
    "mail.link": N_("Mail: link asked for"),
    "mail.code": N_("Mail: code"),
    "address.released": N_("Mail goes to an address again"),
    "call.spoke": N_("Call: we spoke"),
    "call.promise": N_("Call: they promise to pay"),
    "call.something_wrong": N_("Call: they say something is wrong"),
    "call.wrong_number": N_("Call: wrong number"),
    "call.no_answer": N_("Call: nobody answered"),
    "call.recorded": N_("Call written down"),
    "task.done": N_("Task done"),
    "task.dropped": N_("Task no longer needed"),
    "task.handed": N_("Task given to somebody"),
    "task.postponed": N_("Task put off"),
    "customer.added": N_("Customer added"),
    "customer.changed": N_("Customer changed"),
    "customer.merged": N_("Accounts merged"),
    "customer.merge_undone": N_("Merge undone"),
    "contact.added": N_("Contact added"),
    "contact.changed": N_("Contact changed"),
    "link.made": N_("Link made"),
    "link.asked_for": N_("Link asked for at the door"),
    "link.opened": N_("Link opened"),
    "link.revoked": N_("Link revoked"),
    "session.ended": N_("Sign-in ended"),
    "session.confirmed": N_("Confirmed by a code"),
    "calendar.made": N_("Calendar address made"),
    "calendar.revoked": N_("Calendar address revoked"),
    "contact.opted_out": N_("No reminders by mail, please"),
    "contact.opted_in": N_("Reminders by mail allowed again"),
    "promise.made": N_("Promise to pay"),
    "promise.moved": N_("Promise moved to another day"),
    "promise.withdrawn": N_("Promise withdrawn"),
    "promise.kept": N_("Promise kept"),
    "promise.broken": N_("Promise not kept"),
    "dispute.opened": N_("Case opened: something is wrong"),
    "dispute.withdrawn": N_("Case withdrawn"),
    "dispute.message": N_("Wrote about the case"),
    "dispute.note": N_("Note about the case"),
    "dispute.moved": N_("Case moved along"),
    "dispute.handed": N_("Case handed over"),
    "dispute.asked": N_("Department asked about the case"),
    "dispute.return_offered": N_("Offered to take goods back"),
    "dispute.return_received": N_("Goods came back"),
    "dispute.return_waits": N_("Goods came back: a second person looks at the credit"),
    "dispute.return_cancelled": N_("Goods are not expected any more"),
    "dispute.escalated": N_("Case is late: the manager was told"),
    "dispute.decided": N_("Case decided"),
    "dispute.decision_dropped": N_("Decision about the case dropped"),
    "dispute.disagreed": N_("Disagreed with the answer"),
    "dispute.accepted": N_("Agreed with the answer"),
    "dispute.reopened": N_("Case opened again"),
    "dispute.credit_wish": N_("Said what becomes of the credit"),
    "dispute.closed": N_("Case closed"),
    "mail.dispute": N_("Mail: about the case"),
    "assignment_rule.added": N_("Rule for new cases added"),
    "assignment_rule.removed": N_("Rule for new cases removed"),
    "absence.added": N_("Absence written down"),
    "absence.removed": N_("Absence ended"),
    "department.added": N_("Department added"),
    "action.proposed": N_("Corrective action proposed"),
    "action.agreed": N_("Corrective action agreed"),
    "action.begun": N_("Corrective action begun"),
    "action.done": N_("Corrective action done"),
    "action.again": N_("Corrective action taken up again"),
    "action.dropped": N_("Corrective action dropped"),
    "action.handed": N_("Corrective action handed over"),
    "action.judged": N_("Corrective action judged by its data"),
    "action.told": N_("Customers told of a corrective action"),
    "alert.raised": N_("Alert raised"),
    "alert.closed": N_("Alert closed"),
    "department.changed": N_("Department changed"),
    "cause.changed": N_("Root cause changed"),
    "cause.added": N_("Root cause added"),
    "claim.already_paid": N_("Says: already paid"),
    "claim.not_ours": N_("Says: not mine"),
    "claim.recognised": N_("Recognised money without a name as theirs"),
    "claim.not_recognised": N_("Did not recognise the money that was found"),
    "claim.settled": N_("Recognised their payment, which is used"),
    "claim.closed": N_("What they said was looked at"),
    "claim.lapsed": N_("The pause for what they said is over"),
    "hold.pause": N_("Pause placed"),
    "hold.hardship": N_("Hardship noted"),
    "hold.breathing_space": N_("Breathing space begun"),
    "hold.cease_contact": N_("Contact ceased"),
    "hold.wrong_address": N_("Wrong address noted"),
    "hold.legal_representative": N_("Legal representative noted"),
    "hold.treatment_ended": N_("Treatment of a crisis ended"),
    "hold.ended": N_("Hold ended"),
    "mail.promise": N_("Mail: promise"),
    "mail.address_changed": N_("Mail: address changed"),
    "mail.claim": N_("Mail: what they told us"),
    "payment.asked": N_("Payment started"),
    "payment.charge_asked": N_("Saved card or account charged"),
    "method.asked": N_("Saving a card or an account started"),
    "method.kept": N_("Card or account saved"),
    "method.not_kept": N_("Card or account not saved"),
    "method.removed": N_("Saved card or account removed"),
    "method.replaced": N_("Saved card replaced by its bank"),
    "method.expired": N_("Saved card has expired"),
    "method.failed": N_("Saved card or account can no longer be charged"),
    "consent.given": N_("Agreed to be charged automatically"),
    "consent.withdrawn": N_("Permission to charge automatically withdrawn"),
    "payment.succeeded": N_("Payment succeeded"),
    "payment.failed": N_("Payment failed"),
    "payment.canceled": N_("Payment cancelled"),
    "payment.expired": N_("Payment not finished in time"),
    "approval.asked": N_("Second person asked"),
    "approval.approved": N_("Approved by a second person"),
    "approval.declined": N_("Declined by a second person"),
    "approval.withdrawn": N_("Request withdrawn"),
    "invoice.changed": N_("Invoice's reference or terms changed"),
    "invoice.written": N_("Invoice written by hand"),
    "receipt.entered": N_("Receipt entered"),
    "receipt.moved": N_("Receipt moved"),
    "allocation.made": N_("Allocated by hand"),
    "allocation.taken_back": N_("Allocation taken back by hand"),
    "refund.booked": N_("Refund recorded"),
    "refund.asked": N_("Refund through Stripe asked for"),
    "refund.sent": N_("Refund taken by Stripe"),
    "refund.succeeded": N_("Refund sent back by Stripe"),
    "refund.failed": N_("Refund through Stripe failed"),
    "payment.charged_back": N_("Charged back by the bank"),
    "payment.won_back": N_("Won back from the bank"),
    "credit_note.booked": N_("Credit note written"),
    "write_off.booked": N_("Written off"),
    "import.begun": N_("Import started"),
    "import.finished": N_("Import finished"),
    "staff.added": N_("Staff added"),
    "staff.disabled": N_("Staff disabled"),
    "staff.invited": N_("Staff invited"),
    "staff.joined": N_("Invitation accepted"),
    "staff.other_sessions_ended": N_("Other sessions ended"),
    "staff.password_reset": N_("Password reset"),
    "staff.role_changed": N_("Role changed"),
    "staff.session_ended": N_("Session ended"),
    "staff.signed_in": N_("Signed in"),
    "bank_day.recorded": N_("Bank day recorded"),
    "books.closed": N_("Books closed"),
    "company.changed": N_("Company's facts changed"),
    "rule.changed": N_("Setting changed"),
    "words.standard_added": N_("Standard reminders added"),
    "plan.requested": N_("Asked for an instalment plan"),
    "plan.request_declined": N_("Instalment plan that was asked for declined"),
    "plan.offered": N_("Instalment plan offered"),
    "plan.signed": N_("Instalment plan signed"),
    "plan.began": N_("Instalment plan begun"),
    "plan.moved": N_("Instalment moved to another day"),
    "plan.spread": N_("Instalment spread over the others"),
    "plan.rescheduled": N_("Payments of the instalment plan changed"),
    "plan.changed": N_("Instalment plan follows what is owed"),
    "plan.method": N_("Another card or account for the instalment plan"),
    "plan.by_transfer": N_("Instalment plan paid by transfer from now on"),
    "plan.charge_failed": N_("Charge for the instalment plan failed"),
    "plan.missed": N_("Instalment missed"),
    "plan.defaulted": N_("Instalment plan failed"),
    "plan.completed": N_("Instalment plan paid in full"),
    "plan.cancelled": N_("Instalment plan ended"),
    "autopay.on": N_("Autopay switched on"),
    "autopay.changed": N_("Autopay changed"),
    "autopay.off": N_("Autopay switched off"),
    "autopay.announced": N_("Charge by autopay announced"),
    "autopay.left_out": N_("Invoice left out of autopay: its customer pays it"),
    "autopay.charge_failed": N_("Charge by autopay failed"),
    "autopay.failed": N_("Invoice could not be charged by autopay"),
    "autopay.cancelled": N_("Charge by autopay cancelled"),
    "mail.autopay": N_("Mail: autopay"),
    "agreement.offered": N_("Agreement put before the customer"),
    "agreement.signed": N_("Agreement signed"),
    "agreement.declined": N_("Agreement declined"),
    "agreement.withdrawn": N_("Agreement taken back"),
    "file.added": N_("File added"),
    "file.sent": N_("Files handed in"),
    "file.removed": N_("File removed"),
    "filed.added": N_("Document put on file"),
    "filed.shared": N_("Document shown to the customer"),
    "filed.unshared": N_("Document no longer shown to the customer"),
    "filed.removed": N_("Document taken off file"),
    "filed.sent": N_("Document sent to be signed"),
    "filed.signed": N_("Document signed"),
    "filed.declined": N_("Declined to sign a document"),
    "filed.withdrawn": N_("Document need not be signed any more"),
    "filed.lapsed": N_("Document was not signed in time"),
    "mail.filed": N_("Mail: document to sign"),
    "mail.plan": N_("Mail: instalment plan"),
    "plan_policy.waiting": N_("Plan rules sent to a second person"),
    "plan_policy.draft": N_("Plan rules declined"),
    "plan_policy.published": N_("Plan rules published"),
    "plan_policy.retired": N_("Plan rules retired"),
    "words.in_review": N_("Words or a sequence sent to review"),
    "words.draft": N_("Words or a sequence sent back"),
    "words.approved": N_("Words or a sequence approved"),
    "words.published": N_("Sequence published"),
    "words.retired": N_("Words or a sequence retired"),
    "job.requeued": N_("Job tried again"),
}
METHODS = {"transfer": N_("Bank transfer"), "cheque": N_("Cheque"), "cash": N_("Cash")}
GOOD = frozenset(
    {"promise.kept", "claim.settled", "receipt", "won_back", "payment.succeeded", "credit_note", "plan.completed"}
)
TROUBLE = frozenset(
    {
        *("promise.broken", "chargeback", "payment.failed", "taken_back", "refund_came_back", "refund.failed"),
        *("plan.missed", "plan.defaulted", "plan.charge_failed"),
        *("autopay.charge_failed", "autopay.failed"),
    }
)
CAUSES = {"won_back": returns.WON_BACK, "refund_came_back": returns.CAME_BACK}


@backoffice.app_template_global()
def kind_word(kind: str, reason: str = "") -> str:
    """`reason`: of a chargeback, which may be a debit that was returned."""
    if kind == EntryKind.CHARGEBACK and reason:
        return returns.chargeback_word(reason)
    return gettext(KINDS[kind]) if kind in KINDS else kind


@backoffice.app_template_global()
def event_word(event: TimelineEvent) -> str:
    """One line for what happened; a word that nobody translated yet is shown as it is recorded."""
    if event.what in KINDS or event.what in CAUSES:
        word = gettext(CAUSES[event.what]) if event.what in CAUSES else kind_word(event.what, event.text)
        return f"{word} · {money(event.amount)}" if event.amount else word
    if event.what not in EVENTS:
        return event.what
    return gettext(EVENTS[event.what], amount=event.amount) if event.amount else gettext(EVENTS[event.what])


@backoffice.app_template_global()
def event_text(event: TimelineEvent) -> str:
    said_by_bank = event.what in ("chargeback", "refund_came_back")
    return returns.return_reason(event.text) if said_by_bank else event.text


@backoffice.app_template_global()
def action_word(action: str) -> str:
    return gettext(EVENTS[action]) if action in EVENTS and "%(" not in EVENTS[action] else action


@backoffice.app_template_global()
def actor_name(event: AuditEvent) -> str:
    """Who acted; the chain holds the id alone, so a name is looked up, and an erased person has none."""
    if event.actor_kind == ActorKind.STAFF and event.actor_id:
        member = staff.find(event.actor_id)
        return member.name if member else gettext("Staff %(number)s", number=event.actor_id)
    if event.actor_kind == ActorKind.CONTACT and event.actor_id:
        contact = merges.reader_of(event.customer_id, event.actor_id)
        return (contact.name or contact.email or "") if contact else ""
    if event.actor_kind == ActorKind.LINK:
        return _by_link(event)
    return gettext("Command line") if event.actor_kind == ActorKind.COMMAND else gettext("Duewell")


def _by_link(event: AuditEvent) -> str:
    """A department that was asked about a case answers by a link of its own."""
    if event.action == "dispute.note" and event.actor_id:
        department = disputes.asked_department(event.customer_id, event.actor_id)
        return gettext("%(department)s, by its link", department=department)
    return gettext("Whoever holds a link")


@backoffice.app_template_global()
def source_word(source: str) -> str:
    """Where a document came from, as `Invoice.source` keeps it."""
    if source == "staff":
        return gettext("Entered by staff")
    kind, _, number = source.partition(" ")
    return gettext("Import %(number)s", number=number) if kind == "import" else source


@backoffice.app_template_global()
def event_tone(event: TimelineEvent) -> str:
    return "ok" if event.what in GOOD else "bad" if event.what in TROUBLE else ""


@backoffice.app_template_global()
def language_name(code: str) -> str:
    return native_name(code) if code else ""


@backoffice.app_template_global()
def method_word(entry: Entry) -> str:
    """How money came that staff entered; the first part of an entry's key says it."""
    if entry.kind != EntryKind.RECEIPT:
        return ""
    if entry.cause_id:
        return gettext("Moved from another account")
    method = entry.dedupe_key.partition(":")[0]
    return gettext(METHODS[method]) if method in METHODS else ""


@backoffice.app_template_global()
def who_word(name: str) -> str:
    """A person's name; the two that are no persons in words."""
    words = {"job": N_("Duewell"), "command": N_("Command line"), "link": N_("Whoever holds a link")}
    return gettext(words[name]) if name in words else name
