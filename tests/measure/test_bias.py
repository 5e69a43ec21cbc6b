import numpy as np
import pytest
from tests.simulations.model_intervals import Scenario

from assay.measure.metric import HasBias
from assay.measure.registry import METRICS


@pytest.mark.parametrize(("n", "prevalence"), [(40, 0.5), (200, 0.1), (100, 0.3)])
def test_average_precision_less_its_bias_is_right_on_average_where_positives_are_few(n: int, prevalence: float) -> None:
    """The truth is the area under the precision-recall curve of endlessly many rows."""
    metric, scenario, random = METRICS.get("average_precision"), Scenario(n, prevalence), np.random.default_rng(0)
    assert isinstance(metric, HasBias)
    raw, corrected = [], []
    for _ in range(1500):
        part = scenario.draw(random)
        if metric.undefined(part.truth, part.predictions):
            continue
        statistics, weights = metric.unit_statistics(part.truth, part.predictions), np.ones(n)
        raw.append(float(metric.value(statistics, weights)))
        corrected.append(raw[-1] - metric.bias(statistics, weights))
    truth, error = scenario.truth["average_precision"], np.std(raw) / np.sqrt(len(raw))
    assert np.mean(raw) - truth > 3 * error
    assert abs(np.mean(corrected) - truth) < 3 * error
    assert abs(np.mean(corrected) - truth) < (np.mean(raw) - truth) / 2


def test_the_bias_of_many_rows_is_next_to_nothing_and_weights_scale_out() -> None:
    metric, part = METRICS.get("average_precision"), Scenario(5000, 0.5).draw(np.random.default_rng(1))
    statistics = metric.unit_statistics(part.truth, part.predictions)
    assert isinstance(metric, HasBias)
    assert 0 <= metric.bias(statistics, np.ones(5000)) < 1e-3
    assert metric.bias(statistics, np.full(5000, 7.0)) == pytest.approx(metric.bias(statistics, np.ones(5000)), rel=1e-9)
