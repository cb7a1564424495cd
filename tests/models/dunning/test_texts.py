"""Every standard text, in every language, with ordinary and with extreme values."""

from commandline.demo import reminders
from models import company
from models.dunning import sequences, standard, templates
from models.staff import Principal
from models.transactions import transaction
from tests.conftest import NOW


def test_the_standard_is_put_in_once_and_waits_for_counsel(installed: None) -> None:
    with transaction():
        assert not standard.ensure(now=NOW)
    assert sequences.live() == []
    assert templates.live() == {}
    assert len(standard.waiting()) == len(standard.TEMPLATES)


def test_approved_by_counsel_and_published_by_a_second_person_it_is_in_use(
    installed: None, counsel: Principal, manager: Principal
) -> None:
    with transaction():
        company.locked().law_firm = "Law & Sons\nMain Street 1"
        reminders.put_in_use(counsel, manager, now=NOW)
    (segment,) = sequences.live()
    assert [step.days for step in segment.sequence.steps] == [days for days, *_ in standard.STEPS]
    assert sequences.at_version(segment.sequence.version_id) == segment.sequence
    assert {step.template_id for step in segment.sequence.steps if step.template_id} <= set(templates.live())
