"""``assay vectors``: from a text to vectors, their answers, their picture, and one line for what is wrong."""

import json
from pathlib import Path

import numpy as np
import pytest
from tests.language.vectors.planted import ROYAL, royal_sentences

from assay.cli.main import run
from assay.language.vectors.files.reading import read_vectors, write_vectors
from assay.language.vectors.vectors import WordVectors


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("vectors")
    for language in ("en", "ru"):
        (place / f"{language}.txt").write_text(
            "\n".join(" ".join(words) for words in royal_sentences(language, 1500)), encoding="utf-8"
        )
        words = ["vectors", "train", str(place / f"{language}.txt"), "-o", str(place / language), "--method", "ppmi-svd", "-q"]
        assert run([*words, "--width", "12", "--window", "4"]) == 0
    return place


def told(words: list[str], capsys: pytest.CaptureFixture[str]) -> dict[str, object]:
    capsys.readouterr()
    assert run(["vectors", *words, "--json"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("language", ["en", "ru"])
def test_vectors_answer(language: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    vectors, words = str(folder / language), ROYAL[language]
    four = [words[key] for key in (("man", "plain"), ("man", "royal"), ("woman", "plain"), ("woman", "royal"))]
    assert told(["analogy", vectors, *four[:3]], capsys)["answers"][0]["word"] == four[3]
    found = told(["nearest", vectors, four[1], "--count", "3"], capsys)["words"]
    assert [one["word"] for one in found] == [four[1]]
    assert len(found[0]["nearest"]) == 3
    lines = told(["nearest", vectors, four[0], "--texts", str(folder / f"{language}.txt")], capsys)["nearest"]
    assert all(four[0] in one["text"] for one in lines)
    questions = folder / f"{language}-questions.txt"
    questions.write_text(": royal\n" + " ".join(four) + "\n" + "a b c d\n", encoding="utf-8")
    score = told(["evaluate", vectors, str(questions)], capsys)
    assert (score["asked"], score["questions"], score["accuracy"]["value"]) == (1, 2, 1.0)
    assert run(["vectors", "nearest", vectors, four[1]]) == 0
    assert capsys.readouterr().out.startswith(f"{four[1]}: ")


def test_one_seed_writes_one_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("a", "b"):
        out = str(folder / name)
        made = told(["train", str(folder / "ru.txt"), "-o", out, "--method", "cbow", "--epochs", "2", "--width", "5"], capsys)
        assert made["words"] == 20
    for file in (folder / "a").iterdir():
        assert file.read_bytes() == (folder / "b" / file.name).read_bytes()


def test_two_languages_are_aligned(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    rng = np.random.default_rng(0)
    matrix = rng.normal(size=(60, 5)).astype(np.float32)
    turned = matrix @ np.linalg.qr(rng.normal(size=(5, 5)))[0].astype(np.float32)
    write_vectors(WordVectors(tuple(f"w{place}" for place in range(60)), matrix), tmp_path / "en")
    write_vectors(WordVectors(tuple(f"с{place}" for place in range(60)), turned), tmp_path / "ru")
    (tmp_path / "pairs.csv").write_text("en,ru\n" + "".join(f"w{place},с{place}\n" for place in range(60)), encoding="utf-8")
    words = ["translate", *(str(tmp_path / name) for name in ("en", "ru", "pairs.csv"))]
    found = told([*words, "w7"], capsys)
    assert found["at_1"]["value"] == 1
    assert found["words_asked"][0]["translations"][0]["word"] == "с7"
    assert run(["vectors", *words, "--form", "least-squares", "--search", "cosine"]) == 0
    assert "right at 1 1.0000" in capsys.readouterr().out


def test_a_map_is_drawn_and_vectors_are_converted(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    picture = folder / "map.svg"
    made = told(["map", str(folder / "ru"), "-o", str(picture), "--near", "король", "--count", "6"], capsys)
    assert len(made["words"]) == 7
    assert "король".encode() in picture.read_bytes()
    assert run(["vectors", "map", str(folder / "en"), "-o", str(picture), "--words", "king,queen,man", "--layout", "t-sne"]) == 0
    assert run(["vectors", "convert", str(folder / "ru"), "-o", str(folder / "ru.bin"), "--form", "word2vec-binary"]) == 0
    np.testing.assert_array_equal(read_vectors(folder / "ru.bin").matrix, read_vectors(folder / "ru").matrix)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["train", "none.txt", "-o", "v"], "cannot be read"),
        (["train", "{en.txt}", "-o", "v", "--method", "bert"], "is none of ppmi-svd"),
        (["train", "{en.txt}", "-o", "v", "--min-count", "0"], "at least 1"),
        (["train", "{en.txt}", "-o", "v", "--min-count", "100000"], "no word stands"),
        (["train", "{en.txt}", "-o", "v", "--form", "navec"], "--form navec"),
        (["nearest", "{en}", "shah"], "there is no word"),
        (["nearest", "{en}", "king", "--count", "0"], "--count 0"),
        (["nearest", "none", "king"], "there is no file"),
        (["nearest", "{en}", "king", "--texts", "none"], "cannot be read"),
        (["analogy", "{en}", "man", "king", "woman", "--method", "div"], "neither add nor mul"),
        (["evaluate", "{en}", "none"], "cannot be read"),
        (["evaluate", "{en}", "{en.txt}"], "line 1: 5 words"),
        (["translate", "{en}", "{ru}", "{en.txt}"], "holds no pair"),
        (["translate", "{en}", "{ru}", "{en.txt}", "--held-out", "1"], "between 0 and 1"),
        (["map", "{en}", "-o", "map.png"], "SVG"),
        (["map", "{en}", "-o", "map.svg", "--words", "king"], "at least 3"),
        (["map", "{en}", "-o", "map.svg", "--words", "king,man", "--near", "king"], "exclude"),
        (["convert", "{en.txt}", "-o", "v"], "line 1"),
    ],
)
def test_what_is_wrong_is_said_in_one_line(
    words: list[str], said: str, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    filled = [str(folder / word[1:-1]) if word.startswith("{") else word for word in words]
    capsys.readouterr()
    assert run(["vectors", *filled, "-q"]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
