"""Partial dependence against scikit-learn's, accumulated effects against closed forms."""

import numpy as np
import polars as pl
import pytest
from sklearn.base import BaseEstimator, RegressorMixin
from sklearn.inspection import partial_dependence as theirs
from tests.explain.explained_models import held, held_recipe, table

from assay.core.errors import ConfigError
from assay.explain.curves import accumulated_effects, partial_dependence
from assay.explain.grid import Grid, grid_of
from assay.explain.held import HeldOut
from assay.measure.parts import Design

RHO = 0.8


def normals(n: int = 4000, seed: int = 0) -> pl.DataFrame:
    """Two standard normals with correlation RHO."""
    random = np.random.default_rng(seed)
    first = random.normal(size=n)
    return pl.DataFrame({"a": first, "b": RHO * first + np.sqrt(1 - RHO**2) * random.normal(size=n)})


def curve_of(make, function, frame, name="a", **more):
    found = held(function, frame)
    column = next(column for column in found.columns if column.name == name)
    return make(found, column, seed=0, most_rows=100_000, **more)


@pytest.mark.parametrize("recipe", ["boosting", "logistic"])
def test_partial_dependence_is_that_of_scikit_learn(recipe: str) -> None:
    found = held_recipe(recipe, table("binary", 300, gaps=False))
    part = found.parts[0]
    names = [column.name for column in found.columns]

    class Wrapped(RegressorMixin, BaseEstimator):
        """The model as scikit-learn calls one: rows of objects in, probabilities out."""

        def fit(self, x, y):
            self.fitted_ = True
            return self

        def predict(self, x):
            frame = pl.DataFrame({name: x[:, place].tolist() for place, name in enumerate(names)}, schema=part.features.schema)
            return part.fitted.predict(frame)["probability"]

    rows = np.array(part.features.rows(), dtype=object)
    for place, name in ((0, "a"), (3, "colour")):
        ours = partial_dependence(found, found.columns[place], seed=0)
        points = np.array(ours.grid.points.to_list(), dtype=object)
        wanted = theirs(
            Wrapped().fit(rows, None),
            rows,
            [place],
            custom_values={place: points},
            categorical_features=[3],
            kind="average",
            method="brute",
        )
        np.testing.assert_allclose(ours.value[:, 0], wanted["average"][0], atol=1e-12, err_msg=name)
        assert ((ours.low <= ours.value) & (ours.value <= ours.high)).all()


def test_accumulated_effects_of_an_additive_model_are_its_centred_terms_however_columns_are_correlated() -> None:
    frame = normals()
    found = curve_of(accumulated_effects, lambda x: x[:, 0] ** 2 + 3 * x[:, 1], frame)
    wanted = found.grid.at**2
    gap = found.value[:, 0] - wanted
    assert np.ptp(gap) < 1e-9, "the differences telescope: the term itself up to a constant"
    assert abs(gap.mean() + (frame["a"].to_numpy() ** 2).mean()) < 0.15


def test_accumulated_effects_of_a_product_follow_the_conditional_mean_and_partial_dependence_does_not() -> None:
    frame = normals(20_000)
    product = lambda x: x[:, 0] * x[:, 1]  # noqa: E731
    effects = curve_of(accumulated_effects, product, frame)
    inside = np.abs(effects.grid.at) < 2
    at = effects.grid.at[inside]
    wanted = RHO * (at**2 - 1) / 2  # the integral of E[b | a = z] = RHO z, less its mean
    np.testing.assert_allclose(effects.value[inside, 0], wanted, atol=0.08)
    flat = curve_of(partial_dependence, product, frame)
    np.testing.assert_allclose(flat.value[:, 0], flat.grid.at * frame["b"].mean(), atol=1e-9)


def test_accumulated_effects_of_levels_go_from_neighbour_to_neighbour() -> None:
    random = np.random.default_rng(2)
    level = random.choice(["x", "y", "z"], 3000, p=[0.5, 0.2, 0.3])
    shift = np.select([level == "x", level == "y"], [0.0, 2.0], 1.0)
    frame = pl.DataFrame({"kind": level, "b": random.normal(size=3000) + shift})
    effect = np.array([1.0, 5.0, 2.0])  # of x, y, z
    found = curve_of(accumulated_effects, lambda x: effect[x[:, 0].astype(int)] + x[:, 1], frame, name="kind")
    assert found.grid.points.to_list() == ["x", "z", "y"], "z's rows lie between those of x and y"
    mean = sum(share * effect[place] for place, share in enumerate((level == name).mean() for name in "xyz"))
    np.testing.assert_allclose(found.value[:, 0], np.array([1.0, 2.0, 5.0]) - mean, atol=1e-9)


def test_the_band_holds_the_curve_of_the_population() -> None:
    """Over many draws of the rows, at a point: the share of bands that hold the true mean is near the level."""
    inside = []
    for seed in range(120):
        frame = normals(200, seed)
        grid = Grid("a", pl.Series("a", [-1.0, 1.0]), ordered=True)
        found = curve_of(partial_dependence, lambda x: x[:, 0] + np.exp(x[:, 1] / 2), frame, grid=grid)
        wanted = np.array([-1.0, 1.0]) + np.exp(1 / 8)
        inside.append((found.low[:, 0] <= wanted) & (wanted <= found.high[:, 0]))
    assert 0.88 <= np.mean(inside) <= 0.99


def test_rows_of_one_group_are_drawn_together() -> None:
    frame = normals(300).with_columns(pl.Series("b", np.repeat(np.random.default_rng(0).normal(size=30), 10)))
    function = lambda x: x[:, 0] + x[:, 1]  # noqa: E731
    alone, grouped = held(function, frame), held(function, frame, groups=np.repeat(np.arange(30), 10))
    column = alone.columns[0]
    widths = [np.mean(found.high - found.low) for found in (partial_dependence(one, column, seed=0) for one in (alone, grouped))]
    assert widths[1] > 2 * widths[0], "ten rows that are one row say what one says"


def test_models_of_folds_give_one_curve_and_each_its_own() -> None:
    whole = normals(200)
    found = held(lambda x: x[:, 0], whole)
    other = held(lambda x: 3 * x[:, 0], whole)
    half = np.arange(100)
    parts = (found.parts[0].take(half), other.parts[0].take(half + 100))
    both = HeldOut(parts, Design(np.arange(200)), "this recipe", "two folds")
    curve = partial_dependence(both, both.columns[0], seed=0)
    np.testing.assert_allclose(curve.value[:, 0], 2 * curve.grid.at)
    np.testing.assert_allclose(curve.by_model[:, :, 0], np.outer([1, 3], curve.grid.at))


def test_equal_seeds_give_equal_bands_and_a_text_has_no_curve() -> None:
    found = held_recipe("logistic", table("multiclass", 240))
    one, same = (accumulated_effects(found, found.columns[3], seed=5) for _ in range(2))
    assert one.to_json() == same.to_json()
    assert one.value.shape == (len(one.grid), 3)
    assert "(missing)" in one.grid.texts
    column = type(found.columns[0])("words", "text")
    with pytest.raises(ConfigError, match="'words' is text"):
        grid_of(pl.DataFrame({"words": ["a", "b"]}), column)
    with pytest.raises(ConfigError, match="needs two"):
        grid_of(pl.DataFrame({"a": [1.0, 1.0]}), found.columns[0])
