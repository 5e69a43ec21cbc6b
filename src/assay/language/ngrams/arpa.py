"""The ARPA text format of n-gram models, which SRILM, KenLM and others read and write: log10 probability, run, log10 backoff.

The format knows one <s> before a text, this package N - 1 of them.  What is written has runs with one <s>, so that both score
a text alike; what is read needs no others, because a context that is not there is given up without a price.
"""

from dataclasses import replace
from math import log
from pathlib import Path

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.files import write_atomic
from assay.language.ngrams.counts import MOST_ORDER
from assay.language.ngrams.model import NEVER, NgramModel, Numbers, Runs
from assay.language.ngrams.words import Words
from assay.prepare.corpus import BEGIN, MARKS

_LN10 = log(10)


def write_arpa(path: str | Path, model: NgramModel, words: Words) -> None:
    """Raises ConfigError where words and model differ, where its scores are no probabilities, and of the disk."""
    if words.size != model.vocabulary_size:
        raise ConfigError(f"the model is of {model.vocabulary_size} ids, and these words make {words.size}.")
    if not model.is_probability:
        raise ConfigError(f"the ARPA format holds probabilities, and the scores of {model.smoothing} are none.")
    sections = [_section(model, n, words.vocabulary) for n in range(1, model.order + 1)]
    lines = ["\\data\\", *(f"ngram {n}={len(section)}" for n, section in enumerate(sections, start=1)), ""]
    for n, section in enumerate(sections, start=1):
        lines += [f"\\{n}-grams:", *section, ""]
    lines.append("\\end\\\n")
    try:
        write_atomic(Path(path), "\n".join(lines).encode())
    except OSError as error:
        raise ConfigError(f"{path} cannot be written: {error.strerror or error}; choose another place.") from error


def _section(model: NgramModel, n: int, vocabulary: tuple[str, ...]) -> list[str]:
    """A line for each run of n words, of which the first alone may be <s>."""
    own = model.words_of(n)
    plain = np.flatnonzero((own != BEGIN).all(axis=1)) if n > 1 else np.arange(len(own))
    runs = [own[plain]]
    probabilities = [np.where(own[plain, -1] == BEGIN, NEVER, model.runs[n - 1].log_probability(plain))]
    found = model.runs[n - 1].log_backoffs
    backoffs = [np.zeros(len(plain)) if found is None else found[plain]]
    if n == 1 and found is not None:
        backoffs[0][[BEGIN]] = _backoff_after_begins(model, np.zeros((1, 0), dtype=np.int64))
    if n > 1:
        begun = _begun(model, n)
        full = np.concatenate([np.full((len(begun), model.order - n), BEGIN), begun], axis=1)
        runs.append(begun)
        probabilities.append(model.log_scores_of_runs(full))
        backoffs.append(np.zeros(len(begun)) if n == model.order else _backoff_after_begins(model, begun[:, 1:]))
    tails = np.concatenate(backoffs) / _LN10
    lines = []
    for words, probability, tail in zip(
        np.concatenate(runs).tolist(), (np.concatenate(probabilities) / _LN10).tolist(), tails, strict=True
    ):
        said = f"{probability:.9g}\t{' '.join(vocabulary[word] for word in words)}"
        lines.append(said if n == model.order else f"{said}\t{tail:.9g}")
    return lines


def _begun(model: NgramModel, n: int) -> np.ndarray:
    """int (runs, n): what stands at the beginning of texts, after one <s>, whatever number of <s> it is kept with."""
    found = [np.zeros((0, n), dtype=np.int64)]
    for length in range(n, model.order + 1):
        words = model.words_of(length)
        extra = length - n
        is_begun = (words[:, : extra + 1] == BEGIN).all(axis=1) & (words[:, extra + 1] != BEGIN)
        found.append(words[is_begun][:, extra:].astype(np.int64))
    return np.unique(np.concatenate(found), axis=0)


def _backoff_after_begins(model: NgramModel, rest: np.ndarray) -> np.ndarray:
    """float64 (runs,): the sum of the log backoffs of these words behind 1, 2, … <s>, as far as the model looks back."""
    total = np.zeros(len(rest))
    for begins in range(1, model.order - rest.shape[1]):
        words = np.concatenate([np.full((len(rest), begins), BEGIN), rest], axis=1)
        numbers = words[:, 0].astype(np.int64)
        for end in range(1, words.shape[1]):
            numbers = model.find(end + 1, numbers, words[:, end])
        backoffs = model.runs[words.shape[1] - 1].log_backoffs
        assert backoffs is not None  # the longest context is one shorter than the longest run
        total += np.where(numbers >= 0, backoffs[np.maximum(numbers, 0)], 0.0)
    return total


def read_arpa(path: str | Path) -> tuple[NgramModel, Words]:
    """Raises DataError for what is no ARPA file, with the line."""
    try:
        lines = Path(path).read_text(encoding="utf-8").split("\n")
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is no ARPA file: it is not UTF-8.") from error
    tables = _tables(lines, str(path))
    names = [words[0] for words, _, _ in tables[0]]
    vocabulary = [*MARKS, *(name for name in names if name not in MARKS)]
    ids = {name: number for number, name in enumerate(vocabulary)}
    if len(set(names)) != len(names):
        raise DataError(f"{path}: a word stands twice among the single words.")
    size = len(vocabulary)
    logs, backs = np.full(size, NEVER), np.zeros(size)
    for words, probability, backoff in tables[0]:
        logs[ids[words[0]]], backs[ids[words[0]]] = probability, backoff
    of_one = Runs(np.arange(size, dtype=np.int32), np.zeros(size, dtype=np.int32), Numbers(logs), Numbers(backs))
    runs = [of_one if len(tables) > 1 else replace(of_one, log_backoffs=None)]
    numbers: dict[tuple[str, ...], int] = {(name,): number for name, number in ids.items()}
    for table in tables[1:]:
        found, numbers = _longer(table, numbers, ids, str(path))
        runs.append(found if len(runs) + 1 < len(tables) else replace(found, log_backoffs=None))
    return NgramModel(size, tuple(runs), "read from ARPA"), Words(tuple(vocabulary[len(MARKS) :]))


def _longer(
    table: "list[_Line]", shorter: dict[tuple[str, ...], int], ids: dict[str, int], where: str
) -> tuple[Runs, dict[tuple[str, ...], int]]:
    """The runs of a table in their order, and the number of each."""
    keyed = sorted((_parent(shorter, run, where), _id(ids, run[-1], where), p, backoff, run) for run, p, backoff in table)
    numbers = {one[4]: number for number, one in enumerate(keyed)}
    if len(numbers) != len(keyed):
        raise DataError(f"{where}: a run of {len(table[0][0])} words stands twice.")
    parents, last, logs, backs = (np.array([one[column] for one in keyed]) for column in range(4))
    found = Runs(last.astype(np.int32), parents.astype(np.int32), Numbers(logs.astype(float)), Numbers(backs.astype(float)))
    return found, numbers


_Line = tuple[tuple[str, ...], float, float]


def _tables(lines: list[str], where: str) -> list[list[_Line]]:
    """By length, the runs with their natural logarithms of probability and backoff."""
    tables: list[list[_Line]] = []
    started = ended = False
    for place, line in enumerate(lines, start=1):
        if line.strip() == "\\data\\":
            started = True
        elif line.strip() == "\\end\\":
            ended = True
            break
        elif started and line.startswith("\\") and line.strip() == f"\\{len(tables) + 1}-grams:":
            tables.append([])
        elif tables and line.strip():
            tables[-1].append(_line(line, len(tables), f"{where}, line {place}"))
    if not ended or not tables or not tables[0]:
        raise DataError(f"{where} is no ARPA file: it has no tables between \\data\\ and \\end\\.")
    if len(tables) > MOST_ORDER:
        raise DataError(f"{where}: runs of {len(tables)} words, and {MOST_ORDER} are the most.")
    return tables


def _line(line: str, n: int, where: str) -> _Line:
    parts = line.rstrip("\r").split("\t")
    words = tuple(parts[1].split(" ")) if len(parts) > 1 else ()
    try:
        probability, backoff = float(parts[0]), float(parts[2]) if len(parts) > 2 else 0.0
    except ValueError as error:
        raise DataError(f"{where}: the numbers of a run cannot be read.") from error
    if len(words) != n or not -1000 <= probability <= 0 or not abs(backoff) <= 300:
        raise DataError(f"{where}: a line is a log10 probability, {n} words and perhaps a log10 backoff, parted by tabs.")
    return words, max(probability * _LN10, NEVER), backoff * _LN10


def _parent(numbers: dict[tuple[str, ...], int], words: tuple[str, ...], where: str) -> int:
    if words[:-1] not in numbers:
        raise DataError(f"{where}: the run {' '.join(words)[:80]!r} is there, and not the words that it begins with.")
    return numbers[words[:-1]]


def _id(ids: dict[str, int], word: str, where: str) -> int:
    if word not in ids:
        raise DataError(f"{where}: the word {word[:80]!r} is in a run, and not among the single words.")
    return ids[word]
