"""Two spaces brought onto each other: closed forms against scipy, recovery of a planted rotation, accuracy by brute force."""

from pathlib import Path

import numpy as np
import pytest
from scipy import linalg

from assay.core.errors import ConfigError, DataError
from assay.language.vectors.alignment import (
    align,
    least_squares,
    orthogonal,
    read_pairs,
    score_translation,
    split_pairs,
    translate,
    translations,
)
from assay.language.vectors.vectors import WordVectors


def two_languages(noise: float = 0.0, n: int = 120, width: int = 8) -> tuple[WordVectors, WordVectors, list[tuple[str, str]]]:
    """Russian vectors are the English ones turned, in another order, with noise."""
    rng = np.random.default_rng(0)
    english = rng.normal(size=(n, width)).astype(np.float32)
    turned = english @ np.linalg.qr(rng.normal(size=(width, width)))[0] + noise * rng.normal(size=(n, width))
    order = rng.permutation(n)
    source = WordVectors(tuple(f"word{place}" for place in range(n)), english)
    target = WordVectors(tuple(f"слово{place}" for place in order), turned[order].astype(np.float32))
    return source, target, [(f"word{place}", f"слово{place}") for place in range(n)]


def test_the_closed_forms_are_those_of_scipy_and_of_the_normal_equations() -> None:
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(30, 5)), rng.normal(size=(30, 5))
    np.testing.assert_allclose(orthogonal(x, y), linalg.orthogonal_procrustes(x, y)[0], atol=1e-12)
    np.testing.assert_allclose(orthogonal(x, y).T @ orthogonal(x, y), np.eye(5), atol=1e-12)
    np.testing.assert_allclose(least_squares(x, y), np.linalg.inv(x.T @ x) @ x.T @ y, atol=1e-10)
    ridged = np.linalg.lstsq(np.vstack([x, 2 * np.eye(5)]), np.vstack([y, np.zeros((5, 5))]), rcond=None)[0]
    np.testing.assert_allclose(least_squares(x, y, ridge=4.0), ridged, atol=1e-10)
    assert np.linalg.norm(x @ least_squares(x, y) - y) <= np.linalg.norm(x @ orthogonal(x, y) - y)


@pytest.mark.parametrize("form", ["orthogonal", "least-squares"])
@pytest.mark.parametrize("search", ["cosine", "csls"])
@pytest.mark.parametrize("direction", ["en-ru", "ru-en"])
def test_a_planted_rotation_is_found_and_held_out_words_are_translated(form: str, search: str, direction: str) -> None:
    source, target, pairs = two_languages(noise=0.02)
    if direction == "ru-en":
        source, target, pairs = target, source, [(b, a) for a, b in pairs]
    learned, held = split_pairs(pairs, 0.5, seed=0)
    found = align(source, target, learned, form=form, centre=False)
    score = score_translation(found, source, target, held, search=search)
    assert score.at_1.value == score.at_5.value == 1
    assert score.at_1.low is not None
    assert 0.9 < score.at_1.low < 1
    assert score.words == 60
    a, b = held[0]
    assert translate(found, a, source, target, search=search)[0][0] == b


def test_csls_is_its_definition() -> None:
    source, target, pairs = two_languages(noise=1.0, n=60)
    found = align(source, target, pairs[:30])
    likeness = found.source(source.matrix) @ found.target(target.matrix).T
    near_target = np.sort(likeness, axis=0)[-10:].mean(axis=0)
    near_source = np.sort(likeness, axis=1)[:, -10:].mean(axis=1)
    expected = 2 * likeness - near_source[:, None] - near_target
    places, scores = translations(found, np.arange(60), source, target, count=60, search="csls")
    np.testing.assert_allclose(scores, np.take_along_axis(expected, places, axis=1), atol=1e-10)
    assert (np.diff(scores, axis=1) <= 1e-12).all()


def test_a_word_with_two_translations_is_one_question() -> None:
    source, target, pairs = two_languages()
    found = align(source, target, pairs[:40], centre=False)
    asked = [pairs[50], (pairs[50][0], pairs[51][1]), (pairs[60][0], pairs[61][1]), ("unknown", "слово1")]
    score = score_translation(found, source, target, asked)
    assert score.words == 2
    assert score.at_1.value == 0.5
    assert score.coverage == pytest.approx(2 / 3)


def test_source_words_are_held_out_whole_and_by_seed() -> None:
    pairs = [(f"w{place // 2}", f"с{place}") for place in range(200)]
    learned, held = split_pairs(pairs, 0.3, seed=1)
    assert not {a for a, _ in learned} & {a for a, _ in held}
    assert len(held) == 60
    assert len(learned) == 140
    assert held == split_pairs(pairs, 0.3, seed=1)[1] != split_pairs(pairs, 0.3, seed=2)[1]


def test_no_translation_is_both_learned_and_held_out() -> None:
    pairs = [(f"w{place}", f"с{place % 7}") for place in range(100)] + [(f"v{place}", f"т{place}") for place in range(100)]
    learned, held = split_pairs(pairs, 0.1, seed=0)
    assert len(learned) > 50
    assert not {b for _, b in learned} & {b for _, b in held}


def test_what_cannot_be_aligned_is_refused_in_one_line() -> None:
    source, target, _ = two_languages()
    with pytest.raises(DataError, match="none of the 1 pairs"):
        align(source, target, [("кот", "cat")])
    narrow = WordVectors(source.words, source.matrix[:, :4])
    pairs = [("word1", "слово1"), ("word2", "слово2")]
    with pytest.raises(ConfigError, match="use least-squares"):
        align(narrow, target, pairs)
    assert align(narrow, target, pairs, form="least-squares").matrix.shape == (4, 8)
    with pytest.raises(ConfigError, match="form="):
        align(source, target, pairs, form="affine")  # type: ignore[arg-type]
    nothing = score_translation(align(source, target, pairs), source, target, [("кот", "cat")])
    assert nothing.at_1.value is None


def test_pairs_are_read_from_csv_and_from_lines(tmp_path: Path) -> None:
    table, lines = tmp_path / "d.csv", tmp_path / "d.txt"
    table.write_text('en,ru,entry\nCat,Кот,"a, b"\na priori,априорный,x\ncat,кот,\ncat,кошка,\n', encoding="utf-8")
    lines.write_text("cat кот\ncat кошка\nодно\n", encoding="utf-8")
    assert read_pairs(table) == read_pairs(lines) == [("cat", "кот"), ("cat", "кошка")]
    lines.write_text("", encoding="utf-8")
    with pytest.raises(DataError, match="holds no pair"):
        read_pairs(lines)
    lines.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not UTF-8"):
        read_pairs(lines)
