"""In whose name a message is signed. Names of persons are not known: a function, and the company's name."""

from models import words
from models.company import Company
from models.errors import N_
from models.policies.sequences import Signer

FUNCTIONS = {
    Signer.COLLECTOR: N_("Accounts receivable, %(company)s"),
    Signer.SALES: N_("Sales, %(company)s"),
    Signer.MANAGER: N_("Management, %(company)s"),
}


def signed(signer: Signer, company: Company) -> str:
    """In the language that is spoken."""
    if signer in FUNCTIONS:
        return words.gettext(FUNCTIONS[signer], company=company.name)
    firm = company.law_firm.strip().splitlines() if signer == Signer.LAW_FIRM else []
    return words.written(firm[0].strip() if firm else company.name)
