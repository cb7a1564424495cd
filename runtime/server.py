"""The web server: granian with Duewell's limits. `python -m runtime.server [APP] [--host H] [--port N]`."""

import argparse
import gc
import importlib
import os
import signal
from collections.abc import Callable
from functools import partial
from typing import Any

from granian.constants import Interfaces
from granian.log import LogLevels
from granian.server import Server

from runtime.settings import Settings
from runtime.ties import tie_to_parent

THREADS = 8  # per process: each may hold one of the 8 database connections of its pool
BACKPRESSURE = 64
KILL_SECONDS = 25  # after SIGTERM, for a request to end; a deploy has 30 s in all


def serve(target: str, host: str, port: int, workers: int, log_level: str = "info") -> None:
    """:param target: 'module:factory', called without arguments in each process."""
    server = Server(
        target,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=THREADS,
        backpressure=BACKPRESSURE,
        workers_kill_timeout=KILL_SECONDS,
        respawn_failed_workers=True,
        respawn_interval=0.1,
        websockets=False,
        log_level=LogLevels(log_level),
    )
    server.serve(target_loader=partial(_load, os.getpid(), target), wrap_loader=False)


def _load(server: int, target: str) -> Callable[..., Any]:
    """Runs in the new process, which must not go on holding the port when the server is killed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        # Until granian has set its own, those of its main process are inherited, and a wish to stop would be lost.
        signal.signal(number, signal.SIG_DFL)
    tie_to_parent(signal.SIGTERM, parent=server)
    module, _, factory = target.partition(":")
    application: Callable[..., Any] = getattr(importlib.import_module(module), factory)()
    gc.freeze()  # What the application is made of is never garbage: who looks for some need not go through it.
    return application


def main() -> None:
    settings = Settings.read(os.environ)
    parser = argparse.ArgumentParser(prog="python -m runtime.server", description="Serves Duewell over http.")
    parser.add_argument("app", nargs="?", default="app:create_app")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=settings.port)
    parser.add_argument("--workers", type=int, default=settings.workers)
    asked = parser.parse_args()
    serve(asked.app, asked.host, asked.port, asked.workers, settings.log_level)


if __name__ == "__main__":
    main()
