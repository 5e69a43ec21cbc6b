"""Item neighbours against a loop, and the choice of a setting."""

import numpy as np
import pytest
from tests.recipes.recommend.rows import interactions

from assay.core.errors import BundleError, ConfigError
from assay.recipes.recommend.choosing import Chosen
from assay.recipes.recommend.implicit_als import ImplicitAls
from assay.recipes.recommend.neighbours import FittedNeighbours, ItemNeighbours


def test_items_are_alike_by_the_users_they_share():
    seen = interactions()
    found = ItemNeighbours(neighbours=5, shrinkage=3.0).fit(seen, 0).alike.toarray()
    took = seen.counts.toarray() > 0
    for item in range(40):
        shared = np.array([np.sum(took[:, item] & took[:, other]) for other in range(40)], dtype=float)
        alike = shared / (np.sqrt(took[:, item].sum() * took.sum(axis=0)) + 3.0)
        alike[item] = 0
        alike[alike < np.sort(alike)[-5]] = 0
        np.testing.assert_allclose(found[item], alike, atol=1e-12)


def test_the_ridge_that_finds_most_of_what_was_put_aside_is_taken():
    seen = interactions(users=200, items=60, per_user=15)
    chosen = Chosen(ImplicitAls(rank=8), "ridge", (1e6, 0.05)).choose(seen, 0)
    assert chosen.ridge == 0.05  # 1e6 leaves no factors at all


def test_few_pairs_choose_nothing():
    assert Chosen(ImplicitAls(), "ridge", (0.3, 0.2, 0.1)).choose(interactions(users=10), 0).ridge == 0.2


@pytest.mark.parametrize("part", [("indptr", [0, 2, 1, 3]), ("indices", [0, 1, 3]), ("indptr", [0, 1, 1, 2])])
def test_a_damaged_matrix_is_refused(part):
    state = {"indptr": np.array([0, 1, 2, 3]), "indices": np.array([0, 1, 2]), "values": np.ones(3)}
    FittedNeighbours.from_state(dict(state), 4, 3)
    with pytest.raises(BundleError):
        FittedNeighbours.from_state({**state, part[0]: np.array(part[1])}, 4, 3)


def test_impossible_neighbours_are_refused():
    with pytest.raises(ConfigError):
        ItemNeighbours(neighbours=0)
