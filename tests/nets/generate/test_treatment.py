from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from assay.core.errors import DataError
from assay.data.rows import Rows
from assay.nets.generate.registry import GENERATORS
from assay.nets.generate.treatment import with_generated
from assay.nets.generate.variational import VAE
from assay.recipes.treatments import TREATMENTS

SMALL = VAE(hidden=(32,), latent=4, steps=300, batch_size=100)


def rows() -> Rows:
    """Three classes of 120, 40 and 20 rows, 4 apart in x."""
    rng = np.random.default_rng(0)
    target = np.repeat([0, 1, 2], [120, 40, 20])
    return Rows(pl.DataFrame({"x": 4.0 * target + rng.normal(size=180), "noise": rng.normal(size=180)}), target, 3)


@pytest.mark.parametrize("name", GENERATORS.names())
def test_a_treatment_trains_as_long_as_its_generator_does(name):
    assert TREATMENTS.get(name)().steps == GENERATORS.get(name)().steps


@pytest.mark.parametrize(("ratio", "sizes"), [(1.0, [120, 120, 120]), (0.5, [120, 60, 60]), (0.25, [120, 40, 30])])
def test_a_class_grows_to_its_ratio_of_the_largest_and_none_shrinks(ratio, sizes):
    done = with_generated(rows(), replace(SMALL, steps=2), ratio, 0)
    assert np.bincount(done.rows.target).tolist() == sizes
    assert (done.source_rows < 0).sum() == sum(sizes) - 180


def test_a_made_row_is_one_of_the_class_it_is_made_for():
    done = with_generated(rows(), SMALL, 1.0, 0)
    made = done.source_rows < 0
    x = done.rows.features["x"].to_numpy()
    for code in (1, 2):
        own = x[made & (done.rows.target == code)]
        assert np.median(own) == pytest.approx(4 * code, abs=1.2)


def test_a_made_row_weighs_what_its_class_weighs_on_average():
    weighted = replace(rows(), weights=np.where(rows().target == 2, 3.0, np.linspace(1, 2, 180)))
    done = with_generated(weighted, replace(SMALL, steps=2), 1.0, 0)
    made = done.source_rows < 0
    for code in (1, 2):
        own = weighted.weights[weighted.target == code].mean()
        assert done.rows.weights[made & (done.rows.target == code)] == pytest.approx(own)


def test_features_that_are_no_table_are_refused_with_what_to_use_instead():
    matrix = replace(rows(), features=rows().features.to_numpy())
    with pytest.raises(DataError, match="use random-oversample"):
        with_generated(matrix, SMALL, 1.0, 0)
