"""Every no has a calm page: what happened, and what can be done."""

from flask import Flask, Response, g, make_response, redirect, render_template, request
from flask_wtf.csrf import CSRFError
from psycopg.errors import UniqueViolation
from sqlalchemy.exc import IntegrityError, OperationalError, TimeoutError
from werkzeug.exceptions import HTTPException

from frame.logs import masked
from models.errors import Refused
from models.states import changed_meanwhile
from models.transactions import release

EXPLAINED = {400, 403, 404, 409, 413, 422, 429, 500, 503}


def install(app: Flask) -> None:
    app.register_error_handler(Refused, refused)
    app.register_error_handler(CSRFError, stale_form)
    app.register_error_handler(HTTPException, explained)
    app.register_error_handler(OperationalError, overloaded)
    app.register_error_handler(TimeoutError, overloaded)
    app.register_error_handler(IntegrityError, overtaken)
    app.register_error_handler(Exception, broken)


def refused(refusal: Refused) -> Response:
    return _page(409, "errors/refused.html", refusal=refusal)


def stale_form(_: CSRFError) -> Response:
    """The form was open longer than the session that made it."""
    return _page(400, "errors/error.html", code=400)


def explained(error: HTTPException) -> Response:
    if error.code == 405:
        return _page(404, "errors/error.html", code=404)
    if error.code is not None and 300 <= error.code < 400:
        return make_response(error.get_response())
    code = error.code if error.code in EXPLAINED else 500 if (error.code or 500) >= 500 else 400
    answer = _page(code, "errors/error.html", code=code)
    if error.code == 429 and isinstance(error.response, Response):
        answer.headers.update(error.response.headers)
    return answer


def overloaded(error: Exception) -> Response:
    """All connections are busy, or the database does not answer: nothing was changed, it can be tried again."""
    _log(error)
    answer = _page(503, "errors/error.html", code=503)
    answer.headers["Retry-After"] = "5"
    return answer


def overtaken(error: IntegrityError) -> Response:
    """Two did the same at the same moment: each had looked first, and the database took one."""
    return refused(changed_meanwhile()) if isinstance(error.orig, UniqueViolation) else broken(error)


def broken(error: Exception) -> Response:
    _log(error)
    return _page(500, "errors/error.html", code=500, reference=g.get("request_id"))


def _log(error: Exception) -> None:
    import structlog

    structlog.get_logger().error("request_failed", path=masked(request.path), exc_info=error)


def _page(code: int, template: str, /, **values: object) -> Response:
    release()
    # Who is there may be what could not be found out: the page of a failure asks the database nothing.
    g.nobody_is_asked = code >= 500
    answer = make_response(render_template(template, **values), code)
    if "HX-Request" in request.headers and "HX-Boosted" not in request.headers:
        # Errors land in the page's own place for trouble, never inside a table that asked for a part.
        answer.headers.update({"HX-Retarget": "#trouble", "HX-Reselect": "#error", "HX-Reswap": "innerHTML"})
    return answer


def see_other(address: str) -> Response:
    """Send a signed-out browser away, htmx too: a fragment must not be replaced by a sign-in page."""
    if "HX-Request" in request.headers:
        return Response(status=204, headers={"HX-Redirect": address})
    return make_response(redirect(address, 303))
