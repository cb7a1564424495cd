"""What an installation is told from outside: DUEWELL_… variables, read once, refused aloud.

Each may also be given as DUEWELL_…_FILE, the name of a file that holds the value. `KNOWN` names them all;
`python -m runtime.settings` prints them as a table for docs/.
"""

import hashlib
import hmac
import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

from runtime import CannotRun

PROJECT = Path(__file__).resolve().parent.parent
SHORTEST_SECRET = 32  # characters: 128 bits even when written in hex
STANDIN_PORT = 8100  # or the next free one
LOG_LEVELS = ("debug", "info", "warning", "error")


class Known(NamedTuple):
    name: str
    default: str
    meaning: str


KNOWN = (
    Known("HOME", "var/ in the project", "Folder of everything that Duewell writes."),
    Known("ENV", "", "'production' refuses demo sign-in, outbox page, stand-in, movable clock and plain http."),
    Known("DATABASE_URL", "", "PostgreSQL 15 or newer, postgresql://…; setting it is production as well."),
    Known("URL", "http://127.0.0.1:PORT", "Address under which customers reach Duewell; https in production."),
    Known("PORT", "8000", "Port of the web server; outside production the next free one is taken."),
    Known("WORKERS", "one per core", "Worker processes of the web server."),
    Known("SECRET_KEY", "$DUEWELL_HOME/secret", "Signs cookies; at least 32 characters; production must set it."),
    Known("STRIPE_KEY", "", "Stripe's secret key; without it a stand-in runs, outside production only."),
    Known("STRIPE_WEBHOOK_SECRETS", "", "Signing secrets of the webhook, several separated by commas."),
    Known("STRIPE_API_BASE", "Stripe's own", "Address of another stand-in; refused in production."),
    Known("SMTP_URL", "", "smtp://user:password@host:587 or smtps://…; without it mails wait in the outbox."),
    Known("MAIL_FROM", "", "Sender of mails; needed together with SMTP_URL."),
    Known("BOUNCE_ADDRESS", "", "Where mails come back to that could not be delivered; without it, to MAIL_FROM."),
    Known("BOUNCE_PORT", "", "Port on which `flask work` takes the mail for BOUNCE_ADDRESS by SMTP."),
    Known("BOUNCE_HOST", "127.0.0.1", "Address of this machine on which that port is opened."),
    Known("SCANNER", "", "clamd, tcp://host:3310 or unix:///path: looks at every file that customers send."),
    Known("LOG_LEVEL", "info", "debug, info, warning or error."),
    Known("METRICS_TOKEN", "", "Bearer token that opens /metrics; without it /metrics is closed."),
    Known("CUSTOMER_IDLE_MINUTES", "30", "A customer's session ends after this time without a click."),
    Known("CUSTOMER_HOURS", "12", "A customer's session ends after this time in any case."),
    Known("STAFF_IDLE_MINUTES", "60", "The same for staff."),
    Known("STAFF_HOURS", "12", "The same for staff."),
    Known("EMBEDDED_URL", "", "Set by `make run` for the processes it starts; never set it yourself."),
)


class SettingsRefused(CannotRun):
    """The environment asks for something unsafe or impossible."""


@dataclass(frozen=True)
class Settings:
    """Fields that may hold a secret stay out of repr(), and so out of logs."""

    home: Path
    production: bool
    database_url: str | None = field(repr=False)
    embedded_url: str | None
    url: str
    port: int
    workers: int
    secret_key: str = field(repr=False)
    standin: bool
    """Nobody gave a Stripe key, so a stand-in takes Stripe's place; key, webhook secret and address are then its."""
    stripe_key: str | None = field(repr=False)
    stripe_webhook_secrets: tuple[str, ...] = field(repr=False)
    stripe_api_base: str | None
    smtp_url: str | None = field(repr=False)
    mail_from: str | None
    bounce_address: str | None
    bounce_port: int | None
    bounce_host: str
    scanner: str | None
    log_level: str
    metrics_token: str | None = field(repr=False)
    customer_idle: timedelta
    customer_life: timedelta
    staff_idle: timedelta
    staff_life: timedelta

    @property
    def reachable_database_url(self) -> str | None:
        """None: the embedded database, of which nobody has said that it runs; see `runtime.cluster.database`."""
        return self.database_url or self.embedded_url

    @classmethod
    def read(cls, environ: Mapping[str, str]) -> "Settings":
        """Makes the home folder, and outside production the secret, when they are missing.

        :raises SettingsRefused: with one sentence that names the variable and the way out.
        """
        told = _Told(environ)
        home = Path(told.text("HOME") or PROJECT / "var").absolute()
        production = _production(told)
        make_home(home)
        port = told.number("PORT", 8000, 1, 65535)
        secret_key = _secret_key(told.text("SECRET_KEY"), production, home)
        stripe = _stripe(told, production, home, secret_key)
        settings = cls(
            home=home,
            production=production,
            database_url=_database_url(told.text("DATABASE_URL")),
            embedded_url=told.text("EMBEDDED_URL"),
            url=_url(told.text("URL"), production, _noted(home / "url") or f"http://127.0.0.1:{port}"),
            port=port,
            workers=told.number("WORKERS", _cores(), 1, 1024),
            secret_key=secret_key,
            standin=stripe.standin,
            stripe_key=stripe.key,
            stripe_webhook_secrets=stripe.webhook_secrets,
            stripe_api_base=stripe.api_base,
            smtp_url=told.address("SMTP_URL", ("smtp", "smtps")),
            mail_from=told.text("MAIL_FROM"),
            bounce_address=told.text("BOUNCE_ADDRESS"),
            bounce_port=told.number("BOUNCE_PORT", 0, 1, 65535) if told.text("BOUNCE_PORT") else None,
            bounce_host=told.text("BOUNCE_HOST") or "127.0.0.1",
            scanner=_scanner(told.text("SCANNER")),
            log_level=told.one_of("LOG_LEVEL", LOG_LEVELS, "info"),
            metrics_token=told.text("METRICS_TOKEN"),
            customer_idle=timedelta(minutes=told.number("CUSTOMER_IDLE_MINUTES", 30, 1, 10_000)),
            customer_life=timedelta(hours=told.number("CUSTOMER_HOURS", 12, 1, 1_000)),
            staff_idle=timedelta(minutes=told.number("STAFF_IDLE_MINUTES", 60, 1, 10_000)),
            staff_life=timedelta(hours=told.number("STAFF_HOURS", 12, 1, 1_000)),
        )
        if settings.smtp_url and not settings.mail_from:
            raise SettingsRefused("DUEWELL_MAIL_FROM is missing: mails sent by DUEWELL_SMTP_URL need a sender.")
        if settings.bounce_port and not settings.bounce_address:
            raise SettingsRefused("DUEWELL_BOUNCE_ADDRESS is missing: DUEWELL_BOUNCE_PORT takes mail for it.")
        return settings


class _Told:
    """The environment, each value from DUEWELL_X or from the file that DUEWELL_X_FILE names; empty is unset."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        self._environ = environ

    def text(self, name: str) -> str | None:
        value = self._environ.get(f"DUEWELL_{name}", "").strip()
        file = self._environ.get(f"DUEWELL_{name}_FILE", "").strip()
        if value and file:
            raise SettingsRefused(f"DUEWELL_{name} and DUEWELL_{name}_FILE are both set: keep one of them.")
        if not file:
            return value or None
        try:
            return Path(file).read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError) as error:
            raise SettingsRefused(f"DUEWELL_{name}_FILE names {file}, which cannot be read: {error}.") from error

    def several(self, name: str) -> tuple[str, ...]:
        return tuple(part.strip() for part in (self.text(name) or "").split(",") if part.strip())

    def one_of(self, name: str, allowed: tuple[str, ...], default: str) -> str:
        value = (self.text(name) or default).lower()
        if value not in allowed:
            raise SettingsRefused(f"DUEWELL_{name} is '{value}': it may be {', '.join(allowed)}.")
        return value

    def number(self, name: str, default: int, lowest: int, highest: int) -> int:
        value = self.text(name) or str(default)
        if not (value.isascii() and value.isdecimal() and lowest <= int(value) <= highest):
            raise SettingsRefused(f"DUEWELL_{name} is '{value}': it must be a number from {lowest} to {highest}.")
        return int(value)

    def address(self, name: str, schemes: tuple[str, ...]) -> str | None:
        value = self.text(name)
        if value and not (_scheme(value) in schemes and urlsplit(value).hostname):
            # The value itself may hold a password, so it is not repeated.
            raise SettingsRefused(
                f"DUEWELL_{name} must begin with {' or '.join(f'{s}://' for s in schemes)} and a host."
            )
        return value


def make_home(home: Path) -> None:
    """Nobody else may look into it; as root others may pass through, because PostgreSQL runs as another user."""
    try:
        if not home.is_dir():
            home.mkdir(parents=True)
            home.chmod(0o711 if os.geteuid() == 0 else 0o700)  # not left to the umask
    except FileExistsError:
        return  # another first start was quicker
    except OSError as error:
        raise SettingsRefused(f"DUEWELL_HOME cannot be made: {error}.") from error


def _production(told: _Told) -> bool:
    # A misspelt 'production' must not open the demo's doors.
    declared = told.one_of("ENV", ("production", "development"), "development")
    return declared == "production" or told.text("DATABASE_URL") is not None


def _scheme(address: str) -> str:
    try:
        return urlsplit(address).scheme
    except ValueError:
        return ""


def _database_url(address: str | None) -> str | None:
    if address is None:
        return None
    scheme, separator, rest = address.partition("://")
    if scheme not in ("postgres", "postgresql", "postgresql+psycopg") or not separator:
        raise SettingsRefused("DUEWELL_DATABASE_URL must begin with postgresql://: Duewell runs on PostgreSQL only.")
    return f"postgresql+psycopg://{rest}"


def _url(address: str | None, production: bool, otherwise: str) -> str:
    if address is None and production:
        raise SettingsRefused("DUEWELL_URL is missing: in production mails and letters need Duewell's https address.")
    address = (address or otherwise).rstrip("/")
    scheme = _scheme(address)
    if scheme not in ("http", "https") or urlsplit(address).geturl() != f"{scheme}://{urlsplit(address).netloc}":
        raise SettingsRefused(f"DUEWELL_URL is '{address}': it must be https:// and a host, nothing behind.")
    if production and scheme != "https":
        raise SettingsRefused(f"DUEWELL_URL is '{address}': in production it must begin with https://.")
    return address


def _scanner(address: str | None) -> str | None:
    if address is None:
        return None
    scheme, separator, rest = address.partition("://")
    if not (separator and rest and (scheme == "tcp" or (scheme == "unix" and rest.startswith("/")))):
        raise SettingsRefused("DUEWELL_SCANNER must be tcp://host:port or unix:///path of a clamd.")
    return address


def _secret_key(secret: str | None, production: bool, home: Path) -> str:
    if secret is None and production:
        raise SettingsRefused(
            "DUEWELL_SECRET_KEY is missing: production needs its own; `openssl rand -hex 32` makes one."
        )
    secret = secret or _own_secret(home / "secret")
    if len(secret) < SHORTEST_SECRET or len(set(secret)) < 8:
        raise SettingsRefused(f"DUEWELL_SECRET_KEY is too easy: take {SHORTEST_SECRET} random characters or more.")
    return secret


def _own_secret(file: Path) -> str:
    """Written to a name of its own and then linked, so that two first starts agree on one secret."""
    try:
        if not file.exists():
            draft = file.with_name(f"secret.{os.getpid()}")
            with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as out:
                out.write(secrets.token_hex(32))
            try:
                os.link(draft, file)
            except FileExistsError:
                pass
            finally:
                draft.unlink()
        return file.read_text(encoding="ascii").strip()
    except OSError as error:
        raise SettingsRefused(f"The secret in DUEWELL_HOME cannot be read or written: {error}.") from error


class _Stripe(NamedTuple):
    standin: bool
    key: str | None
    webhook_secrets: tuple[str, ...]
    api_base: str | None


def _stripe(told: _Told, production: bool, home: Path, secret_key: str) -> _Stripe:
    key, secrets_told = told.text("STRIPE_KEY"), told.several("STRIPE_WEBHOOK_SECRETS")
    base = told.address("STRIPE_API_BASE", ("http", "https"))
    if production and base:
        raise SettingsRefused("DUEWELL_STRIPE_API_BASE leads away from Stripe: production refuses a stand-in.")
    if key and "_live_" in key and not production:
        raise SettingsRefused(
            "DUEWELL_STRIPE_KEY takes real money, and this is not production: "
            "use a test key, or set DUEWELL_ENV=production."
        )
    if key or production:
        return _Stripe(False, key, secrets_told, base.rstrip("/") if base else None)
    return _Stripe(
        True,
        f"sk_test_{_derived(secret_key, 'key of the stand-in')}",
        secrets_told or (f"whsec_{_derived(secret_key, 'webhooks of the stand-in')}",),
        (base or _noted(home / "standin-url") or f"http://127.0.0.1:{STANDIN_PORT}").rstrip("/"),
    )


def _derived(secret_key: str, purpose: str) -> str:
    """The same at every start and in every process, so that the stand-in and its callers agree."""
    return hmac.new(secret_key.encode(), purpose.encode(), hashlib.sha256).hexdigest()[:32]


def _noted(file: Path) -> str | None:
    """What `make run` wrote down for commands in another terminal."""
    try:
        return file.read_text(encoding="utf-8").strip() or None
    except OSError:
        return None


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def main() -> None:
    print("| variable | default | what |\n|---|---|---|")
    for known in KNOWN:
        print(f"| `DUEWELL_{known.name}` | {known.default or '–'} | {known.meaning} |")


if __name__ == "__main__":
    main()
