"""What tests of a fleet share: devices that print what they are told to, and what is asked of them."""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

from support.bench_rows import made_result, measured_row, unavailable_row
from support.ssh_server import SshServer

from arllie_deploy.bench.fleet import Fleet, Order
from arllie_deploy.bench.fleet_file import SshDevice
from arllie_deploy.bench.result import Result
from arllie_deploy.bench.status import Status

RESULT = made_result(measured_row(), unavailable_row())


def order(out: Path, *options: str, result: Result = RESULT) -> Order:
    return Order(["--backends", "cpu", *options], out, "cpu", result.model, result.size)


def printing(folder: Path, text: str, status: int = 0, wait_s: float = 0) -> list[str]:
    """The words of a program that prints `text` whatever it is asked for."""
    path = folder / f"answer-{len(list(folder.iterdir()))}.txt"
    path.write_text(text)
    program = f"import sys, time; print(open(sys.argv[1]).read()); time.sleep({wait_s}); sys.exit({status})"
    return [sys.executable, "-c", program, str(path)]


def answer(result: Result = RESULT) -> str:
    return json.dumps(result.to_json())


# It does what sshd does with the words behind the host: the login shell reads them.


def host(server: SshServer, command: Sequence[str], name: str = "host", timeout_s: float = 60.0) -> SshDevice:
    return SshDevice(
        name=name,
        host=server.host,
        port=server.port,
        config=server.config,
        command=tuple(command),
        timeout_s=timeout_s,
    )


def only_reason(fleet: Fleet, status: Status) -> str:
    (row,) = fleet.rows
    assert (row.device, row.status) == ("host", status)
    assert row.reason is not None
    return row.reason
