"""What no template may hold: what a strict policy blocks, forms that anybody could send, numbers in one language."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parent.parent
TEMPLATES = PROJECT / "templates"
PAGES = sorted(
    path
    for path in TEMPLATES.rglob("*.html")
    if path.relative_to(TEMPLATES).parts[0] not in ("mail", "letters")  # A mail has no policy, and needs its styles.
)
FORBIDDEN = {
    "a style of its own": r"""<style\b|\sstyle\s*=""",
    "a script inside the page": r"""<script(?![^>]*\ssrc=)""",
    "an on… attribute": r"""\son[a-z]+\s*=""",
    "hx-on": r"""\bhx-on\b""",
    "a value that htmx evaluates": r"""["'{\s]js:|["'\s]javascript:""",
    "a filter of a trigger": r"""hx-trigger\s*=\s*"[^"]*\[""",
    "text that is not escaped": r"""\|\s*safe\b|autoescape\s+false""",
    "a number that is written once, for all languages": r"""[\s(=,]\d+\s*\|\s*(?:number|percent|digits)\b""",
    "an address of another site": r"""(?:src|href|action)\s*=\s*["']https?://""",
}
POST_FORM = re.compile(r"""<form\b[^>]*method\s*=\s*["']?post.*?</form>""", re.IGNORECASE | re.DOTALL)
CSRF = re.compile(r"""csrf_token\(\)|\bcsrf\(\)""")


def name_of(path: Path) -> str:
    return str(path.relative_to(TEMPLATES))


def code_of(path: Path) -> str:
    """A template without its comments."""
    return re.sub(r"\{#.*?#\}", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)


def holds(code: str, what: str) -> bool:
    if what == "an on… attribute":
        code = re.sub(r"\{%.*?%\}", "", code, flags=re.DOTALL)  # `set one = …` is no attribute.
    return bool(re.search(FORBIDDEN[what], code, re.IGNORECASE))


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_a_template_holds_nothing_that_the_policy_blocks(path: Path) -> None:
    code = code_of(path)
    assert [what for what in FORBIDDEN if holds(code, what)] == []


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_form_that_changes_something_carries_a_token(path: Path) -> None:
    assert [form[:80] for form in POST_FORM.findall(code_of(path)) if not CSRF.search(form)] == []


@pytest.mark.parametrize(
    ("what", "code"),
    [
        ("a style of its own", '<p style="color: red">'),
        ("a script inside the page", "<script>alert(1)</script>"),
        ("an on… attribute", "<button onclick='go()'>"),
        ("hx-on", '<p hx-on:click="go()">'),
        ("a value that htmx evaluates", """<p hx-vals='js:{a: 1}'>"""),
        ("a filter of a trigger", '<p hx-trigger="click[ctrlKey]">'),
        ("text that is not escaped", "{{ name|safe }}"),
        ("a number that is written once, for all languages", "{{ 2000|number }}"),
        ("an address of another site", '<script src="https://cdn.example/x.js"></script>'),
    ],
)
def test_what_is_forbidden_is_found(what: str, code: str) -> None:
    assert holds(code, what)


def test_a_form_without_a_token_is_found() -> None:
    (form,) = POST_FORM.findall('<form class="inline" method="post" action="/x"><button>Go</button></form>')
    assert not CSRF.search(form)
