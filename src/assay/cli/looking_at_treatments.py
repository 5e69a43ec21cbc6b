"""What ``assay check --treatments`` shows: the quality of each treatment's new rows as a table, and the page with pictures."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from assay.cli.console import one_line, say, screen, shown, tell
from assay.cli.outputs import check_page, writing

if TYPE_CHECKING:
    from assay.balance.quality.report import Quality
    from assay.measure.interval import Interval
    from assay.study.looking import Look, Looks
    from assay.study.study import Study


def look_and_say(
    study: "Study", names: Sequence[str], columns: Sequence[str] | None, seed: int, out: Path | None, *, as_json: bool = False
) -> dict[str, Any]:
    """Look at the treatments on the rows of the study that are not locked, print a line for each, write the page to ``out``.

    columns: two feature columns for the pictures, or None for principal components.  as_json: print nothing; the caller prints
    the object that is returned.  Raises ConfigError for columns, for a page that cannot be written, UnknownNameError for a name.
    """
    from assay.study.looking import look_at
    from assay.study.treated import needs_net

    rows = study.plan.final_training
    if out is not None:
        check_page(out)
    trained = [name for name in names if needs_net(name)]
    if trained:
        tell(f"{', '.join(trained)}: trained on {len(rows)} rows; each may take a minute or more.")
    looks = look_at(study.data.take(rows), names, columns=columns, seed=seed)
    if out is not None:
        _write(study, looks, seed, out)
    if not as_json:
        _print(study, looks)
        if out is not None:
            say(f"Page: {shown(out)}")
    return {**looks.to_json(), "seed": seed, "locked": len(study.plan.locked), "page": None if out is None else str(out)}


def _write(study: "Study", looks: "Looks", seed: int, out: Path) -> None:
    from assay.report.balance_page import BalanceReport, write_balance_page
    from assay.study.versions import library_versions

    content = BalanceReport(
        title=Path(study.data.source).name or study.data.source,
        target=study.data.question.target,
        looks=looks,
        provenance={
            "Versions": dict(text.split(" ", 1) for text in library_versions()),
            "Seed": seed,
            "Rows": {"training": sum(looks.counts), "locked": len(study.plan.locked)},
            "Fingerprints (SHA-256)": {"data": study.data.fingerprint, "locked rows": study.plan.lock_key},
        },
    )
    with writing(out):
        write_balance_page(content, out)


def _print(study: "Study", looks: "Looks") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    held = f"{sum(looks.counts)} training rows, {len(study.plan.locked)} locked ones left out"
    classes = ", ".join(f"{name} {rows}" for name, rows in zip(looks.classes, looks.counts, strict=True))
    say(one_line(f"New rows against real ones of their class ({held}; {classes})."))
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    headings = ("treatment", "class", "new rows", "told apart (AUC)", "among others", "real rows there", "copies", "worst column")
    for heading in headings:
        table.add_column(Text(heading), justify="right" if heading in ("new rows", "real rows there", "copies") else "left")
    for look in looks.looks:
        for quality in look.qualities:
            table.add_row(*(Text(one_line(cell)) for cell in (look.name, *_cells(quality))))
    if any(look.qualities for look in looks.looks):
        screen().print(table)
    for look in looks.looks:
        for line in _said(look, looks):
            say(one_line(line))


def _cells(quality: "Quality") -> tuple[str, ...]:
    worst = quality.column_worst
    real = quality.among_others_real.value
    return (
        quality.label,
        str(quality.new),
        _interval(quality.told_apart, ".2f"),
        _interval(quality.among_others, ".1%"),
        "" if real is None else f"{real:.1%}",
        f"{quality.copies_share:.1%}",
        "" if worst is None else f"{worst.name} {worst.distance:.2f}",
    )


def _interval(interval: "Interval", form: str) -> str:
    if interval.value is None or interval.low is None or interval.high is None:
        return str(interval.undefined)
    return f"{interval.value:{form}} [{interval.low:{form}}, {interval.high:{form}}]"


def _said(look: "Look", looks: "Looks") -> list[str]:
    """Why there is nothing to see, and the warnings."""
    if look.failed:
        return [f"{look.name} failed: {look.said}"]
    if not look.qualities:
        said = look.said or f"It leaves rows out and makes none: {sum(look.counts)} of {sum(looks.counts)} stay."
        return [f"{look.name}: {said}"]
    several = len(look.qualities) > 1
    return [
        f"{look.name}{f' ({quality.label})' if several else ''}: {warning.sentence}"
        for quality in look.qualities
        for warning in quality.warnings
    ]
