from itertools import permutations

import numpy as np
import pytest
from sklearn.metrics import top_k_accuracy_score

from assay.core.errors import ConfigError
from assay.measure.metrics.top_k import TOP_3_ACCURACY, TOP_5_ACCURACY, top_k
from assay.measure.payload import Predictions, Truth


def measured(metric, target: np.ndarray, probability: np.ndarray) -> float:
    units = np.arange(len(target))
    statistics = metric.unit_statistics(
        Truth("multiclass", units, {"target": target}), Predictions("multiclass", units, {"probability": probability})
    )
    return float(metric.value(statistics, np.ones(len(target))))


@pytest.mark.parametrize("k", [2, 3, 5])
def test_without_ties_it_is_the_score_of_scikit_learn(k: int) -> None:
    random = np.random.default_rng(k)
    target, probability = random.integers(0, 8, 300), random.dirichlet(np.ones(8), 300)
    expected = top_k_accuracy_score(target, probability, k=k, labels=range(8))
    assert measured(top_k(k), target, probability) == pytest.approx(expected)


def test_ties_are_the_mean_over_the_orders_of_the_classes() -> None:
    target = np.array([0, 1, 2, 3, 3])
    probability = np.array([[0.3, 0.3, 0.3, 0.1], [0.25] * 4, [0.4, 0.2, 0.2, 0.2], [0.4, 0.2, 0.2, 0.2], [0.5, 0.3, 0.2, 0.0]])
    found = []
    for order in permutations(range(4)):
        place = np.argsort(order)
        found.append(top_k_accuracy_score(place[target], probability[:, order], k=2, labels=range(4)))
    assert measured(top_k(2), target, probability) == pytest.approx(np.mean(found))


def test_no_more_classes_than_may_be_named_is_undefined() -> None:
    truth = Truth("multiclass", np.arange(2), {"target": np.array([0, 1])})
    said = Predictions("multiclass", np.arange(2), {"probability": np.full((2, 5), 0.2)})
    assert TOP_3_ACCURACY.undefined(truth, said) is None
    assert TOP_5_ACCURACY.undefined(truth, said) == "there are 5 classes: the 5 likeliest are all of them"


def test_rows_that_count_in_part_are_no_share() -> None:
    truth = Truth("multiclass", np.arange(2), {"target": np.array([0, 1])})
    tied = Predictions("multiclass", np.arange(2), {"probability": np.full((2, 5), 0.2)})
    assert TOP_3_ACCURACY.proportion(TOP_3_ACCURACY.unit_statistics(truth, tied)) is None


@pytest.mark.parametrize("k", [1, 0, -3])
def test_fewer_than_two_classes_to_name_are_refused(k: int) -> None:
    with pytest.raises(ConfigError, match=f"top_k@{k}"):
        top_k(k)
