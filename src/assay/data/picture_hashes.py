"""Which pictures are almost the same: a 64-bit perceptual hash finds candidates, their pixels decide.

The hash says for each of the 64 lowest frequencies of a picture, shrunk to 32 × 32 in grey, whether it is above the median of
them.  It hardly changes when a picture is saved again, resized, or made brighter; but two handwritten ones may share it, so a
pair counts only if the pictures themselves, of 32 × 32 at most and in colour where they have any, correlate as well.

Hashes within d bits of each other are equal in one of d + 1 parts of their bits at least, so pairs are looked for among those
that share a part, and every pair is found.
Source: Zauner (2010), Implementation and benchmarking of perceptual image hash functions; Norouzi, Punjani & Fleet (2012), Fast
search in Hamming space with multi-index hashing.
"""

from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import polars as pl

from assay.data.images import decode, picture_size

SIDE, KEPT = 32, 8
"""Pixels a side of what is hashed; frequencies a side that are kept."""
BITS = 6
"""Of 64 that may differ.  A picture saved as JPEG of quality 75, doubled in size or made a fifth brighter stays within it."""
CORRELATION = 0.98
"""Of the shrunk pictures, at least."""
FLAT = 1.0
"""Standard deviation of grey levels below which a picture has nothing to correlate; two such ones are the same where their
colours are within ``FLAT_APART`` levels."""
FLAT_APART = 2.0
MOST = 100_000
"""Pictures that are compared with each other; of more these, evenly spaced."""
MOST_PAIRS = 5_000_000
_TOGETHER = 4096


def like_pairs(series: pl.Series, rows: np.ndarray) -> np.ndarray:
    """int64 (k, 2), positions in ``rows`` of pairs that are almost the same, each once and in order.

    series: a column of pictures, none of them missing among these rows (int, n).  Raises DataError for one that does not open.
    """
    part = series.gather(rows)
    if len(part) < 2:
        return np.zeros((0, 2), dtype=np.int64)
    height, width, channels = picture_size(part)
    # not enlarged: neighbours that are mixtures of each other would make any two small pictures correlate
    small = decode(part, size=(min(SIDE, height), min(SIDE, width)), channels=1 if channels == 1 else 3)
    grey = decode(pl.Series(series.name, small), size=(SIDE, SIDE), channels=1)[..., 0]
    pairs = near_hashes(perceptual_hashes(grey), BITS)
    return np.asarray(pairs[same_pixels(small, pairs)])


def perceptual_hashes(pictures: np.ndarray) -> np.ndarray:
    """uint64 (n,) of uint8 (n, 32, 32).

    >>> left = np.tile(np.arange(32, dtype=np.uint8), (1, 32, 1))
    >>> hashes = perceptual_hashes(np.concatenate([left, left + 100, left[:, :, ::-1]]))
    >>> bool(hashes[0] == hashes[1]), int(np.bitwise_count(hashes[0] ^ hashes[2])) > 2
    (True, True)
    """
    cosines = _cosines()
    found = np.empty(len(pictures), dtype=np.uint64)
    for start in range(0, len(pictures), _TOGETHER):
        part = pictures[start : start + _TOGETHER].astype(np.float64)
        frequencies = (cosines @ part @ cosines.T).reshape(len(part), KEPT * KEPT)
        frequencies = np.round(frequencies, 6)  # what is 0 but for rounding is 0
        above = frequencies > np.median(frequencies, axis=1, keepdims=True)
        found[start : start + len(part)] = np.packbits(above, axis=1).view(">u8")[:, 0]
    return found


def near_hashes(hashes: np.ndarray, distance: int) -> np.ndarray:
    """int64 (k, 2): every pair of positions whose hashes (uint64) differ in so many bits at most, each once and in order."""
    found = [np.zeros((0, 2), dtype=np.int64)]
    total = 0
    edges = np.linspace(0, 64, distance + 2).round().astype(int)
    for low, high in pairwise(edges.tolist()):
        part = (hashes >> np.uint64(low)) & np.uint64((1 << (high - low)) - 1)
        for pairs in _sharing(part):
            pairs = pairs[np.bitwise_count(hashes[pairs[:, 0]] ^ hashes[pairs[:, 1]]) <= distance]
            found.append(pairs)
            total += len(pairs)
            if total > MOST_PAIRS:
                return _once(found)
    return _once(found)


def same_pixels(pictures: np.ndarray, pairs: np.ndarray) -> np.ndarray:
    """bool (k,): whether two of the pictures, uint8 (n, height, width, channels), correlate, or are flat and of one colour."""
    flat = pictures.reshape(len(pictures), -1)
    found = np.zeros(len(pairs), dtype=bool)
    for start in range(0, len(pairs), _TOGETHER):
        one, other = (flat[pairs[start : start + _TOGETHER, side]].astype(np.float32) for side in (0, 1))
        colours = [part.reshape(len(part), -1, pictures.shape[3]).mean(axis=1) for part in (one, other)]
        alike = (np.abs(colours[0] - colours[1]) <= FLAT_APART).all(axis=1)
        one, other = (part - part.mean(axis=1, keepdims=True) for part in (one, other))
        spread = [np.sqrt((part**2).mean(axis=1)) for part in (one, other)]
        is_flat = [part.reshape(len(part), -1, pictures.shape[3]).std(axis=1).max(axis=1) < FLAT for part in (one, other)]
        correlation = (one * other).mean(axis=1) / np.maximum(spread[0] * spread[1], 1e-6)
        both = np.where(is_flat[0] | is_flat[1], is_flat[0] & is_flat[1] & alike, correlation >= CORRELATION)
        found[start : start + len(both)] = both
    return found


def _sharing(keys: np.ndarray) -> Iterator[np.ndarray]:
    """Pairs of positions with equal keys, in parts."""
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    begins = np.arange(len(order))
    ahead = 1
    while len(begins):
        begins = begins[begins + ahead < len(order)]
        begins = begins[ordered[begins] == ordered[begins + ahead]]
        if len(begins):
            yield np.column_stack([order[begins], order[begins + ahead]])  # the order is stable: the first is the smaller
        ahead += 1


def _once(found: list[np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate(found), axis=0)


def _cosines() -> np.ndarray:
    """float64 (KEPT, SIDE): the rows of the orthonormal DCT-II of the lowest frequencies."""
    frequency, place = np.arange(KEPT)[:, None], np.arange(SIDE)[None]
    rows = np.sqrt(2 / SIDE) * np.cos(np.pi * (2 * place + 1) * frequency / (2 * SIDE))
    rows[0] /= np.sqrt(2)
    return np.asarray(rows)
