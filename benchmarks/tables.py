"""`assay run --budget` against AutoGluon, FLAML, LightGBM, CatBoost and scikit-learn on fifteen binary tables.

Each gets the same training rows (a stratified 80 %), the same seconds and two threads, is asked for ROC AUC where it asks,
and is judged on the same test rows.  Assay runs as its users run it, from the command line to the report, the saved model
and `assay predict`; its seconds and memory are those of the whole command, a peer's are those of its process.  What was
done is kept under --cells and used again for the same rows, so that a long run can be continued.

The peers live in an environment of their own (AutoGluon pins what Assay does not):

    python -m venv peers && peers/bin/pip install 'autogluon.tabular[lightgbm,catboost,xgboost,fastai]' 'flaml[automl]'
    python benchmarks/tables.py DATA --peer-python peers/bin/python
"""

import argparse
import hashlib
import importlib.metadata
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import assay, main, measure
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from assay.core.seeds import generator
from assay.measure.compare.ranks import against_control, critical_difference, friedman, ranks_of
from assay.measure.compare.signed_rank import signed_rank
from assay.measure.direct import difference
from assay.measure.direct import measure as measured
from assay.measure.registry import metric_named

METRICS = ("roc_auc", "average_precision", "log_loss")
RANKED = ("roc_auc", "log_loss")
OURS, LIGHTGBM = "assay", "lightgbm"
PEERS = ("autogluon-medium", "autogluon-good", "flaml", "lightgbm", "catboost", "forest", "logistic")
TEST_SHARE = 0.2
BANK = "bank_additional"
REACH = {"roc_auc": 0.80, "average_precision": 0.465, "log_loss": 0.273}
MOST_MIB = 800.0


@dataclass(frozen=True)
class Table:
    """drop: leaks, copies of the target, what is no feature.  Why stands beside each."""

    target: str
    positive: str
    drop: tuple[str, ...] = ()


TABLES = {
    BANK: Table("y", "yes", ("duration",)),  # known only after the call
    "adult": Table("income", ">50K", ("split",)),  # the official cut
    "mammography": Table("class", "1"),
    # injSeverity 4 is "killed"; caseid names the crash; the survey weight is no feature
    "nass_crash": Table("dead", "dead", ("injSeverity", "caseid", "weight")),
    "telco_churn": Table("churn", "Yes"),
    "spambase": Table("type", "1"),
    "keel_page_blocks0": Table("class", "positive"),
    "keel_poker_8_9_vs_5": Table("class", "positive"),
    # three copies of the target, and who bought the loan, which is set after the decision
    "loanapp": Table("denied", "1", ("reject", "approve", "action", "typur")),
    "keel_yeast4": Table("class", "positive"),
    "nasa_pc1": Table("defects", "true"),
    "german_credit": Table("class", "bad"),
    "pima_diabetes": Table("diabetes", "1"),
    "keel_ecoli3": Table("class", "positive"),
    # outcome is the target; lesion sites are known after surgery; the number is the horse's
    "horse_colic": Table("died", "1", ("outcome", "lesion_site_1", "lesion_site_2", "lesion_site_3", "hospital_number")),
}


@dataclass(frozen=True)
class Cell:
    """One tool on one split.  seconds, peak_mib: of the whole process.  failure: why there is no probability."""

    probability: list[float] | None
    seconds: float
    peak_mib: float
    version: str
    failure: str | None = None


@dataclass(frozen=True)
class Split:
    table: str
    seed: int
    train: pl.DataFrame
    test: pl.DataFrame
    target: np.ndarray

    @property
    def name(self) -> str:
        return f"{self.table}-{self.seed}"


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seconds", type=float, default=60.0, help="what every tool is given for a table")
    parser.add_argument("--peer-python", default=sys.executable, help="the Python that has the peers")
    parser.add_argument("--tools", default=",".join((OURS, *PEERS)), help="separated by commas")
    parser.add_argument("--tables", default=",".join(TABLES), help="separated by commas")
    parser.add_argument("--cells", type=Path, default=Path("tables_cells"), help="the folder of what was done")
    parser.add_argument("--publish", type=Path, help="write the tables of values, ranks and seconds to this file (Markdown)")


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    tools, names = arguments.tools.split(","), arguments.tables.split(",")
    found: dict[str, dict[str, dict[str, Any]]] = {}
    failures = {}
    for name in names:
        values: dict[str, list[dict[str, Any]]] = {tool: [] for tool in tools}
        for seed in range(arguments.runs):
            split = split_of(arguments.data, name, seed)
            cells = {tool: cell_of(tool, split, arguments, folder) for tool in tools}
            failures |= {f"{split.name}, {tool}": cell.failure for tool, cell in cells.items() if cell.failure is not None}
            for tool, cell in cells.items():
                if cell.probability is not None:
                    values[tool].append(judged(split, cell, cells.get(LIGHTGBM)))
        found[name] = {tool: _mean(rows) for tool, rows in values.items() if len(rows) == arguments.runs}
    result: dict[str, Any] = {
        "settings": {"seconds": arguments.seconds, "splits": arguments.runs, "test share": TEST_SHARE, "threads": 2},
        "tables": found,
        "failures": failures,
    }
    whole = [tool for tool in tools if all(tool in one for one in found.values())]
    if len(found) > 2 and OURS in whole:
        result["ranks"] = {metric: ranking(found, whole, metric) for metric in RANKED}
    result["checks"] = checks(result, found)
    page = markdown(result, found, whole)
    print(page, file=sys.stderr)
    if arguments.publish is not None:
        arguments.publish.write_text(page, encoding="utf-8")
    return result


def split_of(folder: Path, name: str, seed: int) -> Split:
    file = next(iter(sorted(folder.glob(f"tables/{name}.csv*"))), None)
    if file is None:
        sys.exit(f"{folder} has no tables/{name}.csv or tables/{name}.csv.gz.")
    table = TABLES[name]
    frame = pl.read_csv(file, infer_schema_length=None, null_values=["", "NA"]).drop(table.drop)
    positive = (frame[table.target].cast(pl.String) == table.positive).to_numpy()
    rng = generator(seed, "tables", name)
    chosen = [rng.permutation(rows)[: round(TEST_SHARE * len(rows))] for rows in map(np.flatnonzero, (positive, ~positive))]
    inside = np.zeros(len(positive), dtype=bool)
    inside[np.concatenate(chosen)] = True
    return Split(name, seed, frame.filter(~inside), frame.filter(inside), positive[inside].astype(int))


def cell_of(tool: str, split: Split, arguments: argparse.Namespace, folder: Path) -> Cell:
    rows = hashlib.sha256(split.train.write_csv().encode() + split.test.write_csv().encode()).hexdigest()[:16]
    place = arguments.cells / f"{split.name}-{tool}-{arguments.seconds:g}s-{rows}.json"
    if place.is_file():
        return Cell(**json.loads(place.read_text()))
    work = folder / f"{split.name}-{tool}"
    work.mkdir()
    split.train.write_csv(work / "train.csv")
    split.test.write_csv(work / "test.csv")
    cell = (_ours if tool == OURS else _peer)(tool, split, arguments, work)
    said = cell.failure or f"{cell.seconds:.1f} s, {cell.peak_mib:.0f} MiB"
    print(f"{split.name}, {tool}: {said}", file=sys.stderr, flush=True)
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(json.dumps(asdict(cell)))
    return cell


def _ours(_tool: str, split: Split, arguments: argparse.Namespace, work: Path) -> Cell:
    table = TABLES[split.table]
    asked = ("--target", table.target, "--positive", table.positive, "--test", "test.csv", "--seed", str(split.seed))
    done = measure(assay("run", "train.csv", *asked, "--budget", f"{arguments.seconds:g}s", "--finish", "--out", "run"), work)
    version = importlib.metadata.version("assay")
    if done.code != 0:
        return Cell(None, done.seconds, done.peak_mib, version, done.stderr.strip().splitlines()[-1])
    predicted = measure(assay("predict", "run/model", "test.csv", "-o", "predicted.csv"), work)
    if predicted.code != 0:
        return Cell(None, done.seconds, done.peak_mib, version, predicted.stderr.strip().splitlines()[-1])
    probability = pl.read_csv(work / "predicted.csv")["probability"].to_list()
    return Cell(probability, done.seconds, done.peak_mib, version)


def _peer(tool: str, split: Split, arguments: argparse.Namespace, work: Path) -> Cell:
    table = TABLES[split.table]
    script = str(Path(__file__).with_name("tables_fit.py"))
    python = str(Path(arguments.peer_python).absolute()) if "/" in arguments.peer_python else arguments.peer_python
    command = [python, script, tool, "--target", table.target, "--positive", _as_pandas_says(split, table)]
    done = measure([*command, "--seconds", str(arguments.seconds), "--seed", str(split.seed)], work)
    if done.code != 0:
        return Cell(None, done.seconds, done.peak_mib, "", (done.stderr.strip().splitlines() or ["no word"])[-1])
    said = json.loads((work / "predicted.json").read_text())
    return Cell(said["probability"], done.seconds, done.peak_mib, said["version"])


def _as_pandas_says(split: Split, table: Table) -> str:
    """pandas reads true and false as booleans, whose text is True and False."""
    return table.positive.capitalize() if split.train[table.target].dtype == pl.Boolean else table.positive


def judged(split: Split, cell: Cell, lightgbm: Cell | None) -> dict[str, Any]:
    """Values with their intervals, and the paired difference to LightGBM's defaults; scikit-learn's figures beside them."""
    probability = np.array(cell.probability)
    found = measured(split.target, probability=probability, metrics=METRICS)
    row: dict[str, Any] = {metric: found[metric].to_json() for metric in METRICS}
    row |= {"seconds": cell.seconds, "peak_mib": cell.peak_mib, "version": cell.version}
    theirs = {
        "roc_auc": roc_auc_score(split.target, probability),
        "average_precision": average_precision_score(split.target, probability),
        "log_loss": log_loss(split.target, probability),
    }
    row["agrees"] = all(abs(theirs[metric] - found[metric].value) < 1e-6 for metric in METRICS)
    if lightgbm is not None and lightgbm.probability is not None and lightgbm is not cell:
        other = np.array(lightgbm.probability)
        apart = {metric: difference(split.target, probability, other, metric=metric) for metric in METRICS}
        row["minus lightgbm"] = {metric: one.interval.to_json() | {"p": one.p} for metric, one in apart.items()}
    return row


def _mean(rows: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Over splits: the values; intervals are kept of each split."""
    means = {metric: float(np.mean([row[metric]["value"] for row in rows])) for metric in METRICS}
    figures = {name: float(np.mean([row[name] for row in rows])) for name in ("seconds", "peak_mib")}
    return {**means, **figures, "version": rows[0]["version"], "splits": rows}


def ranking(found: Mapping[str, Mapping[str, Any]], tools: Sequence[str], metric: str) -> dict[str, Any]:
    """Mean ranks over tables, and whether Assay's differs from each peer's: Friedman, Holm, and signed ranks of the values."""
    better = metric_named(metric).greater_is_better
    scores = [[one[tool][metric] for tool in tools] for one in found.values()]
    ranks = ranks_of(scores, greater_is_better=better)
    test = friedman(ranks)
    control = tools.index(OURS)
    means = dict(zip(tools, test.mean_ranks, strict=True))
    apart = {tool: np.array([one[OURS][metric] - one[tool][metric] for one in found.values()]) for tool in tools if tool != OURS}
    return {
        "mean ranks": means,
        "by table": {name: dict(zip(tools, row, strict=True)) for name, row in zip(found, ranks.tolist(), strict=True)},
        "p of no difference": test.p_f,
        "critical difference": critical_difference(len(tools), len(found)),
        "against assay": [asdict(one) for one in against_control(test.mean_ranks, len(found), control)],
        "signed ranks": {
            tool: {"ahead on": int(((values if better else -values) > 0).sum()), "of": len(values), "p": signed_rank(values).p}
            for tool, values in apart.items()
        },
    }


def checks(result: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]]) -> dict[str, bool]:
    said = {
        "AUC, average precision and log loss are scikit-learn's": all(
            split["agrees"] for one in found.values() for row in one.values() for split in row["splits"]
        ),
        "Assay answered on every table": all(OURS in one for one in found.values()),
    }
    ours = {name: one[OURS] for name, one in found.items() if OURS in one}
    limit = 1.1 * result["settings"]["seconds"]
    said[f"Assay took at most {limit:.0f} s for every table"] = all(row["seconds"] <= limit for row in ours.values())
    said["nowhere worse than LightGBM's defaults by more than the interval"] = not [
        name for name, row in ours.items() for split in row["splits"] if _worse(split)
    ]
    for metric, one in result.get("ranks", {}).items():
        means = one["mean ranks"]
        first = min(means, key=means.__getitem__)
        tied = all(peer["p"] > 0.05 for peer in one["against assay"] if list(means)[peer["place"]] == first)
        said[f"first by mean rank of {metric}, or tied with the first"] = first == OURS or tied
    if BANK in ours:
        row = ours[BANK]
        said[f"bank: AUC at least {REACH['roc_auc']}"] = round(row["roc_auc"], 3) >= REACH["roc_auc"]
        said[f"bank: average precision at least {REACH['average_precision']}"] = (
            round(row["average_precision"], 3) >= REACH["average_precision"]
        )
        said[f"bank: log loss at most {REACH['log_loss']}"] = round(row["log_loss"], 3) <= REACH["log_loss"]
        said[f"bank: below {MOST_MIB:.0f} MiB"] = row["peak_mib"] < MOST_MIB
    return said


def _worse(split: Mapping[str, Any]) -> bool:
    apart = split.get("minus lightgbm", {})
    return any(
        (one["high"] < 0) if metric_named(metric).greater_is_better else (one["low"] > 0)
        for metric, one in apart.items()
        if metric in RANKED and one["low"] is not None
    )


def markdown(result: Mapping[str, Any], found: Mapping[str, Mapping[str, Any]], tools: Sequence[str]) -> str:
    settings = result["settings"]
    versions = {tool: next(one[tool]["version"] for one in found.values() if tool in one) for tool in tools if tool != OURS}
    lines = [
        "# Tables: Assay under a budget against its peers",
        "",
        f"Written by `tables.py`: {settings['splits']} random stratified split(s) of 80/20, {settings['seconds']:g} s a table, "
        f"two threads; {', '.join(f'{tool} {version}' for tool, version in versions.items())}. Brackets hold 95 % intervals of "
        "this model (the first split). A star marks what differs from LightGBM's defaults by more than the paired interval.",
    ]
    for metric in METRICS:
        lines += ["", f"## {metric_named(metric).title}", "", *_head(tools)]
        for name, one in found.items():
            lines.append(_line(name, [_said(one[tool], metric) if tool in one else "failed" for tool in tools]))
        if metric in result.get("ranks", {}):
            means = result["ranks"][metric]["mean ranks"]
            lines.append(_line("mean rank", [f"{means[tool]:.2f}" if tool in means else "" for tool in tools]))
    for figure, title in (("seconds", "Seconds, the whole command"), ("peak_mib", "Peak memory, MiB")):
        lines += ["", f"## {title}", "", *_head(tools)]
        for name, one in found.items():
            lines.append(_line(name, [f"{one[tool][figure]:.0f}" if tool in one else "" for tool in tools]))
    return "\n".join(lines) + "\n"


def _said(row: Mapping[str, Any], metric: str) -> str:
    first = row["splits"][0]
    ends, apart = first[metric], first.get("minus lightgbm", {}).get(metric)
    star = "*" if apart and apart["low"] is not None and (apart["low"] > 0 or apart["high"] < 0) else ""
    return f"{row[metric]:.4f}{star} [{ends['low']:.3f}, {ends['high']:.3f}]"


def _head(tools: Sequence[str]) -> list[str]:
    return [_line("table", tools), "| --- |" + " --- |" * len(tools)]


def _line(first: str, values: Sequence[str]) -> str:
    return f"| {first} | " + " | ".join(values) + " |"


if __name__ == "__main__":
    main("tables", benchmark, needs_data=True, options=options)
