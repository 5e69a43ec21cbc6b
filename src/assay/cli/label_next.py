"""``assay label-next``: the rows without a target that are most worth a label, and what choosing them gains over any others."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.console import one_line, say, say_json, shown, tell
from assay.cli.folders import model_path, open_run
from assay.cli.label_noise import beside, check_csv, write_rows
from assay.core.errors import ConfigError, DataError, StudyError

if TYPE_CHECKING:
    import numpy as np
    import polars as pl

    from assay.recipes.fitted import Fitted
    from assay.study.labelling.choose import Chosen
    from assay.study.labelling.gain import Gains
    from assay.study.result import StudyResult

SHOWN = 10


def label_next(  # more than 8 arguments: typer reads the options of the command off them
    what: Annotated[str, typer.Argument(metavar="MODEL|RUN", help="A saved model, or a run folder, whose fold models disagree.")],
    data: Annotated[
        str | None, typer.Argument(metavar="DATA", help="Rows of which some or all have no target, with the model's columns.")
    ] = None,
    count: Annotated[int, typer.Option("--count", metavar="N", help="Rows to name, or rows in a batch of --measure.")] = 100,
    by: Annotated[str, typer.Option("--by", help="mixed, uncertainty, disagreement or diversity.")] = "mixed",
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="A row of a run's leaderboard (default: the winner).")
    ] = None,
    out: Annotated[str | None, typer.Option("--out", "-o", metavar="FILE.csv", help="Write the rows with all columns.")] = None,
    measure: Annotated[
        bool, typer.Option("--measure", help="Play it through on the labelled rows of RUN: what is gained over random rows?")
    ] = False,
    start: Annotated[int, typer.Option(metavar="N", help="Of --measure: rows labelled at first.")] = 100,
    rounds: Annotated[int, typer.Option(metavar="N", help="Of --measure: batches added.")] = 5,
    simulations: Annotated[int, typer.Option(metavar="N", help="Of --measure: how often it is played through.")] = 10,
    seed: Annotated[int, typer.Option(help="Of draws.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Name the rows of DATA that are most worth a label.

    Those the model is unsure of, and far from one another. Rows of DATA that have a target already are passed over.
    """
    from assay.study.labelling.choose import WAYS

    if by not in WAYS:
        from assay.core.names import did_you_mean

        raise ConfigError(f"--by {by}: no such way to choose rows{did_you_mean(by, WAYS)}")
    if count < 1:
        raise ConfigError(f"--count {count}: name 1 row or more.")
    if out is not None:
        check_csv(out)
    if measure:
        if data is not None or out is not None:
            raise ConfigError("--measure plays on the labelled rows of RUN itself; leave out DATA and --out.")
        _measure(what, name, (start, count, rounds, simulations), seed, as_json)
        return
    if data is None:
        raise ConfigError(f"name the rows to choose from: assay label-next {what} DATA.")
    models = models_of(what, name)
    frame, features, rows = unlabelled(data, models[0])
    found = _chosen(models, features, by, count, seed)
    table = beside(chosen_frame(found, rows), frame[rows[found.rows]])
    if out is not None:
        write_rows(table, Path(out))
    if as_json:
        say_json({"schema": 1, "what": what, "data": data, **to_json(found, rows, features.height), "out": out})
        return
    for line in words(found, rows, features.height, Path(data).name):
        say(" " * (len(line) - len(line.lstrip())) + one_line(line))
    if out is not None:
        say(f"Rows: {shown(out)}")


def models_of(what: str, name: str | None) -> "list[Fitted]":
    """The saved model; or those of a run's folds, fitted anew as the study fitted them."""
    from assay.bundle import load
    from assay.study.blend import is_derived
    from assay.study.cells import Candidate, Cell
    from assay.study.work import fit_cell

    if not (Path(what) / "study.toml").is_file():
        if name is not None:
            raise ConfigError("--name is a row of a run's leaderboard; a saved model is one model.")
        return [load(model_path(what)).fitted]
    result, _ = open_run(what)
    candidate = Candidate.parse(_winner(result, what, name))
    if is_derived(candidate):
        raise ConfigError(f"{candidate.name} is made of other candidates; name one of them with --name, or the saved model.")
    work = result.workload()
    folds = [fold for fold in result.plan.folds if fold.repeat == 0]
    models = []
    for place, fold in enumerate(folds):
        tell(f"fitting {candidate.name} on fold {place + 1} of {len(folds)} as the study did")
        models.append(fit_cell(work, Cell(candidate, fold.repeat, fold.fold)))
    return models


def _winner(result: "StudyResult", run: str, name: str | None) -> str:
    chosen = name or result.winner
    if chosen is None:
        raise StudyError(f"nothing was measured in {run}, so no row can be chosen by it.")
    result.interval(chosen)  # raises StudyError for a name that was not measured
    return chosen


def unlabelled(data: str, model: "Fitted") -> "tuple[pl.DataFrame, pl.DataFrame, np.ndarray]":
    """(the file's columns as they are, the model's features of the rows without a target, the numbers of these rows).

    Raises DataError where every row has a target.
    """
    import numpy as np

    from assay.data.conforming import conform
    from assay.data.reader import load as load_rows
    from assay.data.values import blank_to_null

    if not Path(data).is_file():
        raise ConfigError(f"{data} is no file of rows; name a table with the model's columns.")
    raw = load_rows(data)
    rows, target = np.arange(raw.frame.height), model.task.target
    if target in raw.frame.columns:
        import polars as pl

        series = raw.frame[target]
        empty = (blank_to_null(series) if series.dtype == pl.String else series).is_null()
        if series.dtype.is_float():
            empty |= series.is_nan().fill_null(value=True)
        rows = np.flatnonzero(empty.to_numpy())
    if not len(rows):
        raise DataError(f"{data}: each of its {raw.frame.height} rows has a value of {target!r}; there is nothing to label.")
    return raw.frame, conform(raw.frame[rows], model.schema, root=raw.root), rows


def _chosen(models: "list[Fitted]", features: "pl.DataFrame", by: str, count: int, seed: int) -> "Chosen":
    from assay.study.labelling.choose import choose_rows

    return choose_rows(models, features, way=by, count=count, seed=seed)


def chosen_frame(found: "Chosen", rows: "np.ndarray") -> "pl.DataFrame":
    """row, and what is known of its worth: the first is the one to label first."""
    import polars as pl

    worth = {"uncertainty": found.worth.uncertainty, "disagreement": found.worth.disagreement}
    known = {name: values[found.rows] for name, values in worth.items() if values is not None}
    return pl.DataFrame({"row": rows[found.rows], **known})


def to_json(found: "Chosen", rows: "np.ndarray", offered: int) -> dict[str, Any]:
    return {
        "by": found.way,
        "worth": found.by,
        "committee": found.worth.committee,
        "offered": offered,
        "notes": list(found.notes),
        "rows": chosen_frame(found, rows).to_dicts(),
    }


def words(found: "Chosen", rows: "np.ndarray", offered: int, data: str) -> list[str]:
    how = {
        "mixed": "far from one another among those of most " + (found.by or "distance"),
        "uncertainty": "those the model is least sure of",
        "disagreement": f"those that {found.worth.committee} disagree about most",
        "diversity": "far from one another, whatever the model says",
    }[found.way]
    lines = [f"{len(found.rows)} of the {offered} rows of {data} without a target: {how}."]
    lines += [f"Note: {note}" for note in found.notes]
    for line in chosen_frame(found, rows)[:SHOWN].to_dicts():
        told = ", ".join(f"{name} {value:.4g}" for name, value in line.items() if name != "row")
        lines.append(f"  row {line['row']}" + (f": {told}" if told else ""))
    if len(found.rows) > SHOWN:
        lines.append(f"  … and {len(found.rows) - SHOWN} more (-o FILE.csv has them all)")
    return [*lines, "Rows are counted from 0; the first is the one to label first."]


def _measure(run: str, name: str | None, sizes: tuple[int, int, int, int], seed: int, as_json: bool) -> None:
    """sizes: start, batch, rounds, simulations."""
    from assay.recipes.named import recipe_named
    from assay.study.blend import is_derived
    from assay.study.cells import Candidate
    from assay.study.labelling.gain import GainSettings, gain_over_random

    result, _ = open_run(run)
    candidate = Candidate.parse(_winner(result, run, name))
    if is_derived(candidate) or recipe_named(candidate.recipe).search is not None:
        raise ConfigError(f"{candidate.name} takes too many fits to be played through; name a plain recipe with --name.")
    start, batch, rounds, simulations = sizes
    settings = GainSettings(
        recipe=candidate.recipe,
        metric=result.settings.metric,
        start=start,
        batch=batch,
        rounds=rounds,
        simulations=simulations,
        seed=seed,
        level=result.settings.level,
    )
    labelled = result.data.take(result.plan.development)
    found = gain_over_random(labelled, settings, lambda done, total: tell(f"simulation {done} of {total}"))
    if as_json:
        say_json(json.loads(json.dumps({"schema": 1, "run": run, "recipe": candidate.recipe, **found.to_json()})))
        return
    for line in gain_words(found, candidate.recipe, settings.start, settings.batch):
        say(" " * (len(line) - len(line.lstrip())) + one_line(line))


def gain_words(found: "Gains", recipe: str, start: int, batch: int) -> list[str]:
    """What each way gained over random rows."""
    random = found.values[0].mean(axis=0)
    level = found.ways[0].gain.level
    lines = [
        f"{recipe}, {start} rows labelled at random, then {len(found.labelled) - 1} batches of {batch}: {found.metric} "
        f"{random[0]:.4f} → {random[-1]:.4f} with random rows.",
        f"Gain over random, mean over the batches and at the end ({level:.0%}, {found.ways[0].gain.method}):",
    ]
    for one in found.ways:
        ends = [f"{part.value:+.4f} [{part.low:+.4f}, {part.high:+.4f}]" for part in (one.gain, one.last)]
        lines.append(f"  {one.way}: {ends[0]}, at the end {ends[1]}: {one.call} (p {one.p:.2g})")
    if "uncertainty" not in {one.way for one in found.ways}:
        lines.append(f"  uncertainty: not asked, for {recipe} says of a number no spread")
    return [
        *lines,
        f"p is of the mean, corrected for {len(found.ways)} ways (Holm); it speaks of this table and this recipe only.",
    ]
