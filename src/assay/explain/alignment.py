"""What a word of an answer was made from, in a model that looks back at the source."""

from assay.core.errors import ConfigError
from assay.language.alignment import Alignment
from assay.recipes.fitted import Fitted


def alignment_of(fitted: Fitted, text: str) -> Alignment:
    """What a model of an encoder-decoder answers to a text, and which words each word of the answer was made from.

    Raises ConfigError for a model that is none, DataError for one that does not look back at the source (seq2seq-lstm).
    """
    from assay.recipes.nets.rewriter import FittedRewriter

    if not isinstance(fitted.learner, FittedRewriter):
        raise ConfigError(
            f"a model of {fitted.recipe!r} has no alignment; seq2seq-attention and seq2seq-transformer have one, and "
            "look at the source before each word."
        )
    return fitted.learner.alignment(text).by_words()
