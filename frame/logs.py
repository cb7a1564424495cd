"""What the log says of a request: JSON, one line, with an id; never a token, never a customer's text."""

import logging
import re
import secrets
import sys
import time

import structlog
from flask import Flask, Response, g, request

from runtime.settings import Settings

# The last part of these addresses is a secret: a link's token, an invitation's, a reset's.
SECRET_PART = re.compile(r"^(/l/|/calendar/|/unsubscribe/|/question/|/staff/(?:invited|reset)/)[^/]+")
QUIET = {"static", "health.healthz", "health.readyz", "health.metrics"}


def configure(settings: Settings) -> None:
    level = getattr(logging, settings.log_level.upper())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            without_locals,
            structlog.processors.JSONRenderer(),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=False,
    )


def install(app: Flask, settings: Settings) -> None:
    configure(settings)
    log = structlog.get_logger()

    @app.before_request
    def begin() -> None:
        g.began = time.perf_counter()
        g.request_id = secrets.token_hex(8)
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=g.request_id)

    @app.after_request
    def end(response: Response) -> Response:
        if "request_id" in g:
            response.headers["X-Request-ID"] = g.request_id
            if request.endpoint not in QUIET:
                milliseconds = round((time.perf_counter() - g.began) * 1000, 1)
                log.info(
                    "request",
                    method=request.method,
                    path=masked(request.path),
                    status=response.status_code,
                    milliseconds=milliseconds,
                )
        return response


def masked(path: str) -> str:
    """The address without its query and without a secret part."""
    return SECRET_PART.sub(r"\1…", path)


def without_locals(_: object, __: str, event: dict[str, object]) -> dict[str, object]:
    """Of an error its kind and where it arose: its text and its variables may hold what customers wrote."""
    error = event.pop("exc_info", None)
    if isinstance(error, BaseException):
        event["error"] = type(error).__name__
        trace = error.__traceback__
        places = []
        while trace is not None:
            code = trace.tb_frame.f_code
            places.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        event["where"] = places[-8:]
    return event
