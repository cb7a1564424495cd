import stat
from datetime import timedelta
from pathlib import Path

import pytest

from runtime.settings import KNOWN, Settings, SettingsRefused

SECRET = "d41d8cd98f00b204e9800998ecf8427e"


@pytest.fixture
def production(tmp_path: Path) -> dict[str, str]:
    return {
        "DUEWELL_HOME": str(tmp_path),
        "DUEWELL_ENV": "production",
        "DUEWELL_URL": "https://pay.example.test",
        "DUEWELL_SECRET_KEY": SECRET,
    }


def test_nothing_needs_to_be_set_to_try_duewell(tmp_path):
    settings = Settings.read({"DUEWELL_HOME": str(tmp_path / "var")})

    assert not settings.production
    assert settings.url == "http://127.0.0.1:8000"
    assert settings.reachable_database_url is None
    assert settings.standin
    assert settings.stripe_key.startswith("sk_test_")
    assert settings.customer_idle == timedelta(minutes=30)
    assert settings.staff_life == timedelta(hours=12)


def test_the_first_start_makes_a_secret_that_stays_and_that_nobody_else_reads(tmp_path):
    first = Settings.read({"DUEWELL_HOME": str(tmp_path)})
    second = Settings.read({"DUEWELL_HOME": str(tmp_path)})

    assert first.secret_key == second.secret_key == (tmp_path / "secret").read_text()
    assert len(first.secret_key) == 64
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert [file.name for file in tmp_path.iterdir()] == ["secret"]


def test_a_value_may_lie_in_a_file(tmp_path):
    (tmp_path / "key").write_text("sk_test_of_a_file\n")

    settings = Settings.read({"DUEWELL_HOME": str(tmp_path), "DUEWELL_STRIPE_KEY_FILE": str(tmp_path / "key")})

    assert settings.stripe_key == "sk_test_of_a_file"
    assert not settings.standin


def test_a_database_address_alone_means_production(production):
    del production["DUEWELL_ENV"]
    production["DUEWELL_DATABASE_URL"] = "postgres://me:word@db/duewell"

    settings = Settings.read(production)

    assert settings.production
    assert settings.database_url == "postgresql+psycopg://me:word@db/duewell"
    assert not settings.standin
    assert settings.stripe_key is None


def test_the_address_of_the_embedded_database_does_not_mean_production(tmp_path):
    settings = Settings.read({"DUEWELL_HOME": str(tmp_path), "DUEWELL_EMBEDDED_URL": "postgresql+psycopg://d@/d"})

    assert not settings.production
    assert settings.reachable_database_url == "postgresql+psycopg://d@/d"


def test_commands_in_another_terminal_know_the_addresses_of_the_running_duewell(tmp_path):
    (tmp_path / "url").write_text("http://127.0.0.1:8003")
    (tmp_path / "standin-url").write_text("http://127.0.0.1:8104")

    settings = Settings.read({"DUEWELL_HOME": str(tmp_path)})

    assert settings.url == "http://127.0.0.1:8003"
    assert settings.stripe_api_base == "http://127.0.0.1:8104"


def test_several_webhook_secrets_may_be_valid_at_once(production):
    production["DUEWELL_STRIPE_WEBHOOK_SECRETS"] = "whsec_new, whsec_old"

    assert Settings.read(production).stripe_webhook_secrets == ("whsec_new", "whsec_old")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"DUEWELL_URL": "http://pay.example.test"}, "https://"),
        ({"DUEWELL_URL": ""}, "DUEWELL_URL is missing"),
        ({"DUEWELL_SECRET_KEY": ""}, "DUEWELL_SECRET_KEY is missing"),
        ({"DUEWELL_SECRET_KEY": "change-me"}, "too easy"),
        ({"DUEWELL_SECRET_KEY": "x" * 64}, "too easy"),
        ({"DUEWELL_STRIPE_API_BASE": "http://127.0.0.1:8100"}, "refuses a stand-in"),
        ({"DUEWELL_ENV": "prod"}, "DUEWELL_ENV is 'prod'"),
        ({"DUEWELL_PORT": "http"}, "a number from 1 to 65535"),
        ({"DUEWELL_LOG_LEVEL": "loud"}, "debug, info, warning, error"),
        ({"DUEWELL_DATABASE_URL": "sqlite:///x"}, "PostgreSQL only"),
        ({"DUEWELL_SMTP_URL": "mail.example.test"}, "smtp://"),
        ({"DUEWELL_SMTP_URL": "smtp://mail.example.test"}, "DUEWELL_MAIL_FROM is missing"),
        ({"DUEWELL_URL": "https://pay.example.test/shop"}, "nothing behind"),
        ({"DUEWELL_SECRET_KEY_FILE": "/nowhere"}, "both set"),
        ({"DUEWELL_STRIPE_KEY_FILE": "/nowhere"}, "cannot be read"),
    ],
)
def test_production_refuses_what_is_unsafe_in_one_sentence(production, changed, said):
    with pytest.raises(SettingsRefused) as refusal:
        Settings.read(production | changed)

    assert said in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_real_money_is_refused_outside_production(tmp_path):
    with pytest.raises(SettingsRefused, match="takes real money"):
        Settings.read({"DUEWELL_HOME": str(tmp_path), "DUEWELL_STRIPE_KEY": "sk_live_1"})


def test_secrets_stay_out_of_logs(production):
    production |= {
        "DUEWELL_DATABASE_URL": "postgresql://me:hush-database@db/d",
        "DUEWELL_STRIPE_KEY": "sk_live_hush",
        "DUEWELL_STRIPE_WEBHOOK_SECRETS": "whsec_hush",
        "DUEWELL_SMTP_URL": "smtp://me:hush@mail",
        "DUEWELL_MAIL_FROM": "billing@example.test",
        "DUEWELL_METRICS_TOKEN": "hush",
    }

    shown = repr(Settings.read(production))

    assert "hush" not in shown
    assert SECRET not in shown


def test_every_variable_that_is_read_is_described(production):
    class Reading(dict):
        def get(self, name, default=None):
            self.asked = {*getattr(self, "asked", ()), name.removeprefix("DUEWELL_").removesuffix("_FILE")}
            return super().get(name, default)

    environ = Reading(production)
    Settings.read(environ)

    assert environ.asked == {known.name for known in KNOWN}
