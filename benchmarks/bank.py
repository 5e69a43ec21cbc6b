"""bank_additional (41 188 rows, duration dropped): did SMOTE help, how long does the answer take, and does time leak?

The peer is what a careful notebook does with scikit-learn, imbalanced-learn and LightGBM: the same recipes,
treatments and five folds on the same columns, then a refit and one look at a held-out fifth, in two processes.  It
gives point estimates only: no intervals, no paired verdicts, no calibration of the probabilities.
"""

import argparse
from pathlib import Path
from typing import Any

from harness import assay, main, measure, spread, succeed

RECIPES, TREATMENTS = "logistic,boosting", "none,class-weight,smote"


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    data = str((arguments.data / "tables" / "bank_additional.csv.gz").resolve())
    table = [data, "--target", "y", "--positive", "yes", "--drop", "duration"]
    ours, peers, result, peer = [], [], {}, {}
    for run in range(arguments.runs):
        tried = ["--recipes", RECIPES, "--treatments", TREATMENTS, "--folds", "5"]
        measured = measure(assay("run", *table, *tried, "--finish", "--json", "--out", f"bank-{run}"), folder)
        result = succeed(measured)
        ours.append(measured.seconds)
        other = measure([*assay()[:1], str(Path(__file__).with_name("bank_peer.py")), data], folder)
        peer = succeed(other)
        peers.append(other.seconds)
    ordered = ["--recipes", RECIPES, "--time", "@row"]
    in_time = succeed(measure(assay("run", *table, *ordered, "--json", "--out", "time"), folder))
    ordered[1] = "boosting"
    latest = succeed(measure(assay("run", *table, *ordered, "--finish", "--json", "--out", "latest"), folder))
    test = result["test"]["metrics"]["roc_auc"]
    smote = [verdict for verdict in result["verdicts"] if verdict["family"].startswith("treatments") and "smote" in verdict["a"]]
    honest = max(row["value"] for row in in_time["rows"])
    shuffled = max(row["value"] for row in result["rows"])
    return {
        "assay": {
            "seconds": spread(ours),
            "rows": [{key: row[key] for key in ("name", "value", "low", "high", "seconds")} for row in result["rows"]],
            "test": {"name": result["test"]["name"], "roc_auc": test},
            "smote": [{key: verdict[key] for key in ("a", "b", "difference", "low", "high", "p", "call")} for verdict in smote],
        },
        "peer": {"seconds": spread(peers), **peer},
        "time": {
            "rows": [{key: row[key] for key in ("name", "value", "low", "high")} for row in in_time["rows"]],
            "latest fifth, boosting": latest["test"]["metrics"]["roc_auc"],
        },
        "checks": {
            "boosting on the latest fifth is far below boosting on random rows": (
                latest["test"]["metrics"]["roc_auc"]["high"] < test["low"]
            ),
            "test AUC is at least 0.785": test["value"] >= 0.785,
            "run and finish take at most 300 s": spread(ours)["median"] <= 300,
            "every treatment of every recipe has a verdict on SMOTE": len(smote) == 2,
            "boosting on the latest fifth gives about 0.65": abs(latest["test"]["metrics"]["roc_auc"]["value"] - 0.65) < 0.05,
            "time order gives the lower AUC": honest < shuffled - 0.05,
            "the peer's best cross-validated AUC agrees within 0.01": abs(peer["best"] - shuffled) < 0.01,
        },
    }


if __name__ == "__main__":
    main("bank", benchmark, needs_data=True)
