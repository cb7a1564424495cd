"""The test cards that Stripe publishes. No other number is accepted, so that nobody types a real one."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    number: str
    brand: str
    effect: str
    error_code: str | None = None
    decline_code: str | None = None
    message: str | None = None

    @property
    def last4(self) -> str:
        return self.number[-4:]

    @property
    def spaced(self) -> str:
        return " ".join(self.number[place : place + 4] for place in range(0, len(self.number), 4))

    @property
    def reason(self) -> str | None:
        return self.decline_code or self.error_code


CARDS = (
    Card("4242424242424242", "visa", "Visa: the payment succeeds"),
    Card("5555555555554444", "mastercard", "Mastercard: the payment succeeds"),
    Card("4000002500003155", "visa", "Asks who you are (3-D Secure), then succeeds"),
    Card("4000002760003184", "visa", "Asks who you are every time, then succeeds"),
    Card(
        "4000008260003178",
        "visa",
        "Asks who you are, then is declined: insufficient funds",
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    Card("4000000000000259", "visa", "Succeeds, and is disputed at once as fraudulent"),
    Card("4000000000001976", "visa", "Succeeds, and the bank inquires about it"),
    Card("4000000000007726", "visa", "Succeeds; a refund is pending and succeeds a minute later"),
    Card("4000000000005126", "visa", "Succeeds; a refund succeeds and fails a minute later"),
    Card("4000000000000002", "visa", "Declined", "card_declined", "generic_decline", "Your card was declined."),
    Card(
        "4000000000009995",
        "visa",
        "Declined: insufficient funds",
        "card_declined",
        "insufficient_funds",
        "Your card has insufficient funds.",
    ),
    Card("4000000000000069", "visa", "Declined: card expired", "expired_card", None, "Your card has expired."),
)
BY_NUMBER = {card.number: card for card in CARDS}


# Their banks want to see who pays.
CHALLENGED = frozenset({"4000002500003155", "4000002760003184", "4000008260003178"})
# What follows a payment by the cards that end so.
DISPUTED, INQUIRED = "0259", "1976"


@dataclass(frozen=True)
class Fate:
    """The status of a refund `at_first` and `later`."""

    at_first: str
    later: str | None


REFUNDS = {"7726": Fate("pending", "succeeded"), "5126": Fate("succeeded", "failed")}


def find(number: str) -> Card | None:
    return BY_NUMBER.get("".join(number.split()).replace("-", ""))
