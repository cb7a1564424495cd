"""Mails about cases to people of ours: owners, managers, departments. They lie in the company's own outbox."""

from datetime import datetime

from models import company, jobs, messages, words


def write(kind: str, address: str, *, cause: str, now: datetime, **values: object) -> None:
    """In the company's language, in the caller's transaction; one for each kind and cause."""
    from models.gateways.mail_templates import render_mail

    creditor = company.get()
    with words.speak(creditor.language, timezone=creditor.timezone):
        mail = render_mail(kind, creditor.language, company=creditor, **values)
    messages.queue(
        company.HOLDING_ACCOUNT,
        dedupe_key=f"{kind}:{cause}",
        kind=kind,
        address=address,
        language=creditor.language,
        subject=mail.subject,
        text=mail.text,
        html=mail.html,
        now=now,
    )
    jobs.later("messages.send")
