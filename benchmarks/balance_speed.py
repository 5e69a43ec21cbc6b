"""Samplers against imbalanced-learn's of the same name: seconds, memory, and whether the neighbours are the right ones.

``make_classification`` with 20 columns and 10 % of the rows in the smaller class; for SMOTE-NC 15 numbers and 5 categories
of 8 levels.  Each fit is a process of its own with two threads, in which both sides have been run on a few rows before the
clock starts; the sides take turns.  Memory is what the process's resident size rose by at its peak.  What Assay may take is
the output plus 25 % of the input, and 16 MiB for what does not grow with the rows: stacks and heaps of two threads, and the
buffers of the matrix library.

The correctness check beside the time: Assay's new rows lie between true neighbours.  For a sample of new rows the share
whose second parent is among the first one's true k nearest (found by scikit-learn, looking at all rows) is the recall.
"""

import argparse
import inspect
import json
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from harness import main, spread

SEED = 0
RECALL = 0.99
CHECKED = 3000
CONSTANT_MIB = 16
ROWS_WITHIN = 2e-3
CATEGORIES = [15, 16, 17, 18, 19]


@dataclass(frozen=True)
class Case:
    """times: how many times faster Assay must be.  settings: of Assay's side.  shared: of both.  peer: False where
    imbalanced-learn was stopped after minutes.  most_seconds, most_mib: absolute limits."""

    sampler: str
    rows: int
    times: float = 1.0
    settings: dict[str, Any] = field(default_factory=dict)
    shared: dict[str, Any] = field(default_factory=dict)
    peer: bool = True
    most_seconds: float | None = None
    most_mib: float | None = None


CASES = {
    "SMOTE, 1 M rows": Case("SMOTE", 1_000_000, times=5),
    "SMOTE, 1 M rows, exact": Case("SMOTE", 1_000_000, settings={"exact": True}),
    "SMOTE, 50 k rows": Case("SMOTE", 50_000, times=1),
    "ADASYN, 200 k rows": Case("ADASYN", 200_000, times=4),
    "Borderline-SMOTE, 200 k rows": Case("BorderlineSMOTE", 200_000, times=4),
    "SMOTE-NC, 200 k rows": Case("SMOTENC", 200_000, times=20, settings={"scale": False}, most_mib=300),
    "SMOTE-NC, 1 M rows": Case("SMOTENC", 1_000_000, settings={"scale": False}, peer=False, most_seconds=20),
    "Random over-sampling, 1 M rows": Case("RandomOverSampler", 1_000_000),
    "Random under-sampling, 1 M rows": Case("RandomUnderSampler", 1_000_000),
    "SVM-SMOTE, 20 k rows": Case("SVMSMOTE", 20_000),
    "K-means-SMOTE, 50 k rows": Case("KMeansSMOTE", 50_000, shared={"cluster_balance_threshold": 0.1}),
    "SMOTE-N, 20 k rows": Case("SMOTEN", 20_000),
    "Tomek links, 50 k rows": Case("TomekLinks", 50_000),
    "Edited nearest neighbours, 50 k rows": Case("EditedNearestNeighbours", 50_000),
    "NearMiss, 50 k rows": Case("NearMiss", 50_000),
    "NearMiss 2, 20 k rows": Case("NearMiss", 20_000, shared={"version": 2}),
    "One-sided selection, 50 k rows": Case("OneSidedSelection", 50_000),
    "Cluster centroids, 20 k rows": Case("ClusterCentroids", 20_000),
    "SMOTE-ENN, 50 k rows": Case("SMOTEENN", 50_000),
    "SMOTE-Tomek, 50 k rows": Case("SMOTETomek", 50_000),
    "SMOTE-Tomek, 300 k rows": Case("SMOTETomek", 300_000, peer=False),
}


def table(case: Case, rows: int) -> tuple[np.ndarray, np.ndarray]:
    if case.sampler == "SMOTENC":
        rng = np.random.default_rng(SEED)
        y = (rng.random(rows) < 0.1).astype(np.int64)
        return np.hstack([rng.normal(size=(rows, 15)) + 0.5 * y[:, None], rng.integers(0, 8, (rows, 5)).astype(float)]), y
    if case.sampler == "SMOTEN":
        rng = np.random.default_rng(SEED)
        y = (rng.random(rows) < 0.1).astype(np.int64)
        return (rng.integers(0, 8, (rows, 10)) // (1 + y[:, None])).astype(float), y
    from sklearn.datasets import make_classification

    return make_classification(rows, 20, weights=[0.9], flip_y=0, random_state=SEED)


def sampler(side: str, case: Case) -> Any:
    settings = {**case.shared, **(case.settings if side == "assay" else {})}
    if side == "assay":
        import assay.balance

        made = getattr(assay.balance, case.sampler)
    else:
        from imblearn import combine, over_sampling, under_sampling

        home = next(one for one in (over_sampling, under_sampling, combine) if hasattr(one, case.sampler))
        made = getattr(home, case.sampler)
    if "random_state" in inspect.signature(made).parameters:
        settings["random_state"] = SEED
    return made(CATEGORIES, **settings) if case.sampler == "SMOTENC" else made(**settings)


def one_fit(side: str, name: str) -> None:
    """What a child process does: fit, and print what it took as JSON."""
    case = CASES[name]
    X, y = table(case, case.rows)
    import sklearn.cluster  # noqa: F401 - code that both sides load once, Assay only when a search has many rows

    sampler(side, case).fit_resample(X[:4000], y[:4000])
    Path("/proc/self/clear_refs").write_text("5")
    before = _peak_mib()
    started = time.perf_counter()
    fitted = sampler(side, case)
    every, labels = fitted.fit_resample(X, y)
    found = {
        "seconds": time.perf_counter() - started,
        "extra_mib": _peak_mib() - before,
        "input_mib": (X.nbytes + y.nbytes) / 2**20,
        "output_mib": (every.nbytes + labels.nbytes) / 2**20,
        "rows": len(labels),
    }
    if side == "assay":
        found |= recall(fitted, case, X, y)
    print(json.dumps(found))


def recall(fitted: Any, case: Case, X: np.ndarray, y: np.ndarray) -> dict[str, float]:
    """Of the second parents of some new rows, how many are true neighbours; within the class, as all of these methods have it."""
    if not hasattr(fitted, "parents_") or case.sampler == "SMOTEN":  # its new rows have one parent
        return {}
    from sklearn.neighbors import NearestNeighbors

    own = np.flatnonzero(y == 1)
    points = X[own]
    if case.sampler == "SMOTENC":
        numbers, levels = points[:, :15], points[:, CATEGORIES].astype(int)
        cost = np.median(numbers.std(axis=0)) / np.sqrt(2)
        points = np.hstack([numbers, *(np.eye(8)[column] * cost for column in levels.T)])
    places = np.random.default_rng(SEED).choice(len(fitted.parents_), min(CHECKED, len(fitted.parents_)), replace=False)
    first, second = fitted.parents_.first[places], fitted.parents_.second[places]
    search = NearestNeighbors(n_neighbors=6, algorithm="brute").fit(points)
    near = own[search.kneighbors(points[np.searchsorted(own, first)], return_distance=False)[:, 1:]]
    return {"recall": float((near == second[:, None]).any(axis=1).mean())}


def _peak_mib() -> float:
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) / 1024


def measured(name: str, runs: int) -> dict[str, Any]:
    sides = ["assay", "imbalanced-learn"] if CASES[name].peer else ["assay"]
    found: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for number in range(runs):
        for side in sides if number % 2 == 0 else reversed(sides):
            child = [sys.executable, __file__, "--fit", side, name]
            done = subprocess.run(child, capture_output=True, text=True, check=False)
            if done.returncode:
                sys.exit(f"{side}, {name}:\n{done.stderr[-3000:]}")
            found[side].append(json.loads(done.stdout))
            print(f"{name}, {side}: {found[side][-1]['seconds']:.2f} s", file=sys.stderr, flush=True)
    return {
        side: {key: spread([one[key] for one in fits]) for key in ("seconds", "extra_mib")}
        | {key: fits[0][key] for key in fits[0] if key not in ("seconds", "extra_mib")}
        for side, fits in found.items()
    }


def checked(name: str, case: Case, sides: dict[str, Any]) -> dict[str, bool]:
    ours, theirs = sides["assay"], sides.get("imbalanced-learn")
    extra, seconds = ours["extra_mib"]["median"], ours["seconds"]["median"]
    checks = {f"{name}: no more memory than the output and a quarter of the input": extra <= allowed(ours)}
    if theirs is not None:
        factor = theirs["seconds"]["median"] / seconds
        checks[f"{name}: at least {case.times:g} times as fast"] = factor >= case.times
        # One missed neighbour in a hundred moves what is rounded row by row (ADASYN) or cleaned away.
        checks[f"{name}: as many rows, within {ROWS_WITHIN:.1%}"] = abs(ours["rows"] / theirs["rows"] - 1) <= ROWS_WITHIN
    if "recall" in ours:
        checks[f"{name}: {RECALL:.0%} of the mates are true neighbours"] = ours["recall"] >= RECALL
    if case.most_seconds is not None:
        checks[f"{name}: at most {case.most_seconds:g} s"] = seconds <= case.most_seconds
    if case.most_mib is not None:
        checks[f"{name}: at most {case.most_mib:g} MiB"] = extra <= case.most_mib
    return checks


def allowed(ours: dict[str, Any]) -> float:
    return float(ours["output_mib"] + 0.25 * ours["input_mib"] + CONSTANT_MIB)


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    wanted = [name for name in CASES if not arguments.only or any(part in name for part in arguments.only.split(","))]
    result = {name: measured(name, arguments.runs) for name in wanted}
    checks = {said: held for name, sides in result.items() for said, held in checked(name, CASES[name], sides).items()}
    for sides in result.values():
        sides["assay"]["allowed_mib"] = allowed(sides["assay"])
        if "imbalanced-learn" in sides:
            sides["times_faster"] = sides["imbalanced-learn"]["seconds"]["median"] / sides["assay"]["seconds"]["median"]
    return {"cases": result, "checks": checks}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--only", default="", help="cases whose name holds one of these, separated by commas")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--fit"]:
        one_fit(sys.argv[2], sys.argv[3])
    else:
        main("balance_speed", benchmark, needs_data=False, options=options)
