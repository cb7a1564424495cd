"""Stripe. The only module that imports the `stripe` package, and only when it is first needed: that takes time."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, TypeVar, cast

from models.gateways.stripe_answers import (
    CheckoutSession,
    GatewayEvent,
    GatewayPayment,
    attempt_of,
    event_of,
    payment_of,
    session_of,
)
from models.gateways.stripe_methods import Declined, GatewayMethod, declined_of, method_of
from models.gateways.stripe_returns import GatewayRefund, Returns, dispute_of, refund_of

if TYPE_CHECKING:
    import stripe

T = TypeVar("T")

TIMEOUT_SECONDS = 20.0  # The SDK waits 80 by default.
NETWORK_RETRIES = 2  # The SDK makes one attempt by default. 409, 5xx and lost connections are tried again; 429 is not.
SIGNATURE_SECONDS = 300
WITH_PAYMENT = ["payment_intent.latest_charge", "payment_intent.payment_method", "setup_intent.payment_method"]
WITH_CHARGE = ["latest_charge", "payment_method"]


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
            lambda: session_of(sessions.create(params, {"idempotency_key": idempotency_key}).to_dict()), keyed=True
        )

    def fetch_session(self, session_id: str) -> CheckoutSession:
        """
        Tell what is true now.

        :raises UnknownToGateway: no such session.
        :raises Unanswered: ask again later.
        """
        sessions = self._client.v1.checkout.sessions
        return self._ask(lambda: session_of(sessions.retrieve(session_id, {"expand": WITH_PAYMENT}).to_dict()))

    def expire_session(self, session_id: str) -> CheckoutSession:
        """
        Close the page, so that nobody can pay on it any more.

        :raises RefusedByGateway: it is not open: fetch it, somebody may have paid.
        :raises Unanswered: unknown; ask again.
        """
        sessions = self._client.v1.checkout.sessions
        return self._ask(lambda: session_of(sessions.expire(session_id, {"expand": WITH_PAYMENT}).to_dict()))

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
                if attempt_of(found.to_dict()) == attempt_id:
                    return self.fetch_session(found.id)
            return None

        return self._ask(search)

    def create_customer(self, request_json: str, idempotency_key: str) -> str:
        """
        Make a customer at Stripe, to whom methods are attached, and return its id.

        :raises GatewayError: not made, or unknown; a second one does no harm.
        """
        params = cast("stripe.params.CustomerCreateParams", json.loads(request_json))
        customers = self._client.v1.customers
        return self._ask(lambda: customers.create(params, {"idempotency_key": idempotency_key}).id, keyed=True)

    def charge(self, request_json: str, idempotency_key: str) -> GatewayPayment | Declined:
        """
        Take money by a kept method, once per key, however often this is called. The answer may be an old one,
        replayed; so is a bank's no.

        :raises Unanswered: unknown; send the same again.
        :raises StoredFailure: unknown; look the payment up by its attempt.
        :raises RefusedByGateway: not made.
        """
        import stripe

        params = cast("stripe.params.PaymentIntentCreateParams", json.loads(request_json))
        intents = self._client.v1.payment_intents

        def take() -> GatewayPayment | Declined:
            try:
                return payment_of(intents.create(params, {"idempotency_key": idempotency_key}).to_dict())
            except stripe.CardError as error:
                return declined_of(cast("dict[str, Any]", error.json_body))

        return self._ask(take, keyed=True)

    def fetch_payment(self, payment_id: str) -> GatewayPayment:
        """
        Tell what is true now of a payment that has no page.

        :raises UnknownToGateway: no such payment.
        :raises Unanswered: ask again later.
        """
        intents = self._client.v1.payment_intents
        return self._ask(lambda: payment_of(intents.retrieve(payment_id, {"expand": WITH_CHARGE}).to_dict()))

    def find_payment_by_attempt(self, attempt_id: str, since: datetime, customer: str) -> GatewayPayment | None:
        """
        Look for the payment of an attempt whose answer was lost, among those made since then of Stripe's customer.

        :raises Unanswered: ask again later.
        """
        intents = self._client.v1.payment_intents
        since_then: stripe.params.PaymentIntentListParams = {
            "created": {"gte": int(since.timestamp())},
            "customer": customer,
            "limit": 100,
        }

        def search() -> GatewayPayment | None:
            for found in intents.list(since_then).auto_paging_iter():
                if attempt_of(found.to_dict()) == attempt_id:
                    return self.fetch_payment(found.id)
            return None

        return self._ask(search)

    def cancel_payment(self, payment_id: str) -> GatewayPayment:
        """
        End a payment that was declined, so that nobody can confirm it any more.

        :raises RefusedByGateway: it has ended, or money is on its way: fetch it.
        :raises Unanswered: unknown; ask again.
        """
        intents = self._client.v1.payment_intents
        return self._ask(lambda: payment_of(intents.cancel(payment_id, {"expand": WITH_CHARGE}).to_dict()))

    def fetch_method(self, method_id: str) -> GatewayMethod:
        """
        Tell what is true now of a kept card or account.

        :raises UnknownToGateway: no such method.
        :raises Unanswered: ask again later.
        """
        methods = self._client.v1.payment_methods
        return self._ask(lambda: method_of(methods.retrieve(method_id).to_dict()))

    def mandate_lives(self, mandate_id: str) -> bool:
        """:raises Unanswered: ask again later."""
        mandates = self._client.v1.mandates
        return self._ask(lambda: mandates.retrieve(mandate_id).status != "inactive")

    def detach_method(self, method_id: str) -> None:
        """
        Make a method unusable for good.

        :raises RefusedByGateway: it is nobody's any more, or never was.
        :raises Unanswered: unknown; ask again.
        """
        methods = self._client.v1.payment_methods
        self._ask(lambda: methods.detach(method_id))

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
            return [event_of(json.dumps(one.to_dict())) for one in found]

        return self._ask(look)[::-1]

    def read_event(self, body: bytes, signature: str | None) -> GatewayEvent:
        """:raises ForgedEvent: see there."""
        payload = self._signed(body, signature)
        try:
            return event_of(payload)
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
