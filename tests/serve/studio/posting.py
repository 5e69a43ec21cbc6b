"""A client of the studio for tests: one call is one request, made in an event loop of its own; and a server for a browser."""

import asyncio
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import uvicorn
from fastapi import FastAPI


class Client:
    """Asks an application; redirects are answers, and a defect of the application is raised here."""

    def __init__(self, app: FastAPI, host: str = "localhost") -> None:
        self.app, self.host = app, host

    def request(self, method: str, address: str, **settings: Any) -> httpx.Response:
        async def ask() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=f"http://{self.host}") as client:
                return await client.request(method, address, timeout=120, **settings)

        return asyncio.run(ask())

    def get(self, address: str, **settings: Any) -> httpx.Response:
        return self.request("GET", address, **settings)

    def post(self, address: str, **settings: Any) -> httpx.Response:
        return self.request("POST", address, **settings)


@contextmanager
def served(app: FastAPI) -> Iterator[str]:
    """The address of the application, on a free port of this machine."""
    listener = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    until = time.monotonic() + 60
    while not server.started:
        assert time.monotonic() < until
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(20)
