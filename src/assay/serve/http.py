"""One request and its answer over ASGI: what is read is bounded, what is refused is one sentence."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any

import orjson

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Headers = tuple[tuple[bytes, bytes], ...]

JSON, HTML, TEXT = b"application/json", b"text/html; charset=utf-8", b"text/plain; version=0.0.4; charset=utf-8"


class Refusal(Exception):  # noqa: N818 - an answer as any other, not an error of the server's
    """A request that is not answered: its status, one sentence that says why, and headers that belong to it."""

    def __init__(self, status: int, detail: str, headers: Headers = ()) -> None:
        super().__init__(detail)
        self.status, self.detail, self.headers = status, detail, headers


@dataclass(frozen=True)
class Answer:
    """body: of the content type ``kind``."""

    body: bytes
    status: int = 200
    kind: bytes = JSON
    headers: Headers = ()


@dataclass(frozen=True)
class Asked:
    """A request as it came.  path: percent-decoded.  headers: by lower-case name, the last of each."""

    method: str
    path: str
    headers: dict[bytes, bytes] = field(repr=False)
    receive: Receive = field(repr=False)

    @classmethod
    def of(cls, scope: Scope, receive: Receive) -> "Asked":
        return cls(scope["method"], scope["path"], dict(scope["headers"]), receive)

    def text(self, name: bytes) -> str:
        return self.headers.get(name, b"").decode("latin-1")

    async def body(self, most: int, seconds: float) -> bytes:
        """Raises Refusal 413 as soon as the body is known to be too long, 408 when it does not come in time, 400 when it ends."""
        declared = self.text(b"content-length")
        if declared.isdecimal() and int(declared[:20]) > most:
            raise _too_long(most)
        message = await self.receive()
        if not message.get("more_body"):
            return _part(message, 0, most)
        try:
            async with asyncio.timeout(seconds):
                return await self._rest(_part(message, 0, most), most)
        except TimeoutError as error:
            raise Refusal(408, f"the request did not arrive within {seconds:g} seconds; send it again.") from error

    async def _rest(self, first: bytes, most: int) -> bytes:
        parts, length = [first], len(first)
        while True:
            message = await self.receive()
            parts.append(_part(message, length, most))
            length += len(parts[-1])
            if not message.get("more_body"):
                return b"".join(parts)


def _part(message: MutableMapping[str, Any], before: int, most: int) -> bytes:
    if message["type"] == "http.disconnect":
        raise Refusal(400, "the request ended before its body was whole.")
    part: bytes = message.get("body", b"")
    if before + len(part) > most:
        raise _too_long(most)
    return part


def _too_long(most: int) -> Refusal:
    return Refusal(413, f"the request is longer than {most} bytes; send fewer rows at a time.", ((b"connection", b"close"),))


def as_json(value: object, status: int = 200, headers: Headers = ()) -> Answer:
    return Answer(orjson.dumps(value), status, JSON, headers)


async def send_answer(send: Send, answer: Answer, more: Headers = ()) -> None:
    """The answer with the headers that every one of ours has."""
    headers = [
        (b"content-type", answer.kind),
        (b"content-length", str(len(answer.body)).encode()),
        (b"x-content-type-options", b"nosniff"),
        *answer.headers,
        *more,
    ]
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
