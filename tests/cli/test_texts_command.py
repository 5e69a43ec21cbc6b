"""``assay keywords``, and ``assay explain`` and ``assay model show`` of a model of texts."""

from pathlib import Path

import pytest
from tests.cli.commands import Command
from tests.recipes.test_text_recipes import fitted, mailbox

from assay.bundle.model import Model


@pytest.fixture
def table(workplace: Path) -> Path:
    mailbox().frame.write_csv(workplace / "mail.csv")
    return workplace / "mail.csv"


def test_keywords_are_printed_for_each_class_with_intervals(assay: Command, table: Path) -> None:
    done = assay("keywords", table, "--target", "label", "--kind", "message=text")
    assert done.code == 0, done.err
    assert "free" in done.out
    assert "дома" in done.out
    assert "hold for all" in done.out
    found = assay("keywords", table, "--target", "label", "--kind", "message=text", "--words", "3", "--json").object
    assert [one["class"] for one in found["classes"]] == ["ham", "spam"]
    for one in found["classes"]:
        assert 1 <= len(one["words"]) <= 3
        assert all(word["low"] < word["value"] < word["high"] and word["p"] < 0.05 for word in one["words"])


@pytest.mark.parametrize(
    ("options", "match"),
    [
        (("--target", "label", "--kind", "message=category"), "no text column"),
        (("--target", "label", "--kind", "message=text", "--column", "massage"), "did you mean 'message'"),
        (("--target", "label", "--kind", "message=text", "--words", "0"), "at least one word"),
        (("--target", "label", "--kind", "message=text", "--min-texts", "0"), "min_texts=0"),
    ],
)
def test_what_cannot_be_answered_is_told_in_one_line(assay: Command, table: Path, options: tuple[str, ...], match: str) -> None:
    done = assay("keywords", table, *options)
    assert done.code == 2
    assert match in done.err
    assert len(done.err.strip().splitlines()) == 1


def test_a_saved_model_of_texts_is_explained_by_its_words(assay: Command, workplace: Path) -> None:
    Model(fitted("word-naive-bayes", mailbox())).save(workplace / "mail.assay")
    mailbox("binary", 30, seed=1).frame.write_csv(workplace / "new.csv")
    done = assay("explain", "mail.assay", "new.csv", "--row", "4", "--out", "words.html", "--json")
    assert done.code == 0, done.err
    found = done.object
    first = found["texts"][0]
    assert first["row"] == 4
    total = sum(one["value"] for one in first["words"])
    assert first["base"] + total + first["elsewhere"] == pytest.approx(first["score"])
    assert "words-of" in Path("words.html").read_text()
    said = assay("explain", "mail.assay", "new.csv")
    assert "Row " in said.out
    refused = assay("explain", "mail.assay", "new.csv", "--group", "label")
    assert refused.code == 2
    assert "this model reads texts" in refused.err
    shown = assay("model", "show", "mail.assay")
    assert "log prior" in shown.out
    assert "λ of" in shown.out
    words = assay("model", "show", "mail.assay", "--json").object["words"]
    assert {one["term"] for one in words["terms"]} == set(" ".join(mailbox().frame["message"].to_list()).lower().split())
