"""``assay demo``: real data written as files, and what to do with them; for a table the whole job is done."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import runnable, say, shown

if TYPE_CHECKING:
    from assay.data.examples import ExampleFiles


@dataclass(frozen=True)
class Job:
    """What is run on an example.  at_once: done by the demo itself; else only the command is said (nets take minutes)."""

    recipes: tuple[str, ...]
    treatments: tuple[str, ...]
    at_once: bool


JOBS = {
    "loanapp": Job(("logistic", "boosting"), ("none", "class-weight", "smote"), True),
    "digits": Job(("logistic", "lenet"), ("none",), False),
}


def demo(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="loanapp (a table) or digits (pictures).")],
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="The folder for the data and the run (default: runs/demo-NAME).")
    ] = None,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Worker processes (default: one a core).")] = None,
) -> None:
    """Write real data, and show what Assay makes of it."""
    from assay.data.examples import write_example

    folder = Path(f"runs/demo-{name}" if out is None else out)
    files = write_example(name, folder)
    job = JOBS[name]
    run = folder / "run"
    command = run_command(files, job, run)
    say(f"Data:   {shown(files.path)}")
    if not job.at_once:
        say(f"Next:   {runnable(command)}")
        return
    say(f"Doing:  {runnable(command)}")
    _do(files, job, run, jobs, again=shlex.join(["assay", *(context.obj or ())]), command=command)


def run_command(files: "ExampleFiles", job: Job, run: Path) -> str:
    """What a user types to have the same done."""
    words = ["assay", "run", shown(files.path)]
    words += ["--target", files.target] if files.target is not None else []
    words += ["--drop", ",".join(files.drop)] if files.drop else []
    words += ["--recipes", ",".join(job.recipes)]
    words += ["--treatments", ",".join(job.treatments)] if job.treatments != ("none",) else []
    return shlex.join([*words, "--out", shown(run), "--finish"])


def _do(files: "ExampleFiles", job: Job, run: Path, jobs: int | None, *, again: str, command: str) -> None:
    from assay.cli.reading import Reading
    from assay.cli.running import Wanted, carry_out
    from assay.study.study import Study

    reading = Reading(source=str(files.path.absolute()), target=files.target, drop=files.drop)
    study = Study(
        reading.load(),
        job.recipes,
        job.treatments,
        read={**reading.to_settings(), "command": command},
    )
    carry_out(study, reading, Wanted(command=again, out=str(run), jobs=jobs, finish=True))
