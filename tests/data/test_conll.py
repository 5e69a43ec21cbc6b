"""CoNLL files as rows of sentences."""

import gzip

import pytest

import assay
from assay.core.errors import DataError
from assay.data.sources.conll import from_conll
from assay.data.sources.files import from_path

ENGLISH = "-DOCSTART- -X- -X- O\n\nEU NNP B-NP B-ORG\nrejects VBZ B-VP O\n\nPeter NNP B-NP B-PER\n\n"
RUSSIAN = "# источник: пример\r\nИван\tB-PER\r\nПетров\tI-PER\r\n\r\n\r\nПермь\tB-LOC"


def rows(text):
    frame = from_conll(text.encode(), "file").frame
    return list(frame.iter_rows())


def test_a_row_is_a_sentence_with_a_tag_for_each_token():
    assert rows(ENGLISH) == [("EU rejects", "B-ORG O"), ("Peter", "B-PER")]
    assert rows(RUSSIAN) == [("Иван Петров", "B-PER I-PER"), ("Пермь", "B-LOC")]
    raw = from_conll(ENGLISH.encode(), "file")
    assert raw.target == "tags"
    assert "a row each sentence: 2" in raw.notes


def test_a_token_that_is_a_hash_is_no_comment():
    assert rows("a O\n# O\n# a comment of more words\nb O\n") == [("a # b", "O O O")]


def test_a_space_inside_a_token_is_written_with_a_line_below():
    raw = from_conll(b"10 000\tB-NUM\nx\tO\n", "file")
    assert raw.frame.row(0) == ("10_000 x", "B-NUM O")
    assert raw.notes[-1] == "tokens or tags with a space inside, written with _: 1"


@pytest.mark.parametrize("suffix", [".conll", ".iob", ".bio", ".conll.gz"])
def test_a_file_is_known_by_its_suffix(tmp_path, suffix):
    path = tmp_path / f"rows{suffix}"
    content = RUSSIAN.encode() if suffix != ".conll.gz" else gzip.compress(RUSSIAN.encode())
    path.write_bytes(content)
    assert from_path(path).frame["text"].to_list() == ["Иван Петров", "Пермь"]


def test_a_file_becomes_a_dataset_of_texts_and_tags(tmp_path):
    path = tmp_path / "rows.conll"
    path.write_text(ENGLISH * 10)
    data = assay.read(path, task="entities")
    assert (data.question.name, data.question.special, data.question.target) == ("tagging", "entities", "tags")
    assert [(column.name, column.kind) for column in data.schema.features] == [("text", "text")]
    assert data.target[0] == "B-ORG O"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a O\nb\n", "line 2 has 1 columns where 2 are expected"),
        ("a\nb\n", "line 1 has 1 columns where 2 are expected"),
        ("a O\nb X O\n", "line 2 has 3 columns where 2 are expected"),
        ("a\t\n", "line 1"),
        ("\n\n", "there is no token"),
        ("-DOCSTART- O\n", "there is no token"),
    ],
)
def test_what_is_no_conll_is_refused_with_its_line(text, told):
    with pytest.raises(DataError, match=told) as caught:
        rows(text)
    assert "\n" not in str(caught.value)
