"""Does choosing the rows to label beat labelling any rows?  Played through on real tables whose labels are known and hidden.

Each simulation holds rows apart to measure, labels 100 of the others at random, then adds five batches of 50: the rows that
`assay label-next` would name, or the next of a shuffled list.  All ways share start, list and measured rows, so a simulation
is one paired difference.  A way is called better or worse on a table only where its mean gain differs from 0 at 5 %, corrected
for the ways (Holm).  The checks hold what the guide says: it pays on some tables, on some it costs, so measure before you choose.
"""

import argparse
import time
from pathlib import Path
from typing import Any

from harness import main
from threadpoolctl import threadpool_limits

import assay
from assay.study.labelling.gain import Gains, GainSettings, gain_over_random

TABLES: dict[str, dict[str, Any]] = {
    "spambase": {"target": "type"},
    "adult": {"target": "income", "drop": ["split"]},
    "bank_additional": {"target": "y", "positive": "yes", "drop": ["duration"]},
    "mammography": {"target": "class"},
    "telco_churn": {"target": "churn"},
    "letter": {"target": "lettr"},
    "ames_housing": {"target": "Sale_Price"},
}
RECIPES = {"binary": ("logistic", "forest"), "multiclass": ("logistic", "forest"), "regression": ("ridge", "forest")}
METRICS = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
START, BATCH, ROUNDS, SIMULATIONS, MOST_ROWS = 100, 50, 5, 12, 6000


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    rows = []
    for name in arguments.tables.split(","):
        [path] = (arguments.data / "tables").glob(f"{name}.csv*")
        data = assay.read(path, **TABLES[name])
        for recipe in RECIPES[data.question.name]:
            settings = GainSettings(
                recipe=recipe,
                metric=METRICS[data.question.name],
                start=START,
                batch=BATCH,
                rounds=ROUNDS,
                simulations=arguments.simulations,
                most_rows=MOST_ROWS,
            )
            began = time.perf_counter()
            with threadpool_limits(limits=1):
                found = gain_over_random(data, settings)
            rows.append(told(name, recipe, found, time.perf_counter() - began))
            print(rows[-1]["table"], rows[-1]["recipe"], {way: one["call"] for way, one in rows[-1]["ways"].items()}, flush=True)
    return {"simulations": arguments.simulations, "rows": rows, "calls": calls(rows), "checks": checked(rows)}


def told(name: str, recipe: str, found: Gains, seconds: float) -> dict[str, Any]:
    random = found.values[0].mean(axis=0)
    ways = {
        one.way: {"gain": one.gain.value, "low": one.gain.low, "high": one.gain.high, "p": one.p, "call": one.call}
        | {"last": one.last.value, "last_low": one.last.low, "last_high": one.last.high}
        for one in found.ways
    }
    metric = {"metric": found.metric, "random_first": float(random[0]), "random_last": float(random[-1])}
    return {"table": name, "recipe": recipe, **metric, "ways": ways, "seconds": seconds}


def calls(rows: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    """Of each way, how often it was called what."""
    ways = rows[0]["ways"]  # a question of classes: all ways
    words = ("better", "worse", "no difference shown")
    return {
        way: {word: sum(row["ways"][way]["call"] == word for row in rows if way in row["ways"]) for word in words} for way in ways
    }


def checked(rows: list[dict[str, Any]]) -> dict[str, bool]:
    counts = calls(rows)
    return {
        "each way that looks at the model beats random rows somewhere": all(
            counts[way]["better"] > 0 for way in counts if way != "diversity"
        ),
        "no way beats random rows on every table": all(counts[way]["better"] < len(rows) for way in counts),
    }


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--tables", default=",".join(TABLES), help="names with commas")
    parser.add_argument("--simulations", type=int, default=SIMULATIONS)


if __name__ == "__main__":
    main("label_next", benchmark, needs_data=True, options=options)
