"""``assay run``: checks, fits and measures; stops at the leaderboard unless it is told to finish."""

import shlex
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.completing import list_of, names_of
from assay.cli.reading import (
    DataArgument,
    DropOption,
    GroupOption,
    KindOption,
    MemoryOption,
    OrderOption,
    PositiveOption,
    SplitOption,
    TargetOption,
    TaskOption,
    TestOption,
    TimeOption,
    UnlabelledOption,
    UnreadableOption,
    WeightOption,
    names_in,
    reading,
)
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.splits.plan import Scheme


def run(  # more than 8 arguments: typer reads the options of the command off them
    context: typer.Context,
    data: DataArgument,
    target: TargetOption = None,
    task: TaskOption = None,
    recipes: Annotated[
        str | None,
        typer.Option(metavar="A,B", help="What is tried (default: a first choice).", autocompletion=list_of("recipes")),
    ] = None,
    treatments: Annotated[
        str,
        typer.Option(
            metavar="A,B|all",
            autocompletion=list_of("treatments"),
            help="Each is tried with each recipe, against none and threshold-only. A setting follows an @: smote@0.5, "
            "cost-weight@5,1 (FN,FP).",
        ),
    ] = "none",
    ratios: Annotated[
        str | None,
        typer.Option(metavar="R,S", help="Each treatment that takes one is tried with each ratio of small class to large."),
    ] = None,
    prepare: Annotated[
        str | None,
        typer.Option(
            metavar="A,B",
            help="Try each recipe prepared by each of these as well (assay list preparations).",
            autocompletion=list_of("preparations"),
        ),
    ] = None,
    budget: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Spend so much time (90s, 3m, 1h) where it pays: recipes, named treatments, tuning, a blend."
        ),
    ] = None,
    trials: Annotated[
        int | None,
        typer.Option(
            metavar="N", help="Try each recipe that can be tuned tuned as well, by N settings inside its training rows."
        ),
    ] = None,
    search: Annotated[
        str, typer.Option(metavar="NAME", help="How settings are searched: random, grid, halving, tpe or cmaes.")
    ] = "halving",
    metric: Annotated[
        str | None,
        typer.Option(metavar="NAME", help="Orders the leaderboard (default: the task's).", autocompletion=names_of("metrics")),
    ] = None,
    folds: Annotated[int, typer.Option(help="Folds of the cross-validation.")] = 5,
    repeats: Annotated[int, typer.Option(help="How often the folds are drawn anew.")] = 1,
    leave_one_group_out: Annotated[
        bool, typer.Option("--leave-one-group-out", help="A fold for each group of --group, in place of --folds.")
    ] = False,
    hold_out: Annotated[
        bool, typer.Option("--hold-out", help="One hold-out in place of folds, fitted --repeats times with other seeds.")
    ] = False,
    shares: Annotated[
        str | None,
        typer.Option(metavar="A/B/C", help="With --hold-out: percents to learn from, to compare on and to lock (64/16/20)."),
    ] = None,
    time: TimeOption = None,
    gap: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="With --time: training ends so long before a fold: 7d, 12h, or a number.")
    ] = None,
    window: Annotated[
        str | None, typer.Option(metavar="LENGTH", help="With --time: training reaches so far back, not to the start.")
    ] = None,
    group: GroupOption = None,
    weight: WeightOption = None,
    positive: PositiveOption = None,
    order: OrderOption = None,
    test: TestOption = None,
    split: SplitOption = None,
    unlabelled: UnlabelledOption = "drop",
    unreadable: UnreadableOption = "refuse",
    kind: KindOption = None,
    drop: DropOption = None,
    strict: Annotated[bool, typer.Option("--strict", help="A warning of the checks is an error.")] = False,
    cost: Annotated[
        str | None, typer.Option(metavar="FN,FP", help="Cost of a missed positive and of a false alarm; sets the threshold.")
    ] = None,
    threshold: Annotated[
        str | None,
        typer.Option(metavar="RULE", help="f1, fbeta:2, mcc, recall:0.8, precision:0.5, capacity:500, capacity:5%, fixed:0.3 …"),
    ] = None,
    calibration: Annotated[
        str | None, typer.Option(metavar="NAME", help="For every candidate: platt, beta, isotonic, venn-abers … or none.")
    ] = None,
    device: Annotated[str, typer.Option(metavar="cpu|cuda|mps", help="Where nets are trained.")] = "cpu",
    interval: Annotated[
        str, typer.Option(metavar="METHOD", help="default, percentile, bca, studentized, stratified, clopper-pearson.")
    ] = "default",
    copies: Annotated[
        str, typer.Option(metavar="warn|group|drop", help="What to do with copies; group also keeps like pictures together.")
    ] = "warn",
    jobs: Annotated[int | None, typer.Option(metavar="N", help="Worker processes (default: one a core).")] = None,
    memory: MemoryOption = None,
    seed: Annotated[int, typer.Option(help="Equal seeds give equal results.")] = 0,
    out: Annotated[str | None, typer.Option(metavar="RUN", help="The run folder (default: runs/NAME after the data).")] = None,
    finish: Annotated[bool, typer.Option("--finish", help="Also open the locked test rows and save the winner.")] = False,
    prefer: Annotated[
        str, typer.Option(metavar="best|simple", help="Finish the best, or the simplest that is equivalent within --margin.")
    ] = "best",
    margin: Annotated[float | None, typer.Option(metavar="X", help="How much of the metric counts as equal.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Try recipes on equal terms; say how good each is.

    Stops at the leaderboard: the test rows stay locked until assay finish (or --finish) opens them.
    """
    from assay.cli.running import Wanted, carry_out
    from assay.study.study import Study

    command = shlex.join(["assay", *(context.obj or ())])
    wanted = Wanted(
        command=command, out=out, jobs=jobs, strict=strict, finish=finish, prefer=prefer, margin=margin, as_json=as_json
    )
    costs = parse_cost(cost)
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
        unlabelled=unlabelled,
        unreadable=unreadable,
        memory=memory,
        order=order,
    )
    study = Study(
        way.load(),
        None if recipes is None else names_in(recipes, "--recipes"),
        names_in(treatments, "--treatments"),
        metric=metric,
        folds=folds,
        repeats=repeats,
        seed=seed,
        copies=copies,
        cost=costs,
        threshold=threshold,
        calibration=calibration,
        device=device,
        scheme=_scheme(leave_one_group_out=leave_one_group_out, hold_out=hold_out),
        gap=gap,
        window=window,
        shares=shares,
        interval=interval,
        ratios=None if ratios is None else parse_ratios(ratios),
        prepare_by=() if prepare is None else names_in(prepare, "--prepare"),
        trials=trials,
        search=search,
        budget=budget,
        memory=memory,
        read={**way.to_settings(), "command": command},
    )
    carry_out(study, way, wanted)


def parse_ratios(text: str) -> list[float]:
    """ "0.25,1" -> [0.25, 1.0]; raises ConfigError. What the numbers may be is checked where they are used."""
    try:
        return [float(part) for part in text.split(",")]
    except ValueError as error:
        raise ConfigError(f"--ratios {text!r}: write numbers with commas between, such as --ratios 0.25,0.5,1.") from error


def parse_cost(text: str | None) -> tuple[float, float] | None:
    """ "5,1" -> (5.0, 1.0); raises ConfigError. What the numbers may be is checked where they are used."""
    if text is None:
        return None
    try:
        missed, alarm = map(float, text.split(","))
    except ValueError as error:
        raise ConfigError(f"--cost {text!r}: write two numbers FN,FP, such as --cost 5,1.") from error
    return missed, alarm


def _scheme(*, leave_one_group_out: bool, hold_out: bool) -> "Scheme":
    if leave_one_group_out and hold_out:
        raise ConfigError("--leave-one-group-out and --hold-out are two ways to part the rows; choose one of them.")
    return "leave-one-group-out" if leave_one_group_out else "hold-out" if hold_out else "k-fold"
