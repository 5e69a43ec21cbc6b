"""A spectrum as it is shown: eigenvalues, shares, the columns behind a direction, and where a model keeps them."""

import numpy as np
from sklearn.decomposition import PCA

from assay.prepare.matrix.components import Pca
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.scree import scree_picture
from assay.report.spectrum import components, rows, spectrum_view, to_json

RNG = np.random.default_rng(0)
X = RNG.normal(size=(200, 5)) @ RNG.normal(size=(5, 5))
SPECTRUM = Pca(width=2).fit(X, (), np.zeros(200), 0).spectrum(tuple("abcde"))


def test_components_say_what_scikit_learn_finds() -> None:
    oracle = PCA().fit(X)
    found = components(SPECTRUM, heaviest=5)
    np.testing.assert_allclose([one.eigenvalue for one in found], oracle.explained_variance_)
    np.testing.assert_allclose([one.cumulative for one in found], np.cumsum(oracle.explained_variance_ratio_))
    for one, vector in zip(found[:2], oracle.components_, strict=False):
        weights = dict(one.heaviest)
        own = np.array([weights[name] for name in "abcde"])
        np.testing.assert_allclose(own, vector * np.sign(own @ vector), atol=1e-8)
        sizes = [abs(weight) for _, weight in one.heaviest]
        assert sizes == sorted(sizes, reverse=True)
        assert one.heaviest[0][1] > 0
    assert [one.heaviest for one in found[2:]] == [(), (), ()]


def test_the_table_holds_the_kept_directions_and_the_json_all() -> None:
    assert [line[0] for line in rows(SPECTRUM)] == ["1", "2"]
    assert [one["component"] for one in to_json(SPECTRUM)["components"]] == [1, 2, 3, 4, 5]


def test_the_page_names_columns_as_text_and_the_picture_none() -> None:
    hostile = Pca(width=2).fit(X, (), np.zeros(200), 0).spectrum(("<b>", "b", "c", "d", "e"))
    view = spectrum_view(hostile, "s", "pca")
    assert "<b>" not in view["picture"]
    assert {name for line in view["rows"] for name, _ in line[4]} <= {"<b>", "b", "c", "d", "e"}


def test_a_scree_of_one_direction_and_of_many_is_drawn() -> None:
    for shares, kept in ((np.array([1.0]), 1), (np.full(80, 1 / 80), 12), (np.zeros(3), 3)):
        assert "<svg" in scree_picture(Drawing("s", "scree", "scree"), shares, kept)
