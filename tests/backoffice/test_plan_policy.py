"""What may be offered, on its pages: edited by buttons, tried on a quarter, published by a second person."""

import re
from collections.abc import Callable
from datetime import date

from flask.testing import FlaskClient

from models.plans import policies
from models.policies.permissions import Role
from tests.making import Maker

AsRole = Callable[[Role], FlaskClient]
ADDRESS = "/staff/plans/policy/2"


def typed(client: FlaskClient) -> dict[str, str]:
    """What the form of rules holds, as a browser would send it back."""
    page = client.get(f"{ADDRESS}/rules").text
    fields = {}
    for tag in re.findall(r'<input[^>]* name="rules-[^>]+>', page):
        name, value = re.search(r' name="([^"]+)"', tag)[1], re.search(r' value="([^"]*)"', tag)
        if 'type="checkbox"' not in tag or " checked" in tag:
            fields[name] = value[1] if value else ""
    for name, choices in re.findall(r'<select[^>]* name="(rules-[^"]+)"[^>]*>(.*?)</select>', page, re.DOTALL):
        fields[name] = re.search(r'selected value="([^"]*)"', choices)[1]
    return fields


def rules() -> list[tuple[int, str, int]]:
    version = policies.version(2)
    return [(rule.id, rule.name, rule.terms.most) for rule in policies.value(version).rules]


def test_rules_are_added_moved_and_removed_by_buttons_that_keep_what_was_typed(as_role: AsRole) -> None:
    desk = as_role(Role.FINANCE)
    before = policies.in_force().rules
    assert desk.post("/staff/plans/policy/draft").location == ADDRESS
    address = f"{ADDRESS}/rules"
    assert desk.post(address, data={**typed(desk), "do": "save"}).location == ADDRESS
    assert policies.value(policies.version(2)).rules == before
    assert "Nothing differs." in desk.get(ADDRESS).text
    answer = desk.post(address, data={**typed(desk), "rules-0-most": "18", "do": "add"})
    assert answer.location == f"{address}#rule-2"
    assert rules()[0] == (before[0].id, "Everyone", 18)
    page = desk.get(ADDRESS).text
    assert "Rule 2 is never reached: rule 1 takes all its cases." in page
    assert "<del>2 to 12 payments</del> <ins>2 to 18 payments</ins>" in page
    new = {"rules-1-name": "Firms", "rules-1-kind": "business", "rules-1-end": "1,000.50", "do": "up-1"}
    assert desk.post(address, data={**typed(desk), **new}).location == f"{address}#rule-1"
    assert [(name, most) for _, name, most in rules()] == [("Firms", 18), ("Everyone", 18)]
    assert policies.value(policies.version(2)).rules[0].up_to_minor == 1_000_50
    wrong = {"rules-0-smallest": "20.001", "rules-1-most": "soon", "rules-1-name": "Kept as typed", "do": "add"}
    answer = desk.post(address, data={**typed(desk), **wrong})
    assert answer.status_code == 422
    for said in ("Kept as typed", 'value="soon"', 'value="20.001"', "Enter an amount with at most 2 decimals."):
        assert said in answer.text
    desk.post(address, data={**typed(desk), "do": "remove-0"})
    assert rules() == [(before[0].id, "Everyone", 18)]


def test_a_second_person_publishes_or_declines_and_nobody_their_own(as_role: AsRole) -> None:
    desk = as_role(Role.FINANCE)
    desk.post("/staff/plans/policy/draft")
    desk.post(f"{ADDRESS}/rules", data={**typed(desk), "rules-0-most": "6", "reason": "Shorter", "do": "save"})
    assert desk.post(f"{ADDRESS}/send").location == ADDRESS
    assert desk.post(f"{ADDRESS}/rules", data={**typed(desk), "do": "save"}).status_code == 422
    assert ADDRESS in desk.get("/staff/approvals").text
    own = desk.post(f"{ADDRESS}/decide", data={"decision": "publish"})
    assert (own.status_code, "somebody else has to decide" in own.text) == (422, True)
    manager = as_role(Role.MANAGER)
    assert "Look at it and publish" in manager.get("/staff/approvals").text
    silent = manager.post(f"{ADDRESS}/decide", data={"decision": "decline", "comment": " "})
    assert (silent.status_code, "Say what has to change" in silent.text) == (422, True)
    assert manager.post(f"{ADDRESS}/decide", data={"decision": "decline", "comment": "Why 6?"}).status_code == 303
    again = as_role(Role.FINANCE)
    assert "Why 6?" in again.get(ADDRESS).text
    again.post(f"{ADDRESS}/send")
    manager = as_role(Role.MANAGER)
    assert manager.post(f"{ADDRESS}/decide", data={"decision": "publish"}).status_code == 303
    assert policies.in_force().rules[0].terms.most == 6
    page = manager.get("/staff/plans/policy").text
    for said in ("In force: version 2", "The manager", "The finance", "Shorter", "From the beginning"):
        assert said in page
    assert manager.post(f"{ADDRESS}/decide", data={"decision": "publish"}).status_code == 422
    assert as_role(Role.COLLECTOR).get("/staff/plans/policy").status_code == 200
    assert as_role(Role.COLLECTOR).get(f"{ADDRESS}/rules").status_code == 403


def test_a_draft_is_tried_on_a_quarter_beside_what_is_in_force(as_role: AsRole, make: Maker) -> None:
    make.invoice(make.customer(), 30_00, issued_on=date(2026, 7, 1), due_on=date(2026, 8, 1))
    desk = as_role(Role.FINANCE)
    desk.post("/staff/plans/policy/draft")
    desk.post(f"{ADDRESS}/rules", data={**typed(desk), "rules-0-smallest": "10", "do": "save"})
    page = desk.get(f"{ADDRESS}/try?quarter=2026-3").text
    said = re.findall(r"<dd>([^<]+)<small>In force: ([^<]+)</small>", re.sub(r"<(?!/?(dd|small)\b)[^>]*>", "", page))
    assert said == [("1", "0"), ("€30.00", "€0.00"), ("1", "0"), ("0", "1")]
    assert desk.get(f"{ADDRESS}/try?quarter=nonsense").status_code == 200
