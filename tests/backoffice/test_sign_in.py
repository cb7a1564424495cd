import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import Engine, text
from werkzeug.test import TestResponse

from app import create_app
from models import audit, company, messages, sessions, sign_ins, staff
from models.database import session
from models.policies.permissions import Role
from models.sign_ins import SignInAttempt
from models.staff import PasswordTooEasy, StaffState, passwords
from models.staff.second_factor import step_of
from models.transactions import release, transaction
from runtime.settings import Settings
from tests.backoffice.conftest import PASSWORD, Joined, real_now


def give_password(client: FlaskClient, email: str, password: str, **more: str) -> TestResponse:
    return client.post("/staff/sign-in", data={"email": email, "password": password, **more})


def give_code(client: FlaskClient, code: str, **more: str) -> TestResponse:
    return client.post("/staff/second-factor", data={"code": code, **more})


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/staff/sessions").status_code == 200


def mailed_link(kind: str) -> str:
    """The path of the newest link of a kind that waits in the outbox."""
    newest = next(message for message in messages.outbox() if message.kind == kind)
    found = re.search(r"http://localhost(/staff/\S+)", newest.text)
    assert found, newest.text
    return found[1]


def invite(email: str = "petra@company.test") -> str:
    with transaction():
        member = staff.add(email=email, role=Role.FINANCE, by=audit.COMMAND, now=real_now())
        staff.invite(
            member, address=lambda token: f"http://localhost/staff/invited/{token}", by=audit.COMMAND, now=real_now()
        )
    return mailed_link("staff_invitation")


def accept(client: FlaskClient, path: str, password: str = PASSWORD) -> TestResponse:
    page = client.get(path, follow_redirects=True).text
    shown = re.search(r'dir="ltr">((?:[A-Z2-7]{4} ?){8})<', page)
    assert shown, page
    code = pyotp.TOTP(shown[1].replace(" ", "")).now()
    return client.post("/staff/invited", data={"name": "Petra", "password": password, "code": code})


def test_an_invited_person_signs_up_with_a_password_and_an_app(client: FlaskClient) -> None:
    answer = accept(client, invite())
    assert answer.status_code == 303
    assert is_signed_in(client)
    assert staff.by_email("petra@company.test").name == "Petra"


def test_looking_at_an_invitation_uses_nothing_up(client: FlaskClient) -> None:
    path = invite()
    for _ in range(5):
        assert client.get(path, follow_redirects=True).status_code == 200
        assert client.head(path).status_code == 303
    assert accept(client, path).status_code == 303


def test_the_token_leaves_the_address_before_a_page_is_shown(client: FlaskClient) -> None:
    arrived = client.get(invite())
    assert (arrived.status_code, arrived.location) == (303, "/staff/invited")


def test_an_invitation_works_once(client: FlaskClient) -> None:
    path = invite()
    accept(client, path)
    assert client.get(path, follow_redirects=True).status_code == 404


def test_a_new_invitation_ends_the_old_one(client: FlaskClient) -> None:
    old = invite()
    with transaction():
        member = staff.by_email("petra@company.test")
        staff.invite(member, address=lambda token: token, by=audit.COMMAND, now=real_now())
    assert client.get(old, follow_redirects=True).status_code == 404


def test_an_invitation_that_was_looked_at_dies_when_the_person_is_disabled(client: FlaskClient) -> None:
    client.get(invite(), follow_redirects=True)
    with transaction():
        staff.disable(staff.by_email("petra@company.test"), by=audit.COMMAND, now=real_now())
    data = {"name": "P", "password": PASSWORD, "code": "000000"}
    assert client.post("/staff/invited", data=data).status_code == 404


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("elevenchars", "characters"),
        ("x" * 129, "characters"),
        ("qwerty123456", "tried first"),
        ("QWERTY123456", "tried first"),
        ("aaaaaaaaaaaaaaaa", "tried first"),
        ("petra@company.test", "your name or address"),
        ("petra2026petra", "your name or address"),
    ],
)
def test_easy_passwords_are_refused(password: str, why: str) -> None:
    with pytest.raises(PasswordTooEasy, match=why):
        passwords.refuse_easy(password, about=("petra@company.test", "Petra", "Company UAB"))


def test_an_easy_password_brings_the_form_back(client: FlaskClient) -> None:
    answer = accept(client, invite(), "qwerty123456")
    assert answer.status_code == 422
    assert "tried first" in answer.text
    assert staff.by_email("petra@company.test").state == StaffState.INVITED


def test_a_long_password_of_any_script_is_fine(client: FlaskClient) -> None:
    assert accept(client, invite(), "گذرواژهٔ بلند و ساده " * 5).status_code == 303


def test_password_and_code_together_open_the_door(client: FlaskClient, vera: Joined) -> None:
    halfway = give_password(client, " VERA@company.test ", PASSWORD)
    assert halfway.status_code == 303
    assert not is_signed_in(client)
    opened = give_code(client, vera.code())
    assert opened.status_code == 303
    assert is_signed_in(client)


def test_the_code_alone_opens_nothing(client: FlaskClient, vera: Joined) -> None:
    answer = give_code(client, vera.code())
    assert (answer.status_code, answer.location) == (303, "/staff/sign-in")
    assert not is_signed_in(client)


def test_a_wrong_code_opens_nothing(client: FlaskClient, vera: Joined) -> None:
    give_password(client, vera.email, PASSWORD)
    right = vera.code()
    assert give_code(client, f"{(int(right) + 1) % 1_000_000:06d}").status_code == 422
    assert not is_signed_in(client)


def test_a_code_works_once(client: FlaskClient, vera: Joined) -> None:
    code = vera.code()
    give_password(client, vera.email, PASSWORD)
    assert give_code(client, code).status_code == 303
    client.post("/staff/sign-out")
    give_password(client, vera.email, PASSWORD)
    assert give_code(client, code).status_code == 422


def test_codes_may_be_typed_with_a_space_or_in_persian_digits(vera: Joined) -> None:
    now = real_now()
    code = pyotp.TOTP(vera.secret).at(now)
    persian = code.translate(str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹"))
    for typed in (f"{code[:3]} {code[3:]}", persian):
        assert step_of(typed, vera.secret, now=now, last_step=None) is not None
    assert step_of(code, vera.secret, now=now + timedelta(minutes=2), last_step=None) is None
    assert step_of("", vera.secret, now=now, last_step=None) is None


def without_token(page: str, email: str) -> str:
    return re.sub(r'name="csrf_token" value="[^"]*"', "", page).replace(email, "-")


def test_an_unknown_address_and_a_wrong_password_are_answered_alike(client: FlaskClient, vera: Joined) -> None:
    wrong = give_password(client, vera.email, "not her password")
    unknown = give_password(client, "nobody@company.test", "not her password")
    assert wrong.status_code == unknown.status_code == 422
    assert without_token(wrong.text, vera.email) == without_token(unknown.text, "nobody@company.test")


def test_whoever_is_disabled_cannot_sign_in(client: FlaskClient, vera: Joined) -> None:
    with transaction():
        staff.disable(vera.member, by=audit.COMMAND, now=real_now())
    assert give_password(client, vera.email, PASSWORD).status_code == 422


def test_being_disabled_between_password_and_code_stops_the_sign_in(client: FlaskClient, vera: Joined) -> None:
    give_password(client, vera.email, PASSWORD)
    with transaction():
        staff.disable(vera.member, by=audit.COMMAND, now=real_now())
    assert give_code(client, vera.code()).location == "/staff/sign-in"
    assert not is_signed_in(client)


def test_the_sixth_wrong_try_within_a_minute_has_to_wait(client: FlaskClient, vera: Joined) -> None:
    for _ in range(5):
        assert give_password(client, vera.email, "wrong again and again").status_code == 422
    sixth = give_password(client, vera.email, PASSWORD)
    assert sixth.status_code == 429
    assert sixth.headers["Retry-After"] == "60"


def test_trying_many_addresses_from_one_place_has_to_wait_too(client: FlaskClient) -> None:
    answers = [give_password(client, f"person{n}@company.test", "wrong again").status_code for n in range(6)]
    assert answers == [422] * 5 + [429]


def test_right_sign_ins_of_a_whole_office_do_not_count(client: FlaskClient, vera: Joined) -> None:
    answers = [give_password(client, vera.email, PASSWORD).status_code for _ in range(8)]
    assert set(answers) == {303}


def wrong_tries(email: str, *minutes_ago: float) -> None:
    with transaction():
        for minutes in minutes_ago:
            sign_ins.begin(
                staff.DOOR, email=email, address=f"10.0.0.{minutes}", now=real_now() - timedelta(minutes=minutes)
            )


def test_ten_wrong_tries_close_the_account_for_a_quarter_of_an_hour(client: FlaskClient, vera: Joined) -> None:
    wrong_tries(vera.email, *(12 - n for n in range(10)))
    closed = give_password(client, vera.email, PASSWORD)
    assert closed.status_code == 429
    assert closed.headers["Retry-After"] == "900"
    assert "Nothing is lost" in closed.text


def test_an_unknown_address_is_closed_the_same_way(client: FlaskClient, vera: Joined) -> None:
    wrong_tries("nobody@company.test", *(12 - n for n in range(10)))
    assert give_password(client, "nobody@company.test", PASSWORD).status_code == 429
    assert give_password(client, vera.email, PASSWORD).status_code == 303


def test_the_account_opens_again_after_a_quarter_of_an_hour(client: FlaskClient, vera: Joined) -> None:
    wrong_tries(vera.email, *(26 - n for n in range(10)))
    assert give_password(client, vera.email, PASSWORD).status_code == 303


def test_tries_side_by_side_count_each_other(engine: Engine) -> None:
    """Twenty at the same moment: no more than five are looked at."""
    looked_at: list[bool] = []
    together = threading.Barrier(8)

    def attempt() -> None:
        together.wait()
        try:
            for _ in range(3):
                with transaction():
                    one = sign_ins.begin(staff.DOOR, email="vera@company.test", address="10.0.0.1", now=real_now())
                with transaction():
                    looked_at.append(sign_ins.refusal_of(one) is None)
        finally:
            release()

    threads = [threading.Thread(target=attempt) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(looked_at) == 24
    assert sum(looked_at) <= 5


def test_old_attempts_are_forgotten(engine: Engine) -> None:
    wrong_tries("vera@company.test", 5, 60 * 25)
    with transaction():
        sign_ins.forget_old(now=real_now())
    assert session.query(SignInAttempt).count() == 1


def reset(client: FlaskClient, code: str, password: str = "another good long one") -> TestResponse:
    client.post("/staff/forgotten", data={"email": "vera@company.test"})
    client.get(mailed_link("staff_password_reset"))
    return client.post("/staff/reset", data={"password": password, "code": code})


def test_a_reset_by_mail_never_skips_the_second_factor(client: FlaskClient, vera: Joined) -> None:
    assert reset(client, "000000").status_code == 422
    assert not is_signed_in(client)
    assert give_password(client, vera.email, PASSWORD).status_code == 303


def test_a_reset_with_the_code_changes_the_password_and_ends_other_sessions(client: FlaskClient, vera: Joined) -> None:
    with transaction():
        stolen = staff.open_session(vera.member, now=real_now(), address="", agent="")
    assert reset(client, vera.code()).status_code == 303
    assert is_signed_in(client)
    assert staff.of_session(stolen, real_now()) is None
    client.post("/staff/sign-out")
    assert give_password(client, vera.email, PASSWORD).status_code == 422
    assert give_password(client, vera.email, "another good long one").status_code == 303


def test_a_reset_works_once_and_for_ten_minutes(client: FlaskClient, vera: Joined) -> None:
    reset(client, vera.code())
    assert client.post("/staff/reset", data={"password": PASSWORD, "code": vera.code()}).status_code == 404
    client.post("/staff/forgotten", data={"email": vera.email})
    path = mailed_link("staff_password_reset")
    with transaction():
        session.execute(text("update staff_tokens set expires_at = expires_at - interval '10 minutes'"))
    assert client.get(path, follow_redirects=True).status_code == 404


def test_asking_for_an_unknown_address_is_answered_alike_and_leaves_nothing(client: FlaskClient, vera: Joined) -> None:
    known = client.post("/staff/forgotten", data={"email": vera.email})
    mails = len(messages.outbox())
    unknown = client.post("/staff/forgotten", data={"email": "nobody@company.test"})
    assert (known.status_code, known.data, known.location) == (unknown.status_code, unknown.data, unknown.location)
    assert len(messages.outbox()) == mails
    assert session.scalar(text("select count(*) from staff_tokens where staff_id is null")) == 0


def test_asking_too_often_has_to_wait(client: FlaskClient) -> None:
    answers = [client.post("/staff/forgotten", data={"email": "vera@company.test"}).status_code for _ in range(6)]
    assert answers == [303] * 5 + [429]


ELSEWHERE = (
    *("//evil.test", "/\\evil.test", "https://evil.test/staff", "javascript:alert(1)"),
    *("/statement", "/staffx", "/staff/../statement\n"),
)


def test_after_signing_in_nobody_is_led_elsewhere(client: FlaskClient, vera: Joined) -> None:
    led = []
    for elsewhere in ELSEWHERE:
        give_password(client, vera.email, PASSWORD, next=elsewhere)
        led.append(give_code(client, vera.code(), next=elsewhere).location)
        client.post("/staff/sign-out")
    assert set(led) == {"/staff/"}


def test_after_signing_in_one_is_back_where_one_wanted_to_go(client: FlaskClient, vera: Joined) -> None:
    asked = client.get("/staff/customers?q=namas")
    assert asked.status_code == 303
    page = client.get(asked.location)
    assert 'value="/staff/customers?q=namas"' in page.text
    halfway = give_password(client, vera.email, PASSWORD, next="/staff/customers?q=namas")
    assert 'value="/staff/customers?q=namas"' in client.get(halfway.location).text
    assert give_code(client, vera.code(), next="/staff/customers?q=namas").location == "/staff/customers?q=namas"


def test_htmx_is_sent_to_the_sign_in_as_a_whole(client: FlaskClient) -> None:
    answer = client.get("/staff/customers", headers={"HX-Request": "true"})
    assert answer.status_code == 204
    assert answer.headers["HX-Redirect"].startswith("/staff/sign-in?next=")


def test_the_cookie_is_for_this_door_and_hidden_from_scripts(client: FlaskClient, vera: Joined) -> None:
    give_password(client, vera.email, PASSWORD)
    cookies = give_code(client, vera.code()).headers.getlist("Set-Cookie")
    mine = next(cookie for cookie in cookies if cookie.startswith("duewell_staff="))
    assert "HttpOnly" in mine
    assert "SameSite=Lax" in mine
    assert "Max-Age" not in mine
    assert "Expires" not in mine


@contextmanager
def door_of(engine: Engine, **told: str) -> Iterator[FlaskClient]:
    """A browser before an installation that was told something else."""
    app = create_app(Settings.read(told))
    app.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    yield app.test_client()
    own = session.get_bind()
    session.remove()
    own.dispose()
    session.configure(bind=engine)


def test_over_https_the_cookie_is_bound_to_this_host(
    engine: Engine, settings: Settings, vera: Joined, database_url: str
) -> None:
    https = {
        "DUEWELL_HOME": str(settings.home),
        "DUEWELL_EMBEDDED_URL": database_url,
        "DUEWELL_URL": "https://duewell.test",
        "DUEWELL_SECRET_KEY": settings.secret_key,
    }
    at = {"base_url": "https://duewell.test"}
    with door_of(engine, **https) as client:
        client.post("/staff/sign-in", data={"email": vera.email, "password": PASSWORD}, **at)
        opened = client.post("/staff/second-factor", data={"code": vera.code()}, **at)
        left = client.post("/staff/sign-out", **at)
    for answer in (opened, left):
        cookies = answer.headers.getlist("Set-Cookie")
        mine = next(cookie for cookie in cookies if cookie.startswith("__Host-duewell_staff="))
        assert "Secure" in mine
        assert "Path=/" in mine
        assert "Domain" not in mine


def test_a_session_sleeps_an_hour_and_lives_twelve(vera: Joined) -> None:
    now = real_now()
    with transaction():
        token = staff.open_session(vera.member, now=now, address="", agent="")
    assert staff.of_session(token, now + timedelta(minutes=59)) is not None
    assert staff.of_session(token, now + timedelta(minutes=61)) is None
    with transaction():
        session.execute(text("update sessions set seen_at = seen_at + interval '11 hours 30 minutes'"))
    assert staff.of_session(token, now + timedelta(hours=11, minutes=59)) is not None
    assert staff.of_session(token, now + timedelta(hours=12, minutes=1)) is None


def test_signing_out_ends_the_session_and_not_only_the_cookie(client: FlaskClient, vera: Joined) -> None:
    with transaction():
        token = staff.open_session(vera.member, now=real_now(), address="", agent="")
    client.set_cookie("duewell_staff", token)
    client.post("/staff/sign-out")
    assert staff.of_session(token, real_now()) is None


def test_neither_tokens_nor_the_second_factor_can_be_read_in_the_database(client: FlaskClient, vera: Joined) -> None:
    give_password(client, vera.email, PASSWORD)
    with client.session_transaction() as cookie:
        halfway = cookie["second_factor"]
    opened = give_code(client, vera.code())
    token = re.search(r"duewell_staff=([^;]+)", opened.headers.getlist("Set-Cookie")[-1] + str(opened.headers))[1]
    tables = ("staff", "staff_tokens", "sessions", "sign_in_attempts", "audit_events", "audit_texts")
    dump = "".join(str(row) for name in tables for row in session.execute(text(f"select t::text from {name} t")))
    for secret in (vera.secret, halfway, token, PASSWORD):
        assert secret not in dump
        assert secret.encode().hex() not in dump


def make_demo() -> None:
    with transaction():
        company.get().is_demo = True


def test_the_demonstration_opens_by_one_click(client: FlaskClient, people: object) -> None:
    make_demo()
    page = client.get("/staff/sign-in").text
    for role in Role:
        assert f'action="/staff/demo/{role}"' in page
    assert client.post("/staff/demo/finance").status_code == 303
    assert is_signed_in(client)


def test_a_real_company_has_no_demo_sign_in(client: FlaskClient, people: object) -> None:
    assert "/staff/demo/" not in client.get("/staff/sign-in").text
    assert client.post("/staff/demo/admin").status_code == 404


def test_production_has_no_demo_sign_in(engine: Engine, people: object, database_url: str, tmp_path: Path) -> None:
    make_demo()
    production = {
        "DUEWELL_HOME": str(tmp_path / "production"),
        "DUEWELL_ENV": "production",
        "DUEWELL_DATABASE_URL": database_url.replace("postgresql+psycopg://", "postgresql://"),
        "DUEWELL_URL": "https://duewell.test",
        "DUEWELL_SECRET_KEY": "another secret for tests, long enough to be accepted",
    }
    with door_of(engine, **production) as client:
        assert "/staff/demo/" not in client.get("/staff/sign-in", base_url="https://duewell.test").text
        assert client.post("/staff/demo/admin", base_url="https://duewell.test").status_code == 404


def test_signing_in_is_written_into_the_companys_own_trail(client: FlaskClient, vera: Joined) -> None:
    give_password(client, vera.email, PASSWORD)
    give_code(client, vera.code())
    actions = session.scalars(text("select action from audit_events where customer_id = 0 order by seq")).all()
    assert actions[-2:] == ["staff.joined", "staff.signed_in"]


def test_a_contacts_cookie_does_not_open_the_staffs_door(app: Flask, client: FlaskClient, vera: Joined) -> None:
    with transaction():
        token = sessions.start(sessions.SessionKind.CONTACT, now=real_now(), customer_id=0, contact_id=1)
    client.set_cookie("duewell_staff", token)
    assert not is_signed_in(client)
