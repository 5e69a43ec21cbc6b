"""How good the rows of each generator are: would a boosting tell them from real ones, and does it learn as much from them?

Real rows are halved: one half is learnt from, the other is what made rows are held against.  The generators' defaults were
chosen on other halves (seed 0) of the same tables, mostly adult and telco_churn.
Beside the generators stand two that are none: the rows learnt from themselves ("copies": what a perfect generator would
reach, and what one that only remembers reaches too), and columns drawn each for itself within a class ("independent").  A
generator that is easier to tell than the latter has learnt nothing.  Everything runs on one thread; seconds are the
processor's.  Intervals are about these
rows of this generator; distances of samples are above 0 also for equal distributions, and "copies" shows by how much.

No peer is run: CTGAN's, TVAE's and TabDDPM's own packages (ctgan, sdv, tab-ddpm) pin other versions of torch and pandas.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import main, spread
from lightgbm import LGBMClassifier
from scipy.spatial.distance import cdist
from scipy.stats import ks_2samp, norm, rankdata
from sklearn.model_selection import StratifiedKFold, train_test_split
from table_nets_cells import TABLES
from threadpoolctl import threadpool_limits

import assay
from assay.core.seeds import derive, generator, seed32
from assay.data.dataset import Dataset
from assay.data.schema import Schema
from assay.measure.direct import difference, measure
from assay.measure.evaluate import evaluate
from assay.measure.interval import Interval
from assay.measure.intervals import percentile_interval
from assay.measure.parts import Design, Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.proportion import proportion_interval
from assay.measure.registry import metric_named
from assay.measure.resample import replicate_weights
from assay.nets.generate.generator import Generator, fit_generator
from assay.nets.generate.registry import GENERATORS

CHOSEN = ("loanapp", "telco_churn", "german_credit", "adult")
REPLICATES = 200
LOOKED_AT = 2000
"""Made rows whose nearest real rows are sought."""

RAREST = 0.01
"""The share of rows below which a level has no correlations."""

LIMIT_SECONDS = 60.0
FIRST_SEED = 1
"""Seed 0 was looked at while defaults were chosen."""

Made = tuple[pl.DataFrame, np.ndarray]
"""Features, and class codes (n,)."""

Draw = Callable[[int], Made]
"""Rows for a seed."""


@dataclass(frozen=True)
class Halves:
    """learnt: what a maker of rows sees.  held: real rows that it does not."""

    learnt: Dataset
    held: Dataset

    @property
    def schema(self) -> Schema:
        return Schema(self.learnt.schema.features)

    @cached_property
    def counts(self) -> np.ndarray:
        """int64 (2,): rows of each class to make, in the shares of those learnt from, as many in all as are held."""
        positive = round(len(self.held) * float(self.learnt.target.mean()))
        return np.array([len(self.held) - positive, positive])


Maker = Callable[[Halves, int], Draw]
"""What learns from halves with a seed."""


def copies(halves: Halves, _seed: int) -> Draw:
    learnt = halves.learnt
    return lambda seed: _rows(learnt, generator(seed, "copies").permutation(len(learnt))[: len(halves.held)])


def independent(halves: Halves, _seed: int) -> Draw:
    def draw(seed: int) -> Made:
        rng = generator(seed, "independent")
        parts = []
        for code, count in enumerate(halves.counts):
            own = np.flatnonzero(halves.learnt.target == code)
            frame = halves.learnt.features
            parts.append(pl.DataFrame([series[rng.choice(own, count)] for series in frame.get_columns()]))
        return pl.concat(parts), np.repeat([0, 1], halves.counts)

    return draw


def learnt_by(settings: Generator) -> Maker:
    def fit(halves: Halves, seed: int) -> Draw:
        fitted = fit_generator(settings, halves.learnt.features, halves.schema, halves.learnt.target, seed=seed)

        def draw(seed: int) -> Made:
            parts = [fitted.sample(int(count), code, derive(seed, code)) for code, count in enumerate(halves.counts)]
            return pl.concat(parts), np.repeat([0, 1], halves.counts)

        return draw

    return fit


def _rows(data: Dataset, rows: np.ndarray) -> Made:
    return data.features[rows], data.target[rows]


@dataclass(frozen=True)
class Against:
    """Made rows beside the held ones.  codes of a category are those of all three tables together; a gap is a level."""

    halves: Halves
    made: Made

    @cached_property
    def columns(self) -> Mapping[str, tuple[bool, np.ndarray]]:
        """By name: whether it is a category, and float64 (made + held + learnt,): values with gaps as NaN, or codes."""
        tables = [self.made, *(_rows(data, np.arange(len(data))) for data in (self.halves.held, self.halves.learnt))]
        frame, target = pl.concat([features for features, _ in tables]), np.concatenate([codes for _, codes in tables])
        found = {"the target": (True, target.astype(np.float64))}
        for column in self.halves.schema.columns:
            series = frame[column.name]
            is_category = column.kind == "category"
            coded = series.cast(pl.String).rank("dense").fill_null(0) if is_category else series.to_physical()
            found[column.name] = (is_category, coded.cast(pl.Float64).fill_null(np.nan).to_numpy())
        return found

    @cached_property
    def sizes(self) -> tuple[int, int]:
        return self.made[0].height, len(self.halves.held)

    def design(self) -> Design:
        """Made and held rows are two samples, drawn anew each for itself."""
        return Design(np.arange(sum(self.sizes)), strata=np.repeat([0, 1], self.sizes))

    @cached_property
    def matrix(self) -> np.ndarray:
        """float64 (made + held + learnt, columns): what a boosting reads, the target first."""
        return np.column_stack([values for _, values in self.columns.values()])

    @cached_property
    def places(self) -> np.ndarray:
        """float64 (made + held + learnt, width): ranks in [0, 1], and half a one-hot of each category: Gower's distance in L1."""
        parts = []
        for is_category, values in self.columns.values():
            if is_category:
                parts.append((values[:, None] == np.unique(values)) / 2)
            else:
                parts.append((rankdata(np.nan_to_num(values, nan=-np.inf)) / len(values))[:, None])
        return np.hstack(parts)


def distances(against: Against) -> tuple[Interval, Interval]:
    """Kolmogorov–Smirnov distance, mean over numbers, and total variation, mean over categories."""
    n_made, n_held = against.sizes
    weights = np.vstack([np.ones(n_made + n_held), replicate_weights(against.design(), range(REPLICATES), seed=0)])
    of_kind: dict[bool, list[np.ndarray]] = {False: [], True: []}
    for is_category, values in against.columns.values():
        both = np.nan_to_num(values[: n_made + n_held], nan=-np.inf)
        levels, code = np.unique(both, return_inverse=True)
        shares = [np.zeros((len(weights), len(levels))) for _ in range(2)]
        for side, rows in enumerate((slice(0, n_made), slice(n_made, None))):
            for row, weight in enumerate(weights[:, rows]):
                shares[side][row] = np.bincount(code[rows], weight, len(levels)) / weight.sum()
        apart = shares[0] - shares[1]
        far = np.abs(apart).sum(1) / 2 if is_category else np.abs(apart.cumsum(1)).max(1)
        of_kind[is_category].append(far)
    return tuple(_with_error(np.mean(found, axis=0), n_made + n_held) for found in of_kind.values())  # type: ignore[return-value]


def correlations(against: Against) -> Interval:
    """|difference| of Pearson's correlations of ranks and of levels' indicators, mean over pairs of columns."""
    n_made, n_held = against.sizes
    parts, owners = [], []
    for owner, (is_category, values) in enumerate(against.columns.values()):
        both = values[: n_made + n_held]
        if not is_category:
            block = (rankdata(np.nan_to_num(both, nan=-np.inf)) / len(both))[:, None]
        else:
            block = (both[:, None] == np.unique(both)).astype(np.float64)
            block = block[:, (block[n_made:].mean(0) >= RAREST) & (block[n_made:].mean(0) <= 1 - RAREST)]
        parts.append(block)
        owners += [owner] * block.shape[1]
    table, owner_of = np.hstack(parts).astype(np.float32), np.array(owners)
    others = np.triu(owner_of[:, None] != owner_of)
    weights = np.vstack([np.ones(n_made + n_held), replicate_weights(against.design(), range(REPLICATES // 4), seed=0)])
    found = []
    for weight in weights.astype(np.float32):
        one, other = (_correlation(table[rows], weight[rows]) for rows in (slice(0, n_made), slice(n_made, None)))
        found.append(np.abs(one - other)[others].mean())
    return _with_error(np.array(found), n_made + n_held)


def _correlation(table: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(d, d), 0 where a column does not vary."""
    centred = table - np.average(table, axis=0, weights=weights)
    products = (centred * weights[:, None]).T @ centred
    length = np.sqrt(np.maximum(np.diag(products), 1e-9 * weights.sum()))
    return np.asarray(products / length / length[:, None])


def _with_error(values: np.ndarray, n: int) -> Interval:
    """values: of the rows as they are, then of their resamples; these are too far apart, and only their spread is used."""
    half = float(norm.ppf(0.975) * values[1:].std(ddof=1))
    value = float(values[0])
    return Interval(value, max(0.0, value - half), value + half, 0.95, "normal, bootstrap standard error", n, "this model")


def detection(against: Against) -> Interval:
    """ROC AUC of a boosting that tells made rows from held ones, five folds; 0.5 is perfect."""
    rows = against.matrix[: sum(against.sizes)]
    is_made = np.repeat([1, 0], against.sizes)
    parts = []
    for fold, (train, test) in enumerate(StratifiedKFold(5, shuffle=True, random_state=0).split(rows, is_made)):
        said = _boosted(against, rows[train], is_made[train]).predict_proba(rows[test])[:, 1]
        truth = Truth("binary", test, {"target": is_made[test]})
        parts.append(Part(0, fold, truth, Predictions("binary", test, {"score": said, "probability": said})))
    found = evaluate({"it": parts}, [metric_named("roc_auc")], design_of(parts), estimand="this recipe")
    return found.interval("it", "roc_auc")


def learnt_from(against: Against) -> np.ndarray:
    """float64 (held,): what a boosting says that learnt from the made rows."""
    (n_made, n_held), table = against.sizes, against.matrix
    model = _boosted(against, table[:n_made, 1:], against.made[1], skip=1)
    return np.asarray(model.predict_proba(table[n_made : n_made + n_held, 1:])[:, 1])


def _boosted(against: Against, rows: np.ndarray, labels: np.ndarray, skip: int = 0) -> LGBMClassifier:
    categories = [place for place, (is_category, _) in enumerate(list(against.columns.values())[skip:]) if is_category]
    return LGBMClassifier(n_jobs=1, verbosity=-1, random_state=0).fit(rows, labels, categorical_feature=categories)


def copied(against: Against) -> Interval:
    """The share of made rows that are a row learnt from, to the last value."""
    features, codes = against.made
    made = features.with_columns(pl.Series("the target", codes)).hash_rows(seed=0)
    known = against.halves.learnt.features.with_columns(pl.Series("the target", against.halves.learnt.target)).hash_rows(seed=0)
    return proportion_interval(int(made.is_in(known.implode()).sum()), len(made))


def remembered(against: Against, seed: int) -> tuple[Interval, Interval]:
    """The share of made rows that are nearer to a row learnt from than to a held one, and the ratio of both mean distances.

    0.5 and 1 where nothing is remembered: both halves are as large.  Rows as near to both are not counted in the share.
    """
    n_made, n_held = against.sizes
    looked = generator(seed, "looked at").permutation(n_made)[:LOOKED_AT]
    rng = generator(seed, "as many")
    n_learnt = len(against.halves.learnt)
    fewer = min(n_held, n_learnt)
    places = {
        "held": n_made + np.sort(rng.permutation(n_held)[:fewer]),
        "learnt": n_made + n_held + np.sort(rng.permutation(n_learnt)[:fewer]),
    }
    nearest = {}
    for side, rows in places.items():
        far = [cdist(against.places[part], against.places[rows], "cityblock").min(1) for part in np.array_split(looked, 20)]
        nearest[side] = np.concatenate(far)
    apart = nearest["learnt"] - nearest["held"]
    clear = np.abs(apart) > 1e-9
    share = proportion_interval(int((apart[clear] < 0).sum()), max(int(clear.sum()), 1))
    weights = replicate_weights(Design(np.arange(len(looked))), range(REPLICATES), seed=seed).astype(np.float64)
    draws = (weights @ nearest["learnt"]) / (weights @ nearest["held"])
    ratio = nearest["learnt"].mean() / nearest["held"].mean()
    return share, percentile_interval(float(ratio), draws, level=0.95, n=len(looked), estimand="this model")


def measured(halves: Halves, maker: Maker, seed: int) -> tuple[dict[str, Any], np.ndarray]:
    """Everything about one maker of rows; and what is learnt from its rows, float64 (held,)."""
    started = time.process_time()
    draw = maker(halves, derive(seed, "fit"))
    fitted = time.process_time()
    against = Against(halves, draw(derive(seed, "draw")))
    drawn = time.process_time()
    numbers, categories = distances(against)
    share, ratio = remembered(against, seed)
    said = learnt_from(against)
    found = {
        "detection AUC": detection(against),
        "efficacy AUC": measure(halves.held.target, score=said, metrics="roc_auc")["roc_auc"],
        "KS of numbers": numbers,
        "variation of categories": categories,
        "correlation error": correlations(against),
        "exact copies": copied(against),
        "nearer to learnt rows": share,
        "distance ratio": ratio,
    }
    return {"seconds": {"fit": fitted - started, "draw": drawn - fitted}, "measures": found}, said


def halved(data: Dataset, seed: int) -> Halves:
    state = seed32(seed, "halves")
    learnt, held = train_test_split(np.arange(len(data)), test_size=0.5, stratify=data.target, random_state=state)
    return Halves(data.take(np.sort(learnt)), data.take(np.sort(held)))


def makers(chosen: Sequence[str]) -> dict[str, Maker]:
    return {"copies": copies, "independent": independent} | {name: learnt_by(GENERATORS.get(name)()) for name in chosen}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--generators", default=",".join(GENERATORS.names()), help="separated by commas")
    parser.add_argument("--tables", default=",".join(CHOSEN), help="separated by commas")


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    chosen = makers([name for name in arguments.generators.split(",") if name])
    tables: dict[str, Any] = {}
    for table in arguments.tables.split(","):
        data = TABLES[table].read(table, arguments.data)
        runs: dict[str, list[dict[str, Any]]] = {name: [] for name in chosen}
        for run in range(arguments.runs):
            halves, seed = halved(data, FIRST_SEED + run), derive(FIRST_SEED + run, table)
            said = {}
            for name, maker in chosen.items():
                with threadpool_limits(limits=1):
                    found, said[name] = measured(halves, maker, derive(seed, name))
                told = difference(halves.held.target, said[name], said["copies"], metric="roc_auc")
                found["measures"]["efficacy minus that of real rows"] = told.interval
                runs[name].append(found)
                print(f"{table}, run {run}, {name}: {found['seconds']['fit']:.1f} s", file=sys.stderr, flush=True)
        tables[table] = {"rows": len(data), "columns": len(data.schema.features), "makers": runs}
    print(markdown(tables), file=sys.stderr)
    return {"peers": "none run", "tables": _as_json(tables), "checks": checks(tables)}


def checks(tables: Mapping[str, Any]) -> dict[str, bool]:
    def of(maker: str, what: str) -> list[Interval]:
        return [run["measures"][what] for table in tables.values() for run in table["makers"][maker]]

    learnt = [name for name in next(iter(tables.values()))["makers"] if name not in ("copies", "independent")]
    seconds = [run["seconds"]["fit"] for table in tables.values() for name in learnt for run in table["makers"][name]]
    real = of("copies", "detection AUC")
    return {
        "a boosting cannot tell real rows from real rows": all(one.low < 0.52 and one.high > 0.48 for one in real),
        "all copies are found": all(one.value == 1 for one in of("copies", "exact copies")),
        "the Kolmogorov-Smirnov distance is scipy's": agrees(),
        f"no fit took more than {LIMIT_SECONDS:.0f} s": max(seconds, default=0.0) <= LIMIT_SECONDS,
    } | {
        f"{name} is harder to tell than independent columns": all(
            one.high < other.low for one, other in zip(of(name, "detection AUC"), of("independent", "detection AUC"), strict=True)
        )
        for name in learnt
    }


def agrees() -> bool:
    """Whether the distance of one column of numbers with ties is scipy's."""
    rng = np.random.default_rng(0)
    frame = pl.DataFrame({"x": np.round(rng.normal(size=400), 1), "y": ["a", "b"] * 200})
    data = assay.read(frame, target="y", positive="b")
    halves = Halves(data.take(np.arange(200)), data.take(np.arange(200, 400)))
    made = _rows(halves.learnt, np.arange(0, 200, 2))
    numbers, _ = distances(Against(halves, made))
    return bool(abs(numbers.value - ks_2samp(made[0]["x"].to_numpy(), halves.held.features["x"].to_numpy()).statistic) < 1e-12)


def markdown(tables: Mapping[str, Any]) -> str:
    """The table to publish: the first run, values with 95 % intervals, and seconds."""
    lines = []
    for table, found in tables.items():
        names = list(found["makers"])
        lines += [f"\n| {table}, {found['rows']} rows | " + " | ".join(names) + " |", "| --- |" + " --- |" * len(names)]
        first = {name: found["makers"][name][0] for name in names}
        for what in first[names[0]]["measures"]:
            lines.append(f"| {what} | " + " | ".join(_short(first[name]["measures"][what]) for name in names) + " |")
        for what in ("fit", "draw"):
            seconds = [np.median([run["seconds"][what] for run in found["makers"][name]]) for name in names]
            lines.append(f"| seconds to {what} | " + " | ".join(f"{one:.1f}" for one in seconds) + " |")
    return "\n".join(lines)


def _short(interval: Interval) -> str:
    if interval.value is None or interval.low is None or interval.high is None:
        return str(interval)
    return f"{interval.value:.3f} [{interval.low:.3f}, {interval.high:.3f}]"


def _as_json(tables: Mapping[str, Any]) -> dict[str, Any]:
    said = {}
    for table, found in tables.items():
        of_maker = {}
        for name, runs in found["makers"].items():
            seconds = {what: spread([run["seconds"][what] for run in runs]) for what in ("fit", "draw")}
            intervals = [{what: one.to_json() for what, one in run["measures"].items()} for run in runs]
            of_maker[name] = {"seconds": seconds, "runs": intervals}
        said[table] = found | {"makers": of_maker}
    return said


if __name__ == "__main__":
    main("generators", benchmark, needs_data=True, options=options)
