"""Rare classes of texts: do weights, copies, altered copies, drawing or another loss help, and by how much?

Two sets: spam among messages (13 %), and questions that ask for an abbreviation, the rarest of six kinds (1.6 %), against the
other kinds.  On each a linear recipe and a net, every treatment that fits texts against the same recipe untreated, on the same
folds: average precision, F1 at 0.5 and at a tuned threshold, Brier score, with intervals, paired verdicts and seconds.  Copies
of a text stay in one fold; the locked rows stay locked.

Beside it two recounts.  scikit-learn counts average precision, F1 and Brier score of every candidate again from the kept
out-of-fold predictions.  And its tf-idf with its logistic regression, plain, with class_weight="balanced" and on the rows of
imbalanced-learn's RandomOverSampler, is fitted on the same folds.
"""

import argparse
import sys
import time
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl
from harness import assay, main, measure, succeed

if TYPE_CHECKING:
    from assay.study.result import StudyResult

LINEAR = "tfidf-logistic"
TREATMENTS = ("none", "threshold-only", "class-weight", "random-oversample", "augment-oversample", "augment-synonyms")
OF_NETS = ("weighted-sampling", "focal")
"""Draws anew in each epoch, and another loss: a recipe that does not learn in epochs has neither."""

MEASURES = {
    "average precision": "average_precision",
    "F1 at 0.5": "f1_at_half",
    "F1 tuned": "f1_tuned",
    "Brier score": "brier_after",
}
"""As they are named here, and in the summary of a study."""

NEAR, NEAR_DRAWN = 1e-6, 0.01
"""How far average precision may lie from the peer's: of the same fit, and of fits on copies that either side has drawn itself."""


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--net", default="embedding-bag", help="the network (default: %(default)s)")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--seed", type=int, default=0, help="of the folds and the fits")
    parser.add_argument("--jobs", type=int, default=1, help="processes that fit at once")


def tables(data: Path, folder: Path) -> dict[str, tuple[Path, str]]:
    """The table of each set, and its class of interest; that of the questions is made in ``folder``."""
    questions = pl.read_csv(data / "text" / "question_types.csv")
    rarest = min(Counter(questions["label"].to_list()).items(), key=lambda pair: pair[1])[0]
    parted = questions.select(
        pl.when(pl.col("label") == rarest).then(pl.lit(rarest)).otherwise(pl.lit("other")).alias("label"), "text"
    )
    made = folder / "questions.csv"
    parted.write_csv(made)
    return {"sms_spam": ((data / "text" / "sms_spam.csv").resolve(), "spam"), f"question_types: {rarest}": (made, rarest)}


def studied(table: Path, positive: str, recipe: str, run: Path, arguments: argparse.Namespace) -> dict[str, Any]:
    """One recipe under every treatment that it can take."""
    from assay.cli.folders import open_run

    treatments = [*TREATMENTS, *(OF_NETS if recipe != LINEAR else ())]
    asked = ["--target", "label", "--positive", positive, "--kind", "text=text", "--copies", "group"]
    shared = ["--metric", "average_precision", "--folds", str(arguments.folds), "--seed", str(arguments.seed)]
    tried = ["--recipes", recipe, "--treatments", ",".join(treatments), "--jobs", str(arguments.jobs)]
    measured = measure(assay("run", str(table), *asked, *shared, *tried, "--out", run.name, "--json"), run.parent)
    said = succeed(measured)
    result, _ = open_run(str(run))
    seconds = {row["treatment"]: row["seconds"] for row in said["rows"]}
    return {
        "treatments": {
            row["treatment"]: told(row) | {"seconds": seconds.get(row["treatment"], 0.0)} for row in said["treatments"]["rows"]
        },
        "sentences": said["treatments"]["sentences"],
        "failures": {row["name"]: row["failure"] for row in said["rows"] if row["failure"] is not None},
        "missing": sorted(set(treatments) - {row["treatment"] for row in said["treatments"]["rows"]}),
        "furthest recount": furthest(result, said["rows"]),
        "peers": peers(result, said["rows"], arguments.seed) if recipe == LINEAR else {},
        "seconds": measured.seconds,
        "peak_mib": measured.peak_mib,
    }


def told(row: dict[str, Any]) -> dict[str, Any]:
    """Of each measure its value and interval, and the verdicts against the untreated model and its tuned threshold.

    "threshold-only" is no fit of its own and cut nowhere but at its threshold: it has no F1 at 0.5.
    """
    found: dict[str, Any] = {}
    for title, key in MEASURES.items():
        if key not in row["measures"]:
            continue
        one = row["measures"][key]
        found[title] = {part: one[part] for part in ("value", "low", "high")}
        for reference, verdict in one["against"].items():
            found[title][f"against {reference}"] = {part: verdict[part] for part in ("difference", "low", "high", "p", "call")}
    return found


def furthest(result: "StudyResult", rows: list[dict[str, Any]]) -> dict[str, float]:
    """The largest distance, over the candidates, between what the study says and scikit-learn from the same predictions."""
    from sklearn.metrics import average_precision_score, brier_score_loss, f1_score

    apart = dict.fromkeys(("average_precision", "f1", "brier"), 0.0)
    for row in rows:
        parts = result.parts[row["name"]]
        truth, said, label = (
            np.concatenate(arrays)
            for arrays in zip(
                *((p.truth["target"], p.predictions["probability"], p.predictions["label"]) for p in parts), strict=True
            )
        )
        ranked = [average_precision_score(part.truth["target"], part.predictions["score"]) for part in parts]
        again = {
            "average_precision": float(np.mean(ranked)),
            "f1": f1_score(truth, label),
            "brier": brier_score_loss(truth, said),
        }
        for name, value in again.items():
            apart[name] = max(apart[name], abs(value - row["metrics"][name]["value"]))
    return apart


def peers(result: "StudyResult", rows: list[dict[str, Any]], seed: int) -> dict[str, Any]:
    """Average precision of scikit-learn's pipeline on the same folds, beside that of the treatment which does the same."""
    from imblearn.over_sampling import RandomOverSampler
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.metrics import average_precision_score

    texts, target = np.array(result.data.frame["text"].to_list(), dtype=object), result.data.target
    found: dict[str, Any] = {}
    for treatment in ("none", "class-weight", "random-oversample"):
        values, started = [], time.perf_counter()
        for fold in result.plan.folds:
            train = fold.train
            if treatment == "random-oversample":
                drawn, _ = RandomOverSampler(random_state=seed).fit_resample(train[:, None], target[train])
                train = drawn[:, 0]
            terms = TfidfVectorizer(ngram_range=(1, 2), min_df=2, max_features=50_000, sublinear_tf=True, token_pattern=r"\w+")
            weights = "balanced" if treatment == "class-weight" else None
            model = LogisticRegression(C=10, max_iter=2000, tol=1e-6, class_weight=weights)
            model.fit(terms.fit_transform(texts[train]), target[train])
            values.append(average_precision_score(target[fold.test], model.decision_function(terms.transform(texts[fold.test]))))
        ours = next(row["metrics"]["average_precision"]["value"] for row in rows if row["treatment"] == treatment)
        value, seconds = float(np.mean(values)), time.perf_counter() - started
        found[treatment] = {"average precision": value, "Assay's": ours, "apart": abs(value - ours), "seconds": seconds}
    return found


def is_whole(found: dict[str, Any]) -> bool:
    """Whether all treatments were measured, and those that change the fit are held against both references."""
    treated = [one for name, one in found["treatments"].items() if name not in ("none", "threshold-only")]
    compared = ("against none" in one["average precision"] and "against threshold-only" in one["F1 tuned"] for one in treated)
    return not found["failures"] and not found["missing"] and all(compared)


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    sets: dict[str, Any] = {}
    checks: dict[str, bool] = {}
    for name, (table, positive) in tables(arguments.data, folder).items():
        share = float((pl.read_csv(table)["label"] == positive).mean())  # type: ignore[arg-type]
        sets[name] = {"share of the class": share, "recipes": {}}
        for recipe in (LINEAR, arguments.net):
            found = studied(table, positive, recipe, folder / f"{table.stem}-{recipe}", arguments)
            sets[name]["recipes"][recipe] = found
            checks[f"{name}, {recipe}: every treatment was fitted, and has verdicts against the untreated model"] = is_whole(
                found
            )
            checks[f"{name}, {recipe}: scikit-learn counts the same from the kept predictions"] = (
                max(found["furthest recount"].values()) < 1e-9
            )
            for treatment, peer in found["peers"].items():
                bound = NEAR_DRAWN if treatment == "random-oversample" else NEAR
                checks[f"{name}, {treatment}: average precision within {bound} of the peer's on the same folds"] = (
                    peer["apart"] <= bound
                )
            print(f"{name}, {recipe}: {found['seconds']:.0f} s", file=sys.stderr, flush=True)
    return {"folds": arguments.folds, "jobs": arguments.jobs, "sets": sets, "checks": checks}


if __name__ == "__main__":
    main("text_balance", benchmark, needs_data=True, options=options)
