"""``assay demo``: real data written as files, and what to do with them; for a table the whole job is done."""

import shlex
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.completing import names_of
from assay.cli.console import runnable, say, say_json, shown, tell

if TYPE_CHECKING:
    from assay.cli.running import Wanted
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
    name: Annotated[
        str, typer.Argument(metavar="NAME", help="loanapp (a table) or digits (pictures).", autocompletion=names_of("demos"))
    ],
    out: Annotated[
        str | None, typer.Option(metavar="DIR", help="The folder for the data and the run (default: runs/demo-NAME).")
    ] = None,
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Worker processes (default: one a core).")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Write real data, and show what Assay makes of it."""
    from assay.cli.running import Wanted
    from assay.data.examples import write_example

    folder = Path(f"runs/demo-{name}" if out is None else out)
    files = write_example(name, folder)
    job = JOBS[name]
    run = folder / "run"
    command = run_command(files, job, run)
    again = shlex.join(["assay", *(context.obj or ())])
    wanted = Wanted(command=again, out=str(run), jobs=jobs, finish=True, as_json=as_json)
    if as_json and not job.at_once:
        say_json({"schema": 1, "data": str(files.path), "next": command})
        return
    note = tell if as_json else say
    note(f"Data:   {shown(files.path)}")
    if not job.at_once:
        note(f"Next:   {runnable(command)}")
        return
    note(f"Doing:  {runnable(command)}")
    _do(files, job, wanted, command)


def run_command(files: "ExampleFiles", job: Job, run: Path) -> str:
    """What a user types to have the same done."""
    words = ["assay", "run", shown(files.path)]
    words += ["--target", files.target] if files.target is not None else []
    words += ["--drop", ",".join(files.drop)] if files.drop else []
    words += ["--recipes", ",".join(job.recipes)]
    words += ["--treatments", ",".join(job.treatments)] if job.treatments != ("none",) else []
    return shlex.join([*words, "--out", shown(run), "--finish"])


def _do(files: "ExampleFiles", job: Job, wanted: "Wanted", command: str) -> None:
    from assay.cli.reading import Reading
    from assay.cli.running import carry_out
    from assay.study.study import Study

    reading = Reading(source=str(files.path.absolute()), target=files.target, drop=files.drop)
    study = Study(
        reading.load(),
        job.recipes,
        job.treatments,
        read={**reading.to_settings(), "command": command},
    )
    carry_out(study, reading, wanted)
