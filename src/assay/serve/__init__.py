"""HTTP over a saved model. The libraries of the extra ``serve`` are imported on first use."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from assay.core.optional import require

if TYPE_CHECKING:
    from assay.bundle.model import Model
    from assay.serve.app import App
    from assay.serve.limits import Limits
    from assay.serve.log import Logged

__all__ = ["make_app", "serve"]


def _check_extra() -> None:
    for library in ("uvicorn", "orjson", "msgspec", "httptools"):
        require(library, extra="serve", purpose="serving a model")


def make_app(models: "Mapping[str, Model]", limits: "Limits | None" = None) -> "App":
    """The ASGI application for these models by name; see ``assay.serve.app.make_app``."""
    _check_extra()
    from assay.serve import app

    return app.make_app(models, limits)


def serve(
    paths: Sequence[str | Path],
    *,
    host: str = "127.0.0.1",
    port: int = 8000,
    shadows: "Mapping[str, str | Path] | None" = None,
    limits: "Limits | None" = None,
    log: "Logged" = "errors",
    announce: Callable[[str], None] = print,
) -> None:
    """Serve the saved models at ``paths`` until SIGTERM or SIGINT; see ``assay.serve.server.serve``."""
    _check_extra()
    from assay.serve import server

    server.serve(paths, host=host, port=port, shadows=shadows, limits=limits, log=log, announce=announce)
