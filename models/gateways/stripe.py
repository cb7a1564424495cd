"""Stripe. The only module that imports the `stripe` package, and only when it is first needed: that takes time."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from models.gateways.stripe_returns import GatewayRefund, Returns, dispute_of, money_of, refund_of
from models.money import Money, total

if TYPE_CHECKING:
    import stripe

T = TypeVar("T")

TIMEOUT_SECONDS = 20.0  # The SDK waits 80 by default.
NETWORK_RETRIES = 2  # The SDK makes one attempt by default. 409, 5xx and lost connections are tried again; 429 is not.
SIGNATURE_SECONDS = 300
MOST_LINES = 100
# What Stripe's pay page speaks of our languages. Persian readers are told before they leave that it is in English.
PAGE_LANGUAGES = frozenset({"en", "lt", "el", "pl", "cs"})
# Stripe counts these in hundredths although they have none: an amount of ours would arrive as a hundredth of itself.
COUNTED_OTHERWISE = frozenset({"ISK"})
WITH_PAYMENT = ["payment_intent.latest_charge"]


class GatewayError(Exception):
    """Stripe gave no good answer. The message is Stripe's own, for logs and staff, never for customers."""


class Unanswered(GatewayError):
    """
    No answer, or 'not now' (timeout, connection, 409, 429): what happened is unknown.

    Send the same key and body again.
    """


class StoredFailure(GatewayError):
    """
    Stripe failed (5xx) or has the key for another body, and answers so for a day: sending again tells no more.

    What happened is unknown. Look the object up by its attempt.
    """


class RefusedByGateway(GatewayError):
    """Stripe says no, and nothing was done. `code` is Stripe's word for the reason, for staff."""

    def __init__(self, message: str, code: str = "") -> None:
        super().__init__(message)
        self.code = code


class UnknownToGateway(RefusedByGateway):
    """Stripe has no object of that id (under this key)."""


class ForgedEvent(Exception):
    """Not an event that Stripe signed with one of our secrets within the last five minutes."""


class SessionState(StrEnum):
    OPEN = "open"
    COMPLETE = "complete"
    EXPIRED = "expired"


class PaymentState(StrEnum):
    REQUIRES_CUSTOMER = "requires_customer"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class CheckoutLine:
    name: str
    amount: Money


@dataclass(frozen=True, slots=True)
class GatewayPayment:
    """
    `amount` is what was asked, `received` what came in; `charge_id` the newest try, successful or not,
    `tried_at` its time.

    `decline_code` is Stripe's word for why the newest try failed, empty where none did. `money_left` is whether any of
    it was refunded or disputed.
    """

    id: str
    state: PaymentState
    amount: Money
    received: Money
    charge_id: str | None
    decline_code: str
    attempt_id: str | None
    livemode: bool
    tried_at: datetime | None
    money_left: bool = False


@dataclass(frozen=True, slots=True)
class CheckoutSession:
    """
    `url` only while open. `payment` is None until the payer presses 'Pay' for the first time.

    The answer to `open_checkout` may be an old one, replayed: what is true now is told by `fetch_session`.
    """

    id: str
    url: str | None
    state: SessionState
    amount: Money
    attempt_id: str | None
    expires_at: datetime
    livemode: bool
    payment: GatewayPayment | None


@dataclass(frozen=True, slots=True)
class GatewayEvent:
    """
    A hint that something happened. `payload` is the body as it came; `attempt_id` what the object says of itself.
    `object_id` is a payment's, for what belongs to one: a refund or a dispute may be news to us.
    """

    id: str
    type: str
    object_id: str
    attempt_id: str | None
    livemode: bool
    api_version: str
    created_at: datetime
    payload: str


def checkout_request(
    *,
    attempt_id: str,
    lines: Sequence[CheckoutLine],
    description: str,
    success_url: str,
    cancel_url: str,
    expires_at: datetime,
    customer_email: str | None = None,
    language: str = "en",
) -> dict[str, Any]:
    """
    Build what `open_checkout` sends, to be stored as JSON before the call and repeated as stored.

    `success_url` may hold the text {CHECKOUT_SESSION_ID}, which Stripe replaces. Stripe takes an `expires_at`
    from 30 minutes to 24 hours after the session is made.

    :raises ValueError: no lines or too many, an amount of nothing, a currency that Stripe counts otherwise.
    :raises CurrencyMismatch: two currencies.
    """
    if not 1 <= len(lines) <= MOST_LINES:
        raise ValueError(f"{len(lines)} lines: Stripe takes 1 to {MOST_LINES}.")
    asked = total((line.amount for line in lines), lines[0].amount.currency)
    if any(line.amount.minor <= 0 for line in lines) or asked.currency in COUNTED_OTHERWISE:
        raise ValueError(f"Stripe cannot take {asked} as it stands in these lines.")
    request: dict[str, Any] = {
        "mode": "payment",
        "client_reference_id": attempt_id,
        "metadata": {"attempt": attempt_id},
        "line_items": [_line_item(line) for line in lines],
        "payment_intent_data": {"metadata": {"attempt": attempt_id}, "description": description},
        # Otherwise Stripe may offer the payer another currency than the one that is owed.
        "adaptive_pricing": {"enabled": False},
        "expires_at": int(expires_at.timestamp()),
        "locale": language if language in PAGE_LANGUAGES else "en",
        "success_url": success_url,
        "cancel_url": cancel_url,
    }
    return request | ({"customer_email": customer_email} if customer_email else {})


class StripeGateway:
    """`api_base`: the address of a stand-in; None is Stripe itself. Safe to share between threads."""

    def __init__(
        self,
        api_key: str,
        webhook_secrets: Sequence[str],
        api_base: str | None = None,
        *,
        timeout_seconds: float = TIMEOUT_SECONDS,
    ) -> None:
        self._api_key = api_key
        self._webhook_secrets = tuple(webhook_secrets)
        self._api_base = api_base
        self._timeout_seconds = timeout_seconds

    @property
    def live(self) -> bool:
        """Whether the key moves real money; an object that says otherwise is none of ours."""
        return self._api_key.startswith(("sk_live_", "rk_live_"))

    def open_checkout(self, request_json: str | Mapping[str, Any], idempotency_key: str) -> CheckoutSession:
        """
        Make the page where the customer pays, once per key, however often this is called.

        :raises Unanswered: unknown; send the same again.
        :raises StoredFailure: unknown; look the session up by its attempt.
        :raises RefusedByGateway: not made.
        """
        request = json.loads(request_json) if isinstance(request_json, str) else dict(request_json)
        params = cast("stripe.params.checkout.SessionCreateParams", request)
        sessions = self._client.v1.checkout.sessions
        return self._ask(
            lambda: _session(sessions.create(params, {"idempotency_key": idempotency_key}).to_dict()), keyed=True
        )

    def fetch_session(self, session_id: str) -> CheckoutSession:
        """
        Tell what is true now.

        :raises UnknownToGateway: no such session.
        :raises Unanswered: ask again later.
        """
        sessions = self._client.v1.checkout.sessions
        return self._ask(lambda: _session(sessions.retrieve(session_id, {"expand": WITH_PAYMENT}).to_dict()))

    def expire_session(self, session_id: str) -> CheckoutSession:
        """
        Close the page, so that nobody can pay on it any more.

        :raises RefusedByGateway: it is not open: fetch it, somebody may have paid.
        :raises Unanswered: unknown; ask again.
        """
        sessions = self._client.v1.checkout.sessions
        return self._ask(lambda: _session(sessions.expire(session_id, {"expand": WITH_PAYMENT}).to_dict()))

    def find_session_by_attempt(self, attempt_id: str, since: datetime) -> CheckoutSession | None:
        """
        Look for the session of an attempt whose answer was lost, among those made since then.

        :raises Unanswered: ask again later.
        """
        sessions = self._client.v1.checkout.sessions
        since_then: stripe.params.checkout.SessionListParams = {
            "created": {"gte": int(since.timestamp())},
            "limit": 100,
        }

        def search() -> CheckoutSession | None:
            for found in sessions.list(since_then).auto_paging_iter():
                if _attempt_of(found.to_dict()) == attempt_id:
                    return self.fetch_session(found.id)
            return None

        return self._ask(search)

    def make_refund(self, request_json: str, idempotency_key: str) -> GatewayRefund:
        """
        Send money back, once per key, however often this is called. The answer may be an old one, replayed.

        :raises Unanswered: unknown; send the same again.
        :raises StoredFailure: unknown; look for it among the payment's refunds.
        :raises RefusedByGateway: not made.
        """
        params = cast("stripe.params.RefundCreateParams", json.loads(request_json))
        refunds = self._client.v1.refunds
        return self._ask(
            lambda: refund_of(refunds.create(params, {"idempotency_key": idempotency_key}).to_dict()), keyed=True
        )

    def fetch_returns(self, payment_intent_id: str) -> Returns:
        """
        Tell what left of a payment: refunds, also those that failed or were made in the dashboard, and disputes.

        :raises Unanswered: ask again later.
        """
        calls = self._client.v1

        def look() -> Returns:
            refunds = calls.refunds.list({"payment_intent": payment_intent_id, "limit": 100}).auto_paging_iter()
            disputes = calls.disputes.list({"payment_intent": payment_intent_id, "limit": 100}).auto_paging_iter()
            return Returns(
                tuple(refund_of(one.to_dict()) for one in refunds),
                tuple(dispute_of(one.to_dict()) for one in disputes),
            )

        return self._ask(look)

    def events_since(self, moment: datetime) -> list[GatewayEvent]:
        """
        List what happened since then, oldest first, whether or not we were told.

        :raises Unanswered: ask again later.
        """
        since = int(moment.timestamp())

        def look() -> list[GatewayEvent]:
            found = self._client.v1.events.list({"created": {"gte": since}, "limit": 100}).auto_paging_iter()
            return [_event(json.dumps(one.to_dict())) for one in found]

        return self._ask(look)[::-1]

    def read_event(self, body: bytes, signature: str | None) -> GatewayEvent:
        """:raises ForgedEvent: see there."""
        payload = self._signed(body, signature)
        try:
            return _event(payload)
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise ForgedEvent("Signed, but not an event as we know them.") from error

    def _signed(self, body: bytes, signature: str | None) -> str:
        """Several secrets are valid while they are being changed."""
        import stripe

        try:
            payload = body.decode()
        except UnicodeDecodeError as error:
            raise ForgedEvent("The body is not UTF-8.") from error
        verify: Callable[..., bool] = stripe.WebhookSignature.verify_header
        for secret in self._webhook_secrets:
            try:
                verify(payload, signature or "", secret, SIGNATURE_SECONDS)
                return payload
            except stripe.SignatureVerificationError:
                continue
        raise ForgedEvent("No secret of ours fits the signature, or it is older than five minutes.")

    @cached_property
    def _client(self) -> "stripe.StripeClient":
        import requests
        import stripe

        session = requests.Session()
        session.max_redirects = 0
        # A stand-in is a neighbour: a proxy that the environment names for the outside must not be asked for it.
        session.trust_env = self._api_base is None
        return stripe.StripeClient(
            self._api_key,
            max_network_retries=NETWORK_RETRIES,
            http_client=stripe.RequestsClient(timeout=self._timeout_seconds, session=session),
            base_addresses={"api": self._api_base} if self._api_base else {},
        )

    def _ask(self, call: Callable[[], T], *, keyed: bool = False) -> T:
        import stripe

        try:
            return call()
        except stripe.StripeError as error:
            raise _in_our_words(error, keyed=keyed) from error


def _in_our_words(error: "stripe.StripeError", *, keyed: bool) -> GatewayError:
    """`keyed`: the call carried our key, so that Stripe keeps its failure and repeats it."""
    import stripe

    status, said = error.http_status, str(error)
    if isinstance(error, stripe.RateLimitError) or status in (None, 409):
        return Unanswered(said)
    if isinstance(error, stripe.IdempotencyError):
        return StoredFailure(said)
    if status >= 500:
        return StoredFailure(said) if keyed else Unanswered(said)
    if status == 404:
        return UnknownToGateway(said, error.code or "")
    if status >= 400:
        return RefusedByGateway(said, error.code or "")
    return Unanswered(said)  # A good answer that cannot be read: the call may well have done its work.


def _event(payload: str) -> GatewayEvent:
    event = json.loads(payload)
    subject = event["data"]["object"]
    return GatewayEvent(
        id=event["id"],
        type=event["type"],
        object_id=_payment_or_self(subject),
        attempt_id=_attempt_of(subject),
        livemode=event["livemode"],
        api_version=event["api_version"] or "",
        created_at=datetime.fromtimestamp(event["created"], UTC),
        payload=payload,
    )


def _payment_or_self(subject: dict[str, Any]) -> str:
    """Some objects, such as the balance, have no id."""
    returned = subject.get("object") in ("refund", "dispute")
    object_id: str = (subject.get("payment_intent") if returned else None) or subject.get("id", "")
    return object_id


def _line_item(line: CheckoutLine) -> dict[str, Any]:
    return {
        "quantity": 1,
        "price_data": {
            "currency": line.amount.currency.lower(),
            "unit_amount": line.amount.minor,
            "product_data": {"name": line.name},
        },
    }


def _session(body: dict[str, Any]) -> CheckoutSession:
    state = SessionState(body["status"])
    intent = body["payment_intent"]
    return CheckoutSession(
        id=body["id"],
        url=body["url"],
        state=state,
        amount=money_of(body["amount_total"], body["currency"]),
        attempt_id=_attempt_of(body),
        expires_at=datetime.fromtimestamp(body["expires_at"], UTC),
        livemode=body["livemode"],
        payment=_payment(intent, state) if isinstance(intent, dict) else None,
    )


def _payment(body: dict[str, Any], session: SessionState) -> GatewayPayment:
    charge, error = body["latest_charge"], body["last_payment_error"] or {}
    return GatewayPayment(
        id=body["id"],
        state=_payment_state(body["status"], session),
        amount=money_of(body["amount"], body["currency"]),
        received=money_of(body["amount_received"], body["currency"]),
        charge_id=charge["id"] if isinstance(charge, dict) else charge,
        decline_code=error.get("decline_code") or error.get("code") or "",
        attempt_id=_attempt_of(body),
        livemode=body["livemode"],
        tried_at=datetime.fromtimestamp(charge["created"], UTC) if isinstance(charge, dict) else None,
        money_left=isinstance(charge, dict) and bool(charge["disputed"] or charge["amount_refunded"]),
    )


def _payment_state(status: str, session: SessionState) -> PaymentState:
    if status in ("succeeded", "processing", "canceled"):
        return PaymentState(status)
    # Without a page to try again on, a payment that wants another card has failed: a debit that came back late.
    return PaymentState.REQUIRES_CUSTOMER if session is SessionState.OPEN else PaymentState.FAILED


def _attempt_of(body: dict[str, Any]) -> str | None:
    attempt_id: str | None = (body.get("metadata") or {}).get("attempt")
    return attempt_id
