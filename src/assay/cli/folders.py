"""A run folder opened again: the data is read as ``assay run`` read it, and the study made anew around it."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import tell
from assay.cli.reading import Reading
from assay.core.errors import ConfigError, StudyError

if TYPE_CHECKING:
    from assay.study.result import StudyResult

RunArgument = Annotated[str, typer.Argument(metavar="RUN", help="A run folder, as assay run names it.")]


def model_path(said: str) -> str:
    """The name of a saved model as it was given. Raises ConfigError for a run folder, and says where its model is."""
    folder = Path(said)
    if (folder / "study.toml").is_file() and not (folder / "manifest.json").is_file():
        model = folder / "model"
        advice = f"name its model: {model}" if model.is_dir() else f"make its model first: assay finish {said}"
        raise ConfigError(f"{said} is a run folder; {advice}.")
    return said


def open_run(run: str) -> "tuple[StudyResult, Reading]":
    """The result of a run as it stands, and how its data was read.

    Raises StudyError when the folder holds no study, or its data has changed since.
    """
    from assay.study.cells import Candidate
    from assay.study.folder import RunFolder
    from assay.study.study import Study

    folder = RunFolder(Path(run))
    kept = folder.read_study() if folder.path.is_dir() else None
    if kept is None:
        raise StudyError(f"{run} is no run folder (there is no study.toml in it); assay run makes one and names it.")
    settings = kept["settings"]
    reading = Reading.from_settings(settings, folder.path)
    candidates = [Candidate.parse(name) for name in kept["candidates"]]
    cost = settings.get("cost")
    study = Study(
        reading.load(),
        recipes=list(dict.fromkeys(candidate.recipe for candidate in candidates)),
        treatments=list(dict.fromkeys(candidate.treatment for candidate in candidates)),
        metric=settings["metric"],
        folds=settings["folds"],
        repeats=settings["repeats"],
        seed=settings["seed"],
        copies=settings["copies"],
        cost=None if cost is None else (float(cost[0]), float(cost[1])),
        threshold=settings.get("threshold"),
        calibration=settings.get("calibration"),
        device=settings.get("device", "cpu"),
        scheme=settings.get("scheme", "k-fold"),
        gap=settings.get("gap"),
        window=settings.get("window"),
        shares=settings.get("shares"),
        interval=settings.get("interval", "default"),
        memory=reading.memory,
        read={**reading.to_settings(), "command": settings.get("read.command", "")},
    )
    result = study.open(folder.path)
    for candidate in result.candidates:
        failure = result.failure(candidate)
        if failure is not None:
            tell(f"note: {candidate.name} is left out: {failure.reason}")
    return result, reading
