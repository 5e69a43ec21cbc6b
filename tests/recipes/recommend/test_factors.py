"""The factorizations against the dense computation that defines them."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.decomposition import TruncatedSVD
from tests.recipes.recommend.rows import interactions

from assay.core.errors import ConfigError
from assay.recipes.recommend.als import Als, first_factors
from assay.recipes.recommend.biases import biases_of
from assay.recipes.recommend.implicit_als import ImplicitAls
from assay.recipes.recommend.interactions import Interactions
from assay.recipes.recommend.pure_svd import PureSvd, truncated_svd
from assay.recipes.recommend.soft_svd import SoftSvd, complete


@pytest.fixture(scope="module")
def seen():
    return interactions()


@pytest.fixture(scope="module")
def often():
    """Pairs that come several times."""
    rng = np.random.default_rng(2)
    return Interactions.of(rng.integers(30, size=400), rng.integers(20, size=400), (30, 20))


def test_repeated_pairs_are_counted_and_their_ratings_averaged():
    found = Interactions.of(np.array([1, 0, 1, 1]), np.array([2, 0, 2, 1]), (2, 3), np.array([4.0, 1.0, 5.0, 0.0]))
    assert found.counts.toarray().tolist() == [[1, 0, 0], [0, 1, 2]]
    assert found.rating.tolist() == [1.0, 0.0, 4.5]
    assert (found.takers.tolist(), found.taken.tolist()) == ([1, 1, 1], [1, 2])


def test_each_user_of_als_solves_its_own_normal_equations(seen):
    als = Als(rank=4, ridge=0.2, turns=3)
    fitted, biases = als.fit(seen, 5), biases_of(seen)
    left = seen.rating - biases.of(seen.owner, seen.items)
    spread = np.sqrt(np.mean(left**2))
    users = fitted.users / np.sqrt(spread)
    for item in range(seen.n_items):  # the side that was solved last
        mine = seen.items == item
        vectors = users[seen.owner[mine]]
        equations = vectors.T @ vectors + 0.2 * max(mine.sum(), 1) * np.eye(4)
        expected = np.linalg.solve(equations, vectors.T @ (left[mine] / spread)) * np.sqrt(spread)
        np.testing.assert_allclose(fitted.items[item], expected, atol=1e-10)


def dense_objective(seen, als, users, items):
    counts = seen.counts.toarray()
    of_users, of_items = als.ridges(seen)
    loss = np.sum((1 + als.alpha * counts) * ((counts > 0) - users @ items.T) ** 2)
    return loss + np.sum(of_users[:, None] * users**2) + np.sum(of_items[:, None] * items**2)


def test_each_turn_of_implicit_als_solves_the_dense_weighted_problem(often):
    als = ImplicitAls(rank=3, alpha=4.0, ridge=0.02, turns=1)
    found = als.fit(often, 1)
    counts, (of_users, of_items) = often.counts.toarray(), als.ridges(often)

    def solved(other, counts, ridges):
        rows = []
        for own, ridge in zip(counts, ridges, strict=True):
            confidence = np.diag(1 + 4.0 * own)
            left = other.T @ confidence @ other + ridge * np.eye(3)
            rows.append(np.linalg.solve(left, other.T @ confidence @ (own > 0)))
        return np.array(rows)

    users = solved(first_factors(20, 3, 1), counts, of_users)
    np.testing.assert_allclose(found.users, users, atol=1e-10)
    np.testing.assert_allclose(found.items, solved(users, counts.T, of_items), atol=1e-10)


def test_the_dense_objective_of_implicit_als_falls_with_every_turn(often):
    als = ImplicitAls(rank=3, turns=1)
    losses = []
    for turns in range(1, 9):
        found = replace(als, turns=turns).fit(often, 1)
        losses.append(dense_objective(often, als, found.users, found.items))
    assert (np.diff(losses) < 0).all()


def test_pure_svd_is_the_truncated_svd_of_numpy_and_of_scikit_learn():
    seen = interactions(users=150, items=90, per_user=10)
    found = PureSvd(rank=5).fit(seen, 0)
    dense = (seen.counts.toarray() > 0).astype(float)
    u, s, vt = np.linalg.svd(dense, full_matrices=False)
    np.testing.assert_allclose(found.users @ found.items.T, u[:, :5] * s[:5] @ vt[:5], atol=1e-8)
    theirs = TruncatedSVD(5, algorithm="arpack", random_state=0)
    np.testing.assert_allclose(found.users @ found.items.T, theirs.fit_transform(dense) @ theirs.components_, atol=1e-8)


def test_the_completed_svd_stands_where_filling_in_its_own_answer_changes_nothing(seen):
    left = seen.rating - biases_of(seen).of(seen.owner, seen.items)
    settings = SoftSvd(rank=40, turns=4000, change=0.0)
    u, s, v = complete(seen, left, 2.0, settings, 0)
    here, known = u * s @ v.T, seen.counts.toarray() > 0
    filled = np.where(known, seen.with_values(left).toarray(), here)
    left_side, values, right = np.linalg.svd(filled, full_matrices=False)
    np.testing.assert_allclose(left_side * np.maximum(values - 2.0, 0) @ right, here, atol=1e-4)
    assert 0 < np.sum(s > 1e-6) < 40


def test_with_every_pair_known_the_completed_svd_is_the_plain_one_with_lower_values():
    rng = np.random.default_rng(0)
    values = rng.normal(size=(12, 9))
    seen = Interactions.of(np.repeat(np.arange(12), 9), np.tile(np.arange(9), 12), (12, 9), values.ravel())
    u, s, v = complete(seen, seen.rating, 1.5, SoftSvd(rank=3, turns=500, change=0.0), 0)
    left, true, right = np.linalg.svd(values)
    np.testing.assert_allclose(u * s @ v.T, left[:, :3] * (true[:3] - 1.5) @ right[:3], atol=1e-6)


def test_where_the_ratings_are_noise_nothing_is_factored():
    rng = np.random.default_rng(0)
    user, item = np.nonzero(rng.random((80, 60)) < 0.3)
    seen = Interactions.of(user, item, (80, 60), rng.normal(size=len(user)))
    assert SoftSvd(strictness=1.05).fit(seen, 0).users.shape[1] == 0


def test_biases_solve_the_ridge_regression_on_users_and_items(seen):
    found, pairs = biases_of(seen), len(seen.items)
    design = np.zeros((pairs, 100))
    design[np.arange(pairs), seen.owner] = design[np.arange(pairs), 60 + seen.items] = 1
    left = design.T @ design + np.diag([15.0] * 60 + [10.0] * 40)
    expected = np.linalg.solve(left, design.T @ (seen.rating - seen.rating.mean()))
    np.testing.assert_allclose(np.concatenate([found.users, found.items]), expected, atol=1e-4)


def test_the_first_of_an_svd_is_its_largest_and_signs_are_settled(seen):
    u, s, _ = truncated_svd(seen.with_values(seen.rating), 4, 0)
    assert (np.diff(s) <= 0).all()
    assert (u[np.abs(u).argmax(axis=0), np.arange(4)] > 0).all()


@pytest.mark.parametrize("wrong", [{"rank": 0}, {"ridge": 0.0}, {"turns": 0}, {"alpha": -1.0}])
def test_impossible_settings_are_refused(wrong):
    with pytest.raises(ConfigError):
        ImplicitAls(**wrong)
