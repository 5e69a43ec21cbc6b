"""What stands on the page as files beside it: every picture as SVG and PNG, the numbers as CSV."""

from itertools import chain
from pathlib import Path

from assay.core.files import write_atomic
from assay.report.content import ReportInput
from assay.report.files_of_pictures import drawn, forest, pictures_of
from assay.report.files_of_tables import tables_of
from assay.report.page import view_of


def write_files(content: ReportInput, folder: Path) -> list[Path]:
    """Write the files into ``folder``, which is made where it is missing, each whole or not at all; equal content gives equal
    bytes.  Returns their paths, in order.  Raises OSError.

    leaderboard.csv, metrics.csv, verdicts.csv, folds.csv, thresholds.csv (of a binary task with a rule); leaderboard.svg and
    .png (a forest plot), and a pair for each picture of the page by its key, such as roc.svg and roc.png.
    """
    files = files_of(content)
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        write_atomic(folder / name, data)
    return [folder / name for name in files]


def files_of(content: ReportInput) -> dict[str, bytes]:
    """Their bytes by name."""
    view, w = view_of(content), content.words
    found = tables_of(content, view["slider"])
    metric, board = view["metric"], view["board"]
    first = forest(board, metric.title, w("board-caption", metric.title, metric.direction), w.point)
    for shown in chain([] if first is None else [first], pictures_of(view)):
        svg, png = drawn(shown)
        found |= {f"{shown.drawing.key}.svg": svg, f"{shown.drawing.key}.png": png}
    return found
