"""The words of reminders: a template for each occasion, its versions, and a text in each language."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from sqlalchemy import ForeignKey, Identity, Index, UniqueConstraint, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from models.database import Base, session
from models.dunning.placeholders import Text, WordsRefused, problems
from models.dunning.reviewed import Reviewed, ReviewState, refuse_unless, to_write
from models.errors import N_, Refused
from models.policies.permissions import Permission
from models.policies.sequences import Channel, Purpose, Tone
from models.staff import Principal
from models.words import LANGUAGES

UNDECIDED = (ReviewState.DRAFT, ReviewState.IN_REVIEW)


class Template(Base):
    """`key` names it for good; what is said stands in its versions. `about`: an answer's reason, empty for any."""

    __tablename__ = "templates"

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    channel: Mapped[Channel]
    purpose: Mapped[Purpose]
    tone: Mapped[Tone]
    about: Mapped[str] = mapped_column(server_default="")
    added_at: Mapped[datetime]


class TemplateVersion(Reviewed, Base):
    """One version is worked on at a time, and one is in use: the one that is approved."""

    __tablename__ = "template_versions"
    __table_args__ = (
        UniqueConstraint("template_id", "number"),
        Index(
            "uq_template_versions_undecided",
            "template_id",
            unique=True,
            postgresql_where="state in ('draft', 'in_review')",
        ),
        Index("uq_template_versions_live", "template_id", unique=True, postgresql_where="state = 'approved'"),
    )
    TRANSITIONS: ClassVar = {
        ReviewState.DRAFT: frozenset({ReviewState.IN_REVIEW, ReviewState.RETIRED}),
        ReviewState.IN_REVIEW: frozenset({ReviewState.APPROVED, ReviewState.DRAFT}),
        ReviewState.APPROVED: frozenset({ReviewState.RETIRED}),
        ReviewState.RETIRED: frozenset[ReviewState](),
    }

    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    template_id: Mapped[int] = mapped_column(ForeignKey(Template.id))

    @property
    def about(self) -> str:
        return f"template_versions:{self.id}"


class TemplateText(Base):
    __tablename__ = "template_texts"

    version_id: Mapped[int] = mapped_column(ForeignKey(TemplateVersion.id), primary_key=True, autoincrement=False)
    language: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str]
    body: Mapped[str]
    button: Mapped[str] = mapped_column(server_default="")


class WordsWrong(Refused):
    """`problems` are for the fields of the form."""

    def __init__(self, found: Sequence[WordsRefused]) -> None:
        super().__init__(N_("Something in this text is not right yet."))
        self.problems = found


class NameTaken(Refused):
    pass


@dataclass(frozen=True, slots=True)
class Wording:
    """A version as it is sent: `version_id` is what a message keeps of it."""

    template_id: int
    version_id: int
    number: int
    key: str
    channel: Channel
    purpose: Purpose
    texts: Mapping[str, Text]

    def text(self, language: str, otherwise: str = "en") -> tuple[str, Text]:
        """The text in a language, or in the one that it is written in; and which it is."""
        spoken = next((one for one in (language, otherwise) if one in self.texts), next(iter(self.texts)))
        return spoken, self.texts[spoken]


def live(at: datetime | None = None) -> dict[int, Wording]:
    """What may be sent now, or at a moment before: approved versions by the id of their template."""
    query = select(TemplateVersion)
    if at is None:
        query = query.where(TemplateVersion.state == ReviewState.APPROVED)
    else:
        query = query.where(TemplateVersion.in_use_at(at))
    return {one.template_id: one for one in _wordings(session.scalars(query).all())}


def wording(version: TemplateVersion) -> Wording:
    return _wordings([version])[0]


def wording_of(version_id: int) -> Wording:
    """The words that a message was made from, in whatever state they are by now."""
    return wording(session.get_one(TemplateVersion, version_id))


def _wordings(versions: Sequence[TemplateVersion]) -> list[Wording]:
    rows = session.scalars(select(TemplateText).where(TemplateText.version_id.in_([one.id for one in versions])))
    texts: dict[int, dict[str, Text]] = {one.id: {} for one in versions}
    for row in rows:
        texts[row.version_id][row.language] = Text(row.subject, row.body, row.button)
    parents = {one.id: one for one in every()}
    return [
        Wording(
            one.template_id,
            one.id,
            one.number,
            parents[one.template_id].key,
            parents[one.template_id].channel,
            parents[one.template_id].purpose,
            {language: texts[one.id][language] for language in LANGUAGES if language in texts[one.id]},
        )
        for one in versions
    ]


def every() -> Sequence[Template]:
    """In the order in which they came."""
    return session.scalars(select(Template).order_by(Template.id)).all()


def find(template_id: int) -> Template | None:
    return session.get(Template, template_id)


def version(template_id: int, number: int) -> TemplateVersion | None:
    query = select(TemplateVersion).where(TemplateVersion.template_id == template_id, TemplateVersion.number == number)
    return session.scalar(query)


def versions(template_id: int) -> Sequence[TemplateVersion]:
    """Newest first."""
    query = select(TemplateVersion).where(TemplateVersion.template_id == template_id)
    return session.scalars(query.order_by(TemplateVersion.number.desc())).all()


def live_version(template_id: int) -> TemplateVersion | None:
    return next((one for one in versions(template_id) if one.state == ReviewState.APPROVED), None)


def newest_versions() -> dict[int, TemplateVersion]:
    """The version of each template that somebody would open: the one worked on, else the one in use."""
    query = select(TemplateVersion).order_by(TemplateVersion.number)
    return {one.template_id: one for one in session.scalars(query)}


def add(
    name: str, channel: Channel, purpose: Purpose, tone: Tone, *, by: Principal, now: datetime, about: str = ""
) -> TemplateVersion:
    """
    A new template with an empty draft.

    :raises NameTaken: another one has this name.
    """
    refuse_unless(by, Permission.WRITE_WORDS)
    key = " ".join(name.split())
    if session.scalar(select(Template).where(Template.key == key)) is not None:
        raise NameTaken(N_("There is a template called %(name)s already."), name=key)
    template = Template(key=key, name=key, channel=channel, purpose=purpose, tone=tone, about=about, added_at=now)
    session.add(template)
    session.flush()
    return new_version(template.id, writers=[by.staff_id], now=now)


def new_version(template_id: int, *, writers: list[int], now: datetime) -> TemplateVersion:
    numbers = [one.number for one in versions(template_id)]
    made = TemplateVersion(
        template_id=template_id, number=max(numbers, default=0) + 1, writers=list(writers), written_at=now
    )
    session.add(made)
    session.flush()
    return made


def draft(template: Template, *, by: Principal, now: datetime) -> TemplateVersion:
    """The version that is worked on; a copy of the one in use where there is none."""
    refuse_unless(by, Permission.WRITE_WORDS)
    session.refresh(template, with_for_update=True)
    known = versions(template.id)
    undecided = next((one for one in known if one.state in UNDECIDED), None)
    if undecided is not None:
        return undecided
    made = new_version(template.id, writers=[by.staff_id], now=now)
    source = next((one for one in known if one.state == ReviewState.APPROVED), known[0] if known else None)
    for language, text in wording(source).texts.items() if source else ():
        _put(made, language, text)
    session.flush()
    return made


def write(version: TemplateVersion, language: str, text: Text, *, by: Principal, now: datetime) -> None:
    """
    Keep a text of a draft; an empty one takes the language out.

    :raises WordsWrong: with everything that is wrong with it.
    :raises Locked: the version is no draft any more.
    """
    to_write(version, by=by, now=now)
    template = session.get_one(Template, version.template_id)
    if not text.is_empty:
        found = problems(text, template.channel, template.purpose)
        if found:
            raise WordsWrong(found)
    session.execute(
        delete(TemplateText).where(TemplateText.version_id == version.id, TemplateText.language == language)
    )
    if not text.is_empty:
        _put(version, language, text)
    session.flush()


def _put(version: TemplateVersion, language: str, text: Text) -> None:
    session.add(
        TemplateText(version_id=version.id, language=language, subject=text.subject, body=text.body, button=text.button)
    )


def missing_languages(texts: Mapping[str, Text]) -> list[str]:
    return [language for language in LANGUAGES if language not in texts]
