"""Nets for texts beside linear models on three sets, each one study: who is better, and is the difference real?

Spam in messages (F1 of spam; copies of a message stay in one fold), the polarity of sentences and the kind of questions
(accuracy).  All candidates of a set have the same folds; verdicts are paired and corrected for their number.  A message of the
set stands in one column, its label in another; the fine labels of the questions and their official split are left out.
"""

import argparse
from pathlib import Path
from typing import Any

from harness import assay, main, measure, succeed

LINEAR = ("tfidf-logistic", "tfidf-naive-bayes")
NETS = (
    "embedding-bag",
    "text-average",
    "text-cnn",
    "text-rnn",
    "text-gru",
    "text-lstm",
    "text-bilstm",
    "text-bilstm-attention",
    "text-elmo",
    "text-transformer",
    "text-transformer-subwords",
)
MINUTES = 5.0
"""A net may take so long for all its folds of one set."""

SETS: dict[str, dict[str, Any]] = {
    "sms_spam": {"file": "sms_spam.csv", "metric": "f1", "more": ["--positive", "spam", "--copies", "group"]},
    "rt_sentence_polarity": {"file": "rt_sentence_polarity.csv.gz", "metric": "accuracy", "more": []},
    "question_types": {"file": "question_types.csv", "metric": "accuracy", "more": ["--drop", "fine_label,split"]},
}


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sets", default=",".join(SETS), help="separated by commas")
    parser.add_argument("--recipes", default=",".join((*LINEAR, *NETS)), help="separated by commas; tfidf-logistic among them")
    parser.add_argument("--folds", type=int, default=5)


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = {}
    for name in arguments.sets.split(","):
        asked = SETS[name]
        data = str((arguments.data / "text" / asked["file"]).resolve())
        command = ["run", data, "--target", "label", "--kind", "text=text", "--metric", asked["metric"], *asked["more"]]
        tried = ["--recipes", arguments.recipes, "--folds", str(arguments.folds), "--repeats", str(arguments.runs)]
        measured = measure(assay(*command, *tried, "--json", "--out", name), folder)
        told[name] = read(succeed(measured), asked["metric"]) | {"seconds": measured.seconds, "peak MiB": measured.peak_mib}
    nets = [row for found in told.values() for name, row in found["candidates"].items() if name not in LINEAR]
    slowest = max((row["seconds of all folds"] for row in nets), default=0.0)
    return {
        "settings": {"folds": arguments.folds, "repeats": arguments.runs},
        "sets": told,
        "checks": {
            "every candidate was fitted": not any(found["failures"] for found in told.values()),
            f"no net took more than {MINUTES:g} minutes for its folds": slowest <= 60 * MINUTES * arguments.runs,
        },
    }


def read(result: dict[str, Any], metric: str) -> dict[str, Any]:
    """Values with intervals, seconds, and the verdicts: each candidate against the leader."""
    rows = {row["name"]: row for row in result["rows"] if row["failure"] is None}
    return {
        "metric": metric,
        "winner": result["winner"],
        "candidates": {
            name: {
                **{key: row[key] for key in ("value", "low", "high")},
                "seconds of all folds": row["seconds"],
            }
            for name, row in rows.items()
        },
        "verdicts": [
            {key: verdict[key] for key in ("a", "b", "difference", "low", "high", "p", "call")} for verdict in result["verdicts"]
        ],
        "failures": {row["name"]: row["failure"] for row in result["rows"] if row["failure"] is not None},
    }


if __name__ == "__main__":
    main("text_nets", benchmark, needs_data=True, options=options)
