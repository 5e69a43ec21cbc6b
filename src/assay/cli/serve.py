"""``assay serve``: saved models over HTTP."""

from typing import Annotated

import typer

from assay.cli.console import tell
from assay.cli.folders import model_path


def serve(
    models: Annotated[list[str], typer.Argument(metavar="MODEL…", help="Saved models: RUN/model, or .assay files.")],
    host: Annotated[str, typer.Option(help="The address to listen on; 0.0.0.0 for every one of this machine.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one and says which.")] = 8000,
) -> None:
    """Serve saved models over HTTP, until Ctrl-C.

    POST /predict asks the first model, /health and /docs say what there is.
    """
    from assay import serve as serving

    serving.serve([model_path(model) for model in models], host=host, port=port, announce=tell)
