"""What every sampler of assay.balance must do; imbalanced-learn's of the same name is the oracle."""

from collections import Counter
from functools import partial

import imblearn.combine
import imblearn.over_sampling
import imblearn.under_sampling
import numpy as np
import pandas as pd
import polars as pl
import pytest
from imblearn.pipeline import Pipeline
from scipy import sparse
from sklearn.base import clone
from sklearn.linear_model import LogisticRegression

import assay.balance
from assay.core.errors import AssayError

TOLD_COLUMNS = ["SMOTENC"]
"""They cannot be made without being told which columns are categories; tests/balance holds them to the same."""
NAMES = [name for name in assay.balance.__all__ if name not in TOLD_COLUMNS]
OVER = [name for name in NAMES if hasattr(imblearn.over_sampling, name)]
UNDER = [name for name in NAMES if hasattr(imblearn.under_sampling, name)]
CLEANING = ["TomekLinks", "EditedNearestNeighbours", "OneSidedSelection"]
COMBINED = ["SMOTEENN", "SMOTETomek"]
RANDOM = ["RandomOverSampler", "RandomUnderSampler"]
OUR_OWN = ("exact", "threads")
"""Settings of the neighbour search, which imbalanced-learn takes as an estimator."""

RNG = np.random.default_rng(0)
BINARY = np.repeat(["common", "rare"], [80, 20])
THREE = np.repeat([0, 1, 2], [60, 25, 15])
X = RNG.normal(size=(100, 3))


SETTINGS = {"KMeansSMOTE": {"cluster_balance_threshold": 0.01, "kmeans_estimator": 2}}
"""With the defaults no cluster of so small a table has enough rows of the smaller class."""
TOO_FEW = {"SVMSMOTE": "SMOTE"}
"""imbalanced-learn's makes half the rows where none is in danger, or none is safe; ours makes what was asked for."""


def ours(name):
    return partial(getattr(assay.balance, name), **SETTINGS.get(name, {}))


def theirs(name):
    home = imblearn.over_sampling if name in OVER else imblearn.combine if name in COMBINED else imblearn.under_sampling
    return partial(getattr(home, name), **SETTINGS.get(name, {}))


def drawing(sampler, **settings):
    """The sampler with random_state=0 where it has one."""
    return sampler(**settings, **({"random_state": 0} if hasattr(sampler(), "random_state") else {}))


DRAWN = [name for name in NAMES if hasattr(ours(name)(), "random_state")]
COUNTED = [name for name in NAMES if name not in ("OneSidedSelection", *COMBINED)]
"""How many rows the others leave hangs on what they draw; tests/balance/undersample compares their laws."""


def half_of_the_largest(target):
    counts = Counter(target.tolist())
    return {label: max(n, max(counts.values()) // 2) for label, n in counts.items()}


STRATEGIES = {
    "over": ["auto", "minority", "not minority", "not majority", "all", 0.5, 1.0, {"rare": 33}, half_of_the_largest],
    "clean": ["auto", "majority", "not minority", "not majority", "all", ["common"]],
    "under": ["auto", "majority", "not minority", "not majority", "all", 0.5, 1.0, {"common": 33}],
}
KIND = {name: "over" if name in OVER else "clean" if name in CLEANING else "under" for name in COUNTED}
CASES = [(name, strategy) for name in COUNTED for strategy in STRATEGIES[KIND[name]]]


def test_every_sampler_has_a_counterpart():
    assert sorted(OVER + UNDER + COMBINED) == sorted(NAMES)


@pytest.mark.parametrize(("name", "strategy"), CASES, ids=lambda value: getattr(value, "__name__", str(value)))
def test_a_sampler_makes_the_class_counts_of_imbalanced_learn(name, strategy):
    y = drawing(ours(name), sampling_strategy=strategy).fit_resample(X, BINARY)[1]
    expected = drawing(theirs(TOO_FEW.get(name, name)), sampling_strategy=strategy).fit_resample(X, BINARY)[1]
    assert Counter(y.tolist()) == Counter(expected.tolist())


@pytest.mark.parametrize("name", COUNTED)
@pytest.mark.parametrize("strategy", ["auto", "not minority", "not majority", "all"])
def test_a_sampler_makes_the_same_counts_of_three_classes(name, strategy):
    y = drawing(ours(name), sampling_strategy=strategy).fit_resample(X, THREE)[1]
    expected = drawing(theirs(TOO_FEW.get(name, name)), sampling_strategy=strategy).fit_resample(X, THREE)[1]
    assert Counter(y.tolist()) == Counter(expected.tolist())


@pytest.mark.parametrize("name", NAMES)
def test_a_sampler_is_cloned_with_its_settings_and_without_what_it_learned(name):
    strategy = ["common"] if name in CLEANING else 0.5
    sampler = drawing(ours(name), sampling_strategy=strategy)
    sampler.fit_resample(X, BINARY)
    copy = clone(sampler)
    assert copy.get_params() == sampler.get_params()
    assert copy.get_params()["sampling_strategy"] == strategy
    assert not [key for key in vars(copy) if key.endswith("_")]


@pytest.mark.parametrize("name", NAMES)
def test_the_settings_are_among_those_of_imbalanced_learn(name):
    settings, known = ours(name)().get_params(), theirs(name)().get_params()
    assert {key: value for key, value in settings.items() if key not in OUR_OWN} == {
        key: known[key] for key in settings if key not in OUR_OWN
    }


@pytest.mark.parametrize("name", NAMES)
def test_fit_resample_leaves_the_constructors_settings_alone(name):
    sampler = drawing(ours(name))
    before = sampler.get_params()
    sampler.fit_resample(X, BINARY)
    assert sampler.get_params() == before
    assert sampler.n_features_in_ == 3


@pytest.mark.parametrize("name", NAMES)
def test_a_sampler_works_in_a_pipeline_of_imbalanced_learn(name):
    pipeline = Pipeline([("balance", drawing(ours(name))), ("model", LogisticRegression())])
    pipeline.fit(X, BINARY)
    assert pipeline.predict(X).shape == (100,)  # the sampler is not run when predicting
    by_hand = LogisticRegression().fit(*drawing(ours(name)).fit_resample(X, BINARY))
    np.testing.assert_array_equal(pipeline.predict_proba(X), by_hand.predict_proba(X))


@pytest.mark.parametrize("name", DRAWN)
def test_an_int_gives_the_same_rows_and_another_int_others(name):
    first, second, other = (ours(name)(random_state=state).fit_resample(X, BINARY)[0] for state in (1, 1, 2))
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("name", DRAWN)
def test_random_states_of_numpy_are_taken_and_moved_on(name):
    for state in (np.random.RandomState(0), np.random.default_rng(0)):
        sampler = ours(name)(random_state=state)
        first = sampler.fit_resample(X, BINARY)[0]
        assert any(not np.array_equal(first, sampler.fit_resample(X, BINARY)[0]) for _ in range(5))


@pytest.mark.parametrize("name", NAMES)
def test_the_global_random_state_of_numpy_is_not_touched(name):
    before = np.random.get_state()[1].copy()  # noqa: NPY002 - read only
    ours(name)().fit_resample(X, BINARY)
    assert np.array_equal(before, np.random.get_state()[1])  # noqa: NPY002


@pytest.mark.parametrize("form", [sparse.csr_matrix, sparse.csc_matrix])
@pytest.mark.parametrize("name", NAMES)
def test_a_sparse_matrix_stays_sparse_and_equals_the_dense_result(name, form):
    thin = np.where(np.abs(X) > 0.7, X, 0.0)
    made, y = drawing(ours(name)).fit_resample(form(thin), BINARY)
    assert type(made) is form
    if name == "ClusterCentroids":
        return  # k-means takes other steps over a sparse matrix
    expected, y_expected = drawing(ours(name)).fit_resample(thin, BINARY)
    np.testing.assert_allclose(made.toarray(), expected, atol=1e-12)
    assert np.array_equal(y, y_expected)


@pytest.mark.parametrize("name", NAMES)
def test_frames_and_lists_come_back_as_what_they_were(name):
    plain, y = drawing(ours(name)).fit_resample(X, BINARY)
    pandas_frame, pandas_series = drawing(ours(name)).fit_resample(
        pd.DataFrame(X, columns=list("abc")), pd.Series(BINARY, name="y")
    )
    assert list(pandas_frame.columns) == ["a", "b", "c"]
    assert pandas_series.name == "y"
    assert pandas_frame.index.equals(pandas_series.index)
    assert pandas_frame.index.is_unique
    polars_frame, polars_series = drawing(ours(name)).fit_resample(pl.DataFrame(X, schema=list("abc")), pl.Series("y", BINARY))
    assert polars_frame.schema == {"a": pl.Float64, "b": pl.Float64, "c": pl.Float64}
    assert polars_series.name == "y"
    as_list, y_list = drawing(ours(name)).fit_resample(X.tolist(), BINARY.tolist())
    assert isinstance(as_list, list)
    for made in (pandas_frame.to_numpy(), polars_frame.to_numpy(), as_list):
        np.testing.assert_array_equal(made, plain)
    for labels in (pandas_series, polars_series, y_list):
        assert list(labels) == y.tolist()


@pytest.mark.parametrize("name", RANDOM)
def test_random_samplers_keep_every_dtype_and_say_where_rows_came_from(name):
    when = pd.date_range("2020-01-01", periods=100)
    frame = pd.DataFrame(
        {"n": np.arange(100), "s": list("ab" * 50), "t": when, "c": pd.Categorical(["x", None] * 50), "f": X[:, 0]}
    )
    sampler = drawing(ours(name))
    made, _ = sampler.fit_resample(frame, BINARY)
    assert made.dtypes.equals(frame.dtypes)
    assert made.reset_index(drop=True).equals(frame.iloc[sampler.sample_indices_].reset_index(drop=True))
    table = pl.from_pandas(frame)
    assert sampler.fit_resample(table, BINARY)[0].equals(table[sampler.sample_indices_])


@pytest.mark.parametrize("name", RANDOM)
def test_random_samplers_take_missing_values(name):
    holed = np.where(X > 1, np.nan, X)
    sampler = drawing(ours(name))
    np.testing.assert_array_equal(sampler.fit_resample(holed, BINARY)[0], holed[sampler.sample_indices_])


@pytest.mark.parametrize("name", OVER)
def test_over_samplers_begin_with_all_rows_as_they_were(name):
    made, y = drawing(ours(name)).fit_resample(X, BINARY)
    np.testing.assert_array_equal(made[:100], X)
    np.testing.assert_array_equal(y[:100], BINARY)


BAD = [
    ("sometimes", BINARY, "no sampling_strategy"),
    (1.5, BINARY, r"must lie above 0 and not above 1"),
    (0.5, THREE, "for two classes, there are 3"),
    ({"absent": 3}, BINARY, "the target has not"),
    (0.1, BINARY, "pass a larger share"),
    ("auto", np.zeros(100, dtype=int), "at least 2"),
    (["rare"], BINARY, "pass a word"),
]
BAD_FOR_CLEANING = [
    ("sometimes", BINARY, "no sampling_strategy"),
    ("minority", BINARY, "makes no sense for cleaning"),
    (0.5, BINARY, "a word or a list of classes"),
    ({"common": 30}, BINARY, "a word or a list of classes"),
    (["absent"], BINARY, "the target has not"),
    ("auto", np.zeros(100, dtype=int), "at least 2"),
]
BAD_CASES = [(name, *case) for name in NAMES for case in (BAD_FOR_CLEANING if name in CLEANING else BAD)]


@pytest.mark.parametrize(("name", "strategy", "y", "sentence"), BAD_CASES)
def test_what_imbalanced_learn_refuses_is_refused_in_one_sentence(name, strategy, y, sentence):
    with pytest.raises(ValueError):  # noqa: PT011 - theirs, whatever it says
        theirs(name)(sampling_strategy=strategy).fit_resample(X, y)
    with pytest.raises(ValueError, match=sentence) as caught:
        ours(name)(sampling_strategy=strategy).fit_resample(X, y)
    assert isinstance(caught.value, AssayError)


@pytest.mark.parametrize("name", NAMES)
def test_values_of_unequal_number_and_continuous_targets_are_value_errors(name):
    with pytest.raises(ValueError, match="inconsistent numbers"):
        ours(name)().fit_resample(X, BINARY[:50])
    with pytest.raises(ValueError, match="continuous"):
        ours(name)().fit_resample(X, X[:, 0])


def with_weights_in_sight(name):
    """(sampler after fit_resample, the rows it returned, weights of the rows it was given); the weight is also a column."""
    weights = np.random.default_rng(5).uniform(1, 2, 100)
    table = np.column_stack([X, weights])
    settings = {"voting": "hard"} if name == "ClusterCentroids" else {}
    sampler = drawing(ours(name), **settings)
    return sampler, np.asarray(sampler.fit_resample(table, BINARY)[0]), weights


@pytest.mark.parametrize("name", NAMES)
def test_a_kept_or_copied_row_carries_its_weight_and_a_new_one_the_mean_of_its_parents(name):
    sampler, made, weights = with_weights_in_sight(name)
    carried = sampler.carried_weights(weights)
    assert carried.shape == (len(made),)
    known = np.isin(made[:, 3], weights)
    assert known.any()
    if name == "SMOTEN":
        assert (carried > 0).all()
        return
    np.testing.assert_array_equal(carried[known], made[known, 3])
    assert ((carried[~known] >= 1) & (carried[~known] <= 2)).all()
    if hasattr(sampler, "parents_"):
        parents = sampler.parents_
        np.testing.assert_allclose(carried[100:], (weights[parents.first] + weights[parents.second]) / 2)


@pytest.mark.parametrize("name", NAMES)
def test_weights_that_fit_no_rows_are_one_sentence(name):
    with pytest.raises(ValueError, match="call fit_resample first"):
        ours(name)().carried_weights(np.ones(100))
    sampler, _, _ = with_weights_in_sight(name)
    with pytest.raises(ValueError, match="100 rows were resampled"):
        sampler.carried_weights(np.ones(7))
