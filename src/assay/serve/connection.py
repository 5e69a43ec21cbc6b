"""A connection of uvicorn's that cannot be kept half open, nor filled with headers.

uvicorn waits for the head of a request for as long as bytes of it come, and keeps all of them.  Here a head has a time and a
size, what is left of a body whose answer was given early is read for a while, so that the answer can be read, and then cut
off, and connections beyond a number are told to come back.
"""

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_BYTES = 64 * 2**10
FRAMING_BYTES = 2**20
"""What a body may have around it: the sizes of its chunks and the headers after it."""
AHEAD_BYTES = 2**20
"""Of a body that may lie here before the application has asked for it.

uvicorn stops reading at a sixteenth of that until it is asked, and a thousand rows come in seven turns.
"""
LINGER_SECONDS = 5.0

_FULL = (
    b"HTTP/1.1 503 Service Unavailable\r\ncontent-type: application/json\r\nretry-after: 1\r\nconnection: close\r\n"
    b'content-length: 58\r\n\r\n{"detail":"too many connections; come back in a second."}\n'
)
_LONG = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\nconnection: close\r\n"
    b'content-length: 49\r\n\r\n{"detail":"the headers of the request are long."}'
)


class Connection(HttpToolsProtocol):
    """Subclassed for one server, which sets the limits; see ``connection_class``."""

    head_seconds = 30.0
    most_connections = 1024

    _timer: asyncio.TimerHandle | None = None
    _in_head = False
    _surplus = 0  # bytes of this request that are not of its body

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > self.most_connections:
            transport.write(_FULL)
            transport.close()
        else:
            self._cut_off_in(self.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        self._keep()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self.transport.is_closing():
            return
        super().data_received(data)
        self._surplus += len(data)
        if self._surplus > (HEAD_BYTES if self._in_head else FRAMING_BYTES):
            self.transport.write(_LONG)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._in_head, self._surplus = True, 0
        if self._timer is None:
            self._cut_off_in(self.head_seconds)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._keep()
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        """As uvicorn's, but for how much may lie here before reading stops."""
        self._surplus -= len(body)
        if self.cycle.response_complete or (self.parser.should_upgrade() and self._should_upgrade()):
            return
        self.cycle.body += body
        if len(self.cycle.body) > AHEAD_BYTES:
            self.flow.pause_reading()
        self.cycle.message_event.set()

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self.cycle.more_body = False
        self._keep()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self.cycle.response_complete and self.cycle.more_body and not self.transport.is_closing():
            self._cut_off_in(LINGER_SECONDS)

    def _cut_off_in(self, seconds: float) -> None:
        self._keep()
        self._timer = self.loop.call_later(seconds, self.transport.close)

    def _keep(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def connection_class(seconds: float, connections: int) -> type[Connection]:
    """With these limits: uvicorn makes the connections, and hands none of its own settings through."""
    return type("LimitedConnection", (Connection,), {"head_seconds": seconds, "most_connections": connections})
