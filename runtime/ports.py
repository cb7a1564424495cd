"""Free ports on this machine."""

import socket
import sys
from http.client import HTTPConnection, HTTPException

from runtime import CannotRun

HOST = "127.0.0.1"


class PortTaken(CannotRun):
    """No port could be had."""


class Port:
    """A port that was free, promised to us as long as this object is kept.

    The web server opens its port in a way that lets a second server share it silently, so looking is not enough: two
    supervisors that start together would both find it free. A socket of the port's name, which ends with us, decides.
    """

    def __init__(self, number: int) -> None:
        """:raises OSError: if somebody has it."""
        self.number = number
        self._promise = socket.socket(socket.AF_UNIX)
        try:
            if sys.platform == "linux":
                self._promise.bind(f"\0duewell-port-{number}")
            with socket.socket() as tried:
                # As servers do, so that connections that are still fading from the last run do not count.
                tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                tried.bind((HOST, number))
                tried.listen()
        except OSError:
            self._promise.close()
            raise

    @property
    def address(self) -> str:
        return f"http://{HOST}:{self.number}"

    def is_healthy(self) -> bool:
        connection = HTTPConnection(HOST, self.number, timeout=2)
        try:
            connection.request("GET", "/healthz")
            return connection.getresponse().status == 200
        except (OSError, HTTPException):
            return False
        finally:
            connection.close()

    def give_back(self) -> None:
        self._promise.close()


def next_free(first: int, tries: int) -> Port:
    """:raises PortTaken: if none of so many is free."""
    for number in range(first, min(first + tries, 65536)):
        try:
            return Port(number)
        except OSError:
            continue
    if tries == 1:
        raise PortTaken(f"Port {first} is taken: end what listens there, or choose another by DUEWELL_PORT.")
    raise PortTaken(f"None of the ports {first} to {first + tries - 1} is free: choose another by DUEWELL_PORT.")
