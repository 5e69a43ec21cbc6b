"""English to Russian: strings of programs, translated by nets and by two baselines without one, in one study.

Of the 8800 pairs those with at most ``--words`` English words are used.  One `assay run` with chrF, BLEU and the share of exact
answers, each with its interval, and the verdicts; then the winner is fitted on all rows that are not locked and judged on the
locked ones.  sacrebleu measures the same answers in the same run: its values must be ours, and its own bootstrap stands beside
our intervals.
"""

import argparse
import csv
import gzip
import importlib.metadata
import random
import sys
from pathlib import Path
from typing import Any

from harness import assay, main, measure, succeed

RECIPES = ("copy-source", "word-for-word", "seq2seq-lstm", "seq2seq-attention", "seq2seq-transformer")
METRICS = ("chrf", "bleu", "exact_match")
SHOWN = 12


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recipes", default=",".join(RECIPES), help="separated by commas")
    parser.add_argument("--words", type=int, default=4, help="of a source, at most")
    parser.add_argument("--pairs", type=int, default=0, help="of them so many, drawn with the seed; 0: all")
    parser.add_argument("--seed", type=int, default=0, help="of the split, the lock and the fits")
    parser.add_argument("--jobs", type=int, default=2, help="processes that fit at once")


def write_pairs(arguments: argparse.Namespace, to: Path) -> int:
    """The short pairs as a table of two columns; how many they are."""
    with gzip.open(arguments.data / "text" / "en_ru_software_strings.csv.gz", "rt", encoding="utf-8") as stream:
        found = [(row["en"], row["ru"]) for row in csv.DictReader(stream) if len(row["en"].split()) <= arguments.words]
    if arguments.pairs:
        found = random.Random(arguments.seed).sample(found, min(arguments.pairs, len(found)))
    with to.open("w", encoding="utf-8", newline="") as stream:
        csv.writer(stream).writerows([("english", "russian"), *found])
    return len(found)


def studied(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    command = ["pairs.csv", "--target", "russian", "--task", "translation", "--kind", "english=text", "--metric", "chrf"]
    shared = ["--hold-out", "--recipes", arguments.recipes, "--seed", str(arguments.seed), "--jobs", str(arguments.jobs)]
    measured = measure(assay("run", *command, *shared, "--out", "run", "--finish", "--json"), folder)
    printed = succeed(measured)
    keys = ("value", "low", "high")
    return {
        "rows": {
            row["name"]: {
                metric: {key: row["metrics"][metric][key] for key in keys} for metric in METRICS if metric in row["metrics"]
            }
            | {"seconds": row["seconds"], "failure": row["failure"]}
            for row in printed["rows"]
        },
        "verdicts": {
            f"{one['a']} / {one['b']} by {one['metric']}": {key: one[key] for key in ("difference", "low", "high", "p", "call")}
            for one in printed["verdicts"]
        },
        "leader": printed["winner"],
        "locked rows": {"name": printed["test"]["name"], "metrics": printed["test"]["metrics"]},
        "seconds of the study": measured.seconds,
        "peak MiB": measured.peak_mib,
    }


def by_sacrebleu(folder: Path) -> dict[str, Any]:
    """The finished model's answers to the locked rows, measured by sacrebleu, with its bootstrap of 1000; and some of them."""
    import sacrebleu

    from assay import load
    from assay.cli.folders import open_run
    from assay.measure.texts import texts_of

    result, _ = open_run(str(folder / "run"))
    model, locked = load(folder / "run" / "model"), result.plan.locked
    rows = result.data.frame[locked]
    said = texts_of(model.fitted.predict(rows.select("english")))
    wanted = rows["russian"].to_list()
    found = {}
    for name, metric in (("chrf", sacrebleu.CHRF()), ("bleu", sacrebleu.BLEU())):
        score = metric.corpus_score(said, [wanted], n_bootstrap=1000)
        found[name] = {"value": score.score, "low": float(score._mean - score._ci), "high": float(score._mean + score._ci)}
    examples = list(zip(rows["english"].to_list(), wanted, said, strict=True))[:SHOWN]
    return {"metrics": found, "examples": [dict(zip(("given", "wanted", "said"), one, strict=True)) for one in examples]}


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    pairs = write_pairs(arguments, folder / "pairs.csv")
    found = studied(arguments, folder)
    for name, row in found["rows"].items():
        told = ", ".join(f"{metric} {row[metric]['value']:.2f}" for metric in METRICS if metric in row)
        print(f"{name}: {told}; {row['seconds']:.0f} s", file=sys.stderr, flush=True)
    peer = by_sacrebleu(folder)
    ours = found["locked rows"]["metrics"]
    checks = {
        f"{name} of the locked rows is sacrebleu's": abs(ours[name]["value"] - peer["metrics"][name]["value"]) < 1e-9
        for name in ("chrf", "bleu")
    }
    checks["no candidate failed"] = all(row["failure"] is None for row in found["rows"].values())
    return {
        "pairs": pairs,
        "words of a source at most": arguments.words,
        **found,
        "sacrebleu": peer,
        "checks": checks,
        "sacrebleu's version": importlib.metadata.version("sacrebleu"),
    }


if __name__ == "__main__":
    main("translation", benchmark, needs_data=True, options=options)
