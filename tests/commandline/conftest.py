from collections.abc import Callable

import pytest
from click.testing import Result
from flask import Flask

from models import database


@pytest.fixture
def flask() -> Callable[..., Result]:
    """
    `flask(app, 'link', '7')` runs a command. It binds the session to an engine of its own; the test goes on with the
    one before. A traceback fails the test: commands end with words.
    """

    def run(app: Flask, *words: str) -> Result:
        before = database.session.session_factory.kw.get("bind")
        result = app.test_cli_runner().invoke(args=list(words))
        database.session.remove()
        database.session.configure(bind=before)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        return result

    return run
