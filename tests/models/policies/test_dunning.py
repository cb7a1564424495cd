"""Who is reminded of what: the complaints about other systems, and the edges of the law, one by one."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from types import MappingProxyType

import pytest

from models.policies.calling_hours import Quiet, daytime, zones_of
from models.policies.contact_limits import OURS, Contacted, call_refused, limits_of, pack
from models.policies.dunning import (
    Claim,
    Decision,
    Facts,
    Item,
    Person,
    WentOut,
    ahead,
    decide,
    decide_single,
    rechecking,
)
from models.policies.dunning.for_customers import CUSTOMERS
from models.policies.dunning.for_staff import STAFF
from models.policies.dunning.rechecking import Planned
from models.policies.dunning.statements import cohort_of, week_of
from models.policies.holding import STOPS
from models.policies.sequences import Channel, Counted, Purpose, Sequence, Signer, Step, Tone

MONDAY = date(2026, 11, 23)
NIGHT = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)  # 02:00 in Vilnius.
NONE: Mapping[str, int] = MappingProxyType({})


def step(
    position: int,
    days: int,
    purpose: Purpose = Purpose.REMINDER,
    channel: Channel = Channel.EMAIL,
    **more: object,
) -> Step:
    counted = more.pop("counted", Counted.FROM_DUE)
    return Step(
        position + 1, position, days, counted, channel, purpose, position + 1, Tone.NEUTRAL, Signer.COMPANY, **more
    )


PLAIN = Sequence(
    1,
    "Everyone",
    1,
    (
        step(0, -5),
        step(1, 1, pay_by_days=7),
        step(2, 7),
        step(3, 14),
        step(4, 30),
        step(5, 37, Purpose.FINAL_NOTICE, Channel.LETTER, pay_by_days=10),
        step(6, 47, Purpose.STOP_SERVICE, Channel.TASK),
        step(7, 51, Purpose.LAW_FIRM, Channel.LETTER),
    ),
)


def item(late: int, minor: int = 10_000, *, entry: int = 1, currency: str = "EUR", **more: object) -> Item:
    due_on = MONDAY - timedelta(days=late)
    facts = {"recorded_on": MONDAY - timedelta(days=90), **more}
    return Item(7, entry, f"A-{entry}", currency, minor, facts.pop("due_on", due_on), **facts)


def facts(*items: Item, **more: object) -> Facts:
    known: dict[str, object] = {
        **{"customer_id": 7, "kind": "business", "country": "LT", "zones": ("Europe/Vilnius",), "postal": True},
        **{"credits": NONE, "claims": (), "lines": (), "log": (), "people": (Person(1, "ap@example.test"),)},
        **{"sequence": PLAIN, "limits": OURS, "company_currency": "EUR", "company_zone": "Europe/Vilnius"},
    }
    return Facts(items=items, **{**known, **more})


def at(known: Facts, day: date = MONDAY, moment: datetime | None = None) -> Decision:
    return decide(known, day, moment or NIGHT + (day - MONDAY))


def steps_of(decision: Decision) -> dict[int, int | None]:
    """By entry: the position of the step that goes for it; none where it is only listed."""
    assert decision.send
    return {one.item.entry_id: one.step.position if one.step else None for one in decision.send.asked}


def rules(decision: Decision) -> set[str]:
    return {spoke.rule for spoke in decision.rules}


def went(entry: int, step_id: int, days_ago: int, occurrence: int = 1) -> WentOut:
    return WentOut(entry, step_id, occurrence, MONDAY - timedelta(days=days_ago))


def contact(days_ago: int, channel: str = "email", *, spoke: bool = False) -> Contacted:
    day = MONDAY - timedelta(days=days_ago)
    return Contacted(datetime.combine(day, time(9), UTC), day, channel, spoke=spoke)


def claim(kind: str, entry: int | None = 1, minor: int | None = None, days: int | None = None) -> Claim:
    until = MONDAY + timedelta(days=days) if days is not None else None
    return Claim(kind, entry, "EUR" if entry else None, minor, MONDAY - timedelta(days=2), until)


def test_one_message_lists_all_items_at_the_highest_step_net_of_credit_and_holds() -> None:
    known = facts(
        *(item(8), item(1, 5_000, entry=2), item(40, 900, entry=3), item(2, 7_000, entry=4)),
        credits=MappingProxyType({"EUR": 1_900}),
        claims=(claim("promise", 4, days=5), claim("already_paid", 2, 2_000)),
        lines=(went(3, 5, 9),),
    )
    decision = at(known)
    assert steps_of(decision) == {1: 2, 2: 1}
    assert [(one.item.entry_id, one.minor) for one in decision.send.asked] == [(1, 9_000), (2, 3_000)]
    assert [total.minor for total in decision.send.totals] == [12_000]
    assert {"held.promise", "held.already_paid", "credited", "sends.email"} <= rules(decision)


def test_what_was_reminded_of_before_is_listed_beside_what_is_due() -> None:
    known = facts(item(8), item(40, entry=3), lines=(went(3, 5, 6),))
    assert steps_of(at(known)) == {1: 2, 3: None}
    before = facts(item(-4), item(40, entry=3), lines=(went(3, 5, 6),))
    assert steps_of(at(before)) == {1: 0}, "a friendly word before the due date is no reminder of what is late"


@pytest.mark.parametrize(("late", "position"), [(-6, None), (-5, 0), (0, 0), (1, 1), (6, 1), (7, 2), (29, 3), (200, 4)])
def test_a_missed_run_catches_up_with_the_newest_step_alone(late: int, position: int | None) -> None:
    decision = at(facts(item(late)))
    assert (steps_of(decision)[1] if decision.send else None) == position


def test_what_was_passed_over_never_goes_afterwards() -> None:
    known = facts(item(20), lines=(went(1, 4, 4),))
    assert at(known).send is None
    assert {"went", "not_yet"} <= rules(at(known))


def test_steps_that_decide_come_one_after_another_however_late_the_run() -> None:
    """Nobody gets a lawyer's letter because a worker stood still."""
    late = item(200)
    assert steps_of(at(facts(late))) == {1: 4}
    assert at(facts(late, lines=(went(1, 5, 6),))).send is None
    final = at(facts(late, lines=(went(1, 5, 7),)))
    assert (steps_of(final), final.send.channel) == ({1: 5}, Channel.LETTER)
    stop = at(facts(late, lines=(went(1, 5, 20), went(1, 6, 10))))
    assert [raised.kind for raised in stop.tasks] == ["stop_service"]
    assert at(facts(late, lines=(went(1, 5, 20), went(1, 6, 10), went(1, 7, 3)))).send is None
    assert steps_of(at(facts(late, lines=(went(1, 5, 20), went(1, 6, 10), went(1, 7, 4))))) == {1: 7}


def test_the_end_of_a_sequence_is_a_task_once() -> None:
    lines = (went(1, 5, 40), went(1, 6, 30), went(1, 7, 20), went(1, 8, 7))
    assert [raised.kind for raised in at(facts(item(200), lines=lines)).tasks] == ["sequence_ended"]
    assert at(facts(item(200), lines=(*lines[:3], went(1, 8, 6)))).tasks == ()
    over = at(facts(item(200), lines=(*lines, went(1, 0, 1))))
    assert (over.tasks, "ended" in rules(over)) == ((), True)


def test_a_step_repeats_as_often_as_it_may_and_after_its_days() -> None:
    repeated = Sequence(1, "R", 1, (step(0, 1, most_times=2, repeat_days=10), step(1, 90)))
    assert at(facts(item(20), sequence=repeated, lines=(went(1, 1, 9),))).send is None
    again = at(facts(item(20), sequence=repeated, lines=(went(1, 1, 10),)))
    assert again.send.asked[0].occurrence == 2
    assert at(facts(item(40), sequence=repeated, lines=(went(1, 1, 30), went(1, 1, 20, 2)))).send is None


def test_a_step_counts_from_the_one_before_it() -> None:
    chained = Sequence(1, "C", 1, (step(0, 1), step(1, 6, counted=Counted.FROM_PREVIOUS)))
    assert at(facts(item(30), sequence=chained, lines=(went(1, 1, 5),))).send is None
    assert steps_of(at(facts(item(30), sequence=chained, lines=(went(1, 1, 6),)))) == {1: 1}


def test_new_and_migrated_invoices_have_a_grace_after_the_first_delivery() -> None:
    assert rules(at(facts(item(40, recorded_on=MONDAY - timedelta(days=6))))) == {"grace"}
    assert at(facts(item(40, recorded_on=MONDAY - timedelta(days=7)))).send
    zero = Sequence(1, "Z", 1, (step(0, -365, Purpose.INVOICE), replace(step(1, 1))))
    delivered = facts(item(6), sequence=zero, lines=(went(1, 1, 6),))
    assert rules(at(delivered)) == {"grace"}


def test_step_zero_brings_a_complete_invoice_before_it_is_due_and_never_in_a_reminder() -> None:
    zero = Sequence(1, "Z", 1, (step(0, -365, Purpose.INVOICE), step(1, -5), step(2, 7)))
    new = item(-20, recorded_on=MONDAY, complete=True)
    assert steps_of(at(facts(new, sequence=zero))) == {1: 0}
    assert at(facts(replace(new, complete=False), sequence=zero)).send is None
    assert at(facts(replace(new, due_on=MONDAY - timedelta(days=1)), sequence=zero)).send is None
    both = facts(item(7, entry=2), new, sequence=zero)
    assert steps_of(at(both)) == {2: 2}
    opted_out = facts(new, sequence=zero, people=(Person(1, "a@example.test", opted_out=True),), log=(contact(1),))
    assert steps_of(at(opted_out)) == {1: 0}, "an invoice is no reminder"


def test_no_due_date_no_reminder_but_an_exception() -> None:
    decision = at(facts(item(9, due_on=None)))
    assert (decision.send, [raised.kind for raised in decision.tasks]) == (None, ["no_due_date"])


def test_a_step_is_left_out_below_its_smallest_amount_in_the_companys_currency() -> None:
    small = Sequence(1, "S", 1, (step(0, 1), step(1, 7, smallest_minor=20_000)))
    assert steps_of(at(facts(item(8, 19_999), sequence=small))) == {1: 0}
    assert steps_of(at(facts(item(8, 19_000), item(3, 1_000, entry=2), sequence=small))) == {1: 1, 2: 0}
    assert steps_of(at(facts(item(8, 5, currency="USD"), sequence=small))) == {1: 1}, "not comparable, so not left out"


def test_a_hold_over_the_whole_account_silences_everything_until_it_ends() -> None:
    held = facts(item(8), claims=(claim("cease_contact", None, days=1),))
    assert (at(held).send, rules(at(held))) == (None, {"held.cease_contact"})
    assert at(held, MONDAY + timedelta(days=1)).send


def test_a_call_task_is_raised_beside_a_message() -> None:
    calls = Sequence(1, "C", 1, (step(0, -4, Purpose.CALL, Channel.TASK), step(1, 7)))
    decision = at(facts(item(-3), item(8, entry=2), sequence=calls))
    assert ([raised.kind for raised in decision.tasks], steps_of(decision)) == (["call"], {2: 1})


def test_a_gap_and_a_weeks_most_count_every_channel_but_no_call_that_nobody_took() -> None:
    assert rules(at(facts(item(8), log=(contact(2),)))) >= {"gap"}
    assert at(facts(item(8), log=(contact(3),))).send
    assert rules(at(facts(item(8), log=(contact(3, "letter"), contact(6, "call", spoke=True))))) >= {"week"}
    assert at(facts(item(8), log=(contact(1, "call"), contact(0, "call")))).send


def test_after_an_opt_out_what_is_late_goes_by_letter_and_what_is_friendly_not_at_all() -> None:
    out = (Person(1, "a@example.test", opted_out=True), Person(2, "b@example.test"))
    assert at(facts(item(8), people=out)).send.person_id == 2
    consumer = at(facts(item(8), people=out, kind="consumer"))
    assert (consumer.send.channel, "opted_out" in rules(consumer)) == (Channel.LETTER, True)
    assert rules(at(facts(item(-4), people=out[:1]))) == {"opted_out", "friendly_not_by_post"}
    nowhere = at(facts(item(8), people=out[:1], postal=False))
    assert (nowhere.send, [raised.kind for raised in nowhere.tasks]) == (None, ["no_address"])
    dead = at(facts(item(8), people=(Person(1, "a@example.test", stopped=True),)))
    assert (dead.send.channel, "address_stopped" in rules(dead)) == (Channel.LETTER, True)


def test_old_bank_money_stops_the_run_and_none_recorded_does_not() -> None:
    until = MONDAY - timedelta(days=8)
    assert rules(at(facts(item(8), bank_money_until=until, bank_money_days=7))) == {"bank_money_old"}
    assert at(facts(item(8), bank_money_until=until + timedelta(days=1), bank_money_days=7)).send
    assert at(facts(item(8), bank_money_days=7)).send


def test_what_is_decided_at_night_waits_for_the_morning_and_weekends_for_monday() -> None:
    assert at(facts(item(8))).send.opens_at == datetime(2026, 11, 23, 6, tzinfo=UTC)
    saturday = at(facts(item(8)), MONDAY + timedelta(days=5))
    assert (saturday.send, "closed" in rules(saturday)) == (None, True)
    holiday = at(facts(item(8), holidays=frozenset({MONDAY})))
    assert (holiday.send, "closed" in rules(holiday)) == (None, True)
    quiet = facts(item(8), people=(Person(1, "a@example.test", quiet=Quiet(time(22), time(11))),))
    assert at(quiet).send.opens_at == datetime(2026, 11, 23, 9, tzinfo=UTC)


def test_conflicting_zones_are_written_to_where_both_are_awake() -> None:
    """An Eastern mobile and a Pacific home: 11:00 to 21:00 Eastern, as Regulation F has it."""
    law = limits_of("US", "consumer", MONDAY, replace(OURS, opens=time(0), closes=time.max))
    hours = daytime(("America/New_York", "America/Los_Angeles"), "US", law, company_zone="Europe/Vilnius")
    eastern = [
        hour for hour in range(24) if hours.open_at(datetime(2026, 11, 23, 5, tzinfo=UTC) + timedelta(hours=hour))
    ]
    assert eastern == list(range(11, 21))


def test_an_unknown_zone_is_nine_to_six_in_every_zone_of_the_country() -> None:
    unknown = daytime((), "US", OURS, company_zone="Europe/Vilnius")
    assert set(unknown.zones) == set(zones_of("US"))
    assert unknown.next_open(NIGHT) == datetime(2026, 11, 23, 19, tzinfo=UTC)  # Nine in Honolulu and on the Aleutians.
    known = daytime((), "LT", OURS, company_zone="Europe/Vilnius")
    assert known.next_open(NIGHT) == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert daytime((), "", OURS, company_zone="Europe/Vilnius").zones == ("Europe/Vilnius",)
    assert daytime((), "RU", OURS, company_zone="Europe/Vilnius").next_open(NIGHT) is None


@pytest.mark.parametrize(("late", "goes"), [(0, True), (1, False), (10, False), (11, True)])
def test_greek_consumers_have_ten_days_after_the_due_date(late: int, goes: bool) -> None:
    known = facts(item(late), country="GR", kind="unknown", limits=limits_of("GR", "unknown", MONDAY))
    assert (at(known).send is not None) is goes
    assert at(replace(known, kind="business", limits=limits_of("GR", "business", MONDAY))).send


def test_seven_calls_in_seven_days_and_none_after_a_conversation() -> None:
    law = limits_of("US", "consumer", MONDAY)
    seven = [contact(day, "call") for day in range(7)]
    assert call_refused(seven, law, MONDAY).rule == "calls"
    assert call_refused([*seven[:6], contact(7, "call")], law, MONDAY) is None
    spoke = {day: call_refused([contact(day, "call", spoke=True)], law, MONDAY) for day in (6, 7, 8)}
    assert {day: refused and refused.rule for day, refused in spoke.items()} == {6: "conversation", 7: None, 8: None}


def test_a_statement_goes_once_in_four_weeks_unless_a_reminder_went_that_week() -> None:
    quiet = facts(item(-60), statements=True)
    weeks = [MONDAY + timedelta(weeks=number) for number in range(8)]
    sent = [at(replace(quiet, holidays=frozenset()), day).send for day in weeks]
    mine = [week_of(day) % 4 == cohort_of(7) for day in weeks]
    assert [bool(send) for send in sent] == mine
    assert mine.count(True) == 2
    day = weeks[mine.index(True)]
    wednesday = day + timedelta(days=2)
    beside = replace(quiet, log=(Contacted(datetime.combine(day, time(9), UTC), day, "email"),))
    assert "statement_not_beside" in rules(at(beside, wednesday))
    assert len({cohort_of(customer) for customer in range(1, 20)}) == 4


def test_what_changed_before_it_goes_keeps_it_back() -> None:
    known = facts(item(8))
    planned = Planned(5, Purpose.REMINDER, 1, {1: 10_000})
    morning = datetime(2026, 11, 23, 8, tzinfo=UTC)

    def verdict(changed: Facts, moment: datetime = morning) -> str:
        found = rechecking.recheck(changed, planned, MONDAY, moment)
        return found.against.rule if found.against else "waits" if found.wait_until else "goes"

    own = Contacted(morning, MONDAY, "email", message_id=5)
    assert verdict(replace(known, log=(own,))) == "goes"
    assert verdict(replace(known, items=(item(8, 9_999),))) == "paid"
    assert verdict(replace(known, items=())) == "paid"
    assert verdict(replace(known, claims=(claim("promise", days=3),))) == "held.promise"
    assert verdict(replace(known, people=(Person(1, "a@example.test", opted_out=True),))) == "opted_out"
    assert verdict(replace(known, people=())) == "address_stopped"
    assert verdict(replace(known, log=(own, contact(0, "call", spoke=True)))) == "gap"
    assert verdict(known, datetime(2026, 11, 23, 19, tzinfo=UTC)) == "waits"


def test_the_days_ahead_go_on_from_what_would_have_gone() -> None:
    money = {"bank_money_until": MONDAY - timedelta(days=1), "bank_money_days": 7}
    days = list(
        ahead.days_ahead(facts(item(-6), **money), MONDAY, days=30, moment_of=lambda day: NIGHT + (day - MONDAY))
    )
    sent = {(one.day - MONDAY).days: steps_of(one.decision)[1] for one in days if one.decision.send}
    assert sent == {1: 0, 7: 1, 14: 2, 21: 3}


def test_every_number_of_every_pack_names_its_source_and_the_day_it_was_read() -> None:
    for name in ("default", "gr", "us", "gb", "lt", "pl", "cz"):
        assert pack(name)
        assert all(rule.source and isinstance(rule.read_on, date) for rule in pack(name))
    assert pack("zz") == pack("../gr") == ()


def test_every_rule_has_a_sentence_for_staff_and_a_kind_one_for_the_customer() -> None:
    assert set(STAFF) == set(CUSTOMERS)
    assert all((*STAFF.values(), *CUSTOMERS.values()))
    assert {f"held.{kind}" for kind in STOPS} <= set(STAFF)


def by_hand(known: Facts, template_id: int = 3, moment: datetime = NIGHT + timedelta(hours=7)) -> Decision:
    return decide_single(known, template_id, moment.date(), moment)


def test_a_message_by_hand_asks_for_what_its_words_are_about_and_is_signed_by_accounts_receivable() -> None:
    known = facts(item(8, entry=1), item(-9, entry=2), item(-9, entry=3), item(-20, entry=4), item(3, entry=5))
    late, before = by_hand(known).send, by_hand(known, 1).send
    assert late
    assert [one.item.entry_id for one in late.asked] == [1, 5]
    assert {one.step for one in late.asked} == {None}
    assert (late.step.signer, late.pay_by, late.person_id) == (Signer.COLLECTOR, MONDAY + timedelta(days=7), 1)
    assert before
    assert [one.item.entry_id for one in before.asked] == [2, 3]
    unused = by_hand(replace(known, sequence=None), 99).send
    assert unused
    assert unused.asked == late.asked
    assert rules(by_hand(facts(item(-9)))) == {"not_what_words_say"}


@pytest.mark.parametrize(
    ("more", "rule"),
    [
        ({"claims": (Claim("cease_contact", None, None, None, MONDAY, None),)}, "held.cease_contact"),
        ({"claims": (Claim("promise", None, "EUR", 10_000, MONDAY, None),)}, "held.promise"),
        ({"credits": {"EUR": 10_000}}, "credited"),
        ({"bank_money_until": date(2026, 11, 2), "bank_money_days": 7}, "bank_money_old"),
        ({"log": (Contacted(NIGHT, MONDAY - timedelta(days=2), "call", spoke=True),)}, "gap"),
        ({"log": (Contacted(NIGHT, MONDAY - timedelta(days=4), "letter"),) * 2}, "week"),
        ({"people": (Person(1, "a@example.test", opted_out=True),)}, "opted_out"),
        ({"people": (Person(1, "a@example.test", stopped=True),)}, "address_stopped"),
        ({"people": (Person(1, "a@example.test", by_letter=True),)}, "wants_letters"),
        ({"people": ()}, "no_mail_address"),
        ({"zones": ("Asia/Tokyo", "America/Los_Angeles", "Europe/Vilnius")}, "never_open"),
    ],
)
def test_what_binds_a_run_binds_a_message_by_hand(more: dict[str, object], rule: str) -> None:
    decision = by_hand(facts(item(8), **more))
    assert decision.send is None
    assert decision.rules[0].rule == rule


def test_a_message_by_hand_waits_as_long_as_it_must() -> None:
    friday = datetime(2026, 11, 20, 19, tzinfo=UTC)
    decision = by_hand(facts(item(8)), moment=friday)
    assert decision.send
    assert decision.send.opens_at == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert rules(decision) == {"closed"}
    assert rules(by_hand(facts(item(8)))) == set()
