"""Files to keep: their names and kinds, the same at both doors."""

import re

from flask import Response

WORKBOOK = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def download(content: bytes, kind: str, *name: str, ending: str) -> Response:
    """:param name: its parts; a customer's or an invoice's number may hold what a file's name may not."""
    parts = [re.sub(r"[^\w.-]+", "-", part).strip("-") or "account" for part in name]
    answer = Response(content, content_type=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{'-'.join(parts)}.{ending}")
    return answer


def given_out(content: bytes, kind: str, name: str) -> Response:
    """What somebody else sent us: saved and never shown, and nothing in it may run where it is opened all the same."""
    answer = Response(content, content_type=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=name)
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    answer.headers["X-Content-Type-Options"] = "nosniff"
    return answer


def svg(drawing: str) -> Response:
    return Response(drawing, content_type="image/svg+xml; charset=utf-8")


def pdf(content: bytes, *name: str) -> Response:
    return download(content, "application/pdf", *name, ending="pdf")


def csv(content: str, *name: str) -> Response:
    return download(content.encode(), "text/csv; charset=utf-8", *name, ending="csv")


def workbook(content: bytes, *name: str) -> Response:
    return download(content, WORKBOOK, *name, ending="xlsx")
