"""What is agreed to by whoever switches autopay on: kept word for word with their consent."""

from models import company
from models.autopay.switching import Terms
from models.customers import Customer
from models.payments import SavedMethod
from models.policies import autopay as policy
from models.words import gettext, number


def consent_words(terms: Terms, customer: Customer, method: SavedMethod) -> str:
    """In the reader's language: who takes what, when, how much at most, after what notice, and how it ends."""
    name = company.get().name
    return "\n\n".join(
        (
            gettext(
                "I agree that %(company)s takes new invoices of the account %(account)s from %(method)s.",
                company=name,
                account=customer.number_as_written,
                method=method.name,
            ),
            gettext(
                "Only invoices that come after this, in %(currency)s, each once, not before its due date, and never"
                " more than %(limit)s for one invoice.",
                currency=terms.limit.currency,
                limit=terms.limit,
            ),
            gettext(
                "Before each payment I get a mail with the invoice, the amount and the day. Days between this mail and"
                " the payment: at least %(days)s. Never more than the mail says is taken.",
                days=number(terms.notice_days),
            ),
            gettext(
                "What I have said is wrong, promised for another day, put into an instalment plan or paid already is"
                " not taken."
            ),
            gettext(
                "If my bank refuses a payment that it might accept later, it may be tried again on later days: at most"
                " %(retries)s more times.",
                retries=number(policy.RETRIES),
            ),
            gettext(
                "I can take this back at any time, on the page where I agree to it or by telling %(company)s. From then"
                " on nothing is taken, and I get a mail that says so.",
                company=name,
            ),
        )
    )
