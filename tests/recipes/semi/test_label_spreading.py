"""Label spreading against scikit-learn's, on shapes that only rows without a target show, and kept as arrays."""

from dataclasses import replace

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.semi_supervised import LabelSpreading
from tests.recipes.semi.semi_rows import blobs, fit, moons

from assay.core.errors import BundleError, ConfigError
from assay.recipes.semi import label_spreading
from assay.recipes.semi.label_spreading import FittedSpreading, Spreading


@pytest.mark.parametrize("alpha", [0.2, 0.8])
@pytest.mark.parametrize(("kernel", "settings"), [("knn", {"k": 9}), ("rbf", {"gamma": 0.7})])
def test_it_is_scikit_learns_label_spreading_for_old_rows_and_new(kernel: str, settings: dict[str, float], alpha: float) -> None:
    rows, features, target = blobs(240, 30)
    ours = fit(Spreading(kernel=kernel, alpha=alpha, rounds=500, tolerance=1e-10, **settings), rows)
    theirs = LabelSpreading(
        kernel=kernel, alpha=alpha, max_iter=500, tol=1e-10, n_neighbors=settings.get("k", 7), gamma=settings.get("gamma", 20)
    ).fit(features, np.where(np.arange(240) < 30, target, -1))
    assert ours.shares == pytest.approx(theirs.label_distributions_, abs=1e-8)
    new = np.random.default_rng(1).normal(size=(60, 4))
    assert ours.predict(new).probability == pytest.approx(theirs.predict_proba(new), abs=1e-8)


def test_eight_labels_part_two_moons_that_the_labelled_rows_alone_do_not_show() -> None:
    spread, alone = [], []
    for seed in range(5):
        rows, features, target = moons(600, 8, seed)
        said = fit(Spreading(k=10, alpha=0.9), rows).predict(features).probability > 0.5
        spread.append((said == target).mean())
        nearest = KNeighborsClassifier(1).fit(rows.features, rows.target)
        alone.append((nearest.predict(features) == target).mean())
    assert np.mean(spread) > 0.9
    assert np.mean(spread) > np.mean(alone) + 0.05


def test_the_state_gives_back_the_same_predictions_and_a_damaged_one_is_refused() -> None:
    rows, features, _ = moons(200, 20)
    for kernel in ("knn", "rbf"):
        fitted = fit(Spreading(kernel=kernel), rows)
        state = fitted.state()
        back = FittedSpreading.from_state(state)
        assert np.array_equal(back.predict(features).probability, fitted.predict(features).probability)
        alone = np.array([back.predict(row[None]).probability[0] for row in features[:20]])
        assert np.array_equal(alone, fitted.predict(features).probability[:20]), "a row alone is predicted as in company"
    for damage in (
        {"k": 0},
        {"k": 5000},
        {"kernel": "cubic"},
        {"gamma": -1.0},
        {"shares": state["shares"][:-1]},
        {"shares": -state["shares"]},
        {"prior": np.array([0.9, 0.9])},
        {"rows": np.full((200, 2), np.nan)},
        {"task": "regression", "n_classes": 0},
    ):
        with pytest.raises(BundleError):
            FittedSpreading.from_state({**state, **damage})


def test_without_rows_to_spread_to_it_still_predicts_and_an_island_gets_the_class_shares() -> None:
    rows, features, target = blobs(120, 120)
    said = fit(Spreading(), replace(rows, unlabelled=None)).predict(features).probability
    assert (said.argmax(axis=1) == target).mean() > 0.6
    rows, _, _ = moons(100, 10)
    island = np.concatenate([np.asarray(rows.unlabelled), 1000 + np.random.default_rng(0).normal(size=(40, 2))])
    far = fit(Spreading(k=5), replace(rows, unlabelled=island)).predict(np.array([[1000.0, 1000.0]]))
    assert far.probability == pytest.approx([0.5])


def test_more_rows_than_the_graph_holds_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(label_spreading, "MOST_ROWS", {"knn": 90, "rbf": 60})
    rows, _, _ = moons(200, 20)
    assert len(fit(Spreading(), rows).rows) == 90
    assert len(fit(Spreading(kernel="rbf"), rows).rows) == 60
    many, _, _ = moons(300, 150)
    assert len(fit(Spreading(), many).rows) == 90


def test_a_heavier_row_gives_more_of_its_label_away_and_equal_weights_change_nothing() -> None:
    rows, features, _ = blobs(150, 60)
    plain = fit(Spreading(), rows).predict(features).probability
    even = fit(Spreading(), replace(rows, weights=np.full(60, 3.0))).predict(features).probability
    assert even == pytest.approx(plain, abs=1e-12)
    heavy = fit(Spreading(), replace(rows, weights=np.where(rows.target == 1, 4.0, 1.0))).predict(features).probability
    assert heavy[:, 1].mean() > plain[:, 1].mean() + 0.05


def test_settings_that_cannot_be_are_refused() -> None:
    with pytest.raises(ConfigError, match="did you mean 'knn'"):
        Spreading(kernel="kn")
    for settings in ({"alpha": 1.0}, {"k": 0}, {"gamma": 0.0}):
        with pytest.raises(ConfigError, match="alpha lies between"):
            Spreading(**settings)
