"""What Stripe keeps to be charged again, in our types: cards and accounts, and how they were given. No call is made."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Any


class MethodKind(StrEnum):
    CARD = "card"
    SEPA_DEBIT = "sepa_debit"


class SetupState(StrEnum):
    REQUIRES_CUSTOMER = "requires_customer"
    PROCESSING = "processing"
    SUCCEEDED = "succeeded"
    CANCELED = "canceled"


@dataclass(frozen=True, slots=True)
class GatewayMethod:
    """
    All that is ever known here of a card or an account: never its number. `kind` may be one that we cannot charge.
    `customer_id` is None where it was detached; `mandate_id` is a debit's, as far as whoever told it knew.
    """

    id: str
    kind: str
    brand: str
    last4: str
    exp_month: int | None
    exp_year: int | None
    customer_id: str | None
    mandate_id: str | None = None


@dataclass(frozen=True, slots=True)
class GatewaySetup:
    """A method given without a payment; `error_code` is Stripe's word for why the newest try failed."""

    id: str
    state: SetupState
    error_code: str
    attempt_id: str | None
    method: GatewayMethod | None


@dataclass(frozen=True, slots=True)
class Declined:
    """The bank says no to a charge. `payment_id` may still be confirmed by somebody, until it is canceled."""

    payment_id: str
    code: str


def method_of(body: dict[str, Any], mandate_id: str | None = None) -> GatewayMethod:
    details = body.get(body["type"]) or {}
    return GatewayMethod(
        id=body["id"],
        kind=body["type"],
        brand=details.get("brand") or "",
        last4=details.get("last4") or "",
        exp_month=details.get("exp_month"),
        exp_year=details.get("exp_year"),
        customer_id=_id_of(body["customer"]),
        mandate_id=mandate_id,
    )


def method_of_payment(intent: dict[str, Any]) -> GatewayMethod | None:
    """None where the payment has none yet, or the answer only names it."""
    method, charge = intent.get("payment_method"), intent.get("latest_charge")
    if not isinstance(method, dict):
        return None
    details = (charge.get("payment_method_details") or {}) if isinstance(charge, dict) else {}
    return method_of(method, (details.get(details.get("type")) or {}).get("mandate"))


def setup_of(body: dict[str, Any]) -> GatewaySetup:
    error, method = body["last_setup_error"] or {}, body["payment_method"]
    state = body["status"] if body["status"] in ("succeeded", "processing", "canceled") else "requires_customer"
    return GatewaySetup(
        id=body["id"],
        state=SetupState(state),
        error_code=error.get("decline_code") or error.get("code") or "",
        attempt_id=(body.get("metadata") or {}).get("attempt"),
        method=method_of(method, _id_of(body["mandate"])) if isinstance(method, dict) else None,
    )


def declined_of(body: dict[str, Any]) -> Declined:
    """What a 402 says; there is no payment where it was refused before one was made."""
    error = body["error"]
    code = error.get("decline_code") or error.get("code") or "declined"
    return Declined((error.get("payment_intent") or {}).get("id", ""), code)


def _id_of(value: str | dict[str, Any] | None) -> str | None:
    return value["id"] if isinstance(value, dict) else value
