"""``assay serve``: saved models over HTTP."""

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.console import tell
from assay.cli.folders import model_path
from assay.core.errors import ConfigError

LOGS = ("none", "errors", "requests")


def serve(  # more than 8 arguments: typer reads the options of the command off them
    models: Annotated[list[str], typer.Argument(metavar="MODEL…", help="Saved models: RUN/model, or .assay files.")],
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for every one of this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one and says which.")] = 8000,
    shadow: Annotated[
        list[str] | None, typer.Option(metavar="NAME=MODEL", help="Answers beside the model NAME, unheard; GET /shadow compares.")
    ] = None,
    keys: Annotated[Path | None, typer.Option(metavar="FILE", help="Keys that open it, one a line; else it is open.")] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A name under which it may be asked, besides --host.")
    ] = None,
    most_rows: Annotated[int, typer.Option(min=1, help="Rows of one request.")] = 10_000,
    most_waiting: Annotated[int, typer.Option(min=1, help="Requests under way at once; more are told to come back (503).")] = 256,
    most_connections: Annotated[int, typer.Option(min=1, help="Connections open at once; more are told to come back.")] = 1024,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds for a request to arrive, and for its answer.")] = 30.0,
    log: Annotated[str, typer.Option(metavar="|".join(LOGS), help="What is logged, as JSON lines on standard error.")] = "errors",
) -> None:
    """Serve saved models over HTTP, until Ctrl-C.

    POST /predict asks the first model, POST /models/NAME/predict any; POST /models/NAME/reload loads its file again.
    GET /health, /metrics (Prometheus), /drift and /shadow say how it goes, /docs how to ask.

    Example:  assay serve runs/loans/model --keys keys.txt --shadow loans=runs/new/model
    """
    from assay import serve as serving
    from assay.serve.limits import Limits, hosts_of, read_keys

    if log not in LOGS:
        raise ConfigError(f"--log {log}: it is {', '.join(LOGS[:-1])} or {LOGS[-1]}.")
    limits = Limits(
        rows=most_rows,
        waiting=most_waiting,
        connections=most_connections,
        seconds=timeout,
        hosts=hosts_of(host, allow_host or ()),
        keys=() if keys is None else read_keys(keys),
    )
    shadows = dict(map(_shadow, shadow or ()))
    paths = [model_path(model) for model in models]
    serving.serve(paths, host=host, port=port, shadows=shadows, limits=limits, log=log, announce=tell)  # type: ignore[arg-type]


def _shadow(said: str) -> tuple[str, str]:
    name, equals, path = said.partition("=")
    if not (name and equals and path):
        raise ConfigError(f"--shadow {said}: write NAME=MODEL, the name of a served model and the one to stand beside it.")
    return name, model_path(path)
