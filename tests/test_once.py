"""What the tests have cheaper than the product is the same thing."""

import pytest
from flask import Flask, url_for
from werkzeug.routing import BuildError

from models.staff import passwords
from tests import hashing


def test_a_password_of_the_product_costs_what_argon2_advises() -> None:
    assert hashing.PRODUCT.hash("a password").startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    assert passwords.is_right("a password", hashing.PRODUCT.hash("a password"))
    assert passwords.needs_rehash(hashing.PRODUCT.hash("a password"))


@pytest.mark.parametrize("turn", ["first", "second"])
def test_rules_compiled_once_build_every_apps_own_addresses(turn: str) -> None:
    app = Flask(turn)
    app.add_url_rule("/things/<int:number>/parts/<name>", "part", lambda: "")
    app.add_url_rule("/things/", "things", lambda: "")
    with app.test_request_context():
        assert url_for("part", number=7, name="a b", page=2) == "/things/7/parts/a%20b?page=2"
        assert url_for("things", page=2) == "/things/?page=2"
        with pytest.raises(BuildError):
            url_for("part", number=7)
