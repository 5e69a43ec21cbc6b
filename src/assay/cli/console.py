"""What commands say, and where: results on stdout, everything else on stderr.

Text that comes from the user's data (names of columns, classes, files) may hold control
characters and what looks like rich's markup; both are shown, never obeyed.
"""

import json
import re
import shlex
import shutil
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rich.console import Console

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_QUIET: ContextVar[bool] = ContextVar("quiet", default=False)
PLAIN_WIDTH = 150
"""Columns of a table that goes to a file or a pipe."""


class Stopped(BaseException):
    """The user ended the command (Ctrl-C); the message says what was kept and how to go on.

    Not an Exception, as KeyboardInterrupt is none: nothing on the way up may take it for a fault.
    """


def visible(text: object) -> str:
    """The text with control characters written out, so that no name can steer a terminal."""
    return _CONTROL.sub(lambda found: f"\\x{ord(found[0]):02x}", str(text))


def one_line(text: object) -> str:
    return visible(" ".join(str(text).split()))


@contextmanager
def quietly(wanted: bool) -> Iterator[None]:
    """Within it ``tell`` and progress say nothing, if that is wanted."""
    before = _QUIET.set(wanted)
    try:
        yield
    finally:
        _QUIET.reset(before)


def is_quiet() -> bool:
    return _QUIET.get()


def tell(text: object) -> None:
    """One line on stderr, which nobody needs who only wants the result."""
    if not is_quiet():
        complain(text)


def complain(text: object) -> None:
    """One line on stderr that is said in any case: why there is no result."""
    print(one_line(text), file=sys.stderr, flush=True)


def say(text: object = "") -> None:
    """Text on stdout."""
    print(visible(text))


def say_json(value: Mapping[str, Any]) -> None:
    """One JSON object on one line of stdout. ASCII, so that no terminal's encoding can break it."""
    print(json.dumps(value, allow_nan=False))


def screen() -> "Console":
    """A rich console on stdout that obeys no markup in what it prints."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else PLAIN_WIDTH
    return Console(file=sys.stdout, width=width, markup=False, highlight=False, emoji=False, soft_wrap=False)


def runnable(command: str) -> str:
    """A command that begins with "assay", as it can be typed here: by its path where no ``assay`` is on PATH."""
    script = Path(sys.argv[0])
    if shutil.which("assay") is not None or script.name != "assay":
        return command
    return shlex.quote(shown(script)) + command.removeprefix("assay")


def shown(path: Path | str) -> str:
    """A path as a user would type it: below the working folder, relative to it."""
    full = Path(path).absolute()
    here = Path.cwd()
    return str(full.relative_to(here)) if full.is_relative_to(here) else str(path)
