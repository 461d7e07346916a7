"""What can go wrong between here and a phone, and how adb says it."""

from __future__ import annotations

from enum import StrEnum

from arllie_deploy.errors import ArllieError


class Trouble(StrEnum):
    """What went wrong."""

    NO_PROGRAM = "no program"
    NO_SERVER = "no server"
    NO_DEVICE = "no device"
    UNAUTHORIZED = "unauthorized"
    OFFLINE = "offline"
    AMBIGUOUS = "ambiguous"
    FULL = "full"
    LOST = "lost"
    TIMEOUT = "timeout"
    REFUSED = "refused"
    """Anything else that adb or the device refused."""


# Of these a device can come back by itself.
PASSING = frozenset({Trouble.NO_DEVICE, Trouble.OFFLINE, Trouble.LOST})
# With these nothing was tried: it is this machine or its connection that lacks something.
MISSING = frozenset(
    {Trouble.NO_PROGRAM, Trouble.NO_SERVER, Trouble.NO_DEVICE, Trouble.UNAUTHORIZED, Trouble.OFFLINE, Trouble.AMBIGUOUS}
)
REMEDIES = {
    Trouble.NO_PROGRAM: "no adb program here: install it (Debian: apt-get install adb)",
    Trouble.NO_SERVER: "no adb server is running: adb start-server, then adb devices",
    Trouble.NO_DEVICE: "adb does not list it: connect it with USB debugging on, or adb connect HOST:PORT",
    Trouble.UNAUTHORIZED: "the phone has not accepted this computer: unlock it and allow USB debugging on its screen",
    Trouble.OFFLINE: "the phone is offline: unplug it and plug it in again, or adb reconnect",
    Trouble.AMBIGUOUS: "more than one phone is connected: say which with --device adb:SERIAL",
    Trouble.FULL: "no space is left on the device: make room on it",
    Trouble.LOST: "the connection was lost: use another cable or port and run it again",
}
# What adb prints, in the words of its versions 1.0.31 to 1.0.41; the first that fits decides.
_SAID = (
    ("no space left on device", Trouble.FULL),
    ("cannot connect to daemon", Trouble.NO_SERVER),
    ("failed to start daemon", Trouble.NO_SERVER),
    ("unauthorized", Trouble.UNAUTHORIZED),
    ("still authorizing", Trouble.UNAUTHORIZED),
    ("failed to authenticate", Trouble.UNAUTHORIZED),
    ("insufficient permissions", Trouble.UNAUTHORIZED),
    ("no permissions", Trouble.UNAUTHORIZED),
    ("more than one device", Trouble.AMBIGUOUS),
    ("device offline", Trouble.OFFLINE),
    ("still connecting", Trouble.OFFLINE),
    ("no devices", Trouble.NO_DEVICE),
    ("device not found", Trouble.NO_DEVICE),
    ("' not found", Trouble.NO_DEVICE),
    ("unknown host service", Trouble.NO_DEVICE),  # the server took a part of the serial number for a service
    ("failed to connect to", Trouble.NO_DEVICE),
    ("error: closed", Trouble.LOST),
    ("connect failed: closed", Trouble.LOST),
    ("connection reset", Trouble.LOST),
    ("broken pipe", Trouble.LOST),
    ("protocol fault", Trouble.LOST),
    ("failed to read copy response", Trouble.LOST),
    ("couldn't read from device", Trouble.LOST),
    ("unexpected eof", Trouble.LOST),
)


class AdbError(ArllieError):
    """A phone could not be reached or used; the message is one line with the remedy."""

    def __init__(self, trouble: Trouble, message: str) -> None:
        super().__init__(message)
        self.trouble = trouble


def recognize(said: str) -> Trouble:
    """What adb's error text is about."""
    text = said.lower()
    found = next((trouble for words, trouble in _SAID if words in text), None)
    if found is None:
        # A transfer that is cut ends with its progress and no reason.
        return Trouble.REFUSED if "error" in text or "fail" in text else Trouble.LOST
    return found


def error(trouble: Trouble, where: str, said: str = "") -> AdbError:
    """The error with its remedy.

    Args:
        trouble: what went wrong.
        where: the device or the step, for people.
        said: adb's own text; shown where there is no remedy of ours.
    """
    last = next((line.strip() for line in reversed(said.splitlines()) if line.strip()), "it gave no reason")
    return AdbError(trouble, f"{where}: {REMEDIES.get(trouble, last[:300])}")
