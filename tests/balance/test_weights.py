"""Class weights against scikit-learn's."""

import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from assay.balance.weights import ClassWeight, NoTreatment
from assay.data.rows import Rows

TARGET = np.repeat([0, 1, 2], [50, 30, 5])


def test_class_weights_are_those_of_scikit_learn():
    done = ClassWeight().apply(Rows(np.zeros((85, 1)), TARGET, 3), 0)
    assert done.rows.weights == pytest.approx(compute_sample_weight("balanced", TARGET))


def test_class_weights_multiply_the_weights_that_were_there():
    own = np.random.default_rng(0).uniform(1, 3, 85)
    done = ClassWeight().apply(Rows(np.zeros((85, 1)), TARGET, 3, own), 0)
    assert done.rows.weights == pytest.approx(own * compute_sample_weight("balanced", TARGET))
    sums = np.bincount(TARGET, done.rows.weights)
    assert done.prior_after == pytest.approx(sums / sums.sum())


def test_a_class_without_training_rows_takes_no_part():
    done = ClassWeight().apply(Rows(np.zeros((85, 1)), TARGET, 4), 0)
    assert done.prior_after == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])


def test_no_treatment_takes_a_target_of_numbers():
    rows = Rows(np.zeros((4, 1)), np.linspace(0, 1, 4), 0)
    done = NoTreatment().apply(rows, 0)
    assert done.rows is rows
    assert done.prior_before.shape == done.prior_after.shape == (0,)
