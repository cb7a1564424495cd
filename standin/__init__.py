"""
A stand-in for Stripe that keeps books of its own and takes no real money.

It speaks Stripe's wire format, so that the product runs without keys and tests can break the network.
It imports nothing of the product: a mistake of ours cannot be on both sides of the wire.
"""

from standin.app import StandIn, create_app
from standin.server import Running, running

__all__ = ["Running", "StandIn", "create_app", "running"]
