"""A state machine is a table: what may follow what. Anything else is refused."""

from collections.abc import Mapping
from enum import StrEnum
from typing import ClassVar

from models.errors import N_, Refused


class IllegalTransition(Refused):
    pass


class Stateful:
    """Gives a model `move_to`; its `state` column follows its `TRANSITIONS` table."""

    TRANSITIONS: ClassVar[Mapping[StrEnum, frozenset[StrEnum]]]
    state: StrEnum

    def move_to(self, target: StrEnum) -> None:
        """:raises IllegalTransition: the table has no such step."""
        if target not in self.TRANSITIONS[self.state]:
            raise changed_meanwhile()
        self.state = target


def changed_meanwhile() -> IllegalTransition:
    return IllegalTransition(N_("This has changed in the meantime. Please look at it again."))
