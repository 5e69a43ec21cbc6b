"""Pieces of words: the example of the reference, our trainer against the library's, and what a saved vocabulary may hold."""

from collections import Counter

import numpy as np
import pytest
import tokenizers

from assay.core.errors import BundleError, ConfigError, DataError
from assay.prepare.text.subwords.pairs import learn_merges, merged, pair_counts, split_word
from assay.prepare.text.subwords.trained import MARKS, METHODS, Subwords, SubwordSettings

HUGS = {"hug": 10, "pug": 5, "pun": 12, "bun": 4, "hugs": 5}
TEXTS = [
    "the cat sat on the mat and the cat was happy",
    "кот сидел на коврике, и кот был счастлив",
    "a happy cat, a счастливый кот: :) 😀",
    "cats and коты like mats and коврики",
] * 4


@pytest.fixture(scope="module", params=METHODS)
def trained(request: pytest.FixtureRequest) -> Subwords:
    return Subwords.train(TEXTS, SubwordSettings(method=request.param, size=90))


def test_the_example_of_the_reference_goes_step_by_step() -> None:
    split = {tuple(word): times for word, times in HUGS.items()}
    expected = {"ug": 20, "pu": 17, "un": 16, "hu": 15, "gs": 5, "bu": 4}
    assert {left + right: count for (left, right), count in pair_counts(split).items()} == expected
    merges = learn_merges(HUGS, 3)
    assert merges == [("u", "g", 20), ("u", "n", 16), ("h", "ug", 15)]
    alphabet = set("".join(HUGS))
    assert split_word("bug", merges[:2], alphabet) == ["b", "ug"]
    assert split_word("mug", merges[:2], alphabet) == ["<unk>", "ug"]
    assert split_word("hugs", merges[:2], alphabet) == ["h", "ug", "s"]
    after = {word: split_word(word, merges, alphabet) for word in HUGS}
    assert after == {"hug": ["hug"], "pug": ["p", "ug"], "pun": ["p", "un"], "bun": ["b", "un"], "hugs": ["hug", "s"]}


def test_our_trainer_makes_the_merges_of_the_library() -> None:
    rng = np.random.default_rng(5)
    letters = np.array(list("abcdeабвгд"))
    words = Counter("".join(rng.choice(letters, rng.integers(1, 7))) for _ in range(400))
    library = tokenizers.Tokenizer(tokenizers.models.BPE(unk_token="<unk>"))
    library.pre_tokenizer = tokenizers.pre_tokenizers.WhitespaceSplit()
    trainer = tokenizers.trainers.BpeTrainer(vocab_size=110, special_tokens=["<unk>"], show_progress=False)
    library.train_from_iterator((f"{word} " * times for word, times in words.items()), trainer)
    merges = learn_merges(words, 200)
    alphabet = sorted(set("".join(words)))
    size = library.get_vocab_size() - 1 - len(alphabet)
    assert size > 60
    pieces = [left + right for left, right, _ in merges[:size]]
    assert sorted([*alphabet, *pieces]) == sorted(piece for piece in library.get_vocab() if piece != "<unk>")
    for word in [*words, "zzab", "гдгд"]:
        assert split_word(word, merges[:size], alphabet) == library.encode(word).tokens


def test_merges_end_where_nothing_is_left_to_merge() -> None:
    assert learn_merges({"да": 3}, 9) == [("д", "а", 3)]
    assert learn_merges({"да": 3, "нет": 1}, 9, min_count=2) == [("д", "а", 3)]
    assert learn_merges({}, 9) == learn_merges({"a": 5}, 9) == []
    assert merged(list("aaaaa"), "a", "a") == ["aa", "aa", "a"]


def test_texts_come_back_from_their_ids(trained: Subwords) -> None:
    for text in ("the happy cat", "кот и коврик", "  cat \n on\tкот  ", "😀 :)"):
        words = " ".join(text.split())
        expected = words.replace(":)", ": )") if trained.method == "wordpiece" else words
        assert trained.decode(trained.encode([text]).values) == expected
    ids = trained.encode(["cat", None, "", " ", "кот"])
    assert ids.lengths.tolist()[1:4] == [0, 0, 0]
    assert ids.values.dtype == np.int32
    assert [trained.vocabulary[number] for number in ids.row(4)] == trained.tokens("кот")


def test_the_marks_are_the_first_ids_and_no_text_is_cut_into_the_ends_of_one(trained: Subwords) -> None:
    assert trained.vocabulary[:3] == MARKS
    assert len(set(trained.vocabulary)) == len(trained.vocabulary) <= 90
    ids = trained.encode(["<s> cat </s> ζ"]).values
    assert not {1, 2} & set(ids.tolist())
    assert 0 in ids
    assert trained.decode([1, *trained.encode(["cat"]).values, 2]) == "cat"


def test_the_same_texts_in_any_order_give_the_same_pieces(trained: Subwords) -> None:
    again = Subwords.train(reversed(TEXTS), SubwordSettings(method=trained.method, size=90))
    assert again.pieces == trained.pieces
    np.testing.assert_array_equal(again.merges, trained.merges)
    np.testing.assert_array_equal(again.scores, trained.scores)


def test_the_state_gives_back_the_same_cuts(trained: Subwords) -> None:
    back = Subwords.from_state(trained.state())
    np.testing.assert_array_equal(back.encode(TEXTS).values, trained.encode(TEXTS).values)


def test_letter_case_is_put_aside_where_asked() -> None:
    small = Subwords.train(TEXTS, SubwordSettings(size=60, lower=True))
    assert small.tokens("THE КОТ") == small.tokens("the кот")
    assert MARKS[0] in Subwords.train(TEXTS, SubwordSettings(size=60)).tokens("THE")


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", ["a", "я", "😀", "a\0b", "שלום", "x" * 3000])
def test_a_corpus_of_one_word_has_pieces(method: str, text: str) -> None:
    pieces = Subwords.train([text, None, ""], SubwordSettings(method=method, size=30))  # type: ignore[arg-type]
    assert pieces.tokens(text)
    assert Subwords.from_state(pieces.state()).tokens(text) == pieces.tokens(text)


@pytest.mark.parametrize("method", ["bpe", *(pytest.param(method, marks=pytest.mark.slow) for method in METHODS[1:])])
def test_a_megabyte_in_one_cell_is_cut(method: str) -> None:
    pieces = Subwords.train(TEXTS, SubwordSettings(method=method, size=60))  # type: ignore[arg-type]
    for text in ("котcat" * 160_000, "кот " * 250_000):
        assert len(pieces.encode([text]).values) >= 1


def test_texts_without_a_letter_are_no_corpus() -> None:
    with pytest.raises(DataError, match="no letter"):
        Subwords.train(["", None, " \n"], SubwordSettings())


def test_settings_that_cannot_be_are_refused() -> None:
    for settings in ({"method": "words"}, {"size": 3}, {"min_count": 0}):
        with pytest.raises(ConfigError):
            SubwordSettings(**settings)


@pytest.mark.parametrize(
    "damage",
    [
        {"method": "words"},
        {"pieces": []},
        {"pieces": ["a", "a"]},
        {"pieces": ["a", ""]},
        {"pieces": ["a", "<s>"]},
        {"merges": np.array([[0, 10_000]])},
        {"merges": np.array([[0, 0]])},
        {"merges": np.zeros((1, 3), np.int64)},
        {"scores": np.ones(1)},
        {"lower": 1},
        {"kind": "tokens"},
    ],
)
def test_a_damaged_state_is_refused(damage: dict) -> None:
    state = Subwords.train(TEXTS, SubwordSettings(size=60)).state()
    with pytest.raises(BundleError):
        Subwords.from_state(state | damage)


def test_scores_must_be_one_a_piece_and_finite() -> None:
    state = Subwords.train(TEXTS, SubwordSettings(method="unigram", size=60)).state()
    for scores in (state["scores"][1:], state["scores"] * np.nan, np.zeros(0)):
        with pytest.raises(BundleError):
            Subwords.from_state(state | {"scores": scores})
