"""Mails to staff about complaints: to owners, heads of department, managers."""

from collections.abc import Iterable
from datetime import datetime

from models import causes, company, jobs, messages, staff, words
from models.complaints.actions import CorrectiveAction
from models.complaints.names import cause_title
from models.policies.permissions import Role
from models.staff import StaffState


def managers() -> list[str]:
    people = staff.everybody()
    return [one.email for one in people if one.role is Role.MANAGER and one.state is StaffState.ACTIVE]


def head_of(department_id: int) -> list[str]:
    """Whoever heads it; where nobody does, the department's own address; else the managers."""
    department = causes.department(department_id)
    head = staff.find(department.head_id or 0) if department else None
    if head is not None and head.state is StaffState.ACTIVE:
        return [head.email]
    return [department.email] if department and department.email else managers()


def owner_of(action: CorrectiveAction) -> list[str]:
    owner = staff.find(action.owner_id)
    return [owner.email] if owner and owner.state is StaffState.ACTIVE else managers()


def head_of_cause(cause_id: int) -> list[str]:
    cause = causes.find(cause_id)
    return head_of(cause.department_id) if cause else managers()


def write(kind: str, to: Iterable[str], *, once: str, now: datetime, **values: object) -> None:
    """
    Put a mail to each address into the outbox in the caller's transaction; each hears of one cause once.

    :param kind: of the template 'staff_<kind>'.
    :param once: names the cause.
    """
    from models.gateways.mail_templates import render_mail

    creditor = company.get()
    with words.speak(creditor.language, timezone=creditor.timezone):
        mail = render_mail(f"staff_{kind}", creditor.language, company=creditor, **values)
    for address in sorted(set(to)):
        messages.queue(
            company.HOLDING_ACCOUNT,
            dedupe_key=f"{kind}:{once}:{address}",
            kind=f"staff_{kind}",
            address=address,
            language=creditor.language,
            subject=mail.subject,
            text=mail.text,
            html=mail.html,
            now=now,
        )
    jobs.later("messages.send")


def about(action: CorrectiveAction) -> dict[str, object]:
    """What a mail says of an action."""
    owner = staff.find(action.owner_id)
    return {
        "action": action,
        "cause": cause_title(action.cause_id),
        "owner": owner.name if owner else "",
    }
