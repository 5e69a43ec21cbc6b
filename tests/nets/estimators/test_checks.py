"""scikit-learn's own checks of estimators, on every net for tables; a failure that is expected stands here with its reason."""

from typing import Any

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

import assay.nets

SMALL: dict[str, dict[str, Any]] = {
    "MLP": {"hidden": (16,), "dropout": 0.0, "epochs": 8, "learning_rate": 0.02},
    "Perceptron": {"epochs": 20},
    "OrdinalMLP": {"hidden": (16,), "dropout": 0.0, "epochs": 20, "learning_rate": 0.01},
    "QuantileMLP": {"hidden": (16,), "dropout": 0.0, "epochs": 20, "learning_rate": 0.01},
    "EmbeddedMLP": {"hidden": (16,), "dropout": 0.0, "epochs": 10, "learning_rate": 0.01, "frequencies": 8},
    "ResNet": {"width": 16, "epochs": 10, "learning_rate": 0.01},
    "TabM": {"members": 2, "hidden": (16,), "dropout": 0.0, "bins": 4, "epochs": 3, "learning_rate": 0.03},
    "FTTransformer": {"width": 16, "heads": 2, "blocks": 1, "epochs": 10, "learning_rate": 0.01},
}
QUICK = ("MLPClassifier", "MLPRegressor", "TabMClassifier")

WEIGHTS = (
    "a row of weight 2 is not two copies of it where steps are made of batches: batches are cut by rows, the copies fall into "
    "different ones, and validation rows are held out by rows, too"
)


def small(name: str) -> Any:
    kind = name.removesuffix("Classifier").removesuffix("Regressor")
    return getattr(assay.nets, name)(threads=1, random_state=0, **SMALL[kind])


def expected_failures(estimator: Any) -> dict[str, str]:
    return {"check_sample_weight_equivalence_on_dense_data": WEIGHTS}


@parametrize_with_checks([small(name) for name in QUICK], expected_failed_checks=expected_failures)
def test_scikit_learn_accepts_the_common_nets(estimator: Any, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(
    [small(name) for name in assay.nets.__all__ if name not in QUICK], expected_failed_checks=expected_failures
)
def test_scikit_learn_accepts_the_other_nets(estimator: Any, check: Any) -> None:
    check(estimator)
