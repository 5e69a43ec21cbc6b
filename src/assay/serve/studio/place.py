"""Where a studio looks: a folder of runs, and folders whose files may be read.  Nothing outside of these is ever opened."""

import stat
from dataclasses import dataclass
from pathlib import Path

from assay.core.errors import AssayError


class Missing(AssayError):  # noqa: N818 - it is raised where a page is missing, and reads so
    """There is nothing of this name here; the page says so with 404."""


@dataclass(frozen=True)
class Place:
    """runs: the folder that holds run folders.  data: folders whose files a run may be started on."""

    runs: Path
    data: tuple[Path, ...] = ()

    @property
    def kept(self) -> Path:
        """What the studio itself keeps: uploads, jobs, its index of runs.  It may not exist yet."""
        return self.runs / ".studio"

    def run(self, name: str) -> Path:
        """The run folder of this name, directly inside ``runs``.

        Raises Missing for any other name, for one that leads out of ``runs``, for a link, and for a folder without a study.
        """
        if is_plain_name(name):
            path = self.runs / name
            if _is_folder(path) and _is_file(path / "study.toml"):
                return path
        raise Missing(f"there is no run {name[:80]!r} here.")


def is_plain_name(name: str) -> bool:
    """Whether this is the name of an entry of a folder that the studio may open: no path, not hidden, text in UTF-8."""
    if not name or name.startswith(".") or "/" in name or "\0" in name:
        return False
    try:
        return len(name.encode()) <= 255
    except UnicodeEncodeError:  # bytes of a file system that are no UTF-8
        return False


def _is_folder(path: Path) -> bool:
    found = _mode(path)
    return found is not None and stat.S_ISDIR(found)


def _is_file(path: Path) -> bool:
    found = _mode(path)
    return found is not None and stat.S_ISREG(found)


def _mode(path: Path) -> int | None:
    """Of what stands there itself, not of what a link leads to; None where there is nothing."""
    try:
        return path.lstat().st_mode
    except OSError:
        return None
