"""``assay export``: a run as other tools keep it."""

from pathlib import Path
from typing import Annotated

import typer

from assay.cli.console import one_line, say, say_json, shown
from assay.cli.folders import RunArgument, open_run
from assay.core.errors import ConfigError


def export(
    run: RunArgument,
    parquet: Annotated[
        Path | None, typer.Option("--parquet", metavar="FOLDER", help="Write candidates, metrics, verdicts, fits, predictions.")
    ] = None,
    mlflow: Annotated[
        str | None, typer.Option("--mlflow", metavar="URI", help="Log it to MLflow: sqlite:///mlflow.db, http://host:5000 …")
    ] = None,
    experiment: Annotated[str, typer.Option(metavar="NAME", help="Of --mlflow.")] = "assay",
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Hand a run to other tools, as Parquet or to MLflow.

    Everything that was measured, with its intervals: nothing is fitted, and the lock stays as it is.
    """
    if parquet is None and mlflow is None:
        raise ConfigError("say where the run goes: --parquet FOLDER, --mlflow URI, or both.")
    result, _ = open_run(run)
    files: list[Path] = []
    if parquet is not None:
        from assay.study.tracking import write_tables

        files = write_tables(result, parquet)
    logged = None
    if mlflow is not None:
        from assay.study.tracking.mlflow import log_to_mlflow

        logged = log_to_mlflow(result, mlflow, experiment)
    if as_json:
        say_json({"schema": 1, "run": run, "files": [str(file) for file in files], "mlflow": logged})
        return
    for file in files:
        say(one_line(shown(file)))
    if logged is not None:
        say(one_line(f"Logged to {mlflow}, experiment {experiment}, run {logged}."))
