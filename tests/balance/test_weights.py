"""Weights by class against scikit-learn's, LightGBM's own parameter, and the losses of the nets."""

import lightgbm
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_sample_weight

from assay.balance.weights import ClassWeight, EffectiveNumber, NoTreatment, ScalePosWeight
from assay.core.errors import ConfigError
from assay.data.rows import Rows
from assay.nets.losses.weighted import effective_number_weights

TARGET = np.repeat([0, 1, 2], [50, 30, 5])
ROWS = Rows(np.zeros((85, 1)), TARGET, 3)
OWN = np.random.default_rng(0).uniform(1, 3, 85)


def test_class_weights_are_those_of_scikit_learn():
    done = ClassWeight().apply(ROWS, 0)
    assert done.rows.weights == pytest.approx(compute_sample_weight("balanced", TARGET))


def test_class_weights_multiply_the_weights_that_were_there():
    done = ClassWeight().apply(Rows(np.zeros((85, 1)), TARGET, 3, OWN), 0)
    assert done.rows.weights == pytest.approx(OWN * compute_sample_weight("balanced", TARGET))
    sums = np.bincount(TARGET, done.rows.weights)
    assert done.prior_after == pytest.approx(sums / sums.sum())


@pytest.mark.parametrize("treatment", [ClassWeight(), ScalePosWeight()])
def test_a_class_without_training_rows_takes_no_part(treatment):
    done = treatment.apply(Rows(np.zeros((85, 1)), TARGET, 4), 0)
    assert done.prior_after == pytest.approx([1 / 3, 1 / 3, 1 / 3, 0])


@pytest.mark.parametrize("treatment", [ClassWeight(0.4), ScalePosWeight(0.4)])
def test_a_ratio_lifts_only_the_classes_that_are_below_it(treatment):
    shares = treatment.apply(ROWS, 0).prior_after
    assert shares[2] / shares[0] == pytest.approx(0.4)
    assert shares[1] / shares[0] == pytest.approx(30 / 50)


@pytest.mark.parametrize("ratio", [0.0, 1.5, float("nan")])
@pytest.mark.parametrize("treatment", [ClassWeight, ScalePosWeight])
def test_a_ratio_outside_its_range_is_a_config_error(treatment, ratio):
    with pytest.raises(ConfigError, match="ratio="):
        treatment(ratio)


def test_class_and_effective_weights_sum_to_the_number_of_rows_and_the_largest_class_keeps_one_in_scale_pos_weight():
    for treatment in (ClassWeight(), ClassWeight(0.3), EffectiveNumber(), EffectiveNumber(0.9)):
        assert treatment.apply(ROWS, 0).rows.weights.sum() == pytest.approx(85)
    weights = ScalePosWeight().apply(ROWS, 0).rows.weights
    assert weights[TARGET == 0] == pytest.approx(np.ones(50))
    assert weights[TARGET == 2] == pytest.approx(np.full(5, 10.0))


@pytest.mark.parametrize("beta", [0.0, 0.9, 0.999, 0.9999])
def test_effective_numbers_are_those_of_the_loss_of_the_nets(beta):
    weights = EffectiveNumber(beta).apply(ROWS, 0).rows.weights
    by_class = np.array([weights[code == TARGET][0] for code in range(3)])
    oracle = np.array(effective_number_weights([50, 30, 5], beta))
    assert by_class / by_class[0] == pytest.approx(oracle / oracle[0])


def test_effective_numbers_go_from_no_weights_to_class_weights():
    assert EffectiveNumber(0.0).apply(ROWS, 0).rows.weights == pytest.approx(np.ones(85))
    near = EffectiveNumber(1 - 1e-9).apply(ROWS, 0).rows.weights
    assert near == pytest.approx(compute_sample_weight("balanced", TARGET), rel=1e-6)


def test_an_absent_class_does_not_change_the_effective_weights_of_the_others():
    four = EffectiveNumber().apply(Rows(np.zeros((85, 1)), TARGET, 4), 0)
    assert four.rows.weights == pytest.approx(EffectiveNumber().apply(ROWS, 0).rows.weights)


@pytest.mark.parametrize("beta", [-0.1, 1.0, float("nan")])
def test_a_beta_outside_its_range_is_a_config_error(beta):
    with pytest.raises(ConfigError, match="beta="):
        EffectiveNumber(beta)


def test_scale_pos_weight_is_the_parameter_of_lightgbm_where_neither_starts_from_a_share():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(1500, 5))
    target = (features[:, 0] + features[:, 1] * features[:, 2] + rng.normal(size=1500) > 2).astype(np.int64)
    weights = ScalePosWeight().apply(Rows(features, target, 2), 0).rows.weights
    settings = {
        "objective": "binary",
        "boost_from_average": False,
        "num_threads": 1,
        "verbosity": -1,
        "seed": 3,
        "lambda_l2": 1.0,
        "deterministic": True,
        "force_row_wise": True,
    }
    ratio = float((target == 0).sum() / (target == 1).sum())
    own = lightgbm.train({**settings, "scale_pos_weight": ratio}, lightgbm.Dataset(features, target), 60)
    ours = lightgbm.train(settings, lightgbm.Dataset(features, target, weight=weights), 60)
    untreated = lightgbm.train(settings, lightgbm.Dataset(features, target), 60)
    assert ratio > 5
    np.testing.assert_allclose(ours.predict(features), own.predict(features), atol=1e-6)
    assert np.abs(untreated.predict(features) - own.predict(features)).max() > 0.1


def test_no_treatment_takes_a_target_of_numbers():
    rows = Rows(np.zeros((4, 1)), np.linspace(0, 1, 4), 0)
    done = NoTreatment().apply(rows, 0)
    assert done.rows is rows
    assert done.prior_before.shape == done.prior_after.shape == (0,)
