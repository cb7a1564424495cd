"""The outbox: what is to be written to somebody, rendered once, sent once, kept."""

from models.messages.outbox import Message, MessageChannel, MessageState, find, is_written, of_cause, outbox, queue

__all__ = ["Message", "MessageChannel", "MessageState", "find", "is_written", "of_cause", "outbox", "queue"]
