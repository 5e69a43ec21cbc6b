"""Pictures of what looks at what: attention, and alignments of two texts."""

from xml.etree import ElementTree

import numpy as np
import pytest

from assay.explain.attention import TextAttention
from assay.report.language import Words
from assay.report.pictures.alignment import alignment_picture
from assay.report.pictures.attention import MOST_TOKENS, attention_pictures


def attention(tokens: tuple[str, ...], *, layers: int, heads: int, left_out: int = 0) -> TextAttention:
    weights = np.random.default_rng(0).dirichlet(np.ones(len(tokens)), (layers, heads, len(tokens)))
    return TextAttention(tokens, (True,) * len(tokens), weights, left_out)


def parsed(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg.replace(' xmlns="http://www.w3.org/2000/svg"', "", 1))


def test_the_picture_is_a_square_of_cells_with_what_each_says_and_escapes_the_text() -> None:
    weights = np.array([[0.75, 0.25], [0.0, 1.0], [0.5, 0.5]])
    root = parsed(alignment_picture("k", "Who looks", ["<b>", "\x00кот", "w" * 30], ["&", "שלום"], weights))
    cells = root.findall("rect")
    assert [cell.get("fill-opacity") for cell in cells] == ["0.8", "0.2", "0", "1", "0.5", "0.5"]
    said = [cell.findtext("title") for cell in cells]
    assert said[0] == "<b> → &: 0.75"
    assert said[3] == "\N{REPLACEMENT CHARACTER}кот → שלום: 1.00"
    assert [element.text for element in root.findall("text")] == [
        "<b>",
        "\N{REPLACEMENT CHARACTER}кот",
        "w" * 15 + "…",
        "&",
        "שלום",
    ]
    assert root.get("role") == "img"
    ids = {element.get("id") for element in root}
    assert set(str(root.get("aria-labelledby")).split()) <= ids
    assert root.findtext("title") == "Who looks"
    assert str(root.findtext("desc")).startswith("<b> → & 0.75; ")
    boxes = [(float(cell.get("x", 0)), float(cell.get("y", 0))) for cell in cells]
    assert len(set(boxes)) == 6


def test_weights_of_another_form_than_the_tokens_are_refused() -> None:
    with pytest.raises(ValueError, match="1 tokens look at 2"):
        alignment_picture("k", "t", ["a"], ["b", "c"], np.zeros((2, 1)))


def test_pictures_are_of_the_mean_and_of_every_head_in_the_readers_language() -> None:
    found = attention(("кот", "cat"), layers=3, heads=2)
    every = attention_pictures(found, "a")
    assert [(one.layer, one.head) for one in every] == [(None, None), *((layer, head) for layer in range(3) for head in range(2))]
    keys = {parsed(one.svg).get("aria-labelledby") for one in every}
    assert len(keys) == 7
    assert every[4].title.endswith("layer 2, head 2")
    (mean,) = attention_pictures(found, "a", heads=False, w=Words("ru"))
    assert mean.title.startswith("На что смотрит")
    assert "0," in str(parsed(mean.svg).findtext("desc"))


def test_of_a_long_text_the_first_tokens_are_drawn_and_the_title_says_so() -> None:
    many = MOST_TOKENS + 5
    found = attention(("cat",) * many, layers=1, heads=1, left_out=3)
    (mean,) = attention_pictures(found, "a", heads=False)
    assert mean.title.endswith(f"; tokens: the first {MOST_TOKENS} of {many + 3}")
    assert len(parsed(mean.svg).findall("rect")) == MOST_TOKENS**2


def test_of_two_long_sides_the_first_sixty_of_each_are_drawn_at_a_size_of_their_own() -> None:
    root = parsed(alignment_picture("k", "t", ["a"] * 70, ["b"] * 900, np.ones((70, 900))))
    assert len(list(root.iter("rect"))) == 60 * 60
    width = float(root.get("viewBox").split()[2])
    assert f"width:{width:.0f}px" in root.get("style")
