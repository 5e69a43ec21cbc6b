"""study.toml: what a run folder says of its study, as text and back.

The file lies where people look and may mend something, so what is read is held against what is written: a value of another
type is met here, in one line that names it, and not somewhere in the middle of a study.
"""

import json
import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from assay.core.errors import StudyError

FORMAT = 1
IDENTITY = ("fingerprint", "plan", "metric", "task", "source")

_TEXT, _WHOLE, _TEXTS, _LENGTH = "text", "a whole number", "a list of texts", "text or a number"
_NEEDED = {"metric": _TEXT, "folds": _WHOLE, "repeats": _WHOLE, "seed": _WHOLE, "copies": _TEXT}
_OTHERS = {
    **dict.fromkeys(("threshold", "calibration", "device", "scheme", "shares", "interval"), _TEXT),
    **dict.fromkeys(("gap", "window", "read.memory"), _LENGTH),
    **dict.fromkeys(("versions", "read.drop", "read.kinds", "read.order"), _TEXTS),
    **dict.fromkeys(
        (f"read.{name}" for name in ("source", "target", "task", "positive", "command", "unlabelled", "unreadable")), _TEXT
    ),
    **dict.fromkeys((f"read.{name}" for name in ("group", "time", "weight", "test", "split")), _TEXT),
}


def study_text(
    identity: Mapping[str, str], candidates: Sequence[str], treatments: Sequence[str], settings: Mapping[str, Any]
) -> str:
    """TOML of plain strings, numbers and lists; JSON's forms of these are TOML's too."""
    lines = [f"format = {FORMAT}", f"candidates = {_value(list(candidates))}"]
    lines += [f"treatments = {_value(list(treatments))}", "", "[identity]"]
    lines += [f"{key} = {_value(value)}" for key, value in identity.items()]
    lines += ["", "[settings]"]
    lines += [f"{json.dumps(key)} = {_value(value)}" for key, value in sorted(settings.items()) if value is not None]
    return "\n".join(lines) + "\n"


def read_study_file(file: Path) -> dict[str, Any]:
    """What the file says; raises StudyError where it cannot be read, is newer than this Assay, or holds other types."""
    try:
        study = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # TOML and UTF-8 that are none are ValueErrors
        reason = "nested too deep" if isinstance(error, RecursionError) else str(error).splitlines()[0]
        raise StudyError(f"{file} cannot be read ({reason}); restore it, or use another --out.") from error
    number = study.get("format")
    if type(number) is int and number > FORMAT:
        raise StudyError(f"{file} was written by a newer Assay (format {number}); this one reads up to {FORMAT}.")
    wrong = _wrong(study)
    if wrong is not None:
        raise StudyError(f"{file} is not as Assay writes it: {wrong}; restore it, or use another --out.")
    return study


def _wrong(study: Mapping[str, Any]) -> str | None:
    """The first entry that is missing or of another type, in words."""
    if not _fits(study.get("format"), _WHOLE):
        return "format is no whole number"
    if not _fits(study.get("candidates"), _TEXTS) or not _fits(study.get("treatments", []), _TEXTS):
        return "candidates and treatments are lists of texts"
    identity, settings = study.get("identity"), study.get("settings")
    if not isinstance(identity, dict) or not isinstance(settings, dict):
        return "a table is missing, [identity] or [settings]"
    if not all(_fits(identity.get(key), _TEXT) for key in IDENTITY):
        return f"[identity] has {', '.join(IDENTITY)}, which are texts"
    for key, form in {**_NEEDED, **_OTHERS}.items():
        if key in _NEEDED and key not in settings:
            return f"{key!r} is missing in [settings]"
        if key in settings and not _fits(settings[key], form):
            return f"{key!r} is not {form}"
    return None if _is_cost(settings.get("cost")) else "'cost' is not two numbers"


def _fits(value: object, form: str) -> bool:
    match form:
        case "text":
            return isinstance(value, str)
        case "a whole number":
            return type(value) is int
        case "a list of texts":
            return isinstance(value, list) and all(isinstance(item, str) for item in value)
        case _:
            return isinstance(value, str) or type(value) in (int, float)


def _is_cost(value: object) -> bool:
    pair = isinstance(value, list) and len(value) == 2 and all(type(item) in (int, float) for item in value)
    return value is None or pair


def _value(value: Any) -> str:
    if isinstance(value, dict):
        raise TypeError("study.toml holds plain values and lists.")
    # DEL is legal in JSON strings and not in TOML ones.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
