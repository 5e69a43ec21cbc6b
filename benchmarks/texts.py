"""What recipes for texts reach on three public sets, and in how many minutes: one study a set, all recipes on the same folds.

SMS spam (5574 messages, copies kept together, macro F1), sentence polarity (10 662 sentences of film reviews, accuracy) and
question types (6 classes, the official 5452 / 500 questions, accuracy).  Each is one `assay run` with intervals and verdicts;
then the best recipe is fitted on all rows that are not locked and judged on the locked ones.  What is asked for is held
against the recipe that leads the study, whatever it is, as is its time: all of its fits and predictions in the study.  The last
fit on all rows that are not locked comes after it and is in the seconds of the study alone.  scikit-learn's usual pipeline
(tf-idf of words and word pairs, logistic regression) is fitted and judged in the same run on the same locked rows, and the
accuracy of the best recipe is counted once more by hand.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from harness import assay, main, measure, succeed

LINEAR = (
    "baseline",
    "class-frequencies",
    "word-naive-bayes",
    "tfidf-naive-bayes",
    "tfidf-logistic",
    "tfidf-svm",
    "nb-logistic",
    "char-logistic",
    "word-char-logistic",
    "hashed-logistic",
)
NETS = ("embedding-bag",)
"""Nets in the same studies; more may be named here or by --nets."""


@dataclass(frozen=True)
class Asked:
    """least: of the metric, by the best recipe.  locked: whether the locked rows decide (an official split), else the folds."""

    file: str
    target: str
    metric: str
    least: float
    options: tuple[str, ...]
    locked: bool = False


SETS = {
    "sms_spam": Asked("sms_spam.csv", "label", "f1", 0.97, ("--task", "multiclass", "--copies", "group")),
    "rt_sentence_polarity": Asked("rt_sentence_polarity.csv.gz", "label", "accuracy", 0.785, ("--folds", "10")),
    "question_types": Asked(
        "question_types.csv", "label", "accuracy", 0.88, ("--split", "split", "--drop", "fine_label"), locked=True
    ),
}
MINUTES = 3.0


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sets", default=",".join(SETS), help="separated by commas (default: all)")
    parser.add_argument("--nets", default=",".join(NETS), help="nets in the same studies, separated by commas")
    parser.add_argument("--seed", type=int, default=0, help="of the folds, the lock and the fits")
    parser.add_argument("--jobs", type=int, default=2, help="processes that fit at once")


def studied(name: str, asked: Asked, arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    source = str((arguments.data / "text" / asked.file).resolve())
    recipes = ",".join([*LINEAR, *(one for one in arguments.nets.split(",") if one)])
    command = [source, "--target", asked.target, "--kind", "text=text", "--metric", asked.metric, *asked.options]
    shared = ["--recipes", recipes, "--seed", str(arguments.seed), "--jobs", str(arguments.jobs)]
    measured = measure(assay("run", *command, *shared, "--out", name, "--finish", "--json"), folder)
    printed = succeed(measured)
    rows = {
        row["name"]: {key: row[key] for key in ("value", "low", "high", "seconds", "failure")}
        | {"metrics": {metric: told.get("value") for metric, told in row["metrics"].items()}}
        for row in printed["rows"]
    }
    calls = {f"{one['a']} / {one['b']}": one["call"] for one in printed["verdicts"]}
    test = printed["test"]
    by_hand, predicting = predicted_again(name, asked, folder)
    return {
        "metric": asked.metric,
        "leader": printed["winner"],
        "rows": rows,
        "verdicts": calls,
        "locked rows": {"name": test["name"], "metrics": test["metrics"]},
        "locked rows by hand": by_hand,
        "seconds to predict the locked rows": predicting,
        "seconds of the study": measured.seconds,
        "peak MiB": measured.peak_mib,
        "scikit-learn": peer(name, asked, folder),
    }


def predicted_again(name: str, asked: Asked, folder: Path) -> tuple[float, float]:
    """(the metric of the finished model on the locked rows, by scikit-learn; seconds)."""
    from assay import load
    from assay.cli.folders import open_run

    result, _ = open_run(str(folder / name))
    model, locked = load(folder / name / "model"), result.plan.locked
    features = result.data.frame[locked].select([column.name for column in model.fitted.schema.features])
    started = time.perf_counter()
    chance = model.fitted.predict(features)["probability"]
    seconds = time.perf_counter() - started
    truth = result.data.target[locked]
    said = chance.argmax(axis=1) if chance.ndim == 2 else (chance >= (model.threshold or 0.5)).astype(np.int64)
    return judged(asked, truth, said), seconds


def judged(asked: Asked, truth: np.ndarray, said: np.ndarray) -> float:
    from sklearn.metrics import accuracy_score, f1_score

    return float(f1_score(truth, said, average="macro") if asked.metric == "f1" else accuracy_score(truth, said))


def peer(name: str, asked: Asked, folder: Path) -> dict[str, float]:
    """scikit-learn's pipeline, fitted on the rows that are not locked."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    from assay.cli.folders import open_run

    result, _ = open_run(str(folder / name))
    locked = result.plan.locked
    train = np.setdiff1d(np.arange(len(result.data)), locked)
    texts = np.array(result.data.frame["text"].to_list(), dtype=object)
    pipeline = make_pipeline(
        TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True), LogisticRegression(C=10, max_iter=1000)
    )
    started = time.perf_counter()
    pipeline.fit(texts[train], result.data.target[train])
    said = pipeline.predict(texts[locked])
    return {"value": judged(asked, result.data.target[locked], said), "seconds": time.perf_counter() - started}


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    results: dict[str, Any] = {}
    checks: dict[str, bool] = {}
    for name in (one for one in arguments.sets.split(",") if one):
        asked = SETS[name]
        found = studied(name, asked, arguments, folder)
        results[name] = found
        leader = found["rows"][found["leader"]]
        locked = found["locked rows"]["metrics"][asked.metric]["value"]
        value = locked if asked.locked else leader["value"]
        where = "locked rows" if asked.locked else "folds"
        print(f"{name}: {found['leader']} {leader['value']:.4f}, locked {locked:.4f}", file=sys.stderr, flush=True)
        checks[f"{name}: {asked.metric} of the best recipe on the {where} at least {asked.least}"] = value >= asked.least
        checks[f"{name}: its fits take at most {MINUTES:g} minutes"] = leader["seconds"] <= 60 * MINUTES
        checks[f"{name}: the value on the locked rows is the one counted by hand"] = (
            abs(locked - found["locked rows by hand"]) < 1e-12
        )
    return {"jobs": arguments.jobs, "minutes": MINUTES, "sets": results, "checks": checks}


if __name__ == "__main__":
    main("texts", benchmark, needs_data=True, options=options)
