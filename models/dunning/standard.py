"""The sequence and the words that every installation begins with: data files beside this module, one per language."""

import tomllib
from datetime import datetime
from functools import cache
from pathlib import Path

from sqlalchemy import select

from models import audit, company
from models.audit import Actor
from models.database import session
from models.dunning import templates
from models.dunning.placeholders import Text
from models.dunning.reviewed import Reviewed, ReviewState
from models.dunning.sequences import DunningSequence, SequenceVersion, new_version
from models.dunning.templates import Template, TemplateText, TemplateVersion
from models.policies.sequences import Channel, Counted, Purpose, Signer, Step, Tone
from models.words import LANGUAGES

FOLDER = Path(__file__).with_name("standard")
EVERYONE = "Everyone"
LARGE = 500_000  # From 5,000 on somebody calls before the due date.

_MAIL, _PAPER, _TASK = Channel.EMAIL, Channel.LETTER, Channel.TASK
# Key, name for staff, channel, what for, tone.
TEMPLATES = (
    ("invoice", "Your invoice", _MAIL, Purpose.INVOICE, Tone.NEUTRAL),
    ("before", "Five days before", _MAIL, Purpose.REMINDER, Tone.FRIENDLY),
    ("call_before", "Call before a large amount is due", _TASK, Purpose.CALL, Tone.FRIENDLY),
    ("call_eve", "Call on the day before", _TASK, Purpose.CALL, Tone.FRIENDLY),
    ("after_1", "One day late", _MAIL, Purpose.REMINDER, Tone.FRIENDLY),
    ("after_7", "A week late", _MAIL, Purpose.REMINDER, Tone.NEUTRAL),
    ("after_14", "Two weeks late", _MAIL, Purpose.REMINDER, Tone.FIRM),
    ("after_30", "A month late", _MAIL, Purpose.REMINDER, Tone.FORMAL),
    ("final", "Final notice", _PAPER, Purpose.FINAL_NOTICE, Tone.FORMAL),
    ("law_firm", "Letter of the law firm", _PAPER, Purpose.LAW_FIRM, Tone.FORMAL),
    ("statement", "Statement every four weeks", _MAIL, Purpose.STATEMENT, Tone.NEUTRAL),
    ("plan_automatic", "Instalment plan that is charged", _PAPER, Purpose.AGREEMENT, Tone.NEUTRAL),
    ("plan_transfer", "Instalment plan by bank transfer", _PAPER, Purpose.AGREEMENT, Tone.NEUTRAL),
)
_BY_KEY = {key: (channel, purpose, tone) for key, _, channel, purpose, tone in TEMPLATES}
# Days from the due date, template or what is to be done, who signs or does it, smallest amount, days to pay in.
STEPS = (
    (-365, "invoice", Signer.COMPANY, 0, None),  # As soon as there is an invoice.
    (-5, "before", Signer.COMPANY, 0, None),
    (-4, "call_before", Signer.COLLECTOR, LARGE, None),
    (-1, "call_eve", Signer.COLLECTOR, LARGE, None),
    (1, "after_1", Signer.COMPANY, 0, 7),
    (7, "after_7", Signer.COMPANY, 0, 7),
    (14, "after_14", Signer.COLLECTOR, 0, 7),
    (30, "after_30", Signer.COLLECTOR, 0, 7),
    (37, "final", Signer.MANAGER, 0, 10),
    (47, Purpose.STOP_SERVICE, Signer.MANAGER, 0, None),
    (51, "law_firm", Signer.LAW_FIRM, 0, 14),
    (65, Purpose.HAND_OVER, Signer.MANAGER, 0, None),
)


@cache
def texts(language: str) -> dict[str, Text]:
    """The standard texts of a language by their key."""
    with (FOLDER / f"{language}.toml").open("rb") as file:
        found = tomllib.load(file)
    return {key: Text(one["subject"], one["body"].strip(), one.get("button", "")) for key, one in found.items()}


def ensure(*, now: datetime, by: Actor = audit.COMMAND) -> bool:
    """
    Put the standard into an installation that has no sequence yet, and words that came with a newer program into one
    that has. The words wait for counsel and the sequence for counsel and a second person: until then nothing is sent.
    False where all of it was there.
    """
    known = set(session.scalars(select(Template.key)))
    begun = session.scalar(select(DunningSequence.id).limit(1)) is not None
    ids = {
        key: _template(key, name, now)
        for key, name, _, purpose, _ in TEMPLATES
        if key not in known and (not begun or purpose == Purpose.AGREEMENT)
    }
    if ids:
        audit.record(company.HOLDING_ACCOUNT, "words.standard_added", by=by, now=now, facts={"templates": len(ids)})
    if begun:
        return bool(ids)
    everyone = DunningSequence(name=EVERYONE, kind=None, country="", added_at=now)
    session.add(everyone)
    session.flush()
    version = new_version(everyone.id, writers=[], now=now, steps=steps(ids))
    _waits(version, now)
    session.flush()
    return True


def steps(ids: dict[str, int]) -> list[Step]:
    """The standard's steps, with the ids of the templates by their keys."""
    return [_step(place, *row, ids) for place, row in enumerate(STEPS)]


def _step(
    place: int,
    days: int,
    what: str,
    signer: Signer,
    smallest: int,
    pay_by: int | None,
    ids: dict[str, int],
) -> Step:
    channel, purpose, tone = _BY_KEY.get(what) or (Channel.TASK, Purpose(what), Tone.FORMAL)
    return Step(
        id=0,
        position=place,
        days=days,
        counted=Counted.FROM_DUE,
        channel=channel,
        purpose=purpose,
        template_id=ids.get(what),
        tone=tone,
        signer=signer,
        smallest_minor=smallest,
        pay_by_days=pay_by,
    )


def _template(key: str, name: str, now: datetime) -> int:
    channel, purpose, tone = _BY_KEY[key]
    template = Template(key=key, name=name, channel=channel, purpose=purpose, tone=tone, added_at=now)
    session.add(template)
    session.flush()
    version = templates.new_version(template.id, writers=[], now=now)
    for language in LANGUAGES:
        text = texts(language)[key]
        session.add(
            TemplateText(
                version_id=version.id, language=language, subject=text.subject, body=text.body, button=text.button
            )
        )
    _waits(version, now)
    return template.id


def _waits(version: Reviewed, now: datetime) -> None:
    version.move_to(ReviewState.IN_REVIEW)
    version.sent_at = now


def waiting() -> list[TemplateVersion]:
    """The standard's own words that counsel has not decided about."""
    query = select(TemplateVersion).where(TemplateVersion.state == ReviewState.IN_REVIEW)
    return [one for one in session.scalars(query.order_by(TemplateVersion.id)) if not one.writers]


def sequence_version() -> SequenceVersion | None:
    """The standard sequence, while it waits."""
    query = select(SequenceVersion).where(SequenceVersion.state == ReviewState.IN_REVIEW)
    return next((one for one in session.scalars(query) if not one.writers), None)
