"""One row gets one answer, whoever asks: the model before saving, Python, the command line and HTTP agree to 1e-9.

Every recipe of the registry is held to it; a new one is taken up by its name.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from starlette.testclient import TestClient
from tests.rows_for_recipes import ASKED, table, task_of
from typer.testing import CliRunner

import assay
from assay.bundle.model import Model
from assay.cli.main import app
from assay.recipes.nets.fitted import FittedNet
from assay.recipes.registry import RECIPES
from assay.serve import make_app
from assay.study import Study


def is_number(recipe: str) -> bool:
    return task_of(recipe) in ("regression", "counts", "ranking")


def numbers_of(recipe: str, answer: pl.DataFrame | dict[str, object]) -> list[object]:
    """What the answer says in numbers: probabilities, the value and how far around it, how likely a text is; else none."""
    names = answer.columns if isinstance(answer, pl.DataFrame) else list(answer)
    wanted: tuple[str, ...] = ("prediction", "spread") if is_number(recipe) else ("probability", "log_probability", "perplexity")
    return [answer[name] for name in names if name.startswith(wanted)]


def as_request(frame: pl.DataFrame, names: list[str]) -> list[dict[str, object]]:
    """Rows as JSON values; a picture as a data URL of its PNG."""
    import base64
    import io

    from PIL import Image

    def value(cell: object) -> object:
        if not isinstance(cell, (list, pl.Series, np.ndarray)):
            return cell
        stream = io.BytesIO()
        Image.fromarray(np.array(cell, dtype=np.uint8)).save(stream, "PNG")
        return "data:image/png;base64," + base64.b64encode(stream.getvalue()).decode()

    return [{name: value(row[name]) for name in names} for row in frame.iter_rows(named=True)]


def agreement_of(model: Model) -> float:
    """How far answers to a row alone and in a batch may lie apart: networks that predict in float32 promise less."""
    learner = model.fitted.learner
    return 1e-5 if isinstance(learner, FittedNet) and getattr(learner.net[0], "single", False) else 1e-9


LONG = {
    *("bayes-mlp", "network-adversarial", "network", "resnet-small-mirrored", "self-training-forest", "autoencoder-logistic"),
    *("noisy-channel", "dictionary", "seq2seq-lstm", "seq2seq-transformer", "tagger-window", "tagger-bilstm"),
    *("stack", "ft-transformer", "autoencoder-distance-novelty", "resnet-mlp", "mlp-plr"),
    *("text-rnn", "text-gru", "text-lstm", "text-bilstm", "text-bilstm-deep", "text-elmo", "text-elmo-unlabelled"),
}
"""Long ones, and nets that another of their kind stands for: these are asked by make check-slow."""


@pytest.mark.parametrize("recipe", [pytest.param(one, marks=[pytest.mark.slow] * (one in LONG)) for one in RECIPES.names()])
def test_a_row_gets_the_same_answer_from_everyone(recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    frame = table(recipe)
    rows, keep = frame, "drop"
    if RECIPES.get(recipe).unlabelled:
        rows, keep = pl.concat([frame, frame.head(20).with_columns(paid=pl.lit(None, dtype=frame["paid"].dtype))]), "keep"
    data = assay.read(rows, target="paid", kinds={"letter": "text"}, unlabelled=keep, **ASKED.get(task_of(recipe), {}))
    model = Study(data, [recipe], folds=2).run("run", jobs=1).finish()
    whole = model.predict(frame)
    numbers = numbers_of(recipe, whole)
    expected = np.stack(numbers, axis=1) if numbers else np.zeros((len(frame), 0))  # (n, numbers); a text has none
    answers = expected[:, :1] if is_number(recipe) else expected  # a spread may well be one for all rows
    assert (np.ptp(answers, axis=0) > 0).all() or recipe == "baseline"

    agreement = agreement_of(model)
    model.save("saved.assay")
    loaded = assay.load("saved.assay")
    names = [column.name for column in loaded.fitted.schema.columns]
    client = TestClient(make_app({"saved": loaded}))
    for row in (0, 11, 37):
        alone = frame[row]
        again = loaded.predict(alone)
        assert [column[0] for column in numbers_of(recipe, again)] == pytest.approx(expected[row], abs=agreement)
        answer = client.post("/predict", json={"rows": as_request(alone, names)})
        assert answer.status_code == 200, answer.text
        said = answer.json()["predictions"][0]
        assert numbers_of(recipe, said) == pytest.approx(expected[row], abs=agreement)
        if "prediction" in whole.columns:
            assert again["prediction"][0] == pytest.approx(whole["prediction"][row], abs=agreement)
            assert said["prediction"] == pytest.approx(again["prediction"][0], abs=agreement)
        if "photo" not in frame.columns:
            (tmp_path / "row.jsonl").write_text(json.dumps(as_request(alone, names)[0], ensure_ascii=False) + "\n")
            done = CliRunner().invoke(app, ["predict", "saved.assay", "row.jsonl", "-o", "answer.jsonl"])
            assert done.exit_code == 0, done.output
            said = json.loads((tmp_path / "answer.jsonl").read_text())
            assert numbers_of(recipe, said) == pytest.approx(expected[row], abs=agreement)
