"""Can a column be dropped? Against a table where the worth of each is known, and against a study without the column."""

from pathlib import Path

import numpy as np
import pytest
from tests.study.ablate.conftest import known_table, loans_data

import assay
from assay.core.errors import ConfigError
from assay.study import Study
from assay.study.ablate.result import Ablation, Found
from assay.study.ablate.running import prepare_ablation, run_ablation
from assay.study.ablate.words import sentences
from assay.study.result import StudyResult

MARGIN = 0.02


def lines_of(found: Ablation, table: int = 0) -> dict[str, Found]:
    return {line.name: line for line in found.tables[table].lines}


@pytest.fixture(scope="module")
def asked(known: StudyResult) -> Ablation:
    return run_ablation(prepare_ablation(known, ["columns"], margin=MARGIN), jobs=1)[0]


@pytest.mark.parametrize(("name", "truth"), [("a", np.sqrt(2) - 1), ("b", np.sqrt(1.25) - 1)])
def test_the_interval_of_a_column_covers_what_it_is_worth(asked: Ablation, name: str, truth: float) -> None:
    line = lines_of(asked)[name]
    assert line.worth is not None
    assert line.worth.low is not None
    assert line.worth.high is not None
    assert line.worth.low < truth < line.worth.high
    assert line.worth.high - line.worth.low < 0.2
    assert line.call == "worth it"


def test_noise_can_be_dropped_within_the_margin(asked: Ablation) -> None:
    line = lines_of(asked)["noise"]
    assert line.call == "the same within the margin"
    assert "Can be dropped, one at a time, within a margin of 0.02: noise." in sentences(asked)


def test_one_column_alone_is_compared_with_all(asked: Ablation) -> None:
    line = lines_of(asked, 1)["a"]
    assert line.worth is not None
    assert line.worth.low is not None
    assert line.worth.high is not None
    assert line.worth.low < np.sqrt(1.25) - 1 < line.worth.high


def test_twins_can_be_spared_one_at_a_time_and_not_together(home: Path) -> None:
    data = assay.read(known_table(), target="y")
    result = Study(data, ["linear"], metric="rmse").run(home / "twins", jobs=1)
    found = run_ablation(prepare_ablation(result, ["columns"], margin=MARGIN, columns=["a"]), jobs=1)[0]
    lines = lines_of(found)
    assert set(lines) == {"a", "a + twin"}
    assert lines["a"].call == "the same within the margin"
    assert lines["a + twin"].call == "worth it"
    assert lines["a + twin"].columns == ("a", "twin")
    assert found.notes[0].startswith("a and twin say nearly the same (association of at least 0.7)")


@pytest.mark.parametrize("name", ["noise", "town"])
def test_a_column_left_out_is_the_study_of_the_data_without_it(loans_run: StudyResult, home: Path, name: str) -> None:
    work = prepare_ablation(loans_run, ["columns"], "logistic+random-oversample", columns=[name])
    line = lines_of(run_ablation(work, jobs=1)[0])[name]
    fewer = Study(loans_data(drop=(name,)), ["logistic", "baseline"], ["random-oversample"], metric="log_loss", folds=4).run(
        home / f"no-{name}", jobs=1
    )
    assert line.value == fewer.interval("logistic+random-oversample")


def test_the_difference_is_that_of_the_kept_predictions(known: StudyResult, asked: Ablation) -> None:
    """By hand: root mean squared errors of all rows out of fold, the whole and without b."""
    work = prepare_ablation(known, ["columns"], margin=MARGIN)
    variant = next(variant for variant in work.names if variant.without == ("b",))
    records = work.folder.records()[0]

    def rmse(kept: dict[int, np.ndarray]) -> float:
        errors = [kept[fold.fold] - known.data.target[fold.test] for fold in known.plan.folds]
        return float(np.sqrt(np.mean(np.concatenate(errors) ** 2)))

    own = {part.fold: part.predictions["value"] for part in known.parts["linear"]}
    less = {}
    for cell in work.cells([variant]):
        predictions = work.folder.load(records[cell])
        assert predictions is not None
        less[cell.fold] = predictions["value"]
    line = lines_of(asked)["b"]
    assert line.worth is not None
    assert line.worth.value == pytest.approx(rmse(less) - rmse(own), abs=1e-12)


def test_unknown_columns_are_refused_with_the_nearest(known: StudyResult) -> None:
    with pytest.raises(ConfigError, match="linear reads no column 'noize'; did you mean 'noise'"):
        prepare_ablation(known, ["columns"], columns=["noize"])


def test_the_only_column_of_a_recipe_is_not_left_out(home: Path) -> None:
    data = assay.read(known_table(300), target="y", drop=["twin", "b", "noise"])
    result = Study(data, ["linear"], metric="rmse").run(home / "one", jobs=1)
    with pytest.raises(ConfigError, match="linear reads one column only"):
        prepare_ablation(result, ["columns"])
