"""Who follows which sequence, and which step is which from version to version."""

from dataclasses import replace

import pytest

from commandline.demo import reminders
from models import company
from models.customers import CustomerKind
from models.dunning import review, sequences
from models.dunning.reviewed import Locked
from models.dunning.sequences import SegmentTaken
from models.policies.sequences import Counted
from models.staff import Principal
from models.transactions import transaction
from tests.conftest import NOW


@pytest.fixture
def in_use(installed: None, counsel: Principal, manager: Principal) -> None:
    with transaction():
        company.locked().law_firm = "Law & Sons\nMain Street 1"
        reminders.put_in_use(counsel, manager, now=NOW)


def publish(
    name: str, kind: CustomerKind | None, country: str, writer: Principal, counsel: Principal, manager: Principal
) -> None:
    with transaction():
        version = sequences.add(name, kind, country, by=writer, now=NOW)
        review.send(version, by=writer, now=NOW)
        review.approve(version, by=counsel, now=NOW)
        review.publish(version, by=manager, now=NOW)


def test_each_customer_follows_the_sequence_that_names_them_most_closely(
    in_use: None, writer: Principal, counsel: Principal, manager: Principal
) -> None:
    people = (writer, counsel, manager)
    publish("Consumers", CustomerKind.CONSUMER, "", *people)
    publish("Businesses", CustomerKind.BUSINESS, "", *people)
    publish("Greece", None, "GR", *people)
    publish("Consumers in Greece", CustomerKind.CONSUMER, "GR", *people)
    followed = {
        (kind.value, country): sequences.live_for(kind, country).name
        for kind in (CustomerKind.BUSINESS, CustomerKind.CONSUMER, CustomerKind.UNKNOWN)
        for country in ("GR", "LT")
    }
    assert followed == {
        ("business", "GR"): "Greece",
        ("business", "LT"): "Businesses",
        ("consumer", "GR"): "Consumers in Greece",
        ("consumer", "LT"): "Consumers",
        ("unknown", "GR"): "Consumers in Greece",
        ("unknown", "LT"): "Consumers",
    }
    with pytest.raises(SegmentTaken), transaction():
        sequences.add("Greece again", None, "GR", by=writer, now=NOW)


def test_a_step_stays_the_same_step_when_the_sequence_is_changed_around_it(in_use: None, writer: Principal) -> None:
    [everyone] = sequences.every()
    before = sequences.live()[0].sequence.steps
    with transaction():
        version = sequences.draft(everyone, by=writer, now=NOW)
    assert sequences.at_version(version.id).steps == before
    new = replace(before[-1], id=0, days=7, counted=Counted.FROM_PREVIOUS)
    twice = replace(before[5], days=8)
    with transaction():
        sequences.write(version, [before[5], before[3], new, twice], by=writer, now=NOW)
    after = sequences.at_version(version.id).steps
    assert [step.id for step in after[:2]] == [before[5].id, before[3].id]
    assert [step.position for step in after] == [0, 1, 2, 3]
    known = {step.id for step in before}
    assert after[2].id not in known
    assert after[3].id not in known, "one id twice: the second is a step of its own"
    assert sequences.live()[0].sequence.steps == before


def test_a_step_of_nobody_is_a_new_one(in_use: None, writer: Principal) -> None:
    [everyone] = sequences.every()
    with transaction():
        version = sequences.draft(everyone, by=writer, now=NOW)
        step = sequences.at_version(version.id).steps[1]
        sequences.write(version, [replace(step, id=987_654)], by=writer, now=NOW)
    [kept] = sequences.at_version(version.id).steps
    assert kept.id not in (987_654, step.id)


def test_what_is_in_use_cannot_be_changed(in_use: None, writer: Principal) -> None:
    [everyone] = sequences.every()
    version = sequences.live_version(everyone.id)
    with pytest.raises(Locked), transaction():
        sequences.write(version, [], by=writer, now=NOW)
