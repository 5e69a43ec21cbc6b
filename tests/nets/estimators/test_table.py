"""X may be an array or a frame of pandas or polars; equal tables give equal nets, byte for byte."""

import numpy as np
import pandas as pd
import polars as pl
import pytest

from assay.nets import (
    EmbeddedMLPClassifier,
    FTTransformerClassifier,
    MLPClassifier,
    MLPRegressor,
    ResNetClassifier,
    TabMClassifier,
)
from assay.nets.estimators.errors import InputError, SettingError
from assay.nets.tabular.mlp import MLPSpec

RNG = np.random.default_rng(5)
N = 120
NUMBERS = RNG.normal(size=(N, 2))
COLOURS = RNG.choice(["red", "green", "blue"], N)
Y = ((COLOURS == "red") | (NUMBERS[:, 0] > 1)).astype(int)
QUICK = {"hidden": (8,), "epochs": 3, "threads": 1, "random_state": 0}


def polars_frame(colours: object) -> pl.DataFrame:
    return pl.DataFrame({"a": NUMBERS[:, 0], "b": NUMBERS[:, 1], "colour": colours})


def frames() -> dict[str, object]:
    plain = pd.DataFrame({"a": NUMBERS[:, 0], "b": NUMBERS[:, 1], "colour": COLOURS})
    return {
        "pandas texts": plain,
        "pandas objects": plain.astype({"colour": object}),
        "pandas categories": plain.astype({"colour": "category"}),
        "polars texts": polars_frame(COLOURS.tolist()),
        "polars categories": polars_frame(pl.Series(COLOURS.tolist(), dtype=pl.Categorical)),
        "polars enum": polars_frame(pl.Series(COLOURS.tolist(), dtype=pl.Enum(["blue", "red", "green"]))),
    }


@pytest.mark.parametrize("kind", [MLPClassifier, EmbeddedMLPClassifier])
def test_every_type_of_frame_gives_the_same_net(kind):
    given = [kind(**QUICK).fit(frame, Y).predict_proba(frame).tobytes() for frame in frames().values()]
    assert len(given) == 6
    assert len(set(given)) == 1


def test_arrays_and_frames_of_numbers_give_the_same_net():
    tables = [NUMBERS, NUMBERS.tolist(), pd.DataFrame(NUMBERS, columns=["a", "b"]), pl.DataFrame(NUMBERS, schema=["a", "b"])]
    given = {MLPClassifier(**QUICK).fit(X, Y).predict_proba(X).tobytes() for X in tables}
    assert len(given) == 1


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        (EmbeddedMLPClassifier, {"hidden": (8,), "frequencies": 4}),
        (EmbeddedMLPClassifier, {"hidden": (8,), "embedding": "piecewise", "bins": 4}),
        (EmbeddedMLPClassifier, {"hidden": (8,), "embedding": "none"}),
        (ResNetClassifier, {"width": 8}),
        (TabMClassifier, {"hidden": (8,), "members": 2, "bins": 4}),
        (FTTransformerClassifier, {"width": 8, "heads": 2, "blocks": 1}),
    ],
)
def test_nets_with_embeddings_read_a_column_of_texts_as_codes_and_answer_texts_that_are_new(kind, settings):
    frame = frames()["polars texts"]
    net = kind(epochs=2, threads=1, random_state=0, validation_fraction=0, **settings).fit(frame, Y)
    assert (net.spec_.numbers, net.spec_.levels) == (2, (3,))
    first = frame[:1]
    given = {
        colour: net.predict_proba(first.with_columns(colour=pl.lit(colour)))[0, 1]
        for colour in ("red", "green", "blue", "violet")
    }
    names, counts = np.unique(COLOURS, return_counts=True)
    assert len(set(given.values())) == 3
    assert given["violet"] == given[names[counts.argmax()]], "a level that no row has shown stands in for nothing of its own"


def test_an_array_of_objects_may_hold_texts_where_categories_are_named():
    """What scikit-learn's ColumnTransformer gives for mixed columns."""
    frame = frames()["pandas texts"]
    array = frame.to_numpy()
    by_place = MLPClassifier(categorical_features=[2], **QUICK).fit(array, Y)
    assert by_place.predict_proba(array).tobytes() == MLPClassifier(**QUICK).fit(frame, Y).predict_proba(frame).tobytes()
    with pytest.raises(ValueError, match="2 features"):
        by_place.predict(array[:, :2])
    with pytest.raises(ValueError, match="could not convert string"):
        MLPClassifier(**QUICK).fit(array, Y)


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(InputError, match="several columns named 'a'"):
        MLPClassifier(**QUICK).fit(pd.DataFrame(NUMBERS, columns=["a", "a"]), Y)


def test_answers_may_come_from_any_library_too():
    values = NUMBERS[:, 0]
    given = {
        MLPRegressor(**QUICK).fit(NUMBERS, y).predict(NUMBERS).tobytes() for y in (values, pd.Series(values), pl.Series(values))
    }
    assert len(given) == 1


def test_a_column_of_whole_numbers_can_be_named_a_category_by_place_or_by_name():
    codes = RNG.integers(0, 4, N)
    array = np.column_stack([NUMBERS, codes])
    frame = pd.DataFrame({"a": NUMBERS[:, 0], "b": NUMBERS[:, 1], "code": codes})
    by_place = MLPClassifier(categorical_features=[2], **QUICK).fit(array, Y)
    by_name = MLPClassifier(categorical_features=["code"], **QUICK).fit(frame, Y)
    as_texts = MLPClassifier(**QUICK).fit(frame.assign(code=codes.astype(str)), Y)
    assert by_place.spec_.inputs == 2 + 4
    assert by_place.predict_proba(array).tobytes() == by_name.predict_proba(frame).tobytes()
    assert by_name.predict_proba(frame).tobytes() == as_texts.predict_proba(frame.assign(code=codes.astype(str))).tobytes()


def test_a_category_of_numbers_in_pandas_is_a_category_and_an_object_column_of_numbers_is_numbers():
    frame = pd.DataFrame({"a": NUMBERS[:, 0], "code": RNG.integers(0, 3, N)})
    assert MLPClassifier(**QUICK).fit(frame.astype({"code": "category"}), Y).spec_.inputs == 1 + 3
    assert MLPClassifier(**QUICK).fit(frame.astype({"code": object}), Y).spec_.inputs == 2


def test_missing_values_are_the_median_beside_a_flag():
    holed = NUMBERS.copy()
    holed[::7, 0] = np.nan
    net = MLPClassifier(**QUICK, validation_fraction=0).fit(holed, Y)
    assert net.spec_ == MLPSpec(3, 1, (8,), "relu", 0.2)
    matrix = net.table_.matrix(pl.DataFrame(holed, schema=["x0", "x1"]))
    assert matrix[0, 1] == 1
    assert matrix[0, 0] == pytest.approx((np.nanmedian(holed[:, 0]) - matrix_mean(holed[:, 0])) / matrix_std(holed[:, 0]))


def matrix_mean(column: np.ndarray) -> float:
    return float(np.where(np.isnan(column), np.nanmedian(column), column).mean())


def matrix_std(column: np.ndarray) -> float:
    return float(np.where(np.isnan(column), np.nanmedian(column), column).std())


@pytest.mark.parametrize("scaling", ["standard", "robust", "quantile"])
def test_a_first_gap_or_a_new_category_at_prediction_is_answered(scaling):
    frame = frames()["polars texts"]
    net = TabMClassifier(members=2, bins=4, scaling=scaling, **QUICK).fit(frame, Y)
    odd = pl.DataFrame({"a": [None, 1.0], "b": [0.0, float("nan")], "colour": ["violet", None]})
    assert np.isfinite(net.predict_proba(odd)).all()


def test_scaling_none_passes_numbers_on_as_they_are_and_refuses_gaps():
    net = MLPClassifier(scaling=None, **QUICK).fit(NUMBERS, Y)
    np.testing.assert_array_equal(net.table_.matrix(pl.DataFrame(NUMBERS)), NUMBERS)
    holed = NUMBERS.copy()
    holed[3, 1] = np.nan
    with pytest.raises(ValueError, match="NaN"):
        MLPClassifier(scaling=None, **QUICK).fit(holed, Y)
    with pytest.raises(InputError, match="scaling=None"):
        MLPClassifier(scaling=None, **QUICK).fit(pl.DataFrame(holed), Y)


def test_a_column_of_texts_where_numbers_were_is_said_by_name():
    net = MLPClassifier(**QUICK).fit(pl.DataFrame(NUMBERS, schema=["a", "b"]), Y)
    with pytest.raises(InputError, match="'b' holds texts"):
        net.predict(pl.DataFrame({"a": [1.0], "b": ["high"]}))


def test_infinities_and_dates_in_a_frame_are_said_by_name():
    with pytest.raises(InputError, match="'a' of X holds infinity in 1 rows"):
        MLPClassifier(**QUICK).fit(pl.DataFrame({"a": [1.0, float("inf"), 2.0]}), Y[:3])
    days = pl.date_range(pl.date(2020, 1, 1), pl.date(2020, 1, 9), eager=True)
    with pytest.raises(InputError, match="'day' holds Date"):
        MLPClassifier(**QUICK).fit(pl.DataFrame({"day": days}), Y[:9])


def test_a_frame_with_other_columns_is_refused_by_scikit_learns_own_words():
    net = MLPClassifier(**QUICK).fit(pd.DataFrame(NUMBERS, columns=["a", "b"]), Y)
    assert net.feature_names_in_.tolist() == ["a", "b"]
    with pytest.raises(ValueError, match="feature names"):
        net.predict(pd.DataFrame(NUMBERS, columns=["b", "a"]))


@pytest.mark.parametrize(
    ("named", "match"),
    [("ab", r"list of columns"), (["aa"], "did you mean 'a'"), ([7], "0 to 1"), ([True], "no column True"), ([-1], "0 to 1")],
)
def test_categorical_features_that_are_not_there_are_refused(named, match):
    with pytest.raises(SettingError, match=match):
        MLPClassifier(categorical_features=named, **QUICK).fit(pl.DataFrame(NUMBERS, schema=["a", "b"]), Y)
