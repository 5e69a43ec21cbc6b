"""What the list of runs says of one run, read from its small files; the predictions and the journal stay unread.

Ten thousand runs are looked through at once, so study.toml is read line by line, as a run writes it (a key and a JSON value);
a file that somebody else has written goes to the reader of TOML.
"""

import os
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from assay.study.blend import BLEND

State = Literal["running", "finished", "done", "failed", "interrupted", "unreadable"]
STATES: tuple[State, ...] = ("running", "finished", "done", "failed", "interrupted", "unreadable")
ENDED: tuple[State, ...] = ("failed", "interrupted", "unreadable")

FILES = ("study.toml", "leaderboard.json", "test.json")
"""What the facts are read from; each is replaced as a whole, never written into."""

Key = tuple[int, ...]
_WANTED = {
    "candidates",
    "identity.fingerprint",
    "identity.plan",
    "identity.metric",
    "identity.task",
    "identity.source",
    "settings.metric",
    "settings.read.target",
}


@dataclass(frozen=True, slots=True)
class Facts:
    """metric: what orders the leaderboard.  candidates: by name.  best, value, low, high: the leader and its metric, of the
    opened test rows where they were opened; None while nothing is measured.

    rest: the state of the run while nobody works on it.  fault: why study.toml cannot be read, or "".
    """

    source: str = ""
    target: str = ""
    task: str = ""
    metric: str = ""
    fingerprint: str = ""
    plan: str = ""
    candidates: tuple[str, ...] = ()
    recipes: tuple[str, ...] = ()
    best: str | None = None
    value: float | None = None
    low: float | None = None
    high: float | None = None
    rest: State = "interrupted"
    fault: str = ""

    @property
    def data(self) -> str:
        """The name of the file or folder of the data."""
        return self.source.rstrip("/").rpartition("/")[2] or self.source

    def to_list(self) -> list[Any]:
        return [getattr(self, name) for name in self.__slots__]

    @staticmethod
    def from_list(values: Iterable[Any]) -> "Facts":
        given: list[Any] = [tuple(value) if isinstance(value, list) else value for value in values]
        return Facts(*given)


def key_of(folder: str) -> Key | None:
    """What changes whenever the facts do; None where there is no study."""
    try:
        found = os.stat(f"{folder}/study.toml", follow_symlinks=False)  # noqa: PTH116 - a Path for each of 40,000 takes longer
    except OSError:
        return None
    key = [found.st_mtime_ns, found.st_size, found.st_ino]
    for name in FILES[1:]:
        try:
            found = os.stat(f"{folder}/{name}", follow_symlinks=False)  # noqa: PTH116
        except OSError:
            key += (0, 0, 0)
        else:
            key += (found.st_mtime_ns, found.st_size, found.st_ino)
    return tuple(key)


def changed_ns(folder: str, key: Key) -> int:
    """When something of the run was last written: its journal, its leaderboard, what the test rows said, or the study."""
    try:
        journal = os.stat(f"{folder}/journal", follow_symlinks=False).st_mtime_ns  # noqa: PTH116
    except OSError:
        journal = 0
    return max(journal, *key[::3])


def read_facts(folder: str) -> Facts:
    """Never fails: a run whose files cannot be read says so in ``fault``."""
    try:
        study = parse_study(_bytes(f"{folder}/study.toml") or b"")
        task, source, metric = (study[f"identity.{key}"] for key in ("task", "source", "metric"))
        metric = str(study.get("settings.metric", metric))
        candidates = tuple(map(str, study["candidates"]))
        board, opened = read_json(f"{folder}/leaderboard.json"), read_json(f"{folder}/test.json")
        best = _leader(board, opened, metric)
        rest = _rest(candidates, board, opened)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return Facts(rest="unreadable", fault=f"its files cannot be read ({type(error).__name__}: {error})"[:300])
    return Facts(
        source=str(source),
        target=str(study.get("settings.read.target") or ""),
        task=str(task),
        metric=metric,
        fingerprint=str(study.get("identity.fingerprint", "")),
        plan=str(study.get("identity.plan", "")),
        candidates=candidates,
        recipes=tuple(dict.fromkeys(name.partition("+")[0] for name in candidates)),
        best=best[0],
        value=best[1],
        low=best[2],
        high=best[3],
        rest=rest,
    )


def parse_study(content: bytes) -> dict[str, Any]:
    """The entries of a study.toml that a list of runs needs, as "section.key".  Raises ValueError for what is no TOML.

    >>> parse_study(b'candidates = ["svm"]\\n[identity]\\ntask = "binary"\\n')
    {'candidates': ['svm'], 'identity.task': 'binary'}
    """
    text = content.decode()
    found: dict[str, Any] = {}
    section = ""
    try:
        for line in text.split("\n"):
            name, equals, value = line.partition(" = ")
            if equals:
                key = section + name.strip('"')
                if key in _WANTED:
                    found[key] = orjson.loads(value)
            elif line.startswith("["):
                section = line.strip("[]") + "."
            elif line:
                raise ValueError(line)
    except ValueError:  # not as a run writes it
        return _flat(tomllib.loads(text))
    return found


def _flat(study: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, value in study.items():
        if isinstance(value, dict):
            found.update({f"{name}.{key}": inner for key, inner in value.items()})
        else:
            found[name] = value
    return {key: value for key, value in found.items() if key in _WANTED}


def _bytes(path: str) -> bytes | None:
    """None where there is no such file; a link is none.  (Without pathlib, which would take longer than the reading.)"""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return None
    try:
        size = os.fstat(handle).st_size
        content = os.read(handle, size + 1)
        while len(content) < size and (more := os.read(handle, size)):
            content += more
        return content
    finally:
        os.close(handle)


def read_json(path: str) -> dict[str, Any] | None:
    """None where there is no such file.  Raises ValueError for what is no JSON object."""
    content = _bytes(path)
    if content is None:
        return None
    found = orjson.loads(content)
    if not isinstance(found, dict):
        raise ValueError(f"{path} is no JSON object")
    return found


_NO_LEADER: tuple[None, None, None, None] = (None, None, None, None)


def _leader(
    board: Mapping[str, Any] | None, opened: Mapping[str, Any] | None, metric: str
) -> tuple[str | None, float | None, float | None, float | None]:
    if opened is not None:
        found = opened["metrics"].get(metric) or {}
        return str(opened["name"]), _float(found.get("value")), _float(found.get("low")), _float(found.get("high"))
    if board is None or board["winner"] is None:
        return _NO_LEADER
    row = next((row for row in board["rows"] if row["name"] == board["winner"]), None)
    if row is None:
        return _NO_LEADER
    return str(row["name"]), _float(row["value"]), _float(row["low"]), _float(row["high"])


def _float(value: object) -> float | None:
    return float(value) if isinstance(value, int | float) else None


def _rest(candidates: tuple[str, ...], board: Mapping[str, Any] | None, opened: Mapping[str, Any] | None) -> State:
    """A leaderboard is written when a run ends; one that lacks candidates is that of an earlier run, and this one was cut off."""
    if board is None:
        return "interrupted"
    if set(candidates) - {row["name"] for row in board["rows"]} - {BLEND.name}:
        return "interrupted"
    if board["winner"] is None:
        return "failed"
    return "done" if opened is None else "finished"
