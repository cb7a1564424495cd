"""A port that takes what mail servers send back, and nothing else."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

LARGEST = 1_000_000  # bytes; a notification returns at most the mail it is about


@dataclass(frozen=True, slots=True)
class MailPort:
    """Where the port listens, and the one address that it takes mail for."""

    host: str
    port: int
    address: str


@contextmanager
def listening(where: MailPort, take: Callable[[bytes], object]) -> Iterator[None]:
    """
    Take mail for the address while the block runs, in a thread of its own. What `take` cannot take now is refused for
    now, so that the other server keeps it and comes back.

    :raises OSError: the port is in use or may not be opened.
    """
    from aiosmtpd.controller import Controller

    controller = Controller(
        _Handler(where.address.lower(), take),
        hostname=where.host,
        port=where.port,
        data_size_limit=LARGEST,
        server_hostname="duewell",
    )
    controller.start()
    try:
        yield
    finally:
        controller.stop()


class _Handler:
    def __init__(self, address: str, take: Callable[[bytes], object]) -> None:
        self._address = address
        self._take = take

    async def handle_RCPT(self, _: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        if address.strip().lower() != self._address:
            return "550 5.1.1 Nobody here has this address"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        try:
            await asyncio.to_thread(self._take, envelope.content)
        except Exception as error:
            import structlog

            structlog.get_logger().error("bounce_not_taken", exc_info=error)
            return "451 4.3.0 Please try again"
        return "250 OK"
