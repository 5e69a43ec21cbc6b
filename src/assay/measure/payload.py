"""Truth and predictions of any task, keyed by unit: a table's rows, ragged boxes, tokens, samples.

A payload has units (the things that are resampled: rows, pictures, documents) and named
arrays.  Without ``offsets`` every array has one entry a unit on its first axis; with
``offsets`` unit i owns the items ``offsets[i]:offsets[i + 1]`` of every array, so a unit
may own any number of boxes or tokens.

forms in use        arrays of the predictions                      arrays of the truth
binary              score (n,), probability (n,) of class 1,       target (n,) 0/1 [, weight (n,)]
                    label (n,) once a threshold is applied,
                    [uncorrected (n,)]
multiclass          score (n, K), probability (n, K), label (n,)   target (n,) codes [, weight (n,)]
                    [, uncorrected (n, K)]
value               value (n,) [, spread (n,) >= 0]                target (n,) float [, weight (n,)]
ranking             score, one a document; a unit is a query,      relevance >= 0, one a document; same offsets
                    and owns its documents by the offsets
tokens              log_probability, one a token (natural)         none (the tokens are given)
texts               text: the bytes of the answer (see ``texts``)  text: what was given, a zero byte, what was wanted
clustering          label (n,), any whole numbers                  target (n,) codes and/or features (n, d)
                                                                   [, weight (n,)]

``score`` is the learner's raw output, which ranking metrics read; ``probability`` has gone
through prior correction and calibration, and where it has, ``uncorrected`` is what it was before; where it is absent,
``probability`` is the learner's own.  ``spread`` is the standard deviation of a new target about ``value``, noise and
the model's own doubt together, in the target's unit; a recipe that knows none leaves it out.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from io import BytesIO
from typing import Self

import numpy as np

from assay.core.errors import DataError
from assay.core.npz import read_npz

VERSION = 1


@dataclass(frozen=True)
class Payload:
    """units: int64 (n,), the row numbers (or picture, document numbers) in the dataset; arrays and offsets as above."""

    form: str
    units: np.ndarray
    arrays: Mapping[str, np.ndarray]
    offsets: np.ndarray | None = None

    def __post_init__(self) -> None:
        items = len(self.units) if self.offsets is None else int(self.offsets[-1])
        if self.offsets is not None and (len(self.offsets) != len(self.units) + 1 or (np.diff(self.offsets) < 0).any()):
            raise ValueError(f"offsets must be {len(self.units) + 1} rising numbers for {len(self.units)} units.")
        for name, array in self.arrays.items():
            if len(array) != items:
                raise ValueError(f"{self.form}: array {name!r} has {len(array)} entries, expected {items}.")

    def __len__(self) -> int:
        return len(self.units)

    def __getitem__(self, name: str) -> np.ndarray:
        if name not in self.arrays:
            raise KeyError(f"a {self.form!r} payload has no {name!r}; it has {', '.join(self.arrays)}.")
        return self.arrays[name]

    def with_array(self, name: str, values: np.ndarray) -> Self:
        """A copy with one array added or replaced."""
        return type(self)(self.form, self.units, {**self.arrays, name: values}, self.offsets)

    def to_bytes(self) -> bytes:
        """A .npz of the payload; equal payloads give equal bytes."""
        parts = {f"array.{name}": np.ascontiguousarray(array) for name, array in sorted(self.arrays.items())}
        if self.offsets is not None:
            parts["offsets"] = self.offsets
        stream = BytesIO()
        np.savez(stream, allow_pickle=False, version=VERSION, form=np.array(self.form), units=self.units, **parts)
        return stream.getvalue()

    @classmethod
    def from_bytes(cls, content: bytes) -> Self:
        """The payload back; raises DataError for another version, and for what ``to_bytes`` does not write."""
        try:
            parts = read_npz(content, len(content))  # nothing is compressed, so nothing is larger than the whole
            if _whole_number(parts["version"]) != VERSION:
                raise DataError(f"predictions of version {parts['version']}; this Assay reads version {VERSION}.")
            arrays = {name.removeprefix("array."): parts[name] for name in parts if name.startswith("array.")}
            kinds = {array.dtype.kind for array in arrays.values()} | {parts["units"].dtype.kind}
            offsets, form = parts.get("offsets"), parts["form"]
            if not kinds <= set("biuf") or form.dtype.kind != "U" or form.shape != () or parts["units"].ndim != 1:
                raise ValueError("they are of other types than Assay writes")
            if offsets is not None and (offsets.dtype.kind not in "iu" or offsets.ndim != 1 or not len(offsets)):
                raise ValueError("their offsets are no whole numbers")
            if any(array.ndim == 0 for array in arrays.values()):
                raise ValueError("an array of them has no entries")
            return cls(str(form), parts["units"], arrays, offsets)
        except KeyError as error:
            raise DataError(f"predictions cannot be read: {error} is missing.") from error
        except ValueError as error:
            raise DataError(f"predictions cannot be read: {str(error).rstrip('.')}.") from error


def _whole_number(array: np.ndarray) -> int:
    if array.shape != () or array.dtype.kind not in "iu":
        raise ValueError("their version is no number")
    return int(array)


class Predictions(Payload):
    """What a model said, one entry a unit."""


class Truth(Payload):
    """What was so. Units as in the predictions, unless the two sides are unpaired (generated samples)."""


def check_paired(truth: Truth, predictions: Predictions) -> None:
    """Raise ValueError unless both speak of the same units in the same order."""
    if not np.array_equal(truth.units, predictions.units):
        raise ValueError(f"truth ({len(truth)} units) and predictions ({len(predictions)}) are of different units.")
