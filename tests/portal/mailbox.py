"""What a customer finds in their mail: read from the outbox, as it waits to be sent."""

import re
from collections.abc import Callable
from email.message import EmailMessage

from models import accounts, clock, messages, work
from models.database import session
from models.dunning.sending import Reminders
from models.gateways.mail import SmtpSender
from models.messages import Message, sending
from tests.models.gateways.mail_server import MailServer, running


def mails(kind: str) -> list[Message]:
    """Newest first."""
    session.rollback()
    session.expire_all()
    return [message for message in messages.outbox() if message.kind == kind]


def mailed_links() -> list[str]:
    """The paths in the newest mail of links."""
    return re.findall(r"http://localhost(/l/\S+)", mails("link")[0].text)


def mailed_code() -> str:
    found = re.search(r"^\d{6}$", mails("code")[0].text, re.MULTILINE)
    assert found
    return found[0]


def another(code: str) -> str:
    """Six digits that are not these."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def send_mails() -> list[str]:
    """Send what waits to a real mail server; returns the texts that arrived."""
    return [mail.get_body(("plain",)).get_content() for mail in sent_mails()]


def sent_mails() -> list[EmailMessage]:
    """The same, whole, with their heads."""
    return _sent_by(lambda sender: sending.send_due(sender, now=clock.real_now))


def arrived() -> list[EmailMessage]:
    """As the worker sends them: with links that open something, and what goes with them."""
    keeper = Reminders("http://localhost", accounts.invoices_enclosed)
    return _sent_by(lambda sender: sending.send_due(sender, now=clock.real_now, keeper=keeper, papers=work.PAPERS))


def _sent_by(send: Callable[[SmtpSender], object]) -> list[EmailMessage]:
    with running(MailServer()) as server:
        with SmtpSender(f"smtp://127.0.0.1:{server.port}", "billing@company.test", timeout=5) as sender:
            send(sender)
        return [delivery.mail for delivery in server.books]
