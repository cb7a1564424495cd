"""The words of reminders, as staff read them: what for, how, in whose name, and how far a version has come."""

from backoffice import backoffice
from models import staff
from models.customers import CustomerKind
from models.dunning.reviewed import Reviewed, ReviewState
from models.dunning.sequences import DunningSequence
from models.errors import N_
from models.policies.sequences import Channel, Counted, Purpose, Signer, Step, Tone
from models.words import direction, gettext, ngettext, speak

CHANNELS = {Channel.EMAIL: N_("Mail"), Channel.LETTER: N_("Letter"), Channel.TASK: N_("Call or task")}
PURPOSES = {
    Purpose.INVOICE: N_("The invoice itself"),
    Purpose.REMINDER: N_("Reminder"),
    Purpose.CALL: N_("Call"),
    Purpose.FINAL_NOTICE: N_("Final notice"),
    Purpose.STOP_SERVICE: N_("Decide whether to stop the service"),
    Purpose.LAW_FIRM: N_("Letter of the law firm"),
    Purpose.HAND_OVER: N_("Decide about handing over"),
    Purpose.STATEMENT: N_("Statement"),
    Purpose.OBJECTION: N_("Answer to a case"),
    Purpose.AGREEMENT: N_("Agreement to sign"),
}
TONES = {
    Tone.FRIENDLY: N_("Friendly"),
    Tone.NEUTRAL: N_("Neutral"),
    Tone.FIRM: N_("Firm"),
    Tone.FORMAL: N_("Formal"),
}
SIGNERS = {
    Signer.COMPANY: N_("The company"),
    Signer.COLLECTOR: N_("The collector of the account"),
    Signer.SALES: N_("The sales representative"),
    Signer.MANAGER: N_("The manager"),
    Signer.LAW_FIRM: N_("The law firm"),
}
STATES = {
    ReviewState.DRAFT: (N_("Draft"), ""),
    ReviewState.IN_REVIEW: (N_("Waits for counsel"), "warn"),
    ReviewState.APPROVED: (N_("Approved"), "ok"),
    ReviewState.PUBLISHED: (N_("In use"), "ok"),
    ReviewState.RETIRED: (N_("Retired"), ""),
}
SEGMENTS = {CustomerKind.BUSINESS: N_("Businesses"), CustomerKind.CONSUMER: N_("Consumers")}


@backoffice.app_template_global()
def channel_word(channel: Channel) -> str:
    return gettext(CHANNELS[channel])


@backoffice.app_template_global()
def purpose_word(purpose: Purpose) -> str:
    return gettext(PURPOSES[purpose])


@backoffice.app_template_global()
def tone_word(tone: Tone) -> str:
    return gettext(TONES[tone])


@backoffice.app_template_global()
def signer_word(signer: Signer) -> str:
    return gettext(SIGNERS[signer])


@backoffice.app_template_global()
def review_word(version: Reviewed) -> tuple[str, str]:
    """A word and its tone."""
    word, tone = STATES[version.state]
    return gettext(word), tone


@backoffice.app_template_global()
def item_heads(language: str) -> tuple[str, str, str]:
    """The heads of a message's table, as its reader has them."""
    with speak(language):
        return gettext("Number"), gettext("Due"), gettext("Open")


@backoffice.app_template_global()
def direction_of(language: str) -> str:
    """Of a text that somebody else will read."""
    return direction(language)


@backoffice.app_template_global()
def step_day(step: Step) -> str:
    """When a step is due, in words."""
    if step.purpose == Purpose.INVOICE:
        return gettext("As soon as it is written")
    if step.counted == Counted.FROM_PREVIOUS:
        return ngettext("%(num)s day after the step before", "%(num)s days after the step before", step.days)
    if step.days < 0:
        return ngettext("%(num)s day before it is due", "%(num)s days before it is due", -step.days)
    if step.days == 0:
        return gettext("On the due date")
    return ngettext("%(num)s day after it was due", "%(num)s days after it was due", step.days)


@backoffice.app_template_global()
def segment_word(sequence: DunningSequence) -> str:
    """For whom a sequence is."""
    if sequence.is_for_everyone:
        return gettext("Everyone")
    whom = gettext(SEGMENTS[sequence.kind]) if sequence.kind else gettext("All customers")
    if not sequence.country:
        return whom
    return gettext("%(whom)s in %(country)s", whom=whom, country=sequence.country)


@backoffice.app_template_global()
def staff_name(staff_id: int | None) -> str:
    """Who it was; what came with the program was nobody."""
    member = staff.find(staff_id) if staff_id else None
    return member.name if member else ""


@backoffice.app_template_global()
def writers_of(version: Reviewed) -> str:
    names = [staff_name(writer) for writer in version.writers]
    return ", ".join(name for name in names if name) or gettext("Came with Duewell")
