"""word2vec against gensim's: words a second at two threads, analogies, and the same bytes from the same seed.

Both sides are given the same lists of words (English Wikipedia articles and English books of the public domain) and the same
settings, and take turns.  A word is a token of the text, before rare and frequent ones are left out, times the epochs.
Assay's loops are compiled before; gensim's are compiled when it is built.  Assay learns in one thread and draws in another;
gensim has two workers and a thread that feeds them.

Analogies: questions-words.txt, 3CosAdd among all words that both know.  Accuracies agree where each lies within the other's
interval (95 %, sections of the file are clusters).  On so small a corpus they are a few per cent.

The same script says what the other ways of learning give on that corpus, and how well words are translated between vectors
of the two languages (from the Russian of War and Peace, aligned by the Mueller dictionary): with corpora this small and
unrelated, hardly at all, and that is told too.
"""

import argparse
import csv
import gzip
import importlib.metadata
import os
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from gensim.models import Word2Vec
from harness import main, spread

from assay.language.vectors.alignment import align, score_translation, split_pairs
from assay.language.vectors.analogies import Question, read_questions, score_analogies
from assay.language.vectors.corpus import Corpus, corpus_of, sentences_of
from assay.language.vectors.training import Training, train_vectors
from assay.language.vectors.vectors import WordVectors
from assay.language.vectors.word2vec import Word2VecSettings, word2vec

THREADS = 2
WIDTH, WINDOW, NEGATIVE, MIN_COUNT, EPOCHS = 100, 5, 5, 5, 5
ENGLISH = ("enwiki_articles.txt", "english_public_domain.txt")
MOST_USES = 20
LONGEST = 10_000
"""Words of a sentence that gensim reads; longer lines would be cut by it and not by us."""


def timed(call: Callable[[], Any]) -> tuple[float, float, Any]:
    """(wall seconds, processor seconds of all threads, what was found)."""
    processor, started = time.process_time(), time.perf_counter()
    found = call()
    return time.perf_counter() - started, time.process_time() - processor, found


def ours(corpus: Corpus, method: str, seed: int) -> WordVectors:
    settings = Word2VecSettings(
        method=method,
        width=WIDTH,
        window=WINDOW,
        negative=NEGATIVE,
        epochs=EPOCHS,
        sample=1e-3,  # type: ignore[arg-type]
    )
    return word2vec(corpus, settings, seed=seed)


def theirs(sentences: list[list[str]], method: str, seed: int) -> WordVectors:
    model = Word2Vec(
        sentences,
        vector_size=WIDTH,
        window=WINDOW,
        negative=NEGATIVE,
        min_count=MIN_COUNT,
        epochs=EPOCHS,
        sample=1e-3,
        sg=int(method == "skip-gram"),
        workers=THREADS,
        seed=seed + 1,
    )
    return WordVectors(tuple(model.wv.index_to_key), np.asarray(model.wv.vectors, dtype=np.float32))


def compared(sentences: list[list[str]], questions: tuple[Question, ...], method: str, runs: int) -> dict[str, Any]:
    """Both sides in turn.  gensim's seconds include its counting of words, as ours do."""
    words = sum(map(len, sentences)) * EPOCHS
    ours(corpus_of(sentences[:200], min_count=1), method, 0)  # compiles
    speeds: dict[str, list[float]] = {"assay": [], "gensim": []}
    processors: dict[str, list[float]] = {"assay": [], "gensim": []}
    scores: dict[str, list[Any]] = {"assay": [], "gensim": []}
    sides: dict[str, Callable[[int], WordVectors]] = {
        "assay": lambda seed: ours(corpus_of(sentences, min_count=MIN_COUNT), method, seed),
        "gensim": lambda seed: theirs(sentences, method, seed),
    }
    first = None
    for run in range(runs):
        for name, learn in sides.items():
            wall, processor, found = timed(lambda learn=learn, run=run: learn(run))
            speeds[name].append(words / wall)
            processors[name].append(processor)
            scores[name].append(score_analogies(found, questions))
            if name == "assay" and run == 0:
                first = found
    assert first is not None
    again = ours(corpus_of(sentences, min_count=MIN_COUNT), method, 0)
    means = {name: float(np.mean([one.accuracy.value for one in of])) for name, of in scores.items()}
    ends = {name: of[0].accuracy for name, of in scores.items()}
    return {
        "words a second": {name: spread(of) for name, of in speeds.items()},
        "processor seconds": {name: spread(of) for name, of in processors.items()},
        "times gensim's words a second": spread(speeds["assay"])["median"] / spread(speeds["gensim"])["median"],
        "analogies": {name: [one.accuracy.to_json() for one in of] for name, of in scores.items()},
        "mean accuracy": means,
        "asked": scores["assay"][0].asked,
        "coverage": scores["assay"][0].coverage,
        "agree": all(ends[a].low <= means[b] <= ends[a].high for a, b in (("assay", "gensim"), ("gensim", "assay"))),
        "identical": again.matrix.tobytes() == first.matrix.tobytes(),
    }


def other_ways(corpus: Corpus, questions: tuple[Question, ...]) -> dict[str, Any]:
    """Seconds and analogies of what has no peer here."""
    found = {}
    for method in ("ppmi-svd", "fasttext", "glove"):
        wall, _, vectors = timed(lambda method=method: train_vectors(corpus, Training(method=method, width=WIDTH), seed=0))
        score = score_analogies(vectors, questions)
        found[method] = {"seconds": wall, "accuracy": score.accuracy.to_json(), "asked": score.asked}
    return found


def translated(english: Corpus, russian: Corpus, dictionary: Path) -> dict[str, Any]:
    """Words of one language from vectors of the other, by PPMI and SVD of each.

    A Russian word that many entries begin with is no translation but a mark of the dictionary ("от", "см"), and left out.
    """
    with gzip.open(dictionary, "rt", encoding="utf-8") as stream:
        rows = [(row["en"].lower(), row["ru_first"].lower().replace("ё", "е")) for row in csv.DictReader(stream)]
    uses = Counter(b for _, b in rows)
    pairs = [(a, b) for a, b in dict.fromkeys(rows) if a and b and " " not in a + b and uses[b] <= MOST_USES]
    here, there = (train_vectors(corpus, Training(method="ppmi-svd", width=WIDTH), seed=0) for corpus in (english, russian))
    learned, held = split_pairs(pairs, 0.2, seed=0)
    found: dict[str, Any] = {}
    for form in ("orthogonal", "least-squares"):
        made = align(here, there, learned, form=form)  # type: ignore[arg-type]
        found[form] = {"pairs": made.pairs, **score_translation(made, here, there, held).to_json()}
    return found


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--short", action="store_true", help="skip-gram and CBOW alone")


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:  # noqa: ARG001
    text = arguments.data / "text"
    sentences = [words[:LONGEST] for name in ENGLISH for words in sentences_of(text / name)]
    questions = read_questions(text / "questions-words.txt")
    runs = max(2, arguments.runs)
    both = {method: compared(sentences, questions, method, runs) for method in ("skip-gram", "cbow")}
    corpus = corpus_of(sentences, min_count=MIN_COUNT)
    more: dict[str, Any] = {}
    if not arguments.short:
        russian = corpus_of(sentences_of(text / "war_and_peace_ru.txt"), min_count=MIN_COUNT)
        more = {
            "other ways": other_ways(corpus, questions),
            "translation": translated(corpus, russian, text / "mueller_en_ru.csv.gz"),
        }
    return {
        "gensim": importlib.metadata.version("gensim"),
        "threads": THREADS,
        "cores": os.cpu_count(),
        "words of the corpus": sum(map(len, sentences)),
        "vocabulary": len(corpus.words),
        "settings": {"width": WIDTH, "window": WINDOW, "negative": NEGATIVE, "min_count": MIN_COUNT, "epochs": EPOCHS},
        **both,
        **more,
        "checks": {
            **{
                f"{name}: at least half of gensim's words a second": of["times gensim's words a second"] >= 0.5
                for name, of in both.items()
            },
            **{f"{name}: accuracies lie within each other's interval": of["agree"] for name, of in both.items()},
            **{f"{name}: one seed gives one answer to the byte": of["identical"] for name, of in both.items()},
        },
    }


if __name__ == "__main__":
    main("word_vectors", benchmark, needs_data=True, options=options)
