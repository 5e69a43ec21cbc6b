"""``assay attack``: what a saved model of pictures keeps of its accuracy under attack and under corruption."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, screen, shown, tell
from assay.cli.folders import model_path
from assay.cli.reading import DataArgument, names_in
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay.cli.attacked_rows import AttackedRows
    from assay.measure.interval import Interval
    from assay.nets.attacks.measured import AttackSettings, CorruptionError, Line

USUAL_ROWS, USUAL_ONE_PIXEL = 500, 20
"""Pictures attacked unless --rows says otherwise; a search for one pixel asks the net forty thousand times."""


def attack(  # more than 8 arguments: typer reads the options of the command off them
    model: Annotated[str, typer.Argument(metavar="MODEL", help="A saved model of a net for pictures.")],
    data: DataArgument,
    attacks: Annotated[
        str | None, typer.Option("--attack", metavar="NAME,…", help="fgsm, pgd, one-pixel (default: fgsm,pgd).")
    ] = None,
    eps: Annotated[
        str, typer.Option("--eps", metavar="E,…", help="By how many of its 256 steps a pixel may change (fgsm, pgd).")
    ] = "2,4,8",
    target: Annotated[
        str | None, typer.Option("--target", metavar="CLASS", help="The class to be answered (default: any wrong one).")
    ] = None,
    steps: Annotated[int, typer.Option("--steps", metavar="N", help="Steps of pgd.")] = 20,
    corruptions: Annotated[
        bool, typer.Option("--corruptions", help="Noise, blur, light, pixelation and JPEG in five strengths.")
    ] = False,
    rows: Annotated[
        int | None, typer.Option("--rows", metavar="N", help="Pictures drawn (default: 500; 20 for one-pixel).")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the rows drawn and of the attacks.")] = 0,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FOLDER", help="Write tables, and the pictures that fooled it.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Say what a model keeps under attack and corruption.

    Accuracy on the same pictures before and after, with intervals. DATA must hold pictures that the model has not learnt from,
    with their classes. With --corruptions and without --attack nothing is attacked.
    """
    from assay.core.optional import require

    require("torch", extra="nets", purpose="assay attack")
    from assay.nets.attacks.measured import ATTACKS, AttackSettings

    named = () if attacks is None and corruptions else tuple(names_in(attacks or "fgsm,pgd", "--attack"))
    bounds = tuple(_number(text) for text in names_in(eps, "--eps"))
    settings = AttackSettings(attacks=named or ATTACKS, eps=bounds, target=target, steps=steps, seed=seed)
    if rows is not None and rows < 1:
        raise ConfigError(f"--rows {rows}: at least 1.")
    if target is not None and not named:
        raise ConfigError("--target is of an attack, and --corruptions alone attacks nothing; name one with --attack.")
    folder = None if out is None else _checked(out)
    from assay.cli.attacked_rows import read_rows

    read = read_rows(model_path(model), data, USUAL_ROWS if rows is None else rows, seed)
    for note in read.notes:
        tell(note)
    lines = _attacked(read, settings, named, rows)
    spoilt, errors = _corrupted(read, seed) if corruptions else ([], [])
    if folder is not None:
        from assay.cli.attack_files import write_files

        write_files(folder, read, [*lines, *spoilt], errors)
    if as_json:
        found = {
            "lines": [one.to_json() for one in (*lines, *spoilt)],
            "mean_errors": {one.name: one.error.to_json() for one in errors},
        }
        head = {"schema": 1, "model": model, "data": data, "target": target, "seed": seed}
        say_json({**head, **found, "out": None if folder is None else str(folder)})
        return
    _show([*lines, *spoilt], errors)
    if folder is not None:
        say(f"Tables and pictures are in {shown(folder)}.")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        raise ConfigError(f"--eps {text}: it is a number in (0, 255], such as 8.") from None


def _checked(out: str) -> Path:
    """The folder, made and empty.  Raises ConfigError before the work whose result it would hold."""
    from assay.cli.outputs import writing

    folder = Path(out)
    with writing(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise ConfigError(f"--out {out}: it must be a new or an empty folder.")
        folder.mkdir(parents=True, exist_ok=True)
    return folder


def _attacked(read: "AttackedRows", settings: "AttackSettings", named: tuple[str, ...], rows: int | None) -> "list[Line]":
    """In the order in which the attacks were named."""
    from dataclasses import replace

    from assay.nets.attacks.measured import under_attack

    found = []
    for name in named:
        some = read.some(USUAL_ONE_PIXEL, settings.seed) if name == "one-pixel" and rows is None else read
        lines = under_attack(
            some.victim, some.pictures, some.codes, replace(settings, attacks=(name,)), lambda step: tell(f"{step} …")
        )
        found += [replace(line, rows=some.places[line.rows]) for line in lines]
    return found


def _corrupted(read: "AttackedRows", seed: int) -> "tuple[list[Line], list[CorruptionError]]":
    from dataclasses import replace

    from assay.nets.attacks.measured import under_corruption

    lines, errors = under_corruption(read.victim, read.pictures, read.codes, seed=seed, progress=lambda name: tell(f"{name} …"))
    return [replace(line, rows=read.places[line.rows]) for line in lines], errors


def _show(lines: "Sequence[Line]", errors: "Sequence[CorruptionError]") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    level = lines[0].accuracy.level
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    aimed = any(line.reached is not None for line in lines)
    heads = (
        "",
        "pictures",
        "accuracy",
        f"{level:.0%} interval",
        "drop",
        f"{level:.0%} interval",
        *(("made target",) if aimed else ()),
    )
    for place, head in enumerate(heads):
        table.add_column(Text(head), justify="left" if place == 0 else "right")
    before = None
    for line in lines:
        if (line.clean, len(line.rows)) != before:
            before = (line.clean, len(line.rows))
            table.add_row("as they are", str(len(line.rows)), *_cells(line.clean))
        reached = () if line.reached is None else (str(line.reached),)
        cells = (line.title, str(len(line.rows)), *_cells(line.accuracy), *_cells(line.drop.interval, sign=True), *reached)
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    screen().print(table)
    if errors:
        say("Mean error over the five strengths (not divided by another network's):")
        for one in errors:
            say(f"  {one.name}: {one.error}")


def _cells(found: "Interval", *, sign: bool = False) -> tuple[str, str]:
    plus = "+" if sign else ""
    if found.value is None:
        return "", str(found.undefined)
    if found.low is None or found.high is None:
        return f"{found.value:{plus}.3f}", ""
    return f"{found.value:{plus}.3f}", f"[{found.low:{plus}.3f}, {found.high:{plus}.3f}]"
