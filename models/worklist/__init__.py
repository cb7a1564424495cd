"""What people have to do, one task after the other, and the calls they made."""

from models.worklist.calls import CONVERSATIONS, Call, CallOutcome, DayMissing, record
from models.worklist.kinds import WORDS, TaskKind
from models.worklist.reading import PAGE_SIZE, TaskRow, Whose, calls_of, listed, of_customers, one
from models.worklist.reviewing import dead_address, release_address, review_address
from models.worklist.tasks import NobodyThere, Task, TaskState, WordMissing, add, drop, find, finish, hand_to

__all__ = [
    "CONVERSATIONS",
    "PAGE_SIZE",
    "WORDS",
    "Call",
    "CallOutcome",
    "DayMissing",
    "NobodyThere",
    "Task",
    "TaskKind",
    "TaskRow",
    "TaskState",
    "Whose",
    "WordMissing",
    "add",
    "calls_of",
    "dead_address",
    "drop",
    "find",
    "finish",
    "hand_to",
    "listed",
    "of_customers",
    "one",
    "record",
    "release_address",
    "review_address",
]
