"""Stripe's wire format: bracketed form fields in, JSON out, errors in its own words."""

import json
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

API_VERSION = "2026-05-27.dahlia"
ZERO_DECIMALS = frozenset(
    ("BIF", "CLP", "DJF", "GNF", "JPY", "KMF", "KRW", "MGA", "PYG", "RWF", "VND", "VUV", "XAF", "XOF", "XPF")
)
THREE_DECIMALS = frozenset(("BHD", "JOD", "KWD", "OMR", "TND"))

Params = dict[str, Any]


class ApiError(Exception):
    def __init__(
        self, status: int, message: str, *, type_: str = "invalid_request_error", code: str = "", param: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        error = {"message": message, "type": type_, "code": code, "param": param}
        self.body = json.dumps({"error": {name: value for name, value in error.items() if value}})


def server_error() -> ApiError:
    return ApiError(500, "An unknown error occurred (the stand-in was told to fail).", type_="api_error")


def parse(form: str) -> Params:
    """`a[b][0]=x` becomes {"a": {"b": {"0": "x"}}}; `a[]=x` is numbered in the order of arrival."""
    params: Params = {}
    for name, value in parse_qsl(form, keep_blank_values=True):
        steps = name.replace("]", "").split("[")
        place = params
        for step in steps[:-1]:
            place = place.setdefault(step, {})
            if not isinstance(place, dict):
                raise ApiError(400, f"Invalid parameters: {name}", param=name)
        place[steps[-1] or str(len(place))] = value
    return params


def as_list(value: object, name: str) -> list[Any]:
    if not isinstance(value, dict) or sorted(value, key=int) != [str(place) for place in range(len(value))]:
        raise ApiError(400, "Invalid array", param=name)
    return [value[str(place)] for place in range(len(value))]


def as_dict(value: object, name: str) -> Params:
    if not isinstance(value, dict):
        raise ApiError(400, "Invalid object", param=name)
    return value


def as_text(value: object, name: str, longest: int = 5000) -> str:
    if not isinstance(value, str) or not value:
        raise ApiError(400, f"Invalid string: {name} must be a non-empty string.", param=name)
    if len(value) > longest:
        raise ApiError(400, f"Invalid string: {name} must be at most {longest} characters.", param=name)
    return value


def as_integer(value: object, name: str) -> int:
    if not isinstance(value, str) or not value.removeprefix("-").isdecimal() or not value.isascii():
        raise ApiError(400, f"Invalid integer: {value}", code="parameter_invalid_integer", param=name)
    return int(value)


def as_boolean(value: object, name: str) -> bool:
    if value not in ("true", "false"):
        raise ApiError(400, f"Invalid boolean: {value}", param=name)
    return value == "true"


def as_metadata(value: object, name: str) -> dict[str, str]:
    metadata = as_dict(value, name)
    if len(metadata) > 50 or any(len(key) > 40 for key in metadata):
        raise ApiError(400, "Metadata can have up to 50 keys of up to 40 characters.", param=name)
    return {key: as_text(text, f"{name}[{key}]", 500) for key, text in metadata.items()}


def only(params: Mapping[str, Any], allowed: set[str], prefix: str = "") -> None:
    """Stripe refuses what it does not know; the stand-in also refuses what it does not play."""
    for name in params:
        if name not in allowed:
            shown = f"{prefix}[{name}]" if prefix else name
            raise ApiError(400, f"Received unknown parameter: {shown}", code="parameter_unknown", param=shown)


def required(params: Mapping[str, Any], name: str) -> Any:
    if name not in params:
        raise ApiError(400, f"Missing required param: {name}.", code="parameter_missing", param=name)
    return params[name]


def decimals(currency: str) -> int:
    """How many decimals Stripe itself reads into an amount of this currency."""
    code = currency.upper()
    return 0 if code in ZERO_DECIMALS else 3 if code in THREE_DECIMALS else 2


def shown(amount: int, currency: str) -> str:
    """The amount as a payer reads it, for example '1,234.50 EUR'."""
    places = decimals(currency)
    whole, part = divmod(amount, 10**places)
    return f"{whole:,}" + (f".{part:0{places}}" if places else "") + f" {currency.upper()}"
