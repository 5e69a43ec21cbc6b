"""ARPA files against a plain reader of the format, there and back."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.language.ngrams.texts import CORPORA, RUSSIAN, chain, counted

from assay.core.errors import ConfigError, DataError
from assay.language.ngrams.add_k import add_k
from assay.language.ngrams.arpa import read_arpa, write_arpa
from assay.language.ngrams.interpolated import interpolated
from assay.language.ngrams.kneser_ney import kneser_ney
from assay.language.ngrams.pruning import cut_rare
from assay.language.ngrams.quantizing import quantized
from assay.language.ngrams.stupid_backoff import stupid_backoff
from assay.language.ngrams.words import Words

UNSEEN = {"russian": ["кот ходит по цепи", "дуб незнакомый кот", ""], "chain": [*chain(30, 50, 1), ""]}


def plain_scores(path: Path, texts: list[str], order: int) -> list[float]:
    """log10 probabilities by the definition of the format: one <s>, backoff weights of contexts that are there."""
    table: dict[tuple[str, ...], tuple[float, float]] = {}
    for line in path.read_text(encoding="utf-8").splitlines():
        parts = line.split("\t")
        if len(parts) > 1:
            table[tuple(parts[1].split(" "))] = (float(parts[0]), float(parts[2]) if len(parts) > 2 else 0.0)

    def score(run: tuple[str, ...]) -> float:
        if run in table:
            return table[run][0]
        return table.get(run[:-1], (0.0, 0.0))[1] + score(run[1:])

    found = []
    for text in texts:
        row = ["<s>", *(word if (word,) in table else "<unk>" for word in text.split()), "</s>"]
        found += [score(tuple(row[max(0, end - order + 1) : end + 1])) for end in range(1, len(row))]
    return found


@pytest.mark.parametrize("order", [1, 2, 3, 4])
@pytest.mark.parametrize("maker", ["kneser-ney", "interpolated", "add-k", "pruned", "coded"])
@pytest.mark.parametrize("name", UNSEEN)
def test_a_written_model_scores_as_its_file_read_by_the_definition_and_as_the_file_read_back(
    name: str, maker: str, order: int, tmp_path: Path
) -> None:
    words, _, counts = counted(CORPORA[name], order, 2)
    model = {
        "kneser-ney": lambda: kneser_ney(counts),
        "interpolated": lambda: interpolated(counts),
        "add-k": lambda: add_k(counts, 0.2),
        "pruned": lambda: cut_rare(kneser_ney(counts), counts, [2]),
        "coded": lambda: quantized(kneser_ney(counts), 8),
    }[maker]()
    texts = CORPORA[name][:15] + UNSEEN[name]
    expected = model.log_scores(words.ids(pl.Series(texts))).values
    path = tmp_path / "model.arpa"
    write_arpa(path, model, words)
    np.testing.assert_allclose(np.array(plain_scores(path, texts, order)) * np.log(10), expected, atol=1e-7)
    back, vocabulary = read_arpa(path)
    assert vocabulary == words
    np.testing.assert_allclose(back.log_scores(vocabulary.ids(pl.Series(texts))).values, expected, atol=1e-7)
    header = path.read_text(encoding="utf-8").split("\n\n")[0].splitlines()
    assert header[:2] == ["\\data\\", f"ngram 1={words.size}"]


def test_a_file_of_other_tools_is_read(tmp_path: Path) -> None:
    path = tmp_path / "small.arpa"
    path.write_text(
        "made elsewhere\n\n\\data\\\nngram 1=4\nngram 2=2\n\n\\1-grams:\n-99\t<s>\t-0.3\n-0.5\tмир\t-0.2\n-0.6\tand\n-0.7\t</s>\n"
        "\n\\2-grams:\n-0.1\t<s> мир\n-0.2\tмир </s>\n\n\\end\\\n",
        encoding="utf-8",
    )
    model, words = read_arpa(path)
    assert (words, model.order) == (Words(("мир", "and")), 2)
    found = model.log_scores(words.ids(pl.Series(["мир", "and мир"]))).values / np.log(10)
    np.testing.assert_allclose(found, [-0.1, -0.2, -0.3 - 0.6, -0.5, -0.2], atol=1e-12)
    assert model.next_log_probabilities(np.zeros(0))[0] < -200  # it says nothing of <unk>


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("", "no ARPA file"),
        ("\\data\\\n\\1-grams:\n-1\ta\n", "no ARPA file"),
        ("\\data\\\n\\1-grams:\nx\ta\n\\end\\", "line 3"),
        ("\\data\\\n\\1-grams:\n1.5\ta\n\\end\\", "line 3"),
        ("\\data\\\n\\1-grams:\n-1\ta b\n\\end\\", "line 3"),
        ("\\data\\\n\\1-grams:\nnan\ta\n\\end\\", "line 3"),
        ("\\data\\\n\\1-grams:\n-1\ta\n-1\ta\n\\end\\", "twice"),
        ("\\data\\\n\\1-grams:\n-1\ta\n\\2-grams:\n-1\ta b\n\\end\\", "not among the single words"),
        ("\\data\\\n\\1-grams:\n-1\ta\n\\2-grams:\n-1\ta a\n-1\ta a\n\\end\\", "twice"),
        ("\\data\\\n\\1-grams:\n-1\ta\n\\2-grams:\n\n\\3-grams:\n-1\ta a a\n\\end\\", "begins with"),
    ],
)
def test_what_is_no_arpa_file_is_refused_with_the_line(content: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "m.arpa").write_text(content)
    with pytest.raises(DataError, match=why):
        read_arpa(tmp_path / "m.arpa")


def test_what_cannot_be_written_is_refused(tmp_path: Path) -> None:
    words, _, counts = counted(RUSSIAN, 2)
    with pytest.raises(ConfigError, match="none"):
        write_arpa(tmp_path / "m.arpa", stupid_backoff(counts), words)
    with pytest.raises(ConfigError, match="ids"):
        write_arpa(tmp_path / "m.arpa", kneser_ney(counts), Words(("a",)))
    with pytest.raises(ConfigError, match="cannot be written"):
        write_arpa(tmp_path / "no" / "m.arpa", kneser_ney(counts), words)
    with pytest.raises(DataError, match="cannot be read"):
        read_arpa(tmp_path / "none.arpa")
    (tmp_path / "m.arpa").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(DataError, match="UTF-8"):
        read_arpa(tmp_path / "m.arpa")
