"""Which files of a case who may see: what the customer shows, and what a department adds to its answer."""

from collections.abc import Sequence

from sqlalchemy import select

from models import files
from models.database import session
from models.disputes.asking import Question
from models.disputes.records import Dispute
from models.disputes.thread import DisputeMessage, DisputeNote
from models.files import File, Tray


def evidence_of(dispute: Dispute) -> Sequence[File]:
    """What the customer sent: with the case, and in the thread."""
    query = select(DisputeMessage).where(
        DisputeMessage.customer_id == dispute.customer_id,
        DisputeMessage.dispute_id == dispute.id,
        DisputeMessage.contact_id.is_not(None),
    )
    said = session.scalars(query).all()
    return files.of(dispute.customer_id, dispute.source, *(message.source for message in said))


def added_to_answer(question: Question) -> Sequence[File]:
    """What came with a department's answer: for staff, and for whoever holds the link."""
    query = select(DisputeNote).where(
        DisputeNote.customer_id == question.customer_id, DisputeNote.question_id == question.id
    )
    answered = session.scalar(query)
    return files.of(question.customer_id, answered.source) if answered else ()


def shown_by_link(question: Question, dispute: Dispute) -> Sequence[File]:
    """Nothing of another case, of staff's own words, or of what another department answered."""
    return [*evidence_of(dispute), *added_to_answer(question)]


def answers_tray(question: Question) -> Tray:
    return Tray(question.customer_id, "answer", question_id=question.id)
