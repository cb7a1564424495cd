"""The way in: looking changes nothing, a click opens the account, once, in one browser."""

from flask.testing import FlaskClient

from tests.making import Maker


def test_a_click_on_the_link_opens_the_statement(client: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    make.invoice(customer, 128_450)
    token = make.link(customer, make.contact(customer))
    client.get(f"/l/{token}")
    landing = client.get("/open").text
    assert customer.name not in landing
    opened = client.post("/open")
    assert opened.status_code == 303
    assert "€1,284.50" in client.get("/statement").text


def test_looking_at_a_link_leaves_it_unused(client: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    token = make.link(customer, make.contact(customer))
    for _ in range(20):
        client.get(f"/l/{token}", follow_redirects=True)
        client.head(f"/l/{token}")
    assert client.post("/open").status_code == 303


def test_another_browser_cannot_use_an_opened_link(app, client: FlaskClient, make: Maker) -> None:  # type: ignore[no-untyped-def]
    customer = make.customer()
    token = make.link(customer, make.contact(customer))
    client.get(f"/l/{token}")
    client.post("/open")
    other = app.test_client()
    other.get(f"/l/{token}")
    assert other.post("/open").status_code == 409
    assert other.get("/statement").status_code == 303


def test_the_same_browser_may_open_its_link_again(client: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    token = make.link(customer, make.contact(customer))
    for _ in range(2):
        client.get(f"/l/{token}")
        assert client.post("/open").status_code == 303
        client.post("/sign-out")


def test_the_token_stands_in_no_address_of_a_page(client: FlaskClient, make: Maker) -> None:
    customer = make.customer()
    token = make.link(customer, make.contact(customer))
    arrived = client.get(f"/l/{token}")
    assert token not in arrived.headers["Location"]
    assert token not in client.get("/open").text
