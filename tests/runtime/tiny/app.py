"""A very small Duewell, so that the supervisor is tried with real processes and nothing else."""

import os
import signal
import sys
import threading

import click
import psycopg
from flask import Blueprint, Flask, current_app

from runtime.settings import Settings

pages = Blueprint("pages", __name__, cli_group=None)


def create_app() -> Flask:
    app = Flask(__name__)
    app.extensions["settings"] = Settings.read(os.environ)
    app.register_blueprint(pages)
    return app


def connect() -> psycopg.Connection:
    return psycopg.connect(current_app.extensions["settings"].embedded_url.replace("+psycopg", ""), autocommit=True)


@pages.get("/")
@pages.get("/staff")
@pages.get("/healthz")
def page() -> str:
    return "ok"


@pages.get("/server")
def server() -> str:
    return str(os.getppid())


@pages.get("/notes")
def notes() -> list[str]:
    with connect() as connection:
        return [text for (text,) in connection.execute("select text from notes order by text")]


@pages.post("/notes/<text>")
def note(text: str) -> str:
    with connect() as connection:
        connection.execute("insert into notes values (%s)", [text])
    return text


@pages.cli.command("upgrade")
def upgrade() -> None:
    if "TINY_REFUSES" in os.environ:
        raise click.ClickException("The schema is from the future.")
    with connect() as connection:
        connection.execute("create table if not exists notes (text text)")


@pages.cli.command("demo")
@click.option("--if-empty", is_flag=True)
@click.option("--where", is_flag=True)
def demo(if_empty: bool, where: bool) -> None:
    settings = current_app.extensions["settings"]
    if where:
        print(f"A customer: {settings.url}/\nStaff: {settings.url}/staff\nStripe: {settings.stripe_api_base}/")
    elif if_empty:
        print("made", file=sys.stderr)


@pages.cli.command("work")
def work() -> None:
    stubborn = "TINY_STUBBORN" in os.environ
    signal.signal(signal.SIGTERM, lambda *_: None if stubborn else sys.exit(0))
    print("working", flush=True)
    while not threading.Event().wait(0.5):
        pass
