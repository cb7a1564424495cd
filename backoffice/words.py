"""The words of the ledger, the timeline and the audit trail, as staff read them."""

from backoffice import backoffice, returns
from backoffice.event_words import EVENTS
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
