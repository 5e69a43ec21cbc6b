"""A page in headless Chromium, driven over its debugging protocol: open, ask, click, look, and what its console said.

Used by the browser tests of the report, the studio and the server's pages; they are skipped, and say so, without Debian's
chromium.
"""

import base64
import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

CHROMIUM = shutil.which("chromium")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
SECONDS = 60.0


class Page:
    """One tab.  errors: what the console, the page's scripts and its policy complained of, in their order."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._ids = socket, itertools.count(1)
        self.errors: list[str] = []
        self._events: list[dict[str, Any]] = []
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.send(f"{domain}.enable")

    def send(self, method: str, **params: Any) -> dict[str, Any]:
        """A command of the protocol, and its answer."""
        number = next(self._ids)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        until = time.monotonic() + SECONDS
        while time.monotonic() < until:
            message = json.loads(self._socket.recv(timeout=SECONDS))
            if message.get("id") == number:
                if "error" in message:
                    raise AssertionError(f"{method}: {message['error']['message']}")
                return message["result"]
            self._hear(message)
        raise TimeoutError(method)

    def _hear(self, message: dict[str, Any]) -> None:
        method, params = message.get("method", ""), message.get("params", {})
        if method == "Runtime.exceptionThrown":
            details = params["exceptionDetails"]
            self.errors.append(details.get("exception", {}).get("description", details["text"]))
        elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
            self.errors.append(params["entry"]["text"])
        elif method == "Runtime.consoleAPICalled" and params["type"] in ("error", "warning", "assert"):
            self.errors.append(" ".join(str(one.get("value", one.get("description"))) for one in params["args"]))
        elif method == "Page.javascriptDialogOpening":
            self.errors.append(f"a dialog: {params['message']}")
            self._socket.send(
                json.dumps({"id": next(self._ids), "method": "Page.handleJavaScriptDialog", "params": {"accept": False}})
            )
        self._events.append(message)

    def goto(self, address: str) -> None:
        """Returns when the page has been loaded; raises AssertionError when it cannot be."""
        self._events.clear()
        found = self.send("Page.navigate", url=address)
        assert "errorText" not in found, f"{address}: {found['errorText']}"
        self.wait("document.readyState === 'complete'")

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression; a promise is awaited."""
        found = self.send("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in found:
            raise AssertionError(found["exceptionDetails"].get("exception", {}).get("description", "a script failed"))
        return found["result"].get("value")

    def wait(self, expression: str, seconds: float = SECONDS) -> None:
        """Until an expression is true; raises AssertionError when it does not come to be."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            try:
                if self.ask(expression):
                    return
            except AssertionError:  # between two pages there is nothing to ask
                pass
            time.sleep(0.02)
        raise AssertionError(f"it did not come to be within {seconds:g} s: {expression}")

    def text(self, selector: str) -> str:
        return str(self.ask(f"document.querySelector({json.dumps(selector)}).innerText"))

    def click(self, selector: str) -> None:
        self.ask(f"document.querySelector({json.dumps(selector)}).click()")

    def type(self, selector: str, value: str) -> None:
        """Put a value into a field, as a person would: with its events."""
        self.ask(
            f"(() => {{ const field = document.querySelector({json.dumps(selector)}); field.value = {json.dumps(value)};"
            " for (const kind of ['input', 'change']) field.dispatchEvent(new Event(kind, {bubbles: true})); })()"
        )

    def key(self, key: str) -> None:
        """Press a key, such as Tab or ArrowRight, where the focus is."""
        for kind in ("keyDown", "keyUp"):
            self.send("Input.dispatchKeyEvent", type=kind, key=key, code=key, windowsVirtualKeyCode=_CODES.get(key, 0))

    def drag(self, points: list[tuple[float, float]]) -> None:
        """Hold the mouse down over a line of points of the window."""
        for place, (x, y) in enumerate(points):
            kind = "mousePressed" if place == 0 else "mouseMoved"
            self.send("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", buttons=1, clickCount=1)
        x, y = points[-1]
        self.send("Input.dispatchMouseEvent", type="mouseReleased", x=x, y=y, button="left", clickCount=1)

    def files(self, selector: str, *paths: Path) -> None:
        """Choose files in a file field."""
        root = self.send("DOM.getDocument")["root"]["nodeId"]
        node = self.send("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.send("DOM.setFileInputFiles", nodeId=node, files=[str(path) for path in paths])

    def dark(self) -> None:
        self.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])

    def size(self, width: int, height: int) -> None:
        self.send("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def screenshot(self, path: Path, *, whole: bool = False) -> None:
        """A PNG of the window, or of the whole page."""
        found = self.send("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        path.write_bytes(base64.b64decode(found["data"]))

    def requests(self) -> list[str]:
        """Addresses that the page has asked for since it was opened."""
        return [one["params"]["request"]["url"] for one in self._events if one.get("method") == "Network.requestWillBeSent"]


_CODES = {"Tab": 9, "Enter": 13, "ArrowLeft": 37, "ArrowUp": 38, "ArrowRight": 39, "ArrowDown": 40, "Home": 36, "End": 35}


@contextmanager
def open_page(profile: Path) -> Iterator[Page]:
    """A browser with one empty tab, ended on leaving.  profile: a folder for it alone."""
    assert CHROMIUM is not None
    process = subprocess.Popen(
        [CHROMIUM, *FLAGS, "--remote-debugging-port=0", f"--user-data-dir={profile}", "--window-size=1200,900", "about:blank"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        port = _port(profile / "DevToolsActivePort", process)
        with connect(_tab(port), max_size=None, open_timeout=SECONDS, proxy=None) as socket:
            yield Page(socket)
    finally:
        process.terminate()
        try:
            process.wait(timeout=20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _port(file: Path, process: "subprocess.Popen[bytes]") -> int:
    until = time.monotonic() + SECONDS
    while time.monotonic() < until:
        if file.is_file() and len(lines := file.read_text().splitlines()) >= 2:
            return int(lines[0])
        assert process.poll() is None, "chromium ended before it could be asked"
        time.sleep(0.02)
    raise TimeoutError("chromium did not start")


def _tab(port: int) -> str:
    import httpx

    with httpx.Client(trust_env=False) as client:
        tabs = client.get(f"http://127.0.0.1:{port}/json/list", timeout=SECONDS).json()
    return str(next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page"))
