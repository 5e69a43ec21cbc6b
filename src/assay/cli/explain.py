"""``assay explain``: what drives a model, where it fails, whom it treats otherwise, and what would change one decision.

A model that reads pictures and nothing else is explained by them (see ``explained_pictures``), one that reads texts and
nothing else by their words (see ``explained_texts``).
"""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, shown, tell
from assay.cli.outputs import check_page, writing
from assay.cli.reading import names_in
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import polars as pl

    from assay.data.schema import Column
    from assay.explain.explanation import ExplainSettings, Explanation, RowExplanation
    from assay.explain.fairness import Fairness
    from assay.explain.faults import Slices
    from assay.explain.held import HeldOut
    from assay.explain.permutation import Importances
    from assay.study.result import StudyResult

SHOWN = 10


def explain(  # more than 8 arguments: typer reads the options of the command off them
    what: Annotated[str, typer.Argument(metavar="RUN|MODEL", help="A run folder, or a saved model with DATA.")],
    data: Annotated[
        str | None, typer.Argument(metavar="[DATA]", help="Rows (or a folder of pictures) that the saved model has not seen.")
    ] = None,
    name: Annotated[
        str | None, typer.Option("--name", metavar="NAME", help="A row of the leaderboard (default: the winner).")
    ] = None,
    metric: Annotated[
        str | None, typer.Option(metavar="NAME", help="What importance and slices go by (default: the run's).")
    ] = None,
    columns: Annotated[
        list[str] | None, typer.Option("--columns", metavar="COL,…", help="Columns to draw (default: the most important).")
    ] = None,
    group: Annotated[
        str | None, typer.Option("--group", metavar="COL", help="Compare decisions between the groups of a column.")
    ] = None,
    row: Annotated[
        int | None, typer.Option("--row", metavar="N", help="Explain the row with this number, counted from 0.")
    ] = None,
    keep: Annotated[
        list[str] | None, typer.Option("--keep", metavar="COL,…", help="Columns that may not change to turn the row.")
    ] = None,
    wanted: Annotated[str | None, typer.Option("--wanted", metavar="CLASS", help="The decision that the row should get.")] = None,
    training: Annotated[
        str | None, typer.Option("--training", metavar="DATA", help="Pictures: what a saved model learnt from.")
    ] = None,
    layer: Annotated[str | None, typer.Option("--layer", metavar="NAME", help="Pictures: the layer that Grad-CAM reads.")] = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="black|mean|blurred", help="Pictures: of integrated gradients.")
    ] = None,
    pictures: Annotated[int | None, typer.Option("--pictures", metavar="N", help="Pictures: how many are looked at.")] = None,
    files: Annotated[str | None, typer.Option("--files", metavar="FOLDER", help="Pictures: write them as PNG there.")] = None,
    out: Annotated[str | None, typer.Option("--out", metavar="FILE.html", help="Write the page.")] = None,
    seed: Annotated[int, typer.Option(help="Of deals and draws.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Explain a model on rows that it has not seen.

    Importance, curves, interactions, faults, fairness, one decision. Of a run, the models of the folds are fitted again and
    explained on the rows left out of each; locked rows stay locked. Of a model of pictures: where it looked (Grad-CAM, integrated
    gradients, occlusion), its nearest training pictures, what it confuses, its filters and maps, what excites them. Of a model of
    texts: which words decided, in colour, what it gets wrong, and which words weigh most.
    """
    from assay.cli.explained_pictures import Asked, check_options, explain_and_tell
    from assay.explain.explanation import ExplainSettings
    from assay.explain.explanation import explain as explain_held
    from assay.explain.picture_eyes import is_of_pictures
    from assay.explain.texts import is_of_texts

    page = None if out is None else check_page(out)
    if row is None and (keep or wanted):
        raise ConfigError("--keep and --wanted are about one row; name it with --row N.")
    table = (("--metric", metric), ("--columns", columns), ("--group", group), ("--keep", keep), ("--wanted", wanted))
    seen = (("--training", training), ("--layer", layer), ("--baseline", baseline), ("--pictures", pictures), ("--files", files))
    held, groups, result = _rows(what, data, name, group, row, lambda features: check_options(features, table, seen))
    if is_of_pictures(held.parts[0].fitted):
        asked = Asked(what, data, row, seed, training, layer, baseline, pictures, files, page, as_json)
        explain_and_tell(held, asked, result)
        return
    if is_of_texts(held.parts[0].fitted):
        from assay.cli.explained_texts import explain_and_tell as explain_texts_and_tell

        check_options(held.columns, table, seen)  # the data may hold other columns, this model reads none of them
        asked = Asked(what, data, row, seed, None, None, None, None, None, page, as_json)
        explain_texts_and_tell(held, asked)
        return
    settings = ExplainSettings(
        metric=metric or (None if result is None else result.settings.metric),
        columns=None if columns is None else tuple(one for part in columns for one in names_in(part, "--columns")),
        groups=groups,
        row=row,
        keep=tuple(one for part in keep or () for one in names_in(part, "--keep")),
        wanted=wanted,
        seed=seed,
    )
    found = explain_held(held, settings, lambda step: tell(f"{step} …"))
    if page is not None:
        _write(found, held, page, what, settings)
    if as_json:
        say_json({"schema": 1, "what": what, "data": data, **found.to_json(), "page": None if page is None else str(page)})
        return
    for line in words(found):
        say(" " * (len(line) - len(line.lstrip())) + one_line(line))
    if page is not None:
        say(f"Page: {shown(page)}")


def _rows(
    what: str,
    data: str | None,
    name: str | None,
    group: str | None,
    row: int | None,
    check: "Callable[[list[Column]], None]",
) -> "tuple[HeldOut, pl.Series | None, StudyResult | None]":
    """(the rows and their models, the group of each row, the run)."""
    from assay.cli.explained_rows import group_of_run, is_run, of_model, of_run

    if data is None:
        if not is_run(what):
            raise ConfigError(
                f"{what} is no run folder; for a saved model name rows it has not seen too: assay explain {what} DATA."
            )
        held, result, reading = of_run(what, name, group=group, row=row, check=check)
        groups = None if group is None else group_of_run(group, held, result, reading)
        return held, groups, result
    if name is not None:
        raise ConfigError("--name is a row of a run's leaderboard; a saved model is one model.")
    held, frame = of_model(what, data, check)
    if group is not None and group not in frame.columns:
        from assay.core.names import did_you_mean

        raise ConfigError(f"{data} has no column {group!r}{did_you_mean(group, frame.columns)}")
    return held, None if group is None else frame[group], None


def _write(found: "Explanation", held: "HeldOut", page: Path, what: str, settings: "ExplainSettings") -> None:
    from assay.report.explanation import write_explanation

    with writing(page):
        write_explanation(found, held.task, Path(what).name, page, seed=settings.seed)


def words(found: "Explanation") -> "Iterator[str]":
    """What a person reads on the screen."""
    yield f"{found.recipe}: {found.about}."
    for warning in found.warnings:
        yield f"Warning: {warning}"
    if found.importances is not None:
        yield ""
        yield from _importance_words(found.importances)
    for one in (one for one in found.interactions[:3] if one.acts):
        yield f"{one.columns[0]} and {one.columns[1]} act together: H {one.h}."
    if found.slices is not None:
        yield ""
        yield from _slice_words(found.slices)
    if found.fairness is not None:
        yield ""
        yield from _fairness_words(found.fairness)
    if found.row is not None:
        yield ""
        yield from _row_words(found.row)
    for what, reason in found.left_out:
        yield f"Left out: {what}: {reason}"


def _importance_words(found: "Importances") -> "Iterator[str]":
    yield f"{found.metric} {found.whole} ({found.whole.level:.0%}); it gets worse without"
    entries = sorted([*found.columns, *found.groups], key=lambda one: -(one.drop.value or 0.0))
    matter = [one for one in entries if one.call == "matters"]
    for one in matter[:SHOWN]:
        yield f"  {one.name}: {one.drop}"
    if len(matter) > SHOWN:
        yield f"  … and {len(matter) - SHOWN} more"
    rest = len(found.columns) - sum(len(one.columns) == 1 for one in matter)
    if rest:
        yield f"  {rest} columns: no drop shown (of {len(entries)} columns and groups, corrected together)"


def _slice_words(found: "Slices") -> "Iterator[str]":
    failing = [one for one in found.found if one.fails]
    if not found.found:
        yield f"No slice of {found.looked_at} looked at is shown to be worse or misjudged."
        return
    for one in failing[:3]:
        yield f"Worse: {one.name} ({one.rows} rows): {found.metric} {one.here:.4f}, elsewhere {one.elsewhere:.4f}."
    for one in [one for one in found.found if one.misjudged][:3]:
        side = "too little" if (one.shift.value or 0.0) > 0 else "too much"
        yield f"Misjudged: {one.name} ({one.rows} rows): {side} is said, truth less answer {one.shift}."


def _fairness_words(found: "Fairness") -> "Iterator[str]":
    worst = found.worst
    if worst is not None:
        yield f"By {found.column}: {worst.lower} is called {found.positive} {worst.ratio} times as often as {worst.higher}."
    open_gaps = [gap for gap in found.gaps if gap.shown]
    for gap in open_gaps[:5]:
        yield f"  {gap.what}: {gap.first} less {gap.second} {gap.difference}"
    if not open_gaps:
        yield f"  None of {len(found.gaps)} differences between groups is shown."


def _row_words(found: "RowExplanation") -> "Iterator[str]":
    yield f"Row {found.unit}: " + ", ".join(f"{name} {value:.4g}" for name, value in found.said.items()) + "."
    if found.shap and len(found.score) == 1:
        strongest = sorted(found.shap.items(), key=lambda entry: -abs(entry[1][0]))[:5]
        pushed = ", ".join(f"{name} = {_short(found.values[name])}: {value[0]:+.3g}" for name, value in strongest)
        yield f"  Its score {found.score[0]:.4g} is {found.base[0]:.4g} and {pushed}, and the rest."
    if found.points is not None:
        cost = ", ".join(f"{one.column} {one.bin} ({one.lost:.1f})" for one in found.points.reasons)
        reasons = f"; what cost it most, against the average training row: {cost}" if cost else ""
        yield f"  It has {found.points.total:.1f} points{reasons}."
    change = found.counterfactual
    if change is None:
        return
    if not change.found:
        yield f"  No change of up to four columns that may change turns {change.decision} into {change.wanted}."
        return
    said = ", ".join(f"{one.column} {_short(one.before)} → {_short(one.after)}" for one in change.changes)
    before, after = change.probability
    yield f"  {change.decision} would become {change.wanted} with: {said} (probability {before:.3f} → {after:.3f})."


def _short(value: object) -> str:
    return f"{value:.6g}" if isinstance(value, float) else "(missing)" if value is None else str(value)
