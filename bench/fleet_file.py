"""The TOML file that names the devices of a fleet, as checked values.

[devices.NAME] with kind = "local", "adb" (serial) or "ssh" (host); docs/protocol.md has every key.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import MISSING, dataclass, fields
from pathlib import Path
from typing import Any

from arllie_deploy.errors import ArllieError

_MOST_DEVICES = 64
_LONGEST_TIMEOUT_S = 86_400
# A name stands in tables and becomes the name of a folder.
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}", re.ASCII)
# [user@]host: a name, an address, or a Host of ssh's own configuration. No first "-", which is an option, and none of
# what a shell reads: ssh hands the host to the shell in ProxyCommand and Match exec.
_WORD = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_HOST = re.compile(rf"(?:{_WORD}@)?(?:{_WORD}|[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(?:%{_WORD})?)", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class LocalDevice:
    """This machine.

    Attributes:
        name: of the device.
        backends: in place of those asked for on the command line.
        timeout_s: after which it is given up.
    """

    kind = "local"
    name: str
    backends: str | None = None
    timeout_s: float = 1800.0

    @property
    def where(self) -> str:
        """What two devices may not share."""
        return "this machine"


@dataclass(frozen=True, kw_only=True)
class AdbDevice(LocalDevice):
    """A phone at this machine; `serial` as `adb devices` lists it."""

    kind = "adb"
    serial: str

    @property
    def where(self) -> str:
        """What two devices may not share."""
        return f"the serial {self.serial}"


@dataclass(frozen=True, kw_only=True)
class SshDevice(LocalDevice):
    """A machine with arllie-deploy on it, through this machine's ssh program.

    Attributes:
        host: [user@]host, or a Host of ssh's configuration.
        port: None is what ssh's configuration says.
        config: an ssh configuration in place of the user's own.
        command: the program there and its first arguments; none of them is read by a shell.
    """

    kind = "ssh"
    host: str
    port: int | None = None
    config: Path | None = None
    command: tuple[str, ...] = ("arllie-bench",)

    @property
    def where(self) -> str:
        """What two devices may not share."""
        return f"the host {self.host}{'' if self.port is None else f':{self.port}'}"


Device = LocalDevice | AdbDevice | SshDevice
_KINDS: Mapping[str, type[LocalDevice]] = {"local": LocalDevice, "adb": AdbDevice, "ssh": SshDevice}


def read_fleet(path: Path) -> list[Device]:
    """The devices in a file, in its order.

    Raises:
        ArllieError: naming the file, the device and the key that is missing, unknown or of a wrong type or value.
    """
    try:
        table = tomllib.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, IsADirectoryError):
        raise ArllieError(f"{path}: no such file; write one with [devices.NAME] tables") from None
    except (ValueError, RecursionError) as error:
        raise ArllieError(f"{path}: not a TOML file ({' '.join(str(error).split())})") from None
    try:
        return parse_fleet(table, path.parent)
    except ArllieError as error:
        raise ArllieError(f"{path}: {error}") from None


def parse_fleet(table: Mapping[str, Any], folder: Path) -> list[Device]:
    """The devices of a parsed file; a relative `config` begins at `folder`. Raises `ArllieError` as `read_fleet`."""
    if unknown := sorted(set(table) - {"devices"}):
        raise ArllieError(f"unknown key {unknown[0]!r}; known: devices")
    devices = table.get("devices")
    if not isinstance(devices, dict) or not devices:
        raise ArllieError("no devices; write a table [devices.NAME] for each")
    if len(devices) > _MOST_DEVICES:
        raise ArllieError(f"{len(devices)} devices; {_MOST_DEVICES} can run at once")
    found = [_device(name, values, folder) for name, values in devices.items()]
    _refuse_shared(found)
    return found


def _device(name: str, values: Any, folder: Path) -> Device:
    if not _NAME.fullmatch(name):
        raise ArllieError(f"the device name {name!r} is not made of 1 to 64 letters, digits, '.', '_' and '-'")
    if not isinstance(values, dict):
        raise ArllieError(f"devices.{name} is no table; write [devices.{name}]")
    try:
        return _checked(name, values, folder)
    except ArllieError as error:
        raise ArllieError(f"devices.{name}: {error}") from None


def _checked(name: str, values: Mapping[str, Any], folder: Path) -> Device:
    kind = values.get("kind")
    if not isinstance(kind, str) or kind not in _KINDS:
        raise ArllieError(f"kind is {kind!r}; known: {', '.join(_KINDS)}" if "kind" in values else "kind is missing")
    own = [field for field in fields(_KINDS[kind]) if field.name != "name"]
    known = ["kind", *(field.name for field in own)]
    if unknown := sorted(set(values) - set(known)):
        raise ArllieError(f"unknown key {unknown[0]!r}; known for {kind}: {', '.join(known)}")
    for field in own:
        if field.default is MISSING and field.name not in values:
            raise ArllieError(f"{field.name} is missing")
    given: dict[str, Any] = {key: _CHECKS[key](key, value) for key, value in values.items() if key != "kind"}
    if "config" in given:
        given["config"] = folder / given["config"]
    device = _KINDS[kind](name=name, **given)
    assert isinstance(device, LocalDevice | AdbDevice | SshDevice)
    return device


def _refuse_shared(devices: Sequence[Device]) -> None:
    seen: dict[str, str] = {}
    for device in devices:
        if device.where in seen:
            raise ArllieError(f"devices.{seen[device.where]} and .{device.name} are both {device.where}; keep one")
        seen[device.where] = device.name


def _text(key: str, value: Any) -> str:
    if not isinstance(value, str) or not value or not value.isprintable():
        raise ArllieError(f"{key} is {value!r}, expected printable text")
    return value


def _backends(key: str, value: Any) -> str:
    from arllie_deploy.bench.backends import find_backends

    find_backends(_text(key, value))
    return str(value)


def _timeout(key: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not 1 <= value <= _LONGEST_TIMEOUT_S:
        raise ArllieError(f"{key} is {value!r}, expected seconds from 1 to {_LONGEST_TIMEOUT_S}")
    return float(value)


def _host(key: str, value: Any) -> str:
    if not _HOST.fullmatch(_text(key, value)):
        raise ArllieError(f"{key} is {value!r}, expected [user@]host; anything more belongs into ssh's configuration")
    return str(value)


def _port(key: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 1 <= value <= 65_535:
        raise ArllieError(f"{key} is {value!r}, expected 1 to 65535")
    return value


def _command(key: str, value: Any) -> tuple[str, ...]:
    if not isinstance(value, list) or not value:
        raise ArllieError(f"{key} is {value!r}, expected a list of words")
    words = tuple(_text(key, word) for word in value)
    if words[0].startswith("-"):
        raise ArllieError(f"{key} begins with {words[0]!r}, expected a program")
    return words


_CHECKS = {
    "backends": _backends,
    "timeout_s": _timeout,
    "serial": _text,
    "host": _host,
    "port": _port,
    "config": _text,
    "command": _command,
}
