"""Language models of counts and of nets on one corpus, one study: which foretells the next word best, and is it shown?

corpus  wikitext2_valid: 2461 lines that are not empty, nine tenths to learn from and a tenth to foretell, drawn by line.  Every
        model reads the same tokens of one vocabulary (lower case, words that the training lines hold twice) and foretells each
        from those before it in its own line.
sides   shares of words, n-grams of order 3 by modified Kneser-Ney, an LSTM and a small Transformer decoder; perplexities with
        intervals over lines, paired verdicts against the leader, seconds of each fit on one thread.
checks  that all foretold the same tokens; that the n-grams, asked for each next word by itself and without the study, come to
        the same perplexity.
"""

import argparse
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import main

import assay
from assay.language.next_token import NextToken
from assay.recipes.fitting import fit
from assay.recipes.learner import Budget, Context
from assay.recipes.registry import RECIPES
from assay.recipes.treatments import treatment_named
from assay.splits.making import make_holdout

CANDIDATES = ("unigram", "ngram-kneser-ney", "lstm-lm", "gpt-small")
MINUTES = 20.0
"""A net may take so long on one thread."""

BY_HAND = "ngram-kneser-ney"
EXACT = 1e-9


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--recipes", default=",".join(CANDIDATES), help="separated by commas")
    parser.add_argument("--jobs", type=int, default=2, help="models that are fitted side by side, one thread each")


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    text = (arguments.data / "text" / "wikitext2_valid.txt").read_text(encoding="utf-8")
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    data = assay.read(pl.DataFrame({"text": lines}), task="language-model")
    names = arguments.recipes.split(",")
    study = assay.Study(data, names, repeats=arguments.runs, seed=0, scheme="hold-out")
    study.plan = make_holdout(data, arguments.runs, seed=0, held_share=0.1, test_share=0.0)
    result = study.run(folder / "run", jobs=arguments.jobs)
    summary = result.summary()
    tokens = {part.predictions.offsets.tobytes() for parts in result.parts.values() for part in parts}
    rows = {row["name"]: row for row in summary["rows"]}
    again = by_hand(data, study.plan)
    slowest = max(row["seconds"] for row in rows.values())
    return {
        "lines": {"training": len(study.plan.folds[0].train), "held out": len(study.plan.folds[0].test)},
        "perplexity": {
            name: {key: row[key] for key in ("value", "low", "high", "seconds", "failure")} for name, row in rows.items()
        },
        "winner": summary["winner"],
        "verdicts": [
            {key: verdict[key] for key in ("a", "b", "difference", "low", "high", "p", "call")} for verdict in summary["verdicts"]
        ],
        "perplexity word by word": {BY_HAND: again},
        "checks": {
            "every candidate was fitted": not any(row["failure"] for row in rows.values()),
            "every candidate foretold the same tokens": len(tokens) == 1,
            "word by word gives the same perplexity": abs(again / rows[BY_HAND]["value"] - 1) <= EXACT,
            f"no fit took more than {MINUTES:g} minutes": slowest <= 60 * MINUTES,
        },
    }


def by_hand(data: Any, plan: Any) -> float:
    """The perplexity of the n-grams without the study: fitted on the training lines, asked of the others word by word."""
    fold = plan.folds[0]
    recipe = RECIPES.get(BY_HAND)
    fitted = fit(
        recipe,
        treatment_named("none"),
        data.take(fold.train),
        groups=None,
        seed=0,
        budget=Budget(),
        context=Context(),
    )
    learner = fitted.learner
    assert isinstance(learner, NextToken)
    ids: Any = fitted.step.transform(data.frame[fold.test])
    said = [
        learner.next_log_probabilities(ids.row(row)[:place])[token]
        for row in range(len(ids))
        for place, token in enumerate(ids.row(row))
    ]
    return float(np.exp(-np.mean(said)))


if __name__ == "__main__":
    main("language_models", benchmark, needs_data=True, options=options)
