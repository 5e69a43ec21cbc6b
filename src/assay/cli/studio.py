"""``assay studio``: pages over a folder of runs."""

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.console import tell


def studio(
    runs: Annotated[Path, typer.Argument(metavar="RUNS", help="The folder that holds run folders, such as runs.")],
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for every one of this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one and says which.")] = 8080,
    data: Annotated[
        list[Path] | None, typer.Option(metavar="FOLDER", help="Files in it may be read to start runs. May repeat.")
    ] = None,
    token: Annotated[
        str | None,
        typer.Option(metavar="TEXT", help="What a browser must bring once (default: one is made where others can reach --host)."),
    ] = None,
    allow_host: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="A name under which it may be asked, besides --host.")
    ] = None,
) -> None:
    """Show runs in a browser, start them, try models.

    Only this machine can reach it, unless --host says otherwise: then it wants a token.
    """
    from assay.serve.studio.server import serve_studio

    serve_studio(runs, host=host, port=port, data=data or (), token=token, allow_hosts=allow_host or (), announce=tell)
