"""Learning curves: the subsets of the training rows, and scikit-learn's own curve on the same ones."""

from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import learning_curve
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from tests.study.ablate.conftest import loans_data

from assay.core.errors import DataError
from assay.splits.making import make_plan
from assay.study import Study
from assay.study.ablate.running import prepare_ablation, run_ablation
from assay.study.ablate.subsets import nested_rows

PARTS = (1, 2, 4, 8, 16)


@pytest.fixture(scope="module")
def numbers(home: Path):
    data = loans_data(1500, drop=("town",))
    return Study(data, ["logistic"], metric="roc_auc", folds=3).run(home / "numbers", jobs=1)


def test_every_point_is_that_of_scikit_learns_learning_curve(numbers) -> None:
    found = run_ablation(prepare_ablation(numbers, ["rows"]), jobs=1)[0]
    features, target = numbers.data.features.to_numpy(), numbers.data.target
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0, tol=1e-8, solver="newton-cholesky"))
    scores = []
    for fold in numbers.plan.folds:
        subsets = [nested_rows(numbers.data, numbers.plan, fold, part, 0) for part in reversed(PARTS)]
        order: list[int] = []
        for subset in subsets:
            order += [row for row in subset.tolist() if row not in set(order)]
        sizes = [len(subset) for subset in subsets]
        cut = [(np.array(order), fold.test)]
        scores.append(learning_curve(model, features, target, train_sizes=sizes, cv=cut, scoring="roc_auc")[2][:, 0])
    lines = found.tables[0].lines
    assert len(lines) == len(PARTS)
    assert [line.value.value for line in lines] == pytest.approx(np.mean(scores, axis=0).tolist(), abs=2e-4)
    assert lines[-1].value == numbers.interval("logistic")
    assert [line.rows for line in lines] == pytest.approx([800 / part for part in reversed(PARTS)], abs=2)


def test_subsets_lie_within_each_other_and_keep_the_class_shares(numbers) -> None:
    for fold in numbers.plan.folds:
        subsets = [set(nested_rows(numbers.data, numbers.plan, fold, part, 5).tolist()) for part in PARTS]
        assert subsets[0] == set(fold.train.tolist())
        for larger, smaller in pairwise(subsets):
            assert smaller < larger
        quarter = numbers.data.target[sorted(subsets[2])]
        assert quarter.mean() == pytest.approx(numbers.data.target[fold.train].mean(), abs=0.01)
        other = nested_rows(numbers.data, numbers.plan, fold, 4, 6)
        assert set(other.tolist()) != subsets[2]


def test_groups_come_whole() -> None:
    data = loans_data(400)
    plan = make_plan(data, folds=4, repeats=1, seed=0, groups=np.arange(400) // 7)
    for fold in plan.folds:
        subsets = [nested_rows(data, plan, fold, part, 0) for part in PARTS]
        for part, larger, smaller in zip(PARTS[1:], subsets, subsets[1:], strict=False):
            assert set(smaller.tolist()) < set(larger.tolist())
            assert len(fold.train) / part - 7 < len(smaller) <= len(fold.train) / part
            inside = np.isin(plan.groups[fold.train], plan.groups[smaller])
            assert fold.train[inside].tolist() == smaller.tolist()


def test_of_rows_in_time_order_the_latest_stay(numbers) -> None:
    time = np.random.default_rng(0).permutation(len(numbers.data)).astype(float)
    plan = replace(numbers.plan, time=time)
    fold = plan.folds[0]
    kept = nested_rows(numbers.data, plan, fold, 8, 0)
    assert len(kept) == len(fold.train) // 8
    left = np.setdiff1d(fold.train, kept)
    assert time[kept].min() > time[left].max()


def test_parts_with_too_few_rows_of_a_class_are_left_out_and_too_small_tables_refused(home: Path) -> None:
    result = Study(loans_data(160), ["logistic"], metric="roc_auc", folds=3).run(home / "small", jobs=1)
    found = run_ablation(prepare_ablation(result, ["rows"]), jobs=1)[0]
    assert [line.name for line in found.tables[0].lines] == ["1/2 of the training rows", "all training rows"]
    assert found.outlook is not None
    assert found.outlook.reason == "a power law needs 4 sizes, and 2 were measured"
    assert found.notes[0].startswith("Smaller parts are left out: in one of them there are only ")
    tiny = Study(loans_data(70), ["logistic"], metric="roc_auc", folds=3).run(home / "tiny", jobs=1)
    with pytest.raises(
        DataError, match="has too few rows for a learning curve: half of a fold's training rows holds only 18 rows"
    ):
        prepare_ablation(tiny, ["rows"])
