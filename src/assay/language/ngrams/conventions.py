"""What a perplexity is of: which tokens are predicted and counted, and how large the vocabulary is taken to be.

The standard one is what Assay reports.  The others reproduce numbers of lecture notes and courses, whose "probabilities" need
not sum to 1; they are for models of ``add_k`` only, and every result names the convention it was made by.
"""

from dataclasses import dataclass
from math import exp

from assay.core.errors import ConfigError
from assay.core.names import did_you_mean
from assay.core.ragged import Ragged


@dataclass(frozen=True)
class Convention:
    """marks_in_vocabulary: whether </s> and <unk> count into its size V (<s> never does).

    ends_learned: whether the runs that end in </s> are counted in training (their contexts are in any case).
    begin_in_root: whether <s> counts into the length of a text whose root is taken.
    """

    name: str
    marks_in_vocabulary: bool = True
    ends_learned: bool = True
    begin_in_root: bool = False

    def size(self, vocabulary_size: int) -> int:
        """V, of a vocabulary of so many ids."""
        return vocabulary_size - (1 if self.marks_in_vocabulary else 3)

    @property
    def said(self) -> str:
        """In words."""
        vocabulary = "words, </s> and <unk>" if self.marks_in_vocabulary else "words alone"
        ends = "" if self.ends_learned else "; ends of texts are not counted in training"
        root = "each </s> and each <s>" if self.begin_in_root else "each </s>, not <s>"
        return f"{self.name}: the vocabulary is {vocabulary}{ends}; the root is over all words, {root}"


STANDARD = Convention("standard")
WORDS = Convention("words", marks_in_vocabulary=False)
WORDS_AND_BEGIN = Convention("words-and-begin", marks_in_vocabulary=False, begin_in_root=True)
TEXTBOOK = Convention("textbook", marks_in_vocabulary=False, ends_learned=False, begin_in_root=True)

CONVENTIONS = {one.name: one for one in (STANDARD, WORDS, WORDS_AND_BEGIN, TEXTBOOK)}


def convention_named(name: str) -> Convention:
    """Raises ConfigError for a name that is none."""
    if name not in CONVENTIONS:
        raise ConfigError(f"no convention {name!r}{did_you_mean(name, CONVENTIONS)}")
    return CONVENTIONS[name]


@dataclass(frozen=True)
class Perplexity:
    """value: of ``tokens`` tokens, counted as the convention of this name says."""

    value: float
    tokens: int
    convention: str


def perplexity_of(log_probability: float, length: int) -> float:
    """P(W)^(-1/m): the inverse geometric mean probability.

    log_probability: natural, of the whole text.  length: m, at least 1.

    >>> round(perplexity_of(-230.25850929940458, 100), 6)  # P = 1e-100
    10.0
    """
    if length < 1:
        raise ConfigError("a perplexity is of at least one token.")
    return exp(-log_probability / length)


def perplexity(log_probabilities: Ragged, convention: Convention = STANDARD) -> Perplexity:
    """log_probabilities: float64, natural, one a predicted token (</s> is the last of each row).

    Raises ConfigError where there is no token.
    """
    length = len(log_probabilities.values) + (len(log_probabilities) if convention.begin_in_root else 0)
    return Perplexity(perplexity_of(float(log_probabilities.values.sum()), length), length, convention.name)
