"""``assay check``: what is wrong or suspicious in the data, with its evidence, before anything is fitted."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.checking import (
    check_asked,
    found_levels,
    leak_asked,
    leak_object,
    look,
    look_asked,
    print_leak,
    print_levels,
    shown_leak,
)
from assay.cli.console import one_line, say, say_json, tell
from assay.cli.reading import (
    DataArgument,
    DropOption,
    GroupOption,
    KindOption,
    PositiveOption,
    SplitOption,
    TargetOption,
    TaskOption,
    TestOption,
    TimeOption,
    UnreadableOption,
    WeightOption,
    reading,
)
from assay.core.errors import AssayError, ConfigError

if TYPE_CHECKING:
    from assay.data.checks.finding import Finding
    from assay.data.dataset import Dataset
    from assay.study.drift import Drift
    from assay.study.study import Study


def check(  # more than 8 arguments: typer reads the options of the command off them
    data: DataArgument,
    target: TargetOption = None,
    task: TaskOption = None,
    folds: Annotated[int, typer.Option(help="Folds that the rows must be enough for.")] = 5,
    time: TimeOption = None,
    group: GroupOption = None,
    weight: WeightOption = None,
    positive: PositiveOption = None,
    test: TestOption = None,
    split: SplitOption = None,
    unreadable: UnreadableOption = "refuse",
    kind: KindOption = None,
    drop: DropOption = None,
    seed: Annotated[int, typer.Option(help="Of the split whose two sides are searched for copies.")] = 0,
    strict: Annotated[bool, typer.Option("--strict", help="Exit with 2 when there is an error or a warning.")] = False,
    show_leak: Annotated[
        bool, typer.Option("--show-leak", help="Resample before the split on purpose: the false score beside the honest one.")
    ] = False,
    recipe: Annotated[str | None, typer.Option(metavar="NAME", help="Of --show-leak (default: forest).")] = None,
    treatment: Annotated[str | None, typer.Option(metavar="NAME", help="Of --show-leak (default: smote).")] = None,
    rows: Annotated[int | None, typer.Option(metavar="N", help="Of --show-leak: rows drawn of more (default: 10000).")] = None,
    treatments: Annotated[
        str | None, typer.Option(metavar="A,B", help="Look at the rows before and after each of these treatments.")
    ] = None,
    columns: Annotated[
        str | None, typer.Option(metavar="A,B", help="Of --treatments: the two columns drawn (default: principal components).")
    ] = None,
    out: Annotated[str | None, typer.Option(metavar="FILE", help="Of --treatments: the page with the pictures.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Look for leaks and flaws before anything is fitted.

    With --test, --split or --time also whether the test rows are of another kind than the others (drift).
    Also the levels of categories whose rate of the positive class differs from that of all other rows.
    """
    from assay.cli.running import refuse_warnings
    from assay.study.study import Study

    leak, looking = leak_asked(show_leak, recipe, treatment, rows), look_asked(treatments, columns, out)
    way = reading(
        source=data,
        target=target,
        task=task,
        positive=positive,
        drop=drop,
        kind=kind,
        time=time,
        group=group,
        weight=weight,
        test=test,
        split=split,
        unreadable=unreadable,
    )
    # A study, because copies across the lock are found only where the lock is known; no recipe is loaded for it.
    study = Study(way.load(), folds=folds, seed=seed)
    check_asked(study, leak, looking)
    findings, drift, levels = _findings(study), _drift(study), found_levels(study)
    if not as_json:
        print_findings(study.data, findings)
        print_levels(study, levels)
        if drift is not None:
            say()
            say(one_line(f"Do the test rows come from where the others do? {drift.verdict}"))
    leaked = None if leak is None else shown_leak(study, leak)
    if leaked is not None and not as_json:
        say()
        print_leak(leaked)
    looked = None if looking is None else look(study, looking, as_json=as_json)
    if as_json:
        say_json(
            {
                **as_object(study.data, findings),
                "drift": None if drift is None else drift.to_json(),
                "levels": [one.to_json() for one in levels],
                "leak": None if leaked is None else leak_object(leaked),
                "treatments": looked,
            }
        )
    if strict:
        refuse_warnings(study, findings)


def _findings(study: "Study") -> list["Finding"]:
    """Every finding; without those about the lock where no plan can be made, which is then a line on stderr."""
    from assay.data.checks import check as check_data

    try:
        return study.findings
    except ConfigError as error:
        tell(f"note: {error}")
        return check_data(study.data, folds=study.folds)


def _drift(study: "Study") -> "Drift | None":
    """Development against locked rows, where these were given or come later; rows drawn at random cannot differ."""
    if study.data.given_test is None and study.data.time is None:
        return None
    from assay.study.drift import DriftSettings, compare_lock

    try:
        return compare_lock(study.data, study.plan, settings=DriftSettings(seed=study.seed))
    except AssayError as error:
        tell(f"note: drift was not looked for: {error}")
        return None


def as_object(data: "Dataset", findings: Sequence["Finding"]) -> dict[str, object]:
    """What ``assay check --json`` prints."""
    return {
        "schema": 1,
        "source": data.source,
        "rows": len(data),
        "task": data.question.to_json(),
        "columns": [{"name": c.name, "kind": c.kind, "role": c.role} for c in data.schema.columns],
        "notes": list(data.notes),
        "findings": [finding.to_json() for finding in findings],
    }


def print_findings(data: "Dataset", findings: Sequence["Finding"]) -> None:
    task = data.question
    kinds = [column.kind for column in data.schema.features]
    counted = ", ".join(f"{kinds.count(kind)} {kind}" for kind in dict.fromkeys(kinds))
    say(one_line(f"{data.source}: {len(data)} rows; {task.name} target {task.target!r}; features: {counted or 'none'}."))
    if task.is_classification:
        say(one_line(f"Classes: {', '.join(task.classes[:20])}{' …' if len(task.classes) > 20 else ''}."))
    if task.positive is not None:
        say(one_line(f"Positive: {task.positive}."))
    for note in data.notes:
        say(one_line(f"Read: {note}"))
    for level in ("error", "warning", "note"):
        for finding in findings:
            if finding.level == level:
                say()
                say(one_line(f"{level}: {finding.message}"))
                say(f"  {one_line(_evidence(finding))}")
                say(f"  {one_line(finding.advice)}")
    if not findings:
        say("Nothing found that stands in the way.")


def _evidence(finding: "Finding") -> str:
    return "Evidence: " + "; ".join(f"{key} {_short(value)}" for key, value in finding.evidence.items())


def _short(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    if isinstance(value, dict):
        return "(" + ", ".join(f"{key} {_short(one)}" for key, one in list(value.items())[:8]) + ")"
    if isinstance(value, list | tuple):
        return ", ".join(_short(one) for one in value[:8]) + (" …" if len(value) > 8 else "")
    return str(value)
