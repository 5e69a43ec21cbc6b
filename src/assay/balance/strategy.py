"""How many rows of which class: the ``sampling_strategy`` of the samplers and the ``ratio`` of the treatments.

The words, and what they mean for over-sampling, under-sampling and cleaning, are those of imbalanced-learn
(``check_sampling_strategy``), against which the tests hold them.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean

Kind = Literal["over", "under", "clean"]
Chosen = Mapping[Any, int] | Sequence[Any]
Strategy = float | str | Chosen | Callable[[np.ndarray], Chosen]

WORDS = ("auto", "minority", "majority", "not minority", "not majority", "all")


class SamplingError(ConfigError, ValueError):
    """A sampler cannot do what was asked; a ValueError too, as scikit-learn's users expect."""


def planned_counts(strategy: Strategy, target: np.ndarray, kind: Kind) -> dict[Any, int]:
    """Rows to make ("over") or to keep ("under") of each class that is resampled; labels in rising order.

    target: (n,) labels.  strategy: a word of WORDS; for two classes a float in (0, 1], the size of the smaller class over
    that of the larger one afterwards; a dict from label to the number of rows afterwards; or a function of ``target`` that
    returns such a dict.  Ties for largest and smallest go to the first label.
    "clean" leaves rows out by where they lie, so it takes no numbers: a word, a list of labels, or a function that returns
    such a list.  Its classes stand in the result with the size of the smallest class, as in imbalanced-learn.
    Raises SamplingError.
    """
    labels, sizes = np.unique(target, return_counts=True)
    if len(labels) < 2:
        raise SamplingError(f"the target has {len(labels)} class; resampling needs at least 2.")
    counts = dict(zip(labels.tolist(), sizes.tolist(), strict=True))
    if isinstance(strategy, str):
        return _from_word(strategy, counts, kind)
    if kind == "clean":
        return _from_list(strategy(target) if callable(strategy) else strategy, counts)
    if isinstance(strategy, int | float | np.number) and not isinstance(strategy, bool):
        return _from_share(float(strategy), counts, kind)
    wanted: Any = strategy(target) if callable(strategy) else strategy
    if not isinstance(wanted, Mapping):
        raise SamplingError(f"sampling_strategy={wanted!r}: pass a word, a number, a dict, or a function that returns a dict.")
    return _from_dict(wanted, counts, kind)


def by_ratio(counts: np.ndarray, ratio: float, kind: Kind) -> np.ndarray:
    """int64 (n_classes,): rows to make, or to keep, so that no class is smaller than ``ratio`` times the largest.

    counts: int64 (n_classes,); a class without rows gets none.  "over" raises the smaller classes to ratio × the largest,
    "under" lowers the larger ones to the smallest / ratio.  For two classes this is the float ``sampling_strategy``.
    """
    present = counts[counts > 0]
    if kind == "over":
        return np.where(counts > 0, np.maximum(int(present.max() * ratio) - counts, 0), 0)
    return np.asarray(np.minimum(counts, int(min(float(present.min()) / ratio, float(present.max())))))


def check_ratio(ratio: float) -> None:
    """Raises ConfigError unless 0 < ratio <= 1."""
    if not 0 < ratio <= 1:
        raise ConfigError(f"ratio={ratio} must lie above 0 and not above 1; 1 makes the classes equal.")


def _from_word(word: str, counts: dict[Any, int], kind: Kind) -> dict[Any, int]:
    if word not in WORDS:
        raise SamplingError(f"no sampling_strategy {word!r}{did_you_mean(word, WORDS)}")
    largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    if word == ("majority" if kind == "over" else "minority"):
        what = "cleaning" if kind == "clean" else f"{kind}-sampling"
        raise SamplingError(f"sampling_strategy={word!r} makes no sense for {what}, which leaves that class as it is.")
    if word == "auto":
        word = "not majority" if kind == "over" else "not minority"
    chosen = {
        "minority": [smallest],
        "majority": [largest],
        "not minority": [label for label in counts if label != smallest],
        "not majority": [label for label in counts if label != largest],
        "all": list(counts),
    }[word]
    if kind == "over":
        return {label: counts[largest] - counts[label] for label in chosen}
    return dict.fromkeys(chosen, counts[smallest])


def _from_share(share: float, counts: dict[Any, int], kind: Kind) -> dict[Any, int]:
    if not 0 < share <= 1:
        raise SamplingError(f"sampling_strategy={share} must lie above 0 and not above 1.")
    if len(counts) != 2:
        raise SamplingError(f"sampling_strategy={share} is for two classes, there are {len(counts)}; pass a dict of label: rows.")
    largest, smallest = max(counts, key=counts.__getitem__), min(counts, key=counts.__getitem__)
    now = f"the classes stand at {counts[smallest]} to {counts[largest]} already ({counts[smallest] / counts[largest]:.3g})"
    if kind == "over":
        label = next(label for label in counts if label != largest)
        to_make = int(counts[largest] * share - counts[label])
        if to_make <= 0:
            raise SamplingError(f"sampling_strategy={share} would remove rows: {now}; pass a larger share.")
        return {label: to_make}
    label = next(label for label in counts if label != smallest)
    to_keep = counts[smallest] / share
    if to_keep >= counts[label] + 1:
        raise SamplingError(f"sampling_strategy={share} would need new rows: {now}; pass a larger share.")
    return {label: int(to_keep)}


def _from_list(wanted: Any, counts: dict[Any, int]) -> dict[Any, int]:
    if isinstance(wanted, str | Mapping) or not isinstance(wanted, Sequence | np.ndarray):
        raise SamplingError(
            f"sampling_strategy={wanted!r}: this sampler leaves out as many rows as lie badly; pass a word or a list of classes."
        )
    chosen = list(wanted)
    _check_known(chosen, counts)
    return {label: min(counts.values()) for label in counts if label in chosen}


def _check_known(wanted: Iterable[Any], counts: dict[Any, int]) -> None:
    unknown = [label for label in wanted if label not in counts]
    if unknown:
        known = ", ".join(map(repr, list(counts)[:8]))
        raise SamplingError(f"sampling_strategy names a class that the target has not: {unknown[0]!r}; it has {known}.")


def _from_dict(wanted: Mapping[Any, int], counts: dict[Any, int], kind: Kind) -> dict[Any, int]:
    _check_known(wanted, counts)
    for label, rows in wanted.items():
        if rows < 0 or (rows < counts[label] if kind == "over" else rows > counts[label]):
            bound = f"at least its {counts[label]}" if kind == "over" else f"at most its {counts[label]}, and not below 0"
            raise SamplingError(f"sampling_strategy asks for {rows} rows of class {label!r}; {kind}-sampling needs {bound}.")
    return {
        label: int(wanted[label]) - counts[label] if kind == "over" else int(wanted[label]) for label in counts if label in wanted
    }
