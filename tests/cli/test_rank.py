"""``assay rank`` over run folders that ``assay run`` made: what it prints, draws and refuses."""

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.cli.commands import Command, write_csv

from assay.cli.main import run as run_command

RECIPES = ["--recipes", "baseline,naive-bayes,logistic", "--folds", "2", "--jobs", "1"]
N_RUNS = 7  # the fewest that can show anything in three comparisons


def lines(seed: int, *, rows: int = 80) -> list[list[str]]:
    random = np.random.default_rng(seed)
    y = random.random(rows) < 0.4
    x = random.normal(size=(rows, 2)) + 1.5 * y[:, None]
    return [["x", "z", "late"], *([f"{a:.5f}", f"{b:.5f}", "yes" if label else "no"] for (a, b), label in zip(x, y, strict=True))]


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Path]]:
    """Seven data sets on which logistic and naive Bayes beat the baseline."""
    folder = tmp_path_factory.mktemp("many")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ASSAY_HOME", str(folder / "home"))
        for seed in range(N_RUNS):
            data = write_csv(folder / f"late{seed}.csv", lines(seed))
            words = ["run", str(data), "--target", "late", *RECIPES, "--out", str(folder / f"run{seed}")]
            assert run_command(words) == 0
        yield [folder / f"run{seed}" for seed in range(N_RUNS)]


def test_candidates_are_ranked_and_pairs_called(assay: Command, runs: list[Path]) -> None:
    said = assay("rank", *runs)
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith("ROC AUC of 3 candidates on 7 data sets; rank 1 is best.\n")
    assert "Friedman test after Iman and Davenport: " in said.out
    assert ": the candidates differ." in said.out
    assert "Critical difference of mean ranks (Nemenyi): 1.25" in said.out  # 2.343 × √(3·4 / (6·7))
    assert "logistic is better than baseline; median of logistic minus baseline: +0." in said.out
    assert "naive-bayes is better than baseline" in said.out
    assert "p 0.047 (Wilcoxon, Holm)" in said.out  # 3 × 2 / 2⁷
    assert "Too little data" not in said.out


def test_json_is_one_object_that_holds_the_values_of_the_leaderboards(assay: Command, runs: list[Path]) -> None:
    found = assay("rank", *runs, "--json").object
    assert found["schema"] == 1
    assert (found["metric"], found["scale"], found["picture"]) == ("roc_auc", "difference", None)
    assert [one["run"] for one in found["datasets"]] == [str(run) for run in runs]
    from assay.cli.folders import open_run

    result, _ = open_run(str(runs[3]))
    values = found["datasets"][3]["values"]
    assert values == pytest.approx({row["name"]: row["value"] for row in result.summary()["rows"]})
    assert [pair["call"] for pair in found["pairs"] if pair["b"] == "baseline"] == ["a better", "a better"]
    assert sum(one["mean_rank"] for one in found["candidates"]) == pytest.approx(6)


def test_fewer_than_five_data_sets_claim_nothing_and_say_so(assay: Command, runs: list[Path]) -> None:
    said = assay("rank", *runs[:3])
    assert said.code == 0
    assert "Too little data for a verdict on any pair: 3 data sets can show no difference in 3 comparisons at 95 %" in said.out
    assert "it takes at least 7, or fewer comparisons (--control NAME)." in said.out
    assert "is better than" not in said.out
    assert "the candidates differ" not in said.out
    assert "logistic and baseline: too little data" in said.out or "naive-bayes and baseline: too little data" in said.out


def test_where_pairs_are_too_many_the_test_of_all_of_them_still_speaks(assay: Command, runs: list[Path]) -> None:
    said = assay("rank", *runs[:6])
    assert "Too little data for a verdict on any pair: 6 data sets" in said.out
    assert ": the candidates differ." in said.out
    assert "is better than" not in said.out


def test_the_picture_is_an_svg_with_equal_bytes(assay: Command, runs: list[Path]) -> None:
    said = assay("rank", *runs, "--out", "ranks.svg")
    assert said.code == 0
    assert said.out.endswith("Picture: ranks.svg\n")
    first = Path("ranks.svg").read_bytes()
    assert first.startswith(b"<?xml")
    assert b"naive-bayes" in first
    assert assay("rank", *runs, "--out", "again.svg", "--json").object["picture"] == "again.svg"
    assert Path("again.svg").read_bytes() == first


def test_with_a_control_only_its_pairs_are_compared(assay: Command, runs: list[Path]) -> None:
    said = assay("rank", *runs, "--control", "baseline")
    assert said.code == 0
    assert said.out.count("(Wilcoxon, Holm)") == said.out.count("(mean ranks, Holm)") == 2
    assert "p 0.031 (Wilcoxon, Holm)" in said.out  # 2 × 2 / 2⁷


def test_a_candidate_that_a_run_lacks_is_left_out_by_name(assay: Command, runs: list[Path], workplace: Path) -> None:
    data = write_csv(workplace / "more.csv", lines(99))
    assert (
        assay("run", data, "--target", "late", "--recipes", "logistic,baseline,tree", "--folds", "2", "--out", "more").code == 0
    )
    said = assay("rank", *runs[:2], "more")
    assert said.code == 0
    assert "Left out: naive-bayes (more: not tried there)." in said.out
    assert f"Left out: tree ({runs[0]}: not tried there (and in 1 more))." in said.out


def test_runs_by_another_metric_are_refused(assay: Command, runs: list[Path], workplace: Path) -> None:
    data = write_csv(workplace / "more.csv", lines(98))
    assert assay("run", data, "--target", "late", *RECIPES, "--metric", "brier", "--out", "brier").code == 0
    said = assay("rank", runs[0], "brier").complaint
    assert said == f"assay: brier is measured by brier and {runs[0]} by roc_auc; rank runs of one metric (assay run --metric)."


def test_bad_input_is_one_line_and_exit_code_two(assay: Command, runs: list[Path], workplace: Path) -> None:
    assert "1 run is one data set" in assay("rank", runs[0]).complaint
    assert "a data set counts once" in assay("rank", runs[0], runs[0]).complaint
    assert "is no run folder" in assay("rank", runs[0], "nowhere").complaint
    assert "did you mean 'logistic'" in assay("rank", *runs[:2], "--control", "logistc").complaint
    assert "name it ranks.svg" in assay("rank", *runs[:2], "--out", "ranks.png").complaint
    assert "a folder that exists" in assay("rank", *runs[:2], "--out", "nowhere/ranks.svg").complaint
    assert list(workplace.glob("*.svg")) == []


def test_errors_of_a_regression_are_said_as_ratios(assay: Command, workplace: Path) -> None:
    for seed in range(2):
        x, noise = np.random.default_rng(seed).normal(size=(2, 80))
        prices = 10**seed * (3 * x + noise)
        rows = [[f"{a:.4f}", f"{price:.4f}"] for a, price in zip(x, prices, strict=True)]
        data = write_csv(workplace / f"price{seed}.csv", [["x", "price"], *rows])
        recipes = ["--recipes", "baseline,tree", *RECIPES[2:]]
        assert assay("run", data, "--target", "price", *recipes, "--out", f"r{seed}").code == 0
    said = assay("rank", "r0", "r1")
    assert said.code == 0
    assert "tree and baseline: too little data; median of tree over baseline: 0." in said.out
