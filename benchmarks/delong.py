"""DeLong's variance of the ROC AUC of a million rows: Assay and the package confidenceinterval, in turn.

Rows are simulated: a tenth positive, scores normal and one apart; once without ties, once rounded to two digits.  Assay is
timed twice: ``assay.measure.measure``, which looks at every row first and gives the interval on the logit scale, and the
bare path from the arrays to AUC and variance.  The peer is timed by its ``roc_auc_score`` (its interval is on the plain
scale, so that values and variances are compared, not ends).  Its midranks are in single precision: it can agree to some
seven digits only.  The reference is DeLong by midranks in double precision (Sun & Xu 2014), written here with scipy.

The peer is used where it is installed: pip install --no-deps confidenceinterval==1.0.5.
"""

import argparse
import importlib.metadata
import importlib.util
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness import main, spread
from scipy.stats import rankdata

from assay.measure import measure
from assay.measure.linear import linearise
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS
from assay.measure.resample import Estimator

PEER = "confidenceinterval"
ROUNDS = 5
"""Of all sides in turn, in each of --runs."""

Found = tuple[float, float]
"""AUC and its variance."""


def rows(n: int, *, digits: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    random = np.random.default_rng(0)
    target = (random.random(n) < 0.1).astype(np.int64)
    score = target + random.normal(size=n)
    return target, score if digits is None else np.round(score, digits)


def bare(target: np.ndarray, score: np.ndarray) -> Found:
    units = np.arange(len(target))
    parts = [Part(0, 0, Truth("binary", units, {"target": target}), Predictions("binary", units, {"score": score}))]
    found = linearise(Estimator(METRICS.get("roc_auc"), parts, design_of(parts)))
    return found.value, found.row_variance


def whole(target: np.ndarray, score: np.ndarray) -> Any:
    return measure(target, score=score, metrics="roc_auc")["roc_auc"]


def by_peer(target: np.ndarray, score: np.ndarray) -> Any:
    from confidenceinterval import roc_auc_score

    return roc_auc_score(target, score)


def variance_of_peer(target: np.ndarray, score: np.ndarray) -> Found:
    from confidenceinterval.delong import delong_roc_variance

    auc, variance = delong_roc_variance(target, score)
    return float(auc), float(variance)


def reference(target: np.ndarray, score: np.ndarray) -> Found:
    positive, negative = score[target == 1], score[target == 0]
    m, n = len(positive), len(negative)
    ranks = rankdata(np.concatenate([positive, negative]))
    won = (ranks[:m] - rankdata(positive)) / n
    lost = 1 - (ranks[m:] - rankdata(negative)) / m
    return float(won.mean()), float(won.var(ddof=1) / m + lost.var(ddof=1) / n)


def apart(a: Found, b: Found) -> dict[str, float]:
    return {"auc": abs(a[0] - b[0]), "variance, relative": abs(a[1] / b[1] - 1)}


def timed(call: Callable[[], Any]) -> tuple[float, float]:
    """(wall-clock seconds, processor seconds)."""
    wall, processor = time.perf_counter(), time.process_time()
    call()
    return time.perf_counter() - wall, time.process_time() - processor


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=1_000_000, help="of each side (default: 1000000)")
    parser.add_argument("--require-peer", action="store_true", help=f"fail where {PEER} is not installed")


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    there = importlib.util.find_spec(PEER) is not None
    plain, tied = rows(arguments.rows), rows(arguments.rows, digits=2)
    sides: dict[str, Callable[[np.ndarray, np.ndarray], Any]] = {"assay.measure.measure": whole, "assay, bare": bare}
    if there:
        sides[PEER] = by_peer
    for side in sides.values():
        side(*rows(1000))  # compilers and imports are no part of it
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in sides}
    for _ in range(ROUNDS * arguments.runs):
        for name, side in sides.items():
            taken[name].append(timed(lambda side=side: side(*plain)))
    found: dict[str, Any] = {
        name: {"seconds": spread([one[0] for one in times]), "processor seconds": spread([one[1] for one in times])}
        for name, times in taken.items()
    }
    checks: dict[str, bool] = {}
    for what, arrays in (("without ties", plain), ("with ties", tied)):
        ours, exact = bare(*arrays), reference(*arrays)
        entry: dict[str, Any] = {"auc": ours[0], "variance": ours[1], "from the reference": apart(ours, exact)}
        checks[f"{what}: AUC and variance are the reference's within 1e-9"] = max(apart(ours, exact).values()) < 1e-9
        checks[f"{what}: measure gives the same AUC"] = whole(*arrays).value == ours[0]
        if there:
            entry["from the peer"] = apart(ours, variance_of_peer(*arrays))
            checks[f"{what}: AUC and variance are the peer's within 1e-6"] = max(entry["from the peer"].values()) < 1e-6
        found[what] = entry
    if there:
        median = {name: entry["seconds"]["median"] for name, entry in found.items() if name in sides}
        found["times faster than the peer"] = {name: median[PEER] / median[name] for name in sides if name != PEER}
        for name, times in found["times faster than the peer"].items():
            checks[f"{name} is at least 4 times faster than the peer"] = times >= 4
        found["peer"] = {"name": PEER, "version": importlib.metadata.version(PEER)}
    else:
        found["peer"] = {"absent": f"{PEER} is not installed; nothing was compared with it"}
        if arguments.require_peer:
            checks["the peer is there"] = False
    return {"rows": arguments.rows, **found, "checks": checks}


if __name__ == "__main__":
    main("delong", benchmark, needs_data=False, options=options)
