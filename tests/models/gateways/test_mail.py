"""Mails as a mail server and a reader get them, and what we say when a server misbehaves."""

import base64
import re
import ssl
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes, policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr
from ipaddress import IPv4Address
from types import SimpleNamespace

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import example, given
from hypothesis import strategies as some

from models.gateways.mail import (
    Attachment,
    Mailbox,
    MailDraft,
    RefusedForGood,
    Sent,
    SmtpSender,
    TryAgain,
    Unknown,
    UnsafeHeader,
    compose,
    sender_of,
)
from models.gateways.mail_templates import render_mail
from models.money import Money
from tests.models.gateways.mail_server import MailServer, running

DRAFT = MailDraft(
    message_id="<4d2f9c@duewell>",
    sender=Mailbox("accounts@baltic.example", "Baltic Supply UAB"),
    recipient=Mailbox("ona@kavine.example", "Ona Žukauskienė"),
    subject="We received €1,284.50",
    text="Thank you.\n\n.\n.1 is a number too.\nYour payment of €1,284.50 has arrived.\n",
    html="<p>Thank you. Your payment of €1,284.50 has arrived.</p>\n",
    written_at=datetime(2026, 11, 22, 9, 0, tzinfo=UTC),
)
IN_A_HURRY = 0.3  # seconds that a test waits for a server that went silent
one_line = some.text(some.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=300)


def read(draft: MailDraft) -> EmailMessage:
    return message_from_bytes(compose(draft), policy=policy.default)


def name_in(raw: bytes) -> str:
    """The recipient's name. The newer parser of `email` puts a space between two encoded words of a name."""
    to, _ = parseaddr(message_from_bytes(raw)["To"].replace("\r\n", ""))
    return str(make_header(decode_header(to)))


def letter(number: int) -> MailDraft:
    return replace(DRAFT, message_id=f"<{number}@duewell>")


@pytest.fixture
def server():
    with running(MailServer()) as listening:
        yield listening


@pytest.fixture
def post(server):
    """Hands one mail to the server."""

    def send(draft: MailDraft = DRAFT):
        return sender.send(compose(draft), draft)

    with SmtpSender(f"smtp://127.0.0.1:{server.port}", "post@baltic.example", timeout=IN_A_HURRY) as sender:
        yield send


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate for this machine that only the tests trust, and its key, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    signed = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(IPv4Address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    secret = key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain)
    file.write_bytes(signed.public_bytes(encoding) + secret)
    return file


@pytest.fixture
def their_tls(certificate):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def our_tls(certificate):
    return ssl.create_default_context(cafile=certificate)


class TestComposing:
    def test_a_mail_is_read_as_it_was_written(self):
        mail = read(DRAFT)
        assert mail["From"] == "Baltic Supply UAB <accounts@baltic.example>"
        assert mail["To"].addresses[0].display_name == "Ona Žukauskienė"
        assert mail["Subject"] == "We received €1,284.50"
        assert mail["Date"].datetime == DRAFT.written_at
        assert mail["Message-ID"] == "<4d2f9c@duewell>"
        assert mail.get_content_type() == "multipart/alternative"
        text, html = mail.iter_parts()
        assert (text.get_content_type(), html.get_content_type()) == ("text/plain", "text/html")
        assert text.get_content().replace("\r\n", "\n") == DRAFT.text
        assert html.get_content().replace("\r\n", "\n") == DRAFT.html
        assert not mail.defects + text.defects + html.defects

    @given(subject=one_line, name=one_line, text=some.text(some.characters(exclude_categories=["Cs"])))
    @example(subject="=?utf-8?q?x?=", name='"A\\" <x@y>', text="From me\n--=_\n=20\r\n.")
    @example(subject="ž" * 200, name="Žaliūkai, Ltd." * 9, text="سلام " * 80 + "\n" + "x" * 3000)
    def test_whatever_is_written_is_what_is_read(self, subject, name, text):
        draft = replace(DRAFT, subject=subject, text=text, recipient=Mailbox("a@b.example", name))
        raw = compose(draft)
        mail = message_from_bytes(raw, policy=policy.default)
        assert mail["Subject"] == subject
        assert name_in(raw) == " ".join(name.split())
        plain = text.replace("\r\n", "\n").replace("\r", "\n").rstrip("\n") + "\n"
        assert next(mail.iter_parts()).get_content().replace("\r\n", "\n") == plain
        assert b"\n" not in raw.replace(b"\r\n", b"")
        assert max(map(len, raw.split(b"\r\n"))) <= 998
        assert raw.isascii()

    def test_no_character_is_cut_in_two(self):
        words = re.findall(rb"=\?utf-8\?b\?(.+?)\?=", compose(replace(DRAFT, subject="až€😀" * 40)))
        assert len(words) > 5
        assert [word for word in words if len(word) > 63] == []
        assert "až€😀" * 40 in "".join(base64.b64decode(word).decode() for word in words)

    @pytest.mark.parametrize("breaking", ["\r\nBcc: all@example.org", "\nX: y", "\rX", "\x00", "\x0bX"])
    @pytest.mark.parametrize(
        "change",
        [
            lambda text: {"subject": "Hello" + text},
            lambda text: {"recipient": Mailbox("ona@kavine.example", "Ona" + text)},
            lambda text: {"recipient": Mailbox("ona@kavine.example" + text)},
            lambda text: {"sender": Mailbox("ona@kavine.example", "Onė" + text)},
            lambda text: {"reply_to": Mailbox("ona@kavine.example", "Ona" + text)},
            lambda text: {"message_id": "<1@duewell>" + text},
            lambda text: {"language": "en" + text},
            lambda text: {"unsubscribe": "https://pay.example/stop" + text},
            lambda text: {"attachments": (Attachment("a.pdf" + text, b""),)},
            lambda text: {"attachments": (Attachment("a.pdf", b"", "application/pdf" + text),)},
        ],
    )
    def test_nothing_breaks_out_of_its_header(self, change, breaking):
        with pytest.raises(UnsafeHeader):
            compose(replace(DRAFT, **change(breaking)))

    @pytest.mark.parametrize("address", ["", "ona", "ona@", "a b@c.example", "a@b.example>, <c@d.example", "a@b@c"])
    def test_what_is_no_address_is_refused(self, address):
        with pytest.raises(UnsafeHeader):
            compose(replace(DRAFT, recipient=Mailbox(address)))

    def test_a_domain_beyond_ascii_is_written_in_ascii(self):
        mail = read(replace(DRAFT, recipient=Mailbox("info@kavinė.lt")))
        assert mail["To"] == "info@xn--kavin-b0a.lt"

    def test_the_same_draft_gives_the_same_bytes(self):
        assert compose(DRAFT) == compose(replace(DRAFT))

    def test_a_letter_goes_along_under_its_own_name(self):
        pdf = bytes(range(256)) * 50
        attached = Attachment("Ataskaita „2026“ – Žuvėdra.pdf", pdf), Attachment("statement.pdf", b"%PDF")
        mail = read(replace(DRAFT, attachments=attached))
        assert mail.get_content_type() == "multipart/mixed"
        first, second = mail.iter_attachments()
        assert first.get_filename() == "Ataskaita „2026“ – Žuvėdra.pdf"
        assert first.get_content() == pdf
        assert (second.get_filename(), second.get_content_type()) == ("statement.pdf", "application/pdf")
        assert mail.get_body(("plain",)).get_content().startswith("Thank you.")

    def test_other_machines_are_told_that_a_machine_wrote(self):
        mail = read(replace(DRAFT, unsubscribe="https://pay.example/stop/1", reply_to=Mailbox("help@baltic.example")))
        assert mail["Auto-Submitted"] == "auto-generated"
        assert mail["Content-Language"] == "en"
        assert mail["List-Unsubscribe"] == "<https://pay.example/stop/1>"
        assert mail["Reply-To"] == "help@baltic.example"
        assert read(DRAFT)["List-Unsubscribe"] is None


class TestSending:
    def test_a_mail_arrives_once_and_whole(self, server, post):
        assert post() == Sent("250 OK: queued as 4711")
        (delivery,) = server.books
        assert (delivery.sender, delivery.recipient) == ("post@baltic.example", "ona@kavine.example")
        assert delivery.raw == compose(DRAFT)

    def test_mails_name_the_address_that_they_come_back_to(self, server):
        with SmtpSender(f"smtp://127.0.0.1:{server.port}", "billing@company.test", bounce_address="r@x.test") as sender:
            sender.send(compose(DRAFT), DRAFT)
        assert [delivery.sender for delivery in server.books] == ["r@x.test"]

    def test_one_connection_serves_many_mails(self, server, post):
        assert all(isinstance(post(letter(number)), Sent) for number in range(5))
        assert len(server.books) == 5
        assert server.connections == 1

    def test_a_server_that_wants_a_new_connection_gets_one(self, server, post):
        server.mails_per_connection = 2
        assert all(isinstance(post(letter(number)), Sent) for number in range(5))
        assert server.message_ids == [f"<{number}@duewell>" for number in range(5)]
        assert server.connections == 3

    @pytest.mark.parametrize(
        ("answer", "stopped"),
        [
            ("550 5.1.1 No such user", True),
            ("550 No such user", True),
            ("553 5.1.2 No such domain", True),
            ("552 5.2.2 Mailbox full", True),
        ],
    )
    def test_an_address_that_does_not_exist_is_stopped(self, server, post, answer, stopped):
        server.to_recipient = answer
        assert post() == RefusedForGood(answer, address_stopped=stopped)
        assert server.books == []

    @pytest.mark.parametrize(
        "trouble",
        [
            {"to_recipient": "550 5.7.1 Relaying denied"},
            {"to_recipient": "530 5.7.0 Authentication required"},
            {"to_sender": "553 5.1.8 Sender address rejected"},
            {"to_sender": "550 5.7.1 Not allowed to send as this sender"},
        ],
    )
    def test_our_own_trouble_costs_no_customers_address(self, server, post, trouble):
        for name, answer in trouble.items():
            setattr(server, name, answer)
        assert post() == TryAgain(next(iter(trouble.values())))

    @pytest.mark.parametrize(
        ("answer", "stopped"), [("554 5.7.1 Looks like spam", False), ("550 5.1.1 User unknown", True)]
    )
    def test_a_mail_refused_for_its_content_is_not_sent_again(self, server, post, answer, stopped):
        server.to_mail = answer
        assert post() == RefusedForGood(answer, address_stopped=stopped)

    @pytest.mark.parametrize("at", ["to_sender", "to_recipient", "to_mail"])
    def test_later_means_later(self, server, post, at):
        setattr(server, at, "451 4.7.1 Greylisted, come back in five minutes")
        assert post() == TryAgain("451 4.7.1 Greylisted, come back in five minutes")
        assert server.books == []
        setattr(server, at, "250 OK")
        assert isinstance(post(), Sent)

    def test_a_refused_recipient_does_not_spoil_the_next_mail(self, server, post):
        server.to_recipient = "550 5.1.1 No such user"
        post(letter(1))
        server.to_recipient = "250 OK"
        assert isinstance(post(letter(2)), Sent)
        assert server.message_ids == ["<2@duewell>"]

    @pytest.mark.parametrize("fault", ["goes_silent_at", "hangs_up_at"])
    @pytest.mark.parametrize("command", ["MAIL", "RCPT"])
    def test_what_was_not_handed_over_can_be_sent_again(self, server, post, fault, command):
        setattr(server, fault, command)
        assert isinstance(post(), TryAgain)
        setattr(server, fault, "")
        assert isinstance(post(), Sent)
        assert server.message_ids == ["<4d2f9c@duewell>"]

    @pytest.mark.parametrize("fault", ["goes_silent_at", "hangs_up_at"])
    def test_an_answer_lost_after_the_mail_is_unknown_and_doubled_at_worst(self, server, post, fault):
        setattr(server, fault, "DATA")
        assert isinstance(post(), Unknown)
        setattr(server, fault, "")
        assert isinstance(post(), Sent)
        assert server.message_ids == ["<4d2f9c@duewell>"] * 2

    def test_a_server_that_is_away_loses_nothing(self, server):
        with running(MailServer()) as gone:
            port = gone.port
        sender = SmtpSender(f"smtp://127.0.0.1:{port}", "post@baltic.example", timeout=IN_A_HURRY)
        assert isinstance(sender.send(compose(DRAFT), DRAFT), TryAgain)
        with running(MailServer(port=port)) as back:
            assert isinstance(sender.send(compose(DRAFT), DRAFT), Sent)
            sender.close()
        assert back.message_ids == ["<4d2f9c@duewell>"]

    def test_an_address_beyond_ascii_goes_to_servers_that_know_it(self, server, post):
        draft = replace(DRAFT, recipient=Mailbox("žuvėdra@kavine.example"))
        assert isinstance(post(draft), RefusedForGood)
        with (
            running(MailServer(), enable_SMTPUTF8=True) as modern,
            SmtpSender(f"smtp://127.0.0.1:{modern.port}", "post@baltic.example") as sender,
        ):
            assert isinstance(sender.send(compose(draft), draft), Sent)
        assert modern.books[0].recipient == "žuvėdra@kavine.example"


class TestEncryption:
    def test_what_the_server_can_encrypt_is_encrypted(self, their_tls, our_tls):
        with running(MailServer(), tls=their_tls, password="s3cret/@:") as server:
            url = f"smtp://post:s3cret%2F%40%3A@127.0.0.1:{server.port}"
            with SmtpSender(url, "post@baltic.example", tls=our_tls) as sender:
                assert isinstance(sender.send(compose(DRAFT), DRAFT), Sent)
        assert server.encrypted == [True]

    def test_smtps_is_encrypted_from_the_start(self, their_tls, our_tls):
        with (
            running(MailServer(), tls=their_tls, from_the_start=True) as server,
            SmtpSender(f"smtps://127.0.0.1:{server.port}", "post@baltic.example", tls=our_tls) as sender,
        ):
            assert isinstance(sender.send(compose(DRAFT), DRAFT), Sent)
        assert len(server.books) == 1

    def test_a_stranger_with_a_certificate_of_his_own_gets_nothing(self, their_tls):
        with (
            running(MailServer(), tls=their_tls) as server,
            SmtpSender(f"smtp://127.0.0.1:{server.port}", "post@baltic.example") as sender,
        ):
            outcome = sender.send(compose(DRAFT), DRAFT)
        assert isinstance(outcome, TryAgain)
        assert "certificate" in outcome.reason
        assert server.books == []

    def test_a_wrong_password_is_our_trouble_and_is_not_repeated_aloud(self, their_tls, our_tls):
        with running(MailServer(), tls=their_tls, password="right") as server:
            sender = SmtpSender(f"smtp://post:wrong-one@127.0.0.1:{server.port}", "post@baltic.example", tls=our_tls)
            outcome = sender.send(compose(DRAFT), DRAFT)
        assert isinstance(outcome, TryAgain)
        assert outcome.reason.startswith("535")
        assert "wrong-one" not in outcome.reason + repr(sender)

    @pytest.mark.parametrize("url", ["", "mail.example:25", "http://mail.example", "smtp://"])
    def test_a_server_needs_an_address_that_says_how(self, url):
        with pytest.raises(ValueError, match="smtp://"):
            SmtpSender(url, "post@baltic.example")

    def test_without_a_server_there_is_no_sender(self):
        assert sender_of(None, None) is None
        assert sender_of("smtp://localhost", "post@baltic.example").mail_from == "post@baltic.example"


BALTIC = SimpleNamespace(
    name="Baltic Supply UAB",
    address="Gedimino pr. 1\nLT-01103 Vilnius",
    registration="Company code 301234567",
    help_phone="+370 5 200 0000",
    help_email="accounts@baltic.example",
)
MAILS = {
    "receipt": {
        "customer": SimpleNamespace(name="Kavinė „Ąžuolas“ MB", number="0200769623"),
        "receipt": SimpleNamespace(
            amount=Money(128450, "EUR"),
            effective_on=date(2026, 11, 18),
            reference="RF18 5390 0754 7034",
            left=Money(2000, "EUR"),
        ),
        "used": [("INV-2026-00042", Money(64000, "EUR")), ("INV-2026-00043", Money(62450, "EUR"))],
        "link": "https://pay.example/l/abc",
    },
    "staff_invitation": {
        "link": "https://pay.example/staff/join/abc",
        "inviter": "Rūta Kazlauskienė",
        "expires_at": datetime(2026, 11, 25, 9, 0, tzinfo=UTC),
    },
    "staff_password_reset": {"link": "https://pay.example/staff/reset/abc"},
}
every_mail = pytest.mark.parametrize("name", list(MAILS))


def rendered(name: str, language: str = "en", **changes: object):
    return render_mail(name, language, **{"company": BALTIC, **MAILS[name], **changes})


class TestWords:
    @every_mail
    def test_both_twins_say_who_writes_why_and_whom_to_ask(self, name):
        mail = rendered(name)
        for body in (mail.text, mail.html):
            for fact in (
                "Baltic Supply UAB",
                "LT-01103 Vilnius",
                "Company code 301234567",
                "You get this mail because",
            ):
                assert fact in body
            assert "Questions?" in body
            assert MAILS[name]["link"] in body
        assert "Baltic Supply UAB" in mail.subject

    @every_mail
    def test_a_mail_asks_for_one_thing_and_watches_nobody(self, name):
        html = rendered(name).html
        assert html.count('class="button"') == 1
        for watching in ("<img", "<script", "<link", "url(", "@import"):
            assert watching not in html

    @every_mail
    def test_styles_stand_in_the_elements_and_dark_mode_stays(self, name):
        html = rendered(name).html
        assert '<a class="button"' in html
        assert "background: #1f4f8f" in html
        assert "@media (prefers-color-scheme: dark)" in html

    def test_a_receipt_says_what_arrived_and_what_it_paid(self):
        mail = rendered("receipt")
        assert mail.subject == "Baltic Supply UAB: we received €1,284.50"
        assert "…0042: €640.00" in mail.text
        assert "INV-2026-00042" not in mail.text + mail.html
        assert "Money not yet assigned: €20.00" in mail.text

    def test_a_receipt_without_a_link_asks_for_nothing(self):
        mail = rendered("receipt", link="", used=[])
        assert "See your account" not in mail.text + mail.html
        assert "What it paid" not in mail.text + mail.html

    def test_names_are_text_and_never_markup(self):
        name = '<a hx-get="/x" href="https://evil.example">Pay here</a> & {{ 7 * 7 }}'
        mail = rendered("receipt", customer=SimpleNamespace(name=name, number="1"))
        assert name in mail.text
        assert "<a hx-get" not in mail.html
        assert "&lt;a hx-get=" in mail.html

    def test_a_line_break_in_a_name_stays_out_of_the_subject(self):
        company = SimpleNamespace(**{**vars(BALTIC), "name": "Baltic\r\nBcc: all@example.org"})
        mail = rendered("receipt", company=company)
        assert mail.subject == "Baltic Bcc: all@example.org: we received €1,284.50"
        compose(replace(DRAFT, subject=mail.subject))

    def test_a_persian_mail_reads_from_right_to_left(self):
        mail = rendered("receipt", "fa")
        assert '<html lang="fa" dir="rtl">' in mail.html
        assert "۱٬۲۸۴٫۵۰" in mail.subject
        assert "۱٬۲۸۴٫۵۰" in mail.html

    @every_mail
    def test_every_word_is_marked_for_translation(self, name, monkeypatch):
        monkeypatch.setattr("models.words.languages._pseudo_allowed", True)
        mail = rendered(name, "xx")
        outside = mail.text
        while "⟦" in outside:
            before, _, rest = outside.partition("⟦")
            outside = before + rest.partition("⟧")[2]
        known = [
            MAILS[name]["link"],
            *vars(BALTIC).values(),
            "RF18 5390 0754 7034",
            "Vilnius",
            "Gedimino pr. 1",
            "LT-01103",
        ]
        for fact in sorted(known, key=len, reverse=True):
            outside = outside.replace(fact, "")
        assert [word for word in outside.split() if any(letter.isalpha() for letter in word)] == []
