"""`bench.schema.json`, generated from the dataclasses.

python -m arllie_deploy.bench.schema > bench/bench.schema.json
"""

import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from enum import StrEnum
from importlib.resources import files
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from arllie_deploy.bench.result import SCHEMA_VERSION, Result
from arllie_deploy.bench.row import JUDGEMENTS, ONLY_OF_MEASURED, REQUIRED_HERE, REQUIRED_OF_MEASURED, THIS_MACHINE, Row
from arllie_deploy.bench.status import Status

FILE_NAME = "bench.schema.json"
_SCALARS = {str: "string", bool: "boolean", int: "integer", float: "number", NoneType: "null"}


def generate() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of `bench.json`."""
    schema = _of(Result)
    schema["properties"]["schema_version"] = {"const": SCHEMA_VERSION}
    schema["properties"]["rows"]["items"] = {**_of(Row), **_row_rule()}
    return {"title": f"arllie-bench result, version {SCHEMA_VERSION}", **schema}


def shipped() -> dict[str, Any]:
    """The schema as the package ships it."""
    schema: dict[str, Any] = json.loads((files(__package__) / FILE_NAME).read_text())
    return schema


def to_text(schema: Mapping[str, Any]) -> str:
    """The text of the shipped file."""
    return json.dumps(schema, indent=2) + "\n"


def _of(kind: Any) -> dict[str, Any]:
    """The schema of a type: a dataclass, an enum, a scalar, a sequence, a mapping or a union of those."""
    if is_dataclass(kind):
        hints = get_type_hints(kind)
        properties = {field.name: _of(hints[field.name]) for field in fields(kind)}
        return {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            "additionalProperties": False,
        }
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return {"enum": [member.value for member in kind]}
    if kind in _SCALARS:
        return {"type": _SCALARS[kind]}
    if get_origin(kind) is UnionType:
        return {"anyOf": [_of(member) for member in get_args(kind)]}
    if get_origin(kind) is Sequence:
        return {"type": "array", "items": _of(get_args(kind)[0])}
    if get_origin(kind) is Mapping:
        return {"type": "object", "additionalProperties": _of(get_args(kind)[1])}
    raise TypeError(f"no schema for {kind}")


def _row_rule() -> dict[str, Any]:
    """Only a measured row has times; every other one has a reason."""
    null, given = {"type": "null"}, {"not": {"type": "null"}}
    measured = {"reason": null, **dict.fromkeys(REQUIRED_OF_MEASURED, given)}
    other = {"reason": {"type": "string", "minLength": 1}, **dict.fromkeys(ONLY_OF_MEASURED, null)}
    here = {
        "if": {"properties": {"device": {"const": THIS_MACHINE}}},
        "then": {"properties": dict.fromkeys(REQUIRED_HERE, given)},
    }
    return {
        "if": {"properties": {"status": {"const": Status.MEASURED.value}}},
        "then": {
            "properties": measured,
            "anyOf": [{"properties": {name: given}} for name in JUDGEMENTS],
            **here,
        },
        "else": {"properties": other},
    }


if __name__ == "__main__":
    sys.stdout.write(to_text(generate()))
