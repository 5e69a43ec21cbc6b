"""An n-gram model as a state, and back with every claim of it proven: see ``core.state``.

Runs are kept by the number of children of each shorter run, and their last words in the fewest bytes that hold them.
"""

import numpy as np

from assay.core.errors import BundleError
from assay.core.state import State
from assay.language.ngrams.conventions import CONVENTIONS
from assay.language.ngrams.counts import MOST_ORDER
from assay.language.ngrams.model import NgramModel, Numbers, Runs
from assay.language.ngrams.quantizing import is_quantized, normalised
from assay.prepare import checks

MOST_IDS = 2**31 - 1
MOST_CHARACTERS = 200
LOWEST, HIGHEST = -1e4, 700.0
"""Logarithms of probabilities and backoffs lie between; the exponential of the highest is still a number."""


def state_of(model: NgramModel) -> State:
    """Without ``kind``, which whoever holds the model adds."""
    levels = []
    for n, runs in enumerate(model.runs, start=1):
        level: State = {"log_probabilities": _state_of_numbers(runs.log_probabilities)}
        if runs.log_backoffs is not None:
            level["log_backoffs"] = _state_of_numbers(runs.log_backoffs)
        if n > 1:
            level["words"] = runs.words.astype(_smallest(model.vocabulary_size))
            children = np.bincount(runs.parents, minlength=len(model.runs[n - 2]))
            level["children"] = children.astype(_smallest(int(children.max(initial=0)) + 1))
        levels.append(level)
    return {
        "vocabulary_size": model.vocabulary_size,
        "smoothing": model.smoothing,
        "is_probability": model.is_probability,
        "convention": model.convention,
        "levels": levels,
    }


def model_from_state(state: State) -> NgramModel:
    """Raises BundleError on a state that ``state_of`` cannot have written."""
    size = checks.whole(state, "vocabulary_size", low=3, high=MOST_IDS)
    smoothing = checks.text(state, "smoothing")
    if len(smoothing) > MOST_CHARACTERS:
        raise BundleError(f"the saved model's 'smoothing' must be at most {MOST_CHARACTERS} characters.")
    levels = checks.states(state, "levels", most=MOST_ORDER)
    if not levels:
        raise BundleError("the saved n-gram model has no runs of words.")
    runs: list[Runs] = []
    for n, level in enumerate(levels, start=1):
        words, parents = _words_and_parents(level, size, runs)
        backoffs = _numbers(level, "log_backoffs", len(words), HIGHEST) if n < len(levels) else None
        runs.append(Runs(words, parents, _numbers(level, "log_probabilities", len(words), 1e-6), backoffs))
    model = NgramModel(
        size,
        tuple(runs),
        smoothing,
        checks.flag(state, "is_probability"),
        checks.choice(state, "convention", CONVENTIONS),
    )
    return normalised(model) if is_quantized(model) else model


def state_bytes(model: NgramModel) -> int:
    """What the arrays of the model's state take."""
    return _bytes(state_of(model))


def _bytes(value: object) -> int:
    if isinstance(value, np.ndarray):
        return value.nbytes
    if isinstance(value, dict):
        return sum(_bytes(part) for part in value.values())
    return sum(_bytes(part) for part in value) if isinstance(value, list) else 0


def _words_and_parents(level: State, size: int, shorter: list[Runs]) -> tuple[np.ndarray, np.ndarray]:
    if not shorter:
        _numbers(level, "log_probabilities", size, 1e-6)  # there must be as many before so many ids are made
        return np.arange(size, dtype=np.int32), np.zeros(size, dtype=np.int32)
    words = checks.integers(level, "words", (None,), low=0, high=size - 1).astype(np.int32)
    children = checks.integers(level, "children", (len(shorter[-1]),), low=0, high=size).astype(np.int64)
    if int(children.sum()) != len(words):
        raise BundleError("the saved n-gram model's runs do not belong to the shorter ones; save it again.")
    parents = np.repeat(np.arange(len(children), dtype=np.int32), children)
    keys = parents.astype(np.int64) * size + words
    if (np.diff(keys) <= 0).any():
        raise BundleError("the saved n-gram model's runs are not in their order; save it again.")
    return words, parents


def _state_of_numbers(numbers: Numbers) -> State:
    return {"values": numbers.values} if numbers.book is None else {"values": numbers.values, "book": numbers.book}


def _numbers(level: State, name: str, length: int, high: float) -> Numbers:
    part = checks.entry(level, name)
    if isinstance(part, dict) and "book" in part:
        book = checks.floats(part, "book", (None,))
        values = checks.integers(part, "values", (length,), low=0, high=min(len(book), 2**16) - 1)
        said = book
    else:
        values, book = checks.floats(part, "values", (length,)), None
        said = values
    if said.size and (said.min() < LOWEST or said.max() > high):
        raise BundleError(f"the saved model's {name!r} must be logarithms from {LOWEST:g} to {high:g}.")
    return Numbers(values, book)


def _smallest(values: int) -> type[np.unsignedinteger]:
    """The type of numbers below ``values``."""
    return next(kind for kind in (np.uint8, np.uint16, np.uint32) if values <= 2 ** (8 * np.dtype(kind).itemsize))
