"""The ground: how the business says no."""


def N_(message: str) -> str:  # noqa: N802 — gettext's own name for it
    """Mark a message for translation; `words` translates it when somebody is there to read it."""
    return message


class Refused(Exception):
    """
    The business says no. Carries a message id and its values, never a finished sentence.

    Values may be `Money`, dates or text; `words.explain` writes them in the reader's language.
    """

    def __init__(self, message_id: str, **values: object) -> None:
        super().__init__(message_id, values)
        self.message_id = message_id
        self.values = values

    def __str__(self) -> str:
        return self.message_id % self.values if self.values else self.message_id
