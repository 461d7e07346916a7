"""The part of JSON Schema that `bench.schema.json` uses, so that tests need no package for it."""

from collections.abc import Mapping
from typing import Any

_TYPES: dict[str, Any] = {
    "object": dict,
    "array": list,
    "string": str,
    "boolean": bool,
    "integer": int,
    "number": (int, float),
    "null": type(None),
}
_KNOWN = {
    *("title", "type", "properties", "required", "additionalProperties", "items", "enum", "const", "anyOf", "not"),
    *("if", "then", "else", "minLength"),
}


def violations(value: Any, schema: Mapping[str, Any], where: str = "$") -> list[str]:
    """What in `value` breaks `schema`; empty if nothing does."""
    unknown = set(schema) - _KNOWN
    assert not unknown, f"this check does not know {unknown}"
    found = [f"{where}: {problem}" for problem in _own(value, schema)]
    if found:
        return found
    if isinstance(value, dict):
        properties, rest = schema.get("properties", {}), schema.get("additionalProperties", True)
        for key, item in value.items():
            inner = properties.get(key, rest)
            if inner is False:
                found.append(f"{where}: unknown key {key}")
            elif inner is not True:
                found.extend(violations(item, inner, f"{where}.{key}"))
    if isinstance(value, list) and "items" in schema:
        for number, item in enumerate(value):
            found.extend(violations(item, schema["items"], f"{where}[{number}]"))
    if "if" in schema:
        branch = "else" if violations(value, schema["if"]) else "then"
        found.extend(violations(value, schema.get(branch, {}), where))
    return found


def _own(value: Any, schema: Mapping[str, Any]) -> list[str]:
    checks = {
        f"is not of type {schema.get('type')}": "type" not in schema or _is(value, schema["type"]),
        "is not one of the values": "enum" not in schema or value in schema["enum"],
        "is another constant": "const" not in schema or value == schema["const"],
        "fits no choice": "anyOf" not in schema or any(not violations(value, choice) for choice in schema["anyOf"]),
        "fits what it must not": "not" not in schema or bool(violations(value, schema["not"])),
        "is too short": not isinstance(value, str) or len(value) >= schema.get("minLength", 0),
        "lacks a key": not isinstance(value, dict) or set(schema.get("required", ())) <= set(value),
    }
    return [problem for problem, kept in checks.items() if not kept]


def _is(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return name == "boolean"
    return isinstance(value, _TYPES[name])
