"""The map of words: its points, and a picture that holds any word as text."""

from xml.etree import ElementTree

import numpy as np
import pytest

from assay.core.errors import ConfigError, DataError
from assay.language.vectors.map import frequent, word_map
from assay.language.vectors.vectors import WordVectors
from assay.report.pictures.word_map import word_map_svg

VECTORS = WordVectors(
    ("королева", "queen", "король", "king", "<script>", "a&b", "שלום", "\x00zero"),
    np.random.default_rng(0).normal(size=(8, 6)).astype(np.float32),
)


def test_the_directions_are_those_of_most_variance() -> None:
    from sklearn.decomposition import PCA

    rows = VECTORS.matrix / np.linalg.norm(VECTORS.matrix, axis=1, keepdims=True)
    expected = PCA(2, svd_solver="full").fit_transform(rows.astype(np.float64))
    found = word_map(VECTORS, VECTORS.words)
    np.testing.assert_allclose(np.abs(found.points), np.abs(expected), atol=1e-6)
    assert "two directions" in found.told


def test_equal_seeds_give_equal_maps_by_t_sne() -> None:
    first, again, other = (word_map(VECTORS, VECTORS.words, layout="t-sne", seed=seed) for seed in (0, 0, 1))
    np.testing.assert_array_equal(first.points, again.points)
    assert not np.array_equal(first.points, other.points)


def test_every_word_stands_in_the_picture_as_text_and_none_as_markup() -> None:
    found = word_map(VECTORS, VECTORS.words)
    svg = word_map_svg(found.words, found.points, title="Слова & words", description=found.told)
    root = ElementTree.fromstring(svg)
    inside = [one.text for one in root.iter() if one.tag.endswith("}title")]
    assert inside == ["Слова & words", *("\ufffdzero" if word.startswith("\x00") else word for word in VECTORS.words)]
    assert not [one for one in root.iter() if one.tag.endswith("script")]
    assert svg == word_map_svg(found.words, found.points, title="Слова & words", description=found.told)


def test_labels_do_not_cover_each_other() -> None:
    rng = np.random.default_rng(1)
    words = [f"слово{place}" for place in range(150)]
    root = ElementTree.fromstring(word_map_svg(words, rng.normal(size=(150, 2)), title="t", description="d"))
    labels = [one for one in root.iter() if one.tag.endswith("}text")][2:]
    boxes = []
    for one in labels:
        width, anchor = 13 * 0.6 * len(one.text), {"start": 0.0, "middle": 0.5, "end": 1.0}[one.get("text-anchor")]
        boxes.append((float(one.get("x")) - anchor * width, float(one.get("y")), width))
    assert 20 < len(boxes) < 150
    for place, (x, y, width) in enumerate(boxes):
        for other_x, other_y, other in boxes[:place]:
            assert abs(y - other_y) >= 13 or x + width <= other_x + 0.2 or other_x + other <= x + 0.2


def test_words_at_one_place_still_make_a_picture() -> None:
    same = WordVectors(("a", "b", "c"), np.ones((3, 2), dtype=np.float32))
    found = word_map(same, same.words)
    assert np.isfinite(found.points).all()
    assert b"<circle" in word_map_svg(found.words, found.points, title="t", description="d")


def test_too_few_or_unknown_words_are_refused() -> None:
    with pytest.raises(ConfigError, match="at least 3"):
        word_map(VECTORS, ["king", "king", "queen"])
    with pytest.raises(DataError, match="no word"):
        word_map(VECTORS, ["king", "queen", "шах"])
    with pytest.raises(ConfigError, match="layout"):
        word_map(VECTORS, VECTORS.words, layout="umap")  # type: ignore[arg-type]
    assert frequent(VECTORS, 2) == ("королева", "queen")
