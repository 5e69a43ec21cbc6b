"""The one picture of the thresholds: what each costs, or (where nobody said what mistakes cost) its net benefit."""

from dataclasses import dataclass

import numpy as np

from assay.core.errors import DataError
from assay.measure.threshold import ThresholdRule, cost_curve, decision_curve
from assay.report.figures import Figure, legend_entry
from assay.report.numbers import decimals_for, interval_text, number
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


def curve_figure(rows: Rows, rule: ThresholdRule, chosen: float, name: str) -> Figure | None:
    """None where the rows allow no such curve."""
    try:
        return _cost(rows, rule, chosen, name) if rule.kind == "cost" else _benefit(rows, chosen, name)
    except DataError:
        return None


def _cost(rows: Rows, rule: ThresholdRule, chosen: float, name: str) -> Figure:
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
    said = (
        f"calling nobody costs {number(curve.nobody, places)} per row, everybody {number(curve.everybody, places)}, "
        f"and the line is lowest at {number(at, 3)} with {number(least, places)}"
    )
    drawing = Drawing("cut", "What each threshold costs", f"Cost per row over the threshold for {name}, out of fold; {said}.")
    caption = (
        f"Cost per row at each threshold for {name}, out of fold, with its 95 % band (point by point); the upright line is the "
        f"chosen threshold. Here {said}. What to do: along a flat stretch take whichever threshold suits you; where "
        "the line does not lie below both others, the model saves nothing over treating all rows alike. The lowest point was "
        "found on these rows and flatters a little."
    )
    svg = threshold_curve(drawing, lines, chosen=chosen, x=(0.0, _right(rows, chosen)), y=(0.0, top), y_label="Cost per row")
    names = ("cutting at the threshold", "calling everybody", "calling nobody")
    legend = tuple(legend_entry(text, line) for text, line in zip(names, lines, strict=True))
    return Figure("What each threshold costs", svg, caption, legend)


def _benefit(rows: Rows, chosen: float, name: str) -> Figure:
    curve = decision_curve(rows.target, rows.probability, weights=rows.weights, clusters=rows.clusters, thresholds=rows.cuts)
    lines = [
        _main(curve.threshold, curve.benefit, curve.low, curve.high),
        Line(curve.threshold, curve.everybody, slot=1),
        Line(curve.threshold, np.zeros(len(curve.threshold)), slot=2),
    ]
    share = float(np.average(rows.target, weights=rows.weights))
    peak = max(share, float(curve.benefit.max())) or 1.0
    drawing = Drawing(
        "cut",
        "Net benefit of each threshold",
        f"Net benefit over the threshold for {name}, out of fold, beside calling everybody and calling nobody.",
    )
    caption = (
        f"Net benefit for {name}, out of fold, with its 95 % band (point by point): positives found per row, less the false "
        "alarms, each counted as t / (1 − t) of a positive at the threshold t; the upright line is the chosen threshold."
        f"{_at_chosen(rows, chosen)} What to do: find the probability from which acting would just be worth its trouble to "
        "you; act by the model where its line there lies above both others. It takes the probabilities at their word."
    )
    svg = threshold_curve(
        drawing,
        lines,
        chosen=chosen,
        x=(0.0, _right(rows, chosen)),
        y=(-0.2 * peak, 1.15 * peak),
        y_label="Net benefit per row",
    )
    names = ("calling by the model", "calling everybody", "calling nobody")
    legend = tuple(legend_entry(text, line) for text, line in zip(names, lines, strict=True))
    return Figure("Is acting on the model worth it?", svg, caption, legend)


def _at_chosen(rows: Rows, chosen: float) -> str:
    """The net benefit at the chosen threshold in words; nothing where it has none."""
    if not 0 <= chosen < 1:
        return ""
    at = decision_curve(
        rows.target, rows.probability, weights=rows.weights, clusters=rows.clusters, thresholds=np.array([chosen])
    )
    value, low, high, everybody = (float(values[0]) for values in (at.benefit, at.low, at.high, at.everybody))
    places = decimals_for([value, everybody])
    known = np.isfinite(low) and np.isfinite(high)
    said = interval_text(value, low if known else None, high if known else None, places)
    return f" There it is {said}, calling everybody {number(everybody, places)}, nobody 0."


def _main(x: np.ndarray, y: np.ndarray, low: np.ndarray, high: np.ndarray) -> Line:
    """The curve, without its band where that is not known."""
    if not (np.isfinite(low).all() and np.isfinite(high).all()):
        return Line(x, y, is_main=True)
    return Line(x, y, 0, low, high, is_main=True)


def _right(rows: Rows, chosen: float) -> float:
    """Where the picture ends: a little above the highest probability and the chosen threshold."""
    return min(1.0, 1.05 * max(float(rows.probability.max()), chosen)) or 1.0
