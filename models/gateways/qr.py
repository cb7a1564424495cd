"""QR codes: a transfer that a banking app fills in, and a link."""

from io import BytesIO
from typing import TYPE_CHECKING

from models.money import Money

if TYPE_CHECKING:
    from segno import QRCode

LONGEST_NAME = 70  # characters; the limits are those of the European Payments Council's EPC069-12.
LARGEST = Money(99_999_999_999, "EUR")


def transfer(*, payee: str, iban: str, amount: Money, reference: str, bic: str = "", title: str = "") -> str:
    """
    An SVG of the transfer as European banking apps read it.

    :param reference: an ISO 11649 reference (RF…) travels as such, any other text as the note to the payee.
    :param title: what the code is for, in words, for those who cannot see it.
    :raises ValueError: the standard knows euro only, from 0.01 to 999,999,999.99, and 140 characters of note.
    """
    return _drawn(_transfer_code(payee, iban, amount, reference, bic), title)


def transfer_picture(*, payee: str, iban: str, amount: Money, reference: str, bic: str = "", title: str = "") -> bytes:
    """The same code as a PNG: mail programs show no SVG."""
    drawing = BytesIO()
    _transfer_code(payee, iban, amount, reference, bic).save(drawing, kind="png", scale=8, border=4)
    return drawing.getvalue()


def link(address: str, *, title: str = "") -> str:
    """An SVG of an address that a phone's camera opens."""
    import segno

    return _drawn(segno.make_qr(address, error="m"), title)


def _transfer_code(payee: str, iban: str, amount: Money, reference: str, bic: str) -> "QRCode":
    from segno import helpers
    from stdnum import iso11649

    if amount.currency != "EUR" or not 0 < amount.minor <= LARGEST.minor:
        raise ValueError(f"No transfer code can be made for {amount}.")
    structured = iso11649.is_valid(reference)
    return helpers.make_epc_qr(
        name=_one_line(payee)[:LONGEST_NAME],
        iban=iban.replace(" ", ""),
        amount=amount.amount,
        bic=bic or None,
        reference=iso11649.compact(reference) if structured else None,
        text=None if structured else _one_line(reference),
        encoding="utf-8",
    )


def _one_line(text: str) -> str:
    """The fields of a transfer code are its lines: a line break inside a name would move all that follow."""
    return " ".join(text.split())


def _drawn(code: "QRCode", title: str) -> str:
    drawing = BytesIO()
    code.save(drawing, kind="svg", xmldecl=False, omitsize=True, border=4, title=title or None)
    return drawing.getvalue().decode()
