"""Analogies, nearest words and sentences, against brute force; accuracy with its interval and coverage."""

from pathlib import Path

import numpy as np
import pytest

from assay.core.errors import ConfigError, DataError
from assay.language.vectors.analogies import Question, analogy, combination, read_questions, score_analogies
from assay.language.vectors.sentences import SentenceIndex, SentenceSettings, sentence_vectors
from assay.language.vectors.vectors import WordVectors, largest, nearest_rows

SQUARE = WordVectors(
    ("man", "woman", "king", "queen", "мужчина", "женщина", "король", "королева", "noise"),
    np.array(
        [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1], [2, 0, 0], [2, 2, 0], [2, 0, 2], [2, 2, 2], [-1, -1, -1]], dtype=np.float32
    )
    + 0.01 * np.random.default_rng(0).normal(size=(9, 3)).astype(np.float32),
)
RUSSIAN = WordVectors(SQUARE.words[4:], SQUARE.matrix[4:])


def brute(vectors: WordVectors, a: str, b: str, c: str, method: str) -> str:
    unit = vectors.matrix / np.linalg.norm(vectors.matrix, axis=1, keepdims=True)
    a, b, c = (unit[vectors.words.index(word)] for word in (a, b, c))
    best = {}
    for word, row in zip(vectors.words, unit, strict=True):
        near_a, near_b, near_c = ((1 + row @ other) / 2 for other in (a, b, c))
        best[word] = row @ (b - a + c) if method == "add" else near_b * near_c / (near_a + 1e-3)
    return max(best, key=best.get)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["add", "mul"])
def test_king_less_man_plus_woman_is_queen_in_both_languages(method: str) -> None:
    english = WordVectors((*SQUARE.words[:4], "noise"), SQUARE.matrix[[0, 1, 2, 3, 8]])
    assert analogy(english, "man", "king", "woman", method=method)[0][0] == "queen"
    assert analogy(RUSSIAN, "мужчина", "Король", "женщина", method=method)[0][0] == "королева"
    assert combination(RUSSIAN, ["король", "женщина"], ["мужчина"])[0][0] == "королева"


@pytest.mark.parametrize("method", ["add", "mul"])
def test_accuracy_is_that_of_a_loop_over_all_words(method: str) -> None:
    rng = np.random.default_rng(3)
    vectors = WordVectors(tuple(f"слово{place}" for place in range(40)), rng.normal(size=(40, 6)).astype(np.float32))
    questions, answered = [], []
    for number in range(550):  # more than are answered at once
        four = [vectors.words[place] for place in rng.permutation(40)[:3]]
        answers = [word for word, _ in analogy(vectors, *four, method=method, count=1)]
        if number % 10 == 0 and (right := brute(vectors, *four, method)) not in four:
            assert answers == [right]
        answered += answers
        questions.append(Question(f"s{number % 5}", *four, answers[0] if number % 3 else vectors.words[number % 40]))
    score = score_analogies(vectors, questions, method=method)
    hits = [one.d == answer for one, answer in zip(questions, answered, strict=True)]
    assert score.accuracy.value == pytest.approx(np.mean(hits))
    assert [hit for _, hit, _ in score.sections] == [sum(hits[place::5]) for place in range(5)]
    assert score.coverage == 1


def test_questions_with_unknown_words_are_not_asked_and_counted() -> None:
    questions = [
        Question("пол", "мужчина", "король", "женщина", "королева"),
        Question("пол", "мужчина", "король", "женщина", "дом"),
    ]
    score = score_analogies(RUSSIAN, questions)
    assert (score.asked, score.questions, score.coverage, score.accuracy.value) == (1, 2, 0.5, 1.0)
    nothing = score_analogies(RUSSIAN, questions[1:])
    assert nothing.accuracy.value is None
    assert "no question" in str(nothing.accuracy.undefined)
    assert score_analogies(RUSSIAN, questions, among=2).asked == 0


def test_the_interval_takes_a_section_as_one_cluster() -> None:
    """Sections that are known whole or not at all tell as little as so many questions as there are sections."""
    rng = np.random.default_rng(0)
    base = rng.normal(size=(20, 8)).astype(np.float32)
    vectors = WordVectors(tuple(f"w{place}" for place in range(20)), base)
    right = [Question("", "w0", "w1", "w2", analogy(vectors, "w0", "w1", "w2", count=1)[0][0])] * 50
    wrong = [Question("", "w0", "w1", "w2", "w3" if right[0].d != "w3" else "w4")] * 50
    torn = [Question(f"s{place // 50}", one.a, one.b, one.c, one.d) for place, one in enumerate((right + wrong) * 3)]
    even = [Question(f"s{rng.integers(6)}", one.a, one.b, one.c, one.d) for one in (right + wrong) * 3]
    wide, narrow = score_analogies(vectors, torn).accuracy, score_analogies(vectors, even).accuracy
    assert wide.value == narrow.value == 0.5
    assert wide.high - wide.low > 3 * (narrow.high - narrow.low)  # type: ignore[operator]
    assert wide.n == 6


def test_a_file_of_questions_is_read_and_its_faults_are_named_by_line(tmp_path: Path) -> None:
    file = tmp_path / "вопросы.txt"
    file.write_text(": семья\nмужчина король женщина королева\n\n: family\nman king woman queen\n", encoding="utf-8")
    questions = read_questions(file)
    assert [one.section for one in questions] == ["семья", "family"]
    assert questions[1] == Question("family", "man", "king", "woman", "queen")
    file.write_text(": семья\nодин два три\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 2: 3 words"):
        read_questions(file)
    file.write_text(": семья\n", encoding="utf-8")
    with pytest.raises(DataError, match="holds no questions"):
        read_questions(file)
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="not UTF-8"):
        read_questions(file)
    with pytest.raises(DataError, match="cannot be read"):
        read_questions(tmp_path / "none")
    with pytest.raises(ConfigError, match="neither add nor mul"):
        score_analogies(RUSSIAN, questions, method="div")  # type: ignore[arg-type]


def test_nearest_rows_are_those_of_a_full_sort_with_the_first_of_equals_first() -> None:
    rng = np.random.default_rng(1)
    rows = np.round(rng.normal(size=(300, 3)), 1).astype(np.float32)
    rows[7] = rows[200]
    unit = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    questions = rng.normal(size=(600, 3)).astype(np.float32)
    values = nearest_rows(unit, questions, 9)[1]
    scores = (questions / np.linalg.norm(questions, axis=1, keepdims=True)) @ unit.T
    np.testing.assert_array_equal(values, -np.sort(-scores, axis=1)[:, :9])
    equal = np.array([[0.0, 1.0, 1.0, 1.0, 0.5] + [0.0] * 20])
    assert largest(equal, 3).tolist() == [[1, 2, 3]]
    assert 200 not in nearest_rows(unit, unit[7:8], 1)[0]


def test_an_unknown_word_is_refused_with_the_nearest_known_one() -> None:
    with pytest.raises(DataError, match=r"no word 'король2'.*did you mean 'король'"):
        RUSSIAN.nearest("король2")
    with pytest.raises(DataError, match="no word"):
        analogy(RUSSIAN, "мужчина", "король", "принцесса")
    assert len(RUSSIAN.nearest("король", 100)) == len(RUSSIAN) - 1


def test_a_sentence_is_the_sum_of_its_words_and_unknown_words_add_nothing() -> None:
    found = sentence_vectors(["Король, женщина!", "никто", None], RUSSIAN, SentenceSettings("sum", unit=False))
    expected = RUSSIAN.matrix[RUSSIAN.place("король")] + RUSSIAN.matrix[RUSSIAN.place("женщина")]
    np.testing.assert_allclose(found[0], expected, rtol=1e-6)
    assert not found[1:].any()
    mean = sentence_vectors(["король женщина никто"], RUSSIAN, SentenceSettings("mean", unit=False))
    np.testing.assert_allclose(mean[0], expected / 2, rtol=1e-6)
    with pytest.raises(ConfigError, match="weighting"):
        SentenceSettings("max")  # type: ignore[arg-type]


def test_frequent_words_weigh_less_where_rare_ones_count() -> None:
    counted = WordVectors(("и", "кот"), np.eye(2, dtype=np.float32), np.array([999, 1]))
    found = sentence_vectors(["и кот"], counted)[0]
    np.testing.assert_allclose(found, [0.5 * 1e-3 / (1e-3 + 0.999), 0.5 * 1e-3 / (1e-3 + 0.001)], rtol=1e-6)


@pytest.mark.parametrize("texts", [("Король и королева", "женщина"), ("🙂", "", "king", "QUEEN and woman")])
def test_the_nearest_sentence_is_the_one_with_the_same_words(texts: tuple[str, ...]) -> None:
    index = SentenceIndex(texts, SQUARE)
    place, cosine = index.nearest(texts[-1].upper())[0]
    assert place == len(texts) - 1
    assert cosine == pytest.approx(1, abs=1e-6)
    assert index.nearest("🙂 \x00 نص") == []
