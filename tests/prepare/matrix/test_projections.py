"""Projections of a whole matrix against scikit-learn's, and what can be read from them."""

import numpy as np
import polars as pl
import pytest
from scipy import sparse
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.neighbors import KNeighborsClassifier, NeighborhoodComponentsAnalysis
from sklearn.preprocessing import StandardScaler

from assay.core.errors import BundleError, ConfigError
from assay.core.seeds import derive, seed32
from assay.data.rows import Block
from assay.data.schema import Column, Schema
from assay.prepare.columns import ColumnsStep
from assay.prepare.matrix.components import FittedPca, Pca
from assay.prepare.matrix.neighbourhood import Neighbourhood
from assay.prepare.matrix.svd import TruncatedSvd
from assay.prepare.matrix.then import FittedThen, ThenStep

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 8)) @ RNG.normal(size=(8, 8)) * np.array([1, 2, 3, 4, 5, 60, 7, 8]) + 5
BLOCKS = (Block("x", "number", 0, 8),)
CLASSES = (X[:, 0] > 5).astype(np.int64)


@pytest.mark.parametrize("of", ["covariance", "correlation"])
def test_components_equal_scikit_learn(of: str) -> None:
    values = X if of == "covariance" else StandardScaler().fit_transform(X) * np.sqrt(299 / 300)
    oracle = PCA(5).fit(values)
    fitted = Pca(of=of, width=5).fit(X, BLOCKS, CLASSES, 0)
    spectrum = fitted.spectrum(tuple("abcdefgh"))
    signs = np.sign((oracle.components_ * spectrum.vectors.T).sum(axis=1))
    np.testing.assert_allclose(fitted.transform(X), oracle.transform(values) * signs, atol=1e-8)
    np.testing.assert_allclose(spectrum.eigenvalues[:5], oracle.explained_variance_)
    np.testing.assert_allclose(spectrum.explained[:5], oracle.explained_variance_ratio_)
    assert (spectrum.of, len(spectrum.eigenvalues), spectrum.vectors.shape) == (of, 8, (8, 5))
    assert spectrum.explained.sum() == pytest.approx(1)


@pytest.mark.parametrize("of", ["covariance", "correlation"])
def test_eigenvectors_are_what_the_word_means(of: str) -> None:
    fitted = Pca(of=of, width=8).fit(X, BLOCKS, CLASSES, 0)
    matrix = np.cov(X.T) if of == "covariance" else np.corrcoef(X.T)
    np.testing.assert_allclose(matrix @ fitted.vectors, fitted.vectors * fitted.eigenvalues, atol=1e-8 * matrix.max())
    assert (np.diff(fitted.eigenvalues) <= 0).all()
    largest = np.take_along_axis(fitted.vectors, np.abs(fitted.vectors).argmax(axis=0)[None], axis=0)
    assert (largest > 0).all()


@pytest.mark.parametrize("share", [0.3, 0.9, 0.999, 1.0])
def test_as_many_components_are_kept_as_hold_the_share(share: float) -> None:
    kept = Pca(explained=share).fit(X, BLOCKS, CLASSES, 0).vectors.shape[1]
    held = np.cumsum(PCA().fit(X).explained_variance_ratio_)
    assert held[kept - 1] >= share - 1e-9
    assert kept == 1 or held[kept - 2] < share


def test_constant_columns_and_a_single_row_have_components_of_0() -> None:
    for values in (np.full((20, 3), 7.0), np.ones((1, 3)), np.zeros((5, 0))):
        for of in ("covariance", "correlation"):
            fitted = Pca(of=of).fit(values, (), np.zeros(len(values)), 0)
            assert np.abs(fitted.transform(values)).sum() == 0
            FittedPca.from_state(fitted.state())


def test_gaps_and_too_many_columns_are_refused_in_one_sentence() -> None:
    with pytest.raises(ConfigError, match="1 prepared columns have gaps"):
        Pca().fit(np.where(np.arange(8) == 3, np.nan, X), BLOCKS, CLASSES, 0)
    with pytest.raises(ConfigError, match=r"5000 prepared columns.*truncated-svd"):
        Pca().fit(np.zeros((2, 5000)), (), np.zeros(2), 0)


@pytest.mark.parametrize("is_sparse", [False, True])
def test_singular_directions_equal_scikit_learn(is_sparse: bool) -> None:
    values = np.abs(X) * (RNG.random(X.shape) < 0.5)
    oracle = TruncatedSVD(4, algorithm="arpack").fit(values)
    fitted = TruncatedSvd(width=4).fit(sparse.csr_matrix(values) if is_sparse else values, BLOCKS, CLASSES, 0)
    signs = np.sign((oracle.components_ * fitted.vectors.T).sum(axis=1))
    np.testing.assert_allclose(fitted.transform(values), oracle.transform(values) * signs, atol=1e-6)
    np.testing.assert_allclose(fitted.sizes, oracle.singular_values_, rtol=1e-8)
    np.testing.assert_allclose(fitted.explained, oracle.explained_variance_ratio_, rtol=1e-6)


def test_more_directions_than_there_are_become_fewer() -> None:
    assert TruncatedSvd(width=50).fit(X, BLOCKS, CLASSES, 0).vectors.shape == (8, 8)
    assert Pca(width=50).fit(X, BLOCKS, CLASSES, 0).vectors.shape == (8, 8)
    assert TruncatedSvd().fit(np.zeros((4, 0)), (), CLASSES[:4], 0).transform(np.zeros((3, 0))).shape == (3, 0)


def test_neighbourhood_components_equal_scikit_learn_and_bring_classes_together() -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(240, 10))
    target = np.digitize(values[:, 0] + values[:, 1], [-1, 1])
    fitted = Neighbourhood(width=2, steps=30).fit(values, (), target, 4)
    oracle = NeighborhoodComponentsAnalysis(2, init="pca", max_iter=30, random_state=seed32(4, "nca")).fit(values, target)
    np.testing.assert_allclose(fitted.transform(values), oracle.transform(values), atol=1e-8)
    plain = KNeighborsClassifier().fit(values[:160], target[:160]).score(values[160:], target[160:])
    near = fitted.transform(values)
    assert KNeighborsClassifier().fit(near[:160], target[:160]).score(near[160:], target[160:]) > plain + 0.1


def test_neighbourhood_components_refuse_a_number_and_bear_one_class() -> None:
    with pytest.raises(ConfigError, match="use pca"):
        Neighbourhood().fit(X, BLOCKS, X[:, 0], 0)
    assert Neighbourhood(width=3).fit(X, BLOCKS, np.zeros(300, dtype=np.int64), 0).transform(X).shape == (300, 3)


@pytest.mark.parametrize("wrong", [{"explained": 0.0}, {"explained": 1.5}, {"width": 0}, {"of": "distance"}])
def test_impossible_settings_are_refused(wrong: dict) -> None:
    with pytest.raises(ConfigError):
        Pca(**wrong)


SCHEMA = Schema((Column("age", "number"), Column("job", "category")))
TABLE = pl.DataFrame({"age": [None, *RNG.normal(40, 9, 99)], "job": RNG.choice(["clerk", "cook"], 100)})


def test_a_fitted_step_says_the_spectrum_of_columns_it_names() -> None:
    step = ThenStep(first=ColumnsStep(mode="dense"), then=(Pca(width=2), TruncatedSvd(width=1)))
    fitted = step.fit(TABLE, SCHEMA, np.zeros(100), 0)
    first, second = fitted.spectra()
    assert first.names == ("age", "age: missing", "job: clerk", "job: cook")
    assert second.names == ("pca 1", "pca 2")
    assert fitted.transform(TABLE).shape == (100, 1)
    assert [block.name for block in fitted.blocks] == ["truncated-svd"]


def test_steps_after_one_another_equal_each_by_itself() -> None:
    first = ColumnsStep(mode="dense")
    fitted = ThenStep(first=first, then=(Pca(width=3),)).fit(TABLE, SCHEMA, np.zeros(100), 5)
    columns = first.fit(TABLE, SCHEMA, np.zeros(100), 5)
    alone = Pca(width=3).fit(columns.transform(TABLE), columns.blocks, np.zeros(100), derive(5, "then", 0))
    np.testing.assert_array_equal(fitted.transform(TABLE), alone.transform(columns.transform(TABLE)))


def test_a_saved_projection_of_other_columns_is_refused() -> None:
    state = ThenStep(first=ColumnsStep(mode="dense"), then=(Pca(width=3),)).fit(TABLE, SCHEMA, np.zeros(100), 0).state()
    narrow = Pca(width=2).fit(X[:, :3], (), CLASSES, 0).state()
    with pytest.raises(BundleError, match="reads 3 columns, and there are 4"):
        FittedThen.from_state({**state, "then": [narrow]})
    with pytest.raises(BundleError):
        FittedThen.from_state({**state, "then": [narrow] * 11})
    for damage in ({"scale": np.zeros(3)}, {"eigenvalues": np.array([1.0, 1.0, -1.0])}, {"of": "distance"}, {"vectors": X[:3]}):
        with pytest.raises(BundleError):
            FittedPca.from_state(narrow | damage)
