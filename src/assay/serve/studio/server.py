"""One process that serves the studio until it is told to stop."""

import secrets
from collections.abc import Callable, Sequence
from pathlib import Path

import uvicorn

from assay.core.errors import ConfigError
from assay.serve.limits import LOOPBACK, hosts_of
from assay.serve.server import listen, stopped_by_signals
from assay.serve.studio.app import make_studio
from assay.serve.studio.place import Place

SHORTEST_TOKEN = 16
_STOP_SECONDS = 3


def serve_studio(
    runs: Path,
    *,
    host: str = "127.0.0.1",
    port: int = 8080,
    data: Sequence[Path] = (),
    token: str | None = None,
    allow_hosts: Sequence[str] = (),
    announce: Callable[[str], None] = print,
) -> None:
    """Show the runs in ``runs`` until SIGTERM or SIGINT, and return.

    port: 0 takes a free one.  data: folders whose files runs may be started on.
    token: what a browser must bring; without one, one is made where other machines can reach ``host``.
    announce: called with one line once requests are taken; it holds the address, and the token that was made.
    Raises ConfigError for a folder that does not exist or is a run itself, a token too short, an address that cannot be had.
    """
    place = Place(_folder(runs, "RUNS"), tuple(_folder(one, "--data") for one in data))
    if (place.runs / "study.toml").is_file():
        raise ConfigError(f"{runs} is a run itself; name the folder that holds it: assay studio {runs.parent}.")
    is_here = host in LOOPBACK or host == "::1"
    if token is not None and len(token) < SHORTEST_TOKEN:
        raise ConfigError(f"--token is shorter than {SHORTEST_TOKEN} characters; leave it out, and one is made.")
    # A name that is allowed leads here through something that others can reach.
    made = None if (is_here and not allow_hosts) or token is not None else secrets.token_urlsafe()
    app = make_studio(place, token=token or made, hosts=hosts_of(host, allow_hosts))
    with listen(host, port) as listener:
        taken = listener.getsockname()[1]
        shown = f"[{host}]" if ":" in host else host
        server = uvicorn.Server(
            uvicorn.Config(
                app,
                lifespan="on",
                access_log=False,
                log_level="warning",
                server_header=False,
                proxy_headers=False,
                timeout_graceful_shutdown=_STOP_SECONDS,
            )
        )
        with stopped_by_signals(server):
            announce(f"studio on http://{shown}:{taken}/{f'?token={made}' if made else ''} (Ctrl-C stops)")
            server.run(sockets=[listener])


def _folder(path: Path, what: str) -> Path:
    """Absolute.  Raises ConfigError where there is none."""
    if not path.is_dir():
        raise ConfigError(f"{what} {path} is {'a file' if path.exists() else 'not there'}; name a folder.")
    return path.resolve()
