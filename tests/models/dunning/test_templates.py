"""What staff may write: named places only, the obligatory ones among them, and nothing that was approved."""

import pytest

from models.dunning import reading, standard, templates
from models.dunning.placeholders import Text, problems
from models.dunning.reviewed import Locked, NotYours
from models.dunning.templates import NameTaken, WordsWrong
from models.policies.sequences import Channel, Purpose, Tone
from models.staff import Principal
from models.transactions import transaction
from models.words import LANGUAGES
from tests.conftest import NOW

GOOD = Text("About {total_due}", "Hello {person},\n\n{items}\n\n{link}\n\nSomething wrong? {help}", "See and pay")


def wrong(text: Text, channel: Channel = Channel.EMAIL, purpose: Purpose = Purpose.REMINDER) -> list[tuple[str, str]]:
    return [(problem.field, str(problem)) for problem in problems(text, channel, purpose)]


def test_a_good_text_is_not_complained_about() -> None:
    assert wrong(GOOD) == []


def test_an_unknown_place_is_named_beside_its_field_with_what_was_meant() -> None:
    assert wrong(Text("About {total_du}", GOOD.body, GOOD.button)) == [
        ("subject", "There is nothing called {total_du}. Did you mean {total_due}?")
    ]
    assert wrong(Text(GOOD.subject, GOOD.body + "\n{xyzzy}", GOOD.button)) == [
        ("body", "There is nothing called {xyzzy}.")
    ]


@pytest.mark.parametrize("code", ["{{ config }}", "{% for x in y %}", "{person.name}", "{person", "{}", "{Person}"])
def test_template_code_is_refused(code: str) -> None:
    assert [field for field, _ in wrong(Text(GOOD.subject, f"{GOOD.body}\n{code}", GOOD.button))] == ["body"]


@pytest.mark.parametrize(
    ("left_out", "said"),
    [
        ("{items}", "The message needs {total_due} or {items}."),
        ("{link}", "The message needs {link}."),
        ("{help}", "Say where to turn when something is wrong or there is not enough money: {help} is missing."),
    ],
)
def test_what_every_reminder_must_say_is_asked_for(left_out: str, said: str) -> None:
    assert wrong(Text(GOOD.subject, GOOD.body.replace(left_out, "…"), GOOD.button)) == [("body", said)]


def test_a_final_notice_names_the_sum_the_items_and_the_day() -> None:
    text = Text("Final notice", "Please pay. {help}")
    missing = [said for _, said in wrong(text, Channel.LETTER, Purpose.FINAL_NOTICE)]
    assert missing == [f"The message needs {{{name}}}." for name in ("total_due", "items", "pay_by")]


def test_nobody_clicks_on_paper_and_a_list_needs_a_line_of_its_own() -> None:
    assert [field for field, _ in wrong(GOOD, Channel.LETTER)] == ["body"]
    in_a_line = Text(GOOD.subject, GOOD.body.replace("{items}", "See {items} here"), GOOD.button)
    assert wrong(in_a_line) == [("body", "{items} needs a line of its own in the message.")]
    assert wrong(Text("{items}", GOOD.body, GOOD.button))[0][0] == "subject"


def test_an_empty_subject_and_a_button_without_words_are_refused() -> None:
    assert [field for field, _ in wrong(Text("", GOOD.body, ""))] == ["subject", "button"]


def test_a_draft_keeps_a_text_only_when_it_is_right(installed: None, writer: Principal) -> None:
    with transaction():
        version = templates.add("Our own", Channel.EMAIL, Purpose.REMINDER, Tone.FIRM, by=writer, now=NOW)
        templates.write(version, "lt", GOOD, by=writer, now=NOW)
    with pytest.raises(WordsWrong) as refused, transaction():
        templates.write(version, "lt", Text("S", "no places", "B"), by=writer, now=NOW)
    assert {problem.field for problem in refused.value.problems} == {"body"}
    assert templates.wording(version).texts == {"lt": GOOD}
    with transaction():
        templates.write(version, "lt", Text("", "", ""), by=writer, now=NOW)
    assert templates.missing_languages(templates.wording(version).texts) == list(LANGUAGES)
    with pytest.raises(NameTaken), transaction():
        templates.add(" Our  own ", Channel.EMAIL, Purpose.REMINDER, Tone.FIRM, by=writer, now=NOW)


def test_what_waits_for_counsel_cannot_be_changed_and_counsel_writes_nothing(
    installed: None, writer: Principal, counsel: Principal
) -> None:
    waiting = standard.waiting()[1]
    before = templates.wording(waiting)
    with pytest.raises(Locked), transaction():
        templates.write(waiting, "en", GOOD, by=writer, now=NOW)
    with pytest.raises(NotYours), transaction():
        templates.write(waiting, "en", GOOD, by=counsel, now=NOW)
    assert templates.wording(waiting) == before


def test_words_are_counted_as_their_readers_count_them() -> None:
    assert reading.length("Don't pay INV-12 twice").words == 4
    assert reading.length("می\u200cخواهیم با شما صحبت کنیم").words == 5
    assert reading.length("Σας ευχαριστούμε, κύριε Παπαδόπουλε").words == 4


def test_shouting_is_remarked_upon() -> None:
    said = [str(remark) for remark in reading.remarks(Text("URGENT!", "{total_due} ΠΛΗΡΩΣΤΕ", ""), Purpose.REMINDER)]
    assert said == ["An exclamation mark sounds like shouting.", "A word in capitals sounds like shouting."]


def test_differences_stand_side_by_side_and_lose_nothing() -> None:
    old, new = "Please pay {total_due} today.\n\nThank you.", "Please pay {total_due} soon.\n\nThank you very much."
    left, right = reading.differences(old, new)
    assert ("".join(piece.text for piece in left), "".join(piece.text for piece in right)) == (old, new)
    assert [piece.text for piece in left if piece.kind == "gone"] == ["today.", "you."]
    assert [piece.text for piece in right if piece.kind == "come"] == ["soon.", "you very much."]
