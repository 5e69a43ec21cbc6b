"""A model of texts as a sum over terms, where it is one: then what each term adds to an answer is exact.

Linear models and naive Bayes add, for each class, a number a term; frequencies by class under a linear model do too, because
their sums are over the same terms.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from assay.core.errors import DefectError
from assay.explain.text_terms import TERM_ENCODERS, TermEncoder, columns_in
from assay.prepare.class_frequencies import FittedClassFrequencies
from assay.prepare.columns import FittedColumns
from assay.prepare.step import FittedStep
from assay.recipes.bayes import FittedMultinomialBayes
from assay.recipes.fitted import Fitted
from assay.recipes.learner import FittedLearner
from assay.recipes.linear import FittedLinear


@dataclass(frozen=True, eq=False)
class LinearForm:
    """score of class k = intercepts[k] + Σ over columns of coefficients[column][k] · the encoded cell.

    coefficients: one array (L, width) a column of texts.  L: 1 for a value and for two classes (the second), else K.
    bayes: whether the numbers are log shares, whose differences are the λ of naive Bayes.
    """

    columns: tuple[str, ...]
    encoders: tuple[TermEncoder, ...]
    coefficients: tuple[np.ndarray, ...]
    intercepts: np.ndarray
    bayes: bool

    def toward(self, said: int, against: int) -> tuple[list[np.ndarray], float]:
        """(what each term weighs, one array a column; the base) for a class against another; of one logit by its sign."""
        if len(self.intercepts) == 1:
            sign = 1.0 if said else -1.0
            return [sign * one[0] for one in self.coefficients], sign * float(self.intercepts[0])
        base = float(self.intercepts[said] - self.intercepts[against])
        return [one[said] - one[against] for one in self.coefficients], base

    def against_rest(self, said: int) -> tuple[list[np.ndarray], float]:
        """The same against the mean of the other classes: what a list of the words of a class goes by."""
        if len(self.intercepts) == 1:
            return self.toward(said, 1 - said)
        rest = np.delete(np.arange(len(self.intercepts)), said)
        base = float(self.intercepts[said] - self.intercepts[rest].mean())
        return [one[said] - one[rest].mean(axis=0) for one in self.coefficients], base


def linear_form(fitted: Fitted) -> LinearForm | None:
    """None where the model is no sum over terms of texts, or reads something else too."""
    learned = _learned(fitted.learner)
    return None if learned is None else _split(fitted.step, *learned, isinstance(fitted.learner, FittedMultinomialBayes))


def _learned(learner: FittedLearner) -> tuple[np.ndarray, np.ndarray] | None:
    """(coefficients (L, width), intercepts (L,))."""
    if isinstance(learner, FittedLinear):
        return learner.coefficients, learner.intercepts
    if not isinstance(learner, FittedMultinomialBayes) or not learner.present.all():
        return None  # the score of a class without rows follows those of the others
    if learner.task == "binary":
        return np.diff(learner.log_shares, axis=0), np.diff(learner.log_prior)
    return learner.log_shares, learner.log_prior


def _split(step: FittedStep, coefficients: np.ndarray, intercepts: np.ndarray, bayes: bool) -> LinearForm | None:
    if isinstance(step, FittedClassFrequencies):
        width = step.tables[0].shape[1]
        parts = [coefficients[:, at * width : (at + 1) * width] @ table.T for at, table in enumerate(step.tables)]
        return LinearForm(step.columns, step.encoders, tuple(parts), intercepts, False)
    if not isinstance(step, FittedColumns):
        return None
    parts, encoders, start = [], [], 0
    for encoder in step.encoders:
        if not isinstance(encoder, TERM_ENCODERS):
            return None
        width = sum(part.width for part in encoder.parts)
        parts.append(coefficients[:, start : start + width])
        encoders.append(encoder)
        start += width
    return LinearForm(step.names, tuple(encoders), tuple(parts), intercepts, bayes)


@dataclass(frozen=True, eq=False)
class CellValues:
    """What the terms of one cell add.  places: int64 (t,), columns of the encoder.  counts, values: (t,)."""

    column: str
    text: str
    encoder: TermEncoder
    places: np.ndarray
    counts: np.ndarray
    values: np.ndarray


def cell_values(form: LinearForm, row: pl.DataFrame, said: int, against: int) -> tuple[list[CellValues], float, float]:
    """(what terms add in each column of the one row, the base, the score: their sum)."""
    weights, base = form.toward(said, against)
    found = []
    for name, encoder, weight in zip(form.columns, form.encoders, weights, strict=True):
        encoded = encoder.transform(row[name])
        places = encoded.indices.astype(np.int64)
        order = np.argsort(places)
        text = row[name][0] or ""
        counts = columns_in(encoder, [text])[0]
        found.append(
            CellValues(
                name,
                text,
                encoder,
                places[order],
                np.array([counts[place] for place in places[order].tolist()], dtype=np.int64),
                encoded.data[order] * weight[places[order]],
            )
        )
    return found, base, base + float(sum(cell.values.sum() for cell in found))


def check_sum(score: float, said: float) -> None:
    """Raise DefectError where the values of the terms do not add up to what the model says."""
    if not abs(score - said) <= 1e-6 * max(1.0, abs(said)):
        raise DefectError(f"the values of the terms sum to {score}, and the model says {said}.")
