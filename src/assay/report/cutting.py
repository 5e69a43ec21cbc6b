"""The one picture of the thresholds: what each costs, or (where nobody said what mistakes cost) its net benefit."""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import DataError
from assay.measure.threshold import ThresholdRule, cost_curve, decision_curve
from assay.report.figures import Figure, legend_entry
from assay.report.language import ENGLISH, Words
from assay.report.numbers import decimals_for
from assay.report.pictures.canvas import Drawing
from assay.report.pictures.cuts import threshold_curve
from assay.report.pictures.lines import Line

CLUSTERED_CUTS = 41
"""Over clusters each cut goes through all rows, so that fewer are asked for."""


@dataclass(frozen=True)
class Rows:
    """target: int (n,), 0 or 1.  probability, weights: float (n,).  clusters: codes (n,)."""

    target: np.ndarray
    probability: np.ndarray
    weights: np.ndarray | None
    clusters: np.ndarray | None

    @property
    def cuts(self) -> np.ndarray | None:
        """Thresholds to draw, None for the curve's own."""
        if self.clusters is None:
            return None
        between = np.quantile(self.probability, np.linspace(0, 1, CLUSTERED_CUTS - 1))
        return np.unique(np.clip(np.append(between, 0.0), 0.0, 0.99))


def curve_figure(rows: Rows, rule: ThresholdRule, chosen: float, name: str, w: Words = ENGLISH) -> Figure | None:
    """None where the rows allow no such curve."""
    try:
        return _cost(rows, rule, chosen, name, w) if rule.kind == "cost" else _benefit(rows, chosen, name, w)
    except DataError:
        return None


def _cost(rows: Rows, rule: ThresholdRule, chosen: float, name: str, w: Words) -> Figure:
    curve = cost_curve(
        rows.target,
        rows.probability,
        cost_fn=rule.cost_fn,
        cost_fp=rule.cost_fp,
        weights=rows.weights,
        clusters=rows.clusters,
        thresholds=rows.cuts,
    )
    ends, flat = np.array([0.0, 1.0]), np.ones(2)
    lines = [
        _main(curve.threshold, curve.cost, curve.low, curve.high),
        Line(ends, curve.everybody * flat, slot=1),
        Line(ends, curve.nobody * flat, slot=2),
    ]
    near = float(np.interp(chosen, curve.threshold, np.nan_to_num(curve.high, nan=0.0)))
    most = max(float(curve.cost.max()), curve.nobody, curve.everybody)
    top = min(1.08 * most, max(2 * min(curve.nobody, curve.everybody), 1.5 * near)) or 1.08 * most or 1.0
    least, at = float(curve.cost.min()), float(curve.threshold[int(curve.cost.argmin())])
    places = decimals_for([curve.nobody, curve.everybody])
    nobody, everybody, lowest = (w.fixed(cost, places) for cost in (curve.nobody, curve.everybody, least))
    said = w("cut-cost-said", nobody, everybody, w.fixed(at, 3), lowest)
    drawing = Drawing("cut", w("cut-cost-title"), w("cut-cost-description", name, said), point=w.point)
    svg = threshold_curve(
        drawing,
        lines,
        chosen=chosen,
        x=(0.0, _right(rows, chosen)),
        y=(0.0, top),
        labels=(w("cut-threshold"), w("cut-cost-per-row")),
    )
    names = (w("cut-legend-threshold"), w("cut-legend-everybody"), w("cut-legend-nobody"))
    legend = tuple(legend_entry(text, line) for text, line in zip(names, lines, strict=True))
    return Figure(w("cut-cost-title"), svg, w("cut-cost-caption", name, said), legend)


def _benefit(rows: Rows, chosen: float, name: str, w: Words) -> Figure:
    curve = decision_curve(rows.target, rows.probability, weights=rows.weights, clusters=rows.clusters, thresholds=rows.cuts)
    lines = [
        _main(curve.threshold, curve.benefit, curve.low, curve.high),
        Line(curve.threshold, curve.everybody, slot=1),
        Line(curve.threshold, np.zeros(len(curve.threshold)), slot=2),
    ]
    share = float(np.average(rows.target, weights=rows.weights))
    peak = max(share, float(curve.benefit.max())) or 1.0
    drawing = Drawing("cut", w("cut-benefit-title"), w("cut-benefit-description", name), point=w.point)
    svg = threshold_curve(
        drawing,
        lines,
        chosen=chosen,
        x=(0.0, _right(rows, chosen)),
        y=(-0.2 * peak, 1.15 * peak),
        labels=(w("cut-threshold"), w("cut-benefit-per-row")),
    )
    names = (w("cut-legend-model"), w("cut-legend-everybody"), w("cut-legend-nobody"))
    legend = tuple(legend_entry(text, line) for text, line in zip(names, lines, strict=True))
    return Figure(w("cut-benefit-heading"), svg, w("cut-benefit-caption", name, _at_chosen(rows, chosen, w)), legend)


def _at_chosen(rows: Rows, chosen: float, w: Words) -> str:
    """The net benefit at the chosen threshold in words; nothing where it has none."""
    if not 0 <= chosen < 1:
        return ""
    at = decision_curve(
        rows.target, rows.probability, weights=rows.weights, clusters=rows.clusters, thresholds=np.array([chosen])
    )
    value, low, high, everybody = (float(values[0]) for values in (at.benefit, at.low, at.high, at.everybody))
    places = decimals_for([value, everybody])
    known = np.isfinite(low) and np.isfinite(high)
    said = w.interval(value, low if known else None, high if known else None, places)
    return w("cut-benefit-there", said, w.fixed(everybody, places))


def _main(x: np.ndarray, y: np.ndarray, low: np.ndarray, high: np.ndarray) -> Line:
    """The curve, without its band where that is not known."""
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return Line(x, y, is_main=True)
    return Line(x, y, 0, low, high, is_main=True)


def _right(rows: Rows, chosen: float) -> float:
    """Where the picture ends: a little above the highest probability and the chosen threshold."""
    return min(1.0, 1.05 * max(float(rows.probability.max()), chosen)) or 1.0
