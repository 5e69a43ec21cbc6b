"""``assay compare``: one paired comparison, asked for by name; or all of a run, as it stands."""

from dataclasses import asdict
from typing import Annotated

import typer

from assay.cli.console import say_json
from assay.cli.folders import RunArgument, open_run
from assay.core.errors import ConfigError


def compare(
    run: RunArgument,
    a: Annotated[str | None, typer.Argument(metavar="A", help="A row of the leaderboard, such as boosting+smote.")] = None,
    b: Annotated[str | None, typer.Argument(metavar="B", help="Another row; without both: the whole leaderboard.")] = None,
    margin: Annotated[
        float | None, typer.Option(metavar="X", help="Differences below it do not matter to you, such as 0.005.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Say whether A or B of a run is better.

    On the same rows and folds, with an interval for the difference. Without A and B: the leaderboard of what is done by now,
    also while the run goes on.
    """
    if a is None or b is None:
        _print_all(run, a, margin, as_json=as_json)
        return
    if margin is not None and not margin > 0:
        raise ConfigError(f"--margin {margin:g}: it must be above 0.")
    if a == b:
        raise ConfigError(f"{a} is compared with itself; name two rows.")
    result, _ = open_run(run)
    from assay.study.verdicts import separation

    found = result.verdict(a, b, margin=margin)
    apart = separation(found, margin)
    if as_json:
        told = None if apart is None else asdict(apart)
        verdict = {**found.to_json(), "margin": margin}
        say_json({"schema": 1, "run": str(result.folder.path), "verdict": verdict, "separation": told})
        return
    from assay.cli.results import print_separation, print_verdict

    print_verdict(found.to_json(), margin)
    if apart is not None:
        print_separation(apart, found.metric)


def _print_all(run: str, a: str | None, margin: float | None, *, as_json: bool) -> None:
    """Every row against the leader. Raises ConfigError for half a pair, and for a margin, which is of a pair."""
    if a is not None or margin is not None:
        what = "--margin" if a is None else a
        raise ConfigError(f"{what} wants two rows to compare: assay compare {run} A B; without any, all are shown.")
    result, _ = open_run(run)
    summary = result.summary()
    if as_json:
        say_json(summary)
        return
    from assay.cli.results import print_leaderboard

    print_leaderboard(summary)
