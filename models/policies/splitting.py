"""Dividing an amount with tax in it as a line was divided, to the cent."""

from models.money import Money


def net_and_tax(gross: Money, net: Money, tax: Money) -> tuple[Money, Money]:
    """
    So much of a line's net and tax as a part of its gross has; tax is rounded half up, net is the rest, so that both
    together are the part.
    """
    whole = net.minor + tax.minor
    share = (2 * gross.minor * tax.minor + whole) // (2 * whole)
    return gross - Money(share, gross.currency), Money(share, gross.currency)
