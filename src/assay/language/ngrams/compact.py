"""A smaller model and what it costs: bytes and the perplexity on texts of the user's choice, before and after."""

from dataclasses import dataclass

from assay.core.errors import ConfigError
from assay.core.ragged import Ragged
from assay.language.ngrams.conventions import Perplexity
from assay.language.ngrams.counts import NgramCounts
from assay.language.ngrams.model import NgramModel
from assay.language.ngrams.pruning import cut_rare, cut_uninformative
from assay.language.ngrams.quantizing import quantized
from assay.language.ngrams.state import state_bytes


@dataclass(frozen=True, kw_only=True)
class Smaller:
    """cuts: runs that stand less often are left out (see ``cut_rare``); 1s leave out none.  threshold: see ``cut_uninformative``,
    or None.  bits: 8, 16, or None for numbers as they are.
    """

    cuts: tuple[int, ...] = ()
    threshold: float | None = None
    bits: int | None = None

    def apply(self, model: NgramModel, counts: NgramCounts | None = None) -> NgramModel:
        """counts: those that the model was made from, where ``cuts`` are given.  Raises ConfigError without them."""
        if self.cuts:
            if counts is None:
                raise ConfigError("to leave out rare runs, give the counts that the model was made from.")
            model = cut_rare(model, counts, self.cuts)
        if self.threshold is not None:
            model = cut_uninformative(model, self.threshold)
        return model if self.bits is None else quantized(model, self.bits)


@dataclass(frozen=True)
class Price:
    """bytes: of the arrays of the saved state.  The perplexities are of the same texts by the same convention."""

    bytes_before: int
    bytes_after: int
    before: Perplexity
    after: Perplexity

    def __str__(self) -> str:
        share = self.after.value / self.before.value - 1
        return (
            f"{self.bytes_before} bytes to {self.bytes_after}; perplexity {self.before.value:.2f} to {self.after.value:.2f} "
            f"({share:+.2%})"
        )


def price(model: NgramModel, smaller: NgramModel, texts: Ragged) -> Price:
    """texts: ids, best of texts that the models were not made from."""
    return Price(state_bytes(model), state_bytes(smaller), model.perplexity(texts), smaller.perplexity(texts))
