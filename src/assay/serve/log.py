"""One JSON object a line on standard error, for what a reader of logs must know of a request."""

import sys
import time
from typing import Literal, TextIO

import orjson

Logged = Literal["none", "errors", "requests"]
"""errors: what is the server's fault; being too busy (503) is not.  requests: everything."""


class Log:
    def __init__(self, what: Logged = "errors", stream: TextIO | None = None) -> None:
        self.what, self._stream = what, stream

    def request(self, request_id: str, method: str, path: str, status: int, seconds: float, why: str | None = None) -> None:
        """why: of an answer that is a fault of the server's, how it came about."""
        if self.what == "none" or (self.what == "errors" and status not in (500, 504)):
            return
        said = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
            "request": request_id,
            "method": method,
            "path": path[:200],
            "status": status,
            "ms": round(1000 * seconds, 3),
        }
        line = orjson.dumps(said if why is None else {**said, "why": why}).decode()
        print(line, file=self._stream or sys.stderr, flush=True)
