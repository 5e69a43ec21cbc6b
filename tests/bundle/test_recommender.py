"""A saved recommender: it answers as before, and a state that no fit writes is refused."""

import numpy as np
import polars as pl
import pytest
from tests.recipes.recommend.rows import interactions

from assay.bundle.model import load_model
from assay.bundle.recommender import RecommenderModel, load_recommender, names_in
from assay.core.errors import BundleError, ConfigError, DataError
from assay.recipes.recommend.implicit_als import ImplicitAls
from assay.recipes.recommend.interactions import Interactions


@pytest.fixture(scope="module")
def model():
    seen = interactions()
    later = Interactions.of(np.array([3, 3]), np.array([0, 39]), (60, 40)).counts
    users, items = tuple(f"u{place}" for place in range(60)), tuple(f"i{place}" for place in range(40))
    fitted = ImplicitAls(rank=4).fit(seen, 0)
    return RecommenderModel("implicit-als", fitted, "who", "film", users, items, Interactions(seen.counts), later, {"name": "x"})


@pytest.mark.parametrize("name", ["folder", "one.assay"])
def test_it_is_saved_in_equal_bytes_and_answers_as_before(model, tmp_path, name):
    model.save(tmp_path / name)
    back = load_recommender(tmp_path / name)
    assert back.recommend(k=5).equals(model.recommend(k=5))
    back.save(tmp_path / f"again{name}")
    read = [sorted((path / name).glob("*")) if path.is_dir() else [path] for path in (tmp_path / name, tmp_path / f"again{name}")]
    assert [path.read_bytes() for path in read[0]] == [path.read_bytes() for path in read[1]]


def test_lists_hold_neither_what_was_seen_nor_what_came_later(model):
    shown = model.recommend(["u3", "u5", "u3"], 40)
    assert shown["who"].unique(maintain_order=True).to_list() == ["u3", "u5"]
    for code in (3, 5):
        had = {f"i{item}" for item in np.flatnonzero((model.seen.counts + model.taken).toarray()[code])}
        own = shown.filter(pl.col("who") == f"u{code}")
        assert set(own["film"]) == {f"i{item}" for item in range(40)} - had
        assert own["rank"].to_list() == list(range(1, own.height + 1))
        assert (own["score"].diff().drop_nulls() <= 0).all()


def test_a_stranger_gets_what_is_popular_and_it_is_said(model):
    shown = model.recommend(["nobody"], 3)
    most = np.argsort(-model.seen.takers, kind="stable")[:3]
    assert shown["film"].to_list() == [f"i{item}" for item in most]
    assert shown["known"].to_list() == [False] * 3
    assert model.recommend([], 3).height == 0


def changed(model, **parts):
    return {**model.state(), **parts}


def test_a_state_that_no_fit_writes_is_refused(model):
    state = model.state()
    assert RecommenderModel.from_state(dict(state), {}).recommend(k=2).equals(model.recommend(k=2))
    seen = state["seen"]
    backwards = {**seen, "indices": seen["indices"][::-1].copy()}
    for wrong in (
        changed(model, users=list(model.users)[:-1]),
        changed(model, items=["i0"] * 40),
        changed(model, seen=backwards),
        changed(model, seen={**seen, "values": -seen["values"]}),
        changed(model, fitted={"kind": "forest"}),
        changed(model, fitted={**state["fitted"], "users": np.full((60, 4), np.nan)}),
    ):
        with pytest.raises(BundleError):
            RecommenderModel.from_state(wrong, {})


def test_neither_kind_of_model_is_taken_for_the_other(model, tmp_path):
    model.save(tmp_path / "m")
    with pytest.raises(BundleError):
        load_model(tmp_path / "m")
    (tmp_path / "m" / "state.json").write_text("{}")
    with pytest.raises(BundleError, match=r"SHA-256|bytes"):
        load_recommender(tmp_path / "m")


def test_a_list_of_nothing_and_a_missing_user_are_refused(model):
    with pytest.raises(ConfigError):
        model.recommend(k=0)
    with pytest.raises(DataError, match="row 2"):
        names_in(pl.Series("who", ["a", None]), "users.csv")
