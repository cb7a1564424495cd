from flask import Flask

from models import messages, staff
from models.policies.permissions import Role
from models.staff import StaffState


def run(app: Flask, *words: str) -> tuple[int, str, str]:
    result = app.test_cli_runner().invoke(args=["staff", *words])
    return result.exit_code, result.stdout.strip(), result.stderr


def test_a_sign_up_link_is_printed_alone_and_mailed(app: Flask) -> None:
    code, link, _ = run(app, "add", "Ona@Company.test", "--role", "admin")
    assert code == 0
    assert link.startswith("http://localhost/staff/invited/")
    assert "\n" not in link
    member = staff.by_email("ona@company.test")
    assert (member.role, member.state) == (Role.ADMIN, StaffState.INVITED)
    [mail] = messages.outbox(0)
    assert link in mail.text
    path = link.removeprefix("http://localhost")
    assert app.test_client().get(path, follow_redirects=True).status_code == 200


def test_nobody_is_added_twice(app: Flask) -> None:
    run(app, "add", "ona@company.test", "--role", "admin")
    code, out, said = run(app, "add", "ONA@company.test", "--role", "clerk")
    assert (code, out) == (1, "")
    assert "flask staff invite" in said


def test_an_unknown_role_or_address_is_wrong_use(app: Flask) -> None:
    assert run(app, "add", "ona@company.test", "--role", "king")[0] == 2
    assert run(app, "add", "ona", "--role", "admin")[0] == 2
    assert run(app, "add", "ona@company.test")[0] == 2
    assert list(staff.everybody()) == []


def test_even_the_only_administrator_gets_a_new_link_here(app: Flask) -> None:
    """Whoever can run commands on the server may let the company back in."""
    _, first, _ = run(app, "add", "ona@company.test", "--role", "admin")
    code, second, _ = run(app, "invite", "ona@company.test")
    assert code == 0
    assert second != first
    path = first.removeprefix("http://localhost")
    assert app.test_client().get(path, follow_redirects=True).status_code == 404


def test_inviting_somebody_unknown_is_refused(app: Flask) -> None:
    code, out, said = run(app, "invite", "nobody@company.test")
    assert (code, out) == (1, "")
    assert "nobody@company.test" in said
