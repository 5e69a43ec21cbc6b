"""``assay rank``: which candidates are better over many data sets, a run folder each."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, screen, shown
from assay.cli.folders import open_run
from assay.cli.outputs import writing
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.study.across import Across, PairAcross


def rank(
    runs: Annotated[list[str], typer.Argument(metavar="RUN", help="Run folders, one a data set, all by one metric.")],
    control: Annotated[
        str | None, typer.Option(metavar="NAME", help="Compare with this one only, chosen before looking: fewer comparisons.")
    ] = None,
    out: Annotated[str | None, typer.Option(metavar="FILE.svg", help="Draw the critical-difference diagram there.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Rank the candidates of several runs over their data sets.

    Mean ranks, whether the candidates differ at all, and which pairs do, corrected for how many there are.
    """
    from assay.study.across import rank_across

    picture = _check_out(out)
    found = rank_across([(run, open_run(run)[0]) for run in runs], control=control)
    if picture is not None:
        _draw(found, picture)
    if as_json:
        say_json({**found.to_json(), "picture": None if picture is None else str(picture)})
        return
    _print(found)
    if picture is not None:
        say(f"Picture: {shown(picture)}")


def _check_out(out: str | None) -> Path | None:
    """Said before the work, not after it."""
    if out is None:
        return None
    path = Path(out)
    if path.suffix.lower() != ".svg":
        raise ConfigError(f"--out {out}: the picture is an SVG; name it {path.with_suffix('.svg')}.")
    if path.is_dir() or not path.absolute().parent.is_dir():
        raise ConfigError(f"--out {out}: it must be a file in a folder that exists.")
    return path


def _draw(found: "Across", path: Path) -> None:
    from assay.core.files import write_atomic
    from assay.report.pictures.ranks import RankPicture, rank_diagram, rank_drawing, standalone

    picture = RankPicture(found.table.names, found.friedman.mean_ranks, found.groups, found.critical)
    drawing = rank_drawing(picture, "ranks", f"{found.table.metric.title} over {found.friedman.n} data sets")
    with writing(path):
        write_atomic(path, standalone(rank_diagram(drawing, picture)))


def _print(found: "Across") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    n, k = found.table.scores.shape
    say(f"{found.table.metric.title} of {k} candidates on {n} data sets; rank 1 is best.")
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("candidate", "mean rank", "best on"):
        table.add_column(head, justify="left" if head == "candidate" else "right")
    for name, mean, first in zip(found.table.names, found.friedman.mean_ranks, found.first, strict=True):
        table.add_row(*(Text(one_line(cell)) for cell in (name, f"{mean:.3f}", str(first))))
    screen().print(table)
    for name, reason in found.table.left_out:
        say(one_line(f"Left out: {name} ({reason})."))
    for line in _test_words(found):
        say(one_line(line))
    say()
    for pair in found.pairs:
        say(one_line(_pair_words(pair, found)))


def _test_words(found: "Across") -> list[str]:
    from assay.study.across import FEWEST

    test, names = found.friedman, found.table.names
    said = []
    if found.too_little is not None:
        fewer = "" if found.control else ", or fewer comparisons (--control NAME)"
        said.append(f"Too little data for a verdict on any pair: {found.too_little}{fewer}.")
    if test.p_f is None:
        said.append(f"No test: {test.undefined}.")
    else:
        # The exact p where all data sets rank alike and F has no value.
        statistic = "all data sets rank alike" if test.f is None else f"F {test.f:.2f}"
        claim = "the candidates differ" if test.p_f <= 1 - found.level else "no difference among them is shown"
        ending = "" if test.n < FEWEST else f": {claim}"
        said.append(f"Friedman test after Iman and Davenport: {statistic}, p {test.p_f:.2g}{ending}.")
    apart = "; ".join(", ".join(names[place] for place in group) for group in found.groups)
    said.append(
        f"Critical difference of mean ranks (Nemenyi): {found.critical:.3f}. "
        + (f"Not told apart by it: {apart}." if apart else "It tells all of them apart.")
    )
    return said


def _pair_words(pair: "PairAcross", found: "Across") -> str:
    a, b = pair.a, pair.b
    words = {"a better": f"{a} is better than {b}", "b better": f"{b} is better than {a}"}.get(
        pair.call, f"{a} and {b}: {pair.call}"
    )
    middle = pair.median
    if middle.value is None:
        return f"{words} ({middle.undefined})."
    if found.scale == "log ratio":
        shown_value, what = _ratio(middle.value), f"median of {a} over {b}"
        ends = "no interval" if middle.low is None or middle.high is None else f"[{_ratio(middle.low)}, {_ratio(middle.high)}]"
    else:
        shown_value, what = f"{middle.value:+.4f}", f"median of {a} minus {b}"
        ends = "no interval" if middle.low is None or middle.high is None else f"[{middle.low:+.4f}, {middle.high:+.4f}]"
    p = "" if pair.p is None else f", p {pair.p:.2g} (Wilcoxon, Holm)"
    by_ranks = "" if pair.p_ranks is None else f", p {pair.p_ranks:.2g} (mean ranks, Holm)"
    return f"{words}; {what}: {shown_value} {ends}{p}{by_ranks}."


def _ratio(logarithm: float) -> str:
    from math import exp

    return f"{exp(logarithm):.4f}"
