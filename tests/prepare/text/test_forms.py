"""Stop words, stems and lemmas of both languages."""

import sys

import pytest
from nltk.stem.snowball import SnowballStemmer

from assay.core.errors import ConfigError, MissingExtraError
from assay.prepare.text import forms
from assay.prepare.text.forms import forms_of, lemma, stem
from assay.prepare.text.stop_words import ENGLISH, RUSSIAN, is_stop_word

_ENGLISH = """
generously communication dying flies skies consign news happily relational conditional rational digitizer operator feudalism
decisiveness hopefulness formality sensitivity replacement adjustment running hoped controlling abilities books boxes cries
studied studying better machines learning walked sons caring their youth knightly early
"""
_RUSSIAN = """
книга книги книгами изучаю изучаешь изучающий машинное машинного обучение обучениями красивейший красивая пришла приходивший
важность важный скорость бегущий бегал люди человеком детьми столами городской написанный подписывались вечерами доброта
страшнейшие волею соединенных
"""
ENGLISH_WORDS, RUSSIAN_WORDS = _ENGLISH.split(), _RUSSIAN.split()


def test_stems_are_those_of_the_toolkit() -> None:
    english, russian = SnowballStemmer("english"), SnowballStemmer("russian")
    assert [stem(word) for word in ENGLISH_WORDS] == [english.stem(word) for word in ENGLISH_WORDS]
    assert [stem(word) for word in RUSSIAN_WORDS] == [russian.stem(word) for word in RUSSIAN_WORDS]


def test_words_of_the_reference_have_the_forms_it_gives() -> None:
    assert forms_of(["caring", "walking", "sons", "bought"], "lemmas") == ["care", "walk", "son", "buy"]
    assert forms_of(["caring", "walking", "sons"], "stems") == ["care", "walk", "son"]
    assert forms_of(["заботясь", "шагая", "сыновья", "купил"], "lemmas") == ["заботиться", "шагать", "сын", "купить"]
    assert forms_of(["заказ", "заказы", "заказами"], "stems") == ["заказ"] * 3


def test_all_forms_of_a_russian_noun_have_one_lemma() -> None:
    forms = ["книга", "книги", "книге", "книгу", "книгой", "книг", "книгам", "книгами", "книгах"]
    assert set(forms_of(forms, "lemmas")) == {"книга"}


@pytest.mark.parametrize("how", ["stems", "lemmas"])
def test_what_has_no_language_here_stays_as_it_is(how: str) -> None:
    words = ["λόγος", "שלום", "مرحبا", "日本", "42", ":)", "😀", "_", "\0", ""]
    assert forms_of(words, how) == words


def test_a_word_may_be_said_to_be_of_a_language_and_one_without_a_stemmer_is_refused() -> None:
    assert stem("walking", "en") == "walk"
    assert stem("walking", "ru") == "walking"
    for form in (stem, lemma):
        with pytest.raises(ConfigError, match="en and ru, not for 'tt'"):
            form("китап", "tt")


def test_stop_words_are_function_words_of_both_languages_and_no_negations() -> None:
    assert all(map(is_stop_word, ["The", "of", "WE'LL", "в", "Я", "ещё", "её"]))
    assert not any(map(is_stop_word, ["not", "no", "nor", "не", "нет", "ни", "машинное", "machine", ":)", "", "!"]))
    assert 150 < len(ENGLISH) < 250
    assert 150 < len(RUSSIAN) < 350
    assert not any("ё" in word or word != word.lower() for word in ENGLISH | RUSSIAN)


@pytest.mark.parametrize(("library", "form", "word"), [("snowballstemmer", stem, "книга"), ("simplemma", lemma, "books")])
def test_a_missing_library_is_named_with_its_extra(library, form, word, monkeypatch: pytest.MonkeyPatch) -> None:
    for memory in (forms._stem, forms._lemma, forms._stemmer):
        memory.cache_clear()
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtraError, match=rf"{library}.*assay\[text\]"):
        form(word)
