"""The kept rows of the cleaning samplers and of NearMiss: those of imbalanced-learn, on its own cases and on random tables."""

import warnings

import imblearn.under_sampling as peer
import numpy as np
import pytest
from scipy import sparse

from assay.balance.geometry import Plain, Search
from assay.balance.samplers.edited import EditedNearestNeighbours
from assay.balance.samplers.near_miss import NearMiss
from assay.balance.samplers.one_sided import OneSidedSelection
from assay.balance.samplers.tomek_links import TomekLinks
from assay.balance.undersample.one_sided import drawn_seeds, one_sided
from assay.balance.undersample.shrinking import Shrinking

TOMEK_X = [
    [0.31230513, 0.1216318], [0.68481731, 0.51935141], [1.34192108, -0.13367336], [0.62366841, -0.21312976],
    [1.61091956, -0.40283504], [-0.37162401, -2.19400981], [0.74680821, 1.63827342], [0.2184254, 0.24299982],
    [0.61472253, -0.82309052], [0.19893132, -0.47761769], [1.06514042, -0.0770537], [0.97407872, 0.44454207],
    [1.40301027, -0.83648734], [-1.20515198, -1.02689695], [-0.27410027, -0.54194484], [0.8381014, 0.44085498],
    [-0.23374509, 0.18370049], [-0.32635887, -0.29299653], [-0.00288378, 0.84259929], [1.79580611, -0.02219234],
]  # fmt: skip
TOMEK_Y = [1, 1, 0, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 1, 1, 0, 1, 0]
EDITED_X = [
    [2.59928271, 0.93323465], [0.25738379, 0.95564169], [1.42772181, 0.526027], [1.92365863, 0.82718767],
    [-0.10903849, -0.12085181], [-0.284881, -0.62730973], [0.57062627, 1.19528323], [0.03394306, 0.03986753],
    [0.78318102, 2.59153329], [0.35831463, 1.33483198], [-0.14313184, -1.0412815], [0.01936241, 0.17799828],
    [-1.25020462, -0.40402054], [-0.09816301, -0.74662486], [-0.01252787, 0.34102657], [0.52726792, -0.38735648],
    [0.2821046, -0.07862747], [0.05230552, 0.09043907], [0.15198585, 0.12512646], [0.70524765, 0.39816382],
]  # fmt: skip
EDITED_Y = [1, 2, 1, 1, 0, 2, 2, 2, 2, 2, 2, 0, 1, 2, 2, 2, 2, 1, 2, 1]
NEAR_X = [
    [1.17737838, -0.2002118], [0.4960075, 0.86130762], [-0.05903827, 0.10947647], [0.91464286, 1.61369212],
    [-0.54619583, 1.73009918], [-0.60413357, 0.24628718], [0.45713638, 1.31069295], [-0.04032409, 3.01186964],
    [0.03142011, 0.12323596], [0.50701028, -0.17636928], [-0.80809175, -1.09917302], [-0.20497017, -0.26630228],
    [0.99272351, -0.11631728], [-1.95581933, 0.69609604], [1.15157493, -1.2981518],
]  # fmt: skip
NEAR_Y = [1, 2, 1, 0, 2, 1, 2, 2, 1, 2, 0, 0, 2, 1, 2]
ONE_SIDED_X = [
    [-0.3879569, 0.6894251], [-0.09322739, 1.28177189], [-0.77740357, 0.74097941], [0.91542919, -0.65453327],
    [-0.03852113, 0.40910479], [-0.43877303, 1.07366684], [-0.85795321, 0.82980738], [-0.18430329, 0.52328473],
    [-0.30126957, -0.66268378], [-0.65571327, 0.42412021], [-0.28305528, 0.30284991], [0.20246714, -0.34727125],
    [1.06446472, -1.09279772], [0.30543283, -0.02589502], [-0.00717161, 0.00318087],
]  # fmt: skip
ONE_SIDED_Y = [0, 1, 1, 0, 1, 1, 1, 1, 1, 0, 1, 1, 0, 0, 0]

NEAREST = [3, 10, 11, 2, 8, 5, 9, 1, 6]
MORE = {0: 3, 1: 4, 2: 4}
THEIR_CASES = [
    (TomekLinks(), TOMEK_X, TOMEK_Y, [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 16, 17, 18, 19]),
    (EditedNearestNeighbours(), EDITED_X, EDITED_Y, [4, 11, 0, 3, 1, 8, 15]),
    (EditedNearestNeighbours(kind_sel="mode"), EDITED_X, EDITED_Y, [4, 11, 0, 2, 3, 1, 5, 6, 8, 9, 10, 13, 15, 16]),
    (NearMiss(version=1), NEAR_X, NEAR_Y, NEAREST),
    (NearMiss(version=2), NEAR_X, NEAR_Y, NEAREST),
    (NearMiss(version=3), NEAR_X, NEAR_Y, [3, 10, 11, 0, 5, 8, 14, 4, 12]),
    (NearMiss(version=1, sampling_strategy=MORE), NEAR_X, NEAR_Y, [11, 10, 3, 2, 8, 5, 0, 9, 1, 6, 12]),
    (NearMiss(version=2, sampling_strategy=MORE), NEAR_X, NEAR_Y, [11, 10, 3, 2, 8, 5, 0, 9, 1, 6, 12]),
    (NearMiss(version=3, sampling_strategy=MORE), NEAR_X, NEAR_Y, [3, 10, 11, 0, 5, 8, 2, 14, 4, 12, 6]),
]
"""Its tests' arrays, and the rows that stand in their expected results."""


@pytest.mark.parametrize("form", [np.array, sparse.csr_matrix])
@pytest.mark.parametrize(("sampler", "X", "y", "expected"), THEIR_CASES)
def test_the_rows_of_imbalanced_learns_own_tests_are_kept(sampler, X, y, expected, form):
    made, labels = sampler.fit_resample(form(X), np.array(y))
    assert sampler.sample_indices_.tolist() == expected
    np.testing.assert_array_equal(made.toarray() if sparse.issparse(made) else made, np.array(X)[expected])
    assert labels.tolist() == np.array(y)[expected].tolist()


def tables(n_tables=20):
    for number in range(n_tables):
        rng = np.random.default_rng(number)
        n, d, n_classes = int(rng.integers(60, 300)), int(rng.integers(2, 22)), 2 + number % 2
        y = rng.choice(n_classes, n, p=[0.75, 0.25] if n_classes == 2 else [0.25, 0.1, 0.65])
        yield rng.normal(size=(n, d)) + 0.8 * y[:, None], y


WORDS = ("auto", "majority", "not minority", "not majority", "all")
SETTINGS = [
    *((TomekLinks, {"sampling_strategy": chosen}) for chosen in (*WORDS, [0], [1, 0])),
    *(
        (EditedNearestNeighbours, {"sampling_strategy": chosen, "n_neighbors": k, "kind_sel": kind})
        for chosen in (*WORDS, [1])
        for k, kind in [(3, "all"), (1, "all"), (3, "mode"), (4, "mode")]
    ),
    *(
        (NearMiss, {"sampling_strategy": chosen, "version": version, "n_neighbors": k, "n_neighbors_ver3": k_version_3})
        for chosen in ("auto", "majority", "not minority")
        for version in (1, 2, 3)
        for k, k_version_3 in [(3, 3), (1, 5), (6, 2)]
    ),
]


@pytest.mark.parametrize("sampler", [TomekLinks, EditedNearestNeighbours, NearMiss])
def test_the_same_rows_are_kept_in_the_same_order_on_twenty_random_tables(sampler):
    settings = [given for of, given in SETTINGS if of is sampler]
    turns = max(3, -(-len(settings) // 10))  # so many settings a table; every setting meets two and three classes
    shrunk = 0
    for number, (X, y) in enumerate(tables()):
        for turn in range(turns):
            given = settings[(number // 2 * turns + turn) % len(settings)]
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # theirs warns where NearMiss-3 finds too few
                theirs = getattr(peer, sampler.__name__)(**given)
                theirs.fit_resample(X, y)
            ours = sampler(**given, threads=1)
            ours.fit_resample(X, y)
            assert ours.sample_indices_.tolist() == theirs.sample_indices_.tolist(), given
            assert ours.sampling_strategy_ == dict(theirs.sampling_strategy_)
            shrunk += len(ours.sample_indices_) < len(y)
    assert shrunk > 30  # the tables leave them something to do


def test_one_sided_selection_keeps_the_rows_of_its_own_test_given_its_draw():
    X, y = np.array(ONE_SIDED_X), np.array(ONE_SIDED_Y)
    rows = Shrinking(Plain(X), y, ("0", "1"), Search())
    seed = np.flatnonzero(y == 1)[[5]]  # what RandomState(0) draws there
    assert one_sided(rows, {1: seed}, k=1).rows.tolist() == [0, 3, 9, 12, 13, 14, 1, 2, 5, 6, 8, 11]


@pytest.mark.parametrize("k", [1, 3])
def test_one_sided_selection_keeps_the_same_rows_given_the_same_draw(k):
    for number, (X, y) in enumerate(tables(10)):
        theirs = peer.OneSidedSelection(random_state=number, n_neighbors=k)
        theirs.fit_resample(X, y)
        draw = np.random.RandomState(number)
        rows = Shrinking(Plain(X), y, ("0", "1", "2"), Search())
        seeds = {}
        for code in (code for code in rows.codes if code != rows.smallest):
            own = np.flatnonzero(y == code)
            seeds[code] = own[draw.randint(0, len(own), 1)]
        assert one_sided(rows, seeds, k=k).rows.tolist() == theirs.sample_indices_.tolist()


def test_the_sampler_of_one_sided_selection_draws_each_row_as_a_seed_equally_often():
    X, y = np.array(ONE_SIDED_X), np.array(ONE_SIDED_Y)
    rows = Shrinking(Plain(X), y, ("0", "1"), Search(threads=1))
    rng = np.random.default_rng(0)
    drawn = np.concatenate([drawn_seeds(rows, [1], 1, rng)[1] for _ in range(4000)])
    counts = np.bincount(drawn, minlength=15)
    assert (counts[y == 0] == 0).all()
    assert ((counts[y == 1] - 4000 / 9) ** 2 / (4000 / 9)).sum() < 27.9  # chi-square, 8 degrees of freedom, 1 in 2000
    possible = {tuple(one_sided(rows, {1: np.array([row])}, k=1).rows.tolist()) for row in np.flatnonzero(y == 1)}
    found = {tuple(_fitted(OneSidedSelection(random_state=state, threads=1), X, y)) for state in range(60)}
    assert found == possible


def _fitted(sampler, X, y):
    sampler.fit_resample(X, y)
    return sampler.sample_indices_.tolist()
