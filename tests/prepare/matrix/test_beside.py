"""What is put beside the columns, or into their gaps: products, distances, regressions; against scikit-learn."""

import numpy as np
import pytest
from scipy import sparse
from sklearn.exceptions import ConvergenceWarning
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.impute import IterativeImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics.pairwise import rbf_kernel
from sklearn.preprocessing import PolynomialFeatures

from assay.core.errors import BundleError, ConfigError
from assay.core.seeds import seed32
from assay.data.rows import Block
from assay.prepare.matrix.crosses import Crosses, FittedCrosses
from assay.prepare.matrix.imputation import FittedImputation, Imputation
from assay.prepare.matrix.landmarks import FittedLandmarks, Landmarks

RNG = np.random.default_rng(0)
X = RNG.normal(size=(300, 5))
BLOCKS = (Block("a", "number", 0, 2), Block("b", "one-hot", 2, 3), Block("c", "number", 3, 5))
NUMBERS = [0, 1, 3, 4]
NONE = np.zeros(300)


@pytest.mark.parametrize("is_sparse", [False, True])
def test_crosses_equal_scikit_learns_polynomials_of_the_numbers(is_sparse: bool) -> None:
    oracle = PolynomialFeatures(2, include_bias=False).fit_transform(X[:, NUMBERS])[:, 4:]
    values = sparse.csr_matrix(X) if is_sparse else X
    fitted = Crosses().fit(values, BLOCKS, NONE, 0)
    found = fitted.transform(values)
    assert sparse.issparse(found) == is_sparse
    dense = found.toarray() if is_sparse else found
    np.testing.assert_allclose(dense, np.hstack([X, oracle]))
    assert fitted.blocks(BLOCKS)[-1] == Block("crosses", "other", 5, 15)


@pytest.mark.parametrize("most", [1, 2, 3, 6, 9, 10])
def test_no_more_products_are_made_than_asked_and_of_the_columns_that_say_most(most: int) -> None:
    target = 3 * X[:, 3] + X[:, 1] + 0.1 * X[:, 4]
    fitted = Crosses(most=most).fit(X, BLOCKS, target, 0)
    assert fitted.transform(X).shape[1] - 5 <= most
    by_strength = (
        [3, 1, 4, 0] if abs(np.corrcoef(X[:, 4], target)[0, 1]) > abs(np.corrcoef(X[:, 0], target)[0, 1]) else [3, 1, 0, 4]
    )
    np.testing.assert_array_equal(fitted.columns, sorted(by_strength[: len(fitted.columns)]))
    assert len(fitted.columns) == {1: 1, 2: 1, 3: 2, 6: 3, 9: 3, 10: 4}[most]


def test_crosses_choose_by_classes_too_and_bear_gaps() -> None:
    gappy = np.where(RNG.random(X.shape) < 0.1, np.nan, X)
    target = np.digitize(np.nan_to_num(gappy[:, 4]), [-0.5, 0.5])
    fitted = Crosses(most=1).fit(gappy, BLOCKS, target, 0)
    np.testing.assert_array_equal(fitted.columns, [4])
    assert np.isnan(fitted.transform(gappy)[:, -1]).sum() == np.isnan(gappy[:, 4]).sum()


def test_products_of_enormous_numbers_stay_within_what_learners_hold() -> None:
    fitted = Crosses().fit(X, BLOCKS, NONE, 0)
    assert np.abs(fitted.transform(np.full((1, 5), 1e200))[:, 5:]).max() <= 1e37


def test_a_line_learns_exclusive_or_from_crosses() -> None:
    target = (X[:, 0] * X[:, 1] > 0).astype(np.int64)
    crossed = Crosses().fit(X, BLOCKS, target, 0).transform(X)
    assert LogisticRegression().fit(X, target).score(X, target) < 0.65
    assert LogisticRegression().fit(crossed, target).score(crossed, target) > 0.93


@pytest.mark.parametrize("points", ["k-means", "drawn"])
def test_nearness_equals_scikit_learns_rbf_kernel(points: str) -> None:
    fitted = Landmarks(count=12, points=points, gamma=0.3).fit(X, BLOCKS, NONE, 0)
    assert fitted.points.shape == (12, 5)
    np.testing.assert_allclose(fitted.transform(X), np.hstack([X, rbf_kernel(X, fitted.points, gamma=0.3)]), atol=1e-12)
    assert fitted.blocks(BLOCKS)[-1] == Block("landmarks", "other", 5, 17)
    if points == "drawn":
        assert all((point == X).all(axis=1).any() for point in fitted.points)


def test_the_width_of_nearness_is_set_by_the_median_distance() -> None:
    fitted = Landmarks(count=20, points="drawn").fit(X, BLOCKS, NONE, 0)
    squares = ((X[:, None] - fitted.points) ** 2).sum(axis=2)
    assert fitted.gamma == pytest.approx(1 / np.median(squares[squares > 1e-9]))


def test_k_means_puts_a_point_into_every_clump() -> None:
    clumps = np.array([[0.0, 0], [50, 0], [0, 50]])
    values = np.repeat(clumps, 40, axis=0) + RNG.normal(size=(120, 2))
    points = Landmarks(count=3).fit(values, (), np.zeros(120), 0).points
    assert np.sort(np.sqrt(((points[:, None] - clumps) ** 2).sum(axis=2)).argmin(axis=1)).tolist() == [0, 1, 2]


def test_fewer_different_rows_than_points_are_all_points() -> None:
    fitted = Landmarks(count=10).fit(np.repeat(np.eye(2), 5, axis=0), (), np.zeros(10), 0)
    assert fitted.points.shape == (2, 2)


def missing_table() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(2)
    hidden = rng.normal(size=(500, 2))
    whole = hidden @ rng.normal(size=(2, 5)) + 0.1 * rng.normal(size=(500, 5))
    return whole, np.where((rng.random(whole.shape) < 0.2) & (np.arange(5) < 4), np.nan, whole)


def test_filled_gaps_equal_scikit_learns_iterative_imputer_on_old_rows_and_new() -> None:
    whole, gappy = missing_table()
    fitted = Imputation(rounds=4).fit(gappy, (Block("x", "number", 0, 5),), NONE, 9)
    mean, scale = np.nanmean(gappy, axis=0), np.nanstd(gappy, axis=0)
    oracle = IterativeImputer(max_iter=4, skip_complete=True, random_state=seed32(9, "imputation"))
    with pytest.warns(ConvergenceWarning):
        oracle.fit((gappy - mean) / scale)
    new = gappy[::3] + np.nan_to_num(RNG.normal(size=gappy[::3].shape))
    for rows in (gappy, new):
        expected = oracle.transform((rows - mean) / scale) * scale + mean
        found = fitted.transform(rows)
        np.testing.assert_allclose(found[:, :5], expected, atol=1e-9)
        np.testing.assert_array_equal(found[:, 5:], np.isnan(rows[:, :4]))
    error = np.sqrt(((fitted.transform(gappy)[:, :5] - whole)[np.isnan(gappy)] ** 2).mean())
    plain = np.sqrt(((mean - whole)[np.isnan(gappy)] ** 2).mean())
    assert error < 0.4 * plain


def test_level_codes_are_neither_filled_nor_used() -> None:
    _, gappy = missing_table()
    blocks = (Block("n", "number", 0, 3), Block("k", "code", 3, 4), Block("z", "number", 4, 5))
    fitted = Imputation().fit(gappy, blocks, NONE, 0)
    found = fitted.transform(gappy)
    np.testing.assert_array_equal(found[:, 3], gappy[:, 3])
    assert np.isfinite(found[:, [0, 1, 2, 4]]).all()
    other = fitted.transform(np.where(np.arange(5) == 3, 1e6, gappy))
    np.testing.assert_array_equal(other[:, :3], found[:, :3])
    assert [block.name for block in fitted.blocks(blocks)] == ["n", "k", "z", "n", "n", "n"]


def test_odd_tables_are_filled_with_finite_numbers() -> None:
    _, gappy = missing_table()
    empty = np.where(np.arange(5) == 1, np.nan, gappy)
    for values in (empty, gappy[:1], np.full((3, 2), np.nan), gappy[:, :1], np.zeros((4, 0))):
        blocks = (Block("x", "number", 0, values.shape[1]),) if values.shape[1] else ()
        fitted = Imputation().fit(values, blocks, NONE, 0)
        back = FittedImputation.from_state(fitted.state())
        for rows in (values, np.full((2, values.shape[1]), np.nan), np.full((2, values.shape[1]), 1e37)):
            assert np.isfinite(back.transform(rows)).all()


def test_a_gap_where_training_rows_had_none_gets_the_mean() -> None:
    _, gappy = missing_table()
    fitted = Imputation().fit(gappy, (Block("x", "number", 0, 5),), NONE, 0)
    found = fitted.transform(np.where(np.arange(5) == 4, np.nan, gappy))
    np.testing.assert_allclose(found[:, 4], gappy[:, 4].mean())


def test_regressions_that_would_not_fit_are_refused() -> None:
    wide = np.where(np.random.default_rng(0).random((3, 2000)) < 0.9, np.nan, 1.0)
    with pytest.raises(ConfigError, match="indicator or median"):
        Imputation().fit(wide, (Block("x", "number", 0, 2000),), NONE[:3], 0)


@pytest.mark.parametrize(
    "make",
    [
        lambda: Crosses(most=0),
        lambda: Landmarks(count=0),
        lambda: Landmarks(gamma=0.0),
        lambda: Landmarks(points="best"),
        lambda: Imputation(rounds=0),
    ],
)
def test_impossible_settings_are_refused(make: object) -> None:
    with pytest.raises(ConfigError):
        make()


def test_damaged_states_are_refused() -> None:
    _, gappy = missing_table()
    cases = [
        (Crosses().fit(X, BLOCKS, NONE, 0), {"columns": np.array([0, 9])}),
        (Crosses().fit(X, BLOCKS, NONE, 0), {"columns": np.array([1, 1])}),
        (Landmarks(count=3).fit(X, BLOCKS, NONE, 0), {"gamma": -1.0}),
        (Imputation().fit(gappy, (Block("x", "number", 0, 5),), NONE, 0), {"order": np.array([7])}),
        (Imputation().fit(gappy, (Block("x", "number", 0, 5),), NONE, 0), {"used": np.array([0, 0, 1, 2, 3])}),
        (Imputation().fit(gappy, (Block("x", "number", 0, 5),), NONE, 0), {"scale": np.zeros(5)}),
    ]
    assert {type(fitted) for fitted, _ in cases} == {FittedCrosses, FittedLandmarks, FittedImputation}
    for fitted, damage in cases:
        type(fitted).from_state(fitted.state())
        with pytest.raises(BundleError):
            type(fitted).from_state(fitted.state() | damage)
