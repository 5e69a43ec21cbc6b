"""Spelling: English words against symspellpy and Norvig's method, and Russian sentences against the dictionary alone.

Words: 265 misspelled words of spell_testset1.  All three know the same words with the same frequencies, the list that symspellpy
ships; nothing is learned from any pair.  Accuracy with intervals, paired differences, words a second of the clock and of the one
processor that each side uses (in turn, each word looked up anew; median of the runs).  Sentences: of ruspellru_shared two thirds
of the rows, drawn by the seed, teach, and the others are measured: F1 of the corrections with a bootstrap interval, and the
paired difference.  Known words come from wordfreq and from two books of the data folder, the same for both.
"""

import argparse
import csv
import importlib.metadata
import importlib.resources
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from harness import main, spread

from assay.language.spelling.learning import SHARE_OF_TEXTS, learn_speller
from assay.language.spelling.speller import DictionarySpeller, Speller
from assay.language.spelling.words import WordList, words_of_wordfreq
from assay.measure.evaluate import evaluate
from assay.measure.interval import Interval
from assay.measure.parts import Design, Part
from assay.measure.registry import METRICS
from assay.measure.texts import text_predictions, text_truth

LETTERS = "abcdefghijklmnopqrstuvwxyz"
WANTED_ACCURACY, WANTED_SPEED = 0.78, 5000
COPIES = 20
"""How often the words are looked up in a row for the measure of speed."""


def norvig(counts: dict[str, int]) -> Callable[[str], str]:
    """As published: known, else one edit, else two, else itself; the most frequent wins."""

    def edits1(word: str) -> set[str]:
        splits = [(word[:i], word[i:]) for i in range(len(word) + 1)]
        deletes = [left + right[1:] for left, right in splits if right]
        transposes = [left + right[1] + right[0] + right[2:] for left, right in splits if len(right) > 1]
        replaces = [left + c + right[1:] for left, right in splits if right for c in LETTERS]
        inserts = [left + c + right for left, right in splits for c in LETTERS]
        return set(deletes + transposes + replaces + inserts)

    def known(words: Any) -> set[str]:
        return {word for word in words if word in counts}

    def correction(word: str) -> str:
        two = (far for near in edits1(word) for far in edits1(near))
        found = known([word]) or known(edits1(word)) or known(two) or {word}
        return max(sorted(found), key=lambda one: counts.get(one, 0))

    return correction


def symspell(counts: dict[str, int]) -> Callable[[str], str]:
    from symspellpy import SymSpell, Verbosity

    peer = SymSpell(max_dictionary_edit_distance=2, prefix_length=7)
    for word, count in counts.items():
        peer.create_dictionary_entry(word, count)

    def correction(word: str) -> str:
        found = peer.lookup(word, Verbosity.TOP, max_edit_distance=2)
        return str(found[0].term) if found else word

    return correction


def options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--seed", type=int, default=0, help="of the split of the Russian sentences")
    parser.add_argument("--most-words", type=int, default=1_000_000, help="of the Russian list, the most frequent")


def interval(found: Interval) -> dict[str, Any]:
    return {"value": found.value, "low": found.low, "high": found.high, "method": found.method}


def judged(
    given: Sequence[str], wanted: Sequence[str], answers: dict[str, Sequence[str]], metrics: Sequence[str], method: str
) -> dict[str, Any]:
    """Each metric of each candidate with its interval, and the paired differences of the last one to the others."""
    units = np.arange(len(given))
    truth = text_truth(units, given, wanted)
    parts = {name: [Part(0, 0, truth, text_predictions(units, said))] for name, said in answers.items()}
    members = [METRICS.get(name) for name in metrics]
    found = evaluate(parts, members, Design(units), estimand="this model", method=method, replicates=2000)
    *others, last = answers
    return {
        "rows": {name: {metric: interval(found.interval(name, metric)) for metric in metrics} for name in answers},
        "differences": {
            f"{last} - {name}": {
                metric: {**interval(difference.interval), "p": difference.p}
                for metric in metrics
                for difference in [found.difference(last, name, metric)]
            }
            for name in others
        },
    }


def english(arguments: argparse.Namespace) -> dict[str, Any]:
    with (arguments.data / "text" / "spell_testset1.csv").open(encoding="utf-8") as stream:
        rows = [(row["wrong"].lower(), row["right"].lower()) for row in csv.DictReader(stream)]
    typed, right = [row[0] for row in rows], [row[1] for row in rows]
    lines = importlib.resources.files("symspellpy").joinpath("frequency_dictionary_en_82_765.txt")
    counts = {word: int(count) for word, count in (line.split() for line in lines.read_text("utf-8-sig").splitlines())}
    begun = time.perf_counter()
    speller = Speller.of_words(WordList.of_counts(counts))
    speller.words_meant(["hello"])
    ready = time.perf_counter() - begun
    one_by_one = {"norvig": norvig(counts), "symspellpy": symspell(counts)}
    sides: dict[str, Callable[[list[str]], list[str]]] = {
        name: (lambda words, correct=correct: [correct(word) for word in words]) for name, correct in one_by_one.items()
    } | {"assay": speller.words_meant}
    answers = {name: correct(typed) for name, correct in sides.items()}
    wall: dict[str, list[float]] = {name: [] for name in sides}
    processor: dict[str, list[float]] = {name: [] for name in sides}
    for _ in range(max(arguments.runs, 1)):
        for name, correct in sides.items():
            asked = typed if name == "norvig" else typed * COPIES  # it is some hundred times slower
            begun, spent = time.perf_counter(), time.process_time()
            correct(asked)
            wall[name].append(len(asked) / (time.perf_counter() - begun))
            processor[name].append(len(asked) / (time.process_time() - spent))
    return {
        "pairs": len(typed),
        "known_words": len(counts),
        "right_word_known": float(np.mean([word in counts for word in right])),
        "assay_ready_seconds": ready,
        **judged(typed, right, answers, ["texts_right"], "default"),
        "words_a_second": {name: spread(found) for name, found in wall.items()},
        "words_a_processor_second": {name: spread(found) for name, found in processor.items()},
    }


def russian(arguments: argparse.Namespace) -> dict[str, Any]:
    folder = arguments.data / "text"
    with (folder / "ruspellru_shared.csv").open(encoding="utf-8") as stream:
        rows = [(row["noisy"], row["correct"]) for row in csv.DictReader(stream)]
    order = np.random.default_rng(arguments.seed).permutation(len(rows))
    cut = 2 * len(rows) // 3
    train, test = [rows[at] for at in order[:cut]], [rows[at] for at in order[cut:]]
    books = [line for name in ("war_and_peace_ru.txt", "russian_aphorisms.txt") for line in _lines(folder / name)]
    words = words_of_wordfreq(["ru"], most=arguments.most_words)
    typed, meant = [row[0] for row in train], [row[1] for row in train]
    begun = time.perf_counter()
    speller = learn_speller(typed, meant, words=words, texts=books, seed=arguments.seed)
    fitted = time.perf_counter() - begun
    dictionary = DictionarySpeller(words.mixed_with(WordList.of_texts([*books, *meant]), SHARE_OF_TEXTS))
    given, wanted = [row[0] for row in test], [row[1] for row in test]
    answers: dict[str, Sequence[str]] = {"dictionary": dictionary.correct(given), "noisy-channel": speller.correct(given)}
    metrics = ["correction_f1", "correction_precision", "correction_recall", "texts_right"]
    begun = time.perf_counter()
    speller.correct(given)
    seconds = time.perf_counter() - begun
    return {
        "train": len(train),
        "test": len(test),
        "known_words": len(speller.words),
        "fit_seconds": fitted,
        "words_a_second": sum(len(text.split()) for text in given) / seconds,
        **judged(given, wanted, answers, metrics, "percentile"),
    }


def _lines(path: Path) -> list[str]:
    """Without the lines that name a quotation's author."""
    return [line for line in path.read_text(encoding="utf-8").splitlines() if not line.lstrip().startswith("--")]


def benchmark(arguments: argparse.Namespace, _folder: Path) -> dict[str, Any]:
    words, sentences = english(arguments), russian(arguments)
    accuracy = words["rows"]["assay"]["texts_right"]["value"]
    by_symspell, by_norvig = (words["differences"][f"assay - {name}"]["texts_right"]["low"] for name in ("symspellpy", "norvig"))
    gain = sentences["differences"]["noisy-channel - dictionary"]["correction_f1"]["low"]
    return {
        "words": words,
        "sentences": sentences,
        "peers": {name: importlib.metadata.version(name) for name in ("symspellpy", "wordfreq")},
        "checks": {
            "accuracy_at_least_0.78": accuracy >= WANTED_ACCURACY,
            "more_right_than_symspellpy_beyond_doubt": by_symspell > 0,
            "more_right_than_norvig_beyond_doubt": by_norvig > 0,
            "at_least_5000_words_a_processor_second": words["words_a_processor_second"]["assay"]["median"] >= WANTED_SPEED,
            "russian_f1_above_the_dictionary_beyond_doubt": gain > 0,
        },
    }


if __name__ == "__main__":
    sys.exit(main("spelling", benchmark, needs_data=True, options=options))
