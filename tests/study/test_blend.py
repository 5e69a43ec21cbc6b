"""The blend: weights that a fold's own rows never chose, and a finished model that is the same mean of refitted members."""

from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import log_loss

from assay.bundle.model import Model, load_model
from assay.core.errors import ConfigError
from assay.data.dataset import Dataset
from assay.measure.parts import Part
from assay.measure.payload import Predictions, Truth
from assay.recipes.ensembles.weights import greedy_weights
from assay.study import Study
from assay.study.blend import blend_parts, blend_weights
from assay.study.cells import Candidate
from assay.study.finish import refit


def parts_of(seed: int, quality: float, folds: int = 4, n: int = 60) -> list[Part]:
    """Parts with one truth for all seeds, said by a model of this quality."""
    truth = np.random.default_rng(99).integers(0, 2, folds * n)
    noise = np.random.default_rng(seed).normal(size=folds * n)
    probability = 1 / (1 + np.exp(-(quality * (2 * truth - 1) + noise)))
    parts = []
    for fold in range(folds):
        rows = np.arange(fold * n, (fold + 1) * n)
        said = Predictions("binary", rows, {"score": probability[rows], "probability": probability[rows]})
        parts.append(Part(0, fold, Truth("binary", rows, {"target": truth[rows]}), said))
    return parts


MEMBERS = {"a": parts_of(1, 0.5), "b": parts_of(2, 0.8), "c": parts_of(3, 0.1)}


def test_a_folds_weights_are_those_of_the_other_folds() -> None:
    blended = blend_parts(MEMBERS, forward=False)
    for fold, part in enumerate(blended):
        others = [other for other in range(4) if other != fold]
        said = np.stack([np.concatenate([parts[o].predictions["probability"] for o in others]) for parts in MEMBERS.values()])
        target = np.concatenate([MEMBERS["a"][o].truth["target"] for o in others])
        weights = greedy_weights(np.stack([1 - said, said], axis=2), target)
        own = np.stack([parts[fold].predictions["probability"] for parts in MEMBERS.values()])
        np.testing.assert_allclose(part.predictions["probability"], weights @ own)


def test_a_folds_own_truth_does_not_move_its_blend() -> None:
    turned = {
        name: [
            Part(0, p.fold, Truth("binary", p.truth.units, {"target": 1 - p.truth["target"]}), p.predictions)
            if p.fold == 2
            else p
            for p in parts
        ]
        for name, parts in MEMBERS.items()
    }
    plain, other = blend_parts(MEMBERS, forward=False), blend_parts(turned, forward=False)
    np.testing.assert_array_equal(plain[2].predictions["probability"], other[2].predictions["probability"])
    assert not np.array_equal(plain[0].predictions["probability"], other[0].predictions["probability"])


def test_forwards_in_time_only_earlier_folds_choose() -> None:
    blended = blend_parts(MEMBERS, forward=True)
    first = np.mean([parts[0].predictions["probability"] for parts in MEMBERS.values()], axis=0)
    np.testing.assert_allclose(blended[0].predictions["probability"], first)
    shorter = blend_parts({name: parts[:2] for name, parts in MEMBERS.items()}, forward=True)
    np.testing.assert_array_equal(shorter[1].predictions["probability"], blended[1].predictions["probability"])


def test_members_that_err_apart_are_better_together() -> None:
    members = {"a": parts_of(1, 0.5, n=500), "b": parts_of(2, 0.5, n=500)}
    target = np.concatenate([part.truth["target"] for part in members["a"]])

    def loss(parts: list[Part]) -> float:
        return log_loss(target, np.concatenate([part.predictions["probability"] for part in parts]))

    assert loss(blend_parts(members, forward=False)) < min(loss(parts) for parts in members.values()) - 0.02
    weights = blend_weights(members)
    assert weights["a"] == pytest.approx(0.5, abs=0.15)


def test_a_study_has_a_blend_beside_its_members_and_finishes_it(loans: Dataset, tmp_path: Path) -> None:
    study = Study(loans, ["logistic", "boosting", "blend"], treatments=["none", "class-weight"], folds=3)
    result = study.run(tmp_path / "run", jobs=1)
    names = [candidate.name for candidate in result.candidates]
    assert names == ["logistic", "logistic+class-weight", "boosting", "boosting+class-weight", "blend"]
    row = next(row for row in result.summary()["rows"] if row["name"] == "blend")
    assert row["failure"] is None
    assert row["low"] < row["value"] < row["high"]
    assert result.verdict("blend", "logistic").call in ("a better", "no difference shown", "b better")
    weights = blend_weights(result.members)
    fitted = refit(result, Candidate("blend"))
    Model(fitted=fitted, card={}).save(tmp_path / "blend.assay")
    said = load_model(tmp_path / "blend.assay").fitted.predict(loans.frame)["probability"]
    members = {name: refit(result, Candidate.parse(name)).predict(loans.frame)["probability"] for name in weights}
    by_hand = sum(weight * members[name] for name, weight in weights.items())
    np.testing.assert_allclose(said, by_hand, atol=1e-12)


def test_a_blend_of_one_is_a_row_with_its_reason(loans: Dataset, tmp_path: Path) -> None:
    result = Study(loans, ["logistic", "blend"], folds=3).run(tmp_path / "run", jobs=1)
    row = next(row for row in result.summary()["rows"] if row["name"] == "blend")
    assert row["failure"] == "a blend needs 2 other candidates that could be measured, and there are 1."


def test_a_blend_named_twice_is_one_sentence(loans: Dataset) -> None:
    with pytest.raises(ConfigError, match="names 'blend' twice"):
        Study(loans, ["logistic", "tree", "blend", "blend"]).prepare()
