"""A mail server of a bad day: it loses answers, refuses, falls silent, and keeps its own books of what it took."""

import asyncio
import itertools
import random
import re
from dataclasses import dataclass

from aiosmtpd.smtp import Envelope, Session

from tests.models.gateways.mail_server import MailServer

MESSAGE_ID = re.compile(rb"(?mi)^message-id:\s*(<[^>]+>)")
LOST, REFUSED, SILENT = "lost", "refused", "silent"
# How often, of all mails that are offered: the answer is lost, it is refused before or after it was read, silence.
MOODS = ((0.03, LOST), (0.06, "refused at once"), (0.09, REFUSED), (0.0903, SILENT))
LATER = "451 4.3.2 Please come back later"


@dataclass(frozen=True)
class Taken:
    """A mail that was taken over. `answer`: what the other side was told, nothing where it was lost."""

    message_id: str
    recipient: str
    connection: int
    port: int
    answer: str


class PostOffice(MailServer):
    """`silent_next` makes it fall silent at the next 'RCPT' or 'DATA'; at DATA it takes the mail over first."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.taken: list[Taken] = []
        self.silent_next = ""
        self.silent_to = 0
        self._seed, self._offered = seed, dict[str, int]()
        self._connections = itertools.count(1)

    async def handle_MAIL(self, server, session: Session, envelope: Envelope, address, options) -> str:  # noqa: N802
        if not hasattr(session, "number"):
            session.number = next(self._connections)
        envelope.mail_from = address
        return "250 OK"

    async def handle_RCPT(self, server, session: Session, envelope: Envelope, address, options) -> str:  # noqa: N802
        self._offered[address] = self._offered.get(address, 0) + 1
        session.mood = self._mood(address)
        if self._is_to_be_silent("RCPT"):
            await self._fall_silent(session)
        if session.mood == "refused at once":
            return LATER
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if session.mood == REFUSED:
            return LATER
        silent = self._is_to_be_silent("DATA") or session.mood == SILENT
        lost = silent or session.mood == LOST
        found = MESSAGE_ID.search(envelope.content)
        one = Taken(
            found[1].decode() if found else "",
            *(envelope.rcpt_tos[0], session.number, session.peer[1]),
            "" if lost else "250 OK",
        )
        self.taken.append(one)
        if silent:
            await self._fall_silent(session)
        elif lost:
            server.transport.abort()
        return one.answer

    def _mood(self, recipient: str) -> str:
        """The same for the same recipient and try, whoever comes first."""
        drawn = random.Random(f"{self._seed} {recipient} {self._offered[recipient]}").random()
        return next((mood for share, mood in MOODS if drawn < share), "")

    def _is_to_be_silent(self, command: str) -> bool:
        silent = self.silent_next == command
        if silent:
            self.silent_next = ""
        return silent

    async def _fall_silent(self, session: Session) -> None:
        self.silent_to = session.peer[1]
        await asyncio.Event().wait()
