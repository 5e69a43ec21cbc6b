"""The table of a model of texts that has a number for each word: λ and log prior of naive Bayes, coefficients and intercept.

    λ(word) = log P(word | class) − log P(word | other)            log prior = log P(class) − log P(other)

A text belongs to the class whose log prior and λ sum to more than 0.  With more than two classes each is set against the mean
of the others, which orders words well and sums to no probability.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from assay.core.shown import Shown
from assay.explain.linear_texts import linear_form
from assay.explain.text_terms import has_names, names_of_terms
from assay.recipes.bayes import FittedMultinomialBayes
from assay.recipes.fitted import Fitted

MOST_SHOWN = 10


@dataclass(frozen=True, eq=False)
class WordWeights(Shown):
    """weights: float64 (n_terms, C), of each class in ``classes``; of two classes the second alone is there.  bases: (C,).

    columns: of the table, one a term.  shares: (n_terms, K), P(word | class) of naive Bayes, of all its classes; or None.
    """

    what: str
    base: str
    classes: tuple[str, ...]
    columns: tuple[str, ...]
    terms: tuple[str, ...]
    weights: np.ndarray
    bases: np.ndarray
    shares: np.ndarray | None = None

    def lines(self) -> Iterator[str]:
        """What a person reads on the screen: the strongest on each side."""
        yield f"{self.what} of {len(self.terms)} terms:"
        for code, name in enumerate(self.classes):
            yield f"  {name}: {self.base} {self.bases[code]:+.4f}"
            order = np.argsort(-self.weights[:, code], kind="stable")
            sides = (("for", order[:MOST_SHOWN]), ("against", order[::-1][:MOST_SHOWN]))
            for side, places in sides:
                sign = 1 if side == "for" else -1
                told = [f"{self.terms[at]} {self.weights[at, code]:+.3f}" for at in places if sign * self.weights[at, code] > 0]
                if told:
                    yield f"    {side}: {', '.join(told)}"

    def to_json(self) -> dict[str, Any]:
        """All terms."""
        return {
            "what": self.what,
            "base": self.base,
            "bases": dict(zip(self.classes, self.bases.tolist(), strict=True)),
            "terms": [
                {"column": column, "term": term, "weights": dict(zip(self.classes, row, strict=True))}
                for column, term, row in zip(self.columns, self.terms, self.weights.tolist(), strict=True)
            ],
        }


def word_weights(fitted: Fitted) -> WordWeights | None:
    """None for a model without a number for each word, or whose words have no names (hashed)."""
    form = linear_form(fitted)
    if form is None or not fitted.task.is_classification or not all(map(has_names, form.encoders)):
        return None
    classes = fitted.task.classes[1:] if fitted.task.name == "binary" else fitted.task.classes
    found = [form.against_rest(fitted.task.classes.index(name)) for name in classes]
    learner = fitted.learner
    named = [names_of_terms(encoder, np.arange(encoder.width)) for encoder in form.encoders]
    return WordWeights(
        "λ" if form.bayes else "Weights",
        "log prior" if form.bayes else "intercept",
        classes,
        tuple(column for column, names in zip(form.columns, named, strict=True) for _ in names),
        tuple(name for names in named for name in names),
        np.stack([np.concatenate(weights) for weights, _ in found], axis=1),
        np.array([base for _, base in found]),
        np.exp(learner.log_shares).T if isinstance(learner, FittedMultinomialBayes) else None,
    )
