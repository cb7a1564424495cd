"""Stripe's hints: stored as they come, answered at once, acted on by the worker."""

from flask import abort, current_app, request

from frame.security import csrf
from models import clock, payments
from models.gateways.stripe import ForgedEvent
from models.transactions import transaction
from portal import portal


@portal.post("/webhooks/stripe")
@csrf.exempt
def stripe_webhook() -> tuple[str, int]:
    gateway = current_app.extensions["stripe"]
    try:
        event = gateway.read_event(request.get_data(), request.headers.get("Stripe-Signature"))
    except ForgedEvent:
        abort(400)
    with transaction():
        payments.keep_event(event, live=gateway.live, now=clock.real_now())
    return "", 200
