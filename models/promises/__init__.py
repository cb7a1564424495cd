"""Promises to pay: what a customer will pay on which day. Kept or broken is judged by the money that came."""

from models.promises.judging import judge
from models.promises.making import (
    CannotPromise,
    can_move,
    check_day,
    confirm,
    limits,
    make,
    make_for,
    move,
    withdraw,
)
from models.promises.records import (
    Promise,
    PromiseLine,
    PromiseState,
    ShownLine,
    find,
    find_for,
    lines_of,
    missed,
    of_customers,
    shown_lines,
)

__all__ = [
    "CannotPromise",
    "Promise",
    "PromiseLine",
    "PromiseState",
    "ShownLine",
    "can_move",
    "check_day",
    "confirm",
    "find",
    "find_for",
    "judge",
    "limits",
    "lines_of",
    "make",
    "make_for",
    "missed",
    "move",
    "of_customers",
    "shown_lines",
    "withdraw",
]
