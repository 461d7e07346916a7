"""Phones that this machine can reach through the Android Debug Bridge."""

import os
import shutil
import socket

_TIMEOUT_S = 2.0
_DEFAULT_PORT = 5037


def phone_problem() -> str:
    """Why no phone is timed where none was asked for."""
    if shutil.which("adb") is None:
        return "there is no adb program here to reach one: install adb and connect a phone with USB debugging on"
    phones = connected_phones()
    if phones is None:
        return "no adb server is running: adb start-server, then adb devices"
    if not phones:
        return "adb lists none that is ready: connect one with USB debugging on and accept this machine on its screen"
    return f"{len(phones)} connected: say which with --device adb:SERIAL"


def connected_phones(port: int | None = None) -> list[str] | None:
    """Serial numbers of the phones that are ready, asked of the running server; None where none runs.

    The server is asked over its socket because `adb devices` would start one, which stays behind.
    """
    host = os.environ.get("ANDROID_ADB_SERVER_ADDRESS") or "localhost"
    try:
        port = port or int(os.environ.get("ANDROID_ADB_SERVER_PORT", _DEFAULT_PORT))
        with socket.create_connection((host, port), timeout=_TIMEOUT_S) as server:
            server.sendall(b"000chost:devices")
            answer = server.makefile("rb")
            if answer.read(4) != b"OKAY":
                return None
            listing = answer.read(int(answer.read(4), 16)).decode()
    except (OSError, ValueError, OverflowError):
        return None
    lines = (line.split("\t") for line in listing.splitlines())
    return [serial for serial, state in lines if state == "device"]
