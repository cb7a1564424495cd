"""For the operator: is the process up, is it ready, how is it doing."""

import hmac

from flask import Blueprint, Response, abort, current_app, request

from models import clock, database, schema
from models.reports import house

health = Blueprint("health", __name__)


@health.get("/healthz")
def healthz() -> Response:
    return Response("ok\n", mimetype="text/plain")


@health.get("/readyz")
def readyz() -> Response:
    """200 when the database answers and stands at the schema of this code."""
    if database.ready() != schema.head():
        return Response("the schema is not the newest: run `flask upgrade`\n", 503, mimetype="text/plain")
    return Response("ready\n", mimetype="text/plain")


@health.get("/metrics")
def metrics() -> Response:
    """Prometheus text, for the holder of DUEWELL_METRICS_TOKEN; without a token it does not exist."""
    token = current_app.extensions["settings"].metrics_token
    sent = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not token or not hmac.compare_digest(sent.encode(), token.encode()):
        abort(404)
    from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

    registry = CollectorRegistry()
    for name, value in house.gauges(now=clock.real_now()).items():
        Gauge(name, name.removeprefix("duewell_").replace("_", " "), registry=registry).set(value)
    return Response(generate_latest(registry), content_type=CONTENT_TYPE_LATEST)
