"""Words put together from pieces."""

import numpy as np
import pytest

from assay.language.alignment import Alignment


def test_words_have_the_weight_of_all_their_pieces() -> None:
    pieces = Alignment(
        ("▁по", "иск", "▁в", "</s>"),
        ("▁search", "ing", "</s>"),
        np.array([[0.5, 0.3, 0.1, 0.1], [0.3, 0.3, 0.2, 0.2], [0.0, 0.0, 0.0, 1.0]]),
    )
    words = pieces.by_words()
    assert (words.source, words.answer) == (("поиск", "в", "</s>"), ("searching", "</s>"))
    assert words.weights == pytest.approx(np.array([[0.7, 0.15, 0.15], [0.0, 0.0, 1.0]]))
    assert words.weights.sum(axis=1) == pytest.approx([1, 1])


def test_weights_of_another_form_are_refused() -> None:
    with pytest.raises(ValueError, match="weights of the form"):
        Alignment(("a",), ("b", "c"), np.zeros((1, 2)))
