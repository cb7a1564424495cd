"""Reading what mail servers send back: delivery status notifications (RFC 3464)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage, Message

LONGEST_REASON = 300
MESSAGE_ID = re.compile(r"<[^<>\s]+>")


@dataclass(frozen=True, slots=True)
class Bounce:
    """
    `message_id` is of our mail, with its angle brackets: nobody else knows it. `for_good`: the address takes no mail;
    otherwise the server is still trying, or the trouble is not the address.
    """

    message_id: str
    for_good: bool
    reason: str


def read(raw: bytes) -> Bounce | None:
    """What a notification says; None for any other mail, and where it does not name the mail that it is about."""
    mail = message_from_bytes(raw, policy=policy.default)
    if not isinstance(mail, EmailMessage) or mail.get_content_type() != "multipart/report":
        return None
    message_id, status = _returned_id(mail), next(_statuses(mail), None)
    if message_id is None or status is None:
        return None
    code = str(status.get("Status", "")).strip()
    said = str(status.get("Diagnostic-Code", "") or code)
    # 5.1 and 5.2 speak of the address and its mailbox; 5.7 of a policy, 5.3 and 5.4 of the way there.
    failed = str(status.get("Action", "")).strip().lower() == "failed"
    return Bounce(message_id, failed and bool(re.match(r"5\.[12]\.", code)), " ".join(said.split())[:LONGEST_REASON])


def _statuses(mail: EmailMessage) -> Iterator[Message]:
    """The part for each recipient; ours have one."""
    for part in mail.walk():
        if part.get_content_type() == "message/delivery-status":
            yield from (block for block in part.get_payload() if isinstance(block, Message) and "Action" in block)


def _returned_id(mail: EmailMessage) -> str | None:
    """The Message-ID of what is returned, whole or its headers alone."""
    for part in mail.walk():
        if part.get_content_type() == "message/rfc822":
            returned = part.get_payload(0)
            found = MESSAGE_ID.search(str(returned["Message-ID"])) if isinstance(returned, Message) else None
        elif part.get_content_type() == "text/rfc822-headers":
            headers = part.get_payload(decode=True)
            returned = message_from_bytes(headers if isinstance(headers, bytes) else b"")
            found = MESSAGE_ID.search(str(returned["Message-ID"]))
        else:
            continue
        return found[0] if found else None
    return None
