"""``assay look``: every column by itself, along the target and beside the others, before anything is fitted."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import one_line, say, say_json, screen, shown
from assay.cli.outputs import check_page, writing
from assay.cli.reading import (
    DataArgument,
    DropOption,
    GroupOption,
    KindOption,
    PositiveOption,
    TargetOption,
    TaskOption,
    TimeOption,
    WeightOption,
    reading,
)

if TYPE_CHECKING:
    from assay.data.dataset import Dataset
    from assay.report.language import Words
    from assay.report.look import Look

SHOWN_COLUMNS, SHOWN_CHARACTERS = 40, 28


def look(  # more than 8 arguments: typer reads the options of the command off them
    data: DataArgument,
    target: TargetOption = None,
    task: TaskOption = None,
    positive: PositiveOption = None,
    time: TimeOption = None,
    group: GroupOption = None,
    weight: WeightOption = None,
    kind: KindOption = None,
    drop: DropOption = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="The page with the pictures, such as look.html.")
    ] = None,
    language: Annotated[str, typer.Option("--lang", "--language", metavar="en|ru", help="Of the page and the screen.")] = "en",
    seed: Annotated[int, typer.Option(help="Of the rows that are drawn in scatters.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Look at the data before anything is fitted.

    Shapes, outliers, missing cells, what goes with what and, with --target, with the target. Every number is of all rows;
    only the dots of scatter pictures are drawn at random.
    """
    from dataclasses import replace

    from assay.report.language import words_in
    from assay.report.look import look_at

    words = replace(words_in(language), isolated=False)
    page = None if out is None else Path(out)
    if page is not None:
        check_page(page)
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
        test=None,
        split=None,
    )
    rows = way.load()
    looked = look_at(rows, seed=seed)
    if page is not None:
        _write(rows, looked, words, seed, page)
    if as_json:
        say_json({**looked.to_json(), "seed": seed, "page": None if page is None else str(page)})
        return
    print_look(looked, words)
    if page is not None:
        say()
        say(f"Page: {shown(page)}" if words.language == "en" else f"Страница: {shown(page)}")


def _write(data: "Dataset", looked: "Look", words: "Words", seed: int, page: Path) -> None:
    from assay.report.look_page import LookReport, write_look_page
    from assay.study.versions import library_versions

    content = LookReport(
        title=Path(data.source).name or data.source,
        look=looked,
        language=words.language,
        provenance={
            "Versions": dict(text.split(" ", 1) for text in library_versions()),
            "Seed": seed,
            "Fingerprint (SHA-256)": data.fingerprint,
        },
    )
    with writing(page):
        write_look_page(content, page)


def print_look(looked: "Look", w: "Words") -> None:
    """What stands out, and a line for each column."""
    from assay.report.look_told import facts, standing_out

    told = (f"{fact['what']}: {fact['value']}" + (f" ({fact['words']})" if fact["words"] else "") for fact in facts(looked, w))
    say(one_line(f"{looked.source}. {'; '.join(told)}."))
    say()
    _print_columns(looked, w)
    for sentence in standing_out(looked, w):
        say(one_line(sentence))


def _print_columns(looked: "Look", w: "Words") -> None:
    from rich import box
    from rich.table import Table
    from rich.text import Text

    from assay.report.look_columns import overview

    lines = overview(looked, w)
    has_target = bool(looked.strengths)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for key in ("column", "kind", "missing", "distinct", "middle", "far", *(("goes-with",) if has_target else ())):
        table.add_column(Text(w(key)), justify="right" if key in ("missing", "distinct", "far") else "left")
    for line in lines[:SHOWN_COLUMNS]:
        name = line["name"] + (f" ({line['role']})" if line["role"] else "")
        cells = [_cut(name), line["kind"], line["missing"], line["distinct"], _cut(line["middle"]), line["far"]]
        strong = line["strength"]
        if has_target:
            said = "" if strong is None else f"{strong['text']} {strong['ends']}"
            cells.append(said if strong is None or strong["shown"] or strong["at"] is None else f"({said})")
        table.add_row(*(Text(one_line(cell)) for cell in cells))
    screen().print(table)
    if len(looked.columns) > min(len(lines), SHOWN_COLUMNS):
        say(w("and-more", w.count(len(looked.columns) - min(len(lines), SHOWN_COLUMNS))) + " (--json).")
    if has_target:
        say(w("overview-screen"))
    say()


def _cut(text: str) -> str:
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 1] + "…"
