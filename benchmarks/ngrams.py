"""N-gram models of order 3 against nltk: words a second from strings, the same perplexities, and the memory of ten million.

Corpora are text/wikitext2_valid.txt and text/english_public_domain.txt of the data folder, a text a line, words between white
space.  Both sides begin with the strings: Assay learns its vocabulary, counts and smooths (modified Kneser-Ney); nltk counts
(its Lidstone), which it is fastest with.  Then both score the same strings.  The perplexities are of the last tenth, by models
of the rest, where the conventions agree: add-k with a vocabulary without <s>, and Kneser-Ney with one discount (of the first
words only: nltk looks through all its contexts for each); modified Kneser-Ney beside a plain one in dictionaries, written here.

Memory is that of a process that learns and scores ten million words from strings: the corpora over and over, and the same with
the words of each line in another order each time, so that nearly all runs of three words differ.

The peer is used where it is installed: pip install nltk.
"""

import argparse
import importlib.metadata
import importlib.util
import json
import math
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from harness import main, measure, spread, succeed

from assay.language.ngrams.add_k import add_k
from assay.language.ngrams.compact import Smaller, price
from assay.language.ngrams.counts import count_ngrams
from assay.language.ngrams.kneser_ney import kneser_ney
from assay.language.ngrams.model import NgramModel
from assay.language.ngrams.words import Words

CORPORA = ("wikitext2_valid", "english_public_domain")
UNKNOWN = "<unk>"
"""As it stands in wikitext; nltk writes it in capitals."""
ORDER, K, DISCOUNT = 3, 0.01, 0.75
WORDS_OF_KNESER_NEY = 60
"""That nltk's Kneser-Ney scores: it needs some tenth of a second for each."""
MANY, MOST_MIB = 10_000_000, 2000
LEAST = 1_000_000
"""Words a second."""
ROUNDS = 5
"""At least, of Assay; nltk takes a hundred times as long and runs as often as --runs says."""
SMALLER = {"8 bits": Smaller(bits=8), "16 bits": Smaller(bits=16), "pruned by 1e-7, 8 bits": Smaller(threshold=1e-7, bits=8)}


def lines(data: Path, name: str) -> list[str]:
    text = (data / "text" / f"{name}.txt").read_text(encoding="utf-8")
    return [line.strip() for line in text.split("\n") if line.strip()]


def fit(texts: list[str]) -> tuple[NgramModel, Words]:
    series = pl.Series(texts)
    words = Words.of(series)
    return kneser_ney(count_ngrams(words.ids(series), ORDER, words.size)), words


def score(model: NgramModel, words: Words, texts: list[str]) -> float:
    return float(model.log_scores(words.ids(pl.Series(texts))).values.sum())


def fit_peer(texts: list[str]) -> Any:
    from nltk.lm import Lidstone
    from nltk.lm.preprocessing import padded_everygram_pipeline

    model = Lidstone(K, ORDER)
    model.fit(*padded_everygram_pipeline(ORDER, [text.split() for text in texts]))
    return model


def score_peer(model: Any, texts: list[str]) -> float:
    return sum(model.logscore(run[-1], run[:-1]) for text in texts for run in runs(text, ORDER))


def runs(text: str, n: int, known: set[str] | None = None) -> Iterator[tuple[str, ...]]:
    """The runs of n words whose last is predicted."""
    words = [word if word != UNKNOWN and (known is None or word in known) else "<UNK>" for word in text.split()]
    row = ["<s>"] * (ORDER - 1) + words + ["</s>"]
    return (tuple(row[end - n + 1 : end + 1]) for end in range(ORDER - 1, len(row)))


def timed(call: Callable[[], Any]) -> tuple[tuple[float, float], Any]:
    """(wall-clock seconds, processor seconds of all threads), what came of it."""
    wall, processor = time.perf_counter(), time.process_time()
    found = call()
    return (time.perf_counter() - wall, time.process_time() - processor), found


def speeds(texts: list[str], rounds: int, *, peer: bool) -> dict[str, Any]:
    """Words a second (each </s> is one), the sides in turn."""
    tokens = sum(len(text.split()) + 1 for text in texts)
    fit(texts[:100])
    taken: dict[str, list[tuple[float, float]]] = defaultdict(list)
    for round_ in range(max(rounds, ROUNDS)):
        seconds, (model, words) = timed(lambda: fit(texts))
        taken["fit"].append(seconds)
        taken["score"].append(timed(lambda model=model, words=words: score(model, words, texts))[0])
        if peer and round_ < rounds:
            seconds, other = timed(lambda: fit_peer(texts))
            taken["nltk fit"].append(seconds)
            taken["nltk score"].append(timed(lambda other=other: score_peer(other, texts))[0])
    found: dict[str, Any] = {"words": tokens}
    for name, times in taken.items():
        found[f"{name}, words a second"] = spread([tokens / wall for wall, _ in times])
        found[f"{name}, words a processor second"] = spread([tokens / processor for _, processor in times])
    return found


def peer_perplexities(train: list[str], test: list[str]) -> dict[str, float]:
    from nltk.lm import KneserNeyInterpolated, Lidstone, Vocabulary

    class WithoutBegin(Vocabulary):  # type: ignore[misc]
        """nltk counts <s> among the words that may come next; this one only knows it."""

        def __len__(self) -> int:
            return len(known) + 2  # </s> and <UNK>

    known = known_words(train)
    lidstone = Lidstone(K, ORDER, vocabulary=WithoutBegin([*known, "<s>", "</s>"]))
    lidstone.fit([list(runs(text, ORDER)) for text in train])
    asked = [run for text in test for run in runs(text, ORDER, known)]
    kneser = KneserNeyInterpolated(ORDER, discount=DISCOUNT)
    kneser.fit(([run for n in range(1, ORDER + 1) for run in runs(text, n)] for text in train), [*known, "<s>", "</s>"])
    few = [run for text in known_texts(test, known) for run in runs(text, ORDER)]
    return {"add-k": lidstone.perplexity(asked), "Kneser-Ney": kneser.perplexity(few)}


def known_words(texts: list[str]) -> set[str]:
    return {word for text in texts for word in text.split()} - {UNKNOWN}


def known_texts(texts: list[str], known: set[str]) -> list[str]:
    """Some of the texts' known words: nltk's Kneser-Ney has no probability for others."""
    words = [word for text in texts for word in text.split() if word in known]
    return [" ".join(words[:WORDS_OF_KNESER_NEY])]


def plain_modified(train: list[str], test: list[str]) -> float:
    """The perplexity by modified Kneser-Ney in dictionaries, after the formulas of Chen & Goodman (1998)."""
    known = known_words(train)
    counts: list[Counter[tuple[str, ...]]] = [Counter(), *(Counter() for _ in range(ORDER))]
    counts[ORDER].update(run for text in train for run in runs(text, ORDER))
    for n in range(ORDER - 1, 0, -1):
        longer = {run for text in train for run in runs(text, n + 1)}
        counts[n].update(run[1:] for run in longer)
    follow: dict[tuple[str, ...], list[float]] = defaultdict(lambda: [0.0, 0.0])
    discounts = []
    for table in counts[1:]:
        often = Counter(table.values())
        y = often[1] / (often[1] + 2 * often[2])
        discounts.append([i - (i + 1) * y * often[i + 1] / often[i] for i in (1, 2, 3)])
        for run, count in table.items():
            follow[run[:-1]][0] += count
            follow[run[:-1]][1] += discounts[-1][min(count, 3) - 1]

    def probability(run: tuple[str, ...]) -> float:
        lower = probability(run[1:]) if len(run) > 1 else 1 / (len(known) + 2)
        total, taken = follow[run[:-1]]
        if not total:
            return lower
        count = counts[len(run)][run]
        own = count - discounts[len(run) - 1][min(count, 3) - 1] if count else 0.0
        return own / total + taken / total * lower

    losses = [-math.log(probability(run)) for text in test for run in runs(text, ORDER, known)]
    return math.exp(sum(losses) / len(losses))


def perplexities(texts: list[str], *, peer: bool) -> tuple[dict[str, Any], dict[str, bool]]:
    cut = int(len(texts) * 0.9)
    train, test = texts[:cut], texts[cut:]
    words = Words.of(pl.Series(train))
    counts = count_ngrams(words.ids(pl.Series(train)), ORDER, words.size)
    ids = words.ids(pl.Series(test))
    model = kneser_ney(counts)
    own = {"modified Kneser-Ney": model.perplexity(ids).value, "add-k": add_k(counts, K).perplexity(ids).value}
    few = words.ids(pl.Series(known_texts(test, set(words.words))))
    own["Kneser-Ney"] = kneser_ney(counts, DISCOUNT, lowest="none").perplexity(few).value
    others = {"modified Kneser-Ney": plain_modified(train, test), **(peer_perplexities(train, test) if peer else {})}
    apart = {name: abs(own[name] / value - 1) for name, value in others.items()}
    found = {"perplexity": own, "perplexity of the others": others, "apart, relative": apart}
    found["smaller"] = {name: str(price(model, one.apply(model), ids)) for name, one in SMALLER.items()}
    return found, {f"perplexity of {name} is the other's within 1e-9": gap < 1e-9 for name, gap in apart.items()}


def many(data: Path, *, mixed: bool) -> None:
    """What is run in a process of its own: ten million words learnt and scored."""
    texts = [line for name in CORPORA for line in lines(data, name)]
    tokens = sum(len(text.split()) for text in texts)
    random = np.random.default_rng(0)
    copies = []
    for _ in range(math.ceil(MANY / tokens)):
        copies.append(pl.Series([" ".join(random.permutation(text.split())) for text in texts] if mixed else texts))
    series = pl.concat(copies)
    started = time.perf_counter()
    words = Words.of(series)
    model = kneser_ney(count_ngrams(words.ids(series), ORDER, words.size))
    fitted = time.perf_counter()
    found = model.perplexity(words.ids(series))
    seconds = {"fit": fitted - started, "score": time.perf_counter() - fitted}
    told = {"words": found.tokens, "runs": [len(part) for part in model.runs], "perplexity": found.value, "seconds": seconds}
    print(json.dumps(told))


def benchmark(arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    peer = importlib.util.find_spec("nltk") is not None
    found: dict[str, Any] = {"order": ORDER}
    checks: dict[str, bool] = {}
    for name in CORPORA:
        texts = lines(arguments.data, name)
        found[name] = speeds(texts, arguments.runs, peer=peer)
        for what in ("fit", "score"):
            checks[f"{name}: {what} of {LEAST} words a second"] = found[name][f"{what}, words a second"]["median"] >= LEAST
        more, checked = perplexities(texts, peer=peer)
        found[name] |= more
        checks |= {f"{name}: {check}": holds for check, holds in checked.items()}
    for name in ("repeated", "mixed"):
        command = [sys.executable, str(Path(__file__).resolve()), "--many", name, str(arguments.data.resolve())]
        measured = measure(command, folder)
        found[f"ten million, {name}"] = {**succeed(measured), "peak MiB": measured.peak_mib}
        checks[f"ten million words, {name}: below {MOST_MIB} MiB"] = measured.peak_mib < MOST_MIB
    found["peer"] = {"nltk": importlib.metadata.version("nltk")} if peer else {"absent": "nltk is not installed"}
    return {**found, "checks": checks}


if __name__ == "__main__":
    if sys.argv[1:2] == ["--many"]:
        many(Path(sys.argv[3]), mixed=sys.argv[2] == "mixed")
    else:
        main("ngrams", benchmark, needs_data=True)
