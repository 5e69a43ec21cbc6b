"""``assay nested``: the error of one candidate with the interval of nested cross-validation."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, tell
from assay.cli.folders import RunArgument, open_run
from assay.core.errors import ConfigError
from assay.core.threads import usable_threads

if TYPE_CHECKING:
    from assay.cli.progress import RunProgress
    from assay.measure.nested import NestedError
    from assay.study.cells import Outcome
    from assay.study.nested import NestedScore, NestedWork

SECONDS_OF_SILENCE = 10.0


def nested(
    run: RunArgument,
    name: Annotated[str, typer.Argument(metavar="NAME", help="A row of the leaderboard, such as boosting+smote.")],
    metric: Annotated[
        str | None, typer.Option(metavar="NAME", help="A mean over rows, such as log_loss (default: the run's metric).")
    ] = None,
    folds: Annotated[int | None, typer.Option(metavar="K", help="Folds, 3 or more (default: as many as the run has).")] = None,
    repeats: Annotated[
        int, typer.Option(metavar="N", help="How often the rows are dealt anew; each takes K (K + 1) / 2 fits.")
    ] = 20,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Worker processes (default: one a core).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Measure one candidate's error by nested validation.

    Its interval knows how training sets overlap. Nested cross-validation after Bates, Hastie and Tibshirani (2024): many fits
    on the rows that are not locked. The run is left as it is.
    """
    from assay.study.nested import prepare_nested, run_nested

    if jobs is not None and jobs < 1:
        raise ConfigError(f"--jobs {jobs}: at least 1.")
    result, _ = open_run(run)
    work = prepare_nested(result, name, metric=metric, folds=folds, repeats=repeats)
    tell(cost_words(work, jobs))
    with _showing() as progress:
        found = run_nested(work, jobs=jobs, progress=progress)
    if as_json:
        say_json({"schema": 1, "run": str(result.folder.path), **found.to_json()})
        return
    for line in words(found):
        say(one_line(line))


def cost_words(work: "NestedWork", jobs: int | None) -> str:
    """What is about to be done, and about how long it takes by how long the run's own fits took."""
    from assay.cli.progress import duration
    from assay.splits.words import counted

    at_once = min(jobs or usable_threads(), work.fits)
    each = f"{len(work.left_out)} (each of {work.folds} folds and each pair of them left out once)"
    return (
        f"{work.fits} fits of {work.candidate.name}: {counted(work.repeats, 'repeat')} × {each}; about "
        f"{duration(work.seconds / at_once)} with --jobs {at_once}."
    )


def words(found: "NestedScore") -> list[str]:
    """The result as a person reads it."""
    from assay.splits.words import counted

    error, interval = found.error, found.error.interval
    how = f"{counted(error.repeats, 'repeat')} of {error.folds} folds, {counted(interval.n, found.unit)}"
    return [
        f"{found.metric.title} of {found.candidate}: {interval} ({interval.level:.0%}, nested cross-validation, {how}).",
        f"Plain cross-validation of the same folds: {error.naive}, by the spread of the rows alone.",
        f"The run's own interval: {found.run} ({found.run.method}).",
        f"The standard error is {error.inflation:.2f} times what the rows alone say{known_how_well(error)}.",
    ]


def known_how_well(error: "NestedError") -> str:
    """How far other deals of the folds could move the standard error."""
    if error.held_at == "lower":
        return ", the least it can be"
    if error.held_at == "upper":
        return f", the most that {error.folds} folds can make it"
    if error.mse_error is None:
        return "; one repeat knows that badly, so pass more --repeats"
    low, high = (max(0.0, 1 + sign * error.mse_error / error.mse) ** 0.5 * error.inflation for sign in (-1, 1))
    low, high = max(low, 1.0), min(high, error.folds**0.5)
    return f", with other deals of the folds {low:.2f} to {high:.2f} times (more --repeats bring these together)"


@contextmanager
def _showing() -> "Iterator[RunProgress]":
    """A bar on a terminal; elsewhere a line now and then, since fits are many and short."""
    from assay.cli.progress import RunProgress, duration, showing

    if sys.stderr.isatty():
        with showing(()) as bar:
            yield bar
        return

    class NowAndThen(RunProgress):
        said = time.monotonic()

        def finished(self, outcome: "Outcome") -> None:
            super().finished(outcome)
            if time.monotonic() - self.said > SECONDS_OF_SILENCE and self.done < self.total:
                self.said = time.monotonic()
                tell(f"{self.done}/{self.total} fits, about {duration(self.seconds_left or 0.0)} left")

    yield NowAndThen()
