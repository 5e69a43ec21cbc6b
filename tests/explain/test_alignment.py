"""The picture of an alignment, and words put together from pieces."""

from xml.etree import ElementTree

import numpy as np
import pytest

from assay.explain.alignment import alignment_svg
from assay.language.alignment import Alignment

SVG = "{http://www.w3.org/2000/svg}"


def squares(text: str) -> list[ElementTree.Element]:
    return [rect for rect in ElementTree.fromstring(text).iter(f"{SVG}rect") if rect.get("fill-opacity")]


def test_every_square_is_as_dark_as_its_weight_and_tells_its_words() -> None:
    weights = np.array([[0.9, 0.1, 0.0], [0.25, 0.5, 0.25]])
    drawn = squares(alignment_svg(Alignment(("open", "file", "</s>"), ("открыть", "</s>"), weights)))
    assert [float(square.get("fill-opacity", "")) for square in drawn] == pytest.approx(weights.ravel())
    assert [square[0].text for square in drawn][:3] == ["открыть ← open: 0.90", "открыть ← file: 0.10", "открыть ← </s>: 0.00"]
    columns, rows = {square.get("x") for square in drawn}, {square.get("y") for square in drawn}
    assert (len(columns), len(rows)) == (3, 2)


@pytest.mark.parametrize("word", ["<b>&\"'", "a\0b\x1b", "שלום", "😀", "x" * 500, "\ud800", ""])
def test_any_word_gives_a_well_formed_picture(word: str) -> None:
    assert len(squares(alignment_svg(Alignment((word, "y"), (word,), np.array([[0.5, 0.5]]))))) == 2


def test_an_empty_answer_and_a_very_long_source_are_drawn() -> None:
    assert squares(alignment_svg(Alignment((), (), np.zeros((0, 0))))) == []
    assert len(squares(alignment_svg(Alignment(("a",) * 900, ("b",), np.zeros((1, 900)))))) == 60


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
