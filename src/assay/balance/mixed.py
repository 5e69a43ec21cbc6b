"""Encoded rows that mix numbers and categories: distances between them, and rows between two of them.

Distances
    A number column is divided by its standard deviation over the rows given (all of them, so that one class's spread
    is not taken for the scale); a missing value stands at the column's median.  Centring would change no distance
    and would fill a sparse matrix, so it is left out.
    A block of kind "other" (text weights, pixels) is divided as a whole, so that its columns together vary as much
    as one number; a rare word does not become a far-away point.
    A category costs, where two rows differ in it, the median standard deviation (scaled as above) of the number columns
    within the class, as in SMOTE-NC: a one-hot entry stands at that median / √2, two of them differ.  Codes are compared
    as categories (missing is a level of its own).  Without numbers, or when none varies in the class, it costs 1.

Rows between two
    Numbers and "other" are interpolated, NaN where either parent is missing.  One-hot and code blocks are copied whole from
    one of the two parents, by a fair draw for each block, so that no category is ever a fraction.

Source: Chawla et al. (2002), sections 3 and 6.1 (SMOTE-NC; it takes the neighbours' majority where this takes a parent).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy import sparse

from assay.balance.oversample.parents import Parents
from assay.balance.segments import between, is_sparse
from assay.core.errors import DefectError
from assay.data.rows import Block, Rows

Matrix = Any  # np.ndarray | sparse.csr_matrix, float, (n, d); scipy's stubs tell its sparse classes apart more than we do


@dataclass(frozen=True)
class MixedSpace:
    """An encoded matrix with its blocks and the scale of each column.

    scale: float64 (d,), what a column is multiplied by before distances are taken (categories: 1).
    filling: float64 (d,), what stands for NaN in distances.
    """

    matrix: Matrix
    blocks: tuple[Block, ...]
    scale: np.ndarray
    filling: np.ndarray

    def points(self, own: np.ndarray) -> Matrix:
        """(len(own), …) float64: points whose Euclidean distances are those described above; own: rows of one class."""
        return self._points(own, own)

    def around(self, own: np.ndarray) -> Matrix:
        """(n, …) float64: all rows, a category costing what it costs within the class of ``own``."""
        return self._points(np.arange(self.matrix.shape[0]), own)

    def _points(self, rows: np.ndarray, own: np.ndarray) -> Matrix:
        part = self.matrix[rows].astype(np.float64)
        numbers = [_filled(part[:, b.start : b.stop], self.filling[b.start : b.stop]) for b in self.blocks if not _is_category(b)]
        scaled = [_times(values, self.scale[b.start : b.stop]) for values, b in zip(numbers, self._measured(), strict=True)]
        entry = self._cost(own) / np.sqrt(2)
        categories = [
            _indicators(part[:, b.start]) * entry if b.kind == "code" else part[:, b.start : b.stop] * entry
            for b in self._categories()
        ]
        if is_sparse(part):
            return sparse.csr_matrix(sparse.hstack([*scaled, *categories], format="csr"))
        return np.hstack([*scaled, *(c.toarray() if is_sparse(c) else c for c in categories)])

    def _cost(self, own: np.ndarray) -> float:
        """What a category costs where two rows differ in it."""
        spreads = []
        for block in (block for block in self.blocks if block.kind == "number"):
            part = slice(block.start, block.stop)
            values = _filled(self.matrix[own, part].astype(np.float64), self.filling[part])
            spreads.append(_spread(_times(values, self.scale[part])))
        cost = float(np.median(np.concatenate(spreads))) if spreads else 0.0
        return cost if cost > 0 else 1.0

    def between(self, parents: Parents, rng: np.random.Generator) -> Matrix:
        """(len(parents), d): a row between each pair of parents, of the matrix's type and dtype."""
        from_second = rng.random((len(parents), len(self.blocks))) < 0.5
        from_second &= parents.alpha[:, None] >= 0  # a row that lies outwards is nearest to its first parent
        copied = np.array([_is_category(block) for block in self.blocks])
        block_of = np.repeat(np.arange(len(self.blocks)), [b.stop - b.start for b in self.blocks])
        a, b, alpha = self.matrix[parents.first], self.matrix[parents.second], parents.alpha
        if not is_sparse(self.matrix):
            new = between(a, b, alpha)
            return np.where(copied[block_of], np.where(from_second[:, block_of], b, a), new)
        mixed = between(_keep(a, ~copied[None, :], block_of), _keep(b, ~copied[None, :], block_of), alpha)
        whole = _keep(a, copied & ~from_second, block_of) + _keep(b, copied & from_second, block_of)
        new = sparse.csr_matrix(mixed + whole)
        new.sort_indices()
        return new

    def _measured(self) -> list[Block]:
        return [block for block in self.blocks if not _is_category(block)]

    def _categories(self) -> list[Block]:
        return [block for block in self.blocks if _is_category(block)]


def mixed_space(train: Rows) -> MixedSpace:
    """The space of these rows' matrix; a matrix without blocks is one block of kind "other".

    Whole numbers (pixels) become float64.  Raises DefectError when the blocks do not cover the columns.
    """
    matrix: Matrix = train.features
    if matrix.dtype.kind != "f":
        matrix = matrix.astype(np.float64)
    width = matrix.shape[1]
    blocks = tuple(sorted(train.blocks, key=lambda block: block.start)) or (Block("columns", "other", 0, width),)
    edges = [0, *(block.stop for block in blocks)]
    if [block.start for block in blocks] != edges[:-1] or edges[-1] != width:
        raise DefectError(f"the blocks of an encoded matrix end at column {edges[-1]}, or leave gaps; it has {width} columns.")
    scale, filling = np.ones(width), np.zeros(width)
    for block in blocks:
        if _is_category(block):
            continue
        part = slice(block.start, block.stop)
        values = matrix[:, part].astype(np.float64)
        filling[part] = _medians(values)
        variance = _spread(_filled(values, filling[part])) ** 2
        if block.kind == "other":
            variance = np.full(len(variance), variance.sum())
        scale[part] = 1 / np.sqrt(np.where(variance > 0, variance, 1.0))
    return MixedSpace(matrix, blocks, scale, filling)


def _is_category(block: Block) -> bool:
    return block.kind in ("one-hot", "code")


def _medians(values: Matrix) -> np.ndarray:
    """float64 (d,): the median of each column that has NaN (0 where all is missing), 0 for the others."""
    medians = np.zeros(values.shape[1])
    if is_sparse(values):
        holed = np.unique(values.indices[np.isnan(values.data)])
    else:
        holed = np.flatnonzero(np.isnan(values).any(axis=0))
    for column in holed:
        whole = values[:, [column]].toarray() if is_sparse(values) else values[:, [column]]
        known = whole[~np.isnan(whole)]
        medians[column] = np.median(known) if len(known) else 0.0
    return medians


def _filled(values: Matrix, filling: np.ndarray) -> Matrix:
    """A copy with ``filling`` in the place of NaN."""
    if not is_sparse(values):
        return np.where(np.isnan(values), filling, values)
    full = sparse.csr_matrix(values, copy=True)
    holes = np.isnan(full.data)
    full.data[holes] = filling[full.indices[holes]]
    return full


def _times(values: Matrix, scale: np.ndarray) -> Matrix:
    return sparse.csr_matrix(values @ sparse.diags(scale)) if is_sparse(values) else values * scale


def _spread(values: Matrix) -> np.ndarray:
    """float64 (d,): the standard deviation of each column (n in the denominator)."""
    if not is_sparse(values):
        return np.asarray(values.std(axis=0))
    mean = np.asarray(values.mean(axis=0)).ravel()
    square = np.asarray(values.multiply(values).mean(axis=0)).ravel()
    return np.asarray(np.sqrt(np.maximum(square - mean**2, 0.0)))


def _indicators(column: Matrix) -> sparse.csr_matrix:
    """(n, n_levels): a 1 in the column of each row's code; NaN is a level."""
    codes = column.toarray().ravel() if is_sparse(column) else column
    levels, which = np.unique(codes, return_inverse=True)
    return sparse.csr_matrix((np.ones(len(codes)), (np.arange(len(codes)), which)), shape=(len(codes), len(levels)))


def _keep(rows: sparse.csr_matrix, wanted: np.ndarray, block_of: np.ndarray) -> sparse.csr_matrix:
    """The entries of the blocks that are wanted in their row; wanted: bool (n or 1, n_blocks)."""
    row = np.repeat(np.arange(rows.shape[0]), np.diff(rows.indptr))
    mask = np.broadcast_to(wanted, (rows.shape[0], wanted.shape[1]))[row, block_of[rows.indices]]
    return sparse.csr_matrix((rows.data[mask], (row[mask], rows.indices[mask])), shape=rows.shape)
