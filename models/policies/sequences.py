"""What a dunning sequence is: steps with their day, channel and words. Values only; how it is kept is `dunning`'s."""

from collections.abc import Sequence as Series
from dataclasses import dataclass
from enum import StrEnum


class Channel(StrEnum):
    EMAIL = "email"
    LETTER = "letter"
    TASK = "task"  # Somebody does something: a call, a decision to stop the service, a hand-over.


class Purpose(StrEnum):
    """What words are for. A call is a task with a script."""

    INVOICE = "invoice"  # Step zero: the invoice itself with its PDF.
    REMINDER = "reminder"
    CALL = "call"
    FINAL_NOTICE = "final_notice"
    STOP_SERVICE = "stop_service"
    LAW_FIRM = "law_firm"
    HAND_OVER = "hand_over"
    STATEMENT = "statement"  # Goes by the calendar, and is no step of a sequence.
    OBJECTION = "objection"  # An answer to a case: staff put it into their letter, and it is no step either.
    AGREEMENT = "agreement"  # What is signed; no step.


class Tone(StrEnum):
    FRIENDLY = "friendly"
    NEUTRAL = "neutral"
    FIRM = "firm"
    FORMAL = "formal"


class Signer(StrEnum):
    """In whose name a message is signed, or who gets the task."""

    COMPANY = "company"
    COLLECTOR = "collector"
    SALES = "sales"
    MANAGER = "manager"
    LAW_FIRM = "law_firm"


class Counted(StrEnum):
    FROM_DUE = "from_due"
    FROM_PREVIOUS = "from_previous"


@dataclass(frozen=True, slots=True)
class Step:
    """
    `id` is the step's row and part of what makes a reminder unique. `position` rises from 0. `days` after the due
    date (before it when negative) or after the step before was sent. `smallest_minor`: below this total, in the
    company's currency, the step is left out (0: never). `most_times`: how often it may go for one item, every
    `repeat_days`. `pay_by_days` after sending is the day by which the notice asks for the money; the due date never
    moves. `template_id` is the `templates` row of its words; None where a task needs no script.
    """

    id: int
    position: int
    days: int
    counted: Counted
    channel: Channel
    purpose: Purpose
    template_id: int | None
    tone: Tone
    signer: Signer
    smallest_minor: int = 0
    most_times: int = 1
    repeat_days: int = 0
    pay_by_days: int | None = None


@dataclass(frozen=True, slots=True)
class Sequence:
    """A published version, or a draft that is looked at. Steps in order of position."""

    version_id: int
    name: str
    number: int
    steps: Series[Step]
