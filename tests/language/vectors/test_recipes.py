"""The preparation that reads a text as the mean of its words' vectors, and the recipes on it."""

import numpy as np
import polars as pl
import pytest

from assay.core.errors import AssayError, BundleError, ConfigError, DataError
from assay.data.schema import Column, Schema
from assay.language.vectors.sentences import sentence_vectors
from assay.recipes.steps import FITTED_STEPS
from assay.recipes.word_vectors import FittedWordVectors, WordVectorsStep

SCHEMA = Schema((Column("text", "text"), Column("more", "text")))
FRAME = pl.DataFrame(
    {
        "text": ["кот спит на печи", "кот и пес спят", None, "the cat sleeps", "", "🙂🙂", "пес спит\x00тут", "שלום кот"] * 6,
        "more": ["дом", "дом и лес", "лес", "house", None, "дом", "лес", "house"] * 6,
    }
)
TARGET = np.arange(48) % 2


def fitted(method: str = "ppmi-svd", seed: int = 0) -> FittedWordVectors:
    return WordVectorsStep(method=method, width=6, tokens=2000).fit(FRAME, SCHEMA, TARGET, seed)  # type: ignore[arg-type]


@pytest.mark.parametrize("method", ["ppmi-svd", "skip-gram", "fasttext"])
def test_rows_are_standardised_sentence_vectors_of_each_column(method: str) -> None:
    step = fitted(method)
    rows = step.transform(FRAME)
    assert rows.shape == (48, 36)
    assert [block.name for block in step.blocks] == ["text", "more"]
    np.testing.assert_allclose(rows.mean(axis=0), 0, atol=1e-6)
    raw = sentence_vectors(FRAME["more"].to_list(), step.vectors)
    own = (rows * step.scale + step.mean)[:, 18:]
    np.testing.assert_allclose(own[:, :6], raw, atol=1e-6)
    one = FRAME["more"].to_list().index("дом и лес")
    words = step.vectors.unit[[place for word in ("дом", "и", "лес") if (place := step.vectors.place(word)) is not None]]
    np.testing.assert_allclose(own[one], np.concatenate([raw[one], words.max(axis=0), words.min(axis=0)]), atol=1e-6)
    np.testing.assert_array_equal(step.transform(FRAME[3:5]), rows[3:5])


@pytest.mark.parametrize("method", ["ppmi-svd", "skip-gram", "fasttext"])
def test_a_state_gives_back_the_same_step(method: str) -> None:
    step = fitted(method)
    again = FITTED_STEPS.get("word-vectors").from_state(step.state())
    unseen = FRAME.with_columns(text=pl.lit("неведомый котик"))
    np.testing.assert_array_equal(again.transform(unseen), step.transform(unseen))


BROKEN = {
    "words": [["кот", "кот"], [], "кот", [1]],
    "matrix": [np.zeros((2, 3)), np.full((1, 6), np.nan, dtype=np.float32), "x"],
    "counts": [np.array([-1]), None],
    "weighting": ["max", 3],
    "mean": [np.zeros(3), None],
    "scale": [np.zeros(36), np.full(36, np.inf)],
    "columns": [[], ["text", "text"]],
    "runs": [{"rows": 10**9, "shortest": 1, "longest": 2}, {"rows": 5, "shortest": 3, "longest": 2}, 7],
}


@pytest.mark.parametrize(("name", "place"), [(name, place) for name, values in BROKEN.items() for place in range(len(values))])
def test_a_broken_state_is_refused_in_one_line(name: str, place: int) -> None:
    state = fitted().state()
    with pytest.raises(BundleError):
        FittedWordVectors.from_state({**state, name: BROKEN[name][place]})
    with pytest.raises(BundleError):
        FittedWordVectors.from_state({key: value for key, value in state.items() if key != name})


def test_rows_without_a_word_or_a_text_column_are_refused() -> None:
    with pytest.raises(DataError, match="no word stands"):
        WordVectorsStep().fit(pl.DataFrame({"text": ["🙂", None]}), Schema((Column("text", "text"),)), TARGET[:2], 0)
    with pytest.raises(ConfigError, match="no text column"):
        WordVectorsStep().fit(pl.DataFrame({"x": [1]}), Schema((Column("x", "number"),)), TARGET[:1], 0)
    with pytest.raises(AssayError, match="no text column 'text'"):
        fitted().transform(pl.DataFrame({"txt": ["кот"]}))
    with pytest.raises(ConfigError, match="method="):
        WordVectorsStep(method="bert")  # type: ignore[arg-type]


def test_a_word_that_stands_once_is_taken_where_none_stands_twice_and_a_megabyte_is_a_text() -> None:
    schema = Schema((Column("text", "text"),))
    frame = pl.DataFrame({"text": ["каждое слово здесь одно", "другая строка"]})
    assert len(WordVectorsStep(width=2).fit(frame, schema, TARGET[:2], 0).vectors) == 6
    large = pl.DataFrame({"text": ["слово дело " * 50_000, "дело"]})
    assert np.isfinite(WordVectorsStep(width=2).fit(large, schema, TARGET[:2], 0).transform(large)).all()
