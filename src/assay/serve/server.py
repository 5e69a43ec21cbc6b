"""One process that serves saved models until it is told to stop."""

import errno
import gc
import re
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import uvicorn

from assay.archive.files import SUFFIX
from assay.bundle.model import load_model
from assay.core.errors import ConfigError
from assay.serve.app import App
from assay.serve.connection import connection_class
from assay.serve.limits import Limits, hosts_of
from assay.serve.log import Log, Logged
from assay.serve.served import Shelf

_STOP_SECONDS = 10  # what a request under way gets before a stop cuts it off


def serve(
    paths: Sequence[str | Path],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    shadows: Mapping[str, str | Path] | None = None,
    limits: Limits | None = None,
    log: Logged = "errors",
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the saved models until SIGTERM or SIGINT, answer what was taken, and return.

    port: 0 takes a free one.  shadows: by the name of the model that each stands beside.  limits: without them it is asked
    under the name it listens on, and, on this machine, under localhost.
    announce: called with one line once requests are taken; it holds the address.
    Raises BundleError for a model that cannot be loaded, ConfigError when the address cannot be had.
    """
    limits = limits or Limits(hosts=hosts_of(host))
    found = named_paths(paths)
    models = {name: load_model(path) for name, path in found.items()}
    beside = {name: load_model(path) for name, path in (shadows or {}).items()}
    app = App(Shelf(models, found, beside), limits, Log(log))
    with listen(host, port) as listener:
        taken = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                http=connection_class(limits.seconds, limits.connections),
                lifespan="on",
                access_log=False,
                log_level="warning",
                server_header=False,
                date_header=False,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        with stopped_by_signals(server):
            announce(f"serving on http://{shown}:{taken} (how to ask: http://{shown}:{taken}/docs; Ctrl-C stops)")
            gc.freeze()  # what is loaded stays: collections of what requests leave need not go through it
            server.run(sockets=[listener])


def named_paths(paths: Sequence[str | Path]) -> dict[str, Path]:
    """Saved models by the name of their file or folder, made fit for an address; raises ConfigError when two have the same."""
    named: dict[str, Path] = {}
    for path in map(Path, paths):
        resolved = path.resolve()
        # RUN/model is what a finish writes: the run's name says more than "model"
        base = resolved.parent.name if resolved.name == "model" else resolved.name.removesuffix(SUFFIX)
        name = re.sub(r"[^A-Za-z0-9._-]+", "-", base).strip("-._")[:64] or "model"
        if name in named:
            raise ConfigError(f"two models would be served as {name!r} (the second is {path}); rename one of the files.")
        named[name] = path
    return named


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; raises ConfigError when the address is taken, unknown or forbidden."""
    if not 0 <= port <= 65535:
        raise ConfigError(f"{port} is no port; choose one from 1 to 65535, or 0 for a free one.")
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
    except socket.gaierror as error:
        raise ConfigError(f"no address is known for the host {host!r} ({error.strerror}).") from error
    listener = socket.socket(family, kind, protocol)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(2048)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise ConfigError(f"port {port} on {host} is taken by another program; choose another with --port.") from error
        raise ConfigError(f"cannot listen on {host}, port {port}: {error.strerror}.") from error
    return listener


@contextmanager
def stopped_by_signals(server: uvicorn.Server) -> Iterator[None]:
    """SIGTERM and SIGINT end the server, before uvicorn has set its own handlers too, and when it raises them again after."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(_signal: int, _frame: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
