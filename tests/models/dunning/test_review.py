"""Counsel reads, a second person publishes, and nobody decides about their own."""

from dataclasses import replace
from datetime import timedelta

import pytest

from commandline.demo import reminders
from models import company
from models.dunning import review, sequences, standard, templates
from models.dunning.review import NotReady
from models.dunning.reviewed import CommentMissing, Locked, NotYours, ReviewState
from models.dunning.sequences import SequenceVersion
from models.dunning.templates import TemplateVersion
from models.policies.permissions import Role
from models.policies.sequences import Channel, Purpose, Tone
from models.staff import Principal
from models.states import IllegalTransition
from models.transactions import transaction
from tests.conftest import NOW

LATER = NOW + timedelta(days=3)


@pytest.fixture
def in_use(installed: None, counsel: Principal, manager: Principal) -> None:
    with transaction():
        company.locked().law_firm = "Law & Sons\nMain Street 1"
        reminders.put_in_use(counsel, manager, now=NOW)


def changed_words(key: str, writer: Principal) -> TemplateVersion:
    """A draft in which the English subject differs."""
    template = next(one for one in templates.every() if one.key == key)
    with transaction():
        version = templates.draft(template, by=writer, now=LATER)
        text = templates.wording(version).texts["en"]
        templates.write(version, "en", replace(text, subject="Please look: {total_due}"), by=writer, now=LATER)
    return version


def test_every_step_of_the_tables_and_no_other_can_be_gone() -> None:
    for kind in (TemplateVersion, SequenceVersion):
        for source, targets in kind.TRANSITIONS.items():
            for target in ReviewState:
                version = kind(state=source)
                if target in targets:
                    version.move_to(target)
                    assert version.state == target
                else:
                    with pytest.raises(IllegalTransition):
                        version.move_to(target)


def test_words_are_in_use_once_counsel_has_approved_them_and_those_before_are_retired(
    in_use: None, writer: Principal, counsel: Principal
) -> None:
    version = changed_words("after_7", writer)
    before = templates.live()[version.template_id]
    with transaction():
        review.send(version, by=writer, now=LATER)
    assert templates.live()[version.template_id] == before
    with transaction():
        review.approve(version, by=counsel, now=LATER, comment="Kind and clear.")
    now_live = templates.live()[version.template_id]
    assert (now_live.number, now_live.texts["en"].subject) == (2, "Please look: {total_due}")
    assert (version.decided_by, version.decided_at, version.comment) == (counsel.staff_id, LATER, "Kind and clear.")
    # What was sent on a day before is explained by the words of that day.
    assert templates.live(NOW + timedelta(days=1))[version.template_id] == before
    assert templates.live(LATER)[version.template_id] == now_live
    assert templates.wording_of(before.version_id) == before
    with pytest.raises(Locked), transaction():
        templates.write(version, "en", now_live.texts["en"], by=writer, now=LATER)


def test_nobody_approves_words_of_their_own_and_who_wrote_them_is_not_forgotten(
    in_use: None, writer: Principal, counsel: Principal
) -> None:
    version = changed_words("after_7", writer)
    with transaction():
        review.send(version, by=writer, now=LATER)
    became_counsel = replace(writer, role=Role.COUNSEL)
    assert not review.may_decide(version, became_counsel)
    for no in (writer, became_counsel):
        with pytest.raises(NotYours), transaction():
            review.approve(version, by=no, now=LATER)
    assert templates.live()[version.template_id].number == 1


def test_sent_back_with_a_comment_it_is_a_draft_again(in_use: None, writer: Principal, counsel: Principal) -> None:
    version = changed_words("after_7", writer)
    with transaction():
        review.send(version, by=writer, now=LATER)
    with pytest.raises(CommentMissing), transaction():
        review.send_back(version, by=counsel, now=LATER, comment="  ")
    with transaction():
        review.send_back(version, by=counsel, now=LATER, comment="Name the day.")
    assert (version.state, version.comment) == (ReviewState.DRAFT, "Name the day.")
    with pytest.raises(IllegalTransition), transaction():
        review.approve(version, by=counsel, now=LATER)


def test_counsel_can_stop_words_at_once_and_says_why(in_use: None, counsel: Principal) -> None:
    template = templates.every()[1]
    with pytest.raises(CommentMissing), transaction():
        review.retire(templates.live_version(template.id), by=counsel, now=LATER, comment="")
    with transaction():
        review.retire(templates.live_version(template.id), by=counsel, now=LATER, comment="The law has changed.")
    assert template.id not in templates.live()
    assert template.id in templates.live(NOW)


def test_an_empty_draft_is_not_sent_to_counsel(installed: None, writer: Principal) -> None:
    with transaction():
        version = templates.add("Ours", Channel.EMAIL, Purpose.REMINDER, Tone.FIRM, by=writer, now=NOW)
    with pytest.raises(NotReady) as refused, transaction():
        review.send(version, by=writer, now=NOW)
    assert [str(reason) for reason in refused.value.reasons] == ["There is no text in it yet."]


def test_a_sequence_is_published_by_somebody_who_did_not_write_it(
    in_use: None, writer: Principal, counsel: Principal, manager: Principal
) -> None:
    [everyone] = sequences.every()
    corrector = replace(manager, staff_id=manager.staff_id + 100)
    with transaction():
        version = sequences.draft(everyone, by=writer, now=LATER)
        sequences.write(version, sequences.at_version(version.id).steps[:3], by=corrector, now=LATER)
        review.send(version, by=writer, now=LATER)
    with pytest.raises(IllegalTransition), transaction():
        review.publish(version, by=manager, now=LATER)
    with transaction():
        review.approve(version, by=counsel, now=LATER)
    for no in (writer, corrector, counsel):
        assert not review.may_publish(version, no)
        with pytest.raises(NotYours), transaction():
            review.publish(version, by=no, now=LATER)
    assert review.waiting_sequences() == [(everyone, version)]
    with transaction():
        review.publish(version, by=manager, now=LATER)
    assert [len(segment.sequence.steps) for segment in sequences.live()] == [3]
    assert [len(segment.sequence.steps) for segment in sequences.live(NOW)] == [len(standard.STEPS)]
    assert version.published_by == manager.staff_id


def test_what_stands_against_publishing_is_said_in_sentences(
    installed: None, writer: Principal, counsel: Principal, manager: Principal
) -> None:
    """Nothing is approved, a day to pay by is named and not given, nobody names a law firm, a language is missing."""
    [everyone] = sequences.every()
    version = sequences.versions(everyone.id)[0]
    with transaction():
        for one in standard.waiting()[1:]:
            review.approve(one, by=counsel, now=NOW)
        review.approve(version, by=counsel, now=NOW)
    steps = sequences.at_version(version.id).steps
    late = next(step for step in steps if step.days == 7)
    value = replace(sequences.at_version(version.id), steps=[steps[0], replace(late, pay_by_days=None), steps[10]])
    said = templates.live()
    lacking = replace(said[late.template_id], texts={"en": said[late.template_id].texts["en"]})
    reasons = [str(one) for one in review.why_not(value, {**said, late.template_id: lacking}, company.get())]
    assert reasons[0] == "Step 1: the words of “Your invoice” are not approved."
    assert "Step 6: “A week late” has no text in فارسی." in reasons
    assert "Step 6: “A week late” names a day to pay by, and the step gives none." in reasons
    assert reasons[-1] == "Step 11: the company names no law firm. An administrator can add it."
    with pytest.raises(NotReady), transaction():
        review.publish(version, by=manager, now=NOW)
    assert sequences.live() == []


def test_an_approved_sequence_goes_back_when_who_should_publish_it_sees_a_fault(
    installed: None, counsel: Principal, manager: Principal
) -> None:
    version = standard.sequence_version()
    with transaction():
        review.approve(version, by=counsel, now=NOW)
        review.send_back(version, by=manager, now=NOW, comment="Too early.")
    assert version.state == ReviewState.DRAFT
