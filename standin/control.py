"""`/_control`: how tests make the network misbehave and look behind the counter. Needs the API key."""

import json
from collections.abc import Callable
from dataclasses import asdict, fields
from typing import Any

from werkzeug import Request, Response

from standin import debits, disputes, methods, refunds
from standin.account import Account, Fault, Webhooks
from standin.wire import ApiError

COUNTED = ("checkout.session", "payment_intent", "charge", "refund", "dispute", "event")
NETWORK = {"webhooks", "faults", "clock_offset_seconds", "send_again"}


def answer(account: Account, request: Request) -> Response:
    """
    GET tells the state. POST takes JSON with any of:

    `webhooks` (fields of `Webhooks`), `faults` (a list of fields of `Fault`; an empty list forgives all),
    `clock_offset_seconds`, `send_again` (an event id), and what others do: `dispute` (`payment`, `reason`, `amount`,
    `inquiry`), `escalate_dispute` (an id), `close_dispute` (`id`, `won`), `refund` (`payment`, `amount`: in the
    dashboard), `finish_refund` and `finish_debit` (`id`, `status`), `decline` (`method`, `code`, `times`), `keep` (a
    list of `customer`, `method`, `number`: who was here before), `replace_card` (`method`, `last4`, `exp_month`,
    `exp_year`), `expire_card` (the same, untold), `end_mandate` (a method).
    """
    if request.headers.get("Authorization", "") != f"Bearer {account.api_key}":
        return Response("The API key is needed here.\n", 401, mimetype="text/plain")
    if request.method == "POST":
        try:
            _apply(account, json.loads(request.get_data()))
        except (ValueError, TypeError, AttributeError, KeyError) as error:
            return Response(f"{error}\n", 400, mimetype="text/plain")
    return Response(json.dumps(_state(account)), mimetype="application/json")


def _apply(account: Account, orders: dict[str, Any]) -> None:
    _known(orders, NETWORK | PEOPLE.keys())
    webhooks = orders.get("webhooks", {})
    _known(webhooks, {field.name for field in fields(Webhooks)} - {"secrets"})
    for name, value in webhooks.items():
        setattr(account.webhooks, name, value)
    if orders.get("faults") == []:
        account.forgive()
    for fault in orders.get("faults", []):
        account.fail(Fault(**fault))
    if "clock_offset_seconds" in orders:
        account.books.set("clock_offset_seconds", str(int(orders["clock_offset_seconds"])))
    if "send_again" in orders:
        if account.books.sequence("event", orders["send_again"]) is None:
            raise ValueError(f"No such event: {orders['send_again']}")
        account.send(orders["send_again"])
    for name in orders.keys() & PEOPLE.keys():
        PEOPLE[name](account, orders[name])
    account.wake.set()


def _refund(account: Account, order: dict[str, Any]) -> None:
    """What somebody does in Stripe's dashboard: no key, no metadata."""
    _known(order, {"payment", "amount"})
    amount = {"amount": str(order["amount"])} if "amount" in order else {}
    try:
        with account.books.transaction():
            refunds.create(account, {"charge": refunds.charge_of(account, order["payment"])["id"]} | amount)
    except ApiError as error:
        raise ValueError(str(error)) from error


PEOPLE: dict[str, Callable[[Account, Any], object]] = {
    "decline": methods.decline,
    "dispute": lambda account, order: disputes.begin(account, **order),
    "end_mandate": methods.end_mandate,
    "expire_card": methods.expire_card,
    "keep": lambda account, many: [methods.keep(account, one) for one in many],
    "replace_card": methods.replace_card,
    "escalate_dispute": disputes.escalate,
    "close_dispute": lambda account, order: disputes.close(account, order["id"], won=order["won"]),
    "refund": _refund,
    "finish_debit": lambda account, order: debits.finish(account, order["id"], order["status"]),
    "finish_refund": lambda account, order: refunds.finish(account, order["id"], order["status"]),
}


def _known(orders: dict[str, Any], names: set[str]) -> None:
    if orders.keys() - names:
        raise ValueError(f"Unknown: {', '.join(sorted(orders.keys() - names))}")


def _state(account: Account) -> dict[str, Any]:
    counted = account.books.run("select kind, count(*) as count from objects group by kind")
    counts = {row["kind"]: row["count"] for row in counted}
    deliveries = account.books.run(
        "select d.event_id, json_extract(o.body, '$.type') as type, d.tries, d.last_answer, d.done"
        " from deliveries d join objects o on o.id = d.event_id order by d.seq"
    )
    return {
        "webhooks": {name: value for name, value in asdict(account.webhooks).items() if name != "secrets"},
        "clock_offset_seconds": account.clock_offset_seconds,
        "counts": {kind: counts.get(kind, 0) for kind in COUNTED},
        "deliveries": [{**row, "done": bool(row["done"])} for row in map(dict, deliveries)],
    }
