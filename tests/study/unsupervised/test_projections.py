"""Projections: what is measured is scikit-learn's, and a picture that keeps everything keeps everything."""

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

from assay.core.errors import ConfigError, DataError
from assay.study.unsupervised.projections import BETTER, METHODS, WORSE, ProjectionSettings, compared, kept_by, project

RNG = np.random.default_rng(0)
FLAT = RNG.normal(size=(400, 2)) @ np.linalg.qr(RNG.normal(size=(6, 2)))[0].T * 3  # a plane in six columns


def curve(n: int = 400) -> np.ndarray:
    """A line bent to most of a circle: its ends are near in no direction but the one that folds it."""
    along = np.sort(RNG.uniform(0, 1.7 * np.pi, n))
    return np.column_stack([np.cos(along), np.sin(along)])[RNG.permutation(n)]


def test_components_of_a_plane_keep_every_neighbour() -> None:
    found = project(FLAT, ProjectionSettings(methods=("pca", "random")))
    pca, random = found.kept
    assert pca.trustworthiness.value == pytest.approx(1.0)
    assert pca.continuity.value == pytest.approx(1.0)
    assert random.call == WORSE
    assert random.difference.high < 0


def test_values_are_the_means_of_scikit_learns_over_blocks_that_share_no_row() -> None:
    points = RNG.normal(size=(200, 5))
    found = project(points, ProjectionSettings(methods=("pca",), blocks=2, neighbours=7))
    assert (found.blocks, found.block_rows) == (2, 100)
    own = points[found.rows]
    other = np.delete(points, found.rows, axis=0)
    expected = [trustworthiness(rows, PCA(2).fit_transform(rows), n_neighbors=7) for rows in (own, other)]
    assert found.kept[0].trustworthiness.value == pytest.approx(np.mean(expected))
    back = [trustworthiness(PCA(2).fit_transform(rows), rows, n_neighbors=7) for rows in (own, other)]
    assert found.kept[0].continuity.value == pytest.approx(np.mean(back))


def test_continuity_suffers_where_the_picture_tears_and_trust_where_it_folds() -> None:
    circle = np.linspace(0, 2 * np.pi, 200, endpoint=False)
    round_ = np.column_stack([np.cos(circle), np.sin(circle)])
    torn = kept_by(round_, circle[:, None], 10)  # the ends of the line are neighbours on the circle
    folded = kept_by(round_, np.cos(circle)[:, None], 10)
    assert torn[0] > torn[1]
    assert folded[0] < folded[1]


def test_a_map_along_neighbours_straightens_a_curve_that_components_fold() -> None:
    pca, isomap = project(curve(), ProjectionSettings(methods=("pca", "isomap"), width=1, blocks=4)).kept
    assert pca.trustworthiness.high < 0.9
    assert isomap.trustworthiness.low > 0.95
    assert isomap.call == BETTER
    assert isomap.difference.low > 0


SLOW = {"umap"}  # its loops are compiled in half a minute
BY_NAME = [pytest.param(name, marks=pytest.mark.slow) if name in SLOW else name for name in METHODS]


@pytest.mark.parametrize("name", BY_NAME)
def test_every_method_gives_finite_points_and_the_same_for_one_seed(name: str) -> None:
    settings = ProjectionSettings(methods=(name,), blocks=2, seed=3)
    first, second = (project(FLAT[:120], settings).pictures[name] for _ in range(2))
    assert first.shape == (60, 2)
    assert np.isfinite(first).all()
    np.testing.assert_array_equal(first, second)


def test_without_components_nothing_is_compared() -> None:
    kept = project(FLAT, ProjectionSettings(methods=("truncated-svd", "random"), blocks=2)).kept
    assert [(one.difference, one.p, one.call) for one in kept] == [(None, None, None)] * 2


def test_methods_that_keep_as_much_are_called_different_as_often_as_allowed() -> None:
    """Blocks are alike for both methods and easy or hard by themselves, as blocks are."""
    rng, methods, called = np.random.default_rng(0), ("pca", "isomap", "t-sne"), []
    for _ in range(1000):
        values = 0.9 + 0.03 * rng.normal(size=(1, 8, 1)) + 0.01 * rng.normal(size=(3, 8, 2))
        called.append(any(one.call in (BETTER, WORSE) for one in compared(methods, values)))
    assert 0.02 <= np.mean(called) <= 0.07


def test_what_cannot_be_projected_is_said() -> None:
    with pytest.raises(DataError, match="99 rows of 6"):
        project(FLAT[:99], ProjectionSettings())
    with pytest.raises(DataError, match="only 2 of 200 rows differ"):
        project(np.repeat(FLAT[:2], 100, axis=0), ProjectionSettings())
    with pytest.raises(ConfigError, match="did you mean 't-sne'"):
        ProjectionSettings(methods=("tsne",))
    with pytest.raises(ConfigError, match="at least 1 direction"):
        ProjectionSettings(width=0)
