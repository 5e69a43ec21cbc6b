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

CLOSE: Headers = ((b"connection", b"close"),)
COME_BACK: Headers = ((b"retry-after", b"1"),)
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

    async def body(self, most: int, seconds: float, held: "Held | None" = None) -> bytes:
        """The body, whole; its bytes stay on the account of ``held`` until they are given back.

        Raises Refusal 413 as soon as it is known to be too long, 408 when it does not come in time, 400 when it ends, 503 when
        the bodies of all requests together are too much.
        """
        declared = self.text(b"content-length")
        if declared.isdecimal() and int(declared[:20]) > most:
            raise _too_long(most)
        account, taken = held or Held(most), 0
        parts: list[bytes] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    message = await self.receive()
                    parts.append(_part(message, taken, most))
                    account.take(len(parts[-1]))
                    taken += len(parts[-1])
                    if not message.get("more_body"):
                        return parts[0] if len(parts) == 1 else b"".join(parts)
        except BaseException as error:
            account.give_back(taken)
            if isinstance(error, TimeoutError):
                raise Refusal(408, f"the request did not arrive within {seconds:g} seconds; send it again.", CLOSE) from error
            raise


@dataclass
class Held:
    """Bytes of bodies that are being read or answered, of all requests together: many long ones must not fill the memory."""

    most: int
    now: int = 0

    def take(self, size: int) -> None:
        """Raises Refusal 503."""
        if self.now + size > self.most:
            raise Refusal(503, "too many long requests at once; come back in a second.", COME_BACK)
        self.now += size

    def give_back(self, size: int) -> None:
        self.now -= size


def _part(message: MutableMapping[str, Any], before: int, most: int) -> bytes:
    if message["type"] == "http.disconnect":
        raise Refusal(400, "the request ended before its body was whole.")
    part: bytes = message.get("body", b"")
    if before + len(part) > most:
        raise _too_long(most)
    return part


def _too_long(most: int) -> Refusal:
    return Refusal(413, f"the request is longer than {most} bytes; send fewer rows at a time.")


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
