"""Stripe's API as far as one-off payments by Checkout and what becomes of them need it: /v1/…"""

import hmac
import json
import time
from collections.abc import Callable
from typing import Any

from werkzeug import Request, Response

from standin import checkout, debits, intents, methods, refunds, setups, shapes, wire
from standin.account import Account, Fault
from standin.books import COMPARISONS, new_id
from standin.idempotency import Answer, Keys, fingerprint
from standin.wire import ApiError, Params

# Address → kind of object, and the fields that its list can be narrowed by.
KINDS: dict[str, tuple[str, set[str]]] = {
    "customers": ("customer", {"email"}),
    "checkout/sessions": ("checkout.session", {"customer", "payment_intent", "status"}),
    "setup_intents": ("setup_intent", {"customer", "payment_method"}),
    "payment_methods": ("payment_method", {"customer", "type"}),
    "payment_intents": ("payment_intent", {"customer"}),
    "charges": ("charge", {"customer", "payment_intent"}),
    "refunds": ("refund", {"charge", "payment_intent"}),
    "disputes": ("dispute", {"charge", "payment_intent"}),
    "balance_transactions": ("balance_transaction", {"source", "type"}),
    "events": ("event", {"type"}),
}
ALONE = {"mandates": ("mandate", set[str]())}  # What Stripe has no list of.
EXPANDABLE = {
    *("balance_transaction", "charge", "customer", "latest_charge", "mandate", "payment_intent", "payment_method"),
    *("setup_intent", "source"),
}


class ConnectionCut(ConnectionError):
    """The server hangs up without a word, as networks do."""


def answer(account: Account, keys: Keys, request: Request) -> Response:
    """:raises ConnectionCut: the stand-in was told to."""
    request_id = new_id("req_", 14)
    key = request.headers.get("Idempotency-Key", "")
    try:
        _authenticate(account, request)
        fault = account.next_fault(request.method, request.path)
        _fail_before(fault)
        reply = _reply(account, keys, request, fault, request_id, key)
        if fault and fault.kind == "lost":
            time.sleep(fault.seconds)
            raise ConnectionCut
    except ApiError as error:
        reply = Answer(error.status, error.body, request_id)
    response = Response(reply.body, reply.status, content_type="application/json")
    response.headers["Request-Id"] = request_id
    response.headers["Stripe-Version"] = wire.API_VERSION
    if key:
        response.headers["Idempotency-Key"] = key
    if reply.replayed:
        response.headers["Idempotent-Replayed"] = "true"
        response.headers["Original-Request"] = reply.request_id
    if reply.status >= 500:
        # Asking again is no use: the same answer would come back.
        response.headers["Stripe-Should-Retry"] = "false"
    return response


def _authenticate(account: Account, request: Request) -> None:
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if not hmac.compare_digest(given.encode(), account.api_key.encode()):
        raise ApiError(401, "Invalid API Key provided.")
    version = request.headers.get("Stripe-Version", wire.API_VERSION)
    if version != wire.API_VERSION:
        raise ApiError(400, f"The stand-in speaks API version {wire.API_VERSION}, not {version}.")


def _fail_before(fault: Fault | None) -> None:
    if fault and fault.kind == "unreached":
        raise ConnectionCut
    if fault and fault.kind == "rate_limited":
        raise ApiError(429, "Too many requests hit the API too quickly.", code="rate_limit")


def _reply(account: Account, keys: Keys, request: Request, fault: Fault | None, request_id: str, key: str) -> Answer:
    path = request.path.removeprefix("/v1/").strip("/")
    if request.method == "GET":
        if fault and fault.kind.startswith("error_500"):
            raise wire.server_error()
        return Answer(200, json.dumps(_read(account, path, wire.parse(request.query_string.decode()))), request_id)
    if request.method != "POST":
        raise _unknown(request)
    params = wire.parse(request.get_data(as_text=True))
    effect = _effect(account, request, path, params, request_id, key)
    print_ = fingerprint("POST", path, params)

    def work() -> Answer:
        if fault and fault.kind == "slow":
            time.sleep(fault.seconds)
        with account.books.transaction():
            if fault and fault.kind == "error_500":
                made = Answer(500, wire.server_error().body, request_id)
            else:
                done = effect()
                # A bank's no is kept under the key like any answer; what Stripe itself refuses is not.
                body = done if "error" in done else _expanded(account, done, params)
                made = Answer(402 if "error" in done else 200, json.dumps(body), request_id)
                if fault and fault.kind == "error_500_done":
                    made = Answer(500, wire.server_error().body, request_id)
            return keys.keep(key, print_, made) if key else made

    return keys.once(key, print_, work) if key else work()


def _effect(
    account: Account, request: Request, path: str, params: Params, request_id: str, key: str
) -> Callable[[], dict[str, Any]]:
    if path == "customers":
        return lambda: _create_customer(account, params)
    if path == "checkout/sessions":
        origin, desk = request.host_url.rstrip("/"), setups if params.get("mode") == "setup" else checkout
        return lambda: desk.create(account, params, origin=origin)
    if path == "refunds":
        return lambda: refunds.create(account, params, request_id=request_id, key=key)
    if path == "payment_intents":
        return lambda: intents.create(account, params, request_id=request_id, key=key)
    match path.split("/"):
        case ["checkout", "sessions", session_id, "expire"]:
            return lambda: checkout.expire(account, session_id, request_id=request_id, key=key)
        case ["payment_intents", intent_id, "cancel"]:
            return lambda: intents.cancel(account, intent_id, params, request_id=request_id, key=key)
        case ["payment_methods", method_id, "detach"]:
            return lambda: methods.detach(account, method_id, params, request_id=request_id, key=key)
    raise _unknown(request)


def _create_customer(account: Account, params: Params) -> dict[str, Any]:
    wire.only(params, {"name", "email", "metadata", "expand"})
    return account.books.add(
        shapes.customer(
            now=account.now(),
            name=wire.as_text(params["name"], "name") if "name" in params else None,
            email=wire.as_text(params["email"], "email", 512) if "email" in params else None,
            metadata=wire.as_metadata(params.get("metadata", {}), "metadata"),
        )
    )


def _read(account: Account, path: str, params: Params) -> dict[str, Any]:
    if path in KINDS:
        return _list(account, path, params)
    address, _, object_id = path.rpartition("/")
    debits.finish_overdue(account)
    refunds.finish_overdue(account)
    kinds = KINDS | ALONE
    if address not in kinds:
        raise ApiError(404, f"Unrecognized request URL (GET: /v1/{path}).")
    wire.only(params, {"expand"})
    kind, _ = kinds[address]
    if kind == "checkout.session":
        found = checkout.current(account, object_id)
    else:
        found = account.books.get(object_id) if account.books.sequence(kind, object_id) else None
    if found is None:
        raise ApiError(404, f"No such {kind}: '{object_id}'", code="resource_missing", param="id")
    return _expanded(account, found, params)


def _list(account: Account, path: str, params: Params) -> dict[str, Any]:
    kind, fields = KINDS[path]
    wire.only(params, fields | {"created", "ending_before", "expand", "limit", "starting_after"})
    limit = wire.as_integer(params.get("limit", "10"), "limit")
    if not 1 <= limit <= 100:
        raise ApiError(400, "Invalid limit: must be between 1 and 100.", param="limit")
    with account.books.transaction():
        checkout.expire_overdue(account)
        debits.finish_overdue(account)
        refunds.finish_overdue(account)
        items, has_more = account.books.newest_first(
            kind,
            limit=limit,
            equals={name: wire.as_text(params[name], name) for name in fields & params.keys()},
            created=_created(params),
            older_than=_cursor(account, kind, params, "starting_after"),
            newer_than=_cursor(account, kind, params, "ending_before"),
        )
        found = shapes.page(url=f"/v1/{path}", items=items, has_more=has_more)
        return _expanded(account, found, params)


def _created(params: Params) -> dict[str, int]:
    asked = params.get("created", {})
    if isinstance(asked, str):
        moment = wire.as_integer(asked, "created")
        return {"gte": moment, "lte": moment}
    wire.only(asked, set(COMPARISONS), "created")
    return {comparison: wire.as_integer(moment, f"created[{comparison}]") for comparison, moment in asked.items()}


def _cursor(account: Account, kind: str, params: Params, name: str) -> int | None:
    if name not in params:
        return None
    sequence = account.books.sequence(kind, params[name])
    if sequence is None:
        raise ApiError(400, f"No such {kind}: '{params[name]}'", code="resource_missing", param=name)
    return sequence


def _expanded(account: Account, body: dict[str, Any], params: Params) -> dict[str, Any]:
    """Put whole objects where `expand` asks for them; `data.` goes through a list."""
    for path in wire.as_list(params.get("expand", {}), "expand"):
        steps = wire.as_text(path, "expand").split(".")
        if len(steps) > 4:
            raise ApiError(400, "You cannot expand more than 4 levels of a property.", param="expand")
        _expand(account, body, steps)
    return body


def _expand(account: Account, body: dict[str, Any], steps: list[str]) -> None:
    step, rest = steps[0], steps[1:]
    if body["object"] == "list" and step == "data":
        for item in body["data"]:
            _expand(account, item, rest)
        return
    if step not in EXPANDABLE or step not in body:
        raise ApiError(400, f"This property cannot be expanded ({step}).", param="expand")
    if isinstance(body[step], str):
        body[step] = account.books.get(body[step])
    if rest and body[step]:
        _expand(account, body[step], rest)


def _unknown(request: Request) -> ApiError:
    return ApiError(404, f"Unrecognized request URL ({request.method}: {request.path}).")
