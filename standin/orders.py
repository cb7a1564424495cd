"""Giving orders to a stand-in that runs: what tests do, and `flask clock`."""

import http.client
import json
from typing import Any


def give(url: str, api_key: str, **orders: Any) -> dict[str, Any]:
    """
    Give orders to `/_control` and return the state that it tells.

    :raises OSError: nobody answers.
    :raises ValueError: it does not understand, and says why.
    """
    connection = http.client.HTTPConnection(url.removeprefix("http://").rstrip("/"), timeout=10)
    headers = {"Authorization": f"Bearer {api_key}"}
    try:
        connection.request("POST" if orders else "GET", "/_control", json.dumps(orders) if orders else None, headers)
        response = connection.getresponse()
        told = response.read().decode()
    finally:
        connection.close()
    if response.status != 200:
        raise ValueError(told)
    state: dict[str, Any] = json.loads(told)
    return state
