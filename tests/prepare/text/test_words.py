"""Words, characters and sentences of English and Russian texts."""

import polars as pl
import pytest

from assay.prepare.text.sentences import sentences, sentences_of
from assay.prepare.text.words import characters, characters_of, words, words_of


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't know.", ["I", "don't", "know", "."]),
        ("Она по-русски не говорит?!", ["Она", "по-русски", "не", "говорит", "?!"]),
        ("Mr. Fox, e.g. U.S. 3.5%", ["Mr.", "Fox", ",", "e.g.", "U.S.", "3.5", "%"]),
        ("т.е. г-н Иванов, см. стр. 5", ["т.е.", "г-н", "Иванов", ",", "см.", "стр.", "5"]),
        ("А.С.Пушкин", ["А.С.", "Пушкин"]),
        ("в 10:30 12.05.2020 за 1,000₽", ["в", "10:30", "12.05.2020", "за", "1,000", "₽"]),
        ("2nd covid-19 C#", ["2nd", "covid-19", "C", "#"]),
        ("да :) нет :-( ))) <3", ["да", ":)", "нет", ":-(", ")))", "<3"]),
        ("да👍🏽 🇷🇺", ["да", "👍🏽", "🇷🇺"]),
        (
            "see http://a.ru/x_(y). me@b.com!",
            ["see", "http://a.ru/x_(y", ")", ".", "me@b.com", "!"],
        ),
        ("שלום, עולם", ["שלום", ",", "עולם"]),
        ("ну... да -- нет…", ["ну", "...", "да", "--", "нет", "…"]),
        ("a\0b", ["a", "\0", "b"]),
        ("", []),
        (" \n\t", []),
    ],
)
def test_words_are_cut_as_a_reader_would(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    "text", ["I'm, like: 3.5 :) да-да! 👩‍💻 #x @y т.е. a_b «ё»", "☃\u0301 ﷽ \u202e x\u200by", ".,:;!?()[]{}<>"]
)
def test_nothing_but_white_space_is_lost(text: str) -> None:
    assert "".join(words(text)) == "".join(text.split())
    assert "".join(characters(text)) == text


def test_characters_keep_what_belongs_to_them() -> None:
    assert characters("e\u0301й и\u0306") == ["e\u0301", "й", " ", "и\u0306"]
    assert characters("a👩‍💻\n🇷🇺") == ["a", "👩‍💻", "\n", "🇷🇺"]


def test_columns_are_cut_as_texts_are() -> None:
    texts = pl.Series("t", ["Да, ok :)", None, ""])
    assert words_of(texts).to_list() == [["Да", ",", "ok", ":)"], None, []]
    assert characters_of(texts).to_list() == [list("Да, ok :)"), None, []]
    assert sentences_of(pl.Series("t", ["Да. Нет.", None, ""])).to_list() == [["Да.", "Нет."], None, []]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("He came. She left! Why? Nobody knows…", ["He came.", "She left!", "Why?", "Nobody knows…"]),
        ("Он пришёл. Она ушла! Зачем?.. Никто не знает.", ["Он пришёл.", "Она ушла!", "Зачем?..", "Никто не знает."]),
        ("Mr. Fox met Dr. J. Smith at 5 p.m. and left.", ["Mr. Fox met Dr. J. Smith at 5 p.m. and left."]),
        ("А. С. Пушкин жил на ул. Мойка, т.е. в Петербурге. Да.", ["А. С. Пушкин жил на ул. Мойка, т.е. в Петербурге.", "Да."]),
        ("т. е. так и т. д. и т. п. Всё.", ["т. е. так и т. д. и т. п.", "Всё."]),
        ("Pi is 3.14. Next.", ["Pi is 3.14.", "Next."]),
        ('He said "Go." Then (now.) Yes', ['He said "Go."', "Then (now.)", "Yes"]),
        ("«Иди.» — Да. — сказал он.", ["«Иди.»", "— Да. — сказал он."]),
        ("Title\n\nText without end\n goes on", ["Title", "Text without end\n goes on"]),
        ("one.two www.a.ru. end", ["one.two www.a.ru. end"]),
        ("... да", ["... да"]),
        ("😀", ["😀"]),
        ("", []),
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str, expected: list[str]) -> None:
    assert sentences(text) == expected


RISKY = [".", "👩\u200d", "а.", "(", '."', "\n ", "Mr. A", "1:", "👍", "т.е. ", "-", "a'"]


@pytest.mark.parametrize("piece", [*RISKY[:2], *(pytest.param(piece, marks=pytest.mark.slow) for piece in RISKY[2:])])
def test_a_megabyte_in_one_cell_is_cut(piece: str) -> None:
    text = piece * (1_000_000 // len(piece))
    assert "".join(words(text)) == "".join(text.split())
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())
