"""Handing mails to a mail server, and saying in our words what became of them."""

import re
import smtplib
import socket
import ssl
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Protocol, Self
from urllib.parse import SplitResult, unquote, urlsplit

from models.gateways.mime import Attachment, Mailbox, MailDraft, UnsafeHeader, compose, envelope_address

__all__ = [
    "Attachment",
    "MailDraft",
    "Mailbox",
    "Outcome",
    "RefusedForGood",
    "Sender",
    "Sent",
    "SmtpSender",
    "TryAgain",
    "Unknown",
    "UnsafeHeader",
    "compose",
    "sender_of",
]

PORTS = {"smtp": 587, "smtps": 465}
TIMEOUT = 30  # seconds, for each answer of the server
LONGEST_REASON = 300
# The enhanced status codes of RFC 3463 that speak of the mailbox, and those that speak of a policy or of us.
OF_THE_MAILBOX = re.compile(r"5\.[12]\.\d+")
OF_A_POLICY = re.compile(r"5\.7\.\d+")


@dataclass(frozen=True, slots=True)
class Sent:
    """The server took it over. `answer` often holds the number under which it is found in the server's log."""

    answer: str


@dataclass(frozen=True, slots=True)
class RefusedForGood:
    """Sending this again is useless. `address_stopped`: nothing else can reach this address either."""

    reason: str
    address_stopped: bool


@dataclass(frozen=True, slots=True)
class TryAgain:
    """The server certainly does not have it: it said so, or was never given it."""

    reason: str


@dataclass(frozen=True, slots=True)
class Unknown:
    """The mail was handed over and the answer lost: it may have arrived. Send it again under its Message-ID."""

    reason: str


Outcome = Sent | RefusedForGood | TryAgain | Unknown


class Sender(Protocol):
    """`mail_from` is the address that mails come from."""

    mail_from: str

    def send(self, raw: bytes, draft: MailDraft) -> Outcome: ...


def sender_of(url: str | None, mail_from: str | None, bounce_address: str | None = None) -> "SmtpSender | None":
    """The sender of the settings; None where no mail server is set, and mails stay in the outbox."""
    return SmtpSender(url, mail_from or "", bounce_address=bounce_address) if url else None


class SmtpSender:
    """
    One connection, opened when first needed and kept for the mails that follow. For one thread at a time.

    :param url: smtp://user:password@host:587, encrypted by STARTTLS where the server offers it, or smtps://….
    :param timeout: seconds of waiting for each answer.
    :param bounce_address: what comes back goes there instead of to the sender.
    :param tls: for a server whose certificate only a company's own authority vouches for.
    :raises ValueError: the url is none of these.
    """

    def __init__(
        self,
        url: str,
        mail_from: str,
        *,
        bounce_address: str | None = None,
        timeout: float = TIMEOUT,
        tls: ssl.SSLContext | None = None,
    ) -> None:
        self._server = urlsplit(url)
        if self._server.scheme not in PORTS or not self._server.hostname:
            raise ValueError("The mail server's address must read smtp://… or smtps://….")
        self.mail_from = mail_from
        self._bounce_address = bounce_address
        self._timeout = timeout
        self._tls = tls
        self._connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._connection is not None:
            try:
                self._connection.quit()
            except (smtplib.SMTPException, OSError):
                self._connection.close()
            self._connection = None

    def send(self, raw: bytes, draft: MailDraft) -> Outcome:
        """
        Hand over the bytes that `compose` made of this draft.

        :raises UnsafeHeader: one of the two addresses is none.
        """
        sender = envelope_address(self._bounce_address or self.mail_from or draft.sender.address)
        recipient = envelope_address(draft.recipient.address)
        used_before = self._connection is not None
        outcome = self._send(raw, sender, recipient)
        if used_before and isinstance(outcome, TryAgain) and self._connection is None:
            # A server may close an idle or much used connection: that says nothing about this mail.
            outcome = self._send(raw, sender, recipient)
        return outcome

    def _send(self, raw: bytes, sender: str, recipient: str) -> Outcome:
        try:
            connection = self._connected()
            refusal = _envelope(connection, sender, recipient)
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return TryAgain(_reason(error))
        if refusal is not None:
            self._forget_envelope()
            return refusal
        try:
            connection.send(re.sub(rb"(?m)^\.", b"..", raw) + b".\r\n")
            code, answer = connection.getreply()
        except (smtplib.SMTPException, OSError) as error:
            self._drop()
            return Unknown(_reason(error))
        return self._verdict(code, _words(code, answer))

    def _verdict(self, code: int, words: str) -> Outcome:
        """What the server said to the mail itself."""
        if code == 421:
            self._drop()
        if 200 <= code < 300:
            return Sent(words)
        if 500 <= code < 600:
            return RefusedForGood(words, address_stopped=bool(OF_THE_MAILBOX.search(words)))
        return TryAgain(words)

    def _connected(self) -> smtplib.SMTP:
        if self._connection is None:
            self._connection = _connection(self._server, self._timeout, self._tls)
        return self._connection

    def _forget_envelope(self) -> None:
        try:
            if self._connection is not None and self._connection.rset()[0] != 250:
                self._drop()
        except (smtplib.SMTPException, OSError):
            self._drop()

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.close()
            self._connection = None


def _connection(server: SplitResult, timeout: float, tls: ssl.SSLContext | None) -> smtplib.SMTP:
    """
    A connection that greeted, is encrypted where the server can, and signed in.

    :raises smtplib.SMTPException, OSError: the server cannot be reached or will not have us.
    """
    host, port = server.hostname or "", server.port or PORTS[server.scheme]
    context = tls or ssl.create_default_context()
    name = socket.gethostname()  # smtplib would ask the name server, and wait for it.
    connection: smtplib.SMTP
    if server.scheme == "smtps":
        connection = smtplib.SMTP_SSL(host, port, name, timeout=timeout, context=context)
    else:
        connection = smtplib.SMTP(host, port, name, timeout=timeout)
    try:
        connection.ehlo_or_helo_if_needed()
        encrypted = server.scheme == "smtps"
        if not encrypted and connection.has_extn("starttls"):
            connection.starttls(context=context)
            connection.ehlo_or_helo_if_needed()
            encrypted = True
        if server.username:
            if not encrypted and not _is_this_machine(host):
                raise smtplib.SMTPException("The server offers no encryption: it is not told the password.")
            connection.login(unquote(server.username), unquote(server.password or ""))
    except BaseException:
        connection.close()
        raise
    return connection


def _is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _envelope(connection: smtplib.SMTP, sender: str, recipient: str) -> RefusedForGood | TryAgain | None:
    """
    Name both ends and ask to hand over; None where the server is ready for the mail.

    Only what is said of the recipient can stop an address: a refused sender, a forbidden relay or a policy is
    our own trouble, and must not cost a customer's address.
    """
    options = []
    if not (sender.isascii() and recipient.isascii()):
        if not connection.has_extn("smtputf8"):
            return RefusedForGood("The mail server takes no addresses beyond ASCII.", address_stopped=True)
        options = ["SMTPUTF8", "BODY=8BITMIME"]
    code, answer = connection.mail(sender, options)
    if code != 250:
        return TryAgain(_words(code, answer))
    code, answer = connection.rcpt(recipient)
    words = _words(code, answer)
    if 550 <= code < 560 and not OF_A_POLICY.search(words):
        return RefusedForGood(words, address_stopped=True)
    if code not in (250, 251):
        return TryAgain(words)
    code, answer = connection.docmd("DATA")
    if code != 354:
        return TryAgain(_words(code, answer))
    return None


def _reason(error: Exception) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return _words(error.smtp_code, error.smtp_error)
    return f"{type(error).__name__}: {error}"[:LONGEST_REASON]


def _words(code: int, answer: bytes | str) -> str:
    text = answer.decode("utf-8", "replace") if isinstance(answer, bytes) else answer
    return " ".join(f"{code} {text}".split())[:LONGEST_REASON]
