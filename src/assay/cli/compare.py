"""``assay compare``: one paired comparison, asked for by name."""

from dataclasses import asdict
from typing import Annotated

import typer

from assay.cli.console import say_json
from assay.cli.folders import RunArgument, open_run
from assay.core.errors import ConfigError


def compare(
    run: RunArgument,
    a: Annotated[str, typer.Argument(metavar="A", help="A row of the leaderboard, such as boosting+smote.")],
    b: Annotated[str, typer.Argument(metavar="B", help="Another row.")],
    margin: Annotated[
        float | None, typer.Option(metavar="X", help="Differences below it do not matter to you, such as 0.005.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Say whether A or B of a run is better.

    On the same rows and folds, with an interval for the difference.
    """
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
