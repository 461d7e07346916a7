import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from arllie_deploy.bench import phones


@contextmanager
def server(answer: bytes) -> Iterator[int]:
    """A debug bridge that gives one answer; the port."""
    with socket.create_server(("localhost", 0)) as listening:
        received: list[bytes] = []

        def serve() -> None:
            connection, _ = listening.accept()
            with connection:
                received.append(connection.recv(64))
                connection.sendall(answer)

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        thread.join()
        assert received == [b"000chost:devices"]


def listing(text: str) -> bytes:
    return b"OKAY" + f"{len(text):04x}".encode() + text.encode()


def test_only_phones_that_are_ready_are_listed() -> None:
    with server(listing("A1\tdevice\nB2\tunauthorized\nC3\toffline\n")) as port:
        assert phones.connected_phones(port) == ["A1"]


@pytest.mark.parametrize("answer", [b"FAIL0005wrong", b"OKAYzzzz", b""])
def test_an_answer_that_is_none_counts_as_no_server(answer: bytes) -> None:
    with server(answer) as port:
        assert phones.connected_phones(port) is None


def test_no_server_is_none() -> None:
    with socket.create_server(("localhost", 0)) as taken:
        port = taken.getsockname()[1]
    assert phones.connected_phones(port) is None


@pytest.mark.parametrize(
    ("found", "said"),
    [(None, "adb start-server"), ([], "USB debugging"), (["A1", "B2"], "2 connected: say which with --device")],
)
def test_the_reason_is_the_first_thing_that_is_missing(
    found: list[str] | None, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(phones.shutil, "which", lambda name: "/usr/bin/adb")
    monkeypatch.setattr(phones, "connected_phones", lambda: found)
    assert said in phones.phone_problem()


def test_without_the_program_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(phones.shutil, "which", lambda name: None)
    assert "install adb" in phones.phone_problem()
