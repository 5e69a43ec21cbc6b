"""Where the bins of a piecewise-linear encoding begin and end: at quantiles of a column, and where its answer changes.

Quantiles follow the rows: a column that is 0 in nine rows of ten leaves hardly a bin to the tenth, however much depends on
it.  A small decision tree on the column alone cuts where the answer changes; the places that it leaves over are quantiles.
Source: Gorishniy, Rubachev & Babenko (2022), section 3.2, which has the two as alternatives.
"""

import numpy as np

ROWS_A_LEAF = 32
"""Training rows on each side of a cut, at least: fewer tell nothing of the answer."""

LEAST_GAIN = 1e-5
"""Of impurity, weighted by the share of the rows; a column that tells nothing gets no cut."""


def quantile_edges(column: np.ndarray, places: int) -> np.ndarray:
    """float64 (places,): the quantiles 0, 1/(places - 1), …, 1 of a column, without repeats; the last one fills up."""
    return filled(np.quantile(column, np.linspace(0, 1, places)), places)


def answer_edges(column: np.ndarray, target: np.ndarray, places: int) -> np.ndarray:
    """float64 (places,): both ends of a column, the cuts of a tree in up to half of the places between, quantiles in the others.

    target: class codes (whole numbers) or values (n,).
    """
    cuts = _cuts(column, target, places // 2)
    quantiles = np.quantile(column, np.linspace(0, 1, places - len(cuts)))
    return filled(np.unique(np.concatenate([quantiles, cuts])), places)


def filled(edges: np.ndarray, places: int) -> np.ndarray:
    """Ascending edges without those that float32 can hardly tell from the one before; the last one is repeated to ``places``."""
    nearest = 8 * np.spacing(np.float32(np.abs(edges).max()))
    kept = [edges[0]]
    for edge in edges[1:]:
        if edge - kept[-1] > nearest:
            kept.append(edge)
    return np.array(kept + [kept[-1]] * (places - len(kept)))


def _cuts(column: np.ndarray, target: np.ndarray, most: int) -> np.ndarray:
    """float64 (at most ``most``,): where a tree cuts the column."""
    from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

    if most < 1:
        return np.zeros(0)
    leaves = {"max_leaf_nodes": most + 1, "min_samples_leaf": ROWS_A_LEAF, "min_impurity_decrease": LEAST_GAIN, "random_state": 0}
    if target.dtype.kind in "iub":
        tree = DecisionTreeClassifier(**leaves).fit(column[:, None], target).tree_
    else:
        tree = DecisionTreeRegressor(**leaves).fit(column[:, None], target / (target.std() or 1.0)).tree_
    return np.asarray(tree.threshold[tree.feature >= 0], dtype=np.float64)
