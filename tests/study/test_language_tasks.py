"""Language tasks under the one protocol: read, tried, judged, finished, saved."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from typer.testing import CliRunner

import assay
from assay.cli.main import app
from assay.core.errors import ConfigError, DataError
from assay.measure.registry import metric_named
from assay.study import Study

WORDS = {
    "en": ["the", "cat", "dog", "sat", "on", "a", "mat", "and", "ran", "home", "by", "river"],
    "ru": ["кот", "пёс", "сел", "на", "ковёр", "и", "убежал", "домой", "у", "реки"],
}


def lines(language: str, n: int = 60) -> list[str]:
    rng = np.random.default_rng(3)
    return [" ".join(rng.choice(WORDS[language], rng.integers(2, 9))) for _ in range(n)]


@pytest.fixture(params=["en", "ru"])
def corpus(request, tmp_path: Path) -> Path:
    path = tmp_path / "corpus.txt"
    path.write_text("\n\n".join(lines(request.param)) + "\n", encoding="utf-8")
    return path


def test_a_file_of_lines_is_a_language_models_data(corpus: Path) -> None:
    data = assay.read(corpus, task="language-model")
    assert len(data) == 60
    assert data.question.to_json() == {"name": "language-model", "target": "text", "classes": []}
    assert [column.name for column in data.schema.features] == ["text"]
    assert "blank lines left out: 59" in data.notes


def test_a_unigrams_perplexity_is_the_closed_form_on_every_held_out_row(corpus: Path, tmp_path: Path) -> None:
    data = assay.read(corpus, task="language-model")
    result = Study(data, ["unigram"], folds=3).run(tmp_path / "run", jobs=1)
    loss, tokens = 0.0, 0
    for fold in result.plan.folds:
        texts = data.frame["text"].to_list()
        known = [word for row in fold.train for word in [*texts[row].split(), "</s>"]]
        counts = {word: known.count(word) for word in set(known)}
        size = sum(count >= 2 for count in counts.values()) + 2  # words, </s> is one of them, <unk>, and <s> which has nothing
        unknown = sum(count for count in counts.values() if count < 2)
        for row in fold.test:
            for word in [*texts[row].split(), "</s>"]:
                count = counts.get(word, 0)
                share = (count if count >= 2 else unknown) + 1
                loss -= np.log(share / (len(known) + size - 1))
                tokens += 1
    assert result.interval("unigram").value == pytest.approx(np.exp(loss / tokens), rel=1e-9)
    assert result.interval("unigram", "bits_per_token").value == pytest.approx(loss / tokens / np.log(2), rel=1e-9)


def test_a_finished_language_model_says_how_likely_a_text_is_and_survives_saving(corpus: Path, tmp_path: Path) -> None:
    data = assay.read(corpus, task="language-model")
    result = Study(data, ["unigram"], scheme="hold-out", repeats=2).run(tmp_path / "run", jobs=1)
    assert {fold.repeat for fold in result.plan.folds} == {0, 1}
    model = result.finish()
    model.save(tmp_path / "model.assay")
    rows = [{"text": corpus.read_text(encoding="utf-8").splitlines()[0]}, {"text": ""}]
    said = model.predict(rows)
    assert assay.load(tmp_path / "model.assay").predict(rows).equals(said)
    assert said.columns == ["log_probability", "tokens", "perplexity"]
    assert said["tokens"][1] == 1
    assert np.allclose(said["perplexity"], np.exp(-said["log_probability"] / said["tokens"]))
    assert model.predict(corpus).height == 60
    card = json.loads((tmp_path / "run" / "test.json").read_text())
    assert set(card["metrics"]) == {"perplexity", "bits_per_token"}
    assert "answers of tokens and texts have none" in card["conformal"]["undefined"]


def test_perplexity_is_resampled_as_a_ratio_of_sums() -> None:
    from assay.measure.payload import Predictions, Truth

    units = np.arange(3)
    said = Predictions("tokens", units, {"log_probability": np.log([0.5, 0.25, 0.1, 0.2, 0.4])}, np.array([0, 2, 2, 5]))
    metric = metric_named("perplexity")
    statistics = metric.unit_statistics(Truth("tokens", units, {}), said)
    weights = np.array([2.0, 5.0, 1.0])
    by_hand = np.exp(-(2 * np.log([0.5, 0.25]).sum() + np.log([0.1, 0.2, 0.4]).sum()) / 7)
    assert float(metric.value(statistics, weights)) == pytest.approx(by_hand)
    slopes = [
        (metric.value(statistics, weights + 1e-6 * step) - metric.value(statistics, weights - 1e-6 * step)) / 2e-6
        for step in np.eye(3)
    ]
    assert np.allclose(metric.influence(statistics, weights), slopes, rtol=1e-5)


def test_a_pair_of_texts_reads_one_column_beside_its_target() -> None:
    frame = pl.DataFrame({"en": ["one cat", "two cats"], "ru": ["один кот", "два кота"], "note": ["a", "b"]})
    with pytest.raises(ConfigError, match=r"reads one column of text beside its target 'ru', and there are 2 \(en, note\)"):
        assay.read(frame, target="ru", task="translation")
    data = assay.read(frame, target="ru", task="translation", drop=["note"])
    assert data.question.name == "rewriting"
    assert data.question.special == "translation"
    assert data.target.tolist() == ["один кот", "два кота"]


def test_texts_come_back_from_a_payload_whatever_they_hold() -> None:
    from assay.measure.texts import pairs_of, text_predictions, text_truth, texts_of

    texts = ["", "кот", "a\nb", "🙂 שלום", "zero\0byte"]
    units = np.arange(5)
    truth = type(text_truth(units, texts, texts)).from_bytes(text_truth(units, texts, texts[::-1]).to_bytes())
    wanted = [text.replace("\0", "\N{REPLACEMENT CHARACTER}") for text in texts]
    assert pairs_of(truth) == (wanted, wanted[::-1])
    assert texts_of(text_predictions(units[:4], texts[:4])) == texts[:4]


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        ({"task": "language-model", "weight": "w"}, "rows have no weights there"),
        ({"task": "language-model"}, r"reads one column of text, and there are 2 columns \(text, w\)"),
        ({"task": "spelling"}, "needs a target"),
        ({"task": "language-model", "target": "text", "unlabelled": "keep"}, "leave out --unlabelled keep"),
    ],
)
def test_what_a_language_task_cannot_read_is_one_sentence(arguments, match) -> None:
    frame = pl.DataFrame({"text": ["a b", "c d"], "w": [1.0, 2.0]})
    with pytest.raises(ConfigError, match=match):
        assay.read(frame, **arguments)


def test_texts_that_are_all_blank_are_refused() -> None:
    with pytest.raises(DataError, match="'text' is missing in every row"):
        assay.read(pl.DataFrame({"text": [" ", "\t", "  "]}), target="text", task="language-model")


def test_a_file_without_a_line_of_text_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "blank.txt"
    path.write_text("\n \n\t\n")
    with pytest.raises(DataError, match=r"blank\.txt: there is no line of text"):
        assay.read(path, task="language-model")


def test_a_corpus_without_a_word_is_refused_in_one_sentence(tmp_path: Path) -> None:
    data = assay.read(pl.DataFrame({"text": ["<unk>", "<unk> <unk>"] * 10}), target="text", task="language-model")
    result = Study(data, ["unigram"], folds=2).run(tmp_path / "run", jobs=1)
    assert "there is no word in the training rows" in result.failure(result.candidates[0]).reason


def test_ids_beyond_the_vocabulary_are_refused_by_a_model_that_does_not_fit_its_step(corpus: Path, tmp_path: Path) -> None:
    model = Study(assay.read(corpus, task="language-model"), ["unigram"], folds=2).run(tmp_path / "run", jobs=1).finish()
    learner = replace(model.fitted.learner, log_probability=model.fitted.learner.log_probability[:4])
    with pytest.raises(DataError, match="does not fit together"):
        replace(model, fitted=replace(model.fitted, learner=learner)).predict([{"text": "the cat кот"}])


def test_what_explains_columns_refuses_a_language_model_in_one_line(corpus: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    asked = ["--task", "language-model", "--recipes", "unigram", "--folds", "2", "--jobs", "1", "--out", str(run)]
    done = CliRunner().invoke(app, ["run", str(corpus), *asked])
    assert done.exit_code == 0, done.output
    with pytest.raises(ConfigError, match="the task language-model answers with tokens or texts"):
        CliRunner().invoke(app, ["explain", str(run)], catch_exceptions=False)
