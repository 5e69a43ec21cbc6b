"""``assay compare``: one paired comparison, asked for by name."""

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
    verdict = result.verdict(a, b, margin=margin).to_json()
    if as_json:
        say_json({"schema": 1, "run": str(result.folder.path), "verdict": verdict})
        return
    from assay.cli.results import print_verdict

    print_verdict(verdict)
