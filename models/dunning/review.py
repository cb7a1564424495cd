"""From draft to use: sent to review, approved or sent back by counsel, published by a second person."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import select

from models import company
from models.company import Company
from models.database import session
from models.dunning import placeholders, sequences, templates
from models.dunning.reviewed import (
    CommentMissing,
    Locked,
    NotYours,
    Reviewed,
    ReviewState,
    move,
    refuse_own,
    refuse_unless,
)
from models.dunning.sequences import DunningSequence, SequenceVersion
from models.dunning.templates import TemplateVersion, Wording
from models.errors import N_, Refused
from models.policies.permissions import Permission
from models.policies.sequences import Purpose, Sequence, Signer, Step
from models.staff import Principal
from models.words import native_name

__all__ = ["CommentMissing", "Locked", "NotReady", "NotYours", "approve", "publish", "retire", "send", "send_back"]

Version = TemplateVersion | SequenceVersion
WITH_WORDS = (Purpose.INVOICE, Purpose.REMINDER, Purpose.CALL, Purpose.FINAL_NOTICE, Purpose.LAW_FIRM)


class NotReady(Refused):
    """`reasons` say what is missing, each in a sentence."""

    def __init__(self, reasons: list[Refused]) -> None:
        super().__init__(N_("This is not ready yet."))
        self.reasons = reasons


def send(version: Version, *, by: Principal, now: datetime) -> None:
    """
    To counsel: nothing in it changes from here on.

    :raises NotReady: there is nothing to read.
    """
    refuse_unless(by, Permission.WRITE_WORDS)
    reasons = list(_empty(version))
    if reasons:
        raise NotReady(reasons)
    move(version, ReviewState.IN_REVIEW, about=version.about, by=by.actor, now=now)
    version.sent_by, version.sent_at = by.staff_id, now


def approve(version: Version, *, by: Principal, now: datetime, comment: str = "") -> None:
    """
    Words are in use from now on, in place of those before; a sequence still has to be published.

    :raises NotYours: one's own, or the role does not include it.
    """
    _decide(version, by)
    if isinstance(version, TemplateVersion):
        before = templates.live_version(version.template_id)
        if before is not None:
            move(before, ReviewState.RETIRED, about=before.about, by=by.actor, now=now)
    move(version, ReviewState.APPROVED, about=version.about, by=by.actor, now=now, comment=comment.strip())
    if isinstance(version, TemplateVersion):
        version.live_at = now
    _note(version, by, now, comment)


def send_back(version: Version, *, by: Principal, now: datetime, comment: str) -> None:
    """
    A draft again. An approved sequence that is not published yet can be sent back too, by who may publish it.

    :raises CommentMissing: whoever wrote it must learn what to do better.
    """
    if version.state == ReviewState.APPROVED:
        refuse_unless(by, Permission.PUBLISH_SEQUENCE)
    else:
        _decide(version, by)
    if not comment.strip():
        raise CommentMissing(N_("Say what has to change, so that it can be done better."))
    move(version, ReviewState.DRAFT, about=version.about, by=by.actor, now=now, comment=comment.strip())
    _note(version, by, now, comment)


def retire(version: TemplateVersion, *, by: Principal, now: datetime, comment: str) -> None:
    """
    Words that must not be sent any more, from this moment, without others in their place: what would need them waits.

    :raises CommentMissing: whoever wonders why nothing goes out must find the reason.
    """
    refuse_unless(by, Permission.APPROVE_WORDS)
    if not comment.strip():
        raise CommentMissing(N_("Say why these words may not be used any more."))
    move(version, ReviewState.RETIRED, about=version.about, by=by.actor, now=now, comment=comment.strip())
    version.comment = comment.strip()
    session.flush()


def publish(version: SequenceVersion, *, by: Principal, now: datetime) -> None:
    """
    :raises NotYours: whoever wrote any of it does not publish it.
    :raises NotReady: with everything that is missing.
    """
    refuse_unless(by, Permission.PUBLISH_SEQUENCE)
    session.refresh(version, with_for_update=True)
    refuse_own(version, by)
    reasons = why_not(sequences.at_version(version.id), templates.live(), company.get())
    if reasons:
        raise NotReady(reasons)
    before = sequences.live_version(version.sequence_id)
    if before is not None:
        move(before, ReviewState.RETIRED, about=before.about, by=by.actor, now=now)
    move(version, ReviewState.PUBLISHED, about=version.about, by=by.actor, now=now)
    version.published_by, version.live_at = by.staff_id, now
    session.flush()


def may_decide(version: Version, by: Principal) -> bool:
    return (
        version.state == ReviewState.IN_REVIEW
        and by.may(Permission.APPROVE_WORDS)
        and by.staff_id not in version.writers
    )


def may_publish(version: SequenceVersion, by: Principal) -> bool:
    return (
        version.state == ReviewState.APPROVED
        and by.may(Permission.PUBLISH_SEQUENCE)
        and by.staff_id not in version.writers
    )


def why_not(sequence: Sequence, live: dict[int, Wording], creditor: Company) -> list[Refused]:
    """What stands against publishing these steps: every step that sends or says something needs approved words."""
    found = [reason for step in sequence.steps for reason in _step_lacks(step, live, creditor)]
    if not sequence.steps:
        found.append(Refused(N_("There is no step in it.")))
    return list({(one.message_id, str(one.values)): one for one in found}.values())


def _step_lacks(step: Step, live: dict[int, Wording], creditor: Company) -> Iterator[Refused]:
    place = step.position + 1
    if step.template_id is None:
        if step.purpose in WITH_WORDS:
            yield Refused(N_("Step %(place)s has no template."), place=place)
        return
    said = live.get(step.template_id)
    template = templates.find(step.template_id)
    if said is None or template is None:
        name = template.name if template else ""
        yield Refused(N_("Step %(place)s: the words of “%(name)s” are not approved."), place=place, name=name)
        return
    if (said.channel, said.purpose) != (step.channel, step.purpose):
        yield Refused(N_("Step %(place)s: “%(name)s” was written for something else."), place=place, name=template.name)
    for language in templates.missing_languages(said.texts):
        message = N_("Step %(place)s: “%(name)s” has no text in %(language)s.")
        yield Refused(message, place=place, name=template.name, language=native_name(language))
    yield from _value_lacks(step, said, template.name, creditor)


def _value_lacks(step: Step, said: Wording, name: str, creditor: Company) -> Iterator[Refused]:
    used = {place for text in said.texts.values() for place in placeholders.used(text)}
    values: dict[str, object] = {"place": step.position + 1, "name": name}
    if "pay_by" in used and step.pay_by_days is None:
        yield Refused(N_("Step %(place)s: “%(name)s” names a day to pay by, and the step gives none."), **values)
    if "iban" in used and not creditor.iban:
        yield Refused(N_("Step %(place)s: “%(name)s” names our bank account, and the company has none."), **values)
    if step.signer == Signer.LAW_FIRM and not creditor.law_firm.strip():
        yield Refused(N_("Step %(place)s: the company names no law firm. An administrator can add it."), **values)


def _empty(version: Version) -> Iterator[Refused]:
    if isinstance(version, TemplateVersion):
        said = templates.wording(version)
        if not said.texts:
            yield Refused(N_("There is no text in it yet."))
        for language, text in said.texts.items():
            if placeholders.problems(text, said.channel, said.purpose):
                yield Refused(N_("The text in %(language)s is not right yet."), language=native_name(language))
    elif not sequences.rows_of(version):
        yield Refused(N_("There is no step in it."))


def _decide(version: Version, by: Principal) -> None:
    refuse_unless(by, Permission.APPROVE_WORDS)
    session.refresh(version, with_for_update=True)
    refuse_own(version, by)


def _note(version: Reviewed, by: Principal, now: datetime, comment: str) -> None:
    version.decided_by, version.decided_at, version.comment = by.staff_id, now, comment.strip()
    session.flush()


def waiting_words() -> list[TemplateVersion]:
    """What counsel has to read, longest waiting first."""
    found = [one for one in templates.newest_versions().values() if one.state == ReviewState.IN_REVIEW]
    return sorted(found, key=lambda one: (one.sent_at or one.written_at, one.id))


def waiting_sequences() -> list[tuple[DunningSequence, SequenceVersion]]:
    """What counsel has to read, and what has to be published; longest waiting first."""
    query = (
        select(DunningSequence, SequenceVersion)
        .join(SequenceVersion, SequenceVersion.sequence_id == DunningSequence.id)
        .where(SequenceVersion.state.in_((ReviewState.IN_REVIEW, ReviewState.APPROVED)))
        .order_by(SequenceVersion.sent_at, SequenceVersion.id)
    )
    return [(one, version) for one, version in session.execute(query)]
