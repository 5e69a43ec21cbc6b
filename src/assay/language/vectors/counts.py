"""Which words stand near which, and which stand in which documents: sparse tables of counts, and what is made of them.

PPMI with a smoothed distribution of contexts and a shift: Levy, Goldberg & Dagan (2015).  The SVD is exact (Lanczos), started
from a seed, with the signs fixed, so that equal input gives equal bytes.
"""

import numpy as np
from scipy import sparse

from assay.core.errors import ConfigError
from assay.core.seeds import generator
from assay.language.vectors.corpus import Corpus

DENSE = 400
"""Tables with no more rows or columns are decomposed whole: that is quicker than an iteration."""


def word_by_word(corpus: Corpus, window: int, *, by_distance: bool = False) -> sparse.csr_matrix:
    """csr float64 (n_words, n_words), symmetric: how often two words stand within ``window`` words of one sentence.

    by_distance: a pair that is k words apart counts 1 / k (as GloVe counts), not 1.

    >>> from assay.language.vectors.corpus import corpus_of
    >>> corpus = corpus_of([["a", "b", "a"]], min_count=1)
    >>> word_by_word(corpus, 2).toarray().tolist()
    [[2.0, 2.0], [2.0, 0.0]]
    """
    if window < 1:
        raise ConfigError(f"window={window} must be at least 1.")
    n, owners = len(corpus.words), corpus.owners
    found = sparse.csr_matrix((n, n))
    for apart in range(1, min(window, len(corpus.ids)) + 1):
        is_same = owners[apart:] == owners[:-apart]
        left, right = corpus.ids[:-apart][is_same], corpus.ids[apart:][is_same]
        weight = np.full(len(left), 1 / apart if by_distance else 1.0)
        found = found + sparse.csr_matrix((weight, (left, right)), shape=(n, n))
    both = sparse.csr_matrix(found + found.T)
    both.sort_indices()
    return both


def word_by_document(corpus: Corpus) -> sparse.csr_matrix:
    """csr float64 (n_words, n_sentences): how often a word stands in a document; each sentence of the corpus is one."""
    counts = sparse.csr_matrix(
        (np.ones(len(corpus.ids)), (corpus.ids, corpus.owners)), shape=(len(corpus.words), corpus.n_sentences)
    )
    counts.sum_duplicates()
    return counts


def ppmi(counts: sparse.csr_matrix, *, smoothing: float = 0.75, shift: float = 1.0) -> sparse.csr_matrix:
    """csr: max(0, log P(w, c) / (P(w) P(c)) − log shift), natural logarithm; cells that would be 0 are not stored.

    smoothing: the power to which the counts of contexts (columns) are raised before they are made shares; 1 is plain PMI.
    shift: the number of negative samples of word2vec that it corresponds to; at least 1.
    """
    if not 0 < smoothing <= 1 or not shift >= 1:
        raise ConfigError(f"smoothing={smoothing} must be above 0 and at most 1, and shift={shift} at least 1.")
    cells = sparse.coo_matrix(counts)
    cells.eliminate_zeros()
    rows = np.asarray(counts.sum(axis=1)).ravel()
    columns = np.asarray(counts.sum(axis=0)).ravel() ** smoothing
    share = columns / max(columns.sum(), 1e-300)
    values = np.log(cells.data) - np.log(rows[cells.row]) - np.log(share[cells.col]) - np.log(shift)
    kept = values > 0
    return sparse.csr_matrix((values[kept], (cells.row[kept], cells.col[kept])), shape=counts.shape)


def truncated_svd(matrix: sparse.csr_matrix, width: int, *, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(U (n, k), S (k,), V (m, k)) of the ``width`` largest singular values, A ≈ U S Vᵀ; k is less where the rank is.

    The largest entry of each column of V is positive.
    """
    if width < 1:
        raise ConfigError(f"width={width} must be at least 1.")
    smaller = min(matrix.shape)
    if smaller <= max(DENSE, width + 1):
        u, s, vt = np.linalg.svd(matrix.toarray(), full_matrices=False)
    else:
        from scipy.sparse.linalg import svds

        start = generator(seed, "svd").normal(size=smaller)
        u, s, vt = svds(matrix, k=width, v0=start)
        order = np.argsort(-s, kind="stable")
        u, s, vt = u[:, order], s[order], vt[order]
    kept = min(width, int((s > 1e-12 * max(s.max(initial=0.0), 1e-300)).sum())) or 1
    u, s, v = u[:, :kept], s[:kept], vt[:kept].T
    sign = np.where(np.take_along_axis(v, np.abs(v).argmax(axis=0)[None], axis=0)[0] < 0, -1.0, 1.0)
    return u * sign, s, v * sign


def svd_vectors(matrix: sparse.csr_matrix, width: int, *, seed: int, power: float = 0.5) -> np.ndarray:
    """float32 (n, width): U Sᵖ; columns beyond the rank are 0.

    power: 1 keeps the table's geometry, 0.5 shares the singular values between words and contexts (better for likeness).
    """
    u, s, _ = truncated_svd(matrix, width, seed=seed)
    found = np.zeros((matrix.shape[0], width), dtype=np.float32)
    found[:, : len(s)] = u * s**power
    return found


def cosines(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """float64 (n, m): the cosine of each row of ``a`` with each of ``b``; 0 where a row is all 0.

    >>> round(float(cosines(np.array([[1.0, 0.0]]), np.array([[1.0, 1.0]]))[0, 0]), 4)
    0.7071
    """
    return np.asarray(unit(a) @ unit(b).T)


def unit(rows: np.ndarray) -> np.ndarray:
    """float64: rows of length 1; rows of length 0 stay as they are."""
    rows = np.asarray(rows, dtype=np.float64)
    length = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(length > 0, length, 1.0))
