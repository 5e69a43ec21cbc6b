"""Runs of characters within the pieces of a text between spaces, as scikit-learn's analyzer ``char_wb`` takes them.

Each piece gets a space on both sides; one shorter than the shortest run is a run itself.  Distinct pieces are cut once, all of
them together as one array of code points, and counted into texts by a product of two sparse matrices.
"""

from typing import NamedTuple

import numpy as np
import polars as pl
from scipy import sparse

_BITS = 21  # of a code point


class Grams(NamedTuple):
    """counts: csr float64 (n texts, n grams).  grams: distinct, in no order that means anything."""

    grams: pl.Series
    counts: sparse.csr_matrix


def character_runs(texts: pl.Series, low: int, high: int) -> Grams:
    """texts: String, in the case that counts.  A missing text is an empty one."""
    pieces = (
        pl.DataFrame({"text": np.arange(len(texts)), "piece": texts})
        .with_columns(pl.col("piece").str.extract_all(r"\S+"))
        .explode("piece")
        .drop_nulls()
    )
    distinct = pieces["piece"].unique(maintain_order=True)
    if not len(distinct):
        return Grams(pl.Series([], dtype=pl.String), sparse.csr_matrix((len(texts), 0)))
    numbers = pieces["piece"].replace_strict(distinct, pl.Series(np.arange(len(distinct)))).to_numpy()
    shape = (len(texts), len(distinct))
    in_texts = sparse.csr_matrix((np.ones(len(numbers)), (pieces["text"].to_numpy(), numbers)), shape=shape)
    grams, in_pieces = _of_pieces(distinct.to_list(), low, high)
    counts = sparse.csr_matrix(in_texts @ in_pieces)
    counts.sort_indices()
    return Grams(grams, counts)


def _of_pieces(pieces: list[str], low: int, high: int) -> tuple[pl.Series, sparse.csr_matrix]:
    """The distinct runs, and csr float64 (n pieces, n runs): how often each stands in each piece."""
    padded = [f" {piece} " for piece in pieces]
    lengths = np.fromiter(map(len, padded), dtype=np.int64, count=len(padded))
    joined = "".join(padded)
    points = np.frombuffer(joined.encode("utf-32-le"), dtype=np.uint32).astype(np.int64)
    ends = np.cumsum(lengths)
    owner = np.repeat(np.arange(len(pieces)), lengths)
    room = ends[owner] - np.arange(len(points))  # characters from here to the end of the piece
    keys = np.zeros(len(points), dtype=np.int64)  # of the run of length - 1 characters that begins here
    found: list[str] = []
    owners, numbers = [], []
    for length in range(1, high + 1):
        following = np.zeros(len(points), dtype=np.int64)
        following[: max(0, len(points) - length + 1)] = points[length - 1 :]
        starts = np.flatnonzero(room >= length)
        _, first, run = np.unique(keys[starts] << _BITS | following[starts], return_index=True, return_inverse=True)
        if length == low:
            short = np.flatnonzero(lengths < low)
            owners.append(short)
            numbers.append(np.arange(len(short), dtype=np.int64))
            found.extend(padded[place] for place in short.tolist())
        if length >= low:
            owners.append(owner[starts])
            numbers.append(run + len(found))
            found.extend(joined[start : start + length] for start in starts[first].tolist())
        keys[starts] = run  # numbered anew, so that a character has room beside it
    shape = (len(pieces), len(found))
    places = (np.concatenate(owners), np.concatenate(numbers))
    return pl.Series(found, dtype=pl.String), sparse.csr_matrix((np.ones(len(places[0])), places), shape=shape)
