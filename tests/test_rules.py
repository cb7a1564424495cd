"""The rules of this code base that a machine can check."""

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.routing import Rule

import backoffice
import portal
from models import clock, company
from models.audit import COMMAND
from models.customers import notes
from models.transactions import transaction
from tests import conftest

PROJECT = Path(__file__).parent.parent
ROOMS = ("portal", "backoffice", "commandline", "frame", "models", "runtime", "standin")
SOURCES = [PROJECT / "app.py", *(path for room in ROOMS for path in sorted((PROJECT / room).rglob("*.py")))]
FUNCTION_LINES_MAX = 40
FILE_LINES_MAX = 300


def code_lines(source: str) -> set[int]:
    """Lines that carry code: explaining yourself never counts against you."""
    silent = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    lines = {line for token in tokens if token.type not in silent for line in range(token.start[0], token.end[0] + 1)}
    return lines - set(explanation(ast.parse(source)))


def explanation(tree: ast.AST) -> Iterator[int]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef) and ast.get_docstring(
            node
        ):
            yield from range(node.body[0].lineno, (node.body[0].end_lineno or 0) + 1)


def too_long(path: Path) -> Iterator[str]:
    source = path.read_text(encoding="utf-8")
    lines = code_lines(source)
    if len(lines) > FILE_LINES_MAX:
        yield f"{path.relative_to(PROJECT)} has {len(lines)} lines"
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = len([line for line in lines if node.lineno <= line <= (node.end_lineno or 0)])
            if length > FUNCTION_LINES_MAX:
                yield f"{path.relative_to(PROJECT)}: {node.name} has {length} lines"


def test_functions_and_files_stay_short() -> None:
    """About 40 and 300 lines of code: past that, look for the missing noun."""
    assert [complaint for path in SOURCES for complaint in too_long(path)] == []


# Time and randomness come in

READS_THE_CLOCK = re.compile(r"\b(?:datetime\.(?:now|today|utcnow)|date\.today|time\.time)\(")
MAY_READ_THE_CLOCK = {"models/clock.py"}


def test_the_time_is_read_in_one_place() -> None:
    """`runtime` and the stand-in have clocks of their own: real ones, and one that tests move."""
    readers = {
        path.relative_to(PROJECT).as_posix()
        for path in SOURCES
        if READS_THE_CLOCK.search(path.read_text(encoding="utf-8"))
        and path.relative_to(PROJECT).parts[0] not in ("runtime", "standin")
    }
    assert readers == MAY_READ_THE_CLOCK


A_DAY_OF_UTC = re.compile(r"\bnow(?:\(\))?\.date\(\)")
MAY_COUNT_IN_UTC = {
    "models/work.py": "seals go by UTC, whatever the company's timezone is",
}


def test_days_are_those_of_the_company() -> None:
    """In the evening of UTC it is tomorrow there: what takes `now.date()` for today is wrong for hours each day."""
    everywhere = (*SOURCES, *(PROJECT / "tests").rglob("*.py"))
    takers = {
        path.relative_to(PROJECT).as_posix()
        for path in everywhere
        if A_DAY_OF_UTC.search(path.read_text(encoding="utf-8")) and path != Path(__file__)
    }
    assert takers == set(MAY_COUNT_IN_UTC)


# One word per capability

VAGUE = {"utils", "util", "helpers", "helper", "services", "service", "common", "misc", "manager", "handlers", "base"}


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in SOURCES if VAGUE & {path.stem, *path.relative_to(PROJECT).parts[:-1]}] == []


def test_every_module_says_in_a_sentence_what_it_is_for() -> None:
    sources = {path.relative_to(PROJECT).as_posix(): path.read_text(encoding="utf-8") for path in SOURCES}
    assert [name for name, source in sources.items() if source and not ast.get_docstring(ast.parse(source))] == []


TEMPLATES = PROJECT / "templates"
FOLDERS = {"layouts", "macros", "portal", "backoffice", "mail", "letters", "errors", "dev"}
NAMED = re.compile(r"""["']((?:[a-z_]+/)+[a-z_]+\.(?:html|txt|typ))["']""")


def named_templates() -> set[str]:
    """Every template that code or another template names."""
    readers = [*SOURCES, *TEMPLATES.rglob("*.html"), *TEMPLATES.rglob("*.txt")]
    return {name for path in readers for name in NAMED.findall(path.read_text(encoding="utf-8"))}


def test_templates_lie_in_the_rooms_of_their_doors_and_each_is_used() -> None:
    assert {path.name for path in TEMPLATES.iterdir()} == FOLDERS
    pages = {
        path.relative_to(TEMPLATES).as_posix()
        for path in TEMPLATES.rglob("*.html")
        if path.relative_to(TEMPLATES).parts[0] not in ("layouts", "mail")
    }
    assert pages - named_templates() == set(), "nobody shows these"


def test_a_door_shows_only_its_own_pages() -> None:
    shown = {
        (path.relative_to(PROJECT).parts[0], name.split("/")[0])
        for room in ("portal", "backoffice")
        for path in (PROJECT / room).rglob("*.py")
        for name in NAMED.findall(path.read_text(encoding="utf-8"))
    }
    assert shown == {("portal", "portal"), ("backoffice", "backoffice")}


# The doors


def rules_of(app: Flask, door: str) -> list[Rule]:
    return [rule for rule in app.url_map.iter_rules() if rule.endpoint.startswith(f"{door}.")]


OPEN_STAFF_PAGES = {
    "backoffice." + name
    for name in (
        *("sign_in", "check_password", "second_factor", "check_code", "demo_sign_in"),
        *("arrive_invited", "invited", "accept_invitation"),
        *("forgotten", "ask_reset", "arrive_reset", "reset", "set_password"),
    )
}


def test_every_staff_page_names_its_permission_and_the_open_ones_are_these(app: Flask) -> None:
    permissions = {
        rule.endpoint: getattr(app.view_functions[rule.endpoint], "permission", "missing")
        for rule in rules_of(app, "backoffice")
    }
    assert [endpoint for endpoint, permission in permissions.items() if permission == "missing"] == []
    assert {endpoint for endpoint, permission in permissions.items() if permission == "open"} == OPEN_STAFF_PAGES


def test_nobody_comes_past_the_staff_s_sign_in_by_any_address_or_method(app: Flask) -> None:
    browser = app.test_client()
    passed = []
    for rule in rules_of(app, "backoffice"):
        if rule.endpoint not in OPEN_STAFF_PAGES:
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                answer = browser.open(address(rule), method=method)
                if answer.status_code != 303 or not answer.location.startswith("/staff/sign-in"):
                    passed.append((method, rule.rule, answer.status_code))
    assert passed == []


def test_every_customer_page_asks_who_you_are(app: Flask) -> None:
    browser = app.test_client()
    passed = []
    for rule in rules_of(app, "portal"):
        if rule.endpoint not in portal.OPEN_TO_ALL:
            for method in sorted((rule.methods or set()) - {"OPTIONS"}):
                answer = browser.open(address(rule), method=method)
                if (answer.status_code, answer.location) != (303, "/"):
                    passed.append((method, rule.rule, answer.status_code))
    assert passed == []
    assert {rule.endpoint for rule in rules_of(app, "portal")} >= portal.OPEN_TO_ALL


def address(rule: Rule) -> str:
    values = {"attempt_id": UUID(int=0), "role": "clerk", "token": "unknown"}
    built = rule.build({name: values.get(name, 1) for name in rule.arguments})
    assert built
    return built[1]


# Reading changes nothing


def test_the_pages_that_may_write_while_being_read_are_exactly_these(app: Flask) -> None:
    """Coming back from Stripe asks Stripe; and a session's last-seen, which `conftest.client` lets pass everywhere."""
    back = {"portal.payment", "portal.payment_by_link", "portal.plan_paid", "portal.method_added"}
    assert set(conftest.GET_MAY_WRITE) == back
    for endpoint in conftest.GET_MAY_WRITE:
        assert "GET" in next(rule.methods or () for rule in app.url_map.iter_rules() if rule.endpoint == endpoint)


def test_a_page_that_writes_while_being_read_fails_its_test(app: Flask, client: FlaskClient) -> None:
    @app.get("/writes")
    def writes() -> str:
        with transaction():
            notes.write(company.HOLDING_ACCOUNT, "x", by=COMMAND, now=clock.now())
        return "ok"

    with pytest.raises(AssertionError, match="reading /writes wrote"):
        client.get("/writes")


def test_both_doors_are_the_only_ones(app: Flask) -> None:
    rooms = {rule.endpoint.split(".")[0] for rule in app.url_map.iter_rules() if "." in rule.endpoint}
    assert rooms == {backoffice.backoffice.name, portal.portal.name, "health", "dev"}
