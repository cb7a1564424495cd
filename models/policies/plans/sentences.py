"""A whole sentence with its values, written in the reader's language when somebody is there to read it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from models.errors import Refused

NONE: Mapping[str, object] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Sentence:
    """Like a `Refused` without being raised; compared by what it says."""

    message_id: str
    values: Mapping[str, object] = field(default_factory=lambda: NONE)

    @classmethod
    def of(cls, message_id: str, **values: object) -> "Sentence":
        return cls(message_id, MappingProxyType(values))

    @property
    def refusal(self) -> Refused:
        """To be raised, or handed to `words.explain`."""
        return Refused(self.message_id, **self.values)

    def __str__(self) -> str:
        return str(self.refusal)
