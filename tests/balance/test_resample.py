"""Random over- and under-sampling as treatments."""

import numpy as np
import pytest

from assay.balance.resample import RandomOversample, RandomUndersample
from assay.core.errors import ConfigError
from assay.data.rows import Rows

TARGET = np.random.default_rng(0).permutation(np.repeat([0, 1, 2], [60, 30, 10]))
PICTURES = Rows(np.random.default_rng(0).integers(0, 255, (100, 8, 8, 3), dtype=np.uint8), TARGET, 3)


@pytest.mark.parametrize(("ratio", "counts"), [(1.0, [60, 60, 60]), (0.5, [60, 30, 30]), (0.1, [60, 30, 10])])
def test_oversampling_raises_the_smaller_classes_to_the_ratio(ratio, counts):
    done = RandomOversample(ratio=ratio).apply(PICTURES, 0)
    assert np.bincount(done.rows.target).tolist() == counts
    assert done.rows.features.shape == (sum(counts), 8, 8, 3)


@pytest.mark.parametrize(("ratio", "counts"), [(1.0, [10, 10, 10]), (0.5, [20, 20, 10]), (0.1, [60, 30, 10])])
def test_undersampling_lowers_the_larger_classes_to_the_ratio(ratio, counts):
    done = RandomUndersample(ratio=ratio).apply(PICTURES, 0)
    assert np.bincount(done.rows.target).tolist() == counts
    assert (np.diff(done.source_rows) > 0).all()  # no row twice, and in their old order


def test_every_minority_row_is_drawn_about_equally_often():
    rows = Rows(np.arange(10_010.0)[:, None], np.repeat([0, 1], [10_000, 10]), 2)
    drawn = RandomOversample().apply(rows, 0).source_rows[10_010:]
    assert np.bincount(drawn - 10_000) == pytest.approx(np.full(10, 999), rel=0.12)


def test_weights_go_with_their_rows():
    weights = np.random.default_rng(1).uniform(size=100)
    for treatment in (RandomOversample(), RandomUndersample()):
        done = treatment.apply(Rows(PICTURES.features, TARGET, 3, weights), 0)
        assert np.array_equal(done.rows.weights, weights[done.source_rows])


@pytest.mark.parametrize("treatment", [RandomOversample, RandomUndersample])
def test_an_impossible_ratio_is_refused_when_it_is_set(treatment):
    with pytest.raises(ConfigError, match="ratio=2"):
        treatment(ratio=2)
