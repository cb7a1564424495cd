"""`/_control`: how tests make the network misbehave and look behind the counter. Needs the API key."""

import json
from dataclasses import asdict, fields
from typing import Any

from werkzeug import Request, Response

from standin.account import Account, Fault, Webhooks

COUNTED = ("checkout.session", "payment_intent", "charge", "event")


def answer(account: Account, request: Request) -> Response:
    """
    GET tells the state. POST takes JSON with any of:

    `webhooks` (fields of `Webhooks`), `faults` (a list of fields of `Fault`; an empty list forgives all),
    `clock_offset_seconds`, `send_again` (an event id).
    """
    if request.headers.get("Authorization", "") != f"Bearer {account.api_key}":
        return Response("The API key is needed here.\n", 401, mimetype="text/plain")
    if request.method == "POST":
        try:
            _apply(account, json.loads(request.get_data()))
        except (ValueError, TypeError, AttributeError) as error:
            return Response(f"{error}\n", 400, mimetype="text/plain")
    return Response(json.dumps(_state(account)), mimetype="application/json")


def _apply(account: Account, orders: dict[str, Any]) -> None:
    _known(orders, {"webhooks", "faults", "clock_offset_seconds", "send_again"})
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
    account.wake.set()


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
