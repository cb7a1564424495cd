"""Files to keep: their names and kinds, the same at both doors."""

import re

from flask import Response


def download(content: bytes, kind: str, *name: str, ending: str) -> Response:
    """:param name: its parts; a customer's or an invoice's number may hold what a file's name may not."""
    parts = [re.sub(r"[^\w.-]+", "-", part).strip("-") or "account" for part in name]
    answer = Response(content, content_type=kind)
    answer.headers.set("Content-Disposition", "attachment", filename=f"{'-'.join(parts)}.{ending}")
    return answer


def svg(drawing: str) -> Response:
    return Response(drawing, content_type="image/svg+xml; charset=utf-8")


def pdf(content: bytes, *name: str) -> Response:
    return download(content, "application/pdf", *name, ending="pdf")


def csv(content: str, *name: str) -> Response:
    return download(content.encode(), "text/csv; charset=utf-8", *name, ending="csv")
