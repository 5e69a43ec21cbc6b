"""How often the default interval holds the truth, for a model whose true metrics are known in closed form."""

import numpy as np
import pytest
from scipy.optimize import brentq
from scipy.stats import norm

from assay.measure.evaluate import evaluate
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import metric_named

GAP, CUT = 1.2, 0.8
NAMES = [
    "cohen_kappa",
    "g_mean",
    "specificity",
    "gini",
    "gain_at_10pct",
    "lift_at_10pct",
    "gain@5%",
    "expected_cost@5,1",
    "fbeta@2",
]


def truths(share: float) -> dict[str, float]:
    """Binormal scores, the classes ``GAP`` apart; labels from the score ``CUT`` on."""
    hit, alarm = norm.sf(CUT - GAP), norm.sf(CUT)
    tp, fp = share * hit, (1 - share) * alarm
    fn, tn = share - tp, 1 - share - fp
    chance = share * (tp + fp) + (1 - share) * (fn + tn)

    def gain(capacity: float) -> float:
        at = brentq(lambda cut: share * norm.sf(cut - GAP) + (1 - share) * norm.sf(cut) - capacity, -10, 12)
        return float(norm.sf(at - GAP))

    return {
        "cohen_kappa": (tp + tn - chance) / (1 - chance),
        "g_mean": np.sqrt(hit * (1 - alarm)),
        "specificity": 1 - alarm,
        "gini": 2 * norm.cdf(GAP / np.sqrt(2)) - 1,
        "gain_at_10pct": gain(0.1),
        "lift_at_10pct": gain(0.1) / 0.1,
        "gain@5%": gain(0.05),
        "expected_cost@5,1": 5 * fn + fp,
        "fbeta@2": 5 * tp / (5 * tp + 4 * fn + fp),
    }


def coverage(n: int, share: float, sets: int) -> dict[str, float]:
    random, true, held = np.random.default_rng([n, int(100 * share)]), truths(share), dict.fromkeys(NAMES, 0)
    metrics, units = [metric_named(name) for name in NAMES], np.arange(n)
    for _ in range(sets):
        target = (random.random(n) < share).astype(np.int64)
        score = random.normal(size=n) + GAP * target
        said = Predictions("binary", units, {"score": score, "label": (score >= CUT).astype(np.int64)})
        part = Part(0, 0, Truth("binary", units, {"target": target}), said)
        found = evaluate({"a": [part]}, metrics, design_of([part]), estimand="this model")
        for name in NAMES:
            interval = found.interval("a", name)
            held[name] += interval.low <= true[name] <= interval.high
    return {name: count / sets for name, count in held.items()}


def test_intervals_at_five_hundred_rows_hold_the_truth() -> None:
    for name, share in coverage(500, 0.2, 600).items():
        assert 0.91 <= share <= 0.98, name


@pytest.mark.slow
@pytest.mark.parametrize("n", [500, 2000])
@pytest.mark.parametrize("share", [0.1, 0.5])
def test_intervals_hold_the_truth_at_their_level(n: int, share: float) -> None:
    for name, held in coverage(n, share, 1500).items():
        assert 0.93 <= held <= 0.975, name
