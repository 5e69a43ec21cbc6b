"""2000 bootstrap replicates of a metric: Assay's engine, a loop over scikit-learn and scipy.stats.bootstrap, in turn.

Rows are simulated: a tenth positive, scores normal and one apart, no ties.  Each side gets the same two arrays and gives the
ends of a 95 % percentile interval of the ROC AUC.  Assay's seconds include its sorting; its kernels were compiled before
(the first call of a fresh cache is measured apart, in processes of their own).  What would take minutes is timed on fewer
replicates and extrapolated in proportion; such figures are named "extrapolated".

Two intervals from independent resamples agree when each end differs by at most four standard errors of that difference.
The quantile of order q of R draws has the standard error s × sqrt(q (1 − q) / R) / φ(z_q), with s the draws' standard
deviation and φ the normal density (Stuart & Ord, 10.10); two independent ends differ with the root of both squares' sum.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from harness import main, measure, spread, succeed
from scipy import stats
from sklearn import metrics as sk

from assay.core.threads import usable_threads
from assay.measure.parts import Part, design_of
from assay.measure.payload import Predictions, Truth
from assay.measure.registry import METRICS
from assay.measure.resample import Estimator, replicate_weights, replicates

MILLION = 1_000_000
LOOPS: dict[str, Callable[..., float]] = {
    "roc_auc": lambda a, w: sk.roc_auc_score(a["target"], a["score"], sample_weight=w),
    "average_precision": lambda a, w: sk.average_precision_score(a["target"], a["score"], sample_weight=w),
    "log_loss": lambda a, w: sk.log_loss(a["target"], a["probability"], sample_weight=w),
    "brier": lambda a, w: sk.brier_score_loss(a["target"], a["probability"], sample_weight=w),
    "accuracy": lambda a, w: sk.accuracy_score(a["target"], a["label"], sample_weight=w),
    "f1": lambda a, w: sk.f1_score(a["target"], a["label"], sample_weight=w),
    "rmse": lambda a, w: sk.root_mean_squared_error(a["target"], a["value"], sample_weight=w),
    "mae": lambda a, w: sk.mean_absolute_error(a["target"], a["value"], sample_weight=w),
    "r2": lambda a, w: sk.r2_score(a["target"], a["value"], sample_weight=w),
}

READS = {name: METRICS.get(name).needs for name in LOOPS}
FEW = 20  # replicates of a loop that are timed where its whole time is extrapolated


def rows(n: int) -> dict[str, np.ndarray]:
    random = np.random.default_rng(0)
    target = (random.random(n) < 0.1).astype(np.int64)
    score = target + random.normal(size=n)
    probability = 1 / (1 + np.exp(np.log(9) + 0.5 - score))
    return {"target": target, "score": score, "probability": probability, "label": (probability > 0.2) * 1, "value": probability}


def resampled(arrays: dict[str, np.ndarray], name: str, n_replicates: int, seed: int) -> tuple[np.ndarray, Estimator]:
    """Assay, from the arrays to the draws (n_replicates,)."""
    units = np.arange(len(arrays["target"]))
    predictions = Predictions("binary", units, {key: array for key, array in arrays.items() if key != "target"})
    parts = [Part(0, 0, Truth("binary", units, {"target": arrays["target"]}), predictions)]
    estimator = Estimator(METRICS.get(name), parts, design_of(parts))
    return replicates([estimator], estimator.design, n_replicates=n_replicates, seed=seed)[:, 0], estimator


def loop(arrays: dict[str, np.ndarray], name: str, n_replicates: int, seed: int) -> np.ndarray:
    """What one writes by hand: draw rows, call scikit-learn, again."""
    random, n = np.random.default_rng(seed), len(arrays["target"])
    needed = {key: arrays[key] for key in ("target", READS[name])}
    draws = np.empty(n_replicates)
    for replicate in range(n_replicates):
        drawn = random.integers(0, n, n)
        draws[replicate] = LOOPS[name]({key: array[drawn] for key, array in needed.items()}, None)
    return draws


def by_scipy(arrays: dict[str, np.ndarray], n_replicates: int, seed: int) -> np.ndarray:
    """scipy.stats.bootstrap in batches of 20; all at once it keeps replicates × rows positions."""
    return np.asarray(
        stats.bootstrap(
            (arrays["target"], arrays["score"]),
            sk.roc_auc_score,
            n_resamples=n_replicates,
            batch=20,
            vectorized=False,
            paired=True,
            method="percentile",
            rng=np.random.default_rng(seed),
        ).bootstrap_distribution
    )


def timed(call: Callable[[], Any]) -> tuple[float, Any]:
    started = time.perf_counter()
    found = call()
    return time.perf_counter() - started, found


def processor_time(call: Callable[[], Any]) -> float:
    """Seconds of all threads together: what others do on the machine moves it little."""
    started = time.process_time()
    call()
    return time.process_time() - started


def ends(draws: np.ndarray) -> list[float]:
    return [float(end) for end in np.quantile(draws, [0.025, 0.975])]


def agreement(a: np.ndarray, b: np.ndarray) -> dict[str, Any]:
    """The two intervals, how far their ends may lie apart, and whether they do not (see the header)."""
    spread_of_draws = float(a.std(ddof=1))
    one = np.sqrt(0.025 * 0.975) / stats.norm.pdf(stats.norm.ppf(0.025)) * spread_of_draws
    tolerance = float(4 * one * np.sqrt(1 / len(a) + 1 / len(b)))
    apart = float(np.abs(np.array(ends(a)) - np.array(ends(b))).max())
    return {"ends": ends(b), "replicates": len(b), "apart": apart, "tolerance": tolerance, "agrees": apart <= tolerance}


def small(sizes: argparse.Namespace, runs: int) -> dict[str, Any]:
    """The three sides in turn."""
    arrays, n_replicates = rows(sizes.rows), sizes.replicates
    resampled(arrays, "roc_auc", 2, 0)
    ours, loops, scipys, draws, looped, spied = [], [], [], np.empty(0), np.empty(0), np.empty(0)
    n_scipy = max(100, n_replicates // 10)
    for run in range(runs):
        seconds, (draws, _) = timed(lambda run=run: resampled(arrays, "roc_auc", n_replicates, run))
        ours.append(seconds)
        seconds, looped = timed(lambda run=run: loop(arrays, "roc_auc", n_replicates, run))
        loops.append(seconds)
        seconds, spied = timed(lambda run=run: by_scipy(arrays, n_scipy, run))
        scipys.append(seconds * n_replicates / n_scipy)
    return {
        "rows": sizes.rows,
        "replicates": n_replicates,
        "assay": {
            "seconds": spread(ours),
            "processor seconds": processor_time(lambda: resampled(arrays, "roc_auc", n_replicates, 0)),
            "ends": ends(draws),
        },
        "loop over scikit-learn": {"seconds": spread(loops), **agreement(draws, looped)},
        "scipy.stats.bootstrap": {
            "seconds, extrapolated": spread(scipys),
            "replicates that were timed": n_scipy,
            **agreement(draws, spied),
        },
        "times faster than the loop": spread(loops)["median"] / spread(ours)["median"],
        "times faster than scipy": spread(scipys)["median"] / spread(ours)["median"],
    }


def of_each_metric(sizes: argparse.Namespace, runs: int) -> dict[str, Any]:
    """Assay in full; the loop on a few replicates, extrapolated; and Assay's draws against scikit-learn on the same counts."""
    arrays, found = rows(sizes.rows), {}
    for name in LOOPS:
        resampled(arrays, name, 2, 0)
        ours, loops = [], []
        for run in range(runs):
            ours.append(timed(lambda name=name, run=run: resampled(arrays, name, sizes.replicates, run))[0])
            loops.append(timed(lambda name=name, run=run: loop(arrays, name, FEW, run))[0] * sizes.replicates / FEW)
        draws, estimator = resampled(arrays, name, 5, 0)
        counts = replicate_weights(estimator.design, range(5), seed=0).astype(np.float64)
        worst = max(abs(draw - LOOPS[name](arrays, row)) for draw, row in zip(draws, counts, strict=True))
        found[name] = {
            "assay": spread(ours),
            "loop, extrapolated": spread(loops),
            "times faster": spread(loops)["median"] / spread(ours)["median"],
            "furthest from scikit-learn on the same counts": float(worst),
        }
    return found


def resident(field: str) -> float:
    """MiB of this process: VmRSS now, VmHWM the most since it was last reset."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith(field))
    return float(line.split()[1]) / 1024


def large(sizes: argparse.Namespace) -> None:
    """In a process of its own: seconds, and the memory that the call needs beyond the arrays that it is given."""
    resampled(rows(1000), "roc_auc", 2, 0)  # the compiler and its library are no part of what a million rows need
    arrays = {key: array for key, array in rows(MILLION).items() if key in ("target", "score")}
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the high-water mark starts anew
    seconds, (draws, _) = timed(lambda: resampled(arrays, "roc_auc", sizes.replicates, 0))
    extra = resident("VmHWM") - before
    few = 3
    by_loop, _ = timed(lambda: loop(arrays, "roc_auc", few, 0))
    processor = processor_time(lambda: resampled(arrays, "roc_auc", sizes.replicates, 0))
    print(
        json.dumps(
            {
                "rows": MILLION,
                "replicates": sizes.replicates,
                "seconds": seconds,
                "processor seconds": processor,
                "extra MiB": extra,
                "ends": ends(draws),
                "loop, extrapolated": by_loop * sizes.replicates / few,
                "loop's replicates that were timed": few,
            }
        )
    )


def first_call(folder: Path) -> dict[str, float]:
    """Seconds from the import of the engine to two replicates of every metric here: with an empty cache, and with a full one."""
    program = (
        "import sys, time; sys.path.insert(0, sys.argv[1]); import bootstrap as b; a = b.rows(1000); t = time.perf_counter(); "
        "[b.resampled(a, name, 2, 0) for name in b.LOOPS]; print(time.perf_counter() - t)"
    )
    environment = {**os.environ, "NUMBA_CACHE_DIR": str(folder / "numba")}
    found = []
    for _ in ("empty", "full"):
        command = [sys.executable, "-c", program, str(Path(__file__).parent)]
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
        found.append(float(done.stdout))
    return {"compiling, seconds": found[0], "from the cache, seconds": found[1]}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--rows", type=int, default=45_000, help="of the comparison with peers (default: 45000)")
    parser.add_argument("--replicates", type=int, default=2000, help="bootstrap resamples (default: 2000)")
    parser.add_argument("--large", action="store_true", help="only the part with a million rows, in this process")


def benchmark(sizes: argparse.Namespace, folder: Path) -> dict[str, Any]:
    if sizes.large:
        large(sizes)
        sys.exit(0)
    first = first_call(folder)
    auc = small(sizes, sizes.runs)
    each = of_each_metric(sizes, sizes.runs)
    script = [sys.executable, str(Path(__file__).resolve()), "--large", "--replicates", str(sizes.replicates)]
    millions = [succeed(measure(script, folder)) for _ in range(sizes.runs)]
    seconds, extra = spread([one["seconds"] for one in millions]), max(one["extra MiB"] for one in millions)
    sides = ("loop over scikit-learn", "scipy.stats.bootstrap")
    return {
        "threads": usable_threads(),
        "first call": first,
        "roc_auc": auc,
        "each metric": each,
        "a million rows": {**millions[-1], "seconds": seconds, "extra MiB": extra},
        "checks": {
            "at least 150 times faster than the loop": auc["times faster than the loop"] >= 150,
            "at least 150 times faster than scipy": auc["times faster than scipy"] >= 150,
            **{f"the interval agrees with {side} within Monte Carlo error": auc[side]["agrees"] for side in sides},
            "the same counts give scikit-learn's values within 1e-11": all(
                one["furthest from scikit-learn on the same counts"] < 1e-11 for one in each.values()
            ),
            "every metric is faster than its loop": all(one["times faster"] > 1 for one in each.values()),
            "a million rows take less than 10 s": seconds["median"] < 10,
            "a million rows need less than 300 MB extra": extra * 2**20 < 300e6,
            "compiling everything takes less than 10 s": first["compiling, seconds"] < 10,
        },
    }


if __name__ == "__main__":
    main("bootstrap", benchmark, needs_data=False, options=options)
