"""A real SMTP server that can misbehave and keeps its own books of what it took over."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from ssl import SSLContext

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session


@dataclass
class Delivery:
    sender: str
    recipient: str
    raw: bytes

    @property
    def mail(self) -> EmailMessage:
        return message_from_bytes(self.raw, policy=policy.default)


@dataclass
class MailServer:
    """
    `to_sender`, `to_recipient` and `to_mail` are its answers. `goes_silent_at` and `hangs_up_at` name the
    command ('MAIL', 'RCPT', 'DATA') at which it stops answering or drops the connection; at DATA it takes
    the mail over first: that is what nobody can tell from outside.
    """

    port: int = 0
    books: list[Delivery] = field(default_factory=list)
    connections: int = 0
    encrypted: list[bool] = field(default_factory=list)
    to_sender: str = "250 OK"
    to_recipient: str = "250 OK"
    to_mail: str = "250 OK: queued as 4711"
    goes_silent_at: str = ""
    hangs_up_at: str = ""
    mails_per_connection: int = 1_000_000

    @property
    def message_ids(self) -> list[str]:
        return [delivery.mail["Message-ID"] for delivery in self.books]

    async def handle_MAIL(self, server, session: Session, envelope: Envelope, address, options) -> str:  # noqa: N802
        if getattr(session, "mails", 0) >= self.mails_per_connection:
            server.transport.abort()
        return await self._answer("MAIL", server, self.to_sender, lambda: setattr(envelope, "mail_from", address))

    async def handle_RCPT(self, server, session: Session, envelope: Envelope, address, options) -> str:  # noqa: N802
        return await self._answer("RCPT", server, self.to_recipient, lambda: envelope.rcpt_tos.append(address))

    async def handle_DATA(self, server, session: Session, envelope: Envelope) -> str:  # noqa: N802
        def book() -> None:
            session.mails = getattr(session, "mails", 0) + 1
            self.encrypted.append(session.ssl is not None)
            self.books.append(Delivery(envelope.mail_from, envelope.rcpt_tos[0], envelope.content))

        return await self._answer("DATA", server, self.to_mail, book)

    async def _answer(self, command: str, server, answer: str, accept) -> str:
        if answer.startswith("2"):
            accept()
        if self.goes_silent_at == command:
            await asyncio.Event().wait()
        if self.hangs_up_at == command:
            server.transport.abort()
        return answer


@contextmanager
def running(
    server: MailServer, *, tls: SSLContext | None = None, from_the_start: bool = False, password: str = "", **options
) -> Iterator[MailServer]:
    """:param from_the_start: encrypted before the first word (smtps), not by STARTTLS."""

    def check(_, session, envelope, mechanism, credentials) -> AuthResult:
        return AuthResult(success=credentials.password == password.encode(), handled=False)

    def answer() -> SMTP:
        server.connections += 1
        return SMTP(
            server,
            loop=loop,
            hostname="mail.example",
            tls_context=None if from_the_start else tls,
            authenticator=check if password else None,
            auth_required=bool(password),
            auth_require_tls=bool(tls) and not from_the_start,
            **options,
        )

    # A loop in a thread of its own: the thread of the tests may already run the browser's.
    loop = asyncio.new_event_loop()
    thread = threading.Thread(target=loop.run_forever)
    thread.start()
    opening = loop.create_server(answer, "127.0.0.1", server.port, ssl=tls if from_the_start else None)
    listening = asyncio.run_coroutine_threadsafe(opening, loop).result()
    server.port = listening.sockets[0].getsockname()[1]
    try:
        yield server
    finally:
        asyncio.run_coroutine_threadsafe(_close(listening), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _close(listening: asyncio.Server) -> None:
    listening.close()
    conversations = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in conversations:
        task.cancel()
    await asyncio.gather(*conversations, return_exceptions=True)
    await asyncio.sleep(0)
