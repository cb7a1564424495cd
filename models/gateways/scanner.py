"""A virus scanner that speaks clamd's protocol: a file goes in pieces, one line comes back."""

import socket
import struct
from dataclasses import dataclass
from urllib.parse import urlsplit

PORT = 3310
TIMEOUT = 20  # Seconds, for each step.
PIECE = 64 * 1024
LONGEST_ANSWER = 4096


class ScannerConfused(OSError):
    """It answered neither 'OK' nor 'FOUND': its own limit on sizes, a word about its database."""


@dataclass(frozen=True, slots=True)
class ClamdScanner:
    """`address` is tcp://host:3310 or unix:///run/clamav/clamd.ctl."""

    address: str

    def scan(self, content: bytes) -> str | None:
        """
        The name of what was found, or None.

        :raises OSError: it does not answer, or not in words that it should.
        """
        with self._connected() as line:
            line.sendall(b"zINSTREAM\0")
            for start in range(0, len(content), PIECE):
                piece = content[start : start + PIECE]
                line.sendall(struct.pack("!L", len(piece)) + piece)
            line.sendall(struct.pack("!L", 0))
            answer = _answer(line)
        if answer == "stream: OK":
            return None
        if answer.startswith("stream: ") and answer.endswith(" FOUND"):
            return answer.removeprefix("stream: ").removesuffix(" FOUND")
        raise ScannerConfused(answer or "no answer")

    def _connected(self) -> socket.socket:
        parts = urlsplit(self.address)
        if parts.scheme == "unix":
            line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            try:
                line.settimeout(TIMEOUT)
                line.connect(parts.path)
            except OSError:
                line.close()
                raise
            return line
        return socket.create_connection((parts.hostname or "", parts.port or PORT), timeout=TIMEOUT)


def _answer(line: socket.socket) -> str:
    said = b""
    while not said.endswith(b"\0") and len(said) < LONGEST_ANSWER:
        more = line.recv(LONGEST_ANSWER)
        if not more:
            break
        said += more
    return said.rstrip(b"\0\n").decode("utf-8", "replace")


def scanner_of(address: str | None) -> ClamdScanner | None:
    return ClamdScanner(address) if address else None
