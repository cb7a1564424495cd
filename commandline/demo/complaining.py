"""
Where the demonstration's complaints come from, and what was done about them: a first action that failed, a second one
that worked, and one in each other state.
"""

from datetime import UTC, datetime, time
from typing import Any

from commandline.demo import disputing, stories
from commandline.demo.building import Builder
from commandline.demo.disputing import Desk, Item
from commandline.demo.stories import Story
from models import causes, complaints, disputes
from models.complaints import CorrectiveAction, Scope
from models.customers import Customer
from models.disputes import Outcome, Reason, Remedy
from models.dunning import review, templates
from models.dunning.placeholders import Text
from models.policies.sequences import Channel, Purpose, Tone
from models.staff import Principal
from models.transactions import transaction

# Department, who heads it, and its processes with their faults.
TREE: dict[tuple[str, str], dict[str, tuple[str, ...]]] = {
    ("Warehouse", "Jonas Petraitis"): {
        "Packing": ("Not padded", "Counted wrong", "Wrong box"),
        "Loading": ("Left in the rain",),
    },
    ("Sales", "Eglė Šimkutė"): {
        "Offers": ("Old price list",),
        "Orders": ("Place of delivery not asked", "Care not explained"),
    },
    ("Delivery", "Rūta Kazlauskienė"): {"Routes": ("Van too small",)},
    ("Purchasing", ""): {"Suppliers": ("Wood not dried", "Weak switch", "Mixed up by the maker")},
}
PADDED = (268, 226, 219, 214, 207, 201, 195, 188, 181, 174, 166, 158, 72)  # Days ago, one for each of PADDING.
FIRST_JUDGED, SECOND_JUDGED = 149, 49
NIGHT = time(2)  # Before the summaries are written: those are the worker's first work where the demonstration runs.
PRICED = (27, 21, 15, 9)


def complain(builder: Builder, people: dict[str, Principal], café: Customer, *, address: str) -> None:
    """:param address: of the portal, for the links in mails."""
    with transaction():
        made = Desk(builder, people, *_tree(builder, people))
        _rules(made)
        _answers(made)
        padded = _History(made)
        padded.until(FIRST_JUDGED)
        _done(made, 250, 240, "Not padded", "Two strips of tape around each box", "Half as many broken lamps")
    _night(made, FIRST_JUDGED, address)
    with transaction():
        _done(made, 147, 140, "Not padded", "Corner pads and paper in each box", "Next to no broken lamps")
        padded.until(0)
    _night(made, SECOND_JUDGED, address)
    with transaction():
        _prices(made)
        disputing.dispute(made, café)
        _actions(made)
    _night(made, 0, address)


def _tree(builder: Builder, people: dict[str, Principal]) -> tuple[dict[str, int], dict[str, causes.Department]]:
    told: dict[str, Any] = {"by": people["Mindaugas Žukauskas"].actor, "now": builder.at(builder.today)}
    cause_ids, departments = {}, {}
    for (name, head), processes in TREE.items():
        head_id = people[head].staff_id if head else None
        email = f"{name.lower()}@baltic-supply.example"
        departments[name] = causes.add_department(name, email=email, head_id=head_id, **told)
        for process, faults in processes.items():
            for fault in faults:
                cause_ids[fault] = causes.add(departments[name].id, process, fault, **told).id
    return cause_ids, departments


def _rules(desk: Desk) -> None:
    """Prices go to Eglė, damage to Jonas, what is large to a manager; Tomas is away."""
    manager = desk.people["Mindaugas Žukauskas"]
    told: dict[str, Any] = {"by": manager.actor, "now": desk.now(0)}
    sales, warehouse = desk.departments["Sales"], desk.departments["Warehouse"]
    disputes.add_rule(manager.staff_id, least_minor=100_000, **told)
    egle = desk.people["Eglė Šimkutė"].staff_id
    disputes.add_rule(egle, reason=Reason.PRICE, department_id=sales.id, **told)
    disputes.add_rule(desk.clerk.staff_id, reason=Reason.DAMAGED, department_id=warehouse.id, **told)
    disputes.add_absence(desk.people["Tomas Grigas"].staff_id, desk.day(1), desk.day(-6), **told)


def _answers(desk: Desk) -> None:
    """Words for an answer to whom damaged goods came, read by counsel."""
    writer, counsel, now = desk.people["Eglė Šimkutė"], desk.people["Austėja Balčiūnienė"], desk.now(0)
    name = "Packed too lightly"
    draft = templates.add(name, Channel.LETTER, Purpose.OBJECTION, Tone.NEUTRAL, by=writer, now=now, about="damaged")
    for language, said in stories.ANSWERS.items():
        templates.write(draft, language, Text(name, said), by=writer, now=now)
    review.send(draft, by=writer, now=now)
    review.approve(draft, by=counsel, now=now)


class _History:
    """
    Broken lamps over the months, all of them credited; each customer's of some weeks were on one bill. Some wrote to
    us, the others called.
    """

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.left = list(zip(PADDED, stories.PADDING, strict=True))

    def until(self, days_ago: int) -> None:
        items: dict[str, Item] = {}
        while self.left and self.left[0][0] >= days_ago:
            ago, (language, text) = self.left.pop(0)
            if language not in items:
                lamps = sum(said == language and when >= days_ago for when, (said, _) in self.left) + 1
                items[language] = self.desk.bill(language, ago + 7, [(stories.LAMP, lamps)])
            story = Story(ago, stories.LAMP, 1, 4_223, Reason.DAMAGED, Remedy.CREDIT, text)
            case = self.desk.open(language, story, items[language], called=ago % 3 != 0)
            sorry = stories.SORRY[language]
            self.desk.answer(case, ago - 2, Outcome.UPHELD, sorry, "Not padded", credited=story.claimed)


def _prices(desk: Desk) -> None:
    """So many that they raise an alert."""
    for ago, (language, text) in zip(PRICED, stories.PRICES, strict=True):
        story = Story(ago, stories.PAPER, 12, 5_009, Reason.PRICE, Remedy.CREDIT, text)
        case = desk.open(language, story)
        desk.answer(case, ago - 2, Outcome.UPHELD, stories.SORRY[language], "Old price list", credited=story.claimed)


def _propose(
    desk: Desk, ago: int, cause: str, what: str, expected: str, *, due: int, owner: str = ""
) -> CorrectiveAction:
    return complaints.propose(
        desk.cause_ids[cause],
        scope=Scope(),
        what=what,
        expected=expected,
        owner_id=desk.people[owner or "Jonas Petraitis"].staff_id,
        due_on=desk.day(due),
        by=desk.people["Tomas Grigas"],
        **desk.when(ago),
    )


def _agreed(desk: Desk, ago: int, *what: str, due: int, owner: str = "") -> CorrectiveAction:
    action = _propose(desk, ago, *what, due=due, owner=owner)
    complaints.agree(action, by=desk.people["Mindaugas Žukauskas"], now=desk.now(ago - 1))
    return action


def _begun(desk: Desk, ago: int, *what: str, due: int, owner: str = "") -> CorrectiveAction:
    action = _agreed(desk, ago, *what, due=due, owner=owner)
    complaints.begin(action, by=desk.people[owner or "Jonas Petraitis"], now=desk.now(ago - 2))
    return action


def _done(desk: Desk, ago: int, done: int, *what: str, owner: str = "") -> None:
    action = _begun(desk, ago, *what, due=done - 5, owner=owner)
    complaints.finish(action, by=desk.people[owner or "Jonas Petraitis"], **desk.when(done))


def _actions(desk: Desk) -> None:
    """Proposed, agreed, in work and late, done, and dropped; what failed and what worked is history."""
    sales, road = "Eglė Šimkutė", "Rūta Kazlauskienė"
    _propose(desk, 3, "Counted wrong", "Weigh each parcel before it is closed", "Two in three fewer", due=-30)
    _agreed(desk, 12, "Place of delivery not asked", "A field for floor and lift in each order",
            "No complaint about it", due=-21, owner=sales)  # fmt: skip
    _begun(desk, 40, "Left in the rain", "A roof over the second gate", "None in winter", due=4, owner=road)
    _done(desk, 60, 32, "Weak switch", "Another maker for the switches", "Half as many within three months")
    dropped = _propose(desk, 55, "Van too small", "A second van", "Nothing left behind", due=-60, owner=road)
    manager = desk.people["Mindaugas Žukauskas"].actor
    complaints.drop(dropped, "One case in a year does not pay for a van.", by=manager, **desk.when(50))


def _night(desk: Desk, days_ago: int, address: str) -> None:
    """What the worker does by itself: cases are watched and closed, alerts raised, actions judged."""
    day = desk.day(days_ago)
    now = min(datetime.combine(day, NIGHT, tzinfo=UTC), desk.now(days_ago))
    disputes.watch(day, address=address, now=now)
    disputes.close_ended(day, now=now)
    complaints.review(address, now=now)
