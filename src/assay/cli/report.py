"""``assay report``: draws the page of a run again, or one page of several runs side by side."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from assay.cli.console import say, say_json, shown
from assay.cli.folders import open_run
from assay.cli.outputs import check_page, writing
from assay.core.errors import ConfigError

if TYPE_CHECKING:
    from assay.report.language import Language


def report(
    runs: Annotated[list[str], typer.Argument(metavar="RUN…", help="Run folders; two or more stand side by side on one page.")],
    lang: Annotated[str, typer.Option("--lang", metavar="en|ru", help="The language of the page.")] = "en",
    files: Annotated[
        str | None,
        typer.Option("--files", metavar="FOLDER", help="Also write the pictures as SVG and PNG and the numbers as CSV there."),
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE.html", help="Of several runs: the page (default: side-by-side.html).")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object on stdout, all else on stderr.")] = False,
) -> None:
    """Draw the report of a run again, or runs side by side.

    Of one run RUN/report.html is written anew. Of several, one page: what was asked in each, how good each candidate is, and
    verdicts where both predicted the same rows in the same folds. Nothing is fitted, and locks stay as they are.
    """
    from assay.report.language import words_in

    language = words_in(lang).language
    if len(runs) > 1:
        if files is not None:
            raise ConfigError("--files is for the report of one run; name one, or write the page of several with --out.")
        _several(runs, language, check_page(out or "side-by-side.html"), as_json)
        return
    if out is not None:
        raise ConfigError("--out is for several runs; the report of one is RUN/report.html.")
    _one(runs[0], language, files, as_json)


def _one(run: str, language: "Language", files: str | None, as_json: bool) -> None:
    result, _ = open_run(run)
    from assay.report import write_files
    from assay.report.of_study import report_input, write_page

    page, written = write_page(result, language), []
    if files is not None:
        with writing(Path(files), "--files"):
            written = write_files(report_input(result, language), Path(files))
    if as_json:
        say_json({"schema": 1, "run": run, "report": str(page), "files": [str(file) for file in written]})
        return
    say(f"Report: {shown(page)}")
    if files is not None:
        say(f"Files: {len(written)} in {shown(Path(files))}")


def _several(runs: list[str], language: "Language", page: Path, as_json: bool) -> None:
    from assay.report.comparison import write_comparison
    from assay.study.side_by_side import side_by_side

    found = side_by_side([open_run(run)[0] for run in runs])
    with writing(page):
        write_comparison(found, page, language)
    if as_json:
        say_json({**found.to_json(), "report": str(page)})
        return
    say(f"Report: {shown(page)}")
