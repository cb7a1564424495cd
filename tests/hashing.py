"""Hashes of passwords cost next to nothing here; what they cost in the product is kept to be looked at."""

from argon2 import PasswordHasher

from models.staff import passwords

PRODUCT = passwords._hasher


def make_cheap() -> None:
    """A hash says itself what it cost: those of the product are checked as ever."""
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
