"""The nearest pictures are those of scikit-learn's neighbours by cosine."""

import numpy as np
import pytest
from sklearn.neighbors import NearestNeighbors

from assay.core.errors import DataError
from assay.explain.similar import nearest


def test_the_nearest_are_scikit_learns() -> None:
    random = np.random.default_rng(0)
    training, asked = random.normal(size=(200, 12)), random.normal(size=(15, 12))
    found = nearest(asked, training, most=6)
    distance, rows = NearestNeighbors(n_neighbors=6, metric="cosine").fit(training).kneighbors(asked)
    assert np.array_equal(found.rows, rows)
    assert found.similarity == pytest.approx(1 - distance)


def test_of_equally_near_ones_the_earlier_stands_first_and_nothing_is_near_to_zeros() -> None:
    training = np.array([[0.0, 1.0], [2.0, 0.0], [5.0, 0.0], [0.0, 0.0]])
    found = nearest(np.array([[1.0, 0.0], [0.0, 0.0]]), training, most=9)
    assert found.rows[0].tolist() == [1, 2, 0, 3]
    assert found.similarity[1].tolist() == [0.0] * 4
    with pytest.raises(DataError, match="no training pictures"):
        nearest(np.ones((1, 2)), np.ones((0, 2)), most=3)
