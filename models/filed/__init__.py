"""Documents on file: contracts, purchase orders and terms that staff keep with an account, and have signed."""

from models.filed.filing import file_away, remove, share
from models.filed.records import (
    KINDS,
    FiledDocument,
    FiledKind,
    FiledState,
    about,
    content_of,
    file_of,
    find,
    of_customers,
    of_invoice,
    shown_to,
)
from models.filed.signing import CannotSend, decline, lapse, last_day, send, sign, withdraw

__all__ = [
    "KINDS",
    "CannotSend",
    "FiledDocument",
    "FiledKind",
    "FiledState",
    "about",
    "content_of",
    "decline",
    "file_away",
    "file_of",
    "find",
    "lapse",
    "last_day",
    "of_customers",
    "of_invoice",
    "remove",
    "send",
    "share",
    "shown_to",
    "sign",
    "withdraw",
]
