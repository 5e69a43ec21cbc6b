"""Texts as pieces and back again: words, subwords, characters."""

import numpy as np
import pytest
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from assay.core.errors import BundleError, ConfigError, DataError
from assay.language.pieces import FIRST, UNKNOWN, Pieces, PieceSettings, joined, marked_words
from assay.prepare.text.subwords.trained import LONGEST_WORD

TEXTS = [
    "Открыть файл «%s»?",
    "Open file '%s'?",
    "Закрыть файлы, затем открыть окно.",
    "Close the files, then open the window.",
    "файл открыт",
    "don't 1,5 a_b x86-64",
]
UNITS = ("words", "subwords", "characters")
every_unit = pytest.mark.parametrize("unit", UNITS)


def fitted(unit: str, most: int = 120) -> Pieces:
    return Pieces.fit(TEXTS, PieceSettings(unit=unit, most=most, min_count=1))


@every_unit
def test_texts_that_were_learnt_from_come_back_as_they_were(unit: str) -> None:
    pieces = fitted(unit)
    for text in TEXTS:
        assert pieces.decode(pieces.encode(text, 100)) == text


@pytest.mark.parametrize("text", [*TEXTS, "", " \t\n", "שלום עולם", "😀😀 ok", "a\0b", "漢字", "one\u00a0two", "… — ‘’"])
def test_words_hold_all_but_the_form_of_white_space(text: str) -> None:
    assert joined(marked_words(text)) == " ".join(text.split())


@every_unit
def test_what_is_not_known_is_unknown_and_an_empty_text_is_empty(unit: str) -> None:
    pieces = fitted(unit)
    assert len(pieces.encode("", 10)) == 0
    for text in ("漢字", "😀", "שלום"):
        numbers = pieces.encode(text, 10)
        assert UNKNOWN in numbers
        assert set(pieces.texts_of(numbers.tolist())) <= {"<unk>", "▁"}
    assert len(pieces.encode("файл " * 1000, 7)) == 7


def test_subwords_are_those_that_the_library_learns_and_cuts_from_the_same_words() -> None:
    pieces = fitted("subwords", most=100)
    words = [" ".join(marked_words(text)) for text in TEXTS]
    letters = sorted(set("".join(words).replace(" ", "")))
    library = Tokenizer(models.BPE())
    library.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(vocab_size=100, min_frequency=1, initial_alphabet=letters, show_progress=False)
    library.train_from_iterator(words, trainer)
    assert set(pieces.tokens) == set(library.get_vocab())
    assert len(pieces.tokens) > len(letters) + 20
    for text in [*TEXTS, "файлы окон", "opened files enlist", "ото то тот"]:
        expected = library.encode(" ".join(marked_words(text))).tokens
        assert pieces.texts_of(pieces.encode(text, 1000).tolist()) == expected


def test_the_same_texts_give_the_same_pieces_and_most_is_kept_to() -> None:
    for unit in UNITS:
        one, two = fitted(unit, most=60), fitted(unit, most=60)
        assert one.tokens == two.tokens
        assert one.encode(TEXTS[0], 99).tolist() == two.encode(TEXTS[0], 99).tolist()
        assert len(one.tokens) <= 60
        assert len(one) == FIRST + len(one.tokens)


@every_unit
def test_a_state_gives_the_same_pieces_back(unit: str) -> None:
    pieces = fitted(unit)
    again = Pieces.from_state(pieces.state())
    for text in [*TEXTS, "новый текст"]:
        assert again.encode(text, 50).tolist() == pieces.encode(text, 50).tolist()


def test_broken_states_are_refused() -> None:
    subwords = fitted("subwords").state()
    words = fitted("words").state()
    for state, broken in (
        (subwords, {"unit": "sentences"}),
        (subwords, {"unit": "words"}),
        (subwords, {"pieces": subwords["pieces"][:-1]}),
        (subwords, {"method": "wordpiece", "merges": np.zeros((0, 2), np.int64)}),
        (subwords, {"merges": subwords["merges"][:, :1]}),
        (subwords, {"merges": np.full((10, 2), len(subwords["pieces"]))}),
        (words, {"tokens": ["", *words["tokens"][1:]]}),
        (words, {"tokens": [words["tokens"][0], *words["tokens"]]}),
        (words, {"tokens": "abc"}),
        (words, {"unit": "subwords"}),
    ):
        with pytest.raises(BundleError):
            Pieces.from_state({**state, **broken})


def test_texts_without_a_letter_have_no_subwords() -> None:
    with pytest.raises(DataError, match="no letter"):
        Pieces.fit(["", " "], PieceSettings())


def test_a_word_of_a_megabyte_is_cut_and_takes_no_longer_than_its_beginning() -> None:
    pieces = fitted("subwords")
    assert len(pieces.encode("ф" * 1_000_000, 100)) == 100
    assert max(map(len, marked_words("ф" * 1000))) == LONGEST_WORD
    huge = Pieces.fit(["a" * 100_000, "файл"], PieceSettings(most=50))
    assert huge.decode(huge.encode("файл", 9)) == "файл"


def test_settings_that_cannot_be_are_one_clear_line() -> None:
    with pytest.raises(ConfigError, match="did you mean 'subwords'"):
        PieceSettings(unit="subword")
    with pytest.raises(ConfigError, match="at least 1"):
        PieceSettings(most=0)
