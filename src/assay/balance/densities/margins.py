"""Which family describes each column of a class's rows: chosen by held-out log-likelihood.

Every family is fitted to four fifths of the rows and asked about the last fifth, five times, on shared seeded folds.  The
family of the highest mean would be an arbitrary one of several that say the same, so among those within one standard error
of it (of the paired difference over rows) the one with the fewest fitted numbers is taken: the one-standard-error rule of
Breiman et al. (1984).  On a lattice (whole numbers, decimals) all families are asked for the probability of the rounded
value, so that continuous and discrete ones can be compared.

Rules instead of a choice: a category is categorical and a boolean Bernoulli; a range no wider than rounding is normal; of
fewer than FEWEST_ROWS rows, a number of two values is Bernoulli, one of few values categorical, any other normal.
Categorical competes for numbers of few values too.  A value that many rows share may get probability of its own beside a
family ("spiked gamma"): on a lattice that competes as one more candidate, elsewhere it is certain, because no density
repeats a value.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.balance.densities.columns import CodedColumn, code_table, has_few_values, on_lattice, spikes_of
from assay.balance.densities.density import Density, Levels, Spiked
from assay.balance.densities.families import CONTINUOUS, FAMILIES, Fit, Support, fit_constant, support_of
from assay.core.seeds import generator

FOLDS = 5
FEWEST_ROWS = 20
LEAST_WEIGHT = 1e-9
"""Of a row without weight: a fold of such rows alone would have no mean."""

LEAST_SPREAD = 1e-9
"""A range that is less of the largest value than this is rounding: normal, because every other shape would be that of floats."""

MOST_ROWS = 5000
"""Rows that the choice looks at, drawn at random from more; the chosen family is fitted to all."""


@dataclass(frozen=True)
class Margin:
    """A column's fitted density.

    held_out: mean held-out log-likelihood a row of every family that could be fitted, best first; empty where a rule chose.
    low, high: the smallest and largest value, beyond which nothing is drawn.  labels: of a category's codes.
    n: rows that have a value.  missing: rows that have none.
    """

    column: str
    density: Density
    held_out: dict[str, float]
    low: float
    high: float
    step: float | None
    labels: tuple[str, ...]
    n: int
    missing: int

    @property
    def family(self) -> str:
        return self.density.family

    @property
    def parameters(self) -> dict[str, float]:
        """By name; for a category the probability of each level, by its text."""
        if self.labels and isinstance(self.density, Levels):
            codes = self.density.values.astype(np.int64)
            return {self.labels[code]: float(share) for code, share in zip(codes, self.density.shares, strict=True)}
        return self.density.parameters

    def quantile(self, u: np.ndarray) -> np.ndarray:
        """float64 (n,): values of the density cut off at ``low`` and ``high``, on the column's lattice.  u: in (0, 1)."""
        if self.step is None:
            ends = np.array([np.nextafter(self.low, -np.inf), self.high])
        else:
            ends = np.array([self.low - self.step / 2, self.high + self.step / 2])
        first, last = self.density.cdf(ends)
        if last <= first:  # the density misses the rows it was fitted to by more than a float can tell
            return np.full(len(u), on_lattice(np.array([(self.low + self.high) / 2]), self.step)[0])
        within = np.clip(first + u * (last - first), np.nextafter(0, 1), np.nextafter(1, 0))
        return np.asarray(np.clip(on_lattice(self.density.quantile(within), self.step), self.low, self.high))


def fit_margins(frame: pl.DataFrame, seed: int, weights: np.ndarray | None = None) -> dict[str, Margin]:
    """The density of each column of a frame of numbers, categories, booleans and dates, by column name.

    A column with no value at all is left out.  weights: float64 (n,) of the rows, or None.
    Raises DataError for a column of another kind, and for infinite numbers.

    >>> waits = pl.DataFrame({"wait_minutes": np.random.default_rng(0).exponential(3.0, 400)})
    >>> fit_margins(waits, seed=0)["wait_minutes"].family
    'exponential'
    """
    columns = code_table(frame, "a fitted density")
    return {column.name: fit_margin(column, weights, seed) for column in columns if column.kind != "empty"}


def fit_margin(column: CodedColumn, weights: np.ndarray | None, seed: int) -> Margin:
    """The density of a column with at least one value."""
    present = column.present
    values = column.values[present]
    rows = _normalised(weights, present)
    density, held_out = _chosen(column, values, rows, generator(seed, "margin", column.name))
    return Margin(
        column=column.name,
        density=density,
        held_out=held_out,
        low=float(values.min()),
        high=float(values.max()),
        step=column.step,
        labels=() if column.levels is None else tuple(column.levels.cast(pl.String).to_list()),
        n=len(values),
        missing=int((~present).sum()),
    )


def _normalised(weights: np.ndarray | None, present: np.ndarray) -> np.ndarray:
    """Weights of mean 1 of the rows that have a value; rows of no weight at all count alike."""
    if weights is None or not weights[present].sum() > 0:
        return np.ones(int(present.sum()))
    return np.asarray(np.maximum(weights[present] / weights[present].mean(), LEAST_WEIGHT))


def _chosen(
    column: CodedColumn, values: np.ndarray, weights: np.ndarray, rng: np.random.Generator
) -> tuple[Density, dict[str, float]]:
    support = support_of(values)
    if len(support.levels) == 1:
        return fit_constant(support.smallest), {}
    ruled = _by_rule(column, values, support)
    if ruled is not None:
        fitted = FAMILIES[ruled](values, weights, support)
        return (fit_constant(support.smallest) if fitted is None else fitted), {}
    candidates = _candidates(values, column.step, support)
    if len(values) > MOST_ROWS:
        looked_at = rng.choice(len(values), MOST_ROWS, replace=False)
        scores = _held_out(candidates, values[looked_at], weights[looked_at], column.step, support, rng)
        asked = weights[looked_at]
    else:
        scores, asked = _held_out(candidates, values, weights, column.step, support, rng), weights
    for name in _by_preference(scores, asked):
        density = candidates[name](values, weights, support)
        if density is not None:
            means = {other: float(np.average(score, weights=asked)) for other, (score, _) in scores.items()}
            return density, dict(sorted(means.items(), key=lambda item: -item[1]))
    return FAMILIES["normal"](values, weights, support) or fit_constant(support.smallest), {}


def _by_rule(column: CodedColumn, values: np.ndarray, support: Support) -> str | None:
    """The family that needs no choice, or None."""
    if column.kind in ("category", "boolean"):
        return "bernoulli" if column.kind == "boolean" else "categorical"
    if support.largest - support.smallest < LEAST_SPREAD * max(abs(support.smallest), abs(support.largest)):
        return "normal"
    if len(values) >= FEWEST_ROWS:
        return None
    if column.step is not None and len(support.levels) == 2:
        return "bernoulli"
    return "categorical" if has_few_values(values, column.step) else "normal"


def _candidates(values: np.ndarray, step: float | None, support: Support) -> dict[str, Fit]:
    """The families that may compete, by name."""
    is_whole = step is not None and step >= 1
    if is_whole and len(support.levels) == 2:
        return {"bernoulli": FAMILIES["bernoulli"]} | ({"poisson": FAMILIES["poisson"]} if step == 1 else {})
    plain = CONTINUOUS | ({"poisson": FAMILIES["poisson"]} if step == 1 else {})
    spikes = spikes_of(values, step)
    rest = values[~np.isin(values, spikes)]
    may_spike = len(spikes) > 0 and len(rest) >= FEWEST_ROWS and len(np.unique(rest)) > 1
    spiked: dict[str, Fit] = {}
    if may_spike:
        around = support_of(rest)
        spiked = {f"spiked {name}": _with_spikes(fit, spikes, around) for name, fit in plain.items()}
    found = spiked if may_spike and step is None else plain | spiked
    if has_few_values(values, step):
        found = (found if step is not None else {}) | {"categorical": FAMILIES["categorical"]}
    return found


def _with_spikes(fit: Fit, spikes: np.ndarray, around: Support) -> Fit:
    def fit_spiked(x: np.ndarray, weights: np.ndarray, support: Support) -> Density | None:  # noqa: ARG001
        on_spike = np.isin(x, spikes)
        if on_spike.all():
            return None
        rest = fit(x[~on_spike], weights[~on_spike], around)
        rows = np.array([weights[x == spike].sum() for spike in spikes]) + 0.5
        return None if rest is None else Spiked(spikes, rows / (weights.sum() + 0.5 * (len(spikes) + 1)), rest)

    return fit_spiked


def _held_out(
    candidates: dict[str, Fit],
    values: np.ndarray,
    weights: np.ndarray,
    step: float | None,
    support: Support,
    rng: np.random.Generator,
) -> dict[str, tuple[np.ndarray, int]]:
    """The log-likelihood of every row (n,) by the fit that has not seen it, and the number of fitted numbers, by family."""
    fold = rng.permutation(np.arange(len(values)) % FOLDS)
    levels, place = np.unique(values, return_inverse=True)  # many rows share few values: each is asked about once
    found = {}
    for name, fit in candidates.items():
        scores, free = np.full(len(values), -np.inf), 0
        for held in range(FOLDS):
            rows = np.bincount(place, weights=np.where(fold == held, 0.0, weights), minlength=len(levels))
            with np.errstate(all="ignore"):  # what overflows is not finite, and so out of the competition
                density = fit(levels[rows > 0], rows[rows > 0], support)
                if density is None:
                    break
                asked = density.log_density(levels) if step is None else density.log_mass(levels, step)
            scores[fold == held] = asked[place[fold == held]]
            free = max(free, density.free)
        if np.isfinite(scores).all():
            found[name] = (scores, free)
    return found


def _by_preference(scores: dict[str, tuple[np.ndarray, int]], weights: np.ndarray) -> list[str]:
    """Names, the one to take first; see the module's header."""

    def mean(name: str) -> float:
        return float(np.average(scores[name][0], weights=weights))

    if not scores:
        return []
    best = max(scores, key=mean)

    def is_close(name: str) -> bool:
        lead = scores[best][0] - scores[name][0]
        average = np.average(lead, weights=weights)
        error = np.sqrt(np.average((lead - average) ** 2, weights=weights) / len(lead))
        return bool(average <= error)

    close = sorted((name for name in scores if is_close(name)), key=lambda name: (scores[name][1], -mean(name)))
    return close + sorted((name for name in scores if name not in close), key=mean, reverse=True)
