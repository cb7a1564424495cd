"""What groups of cases are called."""

from models import causes
from models.complaints.counted import By, Case, Known, key_of
from models.disputes import REASONS, Reason
from models.errors import N_
from models.words import gettext

KNOWN: dict[str, str] = {
    Known.OTHER: N_("Another cause, said in words"),
    Known.NOT_YET: N_("Not known yet"),
    Known.WITHDRAWN: N_("Taken back by the customer"),
}
GROUPS: dict[By, str] = {
    By.CAUSE: N_("Cause"),
    By.PROCESS: N_("Process"),
    By.DEPARTMENT: N_("Department"),
    By.PRODUCT: N_("Product"),
    By.SUPPLIER: N_("Supplier"),
    By.SITE: N_("Site"),
    By.REASON: N_("What the customer says"),
}


def group_name(by: By, case: Case) -> str:
    """The name of the case's group, in the reader's language."""
    return group_title(by, key_of(by, case))


def group_title(by: By, key: str) -> str:
    """What a group with this key is called; the key itself where nothing is."""
    if key in KNOWN:
        return gettext(KNOWN[key])
    if by is By.REASON:
        return gettext(REASONS[Reason(key)]) if key in REASONS else key
    if by in (By.PRODUCT, By.SUPPLIER, By.SITE):
        return key or gettext("Not on the invoice")
    number, _, process = key.partition(":")
    return _place(by, int(number) if number.isdecimal() else 0, process)


def _place(by: By, number: int, process: str) -> str:
    cause = causes.find(number) if by is By.CAUSE else None
    department = causes.department(cause.department_id if cause else number)
    if department is None:
        return ""
    parts = [department.name, cause.process if cause else process, cause.name if cause else ""]
    return " › ".join(part for part in parts if part)


def cause_name(case: Case) -> str:
    return group_name(By.CAUSE, case)


def cause_title(cause_id: int) -> str:
    return group_title(By.CAUSE, str(cause_id))
