"""The leaderboard of a run that is not through: measured on demand, and kept until the run has one of its own."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import orjson

from assay.core.files import write_atomic
from assay.serve.studio.facts import read_json
from assay.serve.studio.place import Place
from assay.study.journal import read_journal


def fits_of(folder: Path) -> int:
    """Fits that the journal holds by now."""
    return len(read_journal(folder / "journal", cut=False).records)


def keep_measured(place: Place, folder: Path, fits: int, summary: Mapping[str, Any]) -> None:
    """fits: that were done when it was asked for."""
    file = _file(place, folder)
    file.parent.mkdir(parents=True, exist_ok=True)
    write_atomic(file, orjson.dumps({"fits": fits, "born": _born(folder), "summary": summary}))


def read_measured(place: Place, folder: Path) -> tuple[int, dict[str, Any]] | None:
    """(fits, the object that --json prints); None where nothing was measured, or that of another run of this name."""
    try:
        kept = read_json(str(_file(place, folder)))
    except ValueError:  # cut off or edited
        return None
    if kept is None or kept.get("born") != _born(folder) or not isinstance(kept.get("summary"), dict):
        return None
    return int(kept["fits"]), kept["summary"]


def _born(folder: Path) -> int:
    """Another folder of the same name is another one."""
    return folder.stat().st_ino


def _file(place: Place, folder: Path) -> Path:
    return place.kept / "measured" / f"{hashlib.sha256(folder.name.encode()).hexdigest()[:32]}.json"
