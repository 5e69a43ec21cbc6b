"""One row gets one answer, whoever asks: the model before saving, Python, the command line and HTTP agree to 1e-9.

Every recipe of the registry is held to it; a new one is taken up by its name.
"""

import json
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from starlette.testclient import TestClient
from typer.testing import CliRunner

import assay
from assay.cli.main import app
from assay.recipes.registry import RECIPES
from assay.serve import make_app
from assay.study import Study

ROWS = 90


def table(recipe: str) -> pl.DataFrame:
    """Rows that every kind of recipe finds its columns in; pictures only for those that need them."""
    random = np.random.default_rng(5)
    y = np.arange(ROWS) % 2
    words = [["late", "unpaid", "долг", "warning"], ["paid", "steady", "зарплата", "saved"]]
    columns = {
        "income": random.normal(size=ROWS) + y,
        "years": [None if row % 11 == 0 else float(row % 7) for row in range(ROWS)],
        "town": [["Perm", "Омск", None][row % 3] for row in range(ROWS)],
        "letter": [" ".join(random.choice(words[label], size=6)) + f" case number {row}" for row, label in enumerate(y)],
        "paid": np.where(y == 1, "yes", "no"),
    }
    if "image" in RECIPES.get(recipe).needs:
        columns["photo"] = random.integers(0, 120, (ROWS, 12, 12), dtype=np.uint8) + (y * 120).astype(np.uint8)[:, None, None]
    return pl.DataFrame(columns)


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


@pytest.mark.parametrize("recipe", RECIPES.names())
def test_a_row_gets_the_same_answer_from_everyone(recipe: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    frame = table(recipe)
    data = assay.read(frame, target="paid", kinds={"letter": "text"})
    model = Study(data, [recipe], folds=2).run("run", jobs=1).finish()
    expected = model.predict(frame)["probability"].to_numpy()
    assert np.ptp(expected) > 0 or recipe == "baseline"

    model.save("saved.assay")
    loaded = assay.load("saved.assay")
    names = [column.name for column in loaded.fitted.schema.columns]
    client = TestClient(make_app({"saved": loaded}))
    for row in (0, 11, 37):
        alone = frame[row]
        assert loaded.predict(alone)["probability"][0] == pytest.approx(expected[row], abs=1e-9)
        answer = client.post("/predict", json={"rows": as_request(alone, names)})
        assert answer.status_code == 200, answer.text
        assert answer.json()["predictions"][0]["probability"] == pytest.approx(expected[row], abs=1e-9)
        assert answer.json()["predictions"][0]["prediction"] == loaded.predict(alone)["prediction"][0]
        if "photo" not in frame.columns:
            (tmp_path / "row.jsonl").write_text(json.dumps(as_request(alone, names)[0], ensure_ascii=False) + "\n")
            done = CliRunner().invoke(app, ["predict", "saved.assay", "row.jsonl", "-o", "answer.jsonl"])
            assert done.exit_code == 0, done.output
            said = json.loads((tmp_path / "answer.jsonl").read_text())
            assert said["probability"] == pytest.approx(expected[row], abs=1e-9)
