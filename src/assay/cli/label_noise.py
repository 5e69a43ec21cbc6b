"""``assay doubtful-labels``: the rows of a run whose target is probably wrong in the data, and how many there are."""

from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from assay.cli.console import one_line, say, say_json, shown, tell
from assay.cli.folders import RunArgument, open_run
from assay.core.errors import ConfigError, StudyError

if TYPE_CHECKING:
    import polars as pl

    from assay.study.label_noise import LabelNoise
    from assay.study.odd_values import OddValues
    from assay.study.result import StudyResult

SHOWN = 10


def doubtful_labels(
    run: RunArgument,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="A row of the leaderboard (default: the winner).")
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", "-o", metavar="FILE.csv", help="Write these rows with all their columns.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the bootstrap.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Name the rows whose target is probably wrong.

    By what models say that had not seen them. The locked rows are left alone. Nothing is changed: look at the rows, mend the
    data, and run again.
    """
    if out is not None:
        check_csv(out)
    result, _ = open_run(run)
    chosen = name or result.winner
    if chosen is None:
        raise StudyError(f"nothing was measured in {run}, so no label can be doubted.")
    result.interval(chosen)  # raises StudyError for a name that was not measured
    found = look(result, chosen, seed)
    if out is not None:
        write_rows(doubtful_frame(result, found), Path(out))
    if as_json:
        say_json({"schema": 1, "run": str(result.folder.path), **found.to_json(), "out": out})
        return
    for line in words(result, found):
        say(" " * (len(line) - len(line.lstrip())) + one_line(line))
    if out is not None:
        say(f"Rows: {shown(out)}")


def check_csv(out: str) -> None:
    """Said before any work.  Raises ConfigError."""
    if Path(out).suffix.lower() != ".csv" or Path(out).is_dir():
        raise ConfigError(f"-o {out}: the rows are written as CSV; name a file that ends in .csv.")


def look(result: "StudyResult", name: str, seed: int) -> "LabelNoise | OddValues":
    from assay.study.label_noise import label_noise
    from assay.study.odd_values import odd_values

    parts, level = result.parts[name], result.settings.level
    if result.data.question.is_classification:
        return label_noise(parts, result.data.question.classes, result.design, candidate=name, level=level, seed=seed)
    return odd_values(parts, candidate=name, level=level)


def doubtful_frame(result: "StudyResult", found: "LabelNoise | OddValues") -> "pl.DataFrame":
    """The named rows, the most doubtful first: what speaks against each, then its columns."""
    import polars as pl

    kept: list[dict[str, Any]] = found.to_json()["doubtful"]
    names = {"row": pl.Int64} if not kept else None
    doubts = pl.DataFrame(kept, schema=names)
    rows = result.data.frame[[one["row"] for one in kept]]
    return beside(doubts, rows)


def beside(ours: "pl.DataFrame", theirs: "pl.DataFrame") -> "pl.DataFrame":
    """Our columns, then the data's; a name of ours that the data has too gets an underscore."""
    import polars as pl

    taken = set(theirs.columns)
    names = {}
    for name in ours.columns:
        free = name
        while free in taken:
            free += "_"
        names[name] = free
        taken.add(free)
    plain = [name for name, kind in theirs.schema.items() if not kind.is_nested() and kind != pl.Binary]
    return pl.concat([ours.rename(names), theirs.select(plain)], how="horizontal")


def write_rows(frame: "pl.DataFrame", path: Path) -> None:
    """CSV that no spreadsheet takes for formulas.  Raises ConfigError where the disk refuses."""
    from assay.core.files import write_atomic
    from assay.data.safe_csv import write_csv

    stream = BytesIO()
    write_csv(frame, stream)
    try:
        write_atomic(path, stream.getvalue())
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}; name another file with -o.") from error
    tell(f"{frame.height} rows are in {shown(path)}.")


def words(result: "StudyResult", found: "LabelNoise | OddValues") -> list[str]:
    from assay.study.label_noise import LabelNoise

    lines = _class_words(found, result) if isinstance(found, LabelNoise) else _value_words(found, result)
    left = len(result.plan.locked)
    return [*lines, "", f"Rows are counted from 0, as --row of assay explain takes them; {left} locked rows were left alone."]


def _class_words(found: "LabelNoise", result: "StudyResult") -> list[str]:
    target, wrong = result.data.question.target, found.wrong
    ends = "" if wrong.low is None or wrong.high is None else f" [{wrong.low:.2%}, {wrong.high:.2%}]"
    lines = [
        f"{found.candidate}, {len(found.said)} rows, each by models that had not seen it.",
        f"Contradicted with confidence: {wrong.value:.2%}{ends} of the values of {target} ({wrong.level:.0%}; it holds how "
        "other rows would move it, not what the models get wrong).",
        "Classes that overlap look like wrong labels too, so fewer of them may be wrong; look at the rows.",
        "",
        f"{found.doubtful} rows are named" + (", the most doubtful first:" if found.doubtful else "."),
    ]
    for at in found.named[:SHOWN].tolist():
        given, likely = found.said.given[at], found.likely[at]
        said = found.said.probability[at]
        lines.append(
            f"  row {found.said.units[at]}: {target} is {found.classes[given]} (probability {said[given]:.3f}), "
            f"{found.classes[likely]} is likelier ({said[likely]:.3f})"
        )
    return lines + _more(found.doubtful)


def _value_words(found: "OddValues", result: "StudyResult") -> list[str]:
    target, share = result.data.question.target, found.share
    lines = [
        f"{found.candidate}, {len(found.units)} rows, each by models that had not seen it.",
        f"{found.doubtful} rows lie more than {found.cut:.1f} usual residuals off, where a normal law would put none: "
        f"{share.value:.2%} [{share.low:.2%}, {share.high:.2%}] ({share.level:.0%}, Wilson).",
        "A law with heavy tails has such rows without any mistake; look at them.",
        "",
    ]
    for at in found.named[:SHOWN].tolist():
        lines.append(
            f"  row {found.units[at]}: {target} is {found.given[at]:.6g}, predicted {found.predicted[at]:.6g} "
            f"({found.score[at]:.1f} usual residuals off, p {found.p[at]:.2g})"
        )
    return lines + _more(found.doubtful)


def _more(doubtful: int) -> list[str]:
    return [f"  … and {doubtful - SHOWN} more (-o FILE.csv has them all)"] if doubtful > SHOWN else []
