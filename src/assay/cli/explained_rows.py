"""Whom to ask about which rows: the models of a run's folds with the rows they have not seen, or a saved model with a file.

The locked rows of a run are never looked at here, also not after they were opened: explanations are read to change things,
and whatever is changed by them has used them up.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from assay.cli.console import tell
from assay.cli.folders import model_path, open_run
from assay.core.errors import ConfigError, DataError, StudyError

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import polars as pl

    from assay.cli.reading import Reading
    from assay.data.dataset import Dataset
    from assay.data.schema import Column
    from assay.data.sources.raw import RawTable
    from assay.data.task import Task
    from assay.explain.held import HeldOut
    from assay.recipes.fitted import Fitted
    from assay.splits.plan import Fold
    from assay.study.cells import Candidate
    from assay.study.result import StudyResult

MOST_REFERENCE = 20_000


def is_run(said: str) -> bool:
    return (Path(said) / "study.toml").is_file()


def of_run(
    run: str,
    name: str | None,
    *,
    group: str | None = None,
    row: int | None = None,
    check: "Callable[[list[Column]], None]" = lambda _: None,
) -> "tuple[HeldOut, StudyResult, Reading]":
    """The models of the folds of the first repeat, fitted anew as the study fitted them.

    name: a row of the leaderboard, None for the winner.  group, row: what will be asked about, checked before the fits; so is
    what ``check`` says of the features.
    Raises StudyError for a candidate that was not measured, ConfigError for a group or a row that there is not.
    """
    from assay.explain.held import HeldOut, held_rows
    from assay.measure.parts import Part, design_of
    from assay.measure.payload import Predictions, Truth
    from assay.study.cells import Candidate, Cell
    from assay.study.finish import operating_choice
    from assay.study.work import fit_cell

    result, reading = open_run(run)
    _refuse_language(result.data.question)
    chosen = name or (result.opened or {}).get("name") or result.winner
    if chosen is None:
        raise StudyError(f"nothing was measured in {run}, so there is nothing to explain.")
    result.interval(chosen)  # raises StudyError for a name that was not measured
    candidate = Candidate.parse(chosen)
    folds = [fold for fold in result.plan.folds if fold.repeat == 0]
    check(result.data.schema.features)
    _check_row(result, folds, row)
    if group is not None:
        _check_group(group, result.data, reading)
    parts, same, work = [], True, result.workload()
    for place, fold in enumerate(folds):
        tell(f"fitting {candidate.name} on fold {place + 1} of {len(folds)} as the study did")
        fitted = fit_cell(work, Cell(candidate, fold.repeat, fold.fold))
        same = same and _as_kept(result, candidate, fold, fitted)
        reference = some_rows(fold.train, result.settings.seed)
        parts.append(held_rows(fitted, result.data, fold.test, reference, repeat=fold.repeat, fold=fold.fold))
    empty = [Part(0, p.fold, Truth("", p.units, {}), Predictions("", p.units, {})) for p in parts]
    choice = operating_choice(result, candidate)
    locked = len(result.plan.locked)
    warnings = () if same else ("The models fitted now answer otherwise than the study's: library versions may have changed.",)
    held = HeldOut(
        parts=tuple(parts),
        design=design_of(empty, kind=result.plan.unit, groups=result.plan.groups, time=result.plan.time),
        estimand="this recipe",
        about=f"the rows of {len(folds)} folds, each explained by the model fitted without them; {locked} locked rows left alone",
        threshold=None if choice is None else choice.threshold,
        warnings=warnings,
        level=result.settings.level,
    )
    return held, result, reading


def _check_row(result: "StudyResult", folds: "list[Fold]", row: int | None) -> None:
    if row is None or any((fold.test == row).any() for fold in folds):
        return
    if (result.plan.locked == row).any():
        raise ConfigError(
            f"--row {row} is one of the locked test rows, which stay locked; name another, or explain the saved model on it: "
            "assay explain MODEL DATA --row N."
        )
    raise ConfigError(f"--row {row}: the folds hold out no such row; rows are counted from 0 to {len(result.data) - 1}.")


def _check_group(column: str, data: "Dataset", reading: "Reading") -> None:
    from assay.core.names import did_you_mean

    known = [*data.frame.columns, *reading.drop]
    if column not in known:
        raise ConfigError(f"{data.source} has no column {column!r}{did_you_mean(column, known)}")


def some_rows(rows: "np.ndarray", seed: int) -> "np.ndarray":
    """Those that stand for the training rows of a fold: all of them, or of very many some."""
    import numpy as np

    from assay.core.seeds import generator

    if len(rows) <= MOST_REFERENCE:
        return rows
    return np.sort(generator(seed, "reference").choice(rows, MOST_REFERENCE, replace=False))


def _as_kept(result: "StudyResult", candidate: "Candidate", fold: "Fold", fitted: "Fitted") -> bool:
    """Whether the model answers as the one whose predictions the run keeps."""
    import numpy as np

    kept = next(part for part in result.parts[candidate.name] if (part.repeat, part.fold) == (fold.repeat, fold.fold))
    name = "probability" if result.data.question.is_classification else "value"
    said = fitted.predict(result.data.frame[fold.test], units=fold.test)[name]
    return np.allclose(said, kept.predictions[name], rtol=1e-6, atol=1e-9)


def pictures_in(folder: Path) -> "RawTable":
    """A folder of class folders with its labels, any other without."""
    from assay.data.sources.folders import from_folder

    return from_folder(folder, labelled=any(one.is_dir() for one in folder.iterdir()))


def _refuse_language(task: "Task") -> None:
    """Raise ConfigError for a task whose answers are tokens or texts."""
    if task.is_language:
        raise ConfigError(
            f"this looks at what moves a class or a number, and the task {task.asked} answers with tokens or texts; see its "
            "report, or what the model says of a text (assay predict)."
        )


def of_model(model: str, data: str, check: "Callable[[list[Column]], None]" = lambda _: None) -> "tuple[HeldOut, pl.DataFrame]":
    """A saved model on the rows of a file, and that file's columns; the target is used where the file has it."""
    from assay.bundle import load
    from assay.data.conforming import conform
    from assay.data.reader import load as load_rows
    from assay.explain.held import one_model
    from assay.explain.picture_eyes import is_of_pictures

    loaded = load(model_path(model))
    fitted = loaded.fitted
    _refuse_language(fitted.task)
    check(fitted.schema.features)
    folder = Path(data).is_dir() and is_of_pictures(fitted)
    if not Path(data).is_file() and not folder:
        raise ConfigError(f"{data} is no file of rows; name a table with the model's columns.")
    raw = pictures_in(Path(data)) if folder else load_rows(data)
    features = conform(raw.frame, fitted.schema, root=raw.root)
    target = target_of(raw.frame, fitted) if fitted.task.target in raw.frame.columns else None
    held = one_model(
        fitted,
        features,
        target,
        threshold=loaded.threshold,
        about=f"the {features.height} rows of {Path(data).name}, explained by the saved model",
    )
    warning = _maybe_seen(loaded.card, data, features.height)
    return (held if warning is None else _warned(held, warning)), raw.frame


def _warned(held: "HeldOut", warning: str) -> "HeldOut":
    from dataclasses import replace

    return replace(held, warnings=(*held.warnings, warning))


def _maybe_seen(card: object, data: str, rows: int) -> str | None:
    """The model's card names its training file: the same name and length is hardly chance."""
    source = card.get("data") if isinstance(card, dict) else None
    if isinstance(source, dict) and source.get("source") == Path(data).name and source.get("rows") == rows:
        return (
            f"{Path(data).name} is the file that the model was trained on: what it says of rows it has seen flatters it. "
            "Explain the run folder instead, whose folds hold rows apart."
        )
    return None


def target_of(frame: "pl.DataFrame", fitted: "Fitted") -> "np.ndarray":
    """Class codes or numbers (n,).  Raises DataError for a value the model does not know."""
    import numpy as np
    import polars as pl

    from assay.data.kinds import as_kind

    task = fitted.task
    series = frame[task.target]
    if not task.is_classification:
        values = as_kind(series, "number", root=None, levels=())
        if values.null_count():
            raise DataError(f"{values.null_count()} rows have no {task.target!r}; leave them out to measure errors.")
        return values.to_numpy().astype(np.float64)
    texts = as_kind(series, "category", root=None, levels=task.classes)
    codes = texts.replace_strict(list(task.classes), list(range(len(task.classes))), default=-1, return_dtype=pl.Int64).fill_null(
        -1
    )
    unknown = int((codes < 0).sum())
    if unknown:
        first = int((codes < 0).arg_true()[0])
        raise DataError(
            f"{unknown} rows have a {task.target!r} that the model does not know (first: row {first + 1}, {series[first]!r}); "
            f"it knows {', '.join(task.classes[:5])}."
        )
    return codes.to_numpy()


def group_of_run(column: str, held: "HeldOut", result: "StudyResult", reading: "Reading") -> "pl.Series":
    """The column's value of every held-out row, part after part; also of a column that the study leaves out."""
    import numpy as np

    frame = result.data.frame if column in result.data.frame.columns else _read_again(column, result.data, reading)
    return frame[column].gather(np.concatenate([part.units for part in held.parts]))


def _read_again(column: str, data: "Dataset", reading: "Reading") -> "pl.DataFrame":
    """The data with a column that was dropped.  Raises ConfigError where rows were left out too."""
    from dataclasses import replace

    again = replace(reading, drop=tuple(name for name in reading.drop if name != column)).load()
    if len(again) != len(data) or column not in again.frame.columns:
        raise ConfigError(f"column {column!r} cannot be brought together with the rows of the study; keep it as a feature.")
    return again.frame
