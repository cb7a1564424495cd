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
    Card("4000000000009987", "visa", "Declined: card lost", "card_declined", "lost_card", "Your card was declined."),
    Card(
        "4000000000009979", "visa", "Declined: card stolen", "card_declined", "stolen_card", "Your card was declined."
    ),
    Card("4000000000000069", "visa", "Declined: card expired", "expired_card", None, "Your card has expired."),
    Card(
        "4000000000000119",
        "visa",
        "Declined: the bank has an error",
        "processing_error",
        None,
        "An error occurred while processing your card. Try again in a little bit.",
    ),
    Card(
        "4000000000000341",
        "visa",
        "Can be saved; every charge is declined",
        "card_declined",
        "generic_decline",
        "Your card was declined.",
    ),
)
BY_NUMBER = {card.number: card for card in CARDS}


# Their banks want to see who pays.
CHALLENGED = frozenset({"4000002500003155", "4000002760003184", "4000008260003178"})
# Once saved, such a card is asked again at every charge; the other two are not.
CHALLENGED_ALWAYS = frozenset({"4000002760003184"})
# Charges are declined, but nothing stands against saving them.
SAVED_ALL_THE_SAME = frozenset({"4000000000000341", "4000008260003178"})
# Reasons that Stripe gives as the error's code; any other is a `decline_code` of 'card_declined'.
ERROR_CODES = frozenset({"authentication_required", "expired_card", "incorrect_cvc", "processing_error"})
# What follows a payment by the cards that end so.
DISPUTED, INQUIRED = "0259", "1976"


@dataclass(frozen=True)
class Fate:
    """The status of a refund `at_first` and `later`."""

    at_first: str
    later: str | None


REFUNDS = {"7726": Fate("pending", "succeeded"), "5126": Fate("succeeded", "failed")}


def declining(code: str, like: Card) -> Card:
    """The same card, when its bank says no for this reason."""
    known = next((one for one in CARDS if one.reason == code), None)
    words = (known.message if known else None) or "Your card was declined."
    if code == "authentication_required":
        words = "Your card was declined. This transaction requires authentication."
    error_code = code if code in ERROR_CODES else "card_declined"
    return Card(like.number, like.brand, like.effect, error_code, code, words)


def find(number: str) -> Card | None:
    return BY_NUMBER.get("".join(number.split()).replace("-", ""))
