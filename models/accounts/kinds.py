"""What the ledger's kinds of entries are called to a customer."""

from models.words import gettext as _

WORDS_OF_KINDS = {
    "invoice": lambda: _("Invoice"),
    "fee": lambda: _("Fee"),
    "interest": lambda: _("Interest"),
    "refund": lambda: _("Refund"),
    "chargeback": lambda: _("Chargeback"),
    "opening": lambda: _("Earlier balance"),
    "transfer": lambda: _("Moved to another account"),
    "reinstated": lambda: _("Write-off taken back"),
    "receipt": lambda: _("Payment"),
    "credit_note": lambda: _("Credit note"),
    "write_off": lambda: _("Write-off"),
    "opening_credit": lambda: _("Earlier credit"),
}


def kind_word(kind: str) -> str:
    return WORDS_OF_KINDS[kind]()
