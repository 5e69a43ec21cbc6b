"""Where a command writes what it found: a table as CSV, or a page, by the ending of the file's name."""

from pathlib import Path

from assay.cli.checking import check_page
from assay.core.errors import ConfigError
from assay.core.files import write_atomic

PAGES = (".html", ".htm")


def is_page(out: str) -> bool:
    return Path(out).suffix.lower() in PAGES


def check_out(out: str | None, what: str) -> None:
    """Raise ConfigError for a file that is neither, or a page that cannot be written, before the work whose result it holds."""
    if out is None:
        return
    if is_page(out):
        check_page(Path(out))
    elif Path(out).suffix.lower() != ".csv":
        csv, page = Path(out).with_suffix(".csv"), Path(out).with_suffix(".html")
        raise ConfigError(f"-o {out}: {what} are written as CSV or as a page; name it {csv} or {page}.")


def write_out(path: Path, content: bytes) -> None:
    """Whole or not at all.  Raises ConfigError where it cannot be written."""
    try:
        write_atomic(path, content)
    except OSError as error:
        raise ConfigError(f"-o {path} cannot be written: {error.strerror or error}.") from error
