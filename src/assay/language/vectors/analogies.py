"""Analogies: a is to b as c is to what, and how often vectors know it.

3CosAdd (Mikolov et al. 2013) looks for the word nearest to b − a + c; 3CosMul (Levy & Goldberg 2014) for the largest product
of likenesses with b and c over that with a.  The three words of the question never answer it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np

from assay.core.errors import ConfigError, DataError
from assay.core.shown import Shown
from assay.language.vectors.vectors import BLOCK, WordVectors, largest
from assay.measure.clustered_proportions import clustered_shares
from assay.measure.interval import Interval
from assay.measure.proportion import proportion_interval

Method = Literal["add", "mul"]
METHODS = ("add", "mul")
SMALL = 1e-3
"""Keeps 3CosMul from dividing by 0."""
MOST_QUESTIONS = 1_000_000


@dataclass(frozen=True)
class Question:
    """a is to b as c is to d."""

    section: str
    a: str
    b: str
    c: str
    d: str


@dataclass(frozen=True)
class AnalogyScore(Shown):
    """accuracy: over the questions whose four words are known, a section counts as one cluster.  asked: of all in the file.

    sections: (name, hits, questions asked), in the order of the file.  told: what the answers were sought among.
    """

    accuracy: Interval
    asked: int
    questions: int
    sections: tuple[tuple[str, int, int], ...]
    method: Method
    among: int

    @property
    def coverage(self) -> float:
        return self.asked / self.questions

    def to_json(self) -> dict[str, Any]:
        return {
            "accuracy": self.accuracy.to_json(),
            "asked": self.asked,
            "questions": self.questions,
            "coverage": self.coverage,
            "method": self.method,
            "among": self.among,
            "sections": [{"name": name, "hits": hits, "asked": asked} for name, hits, asked in self.sections],
        }


def analogy(vectors: WordVectors, a: str, b: str, c: str, *, count: int = 10, method: Method = "add") -> list[tuple[str, float]]:
    """What c is to, as a is to b: words with their scores, the best first.  Raises DataError for an unknown word.

    Man is to king as woman is to what: ``analogy(vectors, "man", "king", "woman")``, king − man + woman.
    """
    given = [vectors.place(word) for word in (a, b, c)]
    three = np.stack([_unit(vectors.asked(word)) for word in (a, b, c)])
    scores = _scores(vectors.unit, three[None], method)
    scores[0, [place for place in given if place is not None]] = -np.inf
    best = largest(scores, min(count, len(vectors)))[0]
    return [(vectors.words[place], float(scores[0, place])) for place in best if np.isfinite(scores[0, place])]


def combination(vectors: WordVectors, plus: Sequence[str], minus: Sequence[str], *, count: int = 10) -> list[tuple[str, float]]:
    """The words nearest to a sum of some words less others, none of these among them: king − man + woman."""
    if not plus and not minus:
        raise ConfigError("name at least one word.")
    total = np.zeros(vectors.width, dtype=np.float32)
    for words, sign in ((plus, 1), (minus, -1)):
        for word in words:
            total += np.float32(sign) * _unit(vectors.asked(word))
    scores = (vectors.unit @ _unit(total))[None]
    scores[0, [place for word in (*plus, *minus) if (place := vectors.place(word)) is not None]] = -np.inf
    best = largest(scores, min(count, len(vectors)))[0]
    return [(vectors.words[place], float(scores[0, place])) for place in best if np.isfinite(scores[0, place])]


def read_questions(path: Path) -> tuple[Question, ...]:
    """Questions as in ``questions-words.txt``: a line ": NAME" begins a section, others hold four words.

    Raises DataError that names the line.
    """
    section, found = "all", []
    try:
        with path.open(encoding="utf-8-sig") as stream:
            for number, line in enumerate(stream, start=1):
                if line.startswith(":"):
                    section = line[1:].strip() or "unnamed"
                    continue
                words = line.split()
                if not words:
                    continue
                if len(words) != 4:
                    raise DataError(
                        f"{path}, line {number}: {len(words)} words; a question has four (a line ': NAME' begins a section)."
                    )
                found.append(Question(section, *words))
                if len(found) > MOST_QUESTIONS:
                    raise DataError(f"{path} has more than {MOST_QUESTIONS} questions.")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} is not UTF-8 ({error.reason} at byte {error.start}); save it as UTF-8.") from error
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not found:
        raise DataError(f"{path} holds no questions.")
    return tuple(found)


def score_analogies(
    vectors: WordVectors, questions: Sequence[Question], *, method: Method = "add", among: int = 300_000
) -> AnalogyScore:
    """The share of questions whose answer is the first of all words.

    among: answers are sought among so many of the first words (where files are ordered by frequency, the most frequent), and
    questions with a word beyond are not asked.  The interval resamples sections: questions of one share words and a rule.
    """
    if method not in METHODS:
        raise ConfigError(f"method={method!r} is neither add nor mul.")
    among = min(among, len(vectors))
    names = list(dict.fromkeys(question.section for question in questions))
    section_of = {name: place for place, name in enumerate(names)}
    rows, sections = [], []
    for question in questions:
        places = [vectors.place(word) for word in (question.a, question.b, question.c, question.d)]
        if all(place is not None and place < among for place in places):
            rows.append(places)
            sections.append(section_of[question.section])
    where = np.array(rows, dtype=np.int64).reshape(-1, 4)
    hits, section = _hits(vectors.unit[:among], where, method), np.array(sections, dtype=np.int64)
    counted = tuple((name, int(hits[section == place].sum()), int((section == place).sum())) for place, name in enumerate(names))
    return AnalogyScore(_interval(hits, section), len(where), len(questions), counted, method, among)


def _hits(unit: np.ndarray, where: np.ndarray, method: Method) -> np.ndarray:
    found = np.zeros(len(where), dtype=bool)
    for start in range(0, len(where), BLOCK):
        block = where[start : start + BLOCK]
        scores = _scores(unit, unit[block[:, :3]], method)
        np.put_along_axis(scores, block[:, :3], -np.inf, axis=1)
        found[start : start + BLOCK] = scores.argmax(axis=1) == block[:, 3]
    return found


def _scores(unit: np.ndarray, three: np.ndarray, method: Method) -> np.ndarray:
    """float32 (q, n_words).  three: (q, 3, width), rows of length 1: a, b, c."""
    if method == "add":
        sums = three[:, 1] - three[:, 0] + three[:, 2]
        length = np.linalg.norm(sums, axis=1, keepdims=True)
        return np.asarray((sums / np.where(length > 0, length, np.float32(1))) @ unit.T)
    a, b, c = (np.float32(0.5) * (three[:, part] @ unit.T + np.float32(1)) for part in range(3))
    return np.asarray(b * c / (a + np.float32(SMALL)))


def _interval(hits: np.ndarray, section: np.ndarray) -> Interval:
    if not len(hits):
        return Interval(None, None, None, 0.95, "none", 0, "this model", "no question has four known words")
    if len(np.unique(section)) == 1:
        return proportion_interval(int(hits.sum()), len(hits))
    return clustered_shares(np.zeros(len(hits), dtype=np.int64), hits, weights=None, groups=section)[0].share


def _unit(row: np.ndarray) -> np.ndarray:
    length = float(np.linalg.norm(row))
    return np.asarray(row / np.float32(length)) if length > 0 else row
