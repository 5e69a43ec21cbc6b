"""Nets for tables without tuning against the defaults of LightGBM and CatBoost, on eight binary tables.

Every candidate is fitted on the same stratified folds with two threads; a net has a minute a fit, its early stopping
included.  Metrics, intervals and paired differences are Assay's own; ranks are over tables, 1 the best.  What is fitted is
kept under --cells and used again, so that a run can be continued and recipes added to it.  The best peer of a table is
chosen by looking, which favours the peer.  Rows of one crash (nass_crash) lie in several folds, for all candidates alike.
"""

import argparse
import importlib.metadata
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from harness import main, spread
from sklearn.metrics import log_loss, roc_auc_score
from table_nets_cells import LIMIT_SECONDS, TABLES, THREADS, Candidate, Cell, cell_of, peers, recipe

from assay.data.dataset import Dataset
from assay.measure.compare.ranks import critical_difference, friedman, ranks_of
from assay.measure.compare.signed_rank import signed_rank
from assay.measure.evaluate import Evaluation, evaluate
from assay.measure.parts import Part, design_of
from assay.measure.registry import metric_named
from assay.splits.making import make_plan
from assay.study.work import truth_of

METRICS = ("roc_auc", "log_loss")
SEED = 0


@dataclass(frozen=True)
class Measured:
    """One table. candidates: those that have predictions for every fold. cells: of every candidate, fold by fold."""

    data: Dataset
    evaluation: Evaluation
    parts: Mapping[str, Sequence[Part]]
    cells: Mapping[str, Sequence[Cell]]
    failures: Mapping[str, str] = field(default_factory=dict)

    def value(self, candidate: str, metric: str) -> float:
        found = self.evaluation.interval(candidate, metric).value
        if found is None:
            raise ValueError(f"{candidate} has no {metric} on {self.data.source}.")
        return found

    def best(self, among: Sequence[str], metric: str) -> str:
        sign = -1 if metric_named(metric).greater_is_better else 1
        return min(among, key=lambda name: sign * self.value(name, metric))


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recipes", default="mlp", help="Assay's recipes by name, separated by commas; '' for the peers alone")
    parser.add_argument("--tables", default=",".join(TABLES), help="separated by commas")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--cells", type=Path, default=Path("table_nets_cells"), help="the folder of what was fitted")
    parser.add_argument("--refit", default="", help="candidates whose kept cells are not used, separated by commas")
    parser.add_argument("--publish", type=Path, help="write the tables of values, ranks and seconds to this file (Markdown)")


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    chosen = {**peers(), **{name: recipe(name) for name in _named(arguments.recipes)}}
    measured = {name: measure_table(name, chosen, arguments) for name in _named(arguments.tables)}
    whole = [name for name in chosen if all(name in table.parts for table in measured.values())]
    recipes = [name for name in whole if name not in peers()]
    seconds = [cell.seconds for name in recipes for table in measured.values() for cell in table.cells[name]]
    result: dict[str, Any] = {
        "settings": {"folds": arguments.folds, "repeats": arguments.runs, "seed": SEED, "threads": THREADS},
        "peers": {name: importlib.metadata.version(name) for name in peers()},
        "tables": {name: told(table, list(chosen)) for name, table in measured.items()},
        "failures": {f"{name}, {who}": why for name, table in measured.items() for who, why in table.failures.items()},
        "fitted by other code than this": stale(measured, chosen),
    }
    if len(measured) > 1:
        result["ranks"] = ranking(measured, whole)
        result["ranks of each recipe among itself and the peers"] = {
            name: ranking(measured, [name, *peers()]) | against_peers(measured, name) for name in recipes
        }
    result["checks"] = {
        "AUC and log loss are scikit-learn's within 1e-10": all(agrees(table) for table in measured.values()),
        "every fit gave predictions": not result["failures"],
        f"no recipe took more than {LIMIT_SECONDS:.0f} s for a fit": max(seconds, default=0.0) <= LIMIT_SECONDS,
    }
    page = markdown(measured, whole, result)
    print(page, file=sys.stderr)
    if arguments.publish is not None:
        arguments.publish.write_text(page, encoding="utf-8")
    return result


def measure_table(name: str, chosen: Mapping[str, Candidate], arguments: argparse.Namespace) -> Measured:
    data = TABLES[name].read(name, arguments.data)
    plan = make_plan(data, folds=arguments.folds, repeats=arguments.runs, seed=SEED, test_share=0)
    cells: dict[str, list[Cell]] = {who: [] for who in chosen}
    for fold in plan.folds:
        for who, candidate in chosen.items():
            refit = who in _named(arguments.refit)
            cell, is_new = cell_of(arguments.cells, name, candidate, data, fold, seed=SEED, refit=refit)
            cells[who].append(cell)
            if is_new:
                said = cell.failure or f"{cell.seconds:.1f} s"
                print(f"{name}, {who}, fold {fold.repeat}.{fold.fold}: {said}", file=sys.stderr, flush=True)
    truths = [truth_of(data, fold.test) for fold in plan.folds]
    parts, failures = {}, {}
    for who, found in cells.items():
        failed = [cell.failure for cell in found if cell.failure is not None]
        if failed:
            failures[who] = failed[0]
            continue
        parts[who] = [
            Part(fold.repeat, fold.fold, truth, cell.predictions)
            for fold, truth, cell in zip(plan.folds, truths, found, strict=True)
            if cell.predictions is not None
        ]
    metrics = [metric_named(metric) for metric in METRICS]
    first = next(iter(parts.values()))
    return Measured(data, evaluate(parts, metrics, design_of(first), estimand="this recipe"), parts, cells, failures)


def told(table: Measured, chosen: Sequence[str]) -> dict[str, Any]:
    """One table as JSON: every value with its interval, and its difference to the best peer."""
    features = table.data.schema.features
    best = {metric: table.best([name for name in peers() if name in table.parts], metric) for metric in METRICS}
    rows: dict[str, Any] = {}
    for name in (who for who in chosen if who in table.parts):
        row: dict[str, Any] = {metric: table.evaluation.interval(name, metric).to_json() for metric in METRICS}
        for metric, peer in best.items():
            if name == peer:
                continue
            found = table.evaluation.difference(name, peer, metric)
            ends = {end: getattr(found.interval, end) for end in ("value", "low", "high", "method")}
            row[f"{metric} minus the best peer's"] = {"peer": peer, **ends, "p": found.p}
        row["seconds a fit"] = spread([cell.seconds for cell in table.cells[name]])
        row["processor seconds a fit"] = spread([cell.cpu_seconds for cell in table.cells[name]])
        rows[name] = row
    return {
        "rows": len(table.data),
        "positive": float(table.data.target.mean()),
        "columns": {"numbers": sum(c.kind == "number" for c in features), "all": len(features)},
        "fingerprint": table.data.fingerprint,
        "best peer": best,
        "candidates": rows,
    }


def ranking(measured: Mapping[str, Measured], names: Sequence[str]) -> dict[str, Any]:
    """Mean ranks over tables by each metric, whether they differ at all, and how far apart they must lie to be told apart."""
    said: dict[str, Any] = {}
    for metric in METRICS:
        scores = [[table.value(name, metric) for name in names] for table in measured.values()]
        ranks = ranks_of(scores, greater_is_better=metric_named(metric).greater_is_better)
        test = friedman(ranks)
        said[metric] = {
            "mean ranks": dict(zip(names, test.mean_ranks, strict=True)),
            "by table": {name: dict(zip(names, row, strict=True)) for name, row in zip(measured, ranks.tolist(), strict=True)},
            "p of no difference": test.p_f,
            "critical difference": critical_difference(len(names), len(measured)),
        }
    both = np.mean([[said[metric]["mean ranks"][name] for name in names] for metric in METRICS], axis=0)
    said["mean of both"] = dict(zip(names, both.tolist(), strict=True))
    return said


def against_peers(measured: Mapping[str, Measured], name: str) -> dict[str, Any]:
    """Wilcoxon's signed ranks over tables of recipe − peer, and on how many tables the recipe is ahead."""
    said: dict[str, Any] = {}
    for metric in METRICS:
        sign = 1 if metric_named(metric).greater_is_better else -1
        for peer in peers():
            apart = np.array([table.value(name, metric) - table.value(peer, metric) for table in measured.values()])
            found = signed_rank(apart)
            said[f"{metric} minus {peer}'s"] = {
                "ahead on": int((sign * apart > 0).sum()),
                "of": len(apart),
                "median": found.median.to_json(),
                "p": found.p,
            }
    return said


def agrees(table: Measured) -> bool:
    """Whether scikit-learn says the same of the same predictions: AUC as the mean over folds, log loss over all rows."""
    for name, parts in table.parts.items():
        auc = np.mean([roc_auc_score(part.truth["target"], part.predictions["score"]) for part in parts])
        pairs = [(part.truth["target"], part.predictions["probability"]) for part in parts]
        loss = np.average([log_loss(*rows) for rows in pairs], weights=[len(rows[0]) for rows in pairs])
        if abs(auc - table.value(name, "roc_auc")) > 1e-10 or abs(loss - table.value(name, "log_loss")) > 1e-10:
            return False
    return True


def stale(measured: Mapping[str, Measured], chosen: Mapping[str, Candidate]) -> list[str]:
    """Candidates some of whose kept cells come from another state of the code; --refit NAME makes them anew."""
    return [
        name
        for name, candidate in chosen.items()
        if any(cell.code != candidate.code for table in measured.values() for cell in table.cells[name])
    ]


def markdown(measured: Mapping[str, Measured], names: Sequence[str], result: Mapping[str, Any]) -> str:
    """The page to publish: settings, values with their 95 % intervals, ranks, seconds; names: the columns, in this order."""
    ranks = result.get("ranks", {})
    lines = ["# Nets for tables against LightGBM and CatBoost", "", _settings(result), *_shapes(result["tables"])]
    for metric in METRICS:
        lines += ["", f"## {metric_named(metric).title}", "", *_head("table", names)]
        for name, table in measured.items():
            lines.append(_line(name, [str(table.evaluation.interval(who, metric)) for who in names]))
        if ranks:
            lines.append(_line("mean rank", [f"{ranks[metric]['mean ranks'][who]:.2f}" for who in names]))
    pairs = result.get("ranks of each recipe among itself and the peers", {})
    if pairs:
        lines += ["", "## Each net among itself and the peers", "", "Mean rank over both metrics and all tables, 1 the best.", ""]
        lines += _head("net", ["its own", *peers()])
        for who, found in pairs.items():
            lines.append(_line(who, [f"{found['mean of both'][one]:.3f}" for one in (who, *peers())]))
    lines += ["", "## Seconds a fit, median (slowest)", "", *_head("table", names)]
    for name, table in measured.items():
        taken = [[cell.seconds for cell in table.cells[who]] for who in names]
        lines.append(_line(name, [f"{np.median(one):.1f} ({max(one):.1f})" for one in taken]))
    return "\n".join(lines) + "\n"


def _settings(result: Mapping[str, Any]) -> str:
    settings = result["settings"]
    peer = ", ".join(f"{name} {version}" for name, version in result["peers"].items())
    return (
        f"Written by `table_nets.py`: {settings['folds']} stratified folds, {settings['repeats']} repeat, "
        f"seed {settings['seed']}, {settings['threads']} threads; {peer}, both with their defaults. Brackets hold 95 % intervals."
    )


def _shapes(tables: Mapping[str, Any]) -> list[str]:
    lines = ["", *_head("table", ["rows", "columns", "of these numbers", "positive"])]
    for name, table in tables.items():
        columns = table["columns"]
        lines.append(_line(name, [str(table["rows"]), str(columns["all"]), str(columns["numbers"]), f"{table['positive']:.1%}"]))
    return lines


def _head(first: str, names: Sequence[str]) -> list[str]:
    return [_line(first, names), "| --- |" + " --- |" * len(names)]


def _line(first: str, values: Sequence[str]) -> str:
    return f"| {first} | " + " | ".join(values) + " |"


def _named(text: str) -> list[str]:
    return list(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))


if __name__ == "__main__":
    main("table_nets", benchmark, needs_data=True, options=options)
