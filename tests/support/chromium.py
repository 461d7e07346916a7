"""A headless Chromium, driven through the pipe of its DevTools protocol: no port, no driver program, no package.

Protocol: https://chromedevtools.github.io/devtools-protocol/, messages of JSON that end with a zero byte, on the file
descriptors 3 (to the browser) and 4 (from it).
"""

import fcntl
import json
import os
import select
import shutil
import signal
import time
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

_NAMES = ("chromium", "chromium-browser", "google-chrome")
_TIMEOUT_S = 60.0
_NETWORK = ("http:", "https:", "ws:", "wss:", "ftp:")


def find_chromium() -> str:
    """Path of the browser; skips the test where there is none."""
    found = next(filter(None, map(shutil.which, _NAMES)), None)
    if found is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    return found


class Page:
    """One tab.

    Attributes:
        problems: what came to the console as a warning or an error, and exceptions that nobody caught.
        requests: addresses that the page asked for, its own and data: ones among them.
    """

    def __init__(self, browser: "Browser") -> None:
        self._browser = browser
        target = browser.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = browser.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        self.problems: list[str] = []
        self.requests: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Send a command to this tab; its answer."""
        answer = self._browser.call(method, self._session, **params)
        self._look()
        return answer

    def open(self, path: Path) -> None:
        """Open a file and wait until it is loaded."""
        self.call("Page.navigate", url=path.as_uri())
        self._browser.wait_for(lambda event: event["method"] == "Page.loadEventFired")
        self._look()

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, as JSON."""
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def press(self, key: str, text: str = "") -> None:
        """Press and release a key of the keyboard, on whatever has the focus."""
        codes = {
            "Enter": 13,
            " ": 32,
            "Tab": 9,
            "ArrowLeft": 37,
            "ArrowRight": 39,
            "ArrowDown": 40,
            "Home": 36,
            "End": 35,
        }
        common = {"key": key, "code": "Space" if key == " " else key, "windowsVirtualKeyCode": codes[key]}
        self.call("Input.dispatchKeyEvent", type="keyDown", text=text, **common)
        self.call("Input.dispatchKeyEvent", type="keyUp", **common)

    def drag(self, start: tuple[float, float], end: tuple[float, float]) -> None:
        """Press the mouse at one place of the window, move it to another and release it there."""
        for kind, (x, y), held in (
            ("mousePressed", start, 1),
            ("mouseMoved", end, 1),
            ("mouseReleased", end, 0),
        ):
            button = {"button": "left", "buttons": held, "clickCount": 1}
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, **button)

    def click(self, selector: str) -> None:
        """Click into the middle of an element, after scrolling to it."""
        place = self.box(selector)
        middle = (place["x"] + place["width"] / 2, place["y"] + place["height"] / 2)
        self.drag(middle, middle)

    def box(self, selector: str) -> dict[str, float]:
        """Where an element is in the window, after scrolling to it: x, y, width, height."""
        found = json.dumps(selector)
        self.evaluate(f"document.querySelector({found}).scrollIntoView({{block: 'center', behavior: 'instant'}})")
        place: dict[str, float] = self.evaluate(f"document.querySelector({found}).getBoundingClientRect().toJSON()")
        return place

    def prefer(self, scheme: str) -> None:
        """Ask for light or dark."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": scheme}])

    def resize(self, width: int, height: int) -> None:
        """Give the window a size in CSS pixels."""
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def screenshot(self) -> bytes:
        """The whole page as PNG."""
        return b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"])

    @property
    def network_requests(self) -> list[str]:
        """Those requests that go to a network."""
        return [address for address in self.requests if address.startswith(_NETWORK)]

    def _look(self) -> None:
        for event in self._browser.take_events(self._session):
            params = event["params"]
            match event["method"]:
                case "Network.requestWillBeSent":
                    self.requests.append(params["request"]["url"])
                case "Runtime.exceptionThrown":
                    self.problems.append(str(params["exceptionDetails"]))
                case "Runtime.consoleAPICalled" if params["type"] in ("warning", "error", "assert"):
                    self.problems.append(str(params["args"]))
                case "Log.entryAdded" if params["entry"]["level"] in ("warning", "error"):
                    self.problems.append(params["entry"]["text"])


class Browser:
    """The two pipes of a browser that runs."""

    def __init__(self, to_browser: int, from_browser: int) -> None:
        self._to, self._from = to_browser, from_browser
        self._rest = b""
        self._number = 0
        self._events: list[dict[str, Any]] = []

    def call(self, method: str, session: str | None = None, **params: Any) -> dict[str, Any]:
        """Send a command and wait for its answer."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": params}
        data = json.dumps({**message, "sessionId": session} if session else message).encode() + b"\0"
        while data:
            data = data[os.write(self._to, data) :]
        while True:
            found = self._next()
            if found.get("id") == self._number:
                assert "error" not in found, f"{method}: {found['error']}"
                result: dict[str, Any] = found["result"]
                return result
            self._events.append(found)

    def wait_for(self, wanted: Any) -> None:
        """Read events until one is `wanted`; all are kept."""
        while not any(wanted(event) for event in self._events):
            self._events.append(self._next())

    def take_events(self, session: str) -> list[dict[str, Any]]:
        """The events of a session since they were last taken."""
        mine = [event for event in self._events if event.get("sessionId") == session]
        self._events = [event for event in self._events if event.get("sessionId") != session]
        return mine

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + _TIMEOUT_S
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._from], [], [], max(0.0, end - time.monotonic()))
            data = os.read(self._from, 1 << 20) if ready else b""
            assert data, "the browser ended" if ready else f"the browser did not answer within {_TIMEOUT_S:g} s"
            self._rest += data
        message, self._rest = self._rest.split(b"\0", 1)
        found: dict[str, Any] = json.loads(message)
        return found


@contextmanager
def browser(program: str, profile: Path) -> Iterator[Browser]:
    """Start a browser with an empty profile folder, and end it and all that it started."""
    arguments = [
        program,
        "--headless=new",
        "--remote-debugging-pipe",
        f"--user-data-dir={profile}",
        "--no-first-run",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-extensions",
        *(["--no-sandbox"] if os.geteuid() == 0 else []),  # Chromium's sandbox does not work for root
        "about:blank",
    ]
    (their_in, to_browser), (from_browser, their_out) = _high_pipe(), _high_pipe()
    actions = [
        (os.POSIX_SPAWN_DUP2, their_in, 3),
        (os.POSIX_SPAWN_DUP2, their_out, 4),
        *((os.POSIX_SPAWN_OPEN, number, os.devnull, os.O_RDWR, 0) for number in (0, 1, 2)),
    ]
    process = os.posix_spawn(program, arguments, os.environ, file_actions=actions, setsid=True)
    os.close(their_in)
    os.close(their_out)
    try:
        yield Browser(to_browser, from_browser)
    finally:
        os.close(to_browser)
        os.close(from_browser)
        os.killpg(process, signal.SIGKILL)
        os.waitpid(process, 0)


def _high_pipe() -> tuple[int, int]:
    """A pipe whose ends are not 3 or 4, which the browser's own ends are to become."""
    ends = os.pipe()
    read, write = (fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in ends)
    for end in ends:
        os.close(end)
    return read, write
