"""Files of vectors: what gensim writes is read, what we write gensim reads, and what is damaged is refused in one line."""

import gzip
import io
import json
import pickle
import struct
import tarfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from assay.core.errors import AssayError, ConfigError, DataError
from assay.language.vectors.files.reading import read_vectors, write_vectors
from assay.language.vectors.subwords import Subwords, SubwordSettings
from assay.language.vectors.vectors import WordVectors

WORDS = ("и", "кот", "New_York", "naïve", "東京", "-")


def some(subwords: bool = False) -> WordVectors:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(len(WORDS), 5)).astype(np.float32)
    settings = SubwordSettings(2, 4, rows=11)
    made = Subwords(settings, rng.normal(size=(11, 5)).astype(np.float32)) if subwords else None
    return WordVectors(WORDS, matrix, np.arange(6, 0, -1), made, {"method": "cbow"})


@pytest.mark.parametrize("form", ["assay", "word2vec-text", "word2vec-binary", "glove"])
def test_every_form_gives_back_the_same_numbers_and_words(form: str, tmp_path: Path) -> None:
    vectors, place = some(), tmp_path / "vectors"
    write_vectors(vectors, place, form)
    again = read_vectors(place)
    assert again.words == vectors.words
    assert again.matrix.tobytes() == vectors.matrix.tobytes()


def test_our_own_form_keeps_everything_and_equal_vectors_give_equal_bytes(tmp_path: Path) -> None:
    vectors = some(subwords=True)
    for name in ("one", "two"):
        write_vectors(vectors, tmp_path / name)
    again = read_vectors(tmp_path / "one")
    np.testing.assert_array_equal(again.counts, vectors.counts)
    np.testing.assert_array_equal(again.vector("неизвестное"), vectors.vector("неизвестное"))
    assert again.told == vectors.told
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()
    write_vectors(some(), tmp_path / "one")  # over our own
    assert read_vectors(tmp_path / "one").subwords is None
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("mine")
    with pytest.raises(AssayError, match="nothing was written"):
        write_vectors(vectors, tmp_path / "other")


@pytest.mark.parametrize("binary", [True, False])
def test_gensim_reads_ours_and_we_read_gensims(binary: bool, tmp_path: Path) -> None:
    keyed = pytest.importorskip("gensim.models").KeyedVectors
    vectors = some()
    write_vectors(vectors, tmp_path / "ours", "word2vec-binary" if binary else "word2vec-text")
    theirs = keyed.load_word2vec_format(str(tmp_path / "ours"), binary=binary)
    assert tuple(theirs.index_to_key) == vectors.words
    np.testing.assert_array_equal(theirs.vectors, vectors.matrix)
    theirs.save_word2vec_format(str(tmp_path / "theirs"), binary=binary)
    again = read_vectors(tmp_path / "theirs")
    assert again.words == vectors.words
    np.testing.assert_allclose(again.matrix, vectors.matrix, atol=0 if binary else 1e-7)


def test_gensims_own_pickles_are_refused_with_what_to_do(tmp_path: Path) -> None:
    file = tmp_path / "kv"
    file.write_bytes(pickle.dumps({"a": 1}))
    with pytest.raises(DataError, match=r"is a pickle.*save_word2vec_format"):
        read_vectors(file)


def test_gloves_words_may_hold_spaces_and_of_a_word_that_stands_twice_the_first_is_kept(tmp_path: Path) -> None:
    file = tmp_path / "glove.txt"
    file.write_text("кот 1 2\n. . . 3 4\nкот 5 6\n", encoding="utf-8")
    found = read_vectors(file, "glove")
    assert found.words == ("кот", ". . .")
    assert found.matrix.tolist() == [[1, 2], [3, 4]]
    assert found.told["left out"] == 1


# ---- navec, built after its published form


def navec(
    path: Path, *, words: tuple[str, ...] = ("и", "кот", "<unk>", "<pad>"), edit: Callable[[dict[str, bytes]], None] | None = None
) -> np.ndarray:
    rng = np.random.default_rng(0)
    codes = rng.normal(size=(3, 4, 2)).astype("<f4")
    indexes = rng.integers(0, 4, (len(words), 3)).astype(np.uint8)
    counts = np.arange(len(words), 0, -1).astype("<u4")
    vocabulary = struct.pack("<I", len(words)) + counts.tobytes() + "\n".join(words).encode()
    parts = {
        "meta.json": json.dumps({"id": "test", "version": 1}, indent=2).encode(),
        "vocab.bin": gzip.compress(vocabulary),
        "pq.bin": struct.pack("<4I", len(words), 6, 3, 4) + indexes.tobytes() + codes.tobytes(),
    }
    if edit is not None:
        edit(parts)
    with tarfile.open(path, "w") as archive:
        for name, content in parts.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            archive.addfile(info, io.BytesIO(content))
    return np.stack([np.concatenate([codes[part, index[part]] for part in range(3)]) for index in indexes])


def test_a_navec_file_is_unpacked(tmp_path: Path) -> None:
    expected = navec(tmp_path / "n.tar")
    found = read_vectors(tmp_path / "n.tar")
    assert found.words == ("и", "кот")
    assert found.counts is not None
    assert found.counts.tolist() == [4, 3]
    np.testing.assert_array_equal(found.matrix, expected[:2])


def put(name: str, content: bytes) -> Callable[[dict[str, bytes]], None]:
    def edit(parts: dict[str, bytes]) -> None:
        parts[name] = content

    return edit


def cut(name: str, keep: int) -> Callable[[dict[str, bytes]], None]:
    def edit(parts: dict[str, bytes]) -> None:
        parts[name] = parts[name][:keep]

    return edit


def gone(name: str) -> Callable[[dict[str, bytes]], None]:
    def edit(parts: dict[str, bytes]) -> None:
        del parts[name]

    return edit


BAD_NAVEC = {
    "another member": (put("evil.py", b"print()"), "does not belong"),
    "a path": (put("../meta.json", b"{}"), "does not belong"),
    "no vocabulary": (gone("vocab.bin"), "vocab.bin is missing"),
    "another version": (put("meta.json", b'{"id": "x", "version": 2}'), "version 1"),
    "no JSON": (put("meta.json", b"[" * 5000), "meta.json"),
    "no gzip": (put("vocab.bin", b"plain"), "no gzip"),
    "cut gzip": (cut("vocab.bin", 20), "cut short"),
    "more words than bytes": (put("vocab.bin", gzip.compress(struct.pack("<I", 10**6))), "cannot hold"),
    "fewer words": (put("vocab.bin", gzip.compress(struct.pack("<III", 2, 1, 1) + b"one")), "holds 1"),
    "words in no encoding": (put("vocab.bin", gzip.compress(struct.pack("<II", 1, 1) + b"\xff")), "UTF-8"),
    "cut codes": (cut("pq.bin", 40), "fits neither"),
    "cut head": (cut("pq.bin", 8), "cut short"),
    "a huge head": (put("pq.bin", struct.pack("<4I", 4, 2**31, 2**31, 256)), "fits neither"),
    "no parts": (put("pq.bin", struct.pack("<4I", 4, 6, 0, 4)), "fits neither"),
    "a centroid that is not there": (
        put("pq.bin", struct.pack("<4I", 4, 6, 3, 4) + b"\xff" * 12 + np.zeros((3, 4, 2), "<f4").tobytes()),
        "centroid",
    ),
    "no number": (
        put("pq.bin", struct.pack("<4I", 4, 6, 3, 4) + b"\0" * 12 + np.full((3, 4, 2), np.nan, "<f4").tobytes()),
        "no finite number",
    ),
}


@pytest.mark.parametrize("name", BAD_NAVEC)
def test_a_navec_file_that_is_wrong_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    edit, said = BAD_NAVEC[name]
    navec(tmp_path / "n.tar", edit=edit)
    with pytest.raises(AssayError, match=said) as error:
        read_vectors(tmp_path / "n.tar")
    assert "\n" not in str(error.value)


def test_a_navec_vocabulary_names_each_word_once(tmp_path: Path) -> None:
    navec(tmp_path / "n.tar", words=("кот", "кот"))
    with pytest.raises(DataError, match="stands twice"):
        read_vectors(tmp_path / "n.tar")


def test_a_link_in_a_navec_file_is_refused(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "n.tar", "w") as archive:
        info = tarfile.TarInfo("meta.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(info)
    with pytest.raises(DataError, match="does not belong"):
        read_vectors(tmp_path / "n.tar")


# ---- damage


BAD = {
    "empty": (b"", "is empty"),
    "gzip": (gzip.compress(b"1 1\nx 1\n"), "gzip"),
    "a head of a huge table, text": (b"20000000 10000\nx 1 2\n", "at least"),
    "a head of a huge table, binary": (b"20000000 10000\nx \x00\x00\x80\x3f", "at least"),
    "a head beyond all bounds": (b"99999999999 300\nx 1\n", "its head says"),
    "no vectors": (b"0 5\nx", "its head says"),
    "too few lines": ("3 2\nкот 1 2\nпес 3 4\n           ".encode(), "cut short"),
    "too many lines": ("1 2\nкот 1 2\nпес 3 4\n".encode(), "more lines"),
    "a line of another width": ("кот 1 2\nпес 3\n".encode(), "line 2: 1 numbers"),
    "a word for a number": ("кот 1 2\nпес 3 x\n".encode(), "line 2: what stands"),
    "not a number": ("кот 1 2\nпес 3 nan\n".encode(), "no finite number"),
    "no numbers at all": ("кот\n".encode(), "line 1: 0 numbers"),
    "another encoding": ("кот 1 2\n".encode("cp1251"), "not UTF-8"),
    "binary cut short": (b"2 2\na " + b"\0\0\x80\x3f" * 2 + b"\nb \0\0\x80\x3f", "cut short|at least"),
    "binary cut in the last vector": (b"2 2\naaaaaa " + b"\0\0\x80\x3f" * 2 + b"\nb \0\0\x80\x3f", "cut short"),
    "binary with a tail": (b"1 1\na \0\0\x80\x3f\nmore", "goes on"),
    "binary with an infinite number": (b"1 1\na " + np.array([np.inf], "<f4").tobytes() + b"\n", "no finite number"),
    "binary with a word in no encoding": (b"1 1\n\xff\xfe \x01\x02\x03\x04\n", "not UTF-8"),
    "binary without a word": (b"1 1\n \x01\x02\x03\x04\n", "has 0 bytes"),
    "zeros": (b"\0" * 100, "line 1"),
    "a tar of something else": (b"x" * 257 + b"ustar" + b"\0" * 800, "not the tar|missing"),
}


@pytest.mark.parametrize("name", BAD)
def test_a_damaged_file_is_refused_in_one_line(name: str, tmp_path: Path) -> None:
    content, said = BAD[name]
    file = tmp_path / "файл"
    file.write_bytes(content)
    with pytest.raises(AssayError, match=said) as error:
        read_vectors(file)
    assert "\n" not in str(error.value)


@pytest.mark.parametrize("form", ["word2vec-text", "word2vec-binary", "glove", "navec"])
def test_a_file_cut_anywhere_is_refused_or_holds_what_its_whole_lines_say(form: str, tmp_path: Path) -> None:
    whole, vectors = tmp_path / "whole", some()
    if form == "navec":
        navec(whole)
    else:
        write_vectors(vectors, whole, form)
    content = whole.read_bytes()
    rng = np.random.default_rng(0)
    for end in rng.integers(0, len(content) - 1, 40):
        (tmp_path / "cut").write_bytes(content[:end])
        try:
            found = read_vectors(tmp_path / "cut")
        except AssayError:
            continue
        assert form in (
            "glove",
            "navec",
            "word2vec-text",
        )  # GloVe text has no head; a last number may lose digits; a tar ends in zeros
        assert len(found) <= len(vectors)


@pytest.mark.parametrize("file", ["vectors.json", "words.json", "vectors.safetensors"])
def test_one_changed_byte_in_our_own_form_is_seen(file: str, tmp_path: Path) -> None:
    write_vectors(some(subwords=True), tmp_path / "v")
    place = tmp_path / "v" / file
    content = place.read_bytes()
    for at in np.random.default_rng(0).integers(0, len(content), 25):
        place.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        with pytest.raises(AssayError) as error:
            read_vectors(tmp_path / "v")
        assert "\n" not in str(error.value)
    place.unlink()
    with pytest.raises(AssayError, match="missing"):
        read_vectors(tmp_path / "v")


def test_what_a_form_cannot_hold_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    spaced = WordVectors(("New York", "кот"), np.ones((2, 2), dtype=np.float32))
    for form in ("word2vec-text", "word2vec-binary", "glove"):
        with pytest.raises(DataError, match="white space"):
            write_vectors(spaced, tmp_path / "v", form)
    write_vectors(spaced, tmp_path / "v")
    assert read_vectors(tmp_path / "v").words == spaced.words
    with pytest.raises(ConfigError, match="cannot be written"):
        write_vectors(spaced, tmp_path / "n", "navec")
    with pytest.raises(DataError, match="there is no file"):
        read_vectors(tmp_path / "none")
