"""Trying a model on a row: the page's numbers are the model's, and what does not fit is a sentence beside its field."""

import math
import re
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import polars as pl
import pytest
from tests.bundle.models import HOSTILE, model, table
from tests.serve.studio.posting import Client
from tests.serve.studio.tried_models import (
    Seen,
    client,
    fitted_on,
    form,
    model_of_pixels,
    model_of_texts,
    put,
    tried_model,
)

from assay.bundle.model import Model, load_model
from assay.data.dataset import Dataset
from assay.data.schema import Column, Schema
from assay.data.task import Task
from assay.explain.held import outputs
from assay.serve.studio import trying_models
from assay.serve.studio.place import Place
from assay.serve.studio.trying_fields import fields_of
from assay.serve.studio.trying_models import Models, Tried
from assay.serve.studio.trying_reasons import reasons_of
from assay.serve.studio.trying_row import read_row
from assay.serve.studio.trying_words import MOST_WORDS, words_of
from assay.serve.studio.what_if import what_if
from assay.serve.typical import typical_rows

PAIRS = [("logistic", "binary"), ("logistic", "multiclass"), ("knn", "regression"), ("boosting", "binary")]
ROW = {"a b": "0.731", HOSTILE: "<south>", "day": "2024-11-05", "$array": "7"}
JSON = {"a b": 0.731, HOSTILE: "<south>", "day": "2024-11-05", "$array": 7}


@pytest.fixture(scope="module")
def studio(tmp_path_factory: pytest.TempPathFactory) -> Client:
    models = {task: tried_model(recipe, task) for recipe, task in PAIRS[:3]}
    return client(tmp_path_factory.mktemp("runs"), boosted=tried_model(*PAIRS[3]), texts=model_of_texts(), **models)


def tried(one: Model) -> Tried:
    return Tried("run", one)


def predicted(one: Model, row: dict[str, object], level: float | None = None) -> dict[str, object]:
    return one.predict([row], level).row(0, named=True)


@pytest.mark.parametrize(("recipe", "task"), PAIRS)
def test_the_answer_is_that_of_the_model_to_the_last_bit(studio: Client, recipe: str, task: str) -> None:
    one = tried_model(recipe, task)
    name = task if recipe != "boosting" else "boosted"
    found = Seen(studio.post(f"/try/{name}/answer", **form(ROW)).text)
    expected = predicted(one, JSON)
    if task == "regression":
        assert float(found.one("data-said")["data-value"]) == expected["prediction"]
        return
    assert found.said == expected["prediction"]
    if task == "binary":
        positive, negative = one.fitted.task.classes[1], one.fitted.task.classes[0]
        assert found.shares == {positive: expected["probability"], negative: 1 - expected["probability"]}
    else:
        assert found.shares == {name: expected[f"probability_{name}"] for name in one.fitted.task.classes}


@pytest.mark.parametrize("level", ["0.8", "0.9", "0.95"])
def test_the_set_and_the_interval_are_those_of_the_model_at_the_level_that_is_asked(studio: Client, level: str) -> None:
    sure = tried_model("logistic", "multiclass")
    labels = ", ".join(predicted(sure, JSON, float(level))["set"])
    assert f"the time: {labels or 'no label'}" in Seen(studio.post("/try/multiclass/answer", **form(ROW, level=level)).text).text
    told = Seen(studio.post("/try/regression/answer", **form(ROW, level=level)).text).text
    low, high = (float(end) for end in re.search(r"the time: ([\d.]+) to ([\d.]+)", told).groups())
    expected = predicted(tried_model("knn", "regression"), JSON, float(level))
    assert (low, high) == pytest.approx((expected["low"], expected["high"]), rel=1e-3)


def test_a_level_that_is_not_offered_is_refused_in_one_sentence(studio: Client) -> None:
    answer = studio.post("/try/binary/answer", **form(ROW, level="2"))
    assert answer.status_code == 400
    assert "level='2' is none of 0.8, 0.9, 0.95." in Seen(answer.text).text


def test_a_binary_answer_names_the_threshold_from_which_on_it_is_given(studio: Client) -> None:
    assert "is said from a probability of 30 % on" in Seen(studio.get("/try/binary").text).text


def test_the_page_begins_with_a_typical_row_and_answers_it(studio: Client) -> None:
    one = tried_model()
    found = Seen(studio.get("/try/binary").text)
    frame = table("binary").frame
    assert float(found.cells["a b"]) == pytest.approx(frame["a b"].median(), abs=0.05)
    assert float(found.cells["$array"]) == frame["$array"].quantile(0.5, "lower")
    assert found.one("selected")["value"] == frame[HOSTILE].mode()[0] or frame[HOSTILE].value_counts()["count"].max() == 40
    row = {**found.cells, HOSTILE: found.one("selected")["value"]}
    expected = one.predict(pl.DataFrame({name: [value] for name, value in row.items()}))["probability"][0]
    assert found.shares["<b>yes</b>"] == expected


def test_a_slider_covers_the_training_rows_but_for_one_in_a_hundred_at_each_end(studio: Client) -> None:
    slider = Seen(studio.get("/try/binary").text).one("data-for", "f0")
    low, high = table("binary").frame["a b"].quantile(0.01, "nearest"), table("binary").frame["a b"].quantile(0.99, "nearest")
    step = float(slider["step"])
    assert low - step <= float(slider["min"]) <= low
    assert high <= float(slider["max"]) <= high + step
    assert 50 <= (high - low) / step <= 250


def test_a_slider_of_whole_numbers_has_whole_steps(studio: Client) -> None:
    slider = Seen(studio.get("/try/binary").text).one("data-for", "f3")
    assert (slider["min"], slider["max"], slider["step"]) == ("0", "8", "1")


# ---- what stands in the address


def test_the_address_that_an_answer_names_shows_the_same_answer(studio: Client) -> None:
    answer = studio.post("/try/binary/answer", **form(ROW, **{"b.$array": "2", "column": "day", "level": "0.8"}))
    here = answer.headers["hx-replace-url"]
    again, once = Seen(studio.get(here).text), Seen(answer.text)
    assert again.shares == once.shares
    assert once.text.split("Against the starting row")[1].split("Probability over")[0] in again.text
    assert dict(parse_qsl(urlsplit(here).query)) == {
        **{f"c.{name}": value for name, value in ROW.items()},
        "b.$array": "2",
        "column": "day",
        "level": "0.8",
    }


def test_an_address_says_only_what_is_not_typical(studio: Client) -> None:
    cells = {**Seen(studio.get("/try/binary").text).cells, "$array": "7"}
    assert studio.post("/try/binary/answer", **form(cells)).headers["hx-replace-url"] == "/try/binary?c.%24array=7"
    assert studio.post("/try/binary/answer", **form({})).headers["hx-replace-url"] == "/try/binary"


def test_a_row_that_is_too_long_for_an_address_is_answered_without_one(studio: Client) -> None:
    text = "great " * 1500
    answer = studio.post("/try/texts/answer", **form({"review": text}))
    assert "hx-replace-url" not in answer.headers
    assert Seen(answer.text).shares["up"] == predicted(model_of_texts(), {"review": text})["probability"]


def test_columns_that_there_are_not_are_named_and_left_out(studio: Client) -> None:
    found = Seen(studio.get("/try/binary?c.wage=3&c.%3Cb%3Ex=1").text)
    assert "columns that the model does not read: wage, <b>x" in found.text
    assert found.shares


def test_what_changed_since_the_starting_row_is_told_with_both_answers(studio: Client) -> None:
    one = tried_model()
    start = {**ROW, "a b": "-2"}
    more = {f"b.{name}": value for name, value in start.items()}
    told = Seen(studio.post("/try/binary/answer", **form(ROW, **more)).text)
    before, now = predicted(one, {**JSON, "a b": -2})["probability"], predicted(one, JSON)["probability"]
    part = told.text.split("Against the starting row")[1].split("Probability over")[0]
    assert "a b: -2 → 0.731" in part
    assert "$array" not in part
    assert f"{100 * before:.1f} % → {100 * now:.1f} %" in part
    assert "no became <b>yes</b>" in part
    back = next(one["href"] for tag, one in told.tags if tag == "a" and "b.a+b=-2" in one["href"] and "c." not in one["href"])
    assert Seen(studio.get(back).text).shares["<b>yes</b>"] == before


# ---- names and texts from data stay text


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_names_that_bite_stay_text_on_every_page(studio: Client, task: str) -> None:
    evil = '"><script>alert(1)</script><img src=x onerror=alert(2)>'
    pages = [
        studio.get(f"/try/{task}"),
        studio.get(f"/try/{task}", params={f"c.{HOSTILE}": evil, "column": HOSTILE, f"c.{evil}": "1", "c.a b": evil}),
        studio.post(f"/try/{task}/answer", **form({**ROW, HOSTILE: evil}, column=HOSTILE)),
        studio.post(f"/try/{task}/answer", **form({**ROW, "a b": evil})),
        studio.get(f"/try/{task}/rows"),
    ]
    for answer in pages:
        found = Seen(answer.text)
        assert not {"img", "b", "south"} & {tag for tag, _ in found.tags}
        assert all(attributes.get("src", "").startswith("/static/") for tag, attributes in found.tags if tag == "script")
        assert not any(key.startswith("on") for _, attributes in found.tags for key in attributes)
    assert HOSTILE in Seen(pages[0].text).text
    assert evil in Seen(pages[2].text).text


# ---- cells that do not fit, and cells that are new


@pytest.mark.parametrize(
    ("cells", "key", "said"),
    [
        ({"a b": "abc"}, "f0", "expected a number, found 'abc'."),
        ({"a b": "1,5"}, "f0", "expected a number, found '1,5'."),
        ({"a b": "1e400"}, "f0", "expected a finite number, found inf."),
        ({"day": "01/02/2024"}, "f2", "can be read as day/month and as month/day"),
        ({"day": "yesterday"}, "f2", "expected a date such as 2024-12-31, found 'yesterday'."),
    ],
)
def test_a_cell_that_cannot_be_read_has_its_sentence_beside_its_field(
    studio: Client, cells: dict[str, str], key: str, said: str
) -> None:
    answer = studio.post("/try/binary/answer", **form({**ROW, **cells}))
    found = Seen(answer.text)
    assert answer.status_code == 200  # a part of the page, which says it in its places
    assert said in found.notes[f"n-{key}"]
    assert not any(note.strip() for name, note in found.notes.items() if name.startswith("n-") and name != f"n-{key}")
    assert not found.shares
    assert "One field cannot be read" in found.text
    whole = Seen(studio.get(answer.headers["hx-replace-url"]).text)
    assert said in whole.notes[f"n-{key}"]


def test_each_wrong_field_has_a_sentence_of_its_own(studio: Client) -> None:
    found = Seen(studio.post("/try/binary/answer", **form({**ROW, "a b": "x", "$array": "y"})).text)
    assert "found 'x'" in found.notes["n-f0"]
    assert "found 'y'" in found.notes["n-f3"]
    assert "2 fields cannot be read" in found.text


@pytest.mark.parametrize(
    ("cells", "key", "said"),
    [
        ({HOSTILE: "moon"}, "f1", "not seen in training"),
        ({"$array": "99"}, "f3", "above what 99 % of the training rows have (0 to 8"),
        ({"day": "1999-01-01"}, "f2", "below what 99 % of the training rows have"),
        ({HOSTILE: ""}, "f1", "empty, and no training row was"),
    ],
)
def test_a_cell_that_training_did_not_have_is_answered_and_remarked_on(
    studio: Client, cells: dict[str, str], key: str, said: str
) -> None:
    found = Seen(studio.post("/try/binary/answer", **form({**ROW, **cells})).text)
    assert said in found.notes[f"n-{key}"]
    typed = {"$array": float, "day": str, HOSTILE: str}
    row = {**JSON, **{name: typed[name](value) if value else None for name, value in cells.items()}}
    assert found.shares["<b>yes</b>"] == predicted(tried_model(), row)["probability"]


def test_a_missing_cell_of_a_column_with_gaps_needs_no_remark(studio: Client) -> None:
    found = Seen(studio.post("/try/binary/answer", **form({**ROW, "a b": ""})).text)
    assert not found.notes.get("n-f0", "").strip()
    assert found.shares["<b>yes</b>"] == predicted(tried_model(), {**JSON, "a b": None})["probability"]


# ---- the curve


@pytest.mark.parametrize("column", ["a b", "$array", "day", HOSTILE])
@pytest.mark.parametrize(("recipe", "task"), [("logistic", "binary"), ("knn", "regression")])
def test_a_curve_is_the_answers_to_the_row_with_other_values_in_the_column(recipe: str, task: str, column: str) -> None:
    one = tried(tried_model(recipe, task))
    row = read_row(one, ROW).features
    found = what_if(one.fields[column], row, lambda rows: outputs(one.model.fitted, rows)[:, 0])
    name = "probability" if task == "binary" else "prediction"
    wanted = []
    for value in found.texts if column == HOSTILE else found.at:
        cell = (
            pl.Series(column, [value]).cast(pl.Int64).cast(pl.Datetime("us")) if column == "day" else pl.Series(column, [value])
        )
        wanted.append(one.model.predict(row.with_columns(cell))[name][0])
    np.testing.assert_allclose(found.values, wanted, rtol=1e-12)
    assert found.values[found.here] == pytest.approx(predicted(one.model, JSON)[name], rel=1e-12)
    assert len(set(found.at)) == len(found.at)


def test_a_curve_of_whole_numbers_asks_about_whole_numbers() -> None:
    one = tried(tried_model())
    found = what_if(one.fields["$array"], read_row(one, ROW).features, lambda rows: outputs(one.model.fitted, rows)[:, 0])
    assert found.at.tolist() == list(range(9))


def test_a_curve_reaches_as_far_as_the_row_itself() -> None:
    one = tried(tried_model())
    row = read_row(one, {**ROW, "a b": "40"}).features
    found = what_if(one.fields["a b"], row, lambda rows: outputs(one.model.fitted, rows)[:, 0])
    assert found.at[-1] == 40.0
    assert found.here == len(found.at) - 1


def test_where_the_answer_passes_the_threshold_is_between_two_points_on_its_sides() -> None:
    one = tried(tried_model())
    found = what_if(one.fields["a b"], read_row(one, ROW).features, lambda rows: outputs(one.model.fitted, rows)[:, 0])
    (said,) = found.crossings(0.3)
    place = found.texts.index(said)
    assert (found.values[place - 1] < 0.3) != (found.values[place] < 0.3)
    assert found.crossings(None) == []


def test_a_model_without_the_spread_of_its_training_rows_has_fields_without_sliders(tmp_path: Path) -> None:
    bare = model("logistic", "binary")
    found = Seen(client(tmp_path, bare=bare).post("/try/bare/answer", **form(ROW)).text)
    assert found.shares["<b>yes</b>"] == predicted(bare, JSON)["probability"]
    assert "saved without the spread of its training rows" in found.text
    assert not any(one.slider for one in fields_of(bare))
    assert client(tmp_path).get("/try/bare").status_code == 200


# ---- reasons


@pytest.mark.parametrize(("recipe", "task"), [("logistic", "binary"), ("boosting", "binary"), ("logistic", "multiclass")])
def test_reasons_add_up_to_the_score_of_the_row(recipe: str, task: str) -> None:
    one = tried(tried_model(recipe, task))
    row = read_row(one, ROW).features
    found = reasons_of(one, row, 1 if task == "multiclass" else 0, "it")
    assert len(found.rows) <= len(one.columns)
    assert found.base + sum(reason.effect for reason in found.rows) == pytest.approx(found.score, rel=1e-6)
    score = one.model.fitted.predict(row)["score"]
    assert found.score == pytest.approx(float(score[0] if score.ndim == 1 else score[0, 1]), rel=1e-9)


def test_rows_that_stand_for_the_training_rows_are_spread_as_they_were() -> None:
    one, frame = tried_model(), table("binary").frame
    rows = typical_rows(one.fitted.schema.features, one.reference)
    assert rows["a b"].null_count() / len(rows) == pytest.approx(frame["a b"].null_count() / len(frame), abs=0.01)
    assert rows["a b"].mean() == pytest.approx(frame["a b"].mean(), abs=0.1)
    assert rows["a b"].median() == pytest.approx(frame["a b"].median(), abs=0.1)
    for level, share in frame[HOSTILE].value_counts(normalize=True).rows():
        assert (rows[HOSTILE] == level).mean() == pytest.approx(share, abs=0.01)
    assert abs((rows["day"].mean() - frame["day"].mean()).days) < 15


def test_a_recipe_that_has_no_reasons_says_why(studio: Client) -> None:
    told = Seen(studio.get("/try/regression").text).text
    assert "None are told: exact SHAP values are for linear and additive models and for trees, and 'knn' is neither." in told


# ---- words


def test_what_a_word_moved_is_the_answer_less_that_without_it() -> None:
    one = tried(model_of_texts())
    text = "our room was great  but\ncold"
    row = read_row(one, {"review": text}).features
    whole = predicted(one.model, {"review": text})["probability"]
    found = words_of("review", row, whole, lambda rows: outputs(one.model.fitted, rows)[:, 0])
    assert "".join(piece.text + piece.space for piece in found.pieces) == text
    words = text.split()
    for place, piece in enumerate(found.pieces):
        without = " ".join(word for at, word in enumerate(words) if at != place)
        assert piece.effect == pytest.approx(whole - predicted(one.model, {"review": without})["probability"], abs=1e-9)
    effects = {piece.text: piece for piece in found.pieces}
    assert effects["great"].tone > 0 > effects["cold"].tone
    assert max(abs(piece.tone) for piece in found.pieces) == 3


def test_a_long_text_is_answered_without_its_words(studio: Client) -> None:
    text = "great " * (MOST_WORDS + 1)
    told = Seen(studio.post("/try/texts/answer", **form({"review": text})).text)
    assert told.said == "up"
    assert f"is said of texts of up to {MOST_WORDS} words" in told.text


def test_a_text_with_markup_is_answered_and_stays_text(studio: Client) -> None:
    text = "a <b>bold</b> room </textarea><script>alert(1)</script>"
    answer = studio.post("/try/texts/answer", **form({"review": text}))
    for page in (answer.text, studio.get(answer.headers["hx-replace-url"]).text):
        found = Seen(page)
        assert not {"b"} & {tag for tag, _ in found.tags}
        assert found.shares["up"] == predicted(model_of_texts(), {"review": text})["probability"]
        assert "<b>bold</b>" in found.text


def test_an_empty_form_of_texts_waits_for_one(studio: Client) -> None:
    assert "Nothing is filled in yet" in Seen(studio.get("/try/texts").text).text


# ---- the model behind it


def test_a_run_without_a_model_says_how_one_is_made(tmp_path: Path) -> None:
    put(tmp_path, "young", None)
    answer = client(tmp_path).get("/try/young")
    assert answer.status_code == 404
    assert "has no model yet; make it with: assay finish young" in Seen(answer.text).text
    assert client(tmp_path).get("/try/nobody").status_code == 404
    assert client(tmp_path).get("/try/..%2f..").status_code == 404


def test_a_model_behind_a_link_is_not_opened(tmp_path: Path) -> None:
    tried_model().save(tmp_path / "elsewhere")
    put(tmp_path / "runs", "linked", None)
    (tmp_path / "runs" / "linked" / "model").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert client(tmp_path / "runs").get("/try/linked").status_code == 404


@pytest.mark.parametrize("damage", [b"", b"{", None])
def test_a_damaged_model_is_one_sentence(tmp_path: Path, damage: bytes | None) -> None:
    file = put(tmp_path, "binary", tried_model()) / "model" / "state.json"
    file.write_bytes(file.read_bytes()[:-20] + b"x" * 20 if damage is None else damage)
    answer = client(tmp_path).get("/try/binary")
    assert answer.status_code == 400
    assert "state.json" in Seen(answer.text).text
    assert "Traceback" not in answer.text


def test_a_model_is_loaded_once_and_again_when_it_was_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    monkeypatch.setattr(trying_models, "load_model", lambda path: loads.append(path) or load_model(path))
    folder = put(tmp_path, "loans", tried_model())
    models = Models(Place(tmp_path))
    first = models.of("loans")
    assert models.of("loans") is first
    assert len(loads) == 1
    tried_model("boosting", "binary").save(folder / "model")
    assert models.of("loans").model.fitted.recipe == "boosting"
    assert len(loads) == 2


def test_no_more_than_a_few_models_are_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    loads = []
    monkeypatch.setattr(trying_models, "load_model", lambda path: loads.append(path.parent.name) or load_model(path))
    for name in "abc":
        put(tmp_path, name, tried_model())
    models = Models(Place(tmp_path), most=2)
    for name in "abacab":
        models.of(name)
    assert loads == ["a", "b", "c", "b"]


def test_what_changes_nothing_here_is_still_taken_from_own_pages_only(studio: Client) -> None:
    settings = form(ROW)
    headers = {**settings["headers"], "origin": "http://evil.example"}
    for address in ("/try/binary/answer", "/try/binary/rows", "/try/binary/rows.csv", "/try/binary/drawn"):
        assert studio.post(address, content=settings["content"], headers=headers).status_code == 403


@pytest.mark.parametrize("kind", ["application/json", "multipart/form-data; boundary=x", ""])
def test_what_is_no_form_is_refused(studio: Client, kind: str) -> None:
    answer = studio.post("/try/binary/answer", content=b"{}", headers={"content-type": kind})
    assert answer.status_code == 400


def test_a_form_of_countless_fields_is_refused(studio: Client) -> None:
    answer = studio.post("/try/binary/answer", **{**form({}), "content": "&".join(["c.x=1"] * 20_001)})
    assert answer.status_code == 400
    assert "more than 20000 fields" in Seen(answer.text).text


def test_a_wide_table_has_a_field_for_its_first_columns_and_keeps_the_others(tmp_path: Path) -> None:
    draw = np.random.default_rng(0)
    names = [f"x{n}y" for n in range(230)]
    cells = draw.normal(size=(60, 230))
    target = np.where(cells[:, 229] > 0, "up", "down")
    frame = pl.DataFrame(dict(zip(names, cells.T, strict=True))).with_columns(t=pl.Series(target))
    columns = (*(Column(name, "number") for name in names), Column("t", "category", role="target", levels=("down", "up")))
    one = fitted_on(Dataset(frame, Schema(columns), Task("binary", "t", ("down", "up"))))
    studio = client(tmp_path, wide=one)
    found = Seen(studio.get("/try/wide?c.x229y=2.5").text)
    assert "30 more columns have no field here" in found.text
    row = {**{field.name: float(field.typical) for field in fields_of(one)}, "x229y": 2.5}
    assert found.shares["up"] == pytest.approx(predicted(one, row)["probability"], rel=1e-12)
    assert found.cells["x229y"] == "2.5"  # so that the next change does not lose it
    assert len(found.cells) == 201
    again = Seen(studio.post("/try/wide/answer", **form(found.cells)).text)
    assert again.shares == found.shares


def test_typical_numbers_are_as_short_as_they_may_be() -> None:
    for one in (*fields_of(tried_model()), *fields_of(model_of_pixels())):
        if one.kind == "number":
            assert len(one.typical.lstrip("-").replace(".", "").lstrip("0")) <= 4
            assert math.isfinite(float(one.typical))
