"""What is found of a model of texts, as data objects, and what is asked of ``texts.explain_texts``."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from assay.core.errors import ConfigError
from assay.core.shown import Shown
from assay.explain.attention import TextAttention
from assay.explain.confused import Gallery, Judged
from assay.measure.interval import Interval

EXACT, LEFT_OUT = "exact", "leaving words out"


@dataclass(frozen=True, kw_only=True)
class TextSettings:
    """row: a text that is shown first, or None.  texts: how many are looked at one by one.

    terms: of each text that are named with their values.  words: of each class, of a model that has a weight for each.
    asked: pieces of a text that are left out one by one at most, where a model has no weights to read.
    """

    row: int | None = None
    texts: int = 12
    terms: int = 8
    words: int = 15
    asked: int = 200
    seed: int = 0

    def __post_init__(self) -> None:
        if min(self.texts, self.terms, self.words, self.asked) < 1:
            raise ConfigError(
                f"texts={self.texts}, terms={self.terms}, words={self.words} and asked={self.asked} must be at least 1."
            )


@dataclass(frozen=True, slots=True)
class Piece(Shown):
    """A stretch of a text.  value: what it adds for the answer; None: nothing was asked of it (white space, cut off)."""

    text: str
    value: float | None


@dataclass(frozen=True, slots=True)
class ColumnPieces(Shown):
    """One cell: ``pieces`` end to end are its text, as far as it is shown.  cut: characters that are not."""

    column: str
    pieces: tuple[Piece, ...]
    cut: int = 0


@dataclass(frozen=True, slots=True)
class TermValue(Shown):
    """What a term of the model adds for the answer: its weight times its value in the text.  count: how often it stands there."""

    column: str
    term: str
    count: int
    value: float


@dataclass(frozen=True, slots=True)
class TextLook(Shown):
    """One row.  why: "asked", "most wrong" or "drawn".  method: EXACT or LEFT_OUT.

    against: the class that the score sets the answer against; "" for all others, or a value.
    score: log odds of the answer against it (or the value), before the correction of probabilities.
    base: what the model says of a text without known words (EXACT), so that score = base + the values of all terms.
    terms: the strongest.  elsewhere: what terms add that no shown word carries (EXACT).
    attention: of a Transformer, what its layers look at; None for other models, and for a text without a token.
    """

    row: Judged
    why: str
    fold: int
    method: str
    against: str
    score: float
    base: float | None
    cells: tuple[ColumnPieces, ...]
    terms: tuple[TermValue, ...] = ()
    elsewhere: float = 0.0
    attention: TextAttention | None = None

    def to_json(self) -> dict[str, Any]:
        pieces = [
            {"column": cell.column, "text": one.text, "value": one.value}
            for cell in self.cells
            for one in cell.pieces
            if one.value is not None
        ]
        return {
            **self.row.to_json(),
            "why": self.why,
            "method": self.method,
            "against": self.against or None,
            "score": self.score,
            "base": self.base,
            "words": pieces,
            "terms": [{"column": one.column, "term": one.term, "count": one.count, "value": one.value} for one in self.terms],
            "elsewhere": self.elsewhere,
            **({} if self.attention is None else {"attention": self.attention.to_json()}),
        }


@dataclass(frozen=True, slots=True)
class ClassWords(Shown):
    """The terms that speak most for a class, in one model.  base: what it begins with (log prior, intercept)."""

    name: str
    base: float
    words: tuple[tuple[str, float], ...]

    def to_json(self) -> dict[str, Any]:
        return {"class": self.name, "base": self.base, "words": [{"term": term, "weight": w} for term, w in self.words]}


@dataclass(frozen=True, slots=True)
class OfClass(Shown):
    """How the rows of one class fare.  taken_for: the class that most of its wrong rows are called, with how many."""

    name: str
    rows: int
    right: int
    taken_for: tuple[str, int] | None

    def to_json(self) -> dict[str, Any]:
        taken = None if self.taken_for is None else {"class": self.taken_for[0], "rows": self.taken_for[1]}
        return {"class": self.name, "rows": self.rows, "right": self.right, "taken_for": taken}


@dataclass(frozen=True, kw_only=True)
class TextExplanation(Shown):
    """What was found; None and empty where it was left out, and ``left_out`` says why: (what, reason).

    right: the share of right answers.  gallery_texts: the text of the rows of the gallery, cut.  weights: what each term weighs
    in a model that has such weights ("λ" of naive Bayes, coefficients).  weigher: which model that is, in words.
    """

    recipe: str
    about: str
    rows: int
    models: int
    right: Interval | None
    gallery: Gallery | None
    classes: tuple[OfClass, ...]
    looks: tuple[TextLook, ...]
    weights: tuple[ClassWords, ...]
    weigher: str
    gallery_texts: Mapping[int, str]
    warnings: tuple[str, ...] = ()
    left_out: tuple[tuple[str, str], ...] = field(default=())

    def to_json(self) -> dict[str, Any]:
        return {
            "recipe": self.recipe,
            "about": self.about,
            "rows": self.rows,
            "models": self.models,
            "accuracy": None if self.right is None else self.right.to_json(),
            "gallery": None if self.gallery is None else self.gallery.to_json(),
            "classes": [one.to_json() for one in self.classes],
            "texts": [one.to_json() for one in self.looks],
            "weights": [one.to_json() for one in self.weights],
            "warnings": list(self.warnings),
            "left_out": [{"what": what, "reason": reason} for what, reason in self.left_out],
        }
