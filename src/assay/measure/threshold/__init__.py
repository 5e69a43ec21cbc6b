"""Where to cut a probability: by a score of the labels, by what mistakes cost, by a floor or a capacity.

Never on the rows that are scored: ``cross_fitted_labels`` cuts a fold where the other folds say.  ``uncertainty`` says how
well the rows know the threshold, ``cost`` and ``table`` what other thresholds would have done.
"""

from assay.measure.threshold.cost import cost_curve, cost_envelope, decision_curve, expected_cost
from assay.measure.threshold.cuts import Choice, choose, choose_threshold
from assay.measure.threshold.folds import (
    choice_of_parts,
    cross_fitted_labels,
    threshold_of_parts,
    threshold_spread,
    with_labels,
)
from assay.measure.threshold.rule import KINDS, ThresholdRule
from assay.measure.threshold.table import operating_table
from assay.measure.threshold.uncertainty import operating_utility, threshold_interval

__all__ = [
    "KINDS",
    "Choice",
    "ThresholdRule",
    "choice_of_parts",
    "choose",
    "choose_threshold",
    "cost_curve",
    "cost_envelope",
    "cross_fitted_labels",
    "decision_curve",
    "expected_cost",
    "operating_table",
    "operating_utility",
    "threshold_interval",
    "threshold_of_parts",
    "threshold_spread",
    "with_labels",
]
