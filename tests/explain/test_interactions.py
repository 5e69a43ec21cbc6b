import numpy as np
import polars as pl
from tests.explain.explained_models import held, held_recipe, table

from assay.explain.interactions import NEGLIGIBLE, interactions


def normals(n: int = 80) -> pl.DataFrame:
    random = np.random.default_rng(0)
    return pl.DataFrame({name: random.normal(size=n) for name in ("a", "b", "c")})


def test_h_is_what_its_definition_gives_row_by_row() -> None:
    frame = normals(25)
    function = lambda x: x[:, 0] * x[:, 1] + np.sin(x[:, 0]) + x[:, 2] ** 2 + 0.3 * x[:, 1] * x[:, 2]  # noqa: E731
    rows = frame.to_numpy()

    def dependence(columns: list[int]) -> np.ndarray:
        found = []
        for row in rows:
            mixed = rows.copy()
            mixed[:, columns] = row[columns]
            found.append(function(mixed).mean())
        return np.array(found) - np.mean(found)

    found = {one.columns: one for one in interactions(held(function, frame), ["a", "b", "c"], seed=0)}
    for pair, places in ((("a", "b"), [0, 1]), (("a", "c"), [0, 2]), (("b", "c"), [1, 2])):
        both, first, second = dependence(places), dependence(places[:1]), dependence(places[1:])
        apart = ((both - first - second) ** 2).sum()
        np.testing.assert_allclose(found[pair].h.value, np.sqrt(apart / (both**2).sum()), atol=1e-9)
        np.testing.assert_allclose(found[pair].strength.value, np.sqrt(apart / 25), atol=1e-9)


def test_a_model_that_only_adds_has_none_and_a_product_is_all() -> None:
    frame = normals()
    adds = interactions(held(lambda x: np.exp(x[:, 0]) - x[:, 1] ** 2, frame), ["a", "b", "c"], seed=0)
    assert max(one.h.high for one in adds) < 1e-6
    assert not any(one.acts for one in adds)
    product = interactions(
        held(lambda x: (x[:, 0] - frame["a"].mean()) * (x[:, 1] - frame["b"].mean()), frame), ["c", "b", "a"], seed=0
    )
    assert product[0].columns == ("b", "a")
    assert product[0].h.value > 0.999
    assert product[0].acts
    assert product[0].h.low > NEGLIGIBLE


def test_a_logistic_model_only_adds_on_the_scale_of_its_score() -> None:
    found = interactions(held_recipe("logistic", table("binary", 200)), ["a", "b", "colour", "day"], seed=0, most_rows=40)
    assert len(found) == 6
    assert max(one.h.value for one in found) < 1e-6
    boosted = interactions(held_recipe("boosting", table("binary", 1200, gaps=False)), ["a", "colour"], seed=0, most_rows=60)
    assert boosted[0].acts, "the table's target depends on a where the colour is red"
