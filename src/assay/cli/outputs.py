"""Where a command writes what it found: a table as CSV, or a page, by the ending of the file's name."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

from assay.core.errors import ConfigError
from assay.core.files import write_atomic

PAGES = (".html", ".htm")


def is_page(out: str | Path) -> bool:
    return Path(out).suffix.lower() in PAGES


def check_page(out: str | Path) -> Path:
    """Raise ConfigError for a page that cannot be written, before the work whose result it would hold."""
    path = Path(out)
    if not is_page(path):
        raise ConfigError(f"--out {out}: the page is HTML; name it {path.with_suffix('.html')}.")
    folder = path.absolute().parent
    with writing(path):
        if path.is_dir() or not folder.is_dir():
            raise ConfigError(f"--out {out}: it must be a file in a folder that exists.")
        with NamedTemporaryFile(dir=folder, prefix=f".{path.name}."):  # it is written beside its place and then moved there
            return path


def check_out(out: str | None, what: str) -> None:
    """Raise ConfigError for a file that is neither, or a page that cannot be written, before the work whose result it holds."""
    if out is None:
        return
    if is_page(out):
        check_page(out)
    elif Path(out).suffix.lower() != ".csv":
        csv, page = Path(out).with_suffix(".csv"), Path(out).with_suffix(".html")
        raise ConfigError(f"-o {out}: {what} are written as CSV or as a page; name it {csv} or {page}.")


def write_out(path: Path, content: bytes) -> None:
    """Whole or not at all.  Raises ConfigError where it cannot be written."""
    with writing(path, "-o"):
        write_atomic(path, content)


@contextmanager
def writing(path: Path, option: str = "--out") -> Iterator[None]:
    """What cannot be written is the user's to mend: an OSError becomes a ConfigError that names the option."""
    try:
        yield
    except OSError as error:
        raise ConfigError(f"{option} {path} cannot be written: {error.strerror or error}.") from error
