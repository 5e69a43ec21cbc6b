"""Texts in a payload: UTF-8 bytes, so that a unit owns as many as its text has.

A truth holds two texts a unit, what was given and what was wanted, parted by a zero byte, which no text holds
(``data`` replaces it); predictions hold one.
"""

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from assay.core.ragged import Ragged
from assay.measure.payload import Payload, Predictions, Truth

FORM = "texts"
PART = "\0"


def pack(texts: Sequence[str]) -> Ragged:
    """uint8 values, a row a text."""
    encoded = [text.encode("utf-8", "replace") for text in texts]
    offsets = np.concatenate([[0], np.cumsum([len(one) for one in encoded])]).astype(np.int64)
    return Ragged(np.frombuffer(b"".join(encoded), dtype=np.uint8), offsets)


def unpack(values: np.ndarray, offsets: np.ndarray) -> list[str]:
    """The texts back; what is no UTF-8 becomes the replacement sign."""
    whole = values.tobytes()
    return [whole[start:stop].decode("utf-8", "replace") for start, stop in pairwise(offsets.tolist())]


def text_truth(units: np.ndarray, given: Sequence[str], wanted: Sequence[str]) -> Truth:
    """given, wanted: a text a unit."""
    both = pack([f"{_without_part(one)}{PART}{_without_part(other)}" for one, other in zip(given, wanted, strict=True)])
    return Truth(FORM, units, {"text": both.values}, both.offsets)


def text_predictions(units: np.ndarray, answers: Sequence[str]) -> Predictions:
    """answers: a text a unit."""
    packed = pack(answers)
    return Predictions(FORM, units, {"text": packed.values}, packed.offsets)


def texts_of(payload: Payload) -> list[str]:
    """The texts of predictions, one a unit."""
    if payload.offsets is None:
        raise ValueError("these predictions hold no texts.")
    return unpack(payload["text"], payload.offsets)


def pairs_of(truth: Truth) -> tuple[list[str], list[str]]:
    """(what was given, what was wanted), a text a unit each."""
    parted = [text.partition(PART) for text in texts_of(truth)]
    return [given for given, _, _ in parted], [wanted for _, _, wanted in parted]


def _without_part(text: str) -> str:
    return text.replace(PART, "\N{REPLACEMENT CHARACTER}")
