"""Where rows stand, held against scikit-learn's search: in any form of the matrix, with copies, and with very few rows."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.neighbors import NearestNeighbors
from tests.balance.quality.cases import law, minority_of, table

from assay.balance.quality.landing import NEIGHBOURS, families, landing


def plainly(
    reference: np.ndarray, target: np.ndarray, points: np.ndarray, own: np.ndarray | None
) -> tuple[np.ndarray, np.ndarray]:
    """By the definition, row by row: whether most of the nearest are of class 0, and the distance to the nearest."""
    k = min(NEIGHBOURS, len(reference) - 1)
    among, distance = [], []
    for place, point in enumerate(points):
        apart, rows = NearestNeighbors(n_neighbors=len(reference), algorithm="brute").fit(reference).kneighbors(point[None, :])
        apart, rows = apart[0], rows[0]
        if own is not None:
            itself = rows == own[place]
        else:
            itself = np.zeros(len(rows), dtype=bool)
            copied = np.flatnonzero((apart < 1e-6) & (target[rows] == 1))
            itself[copied[:1]] = True
        among.append((target[rows[~itself][:k]] == 0).sum() > k / 2)
        distance.append(apart[~itself][0] if own is not None else apart[0])
    return np.array(among), np.array(distance)


@pytest.mark.parametrize("form", [np.asarray, sparse.csr_matrix], ids=["dense", "sparse"])
@pytest.mark.parametrize("minority", [4, 60])
def test_rows_stand_where_scikit_learn_finds_them(form, minority):
    rows = table(majority=3 * minority, minority=minority)
    made = np.vstack([law(np.random.default_rng(3), 50) - 1.2, minority_of(rows)[:4]])
    own = np.flatnonzero(rows.target == 1)
    of_new = landing(form(rows.features), rows.target, 1, points=form(made))
    of_real = landing(form(rows.features), rows.target, 1, own=own)
    for found, expected in (
        (of_new, plainly(rows.features, rows.target, made, None)),
        (of_real, plainly(rows.features, rows.target, rows.features[own], own)),
    ):
        assert np.array_equal(found.among_others, expected[0])
        assert found.nearest == pytest.approx(expected[1], abs=1e-6)
    assert (of_new.nearest[-4:] == 0).all()
    assert 0 < of_new.among_others.mean() < 1
    nearest = NearestNeighbors(n_neighbors=1).fit(rows.features[own]).kneighbors(made, return_distance=False)[:, 0]
    assert np.array_equal(families(form(rows.features[own]), form(made)), nearest)


def test_a_row_whose_copies_hide_it_is_still_asked_without_itself_alone():
    matrix = np.vstack([np.zeros((9, 2)), np.ones((3, 2))])
    found = landing(matrix, np.repeat([1, 0], [9, 3]), 1, own=np.arange(9))
    assert not found.among_others.any()
    assert (found.nearest == 0).all()


def test_with_two_rows_the_other_one_is_asked():
    found = landing(np.array([[0.0], [3.0]]), np.array([0, 1]), 1, own=np.array([1]))
    assert (found.among_others.tolist(), found.nearest.tolist()) == ([True], [3.0])
    with pytest.raises(ValueError, match="at least 2 reference rows"):
        landing(np.zeros((1, 1)), np.array([1]), 1, own=np.array([0]))
