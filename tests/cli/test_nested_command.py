"""``assay nested`` over a run folder: what it costs, what it says, what it refuses."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.cli.commands import Command, table, write_csv

from assay.cli.main import run as run_command
from assay.cli.nested import known_how_well
from assay.measure.nested import Errors, OuterFold, nested_interval


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("nested")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        data = write_csv(folder / "cancer.csv", table())
        words = ["run", str(data), "--target", "diagnosis", "--recipes", "naive-bayes,baseline", "--folds", "3", "--jobs", "1"]
        assert run_command([*words, "--out", str(folder / "run")]) == 0
        yield folder / "run"


QUICK = ["--metric", "brier", "--repeats", "2", "--jobs", "1"]


def test_the_cost_is_said_first_and_the_result_in_words(assay: Command, run: Path) -> None:
    said = assay("nested", run, "naive-bayes", *QUICK)
    assert said.code == 0
    cost = said.err.splitlines()[0]
    assert cost.startswith("12 fits of naive-bayes: 2 repeats × 6 (each of 3 folds and each pair of them left out once); about ")
    assert cost.endswith(" with --jobs 1.")
    lines = said.out.splitlines()
    assert lines[0].startswith("Brier score of naive-bayes: 0.")
    assert "(95%, nested cross-validation, 2 repeats of 3 folds, 192 rows)." in lines[0]
    assert lines[1].startswith("Plain cross-validation of the same folds: 0.")
    assert lines[2].startswith("The run's own interval: 0.")
    assert lines[3].startswith("The standard error is ")


def test_json_is_one_object_with_equal_numbers_each_time(assay: Command, run: Path) -> None:
    found = assay("nested", run, "naive-bayes", *QUICK, "--json").object
    assert (found["schema"], found["name"], found["metric"], found["fits"]) == (1, "naive-bayes", "brier", 12)
    assert (found["repeats"], found["folds"], found["unit"], found["interval"]["n"]) == (2, 3, "row", 192)
    assert found["interval"]["low"] < found["interval"]["value"] < found["interval"]["high"]
    half = found["interval"]["high"] - found["interval"]["value"]
    assert 1 <= found["inflation"] <= 3**0.5
    assert half / found["inflation"] == pytest.approx(found["naive"]["high"] - found["naive"]["value"], rel=0.3)
    assert assay("nested", run, "naive-bayes", *QUICK, "--json").object == found


@pytest.mark.parametrize(
    ("inner", "outer", "repeats", "words"),
    [
        ([1.0, 1.0, 1.0, 1.0], 1.0, 1, ", the least it can be"),
        ([1.0, 1.0, 1.0, 1.0], 9.0, 1, ", the most that 4 folds can make it"),
        ([1.0, 1.5, 1.6, 1.0], 1.0, 1, "; one repeat knows that badly, so pass more --repeats"),
        (
            [1.0, 1.5, 1.6, 1.0],
            1.0,
            2,
            ", with other deals of the folds 1.23 to 1.23 times (more --repeats bring these together)",
        ),
    ],
)
def test_how_well_the_standard_error_is_known_is_said(inner: list[float], outer: float, repeats: int, words: str) -> None:
    held = Errors(10, 10.0, outer, 9.0)
    folds = [OuterFold(repeat, Errors(30, 30.0, mean, 29.0), held) for repeat in range(repeats) for mean in inner]
    assert known_how_well(nested_interval(folds)) == words


def test_bad_input_is_one_line_and_exit_code_two(assay: Command, run: Path) -> None:
    assert "there are log_loss, brier, accuracy" in assay("nested", run, "naive-bayes").complaint
    assert "did you mean 'naive-bayes'" in assay("nested", run, "naive-baies", *QUICK).complaint
    assert "folds=2" in assay("nested", run, "naive-bayes", *QUICK, "--folds", "2").complaint
    assert "--jobs 0: at least 1." in assay("nested", run, "naive-bayes", "--metric", "brier", "--jobs", "0").complaint
    assert "is no run folder" in assay("nested", "nowhere", "naive-bayes").complaint
