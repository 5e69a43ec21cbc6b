"""Arrays of a person who has no study, looked at once: which question they answer, and which rows cannot be measured.

Every refusal says how many rows are at fault and which come first; rows are counted from 0.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.measure.parts import Design, Part, time_blocks
from assay.measure.payload import Predictions, Truth

Said = Mapping[str, Any]
"""What was predicted, by the name of its array: score, probability, label, value, spread; None where it was not given."""

MOST_CLASSES = 10_000
"""Of labels that come alone; larger codes are numbers of something else, and each would get counts of its own."""

SUM_SLACK = 1e-4
"""How far the probabilities of a row may sum from 1: single precision over many classes strays so far."""

SLACK = 1e-6
"""How far outside [0, 1] rounding may carry a probability."""


def read_part(target: Any, said: Said, *, weights: Any = None, n_classes: int | None = None) -> tuple[str, Part]:
    """(task, the rows as one part).  n_classes: of labels that come alone; None: as many as occur.

    The task is told by what was predicted: ``value`` is a regression; ``probability`` or ``score`` of shape (n, K ≥ 3) is
    multiclass; one number a row, or (n, 2) probabilities, is binary.  Labels alone are binary unless a code is above 1.
    Raises ConfigError when nothing, or values beside classes, were predicted; DataError for rows that cannot be read.
    """
    given = {name: _array(values, name) for name, values in said.items() if values is not None}
    if not given:
        raise ConfigError("nothing was predicted; pass score=, probability=, label= or value=.")
    truth, n = _array(target, "target"), len(_array(target, "target"))
    if truth.ndim != 1:
        raise DataError(f"target has the shape {truth.shape}; it is one value a row.")
    if n == 0:
        raise DataError("target is empty; there is nothing to measure.")
    for name, values in given.items():
        if len(values) != n:
            raise DataError(f"target has {n} rows and {name} has {len(values)}; each row needs one of both.")
    arrays: dict[str, np.ndarray] = {}
    if "value" in given:
        other = next((name for name in given if name not in ("value", "spread")), None)
        if other is not None:
            raise ConfigError(f"value= is for a target that is a number, {other}= for one of classes; pass one of the two.")
        task, form = "regression", "value"
        truth, arrays = _numbers(truth, "targets"), {name: _column(values, name) for name, values in given.items()}
    elif "spread" in given:
        raise ConfigError("spread= is how far a target lies around value=, which was not given; pass both.")
    else:
        task, truth, arrays = _classes(truth, given, n_classes)
        form = task
    units, kept = np.arange(n), {"target": truth}
    if weights is not None:
        kept["weight"] = _weights(weights, n)
    return task, Part(0, 0, Truth(form, units, kept), Predictions(form, units, arrays))


def read_design(n: int, *, groups: Any = None, time: Any = None) -> Design:
    """What is drawn independently among n rows: rows, groups, or blocks of time.

    Raises ConfigError for both, DataError for other lengths, missing values, and fewer than two groups or blocks.
    """
    units = np.arange(n)
    if groups is None and time is None:
        return Design(units)
    if groups is not None and time is not None:
        raise ConfigError("groups= and time= are both given; rows are drawn by one of them, so leave the other out.")
    name, values = ("groups", _array(groups, "groups")) if groups is not None else ("time", _array(time, "time"))
    if values.shape != (n,):
        raise DataError(f"target has {n} rows and {name} has the shape {values.shape}; each row needs one of both.")
    _refuse(_missing(values), f"values of {name} are missing", "fill them in, or leave these rows out")
    if name == "time":
        codes = time_blocks(_moments(values))
        what = "time gives 1 block of neighbouring rows (they are few, or all of one moment)"
    else:
        codes = _codes_of(values)
        what = "groups names 1 group"
    if codes.max() < 1:
        raise DataError(f"{what} for {n} rows, and a spread needs two at least; give more, or leave {name}= out.")
    return Design(units, codes, "group" if name == "groups" else "time")


def _moments(time: np.ndarray) -> np.ndarray:
    """Numbers that rise with time: of dates (also as text, 2024-05-31) or of numbers."""
    if time.dtype.kind in "fiub":
        return time.astype(np.float64)
    try:
        return np.asarray(time.astype("datetime64[us]"), dtype=np.int64)
    except (TypeError, ValueError):
        first = str(time[0])
        raise DataError(f"time is neither dates nor numbers (the first is {first!r}); convert it first.") from None


def _codes_of(groups: np.ndarray) -> np.ndarray:
    try:
        return np.asarray(np.unique(groups, return_inverse=True)[1])
    except TypeError:
        raise DataError("groups mixes values that cannot be compared; name groups by text alone, or by numbers alone.") from None


def _classes(truth: np.ndarray, given: Mapping[str, np.ndarray], n_classes: int | None) -> tuple[str, np.ndarray, dict[str, Any]]:
    """(task, target codes, arrays) of a target of classes."""
    wide = {name: values.shape[1] for name, values in given.items() if values.ndim == 2}
    if "label" in wide:
        raise DataError(f"label has the shape {given['label'].shape}; it is one class a row. Pass probabilities as probability=.")
    if wide.get("score") == 2:
        raise DataError("score has two columns; with two classes pass one score a row, higher where class 1 is more likely.")
    if len(set(wide.values())) > 1 or (len(wide) == 1 and {"score", "probability"} <= set(given) and set(wide.values()) != {2}):
        shapes = " and ".join(f"{name} of {given[name].shape}" for name in ("score", "probability"))
        raise DataError(f"{shapes} do not speak of the same classes; both need one column a class.")
    codes = _codes(truth, "targets")
    labels = _codes(given["label"], "labels") if "label" in given else None
    if labels is not None and len(given) == 1:
        if n_classes is None and codes.max() == 1:
            _within(labels, 2, "labels")
        n_classes = n_classes or max(2, 1 + int(max(codes.max(), labels.max())))
        if n_classes > MOST_CLASSES:
            raise DataError(f"class codes reach {n_classes - 1}; code the classes as 0, 1, … in their order.")
    else:
        n_classes = next(iter(wide.values()), 2)
    _within(codes, n_classes, "targets")
    arrays: dict[str, Any] = {}
    if "score" in given:
        arrays["score"] = _numbers(given["score"], "scores")
    if "probability" in given:
        arrays["probability"] = _probabilities(given["probability"])
        # Probabilities rank the rows where nothing else does; ties that rounding made in them count as ties.
        arrays.setdefault("score", arrays["probability"])
    if labels is not None:
        _within(labels, n_classes, "labels")
        arrays["label"] = labels
    elif n_classes > 2 and "probability" in arrays:
        arrays["label"] = arrays["probability"].argmax(axis=1)
    return "binary" if n_classes == 2 else "multiclass", codes, arrays


def _array(values: Any, name: str) -> np.ndarray:
    """(n,) or (n, K): one column of a table of one is that column."""
    array = np.asarray(values)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2):
        raise DataError(f"{name} has the shape {array.shape}; it is one value a row, or one a row and class.")
    return array


def _column(values: np.ndarray, name: str) -> np.ndarray:
    if values.ndim != 1:
        raise DataError(f"{name} has the shape {values.shape}; it is one value a row.")
    return _numbers(values, f"{name}s")


def _numbers(values: np.ndarray, what: str) -> np.ndarray:
    """float64, or float32 as it came; finite."""
    if values.dtype.kind in "OUSMm":
        try:
            values = values.astype(np.float64) if values.dtype.kind == "O" else _refuse_type(values, what)
        except (TypeError, ValueError):
            _refuse(_missing(values), f"{what} are missing", "fill them in, or leave these rows out")
            _refuse_type(values, what)
    if values.dtype.kind not in "fiub":
        _refuse_type(values, what)
    found = values if values.dtype in (np.float64, np.float32) else values.astype(np.float64)
    _refuse(_any_of_row(~np.isfinite(found)), f"{what} are not finite numbers", "mend them, or leave these rows out")
    return found


def _refuse_type(values: np.ndarray, what: str) -> np.ndarray:
    first = values.reshape(-1)[0] if values.size else ""
    raise DataError(f"{what} are not numbers (the first is {str(first)!r}); code them first, classes as 0, 1, … in their order.")


def _codes(values: np.ndarray, what: str) -> np.ndarray:
    """int64 (n,) of whole numbers, however they are stored."""
    found = _numbers(values, what)
    codes = found.astype(np.int64)
    _refuse(codes != found, f"{what} are no class codes", "classes are whole numbers from 0 on; for numbers pass value=")
    return codes


def _within(codes: np.ndarray, n_classes: int, what: str) -> None:
    known = "0 or 1" if n_classes == 2 else f"0 to {n_classes - 1}"
    advice = "code class 1 as the positive one; three classes or more need probability= of shape (n, K)"
    outside = (codes < 0) | (codes >= n_classes)
    _refuse(
        outside, f"{what} are outside the classes {known}", advice if n_classes == 2 else "mend them, or leave these rows out"
    )


def _probabilities(values: np.ndarray) -> np.ndarray:
    """(n,) of class 1, or (n, K >= 3)."""
    found = _numbers(values, "probabilities")
    outside = _any_of_row((found < -SLACK) | (found > 1 + SLACK))
    _refuse(outside, "probabilities are outside [0, 1]", "pass numbers on another scale as score=")
    if found.ndim == 2:
        sums = found.sum(axis=1)
        off = np.abs(sums - 1) > SUM_SLACK
        if off.any():
            said = f"rows of probabilities do not sum to 1 (the first sums to {sums[off][0]:.4g})"
            _refuse(off, said, "divide each row by its sum")
        found = found[:, 1] if found.shape[1] == 2 else found
    return np.asarray(np.clip(found, 0.0, 1.0))


def _weights(values: Any, n: int) -> np.ndarray:
    array = _array(values, "weights")
    if array.shape != (n,):
        raise DataError(f"target has {n} rows and weights has the shape {array.shape}; each row needs one of both.")
    weights = _numbers(array, "weights").astype(np.float64)
    _refuse(weights <= 0, "weights are 0 or less", "a row that is not to count is to be left out of all arrays")
    return weights


def _missing(values: np.ndarray) -> np.ndarray:
    """bool (n,): None, NaN or NaT in any place of a row."""
    gone: np.ndarray
    if values.dtype.kind in "fMm":
        gone = np.asarray(np.isnat(values) if values.dtype.kind in "Mm" else np.isnan(values))
    elif values.dtype.kind == "O":
        flat = [value is None or bool(np.asarray(value != value).any()) for value in values.reshape(-1)]
        gone = np.array(flat, dtype=bool).reshape(values.shape)
    else:
        gone = np.zeros(values.shape, dtype=bool)
    return _any_of_row(gone)


def _any_of_row(mask: np.ndarray) -> np.ndarray:
    """bool (n,) of a mask (n,) or (n, K)."""
    return np.asarray(mask if mask.ndim == 1 else mask.any(axis=1))


def _refuse(bad: np.ndarray, what: str, advice: str) -> None:
    """Raise DataError when any row is bad."""
    if bad.any():
        raise DataError(f"{int(bad.sum())} of {len(bad)} {what} (first rows: {np.flatnonzero(bad)[:3].tolist()}); {advice}.")
