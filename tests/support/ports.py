"""Free ports of this machine, and servers that tests start on them."""

import socket
import subprocess
import time

HOST = "127.0.0.1"
_START_S = 10.0


def free_port() -> int:
    """One that nobody listens on."""
    with socket.create_server((HOST, 0)) as taken:
        port: int = taken.getsockname()[1]
        return port


def listens(port: int, process: "subprocess.Popen[bytes]") -> bool:
    """Wait for the server; false where it ended or took too long."""
    end = time.monotonic() + _START_S
    while time.monotonic() < end and process.poll() is None:
        try:
            socket.create_connection((HOST, port), timeout=1).close()
        except OSError:
            time.sleep(0.02)
        else:
            return True
    return False
