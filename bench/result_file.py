"""A stored `bench.json` back as a `Result`: checked against the same classes that its schema is generated from.

Files of the same schema version may be older or newer than this program: an optional field that is absent takes its
default, and a field that this version does not know is left aside.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, get_args, get_origin, get_type_hints

from arllie_deploy.bench.result import SCHEMA_VERSION, Result
from arllie_deploy.errors import ArllieError

FILE_NAME = "bench.json"
_LARGEST_BYTES = 64 << 20
_NAMES = {str: "text", bool: "true or false", int: "a whole number", float: "a number", NoneType: "null"}


class _MisfitError(ValueError):
    """A value that does not fit; says where in the file."""


def read_result(path: Path) -> Result:
    """The result in a file.

    Raises:
        ArllieError: naming the file, if it is not there, too large, no JSON, of another schema version or does not fit.
        OSError: if it cannot be read.
    """
    try:
        with path.open("rb") as file:
            data = file.read(_LARGEST_BYTES + 1)
    except (FileNotFoundError, IsADirectoryError):
        raise ArllieError(f"{path}: no such file; give a bench.json that arllie-bench wrote") from None
    if len(data) > _LARGEST_BYTES:
        raise ArllieError(f"{path}: larger than {_LARGEST_BYTES >> 20} MiB; no result of arllie-bench is")
    try:
        return parse_result(data)
    except ArllieError as error:
        raise ArllieError(f"{path}: {error}") from None


def parse_result(data: bytes) -> Result:
    """The result in the bytes of a `bench.json`.

    Raises:
        ArllieError: saying what does not fit, and where.
    """
    try:
        value = json.loads(data.decode(), parse_constant=_refuse_constant)
    except (ValueError, RecursionError) as error:
        raise ArllieError(f"not a JSON file ({_one_line(error)})") from None
    if not isinstance(value, dict) or "schema_version" not in value:
        raise ArllieError("not a result of arllie-bench: it has no schema_version")
    version = value["schema_version"]
    if version != SCHEMA_VERSION or isinstance(version, bool):
        raise ArllieError(
            f"schema version {str(version)[:20]!r}, this version of arllie-bench reads {SCHEMA_VERSION}; measure again"
        )
    try:
        result = _read(Result, value, "")
    except _MisfitError as error:
        raise ArllieError(f"not a result of arllie-bench: {error}") from None
    assert isinstance(result, Result)
    return result


def _read(kind: Any, value: Any, where: str) -> Any:
    """`value` as an instance of a type: the kinds that `schema.py` knows."""
    if is_dataclass(kind):
        return _read_object(kind, value, where)
    origin, members = get_origin(kind), get_args(kind)
    if origin is UnionType:
        return _read_union(members, value, where)
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        if value not in [member.value for member in kind]:
            raise _MisfitError(f"{where} is {_shown(value)}; known: {', '.join(kind)}")
        return kind(value)
    if origin is Sequence and isinstance(value, list):
        return tuple(_read(members[0], item, f"{where}[{number}]") for number, item in enumerate(value))
    if origin is Mapping and isinstance(value, dict):
        return {_printable(name): _read(members[1], item, f"{where}.{name[:40]!r}") for name, item in value.items()}
    return _read_scalar(kind, value, where)


def _read_object(kind: Any, value: Any, where: str) -> Any:
    if not isinstance(value, dict):
        raise _MisfitError(f"{where or 'it'} is {_shown(value)}, expected an object")
    hints, prefix = get_type_hints(kind), f"{where}." if where else ""
    given = {}
    for field in fields(kind):
        if field.name in value:
            given[field.name] = _read(hints[field.name], value[field.name], prefix + field.name)
        elif not _has_default(field):
            raise _MisfitError(f"{prefix}{field.name} is missing")
    try:
        return kind(**given)
    except ValueError as error:
        raise _MisfitError(f"{where}: {_one_line(error)}") from None


def _read_union(members: Sequence[Any], value: Any, where: str) -> Any:
    if value is None and NoneType in members:
        return None
    misfit = _MisfitError(f"{where} is {_shown(value)}")
    for member in (member for member in members if member is not NoneType):
        try:
            return _read(member, value, where)
        except _MisfitError as error:
            misfit = error
    raise misfit


def _read_scalar(kind: Any, value: Any, where: str) -> Any:
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = _as_float(value)
    if kind not in _NAMES or type(value) is not kind:
        raise _MisfitError(f"{where} is {_shown(value)}, expected {_NAMES.get(kind, 'a list or an object')}")
    if isinstance(value, float) and not math.isfinite(value):
        raise _MisfitError(f"{where} is not finite")
    return _printable(value) if isinstance(value, str) else value


def _printable(text: str) -> str:
    """What a terminal can be given: a file from elsewhere must not move its cursor."""
    return "".join(char if char.isprintable() else " " for char in text)


def _as_float(value: int) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def _has_default(field: Field[Any]) -> bool:
    return field.default is not MISSING or field.default_factory is not MISSING


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is no JSON")


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else f"{text[:40]}…"


def _one_line(error: BaseException) -> str:
    return " ".join(str(error).split())[:200]
